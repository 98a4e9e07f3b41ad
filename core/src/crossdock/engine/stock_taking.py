"""Stock taking: what a warehouse has of each stock unit at each centre, and who has a claim on it.

The warehouse says what lies there. Orders that it has and has not picked yet have allocated a part of it; orders that
it does not have yet are in flight. Whatever was picked before the warehouse counted has left the number already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

SkuAtCenter = tuple[str, str]
"""A SKU of the warehouse and a distribution centre of the cart."""


@dataclass(frozen=True, slots=True)
class Position:
    """Pieces of one stock unit at one centre.

    `allocated`: of orders that the warehouse has and has not picked. `in_flight`: of orders that it does not have yet.
    `of_others` is how many of both belong to orders of other carts than the one that is told.
    """

    on_hand: int = 0
    allocated: int = 0
    in_flight: int = 0
    of_others: int = 0

    @property
    def free(self) -> int:
        """What nobody has a claim on; below zero where more was sold than lies there."""
        return self.on_hand - self.allocated - self.in_flight

    @property
    def before_the_cart(self) -> int:
        """What lies there before the cart subtracts what it has promised to its own buyers."""
        return self.on_hand - self.of_others


@dataclass(frozen=True)
class StockTaking:
    """What there is of everything at one moment.

    `began_at` is when the question was asked; `counted_at` the oldest moment at which one of the numbers was true, by
    the warehouse's word, else `began_at`. `unmapped`: pieces by SKU and area of which nobody says where it counts.
    `units_waiting`: by the cart's own SKU, the units that its buyers ordered here and that were not picked.
    """

    began_at: datetime
    counted_at: datetime
    positions: Mapping[SkuAtCenter, Position] = field(default_factory=dict)
    unmapped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    units_waiting: Mapping[str, int] = field(default_factory=dict)
