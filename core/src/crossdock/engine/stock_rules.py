"""What the operator decided for the stock of one pipeline, compiled for the flows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from crossdock.domain import StockMeaning
from crossdock.mapping import Aliases
from crossdock.mapping.ship_methods import fits


@dataclass(frozen=True)
class StockRules:
    """How a cart is told of the stock of a warehouse.

    `sets`: it is told levels, else differences. `meaning` is that of a level. `buffer` pieces are kept back at each
    centre, and a level below `minimum` is told as zero. `combined_at`: the centre at which all stock is told as one
    (None: each centre's at its own). `aliases`: by which name the cart knows the products; where `alias_type` is set
    and they are empty, the catalogue knows them. `leave_out`: patterns of SKUs of which nothing is told. Levels that
    were counted longer ago than `stale_after` are not used. `asks_first`: the first levels wait for a person's word.
    `ask_above`: the percentage of levels that one run may change, or set to zero, without such a word.
    """

    sets: bool = False
    meaning: StockMeaning = StockMeaning.ON_HAND
    buffer: int = 0
    minimum: int = 0
    combined_at: str | None = None
    alias_type: str = ""
    aliases: Aliases = field(default_factory=Aliases)
    leave_out: tuple[str, ...] = ()
    stale_after: timedelta = timedelta(days=1)
    asks_first: bool = True
    ask_above: int = 20

    def leaves_out(self, sku: str) -> bool:
        """Whether the cart is told nothing of this SKU of the warehouse."""
        return any(fits(pattern, sku) for pattern in self.leave_out)


@dataclass(frozen=True)
class RepairRules:
    """Which differences are corrected without a person: none (`small` is False), or those that two reports in a row
    have shown, of these causes, of at most so many units each and so many in one report."""

    small: bool = False
    most_units: int = 5
    most_rows: int = 50
    causes: Collection[str] = ()
