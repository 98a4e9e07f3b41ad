"""A trade over a warehouse that keeps stock: buyers, the cart's own people, pickers, a network, a runner, an operator.

What is sold are four goods and a bundle of two of them. Numbers of the cart's orders begin with O, those of wholesale
orders, which another host sends to the warehouse, with W.
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.error import HTTPError

from world.audit import units
from world.floor_ways import Way
from world.operator import World
from world.sales import Line, line_id
from world.script import Step, Steps

GOODS = ("SKU-0001", "SKU-0002", "SKU-0003", "SKU-0006")


@dataclass(frozen=True)
class Sold:
    """An order of the cart as it stands there; once edited, it stands there otherwise."""

    id: int
    number: str
    lines: list[Line]


class Kept(NamedTuple):
    """A person holds an order here, until when (None: until it is resumed); how often it was at the warehouse then."""

    until: datetime | None
    creates: int


class Corrected(NamedTuple):
    """What a person made of an address; how often its order was at the warehouse then, and taken back by us.

    `told`: the warehouse has, or may have, the order as it was.
    """

    address: str
    told: bool
    creates: int
    deletions: int


@dataclass
class Word:
    """What the operator has decided: the orders that he holds here and whose address he corrected, by the cart's ids;
    what services had done when he paused them.
    """

    kept: dict[int, Kept] = field(default_factory=dict)
    corrected: dict[int, Corrected] = field(default_factory=dict)
    paused: dict[str, int] = field(default_factory=dict)


@dataclass
class FloorTrade:
    """The world and what was done in it.

    `reported`: pieces of each line of each order that were ever packed (or picked, where picks report), however many
    were taken back; `over`: numbers of which more was picked than asked for. `most`: units of a line that the cart ever
    wanted. `asked`: orders of which a person or a newer version wanted something of the warehouse. `arrived`: changes
    of stock that a person found at the cart. `given_up`: by order of the warehouse, how often it was there then, and
    line of the cart the most units that people gave up. `last`: the order with which something happened last.
    """

    world: World
    way: Way
    orders: list[Sold] = field(default_factory=list)
    wholesale: list[str] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    reported: Counter[tuple[str, str]] = field(default_factory=Counter)
    over: set[str] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)
    given_up: dict[tuple[str, int, str], int] = field(default_factory=dict)
    word: Word = field(default_factory=Word)
    later: timedelta = timedelta(0)
    last: str = ""
    happened: list[str] = field(default_factory=list)
    deaths: int = 0

    def take(self, step: Step, steps: Steps) -> str:
        """Do one step and say what happened."""
        words = steps[step.name][1](self, random.Random(step.seed))
        self.happened.append(f"{step.name}: {words}")
        return words

    def chosen(self, dice: random.Random, numbers: Sequence[str]) -> str:
        """One of these numbers: rather of the order with which something happened last, so that much happens to it."""
        same = [number for number in numbers if is_of(number, (self.last,))]
        number = dice.choice(same if same and dice.random() < 0.6 else numbers)
        self.last = next((order.number for order in self.orders if is_of(number, (order.number,))), number)
        return number

    def run(self) -> None:
        """Everything once."""
        self.world.run_all(later=self.later)

    def floor(self, **act: Any) -> str:
        """One person does one thing, if the rules of the floor allow it; says what came of it."""
        return self._on_the_floor("/_floor", [act])

    def shift(self, **habits: Any) -> str:
        """People pick and pack what they can."""
        return self._on_the_floor("/_shift", habits)

    def _on_the_floor(self, path: str, wish: Any) -> str:
        before = self._done()
        try:
            words = str(self.world.warehouse.ask(path, wish))
        except HTTPError as refusal:
            words = refusal.read().decode()
        self.reported.update(+Counter({line: n - before[line] for line, n in self._done().items()}))
        orders = self.world.warehouse.orders()
        self.over |= {n for n, one in orders.items() for row in one["lines"] if row["picked"] > row["requested"]}
        self._note_given_up(orders)
        if self.way.pushes:
            assert not self.world.warehouse.ask("/_pushes", {}).get("push failed"), "a pushed message was lost"
        return f"{wish}: {words}"

    def ours(self) -> dict[str, Any]:
        """What the warehouse has of the cart's orders, by number."""
        return {number: order for number, order in self.world.warehouse.orders().items() if order["key"]}

    def _note_given_up(self, there: Mapping[str, Any]) -> None:
        """A complete order goes without what was not picked."""
        for order in self.orders:
            told = {"lines": {line_id(order.id, n): {"sku": line.sku} for n, line in enumerate(order.lines, 1)}}
            for number, one in there.items():
                if one["status"] == "Complete" and one["key"] and is_of(number, (order.number,)):
                    lost = units(told, {number: one}, "requested") - units(told, {number: one}, "picked")
                    for line, quantity in lost.items():
                        key = number, one["creates"], line
                        self.given_up[key] = max(self.given_up.get(key, 0), quantity)

    def _done(self) -> Counter[tuple[str, str]]:
        what, done = self.way.reports, Counter[tuple[str, str]]()
        for number, order in self.world.warehouse.orders().items():
            for line in order["lines"]:
                done[number, line["host_id"]] += line[what]
        return done


def is_of(number: str, orders: Collection[str]) -> bool:
    """Whether a number in the warehouse, or a box of it, belongs to one of these orders of the cart."""
    return any(number == order or number.startswith((f"{order}-", f"{order}/")) for order in orders)


def some(trade: FloorTrade, dice: random.Random, *statuses: str, locked: bool | None = None) -> str:
    """The number of an order in the warehouse that stands so; empty if none does."""
    found = [
        number
        for number, order in trade.world.warehouse.orders().items()
        if order["status"] in statuses and locked in (None, order["batched"])
    ]
    return trade.chosen(dice, found) if found else ""


def sold(trade: FloorTrade, dice: random.Random, orders: Sequence[Sold]) -> Sold:
    """One of these orders."""
    number = trade.chosen(dice, [order.number for order in orders])
    return next(order for order in orders if order.number == number)
