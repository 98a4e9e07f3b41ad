"""Download: orders of the cart, page by page, stored raw before they are read."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crossdock.domain import Order, digest
from crossdock.engine.amendment import Amendment
from crossdock.engine.causes import cause_of
from crossdock.engine.changes import follow_change
from crossdock.engine.delivery import BATCH
from crossdock.engine.echoes import without_echo
from crossdock.engine.edits import LaidOver, corrected, lay_over, overtaken_problems
from crossdock.engine.holds import kept
from crossdock.engine.judge import Verdict, buyer_data_removed, fingerprint, judge
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.ports import BEFORE_RELEASE, KnownOrder, OrderState, ReadOrder
from crossdock.engine.problems import Code, Problem
from crossdock.engine.release_plan import warehouses_of
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.features import FetchesOrder, ReachesBack, WithdrawsOrders
from crossdock.hooks.records import Cursor, Page, Record


@dataclass(frozen=True, slots=True)
class _Read:
    """One record of a page and the problem that goes with it."""

    order: ReadOrder
    problem: Problem | None = None
    changed: bool = False
    """The warehouse works on an older version of it."""
    amendment: Amendment | None = None
    overtaken: tuple[Problem, ...] = ()
    """A person's corrections that the cart has overtaken."""


async def download(run: Run) -> None:
    """Take in the list of orders that are to be shipped."""
    await read_again(run)
    start = run.lease.checkpoint or first_reach(run.pipeline)
    await take_in_list(run, run.pipeline.source.role.fetch_orders, start)


def first_reach(pipeline: Pipeline) -> Cursor | None:
    """Where a list begins that was never read: with the operator's earliest order, where the cart can do that."""
    source, earliest = pipeline.source.role, pipeline.rules.earliest_order_date
    return source.cursor_from(earliest) if earliest and isinstance(source, ReachesBack) else None


async def take_in_list(
    run: Run, fetch: Callable[[Cursor | None], Coroutine[Any, Any, Page]], start: Cursor | None
) -> None:
    """Take in every page of a list from `start` on; the next page is asked for while this one is read."""
    coming = asyncio.create_task(fetch(start))
    try:
        while True:
            page = await coming
            last = not page.more or run.stop.is_set()
            if not last:
                coming = asyncio.create_task(fetch(page.cursor))
            await take_in(run, page)
            if last:
                break
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def read_again(run: Run) -> None:
    """Read again, from the store, what a person asked for and what a warehouse has forgotten."""
    while again := await run.pipeline.store.records_to_reread(run.pipeline.name, "order", BATCH):
        await take_in(run, Page(tuple(again), checkpoint=run.lease.checkpoint))


async def end_holds(run: Run) -> None:
    """Let go what was held until now; the cart is asked once more for each such order, where it can be."""
    pipeline = run.pipeline
    fetches = pipeline.rules.fetches and isinstance(pipeline.source.role, FetchesOrder)
    ended = await pipeline.store.end_holds(pipeline.name, fetches=fetches, now=pipeline.clock.now())
    run.report.add("holds ended", ended)


async def take_in(run: Run, page: Page) -> None:
    """Store what is new of a page, read and judged."""
    pipeline = run.pipeline
    records = {record.id: record for record in page.records}
    known = await pipeline.store.known_orders(pipeline.name, list(records))
    read = [item for record in records.values() if (item := _read(pipeline, record, known.get(record.id)))]
    if any(item.changed for item in read):
        read = await _followed(run, read, known)
    await _fetch_what_comes_back(run, read, known)
    await pipeline.store.save_orders(
        run.lease,
        pipeline.source.connection,
        [item.order for item in read],
        [problem for item in read for problem in (item.problem, *item.overtaken) if problem],
        page.checkpoint,
        amendments={item.order.record.id: item.amendment for item in read if item.amendment},
        now=pipeline.clock.now(),
    )
    _count(run, len(records), read, known)
    run.downstream.ring()


async def _fetch_what_comes_back(run: Run, read: Sequence[_Read], known: Mapping[str, KnownOrder]) -> None:
    """An order that changed rules let through was not followed meanwhile: it is fetched before it is released."""
    pipeline = run.pipeline
    back = [item.order.record.id for item in read if _comes_back(item.order, known.get(item.order.record.id))]
    if back and isinstance(pipeline.source.role, FetchesOrder):
        now = pipeline.clock.now()
        await pipeline.store.want_orders(pipeline.name, back, "crossdock: the rules were changed", now=now)


def _comes_back(new: ReadOrder, known: KnownOrder | None) -> bool:
    """Whether an order that was skipped is ready now by what is stored of it."""
    was_skipped = known is not None and known.state is OrderState.SKIPPED and not known.digest
    return was_skipped and new.state is OrderState.READY


def _read(pipeline: Pipeline, record: Record, known: KnownOrder | None) -> _Read | None:
    """Translate and judge one record; None when it is what we have already."""
    seen = digest(record.data)
    if known and known.digest == seen and not _lost_mark(record, known):
        return None
    try:
        order = pipeline.source.role.read_order(record)
        if known and _is_older(order, known):
            return None
        edited = lay_over(order, known.edits) if known else LaidOver(order)
        cart, order = order, edited.order
        verdict, print_now = judge(order, pipeline.rules, pipeline.order_filter), fingerprint(order)
        verdict, problem = _marked_elsewhere(record, order, known, kept(known, verdict))
    except Exception as error:  # a plugin's bug in one order must not stop the others
        return _unreadable(record, seen, error, known)
    before_release = known is None or known.state in BEFORE_RELEASE
    known_as = (known.state, known.reason) if known else None
    item = ReadOrder(record, seen, verdict.state, verdict.reason, order, print_now, before_release, known_as)
    if known and known.edits:
        item = replace(item, edits=known.edits, kept_edits=edited.kept)
    changed = _is_changed(order, verdict, print_now, known)
    return _Read(item, problem, changed, overtaken=_overtaken(cart, edited, known))


