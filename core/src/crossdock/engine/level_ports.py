"""What the engine needs of the store for levels that carts are told; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from crossdock.domain import StockChange
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Cursor

Place = tuple[str, str]
"""A product by the cart's name of it, and a distribution centre."""


def level_key(pipeline: str, name: str, run: int) -> str:
    """The key of the stock change that tells the levels of a product in one run."""
    return f"level/{pipeline}/{name}/{run}"


def name_in(key: str, pipeline: str) -> str:
    """Which product a stock change with such a key tells the levels of; empty where it is another kind of change."""
    prefix = f"level/{pipeline}/"
    return key.removeprefix(prefix).rpartition("/")[0] if key.startswith(prefix) else ""


class ToldLevel(NamedTuple):
    """The last level of a product at a centre that the cart was promised; `unit` is the warehouse's SKU.

    `claimed` are the pieces that orders waited for then.
    """

    name: str
    center: str
    unit: str
    quantity: int
    promise_key: str
    claimed: int = 0


@dataclass(frozen=True, slots=True)
class NewLevel:
    """A level that a cart is to be told, and what it is made of (see `crossdock.engine.positions.Position`)."""

    name: str
    center: str
    unit: str
    quantity: int
    on_hand: int
    allocated: int
    in_flight: int
    counted_at: datetime
    promise_key: str


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """How much a run would tell a cart, as a person was shown it; `approved_at` is when that person let it go."""

    levels: int
    changes: int
    zeros: int
    asked_at: datetime
    approved_at: datetime | None = None
    approved_by: str = ""


class Levels(Protocol):
    """Levels that carts were told, and plans that wait for a person's word."""

    async def told_levels(self, pipeline: str, *, after: Place | None, limit: int) -> Sequence[ToldLevel]:
        """Some levels that were told, in an order that stays; only those behind a certain one."""

    async def refused_levels(self, cart: str, pipeline: str, keys: Sequence[str]) -> Collection[str]:
        """Which of these stock changes the cart refused, with a problem that no person has settled yet."""

    async def save_levels(
        self, lease: Lease, cart: str, changes: Sequence[StockChange], new: Sequence[NewLevel], *, now: datetime
    ) -> None:
        """Promise the changes, and note the levels that they tell."""

    async def forget_levels(self, lease: Lease, *, now: datetime) -> None:
        """Forget what was told, and any plan: another cart is told from now on, which knows nothing of it."""

    async def seen_plan(self, pipeline: str) -> SeenPlan | None:
        """The plan that waits for a person's word, or has it."""

    async def ask_for_levels(self, lease: Lease, plan: SeenPlan | None, problem: Problem, *, now: datetime) -> None:
        """Open the problem that levels wait; `plan` takes the place of the one that waits, None leaves that."""

    async def end_levels(self, lease: Lease, checkpoint: Cursor, *, now: datetime) -> None:
        """All levels are promised: the plan is done, and what waited for a person's word waits no more."""

    async def settle_problems(
        self, pipeline: str, code: Code, found: Sequence[Problem], gone: Collection[str], *, now: datetime
    ) -> None:
        """Open these problems and close those of the subjects that are gone."""

    async def open_subjects(self, pipeline: str, code: Code) -> Collection[str]:
        """What the problems of a kind are about that are not resolved."""
