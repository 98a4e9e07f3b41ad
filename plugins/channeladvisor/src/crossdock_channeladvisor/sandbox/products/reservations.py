"""What orders hold of the stock.

A piece of an open fulfillment is reserved in that fulfillment's centre, and so long as its order is not cancelled:
    pending_checkout  while the checkout is open (NotVisited, Visited, OnHold)
    pending_payment   while it is not paid (NotYetSubmitted, Submitted, Failed)
    pending_shipment  otherwise
A line of a bundle reserves the components that the order names. An alias reserves what it refers to.

A piece that was shipped has left the centre; one that was refunded with restock is back there. A piece that was
cancelled with restock, or that vanished without any adjustment (a whole order that the marketplace called off), is
free again in its centre; one that was cancelled without restock has left it (assumed: nobody said it is still there).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crossdock_channeladvisor.sandbox.documents import Order, OrderItem
from crossdock_channeladvisor.sandbox.orders.pieces import SHIPPED, is_cancelled, is_open
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.products.stock import Level, Stock

Pieces = tuple[tuple[int, int], ...]
"""Distribution centres, and how many pieces in each."""
Find = Callable[[int, str], Pieces]
"""What one unit of a SKU of a profile takes from the stock: products, and pieces of each."""

_OPEN_CHECKOUT = frozenset({"NotVisited", "Visited", "OnHold"})
_UNPAID = frozenset({"NotYetSubmitted", "Submitted", "Failed"})


@dataclass(frozen=True, slots=True)
class Hold:
    """What one line has done to the stock of its products; `parts`: products, and pieces of each in one unit."""

    parts: Pieces
    state: str
    open: Pieces
    shipped: Pieces
    lost: Pieces = ()
    returned: Pieces = ()

    def effects(self, sign: int) -> Iterator[tuple[int, int, str, int]]:
        """(product, centre, number of its level, pieces) of everything it has done."""
        counted = ((self.open, self.state), (self.shipped, "gone"), (self.lost, "gone"))
        for pieces, number in (*counted, (_negative(self.returned), "gone")):
            for center, units in pieces:
                for product, each in self.parts:
                    yield product, center, number, sign * units * each


def _negative(pieces: Pieces) -> Pieces:
    return tuple((center, -units) for center, units in pieces)


class Reservations:
    """Follows the orders, and keeps the stock as they leave it."""

    def __init__(self, stock: Stock, find: Find, external: frozenset[int], *, multiplied: bool) -> None:
        self._stock = stock
        self._find = find
        self._external = external
        self._multiplied = multiplied
        self._holds: dict[int, dict[int, Hold]] = {}
        # Most orders hold one piece in one centre; equal ones are kept once.
        self._known: dict[Any, Any] = {}

    def state(self) -> object:
        """All that `restore` needs."""
        return self._holds

    def restore(self, state: Any) -> None:
        """Go on where others were."""
        self._holds = state

    def begin_with(self, sales: list[Sale]) -> None:
        """The orders that are there at the start; the ledger does not tell of them."""
        total: dict[tuple[int, int], Counter[str]] = {}
        for sale in sales:
            _add(total, self._take(sale))
        for (product, center), numbers in total.items():
            level = self._stock.levels(product).get(center, Level())
            self._stock.begin_with(product, center, _moved(level, numbers))

    def follow(self, sale: Sale) -> list[int]:
        """An order is new or has changed; of which products the stock has moved."""
        total: dict[tuple[int, int], Counter[str]] = {}
        _add(total, self._take(sale))
        moved = {place: numbers for place, numbers in total.items() if any(numbers.values())}
        for (product, center), numbers in moved.items():
            level = self._stock.levels(product).get(center, Level())
            self._stock.put(product, center, _moved(level, numbers), f"Order {sale.order.ID}")
        return [product for product, _ in moved]

    def _take(self, sale: Sale) -> list[tuple[int, int, str, int]]:
        """The effects of what an order does now, minus those of what it did before."""
        before = self._holds.get(sale.order.ID, {})
        after = self._read(sale, before)
        self._holds[sale.order.ID] = after
        undone = [effect for line, hold in before.items() if hold != after.get(line) for effect in hold.effects(-1)]
        done = [effect for line, hold in after.items() if hold != before.get(line) for effect in hold.effects(1)]
        return undone + done

    def _read(self, sale: Sale, before: Mapping[int, Hold]) -> dict[int, Hold]:
        order = sale.order
        places, state = self._places(order), _state(order)
        lost = sale.units("Cancellation") - sale.units("Cancellation", restocked=True)
        returned = sale.units("Refund", restocked=True)
        holds: dict[int, Hold] = {}
        for item in order.Items:
            reserved, shipped = places.get(item.ID, ((), ()))
            hold = Hold(self._parts(order, item), state, reserved, shipped)
            if lost[item.ID] or returned[item.ID]:
                hold = _adjusted(hold, before.get(item.ID), lost[item.ID], returned[item.ID])
            holds[item.ID] = self._known.setdefault(hold, hold)
        return holds

    def _places(self, order: Order) -> dict[int, tuple[Pieces, Pieces]]:
        """Where the pieces of each line are reserved, and where they have left."""
        reserved: dict[int, Counter[int]] = {}
        shipped: dict[int, Counter[int]] = {}
        cancelled = is_cancelled(order)
        for fulfillment in order.Fulfillments:
            center = fulfillment.DistributionCenterID
            if center in self._external:
                continue
            if fulfillment.DeliveryStatus in SHIPPED:
                found = shipped
            elif is_open(fulfillment) and not cancelled:
                found = reserved
            else:
                continue
            for row in fulfillment.Items:
                found.setdefault(row.OrderItemID, Counter())[center] += max(0, row.Quantity)
        lines = reserved.keys() | shipped.keys()
        return {line: (_pieces(reserved.get(line)), _pieces(shipped.get(line))) for line in lines}

    def _parts(self, order: Order, item: OrderItem) -> Pieces:
        if not item.BundleComponents:
            return self._find(order.ProfileID, item.Sku or "")
        per_unit = max(1, item.Quantity) if self._multiplied else 1
        parts: Counter[int] = Counter()
        for row in item.BundleComponents:
            for product, each in self._find(order.ProfileID, row.Sku or ""):
                parts[product] += each * row.Quantity // per_unit
        return tuple(parts.items())


def _state(order: Order) -> str:
    if order.CheckoutStatus in _OPEN_CHECKOUT:
        return "pending_checkout"
    return "pending_payment" if order.PaymentStatus in _UNPAID else "pending_shipment"


def _pieces(counted: Counter[int] | None) -> Pieces:
    return tuple((center, units) for center, units in (counted or {}).items() if units)


def _adjusted(hold: Hold, before: Hold | None, lost: int, returned: int) -> Hold:
    """Say in which centre pieces were lost or came back: where they were missed, and where they had left."""
    known = before or hold
    missed = Counter(dict(known.open)) + Counter(dict(known.shipped))
    missed.subtract(Counter(dict(hold.open)) + Counter(dict(hold.shipped)))
    left = Counter(dict(hold.shipped))
    left.subtract(dict(known.returned))
    return replace(hold, lost=_placed(known.lost, lost, missed), returned=_placed(known.returned, returned, left))


def _placed(known: Pieces, units: int, room: Counter[int]) -> Pieces:
    """Distribute what is more than is known over the centres that have room for it; the rest goes to the first."""
    placed = Counter(dict(known))
    left = units - placed.total()
    for center, free in room.items():
        taken = min(left, max(0, free))
        placed[center] += taken
        left -= taken
    if left > 0 and room:
        placed[next(iter(room))] += left
    return _pieces(placed)


def _add(total: dict[tuple[int, int], Counter[str]], effects: list[tuple[int, int, str, int]]) -> None:
    for product, center, number, pieces in effects:
        total.setdefault((product, center), Counter())[number] += pieces


def _moved(level: Level, numbers: Mapping[str, int]) -> Level:
    return replace(
        level,
        on_hand=level.on_hand - numbers.get("gone", 0),
        pending_checkout=level.pending_checkout + numbers.get("pending_checkout", 0),
        pending_payment=level.pending_payment + numbers.get("pending_payment", 0),
        pending_shipment=level.pending_shipment + numbers.get("pending_shipment", 0),
    )
