"""The list of levels as the API shows it: as they are, or as they were when it was made."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.orders.book import OrderBook
from crossdock_warehouseos.sandbox.stock.ledger import Stock
from crossdock_warehouseos.sandbox.stock.places import Place, Places

Shown = Literal["now", "kept"]


@dataclass(frozen=True, slots=True)
class Row:
    """So many pieces of an item in one place, and how many of them orders wait for."""

    item: str
    place: Place
    pieces: int
    allocated: int
    counted_at: datetime


class LevelList:
    """Gives the rows of the list; one that is kept stays as it is, whatever happens to the stock."""

    def __init__(
        self, options: SandboxOptions, stock: Stock, places: Places, book: OrderBook, clock: Clock, seed: int
    ) -> None:
        self._options = options
        self._stock = stock
        self._places = places
        self._book = book
        self._clock = clock
        self._dice = Random(seed)
        self._kept: list[Row] = []
        self._made_at: datetime | None = None
        self._shown: Shown = "now"

    def rows(self, *, first_page: bool) -> Iterable[Row]:
        """What the list shows; before a page that is not the first of a live list, something may be carried away."""
        if self._shown == "kept":
            return self._kept
        if lasts := self._options.levels_every:
            if self._made_at is None or self._clock.now() - self._made_at >= timedelta(seconds=lasts):
                self.keep()
            return self._kept
        if not first_page and self._dice.random() < self._options.moves_while_listed:
            self._carry_away()
        return self._live()

    def keep(self) -> None:
        """Make the list now and keep it."""
        self._kept, self._made_at = list(self._live()), self._clock.now()

    def show(self, which: Shown) -> None:
        """From now on the list is the kept one, or that of the moment."""
        self._shown = which

    def told(self, row: Row) -> dict[str, Any]:
        """One row as the API shows it."""
        names = self._options.profile.level
        told = {
            names.item: row.item,
            names.area: row.place.area,
            names.location: row.place.location,
            names.quantity: row.pieces,
        }
        return told | {getattr(names, name): getattr(row, name) for name in self._options.levels_tell}

    def _live(self) -> Iterator[Row]:
        """What lies where at this moment."""
        wanted = self._wanted() if "allocated" in self._options.levels_tell else {}
        now = self._clock.now()
        for item, place, pieces in self._stock.rows():
            yield Row(item, place, pieces, wanted.get((item, place), 0), now)

    def _wanted(self) -> dict[tuple[str, Place], int]:
        """What orders wait for, place after place as they are picked; what lies nowhere is wanted of no place."""
        wanted: Counter[tuple[str, Place]] = Counter()
        complete = self._options.profile.statuses.complete
        for order in self._book.unfinished.values():
            for line in order.lines if order.status != complete else ():
                left = line.left
                for place in self._places.to_pick_from(order.area):
                    taken = min(left, self._stock.level(line.item, place) - wanted[line.item, place])
                    wanted[line.item, place] += taken
                    left -= taken
        return wanted

    def _carry_away(self) -> None:
        """All that lies in the first place of the list is carried to another."""
        first = next(self._stock.rows(), None)
        if first is None or not self._options.reasons.move:
            return
        item, place, pieces = first
        if others := [other for other in self._places.bins if other != place]:
            self._stock.move(item, pieces, place, self._dice.choice(others), self._options.reasons.move[0])

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        return self._kept, self._made_at, self._shown

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another list was."""
        self._kept, self._made_at, self._shown = state
