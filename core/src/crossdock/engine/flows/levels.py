"""Levels: what lies in the warehouse is counted, and the cart is told every level that is news to it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice

from crossdock.engine.aliasing import aliases_of
from crossdock.engine.delivery import pause
from crossdock.engine.lasting import lasting
from crossdock.engine.level_plan import (
    APPROVED_FOR,
    Comparison,
    LevelPlan,
    by_product,
    is_approved,
    waiting_problem,
    why_ask,
)
from crossdock.engine.listings import Listings, listings_of
from crossdock.engine.oversold import oversold
from crossdock.engine.pipeline import Bound, Pipeline, Run
from crossdock.engine.positions import StockTaking
from crossdock.engine.problems import Code, Problem
from crossdock.engine.stock_taking import take_stock
from crossdock.engine.telling import Telling, counted_at_of
from crossdock.hooks.errors import NeedsAuth, NeedsConfig, OutcomeUnknown
from crossdock.hooks.records import Cursor
from crossdock.hooks.roles import InventorySink

TOLD_AT_ONCE = 5000
"""Levels that were told, read from the store in one go."""
SAVED_AT_ONCE = 500
"""Products whose levels are promised in one transaction."""


async def levels(run: Run) -> None:
    """Promise every level that is news to the cart; what would change much waits for a person's word."""
    pipeline = run.pipeline
    sink = pipeline.need(pipeline.inventory_sink, "inventory sink")
    checkpoint = await _checkpoint_of(run, sink.connection)
    taking = await _take_stock(run)
    if taking is None or not await _is_usable(run, taking, checkpoint):
        return
    await _note_problems(run, taking)
    listings, plan = await plan_levels(pipeline, taking)
    _count(run, listings, plan)
    if not await _may_go(run, plan):
        return
    try:
        await _tell(run, sink, taking, listings, plan)
    except (NeedsAuth, NeedsConfig) as error:  # of the cart; the warehouse has done its part
        await pause(run, sink.connection, str(error))
        return
    if not (run.stop.is_set() or run.report.error):
        newest = _written(sink.connection, counted_at_of(taking))
        await pipeline.store.end_levels(run.lease, newest, now=pipeline.clock.now())


async def _take_stock(run: Run) -> StockTaking | None:
    """Count what there is; None where the process is to stop."""
    try:
        return await lasting(run, take_stock(run.pipeline))
    except OutcomeUnknown:
        if run.stop.is_set():
            return None
        raise


def tells_levels(pipeline: Pipeline) -> bool:
    """Whether the cart of a pipeline is told levels."""
    return pipeline.rules.stock.sets and pipeline.inventory_sink is not None


async def plan_levels(pipeline: Pipeline, taking: StockTaking) -> tuple[Listings, LevelPlan]:
    """What the cart is to be told after a stock taking, and which of it is news; nothing is written."""
    listings = listings_of(taking, pipeline.rules, await aliases_of(pipeline))
    comparison, after = Comparison(listings), None
    while told := await pipeline.store.told_levels(pipeline.name, after=after, limit=TOLD_AT_ONCE):
        comparison.add(told)
        after = told[-1].name, told[-1].center
    plan = comparison.plan()
    sink = pipeline.need(pipeline.inventory_sink, "inventory sink")
    keys = sorted({change.told_by for change in plan.changes if change.told_by})
    refused = await pipeline.store.refused_levels(sink.connection, pipeline.name, keys) if keys else ()
    return listings, plan.without(refused)


async def _checkpoint_of(run: Run, cart: str) -> datetime | None:
    """When the newest levels were counted that this cart was told; another cart was told nothing yet."""
    told, counted_at = _read(run.lease.checkpoint)
    if told in ("", cart):
        return counted_at
    await run.pipeline.store.forget_levels(run.lease, now=run.pipeline.clock.now())
    return None


def _written(cart: str, counted_at: datetime) -> Cursor:
    return json.dumps([cart, counted_at.isoformat()])


def _read(checkpoint: Cursor | None) -> tuple[str, datetime | None]:
    if checkpoint is None:
        return "", None
    cart, counted_at = json.loads(checkpoint)
    return cart, datetime.fromisoformat(counted_at).astimezone(UTC)


