"""What took effect in the account's orders, as the conformance kit is told, and what buyers do there meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from crossdock.sandbox import Effect, EffectKind
from crossdock_channeladvisor.sandbox.catalogue import ITEM_SKUS, KIT_SKUS
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.adjustments import buyer_cancels, cancellable
from crossdock_channeladvisor.sandbox.orders.people import CITIES, STREETS
from crossdock_channeladvisor.sandbox.orders.sale import Adjusted, Sale

PAID_CHECKOUT = frozenset({"Completed", "CompletedAndVisited", "CompletedOffline"})
TO_SHIP = frozenset({"Unshipped", "PendingShipment", "PartiallyShipped"})
ADJUSTED_AS = {"Cancellation": "cancel", "Refund": "refund"}
TOLD = {"carrier": "carrier", "service_level": "class", "distribution_center": "distribution_center"}


def order_effects(account: Account) -> Iterator[Effect]:
    """Every order that waits to be shipped, every mark of ours, every package and adjustment that was told."""
    ours = next(iter(account.options.applications))
    for sale in account.sales:
        if _is_to_ship(sale):
            yield _sold(sale)
        if ours in sale.exported_for or _is_claimed(sale):
            yield Effect(kind=EffectKind.ACKNOWLEDGEMENT, key=str(sale.order.ID))
        yield from _packages(sale)
        yield from _adjustments(sale)


def _is_to_ship(sale: Sale) -> bool:
    order = sale.order
    paid = order.PaymentStatus == "Cleared" and order.CheckoutStatus in PAID_CHECKOUT
    ours = order.DistributionCenterTypeRollup != "ExternallyManaged" and order.ShippingStatus in TO_SHIP
    sound = sale.raw is None and bool(order.Items) and all(item.Quantity > 0 for item in order.Items)
    return paid and ours and sound


def _sold(sale: Sale) -> Effect:
    units = {str(item.ID): item.Quantity for item in sale.order.Items}
    return Effect(kind=EffectKind.SALE, key=str(sale.order.ID), units=units)


def _is_claimed(sale: Sale) -> bool:
    return any(part.ExternalFulfillmentNumber and part.DistributionCenterID > 0 for part in sale.order.Fulfillments)


def _packages(sale: Sale) -> Iterator[Effect]:
    """What was told of one tracking number under one name is one package, told once or more often."""
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for ship in sale.ships:
        told.setdefault((ship["tracking"] or "", ship["seller_fulfillment_id"] or ""), []).append(ship)
    for (tracking, _), ships in told.items():
        units: Counter[str] = Counter()
        for ship in ships:
            units.update(ship["items"])
        yield Effect(
            kind=EffectKind.SHIPMENT,
            key=tracking,
            of=str(sale.order.ID),
            times=len(ships),
            units=units,
            texts={name: str(ships[-1][word] or "") for name, word in TOLD.items()},
        )


def _adjustments(sale: Sale) -> Iterator[Effect]:
    """What was asked for under one name is one adjustment, carried out once or more often; a buyer's has no name."""
    asked: dict[tuple[str, str], list[Adjusted]] = {}
    for place, entry in enumerate(sale.adjusted):
        asked.setdefault((entry.kind, entry.seller_id or f"without a name {place}"), []).append(entry)
    for (kind, _), entries in asked.items():
        units: Counter[str] = Counter()
        for entry in entries:
            units.update({} if entry.line is None else {str(entry.line): entry.units})
        times = max(Counter(entry.line for entry in entries).values())
        key = ADJUSTED_AS[kind]
        yield Effect(kind=EffectKind.ADJUSTMENT, key=key, of=str(sale.order.ID), times=times, units=units)


def trade(account: Account, seed: int) -> Mapping[str, int]:
    """A while at the marketplaces: what was unpaid is paid, a few orders come in, some change or are cancelled."""
    dice = Random(seed)
    done = Counter(paid=account.pay_all())
    if dice.random() < 0.5:
        done["changed"] += _someone(account, dice, _moves_house)
    if dice.random() < 0.3:
        done["cancelled"] += _someone(account, dice, _cancels)
    for _ in range(dice.choice((1, 1, 2, 3))):
        account.sell(_basket(dice))
        done["bought"] += 1
    return done


def _basket(dice: Random) -> dict[str, int]:
    lines = dice.choice((1, 1, 2, 3))
    skus = [dice.choice(KIT_SKUS if dice.random() < 0.2 else ITEM_SKUS) for _ in range(lines)]
    return {sku: dice.choice((1, 1, 2, 3)) for sku in skus}


def _someone(account: Account, dice: Random, does: Callable[[Account, Random, Sale], None]) -> int:
    """One buyer who still waits for goods does something; how many there were to do it."""
    waiting = [sale for sale in account.sales if _is_to_ship(sale) and cancellable(sale)]
    if waiting:
        does(account, dice, dice.choice(waiting))
    return min(len(waiting), 1)


def _moves_house(account: Account, dice: Random, sale: Sale) -> None:
    city, region, region_name, postal_code = dice.choice(CITIES)
    street = f"{dice.randint(1, 9999)} {dice.choice(STREETS)}"
    place = {"City": city, "StateOrProvince": region, "StateOrProvinceName": region_name, "PostalCode": postal_code}
    changes = {f"Shipping{name}": value for name, value in (place | {"AddressLine1": street}).items()}
    account.alter(sale.order.ID, changes)


def _cancels(account: Account, dice: Random, sale: Sale) -> None:
    """All of it, a line, or a piece of a line."""
    line = dice.choice((None, *cancellable(sale)))
    buyer_cancels(account, sale.order.ID, line, dice.choice((None, 1)))
