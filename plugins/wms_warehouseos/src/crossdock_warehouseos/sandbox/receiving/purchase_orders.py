"""Goods that a simulated tenant expects, and what its people put away of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.items.master import ItemMaster
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.stock.ledger import Stock
from crossdock_warehouseos.sandbox.stock.places import Place, Places
from crossdock_warehouseos.sandbox.telling.queue import HostQueue

LineKey = tuple[str, str]
"""What a line is known by: item number and the host's id of the line."""


@dataclass(slots=True)
class ExpectedLine:
    """So many pieces of an item; `added` where people received what nobody had told them of."""

    item: str
    host_id: str
    expected: int = 0
    received: int = 0
    added: bool = False


@dataclass(slots=True)
class PurchaseOrder:
    """What is expected under one number; `head` is what else the host said."""

    number: str
    head: dict[str, str] = field(default_factory=dict)
    lines: list[ExpectedLine] = field(default_factory=list)

    def line(self, key: LineKey) -> ExpectedLine | None:
        """The line of this item and host id."""
        return next((line for line in self.lines if (line.item, line.host_id) == key), None)

    def line_to_receive(self, item: str) -> ExpectedLine | None:
        """Which line of an item people receive: the first that waits for pieces, else the first."""
        lines = [line for line in self.lines if line.item == item]
        waiting = (line for line in lines if line.received < line.expected)
        return next(waiting, lines[0] if lines else None)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a host says of a purchase order: the fields it gives, and the pieces that it expects of each line."""

    number: str
    head: dict[str, str]
    expected: dict[LineKey, int]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Pieces that people receive and put away; without `host_id` they choose the line."""

    number: str
    item: str
    quantity: int
    place: Place
    host_id: str | None = None
    user: str = ""


@dataclass(frozen=True, slots=True)
class Putaway:
    """One transaction of received goods."""

    id: str
    number: str
    host_id: str
    item: str
    quantity: int
    place: Place
    user: str
    at: datetime


class Receiving:
    """Every purchase order: lines are added and updated, never deleted, and what was received only grows."""

    def __init__(
        self,
        options: SandboxOptions,
        items: ItemMaster,
        places: Places,
        stock: Stock,
        queue: HostQueue,
        clock: Clock,
        numbering: Numbering,
    ) -> None:
        self.orders: dict[str, PurchaseOrder] = {}
        self.putaways: list[Putaway] = []
        self._options = options
        self._names = options.profile.putaway
        self._items = items
        self._places = places
        self._stock = stock
        self._queue = queue
        self._clock = clock
        self._numbering = numbering

    def find(self, number: str) -> PurchaseOrder:
        """The purchase order with this number; raises `Refused`."""
        if number not in self.orders:
            raise Refused(404, f"Purchase order {number} does not exist.")
        return self.orders[number]

    def save(self, told: Announcement) -> PurchaseOrder:
        """Create or update a purchase order; what is not named stays as it is; raises `Refused`."""
        for item, _ in told.expected:
            self._require_item(item)
        order = self.orders.setdefault(told.number, PurchaseOrder(told.number))
        order.head |= told.head
        for key, pieces in told.expected.items():
            self._line(order, key).expected = pieces
        return order

    def receive(self, receipt: Receipt) -> Putaway:
        """People receive pieces and put them away, also more than expected; raises `Refused`."""
        order = self.find(receipt.number)
        self._require_item(receipt.item)
        if receipt.quantity < 1:
            raise Refused(400, "A putaway needs at least one piece.")
        line = self._received_line(order, receipt)
        line.received += receipt.quantity
        number, now = self._numbering.next("R"), self._clock.now()
        putaway = Putaway(
            number, order.number, line.host_id, line.item, receipt.quantity, receipt.place, receipt.user, now
        )
        self.putaways.append(putaway)
        self._queue.put("putaway", self._told(putaway))
        self._book(putaway)
        return putaway

    def _require_item(self, number: str) -> None:
        if number not in self._items:
            raise Refused(400, f"Item {number} does not exist.")

    def _received_line(self, order: PurchaseOrder, receipt: Receipt) -> ExpectedLine:
        if receipt.host_id is not None:
            known = order.line((receipt.item, receipt.host_id))
        else:
            known = order.line_to_receive(receipt.item)
        if known is None:
            known = ExpectedLine(receipt.item, receipt.host_id or "", added=True)
            order.lines.append(known)
        return known

    def _line(self, order: PurchaseOrder, key: LineKey) -> ExpectedLine:
        """The line of this key, from now on."""
        line = order.line(key)
        if line is None:
            line = ExpectedLine(*key)
            order.lines.append(line)
        return line

    def _book(self, putaway: Putaway) -> None:
        if self._stock.kept and self._options.putaway_books_put:
            tell = self._options.putaway_tells_put
            self._stock.receive(putaway.item, putaway.quantity, putaway.place, putaway.user, tell=tell)

    def _told(self, putaway: Putaway) -> dict[str, Any]:
        """The message; fields that say nothing are left out."""
        names = self._names
        told = {
            names.id: putaway.id,
            names.number: putaway.number,
            names.host_id: putaway.host_id,
            names.item: putaway.item,
            names.quantity: putaway.quantity,
            names.area: putaway.place.area,
            names.location: putaway.place.location,
            names.user: putaway.user,
            names.at: putaway.at,
        }
        return {name: value for name, value in told.items() if value != ""}

    def state(self) -> Any:
        """All that `restore` needs."""
        return self.orders, self.putaways

    def restore(self, state: Any) -> None:
        """Go on where another dock was."""
        self.orders, self.putaways = state
