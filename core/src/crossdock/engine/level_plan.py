"""The plan of levels: which of them are news to the cart, and whether a person is asked before they go; pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.level_ports import NewLevel, SeenPlan, ToldLevel
from crossdock.engine.listings import Listings, at_least
from crossdock.engine.problems import Code, Problem
from crossdock.engine.stock_rules import StockRules

FEW = 10
"""Changes that no person is asked about, however few levels there are, once the first ones were told."""
ALL = 100
APPROVED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level that is news to the cart; `told` is what it was told before (None: nothing), by which stock change."""

    name: str
    center: str
    quantity: int
    told: int | None = None
    told_by: str = ""

    @property
    def is_new_zero(self) -> bool:
        """Whether nothing is for sale any more of what was, as far as is known."""
        return self.quantity == 0 and self.told != 0


@dataclass(frozen=True)
class LevelPlan:
    """All changes among so many `levels`; `refused` are others that the cart refuses until a person has acted.

    `is_first`: this cart was never told a level.
    """

    levels: int
    changes: Sequence[LevelChange] = ()
    refused: int = 0
    is_first: bool = False

    @property
    def zeros(self) -> int:
        """How many levels become zero."""
        return sum(1 for change in self.changes if change.is_new_zero)

    def without(self, refused: Collection[str]) -> "LevelPlan":
        """The same plan without the products of which the cart refused the last of these stock changes."""
        names = {change.name for change in self.changes if change.told_by in refused}
        if not names:
            return self
        kept = [change for change in self.changes if change.name not in names]
        return replace(self, changes=kept, refused=len(self.changes) - len(kept))

    def seen(self, at: datetime) -> SeenPlan:
        """The plan in numbers, as a person is shown it."""
        return SeenPlan(self.levels, len(self.changes), self.zeros, at)


class Comparison:
    """What is listed against what was told, which comes in parts and in any order."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings
        self._untold = dict(listings.quantities)
        self._changes: list[LevelChange] = []
        self._told = self._levels = 0

    def add(self, told: Sequence[ToldLevel]) -> None:
        """Compare some levels that were told."""
        self._told += len(told)
        for name, center, unit, before, key, claimed in told:
            now = self._untold.pop((name, center), None)
            if now is None:
                now = self._listings.missing(name, unit, center)
            if now is None:
                continue
            self._levels += 1
            if now != before or (claimed and self._is_counted_otherwise(name, center, claimed)):
                self._changes.append(LevelChange(name, center, now, before, key))

    def _is_counted_otherwise(self, name: str, center: str, claimed: int) -> bool:
        """Whether the cart, which counts what lies there, may have another number by now than it was told.

        It takes off what left for its buyers, and what it cancels; of a piece that had been picked before the level was
        told, and unheard of, that is once too often. So it is told again when orders wait for less than they did.
        """
        if self._listings.meaning(name) is not StockMeaning.ON_HAND:
            return False
        there = self._listings.position(name, center)
        return there.allocated + there.in_flight < claimed

    def plan(self) -> LevelPlan:
        """The plan, once all that was told has been compared."""
        new = [LevelChange(name, center, now) for (name, center), now in self._untold.items()]
        changes = sorted([*self._changes, *new], key=lambda one: (one.name, one.center))
        return LevelPlan(self._levels + len(new), changes, is_first=not self._told)


def why_ask(plan: LevelPlan, rules: StockRules) -> str:
    """Why a person is asked before these levels go; empty where they may go."""
    if plan.is_first:
        return "they are the first ones" if rules.asks_first and plan.changes else ""
    limit = plan.levels * rules.ask_above
    for many, words in ((plan.zeros, "become zero"), (len(plan.changes), "change")):
        if rules.ask_above < ALL and many > FEW and many * ALL > limit:
            return f"more than {rules.ask_above} % of all levels would {words} in one run"
    return ""


def is_approved(seen: SeenPlan | None, plan: LevelPlan, now: datetime) -> bool:
    """Whether a person has let this plan go, or one that is about as large."""
    if seen is None or seen.approved_at is None or now - seen.approved_at > APPROVED_FOR:
        return False
    return not has_grown(seen, plan)


def has_grown(seen: SeenPlan, plan: LevelPlan) -> bool:
    """Whether a plan would change, or set to zero, clearly more levels than the one that a person has seen."""
    return len(plan.changes) > _at_most(seen.changes) or plan.zeros > _at_most(seen.zeros)


def _at_most(number: int) -> int:
    return number + max(number // 10, FEW)


def waiting_problem(pipeline: str, plan: LevelPlan, why: str) -> Problem:
    """The problem that levels wait for a person's word."""
    left = f", and {plan.refused:,} are refused by the cart already" if plan.refused else ""
    return Problem(
        Code.LEVELS_WAIT,
        pipeline,
        f"{len(plan.changes):,} levels of pipeline {pipeline} wait for a person's word: {why}",
        detail=f"Of {plan.levels:,} levels {len(plan.changes):,} would change, {plan.zeros:,} to zero{left}.",
        action=(
            f"`crossdock stock sync --pipeline {pipeline}` shows what would change; with `--yes` it is sent. Where it "
            "looks wrong, correct the cause first: the next run looks again."
        ),
    )


def by_product(changes: Sequence[LevelChange]) -> Iterator[Sequence[LevelChange]]:
    """The changes of each product, which stand side by side."""
    some: list[LevelChange] = []
    for change in changes:
        if some and some[0].name != change.name:
            yield some
            some = []
        some.append(change)
    if some:
        yield some


def guarded(
    changes: Sequence[LevelChange], reading: StockReading, waiting: int, rules: StockRules
) -> list[LevelChange]:
    """What may be sold of one product once what is promised to buyers whose orders are not known here is kept back.

    `waiting` are the units that its buyers are known to wait for. What is equal to what was told before is left out.
    """
    unknown = max(reading.reserved - waiting, 0) if not reading.refusal else 0
    lowered = [_lowered(change, unknown, rules) for change in changes] if unknown else list(changes)
    return [change for change in lowered if change.quantity != change.told]


def _lowered(change: LevelChange, by: int, rules: StockRules) -> LevelChange:
    quantity = at_least(change.quantity - by, rules)
    return LevelChange(change.name, change.center, quantity, change.told, change.told_by)


def stock_change(
    key: str, changes: Sequence[LevelChange], listings: Listings, product_id: str, reason: str
) -> StockChange:
    """The one stock change that tells the levels of a product."""
    name = changes[0].name
    return StockChange(
        key=key,
        item=StockItem(sku=name, product_id=product_id),
        meaning=listings.meaning(name),
        centers=tuple(CenterQuantity(distribution_center=one.center, quantity=one.quantity) for one in changes),
        reason=reason,
    )


def new_levels(
    key: str, changes: Sequence[LevelChange], listings: Listings, counted_at: datetime
) -> Iterator[NewLevel]:
    """What is noted of the levels of a product that are told."""
    for one in changes:
        there = listings.position(one.name, one.center)
        made_of = (there.on_hand, there.allocated, there.in_flight)
        yield NewLevel(one.name, one.center, listings.unit(one.name), one.quantity, *made_of, counted_at, key)
