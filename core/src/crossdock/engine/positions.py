"""Positions: what a warehouse has of each stock unit at each centre, and who has a claim on it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

SkuAtCenter = tuple[str, str]
"""A SKU of the warehouse and a distribution centre of the cart."""


@dataclass(frozen=True, slots=True)
class Position:
    """Pieces of one stock unit at one centre.

    `allocated`: of orders that the warehouse has and has not picked. `in_flight`: of orders that it does not have yet.
    `of_others` is how many of both the cart that is told does not keep for its buyers by itself: those of other carts'
    orders, and the parts of bundles that it does not take apart. `untold`: pieces of its own orders that had been
    picked when the warehouse counted, and that it counts still, since it was not told of them. Less than nothing: it
    was told of more than had been picked then. `doubtful` are those in flight that a warehouse which tells what it has
    allocated may have counted already, so that they may be in both numbers.
    """

    on_hand: int = 0
    allocated: int = 0
    in_flight: int = 0
    of_others: int = 0
    untold: int = 0
    doubtful: int = 0

    @property
    def free(self) -> int:
        """What nobody has a claim on; below zero where more was sold than lies there."""
        return self.on_hand - self.allocated - self.in_flight

    @property
    def without_others(self) -> "Position":
        """The same for a cart that is told what moves: it hears of what others ordered once that is picked."""
        of_others = min(self.of_others, self.allocated)
        in_flight = self.in_flight - (self.of_others - of_others)
        return replace(self, allocated=self.allocated - of_others, in_flight=in_flight, of_others=0)

    @property
    def before_the_cart(self) -> int:
        """What lies there by the cart's own count, before it subtracts what it has promised to its own buyers."""
        return self.on_hand - self.of_others + self.untold


@dataclass(frozen=True)
class StockTaking:
    """What there is of everything at one moment.

    `began_at` is when the question was asked; `counted_at` the oldest moment at which one of the numbers was true, by
    the warehouse's word, else `began_at`. `unmapped`: pieces by SKU and area of which nobody says where it counts.
    `units_waiting`: by the cart's own SKU, the units that its buyers ordered and that it was not told of as shipped.
    """

    began_at: datetime
    counted_at: datetime
    positions: Mapping[SkuAtCenter, Position] = field(default_factory=dict)
    unmapped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    units_waiting: Mapping[str, int] = field(default_factory=dict)


class Side(StrEnum):
    """Who said a number: the warehouse of an area or a centre, the cart of a centre."""

    WAREHOUSE = "warehouse"
    CART = "cart"


@dataclass(frozen=True, slots=True)
class LevelReading:
    """A number that one side said of a SKU (by its own name of it) at a place."""

    sku: str
    place: str
    quantity: int
    counted_at: datetime | None = None