def _overtaken(cart: Order, edited: LaidOver, known: KnownOrder | None) -> tuple[Problem, ...]:
    """What to tell of corrections that count no more; nothing of an order that has left."""
    left = known is not None and known.state is OrderState.SHIPPED
    return () if left or buyer_data_removed(cart) else tuple(overtaken_problems(cart, edited.overtaken))


def _is_older(order: Order, known: KnownOrder) -> bool:
    """Whether we hold a newer version: a page may have been on its way while the order was fetched singly."""
    return bool(order.updated_at and known.changed_at and order.updated_at < known.changed_at)


def _lost_mark(record: Record, known: KnownOrder) -> bool:
    """Whether the mark for which an order is held is gone, of which its own bytes need not tell."""
    return record.marked is False and known.held_for(Code.MARKED_ELSEWHERE)


def _marked_elsewhere(
    record: Record, order: Order, known: KnownOrder | None, verdict: Verdict
) -> tuple[Verdict, Problem | None]:
    """Hold an order that bears our mark although we have never seen it: somebody else may have shipped it.

    The list's word counts before the order's own; where neither tells, an order that is held stays so.
    """
    held = known is not None and known.held_for(Code.MARKED_ELSEWHERE)
    if verdict.state is not OrderState.READY or (known and not held and not _is_new_to_us(known)):
        return verdict, None
    marked = order.acknowledged if record.marked is None else record.marked
    if not (held if marked is None else marked):
        return verdict, None
    title = f"Order {order.number} is marked as ours at the cart, and nothing is known of it here"
    problem = Problem(
        Code.MARKED_ELSEWHERE,
        order.number,
        title,
        detail="Another installation with the same credentials took it, or this database is younger than the mark.",
        action="Look whether the warehouse has it. If not, `crossdock problems retry` releases it; else resolve this.",
        order_external_id=order.external_id,
    )
    return Verdict(OrderState.HELD, f"{Code.MARKED_ELSEWHERE.value}: {title}"), problem


def _is_new_to_us(known: KnownOrder) -> bool:
    """Whether nothing can have been done about it here yet, so that a mark is not ours."""
    untouched = (OrderState.UNREADABLE, OrderState.WAITING, OrderState.SKIPPED)
    return known.state in untouched and not known.acknowledged


def _unreadable(record: Record, seen: bytes, error: Exception, known: KnownOrder | None) -> _Read:
    by_plugin = f"Order {record.id} cannot be read, the plugin failed: {type(error).__name__}: {error}"
    reason = str(error) if isinstance(error, Unreadable) else by_plugin
    problem = Problem(
        Code.UNREADABLE_ORDER,
        record.id,
        reason,
        action="Correct the order at the cart, or report it to the plugin's authors; then `crossdock problems retry`.",
        order_external_id=record.id,
        cause=cause_of(str(error)),
    )
    verdict, edits = kept(known, Verdict(OrderState.UNREADABLE, reason)), known.edits if known else ()
    return _Read(ReadOrder(record, seen, verdict.state, verdict.reason, edits=edits, kept_edits=edits), problem)


def _is_changed(order: Order, verdict: Verdict, print_now: str, known: KnownOrder | None) -> bool:
    """Whether this version is news to the warehouse that has the order; our own marks and shipments are none."""
    if known is None or known.fingerprint == print_now:
        return False
    if known.state in BEFORE_RELEASE and not (known.partly_there and verdict.state is OrderState.HELD):
        return False
    return not buyer_data_removed(order)


async def _followed(run: Run, read: Sequence[_Read], known: Mapping[str, KnownOrder]) -> list[_Read]:
    """What follows from changes of orders that the warehouse has; what was changed back is a problem no more."""
    pipeline, changed = run.pipeline, {item.order.record.id: item for item in read if item.changed}
    released = await pipeline.store.released_orders(pipeline.name, list(changed))
    ours = await pipeline.store.own_cancellations(pipeline.name, list(changed))
    followed = {
        key: _follow(pipeline, item, released.get(key), known[key], ours.get(key, {})) for key, item in changed.items()
    }
    same = [key for key, item in followed.items() if item.order.order and not item.problem]
    await pipeline.store.close_changed_back(pipeline.name, same, now=pipeline.clock.now())
    return [followed.get(item.order.record.id, item) for item in read]


def _follow(
    pipeline: Pipeline, item: _Read, released: Order | None, known: KnownOrder, ours: Mapping[str, int]
) -> _Read:
    new = item.order
    if new.order is None or released is None:
        return item
    released = corrected(released, new.kept_edits)  # what a person corrected since is no change at the cart
    released = without_echo(released, new.order, ours)
    withdraws = all(isinstance(role, WithdrawsOrders) for role in _warehouses(pipeline, released))
    verdict = Verdict(new.state, new.reason)
    found = follow_change(released, new.order, known.state, verdict, pipeline.rules, withdraws=withdraws)
    return replace(item, problem=found.problem, amendment=found.amendment) if found else item


def _warehouses(pipeline: Pipeline, released: Order) -> Sequence[object]:
    """The fulfillment targets that have parts of an order."""
    own, targets = pipeline.fulfillment_target, pipeline.targets
    found = [targets.get(name) if name else own for name in warehouses_of(released, pipeline.rules) or ("",)]
    return [bound and bound.role for bound in found]


def _count(run: Run, seen: int, read: Sequence[_Read], known: object) -> None:
    run.report.add("pages")
    run.report.add("orders seen", seen)
    run.report.add("unchanged", seen - len(read))
    for item in read:
        run.report.add(item.order.state.value)
