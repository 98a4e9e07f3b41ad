"""A trade over a warehouse whose stock a cart is told of, in differences or in levels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from world.floor_trade import FloorTrade
from world.script import Step, Steps
from world.stock_truth import Levels, Truth
from world.stock_ways import StockWay


@dataclass
class StockTrade(FloorTrade):
    """`untold`: where something was changed of which the other side is not told, by SKU and centre. `most`: what a
    level could be at most before the last step and after it. `old`: the same when the list was made that the warehouse
    shows, if that is an old one. `judged`: the last promise that was looked at.
    """

    untold: set[tuple[str, int]] = field(default_factory=set)
    shelves: tuple[Levels, ...] = ({}, {})
    old: tuple[Levels, ...] | None = None
    judged: int = 0

    @property
    def told(self) -> StockWay:
        """How the cart is told."""
        return cast("StockWay", self.way)

    @property
    def counted(self) -> Sequence[Levels]:
        """What could be told at most of what the warehouse shows."""
        return self.old or self.shelves

    def take(self, step: Step, steps: Steps) -> str:
        words = super().take(step, steps)
        self.look()
        return words

    def look(self) -> None:
        """Note what there is."""
        if self.told.sets:
            self.shelves = self.shelves[1], Truth(self.world, self.told).shelves()