async def _is_usable(run: Run, taking: StockTaking, newest: datetime | None) -> bool:
    """Whether the levels are neither too old nor older than those that the cart was told."""
    pipeline, counted_at = run.pipeline, counted_at_of(taking)
    now, source = pipeline.clock.now(), pipeline.need(pipeline.inventory_source, "inventory source").connection
    if taking.began_at - counted_at > pipeline.rules.stock.stale_after:
        await pipeline.store.report_problems(pipeline.name, [_stale(source, taking, pipeline)], now=now)
        run.report.add("levels too old", len(taking.positions))
        return False
    await pipeline.store.close_problems(pipeline.name, Code.STALE_LEVELS, [source], now=now)
    if newest is not None and counted_at < newest:
        run.report.add("levels older than those told", len(taking.positions))
        return False
    return True


def _stale(source: str, taking: StockTaking, pipeline: Pipeline) -> Problem:
    return Problem(
        Code.STALE_LEVELS,
        source,
        f"The levels of {source} are too old to be told: they were counted at {taking.counted_at:%Y-%m-%d %H:%M} UTC",
        detail=f"`stock.stale_after` of pipeline {pipeline.name} allows {pipeline.rules.stock.stale_after}.",
        action=(
            "Find out why the warehouse's levels are old: a report that is not made any more, a clock that is wrong. "
            "The next run looks again, and closes this by itself."
        ),
        cause=source,
    )


async def _note_problems(run: Run, taking: StockTaking) -> None:
    """Name what is oversold and what lies where nobody says that it counts; what is in order again closes."""
    pipeline = run.pipeline
    short = await oversold(pipeline, taking)
    run.report.add("oversold", len(short))
    await _settle(run, Code.OVERSOLD, short, lambda subject: True)
    areas = pipeline.rules.areas
    unmapped = _unmapped(taking)
    run.report.add("areas unmapped", len(unmapped))
    await _settle(run, Code.UNMAPPED_AREA, unmapped, lambda area: areas.count(area) is not None)


async def _settle(run: Run, code: Code, found: Sequence[Problem], is_over: Callable[[str], bool]) -> None:
    """Open these problems of a kind, and close the others that are over."""
    pipeline, subjects = run.pipeline, {problem.subject for problem in found}
    before = await pipeline.store.open_subjects(pipeline.name, code)
    gone = {subject for subject in before if subject not in subjects and is_over(subject)}
    if found or gone:
        await pipeline.store.settle_problems(pipeline.name, code, found, gone, now=pipeline.clock.now())


def _unmapped(taking: StockTaking) -> Sequence[Problem]:
    """A problem for each area with stock of which nobody says where it counts."""
    pieces: Counter[str] = Counter()
    for (_, area), quantity in taking.unmapped.items():
        pieces[area] += quantity
    return [_unmapped_area(area, quantity) for area, quantity in sorted(pieces.items())]


def _unmapped_area(area: str, quantity: int) -> Problem:
    stock = f"the stock of area '{area}'" if area else "stock without an area"
    return Problem(
        Code.UNMAPPED_AREA,
        area,
        f"{quantity:,} pieces are told at no centre: nobody says where {stock} counts",
        action="Name it in `stock_areas` of a distribution centre or in `unsold_areas` of the pipeline, and restart.",
        cause=area,
    )


def _count(run: Run, listings: Listings, plan: LevelPlan) -> None:
    run.report.add("levels compared", plan.levels)
    run.report.add("levels refused", plan.refused)
    run.report.add("products left out", listings.left_out)
    run.report.add("products without alias", listings.nameless)


async def _may_go(run: Run, plan: LevelPlan) -> bool:
    """Whether the levels may be sent; else a person is asked."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    why = why_ask(plan, pipeline.rules.stock)
    if not why:
        return True
    seen = await pipeline.store.seen_plan(pipeline.name)
    if is_approved(seen, plan, now):
        return True
    is_old = seen is None or seen.approved_at is not None or now - seen.asked_at > APPROVED_FOR
    problem = waiting_problem(pipeline.name, plan, why)
    await pipeline.store.ask_for_levels(run.lease, plan.seen(now) if is_old else None, problem, now=now)
    run.report.add("levels waiting", len(plan.changes))
    return False


async def _tell(run: Run, sink: Bound[InventorySink], taking: StockTaking, listings: Listings, plan: LevelPlan) -> None:
    """Promise the levels, some products at a time."""
    products = by_product(plan.changes)
    while some := list(islice(products, SAVED_AT_ONCE)):
        if run.stop.is_set():
            return
        telling = Telling(run, sink, taking, listings)
        await telling.save(await telling.guarded(some))
        run.downstream.ring()
