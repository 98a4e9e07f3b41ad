"""The state of a simulated tenant: orders, items, and who may do what with them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from crossdock_warehouseos.answers import NOT_JSON
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.queue import HostQueue

IN_PROCESS = "In Process"
COMPLETE = "Complete"


class Refused(Exception):
    """The tenant says no, with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class OrderLine:
    """One line with what became of it."""

    host_id: str
    item: str
    requested: int
    picked: int = 0
    packed: int = 0

    @property
    def left(self) -> int:
        """Pieces still to be picked."""
        return max(self.requested - self.picked, 0)


@dataclass(frozen=True, slots=True)
class Box:
    """A closed box; `pieces` by the line's host id."""

    number: str
    carrier: str
    service: str
    tracking_number: str
    pieces: dict[str, int]


@dataclass(slots=True)
class Order:
    """One order: the document as it came, and what the floor has done."""

    id: int
    number: str
    key: str
    area: str
    carrier: str
    service: str
    document: bytes = field(repr=False)
    status: str
    lines: list[OrderLine]
    boxes: list[Box] = field(default_factory=list)
    batched: bool = False
    packed: bool = False
    picks: int = 0


class Warehouse:
    """One tenant: order numbers are unique, orders are never updated, batched ones are locked."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self.options = options
        self.profile = options.profile
        self.items = dict.fromkeys(options.items)
        self.orders: dict[str, Order] = {}
        self.queue = HostQueue(options, seed)
        self.creates: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._unfinished: dict[str, Order] = {}
        self._key_field = self.profile.order.custom_field.replace("{number}", str(options.key_field))

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        return self.items, self.orders, self.creates, self.counts, self._unfinished, self.queue.state()

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another warehouse was."""
        self.items, self.orders, self.creates, counts, self._unfinished, queue = state
        self.counts.update(counts)
        self.queue.restore(queue)

    def create(self, document: bytes) -> Order:
        """Take a new order; raises `Refused`."""
        told = _object(document)
        number = told.get(self.profile.order.number)
        if not isinstance(number, str) or not number.strip():
            raise Refused(400, f"{self.profile.order.number} is required.")
        if number in self.orders:
            self.counts["duplicates refused"] += 1
            raise Refused(int(self.options.duplicate_answer), f"Order number {number} already exists.")
        order = self._order(number, told, document)
        self.orders[number] = self._unfinished[number] = order
        self.creates[number] += 1
        return order

    def _order(self, number: str, told: dict[str, Any], document: bytes) -> Order:
        names = self.profile.order
        statuses = self.profile.statuses
        status = told.get(names.status, statuses.available)
        if status not in (statuses.hold, statuses.available):
            raise Refused(400, f"Status '{status}' cannot be given to a new order.")
        area = told.get(names.pick_area, "")
        if area and self.options.areas and area not in self.options.areas:
            raise Refused(400, f"Area '{area}' does not exist.")
        return Order(
            id=len(self.creates) + 1,
            number=number,
            key=told.get(self._key_field, ""),
            area=area,
            carrier=told.get(names.carrier, ""),
            service=told.get(names.service, ""),
            document=document,
            status=status,
            lines=self._lines(told.get(names.lines)),
        )

    def _lines(self, told: Any) -> list[OrderLine]:
        if not isinstance(told, list) or not told:
            raise Refused(400, "An order needs at least one line.")
        lines = [self._line(line) for line in told]
        for line in lines:
            self._match_item(line.item)
        return lines

    def _line(self, told: Any) -> OrderLine:
        names = self.profile.line
        values = told if isinstance(told, dict) else {}
        item, quantity = values.get(names.item), values.get(names.quantity)
        if not isinstance(item, str) or not item.strip():
            raise Refused(400, f"A line needs {names.item}.")
        if not isinstance(quantity, int) or quantity < 1:
            raise Refused(400, f"{names.quantity} of {item} must be a whole number from 1.")
        return OrderLine(host_id=str(values.get(names.host_id, "")), item=item, requested=quantity)

    def _match_item(self, item: str) -> None:
        if item in self.items:
            return
        if not self.options.create_unknown_items:
            raise Refused(400, f"Item {item} does not exist.")
        self.items[item] = None
        self.counts["items created"] += 1

    def order(self, number: str) -> Order:
        """The order with this number; raises `Refused`."""
        if number not in self.orders:
            raise Refused(404, f"Order {number} does not exist.")
        return self.orders[number]

    def delete(self, number: str) -> None:
        """Remove an order, unless it is batched and so locked; raises `Refused`."""
        if self.order(number).batched:
            raise Refused(int(self.options.locked_answer), f"Order {number} is batched and cannot be deleted.")
        del self.orders[number]
        self._unfinished.pop(number, None)

    def workable(self) -> Iterator[Order]:
        """The orders that a picker may take, oldest first; where areas are used, one without area is never picked."""
        for order in list(self._unfinished.values()):
            held = order.status == self.profile.statuses.hold
            if not held and (order.area or not self.options.areas):
                yield order

    def finish(self, order: Order) -> None:
        """Everything is picked and packed."""
        order.status, order.packed = COMPLETE, True
        del self._unfinished[order.number]


def _object(document: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except NOT_JSON as error:
        raise Refused(400, f"The body is not a JSON object: {error}") from None
