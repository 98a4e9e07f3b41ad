"""A trade over a warehouse whose stock a cart is told of, in differences or in levels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from world.floor_trade import FloorTrade
from world.script import Step, Steps
from world.stock_truth import Levels, Pieces, Truth
from world.stock_ways import StockWay


@dataclass
class StockTrade(FloorTrade):
    """`untold`: where something was changed of which the other side is not told, by SKU and centre. `shelves`: what a
    level could be at most before the last step and after it, `free`: without what buyers wait for. `old`: the same when
    the list was made that the warehouse shows, if that is an old one. `judged`: the last promise that was looked at.
    `counted_at`: when the levels were counted that the cart was told last. `seen`: what there was after the last step;
    `put_back`: what was put back of orders since all was heard of.
    """

    untold: set[tuple[str, int]] = field(default_factory=set)
    shelves: tuple[Levels, ...] = ({}, {})
    free: tuple[Levels, ...] = ({}, {})
    old: tuple[Levels, ...] | None = None
    judged: int = 0
    counted_at: dict[tuple[str, str], int] = field(default_factory=dict)
    seen: Truth | None = None
    put_back: Pieces = field(default_factory=Pieces)

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
        if not self.told.sets:
            return
        now = Truth(self.world, self.told)
        if now.is_heard:
            self.put_back = Pieces()
        elif self.seen:
            self.put_back += now.put_back_since(self.seen)
        self.seen, self.shelves = now, (self.shelves[1], now.shelves(self.put_back))
        self.free = self.free[1], now.free(self.put_back)
