"""The stock ledger of a simulated tenant: what lies where is the sum of what happened."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions, TriggerName
from crossdock_warehouseos.sandbox.stock.places import Place, Places
from crossdock_warehouseos.sandbox.telling.queue import HostQueue

Kind = Literal["put", "pull", "count", "move"]
INITIAL, PICK, RESET, RECEIPT = "INITIAL", "PICK", "RESET", "RECEIPT"
"""The reasons that the tenant gives by itself."""
_TRIGGERS: dict[Kind, TriggerName] = {
    "put": "stock_put",
    "pull": "stock_pull",
    "count": "stock_count",
    "move": "stock_move",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """So many pieces left `origin` and came to `destination`; a count has the one or the other."""

    id: str
    kind: Kind
    item: str
    quantity: int
    origin: Place | None
    destination: Place | None
    reason: str
    order_number: str
    user: str
    at: datetime

    def effects(self) -> Iterator[tuple[Place, int]]:
        """By how much each place changes."""
        if self.origin is not None:
            yield self.origin, -self.quantity
        if self.destination is not None:
            yield self.destination, self.quantity


class Stock:
    """Every change is a transaction, told to the host; no place ever holds less than nothing."""

    def __init__(
        self, options: SandboxOptions, places: Places, queue: HostQueue, clock: Clock, numbering: Numbering
    ) -> None:
        self.kept = options.stock is not None
        self.transactions: list[Transaction] = []
        self._levels: defaultdict[str, Counter[Place]] = defaultdict(Counter)
        self._reasons = options.reasons
        self._picks_are_told = options.picks_are_pulls
        self._names = options.profile.movement
        self._places = places
        self._queue = queue
        self._clock = clock
        self._numbering = numbering
        self._unheard = False
        for item, levels in (options.stock or {}).items():
            for told, pieces in levels.items():
                self._book("put", item, pieces, destination=places.find(told), reason=INITIAL)

    def level(self, item: str, place: Place) -> int:
        """What lies in one place."""
        return self._levels[item][place] if item in self._levels else 0

    def rows(self) -> Iterator[tuple[str, Place, int]]:
        """What lies where, without places that are empty."""
        for item, by_place in self._levels.items():
            for place, pieces in by_place.items():
                if pieces:
                    yield item, place, pieces

    def total(self, item: str) -> int:
        """What there is of an item in all places."""
        return sum(self._levels[item].values()) if item in self._levels else 0

    def to_pick(self, item: str, area: str) -> int:
        """How many pieces an order of an area can have."""
        return sum(self.level(item, place) for place in self._places.to_pick_from(area))

    def put(self, item: str, quantity: int, place: Place, reason: str, user: str = "") -> Transaction:
        """Pieces come in; raises `Refused`."""
        self._require(quantity, "put", reason)
        return self._tell(self._book("put", item, quantity, None, place, reason, user=user))

    def receive(self, item: str, quantity: int, place: Place, user: str = "", *, tell: bool = True) -> Transaction:
        """Pieces that were expected are put away; raises `Refused`."""
        self._require_kept()
        received = self._book("put", item, quantity, None, place, RECEIPT, user=user)
        return self._tell(received) if tell else received

    def pull(self, item: str, quantity: int, place: Place, reason: str, user: str = "") -> Transaction:
        """Pieces go out; raises `Refused`."""
        self._require(quantity, "pull", reason)
        self._require_there(item, quantity, place)
        return self._tell(self._book("pull", item, quantity, place, None, reason, user=user))

    def move(
        self, item: str, quantity: int, origin: Place, destination: Place, reason: str, user: str = ""
    ) -> Transaction:
        """Pieces are carried elsewhere; raises `Refused`."""
        self._require(quantity, "move", reason)
        if origin == destination:
            raise Refused(400, f"A move from {origin} to itself is none.")
        self._require_there(item, quantity, origin)
        return self._tell(self._book("move", item, quantity, origin, destination, reason, user=user))

    def count(self, item: str, found: int, place: Place, user: str = "") -> Transaction | None:
        """So many pieces were found; the difference is booked, and where there is none nothing happened."""
        self._require_kept()
        if found < 0:
            raise Refused(400, "Nobody finds less than nothing.")
        difference = found - self.level(item, place)
        if not difference:
            return None
        origin, destination = (None, place) if difference > 0 else (place, None)
        return self._tell(self._book("count", item, abs(difference), origin, destination, user=user))

    def pull_for_order(self, item: str, quantity: int, area: str, order_number: str) -> list[tuple[Place, int]]:
        """Take what an order is picked from, place after place; `to_pick` has said that there is enough."""
        taken = []
        for place in self._places.to_pick_from(area):
            if pieces := min(quantity, self.level(item, place)):
                pulled = self._book("pull", item, pieces, place, None, PICK, order_number)
                taken.append((place, pieces))
                quantity -= pieces
                if self._picks_are_told:
                    self._tell(pulled)
        return taken

    def put_back(self, item: str, quantity: int, place: Place, order_number: str) -> None:
        """What was picked lies again where it was."""
        returned = self._book("put", item, quantity, None, place, RESET, order_number)
        if self._picks_are_told:
            self._tell(returned)

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is booked meanwhile is told to nobody."""
        self._unheard = True
        try:
            yield
        finally:
            self._unheard = False

    def _require(self, quantity: int, kind: Literal["put", "pull", "move"], reason: str) -> None:
        self._require_kept()
        if quantity < 1:
            raise Refused(400, f"A {kind} needs at least one piece.")
        if reason not in getattr(self._reasons, kind):
            raise Refused(400, f"'{reason}' is no reason for a {kind}.")

    def _require_kept(self) -> None:
        if not self.kept:
            raise Refused(400, "This tenant keeps no stock.")

    def _require_there(self, item: str, quantity: int, place: Place) -> None:
        if quantity > (there := self.level(item, place)):
            raise Refused(400, f"{quantity} of {item} cannot leave {place}: {there} are there.")

    def _book(
        self,
        kind: Kind,
        item: str,
        quantity: int,
        origin: Place | None = None,
        destination: Place | None = None,
        reason: str = "",
        order_number: str = "",
        user: str = "",
    ) -> Transaction:
        number, now = self._numbering.next("T"), self._clock.now()
        booked = Transaction(number, kind, item, quantity, origin, destination, reason, order_number, user, now)
        self.transactions.append(booked)
        for place, change in booked.effects():
            self._levels[item][place] += change
        return booked

    def _tell(self, booked: Transaction) -> Transaction:
        if not self._unheard and self._queue.wants(_TRIGGERS[booked.kind]):
            self._queue.put(_TRIGGERS[booked.kind], self._told(booked))
        return booked

    def _told(self, booked: Transaction) -> dict[str, Any]:
        """The message; fields that say nothing are left out, and a count that found less is negative."""
        names, origin, destination = self._names, booked.origin, booked.destination
        missing = booked.kind == "count" and origin is not None
        told = {
            names.id: booked.id,
            names.item: booked.item,
            names.quantity: -booked.quantity if missing else booked.quantity,
            names.from_area: origin and origin.area,
            names.from_location: origin and origin.location,
            names.to_area: destination and destination.area,
            names.to_location: destination and destination.location,
            names.reason: booked.reason,
            names.order_number: booked.order_number,
            names.user: booked.user,
            names.at: booked.at,
        }
        return {name: value for name, value in told.items() if value not in (None, "")}

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        return self.transactions, dict(self._levels)

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another ledger was."""
        self.transactions, levels = state
        self._levels = defaultdict(Counter, levels)


def summed(transactions: Sequence[Transaction]) -> dict[tuple[str, Place], int]:
    """What lies where by the ledger alone."""
    sums: Counter[tuple[str, Place]] = Counter()
    for booked in transactions:
        for place, change in booked.effects():
            sums[booked.item, place] += change
    return {key: pieces for key, pieces in sums.items() if pieces}
