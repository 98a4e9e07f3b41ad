"""How much of what lies where. Every number of every product follows from these sums, per product and centre:

    on_hand             pieces that lie there
    open_listings       of these, promised to open listings
    pending_checkout    reserved by orders whose buyer is not through the checkout
    pending_payment     reserved by orders that are not paid
    pending_shipment    reserved by orders that are paid and have not left
    available           on_hand minus the four above: what `DCQuantities` shows. Below zero when too much was sold

An update sends a number n, and (documented) sets available to
    Absolute   n
    Relative   available + n; n may be negative
    Available  n - open_listings
    InStock    n - open_listings - pending_checkout - pending_payment
    UnShipped  n - open_listings - pending_checkout - pending_payment - pending_shipment
on_hand becomes what that takes: for UnShipped it is n itself. The subtracted numbers are those of the same centre
(assumed; with one centre it makes no difference).

An order reserves in the centre of its fulfillment; when a piece leaves, on_hand and pending_shipment go down together
and available stays. Reservations that end otherwise come back, but pieces cancelled without restock leave on_hand
(see `reservations`). Externally managed centres reserve nothing: their owner counts for himself (assumed).

The numbers of a product, assumed but for the first:
    TotalAvailableQuantity  available over all its centres; null if it has none
    TotalQuantity           on_hand over all its centres
    a bundle                per centre what its components are available for, never below zero; nothing pending
    an alias                the numbers of the product it refers to
    a parent                none
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

UpdateType = Literal["Absolute", "Relative", "Available", "InStock", "UnShipped"]
UPDATE_TYPES: frozenset[str] = frozenset(get_args(UpdateType))


@dataclass(frozen=True, slots=True)
class Level:
    """One product in one distribution centre."""

    on_hand: int = 0
    open_listings: int = 0
    pending_checkout: int = 0
    pending_payment: int = 0
    pending_shipment: int = 0

    @property
    def available(self) -> int:
        """What can still be sold."""
        return self.on_hand - self.reserved

    @property
    def reserved(self) -> int:
        """What is promised to somebody."""
        return self.open_listings + self.pending_checkout + self.pending_payment + self.pending_shipment

    def updated(self, kind: UpdateType, number: int) -> "Level":
        """The level after an update."""
        return replace(self, on_hand=self.reserved + self._available_after(kind, number))

    def _available_after(self, kind: UpdateType, number: int) -> int:
        match kind:
            case "Absolute":
                return number
            case "Relative":
                return self.available + number
            case "Available":
                return number - self.open_listings
            case "InStock":
                return number - self.open_listings - self.pending_checkout - self.pending_payment
        return number - self.reserved


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the ledger: what became available in one centre, and why (an update type, a sale, a person)."""

    at: str
    center: int
    cause: str
    quantity: int
    before: int
    after: int


class Stock:
    """The levels of every product, and the ledger of what changed them."""

    def __init__(self, at_first: Callable[[int], Mapping[int, int]], stamp: Callable[[], str]) -> None:
        self._at_first = at_first
        self._stamp = stamp
        self._levels: dict[int, dict[int, Level]] = {}
        self._ledger: dict[int, list[Change]] = {}
        self.rows_added = 0
        self.changes = 0

    def state(self) -> object:
        """All that `restore` needs."""
        return self._levels, self._ledger

    def restore(self, state: Any) -> None:
        """Go on where another stock was."""
        self._levels, self._ledger = state

    def levels(self, product_id: int) -> Mapping[int, Level]:
        """The levels of one product by centre."""
        known = self._levels.get(product_id)
        return self._first_levels(product_id) if known is None else known

    def ledger(self, product_id: int) -> tuple[Change, ...]:
        """Every change of one product, the oldest first."""
        return tuple(self._ledger.get(product_id, ()))

    def last_change(self, product_id: int) -> Change | None:
        """The newest line of a product's ledger."""
        lines = self._ledger.get(product_id)
        return lines[-1] if lines else None

    def touched(self) -> list[int]:
        """The products of which something changed."""
        return list(self._ledger)

    def begin_with(self, product_id: int, center: int, level: Level) -> None:
        """A level that is so from the beginning: the ledger does not tell of it."""
        levels = self._levels.setdefault(product_id, self._first_levels(product_id))
        self.rows_added += center not in levels
        self.changes += 1
        levels[center] = level

    def put(self, product_id: int, center: int, level: Level, cause: str) -> None:
        """What an order makes of a level; the ledger tells of it if something else is available now."""
        before = self.levels(product_id).get(center, Level())
        self.begin_with(product_id, center, level)
        if level.available != before.available:
            self._write(product_id, center, cause, level.available - before.available, before)

    def update(self, product_id: int, kind: UpdateType, numbers: Mapping[int, int], cause: str = "") -> None:
        """Update several centres of one product; `cause` stands in the ledger in the place of the update type."""
        for center, number in numbers.items():
            before = self.levels(product_id).get(center, Level())
            self.begin_with(product_id, center, before.updated(kind, number))
            self._write(product_id, center, cause or kind, number, before)

    def _write(self, product_id: int, center: int, cause: str, number: int, before: Level) -> None:
        after = self._levels[product_id][center]
        change = Change(self._stamp(), center, cause, number, before.available, after.available)
        self._ledger.setdefault(product_id, []).append(change)

    def forget(self, product_id: int) -> None:
        """A product is gone: so are its levels. The ledger stays."""
        self._levels[product_id] = {}

    def _first_levels(self, product_id: int) -> dict[int, Level]:
        return {center: Level(pieces) for center, pieces in self._at_first(product_id).items()}


def bundle_levels(parts: list[tuple[Mapping[int, Level], int]]) -> dict[int, Level]:
    """What can be put together in each centre that has every part; `parts`: the levels and the pieces in one bundle."""
    if not parts:
        return {}
    shared = [center for center in parts[0][0] if all(center in levels for levels, _ in parts)]
    return {
        center: Level(max(0, min(levels[center].available // pieces for levels, pieces in parts))) for center in shared
    }
