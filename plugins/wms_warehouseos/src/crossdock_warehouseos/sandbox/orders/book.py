"""The orders of a simulated tenant: numbers are unique, an order is never updated, a batched one is locked."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from crossdock_warehouseos.answers import NOT_JSON
from crossdock_warehouseos.sandbox.clock import Agenda, Clock
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.stock.places import Place, Places

Pieces = dict[int, int]
"""So many pieces of each line, by its place in the order."""
Match = Callable[[str], Sequence[tuple[str, int]]]
"""The items that an item number of an order line stands for, with pieces of each; raises `Refused`."""


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

    @property
    def loose(self) -> int:
        """Pieces that are picked and in no box."""
        return self.picked - self.packed


@dataclass(frozen=True, slots=True)
class Taken:
    """Pieces of one line, and the place from which they were taken where the tenant keeps stock."""

    line: int
    quantity: int
    place: Place | None


@dataclass(slots=True)
class Pick:
    """One round of picking."""

    number: str
    taken: list[Taken] = field(default_factory=list)

    def pieces(self) -> Pieces:
        """What was picked in it."""
        total: Counter[int] = Counter()
        for taken in self.taken:
            total[taken.line] += taken.quantity
        return dict(total)


@dataclass(frozen=True, slots=True)
class Box:
    """A closed box."""

    number: str
    carrier: str
    service: str
    tracking_number: str
    pieces: Pieces


@dataclass(slots=True)
class Order:
    """One order: the document as it came, and what the floor has done.

    `picking` is the round that is under way, `picks` those that are finished and were not reset, `rounds` counts all.
    """

    id: int
    number: str
    key: str
    area: str
    carrier: str
    service: str
    document: bytes = field(repr=False)
    status: str
    lines: list[OrderLine]
    batch: str = ""
    picking: Pick | None = None
    picks: list[Pick] = field(default_factory=list)
    rounds: int = 0
    open_boxes: dict[str, Pieces] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    box_numbers: int = 0
    free_boxes: list[str] = field(default_factory=list)
    packed: bool = False
    verified: bool = False

    @property
    def batched(self) -> bool:
        """Whether it is in a batch, and so locked."""
        return bool(self.batch)

    @property
    def left(self) -> int:
        """Pieces still to be picked."""
        return sum(line.left for line in self.lines)

    @property
    def loose(self) -> Pieces:
        """What is picked and in no box."""
        return {place: line.loose for place, line in enumerate(self.lines) if line.loose}


@dataclass(frozen=True, slots=True)
class Deletion:
    """Who deleted an order."""

    number: str
    by: Literal["host", "person"]


class OrderBook:
    """What a host may do with orders, and where each of them stands."""

    def __init__(
        self, options: SandboxOptions, places: Places, match: Match, counts: Counter[str], clock: Clock
    ) -> None:
        self.orders: dict[str, Order] = {}
        self.unfinished: dict[str, Order] = {}
        self.creates: Counter[str] = Counter()
        self.deletions: list[Deletion] = []
        self._last_numbers: dict[str, tuple[int, int]] = {}
        self.agenda = Agenda(clock, options.pace)
        self._options = options
        self._refusal_status = 409 if options.locked_answer == "kept" else int(options.locked_answer)
        self._profile = options.profile
        self._statuses = options.profile.statuses
        self._places = places
        self._match = match
        self._counts = counts
        self._key_field = self._profile.order.custom_field.replace("{number}", str(options.key_field))

    def create(self, document: bytes) -> Order:
        """Take a new order; raises `Refused`."""
        told = _object(document)
        number = told.get(self._profile.order.number)
        if not isinstance(number, str) or not number.strip():
            raise Refused(400, f"{self._profile.order.number} is required.")
        if number in self.orders:
            self._counts["duplicates refused"] += 1
            raise Refused(int(self._options.duplicate_answer), f"Order number {number} already exists.")
        order = self._order(number, told, document)
        order.rounds, order.box_numbers = self._last_numbers.get(number, (0, 0))
        self.orders[number] = self.unfinished[number] = order
        self.creates[number] += 1
        self.agenda.enter((number, order.id))
        return order

    def _order(self, number: str, told: dict[str, Any], document: bytes) -> Order:
        names = self._profile.order
        status = told.get(names.status, self._statuses.available)
        if status not in (self._statuses.hold, self._statuses.available):
            raise Refused(400, f"Status '{status}' cannot be given to a new order.")
        area = told.get(names.pick_area) or ""
        self._places.require_area(area)
        return Order(
            id=len(self.orders) + len(self.deletions) + 1,
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
        return [
            OrderLine(line.host_id, item, line.requested * each)
            for line in lines
            for item, each in self._match(line.item)
        ]

    def _line(self, told: Any) -> OrderLine:
        names = self._profile.line
        values = told if isinstance(told, dict) else {}
        item, quantity = values.get(names.item), values.get(names.quantity)
        if not isinstance(item, str) or not item.strip():
            raise Refused(400, f"A line needs {names.item}.")
        if not isinstance(quantity, int) or quantity < 1:
            raise Refused(400, f"{names.quantity} of {item} must be a whole number from 1.")
        return OrderLine(host_id=str(values.get(names.host_id, "")), item=item, requested=quantity)

    def find(self, number: str) -> Order:
        """The order with this number; raises `Refused`."""
        if number not in self.orders:
            raise Refused(404, f"Order {number} does not exist.")
        return self.orders[number]

    def delete(self, number: str) -> None:
        """A host deletes an order, unless it is batched and so locked; raises `Refused`."""
        if number not in self.orders and self._options.delete_answer == "200":
            return
        order = self.find(number)
        if not self.is_locked(order):
            self.forget(order, "host")
        elif self._options.locked_answer != "kept":
            raise Refused(self._refusal_status, f"Order {number} is batched and cannot be deleted.")

    def is_locked(self, order: Order) -> bool:
        """Whether people have begun with it."""
        return order.batched or order.status in (self._statuses.in_process, self._statuses.complete)

    def forget(self, order: Order, by: Literal["host", "person"]) -> None:
        """The order is gone, and its number free; those of its picks and boxes are not used again."""
        self._last_numbers[order.number] = (order.rounds, order.box_numbers)
        del self.orders[order.number]
        self.unfinished.pop(order.number, None)
        self.deletions.append(Deletion(order.number, by))

    def hold(self, order: Order) -> None:
        """Nobody works on the order until it is released; possible until it is complete; raises `Refused`."""
        self._require_incomplete(order)
        order.status = self._statuses.hold

    def release(self, order: Order) -> None:
        """Work on the order begins or goes on; raises `Refused`."""
        self._require_incomplete(order)
        order.status = self.working_status(order)

    def _require_incomplete(self, order: Order) -> None:
        if order.status == self._statuses.complete:
            raise Refused(self._refusal_status, f"Order {order.number} is complete.")

    def working_status(self, order: Order) -> str:
        """Available, or In Process once it was on a device."""
        begun = order.picking is not None or order.picks
        return self._statuses.in_process if begun else self._statuses.available

    def is_workable(self, order: Order) -> bool:
        """Whether a picker may take it; where areas are used, one without area is never picked."""
        return order.status != self._statuses.hold and bool(order.area or not self._places.areas)

    def workable(self) -> Iterator[Order]:
        """The unfinished orders that people may work on, oldest first."""
        return (order for order in list(self.unfinished.values()) if self.is_workable(order))

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        kept = (self.orders, self.unfinished, self.creates, self.deletions, self._last_numbers)
        return kept, self.agenda.state()

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another book was."""
        kept, agenda = state
        self.orders, self.unfinished, self.creates, self.deletions, self._last_numbers = kept
        self.agenda.restore(agenda)


def _object(document: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except NOT_JSON as error:
        raise Refused(400, f"The body is not a JSON object: {error}") from None
