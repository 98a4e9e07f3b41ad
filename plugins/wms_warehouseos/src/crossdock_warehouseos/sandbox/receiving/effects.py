"""What a simulated tenant expects because a host said so, and what its people put away of it."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from crossdock.sandbox import Effect, EffectKind
from crossdock_warehouseos.sandbox.receiving.purchase_orders import PurchaseOrder, Receipt, Receiving
from crossdock_warehouseos.sandbox.stock.places import Places


def effects_of_goods(receiving: Receiving) -> Iterator[Effect]:
    """Every purchase order with what is expected, and every putaway."""
    for order in receiving.orders.values():
        yield Effect(kind=EffectKind.GOODS, key=order.number, units=_expected(order))
    for put in receiving.putaways:
        yield Effect(kind=EffectKind.PUTAWAY, key=put.id, of=put.number, units={put.item: put.quantity})


def _expected(order: PurchaseOrder) -> dict[str, int]:
    units: Counter[str] = Counter()
    for line in order.lines:
        units[line.item] += line.expected
    return dict(units)


def receive_goods(receiving: Receiving, places: Places, seed: int) -> int:
    """People put away some of what is expected and not there yet; gives how many pieces."""
    dice, bins = Random(f"{seed}:goods:{len(receiving.putaways)}"), sorted(places.bins)
    pieces = 0
    for order in list(receiving.orders.values()):
        for line in [line for line in order.lines if line.received < line.expected]:
            quantity = dice.randint(1, line.expected - line.received)
            receiving.receive(Receipt(order.number, line.item, quantity, dice.choice(bins), line.host_id))
            pieces += quantity
    return pieces
