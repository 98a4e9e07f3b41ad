"""A trade whose boxes get their labels from a shipping system: packers, people in both systems, a network, a runner."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from crossdock.engine.label_plan import first_key
from world.floor_trade import is_of
from world.label_ends import Seller
from world.label_truth import Paid, paid
from world.operator import World
from world.script import Step, Steps


class Box(NamedTuple):
    """A packed box; `number` is its own, where the warehouse gave it one."""

    order: str
    name: str
    tracking: str


@dataclass(frozen=True)
class Moment:
    """What is true at all three ends: the cart's orders and the warehouse's by number, and every label paid for."""

    cart: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    warehouse: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    labels: Sequence[Paid] = ()

    @property
    def told(self) -> list[str]:
        """Every tracking number that the cart has."""
        return [str(ship["tracking"]) for order in self.cart.values() for ship in order["ships"]]

    @property
    def boxes(self) -> list[Box]:
        """Every box that was packed."""
        return [
            Box(number, box["number"], box["tracking_number"] or "")
            for number, order in self.warehouse.items()
            for box in order["boxes"]
        ]

    def requests(self, number: str) -> dict[str, dict[str, Any]]:
        """What the warehouse has of one order of the cart."""
        return {one: order for one, order in self.warehouse.items() if is_of(one, (number,))}


@dataclass
class LabelTrade:
    """The world and what was done in it.

    `now` is what was true at the last look, `news` what the cart was told since the one before. `gone`: the tracking
    numbers of which the books said at the last look that their labels were taken back.
    """

    world: World
    seller: Seller
    now: Moment = field(default_factory=Moment)
    news: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    sold: int = 0
    later: timedelta = timedelta(0)
    happened: list[str] = field(default_factory=list)
    deaths: int = 0

    def take(self, step: Step, steps: Steps) -> None:
        """Do one step and note what happened."""
        self.happened.append(f"{step.name}: {steps[step.name][1](self, random.Random(step.seed))}")

    def look(self) -> None:
        """Note what is true now."""
        before = Counter(self.now.told)
        cart = {order["number"]: order for order in self.world.cart.truth()["orders"].values()}
        self.now = Moment(cart, self.world.warehouse.orders(), paid(self.seller))
        self.news = Counter(self.now.told) - before

    def look_into_books(self) -> None:
        """Note which labels are known to be taken back."""
        rows = self.world.books.parcels()
        live = {row["tracking_number"] for row in rows if row["voided_at"] is None}
        self.gone = {row["tracking_number"] for row in rows} - live

    def waiting(self) -> list[Box]:
        """Boxes without a number of the warehouse and of ours, at the last look."""
        labelled = {first_key(one.key) for one in self.now.labels if one.key}
        blank = [box for box in self.now.boxes if not box.tracking]
        return [box for box in blank if not any(key.endswith(f"/{box.name}") for key in labelled)]

    def run(self) -> None:
        """Everything once."""
        self.world.run(later=self.later)
