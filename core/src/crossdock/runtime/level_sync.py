"""What a pipeline would tell its cart of the warehouse's levels now, for the person who lets it go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crossdock.config import Never
from crossdock.domain import StockItem, StockMeaning, StockReading
from crossdock.engine.both_ends import check_age
from crossdock.engine.flows.levels import plan_levels
from crossdock.engine.level_plan import (
    APPROVED_FOR,
    LevelChange,
    LevelPlan,
    by_product,
    guarded,
    has_grown,
    is_approved,
    why_ask,
)
from crossdock.engine.listings import Listings
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.positions import StockTaking
from crossdock.engine.runner import flows_of
from crossdock.engine.stock_taking import take_stock
from crossdock.engine.telling import READ_AT_ONCE
from crossdock.hooks.errors import CrossdockError, NeedsConfig
from crossdock.runtime.at_once import pipeline_of
from crossdock.runtime.host import Host, store_of
from crossdock.store.level_plans import approve_levels, show_plan


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One level that is news to the cart: `level` is what it would be told, `told` what it was told before.

    `at_cart` is what it has for sale there now, `reserved` what it has promised to buyers at all centres; both are None
    where it says nothing of the product, and `refusal` why. `on_hand`, `allocated` and `in_flight` are what the level
    is made of.
    """

    pipeline: str
    sku: str
    stock_unit: str
    center: str
    meaning: str
    told: int | None
    at_cart: int | None
    reserved: int | None
    level: int
    on_hand: int
    allocated: int
    in_flight: int
    refusal: str


@dataclass(frozen=True)
class LevelSync:
    """A plan in numbers, some of its levels, and why it waits for a person (empty: it does not).

    `alias`: the type of alias by which the cart knows the products, empty where they go by SKU. So many pieces are kept
    back as the `buffer`, and fewer than the `minimum` are told as zero.
    """

    pipeline: str
    plan: LevelPlan
    why: str
    left_out: int
    nameless: int
    unmapped: int
    lines: Sequence[LevelLine]
    alias: str = ""
    buffer: int = 0
    minimum: int = 0

    @property
    def levels(self) -> int:
        """How many levels there are."""
        return self.plan.levels

    @property
    def changes(self) -> int:
        """How many are news to the cart."""
        return len(self.plan.changes)

    @property
    def zeros(self) -> int:
        """How many of those become zero."""
        return self.plan.zeros

    @property
    def refused(self) -> int:
        """How many others the cart refuses."""
        return self.plan.refused


async def plan_of(host: Host, among: Collection[str] | None, limit: int) -> LevelSync:
    """Count what there is and compare it with what the cart was told; at most so many levels with what it has now."""
    pipeline = pipeline_of(host, _the_one(host, among))
    taking = await take_stock(pipeline)
    check_age(pipeline, taking)
    listings, plan = await plan_levels(pipeline, taking)
    return LevelSync(
        pipeline.name,
        plan,
        why_ask(plan, pipeline.rules.stock),
        listings.left_out,
        listings.nameless,
        sum(taking.unmapped.values()),
        await _lines(pipeline, taking, listings, _largest(plan.changes, limit)),
        pipeline.rules.stock.alias_type,
        pipeline.rules.stock.buffer,
        pipeline.rules.stock.minimum,
    )


async def remember(host: Host, shown: LevelSync) -> None:
    """Note what a person was shown, so that their word is on that."""
    store, now = store_of(host), host.clock.now()
    seen = await store.seen_plan(shown.pipeline)
    if shown.why and not is_approved(seen, shown.plan, now):
        await store.write(show_plan, shown.pipeline, shown.plan.seen(now))


async def approve(host: Host, found: LevelSync, *, by: str, note: str) -> None:
    """Let these levels go; raises a sentence where they are clearly more than what was shown lately."""
    store, now = store_of(host), host.clock.now()
    seen = await store.seen_plan(found.pipeline)
    if found.why and seen and now - seen.asked_at <= APPROVED_FOR and has_grown(seen, found.plan):
        raise CrossdockError(
            f"it has grown since it was shown: {seen.changes:,} levels would have changed, {seen.zeros:,} of them to "
            f"zero; now {found.changes:,} would, {found.zeros:,} of them to zero. Look at it again with "
            "`crossdock stock sync`, then say --yes"
        )
    await store.write(approve_levels, found.pipeline, found.plan.seen(now), by=by, note=note, now=now)


def is_off(host: Host, pipeline: str) -> bool:
    """Whether the crossdock that runs leaves levels alone."""
    return isinstance(host.config.pipelines[pipeline].services.levels, Never)


def _the_one(host: Host, among: Collection[str] | None) -> str:
    """The one pipeline (among these, None: of all) that tells levels; raises a sentence where it is not clear."""
    able = [name for name, one in host.pipelines.items() if "levels" in flows_of(one)]
    meant = [name for name in able if among is None or name in among]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise NeedsConfig(f"several pipelines tell levels ({', '.join(meant)}): say which one with --pipeline")
    for name in among or ():
        pipeline_of(host, name)
    whose = f"pipeline {' and '.join(among)} tells no levels" if among else "no pipeline that is open tells levels"
    faults = f" ({'; '.join(host.faults)})" if host.faults else ""
    wanted = '`send = "set"` under `stock` of a pipeline with an inventory_source and an inventory_sink'
    raise NeedsConfig(f"{whose}: for that, {wanted}{faults}")


def _largest(changes: Sequence[LevelChange], limit: int) -> Sequence[LevelChange]:
    """The levels that a person should look at first: what becomes zero, then by how much they change."""
    order = sorted(changes, key=lambda one: (not one.is_new_zero, -abs(one.quantity - (one.told or 0)), one.name))
    return sorted(order[:limit], key=lambda one: (one.name, one.center))


async def _lines(
    pipeline: Pipeline, taking: StockTaking, listings: Listings, changes: Sequence[LevelChange]
) -> Sequence[LevelLine]:
    products = list(by_product(changes))
    readings = await _readings(pipeline, [of[0].name for of in products])
    lines = [
        _line(pipeline.name, listings, change, readings[of[0].name])
        for of in products
        for change in _less_unknown(of, readings[of[0].name], taking, listings)
    ]
    return sorted(lines, key=lambda one: (one.level != 0, -abs(one.level - _before(one)), one.sku, one.center))


def _before(line: LevelLine) -> int:
    """What a person compares a level with: what the cart has now, else what it was told."""
    return line.at_cart if line.at_cart is not None else line.told or 0


def _less_unknown(
    changes: Sequence[LevelChange], reading: StockReading, taking: StockTaking, listings: Listings
) -> Sequence[LevelChange]:
    """What would be told after a look at what the cart has promised."""
    name = changes[0].name
    if listings.meaning(name) is not StockMeaning.SELLABLE:
        return changes
    return guarded(changes, reading, taking.units_waiting.get(name, 0), listings.rules.stock)


async def _readings(pipeline: Pipeline, names: Sequence[str]) -> dict[str, StockReading]:
    sink = pipeline.need(pipeline.inventory_sink, "inventory sink").role
    found: dict[str, StockReading] = {}
    for start in range(0, len(names), READ_AT_ONCE):
        some = names[start : start + READ_AT_ONCE]
        found |= zip(some, await sink.read_stock([StockItem(sku=name) for name in some]), strict=True)
    return found


def _line(pipeline: str, listings: Listings, change: LevelChange, reading: StockReading) -> LevelLine:
    there = listings.position(change.name, change.center)
    known = not reading.refusal
    return LevelLine(
        pipeline=pipeline,
        sku=change.name,
        stock_unit=listings.unit(change.name),
        center=change.center,
        meaning=listings.meaning(change.name).value,
        told=change.told,
        at_cart=reading.at(change.center) if known else None,
        reserved=reading.reserved if known else None,
        level=change.quantity,
        on_hand=there.on_hand,
        allocated=there.allocated,
        in_flight=there.in_flight,
        refusal=reading.refusal,
    )
