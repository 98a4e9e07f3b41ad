"""Download: orders of the cart, page by page, stored raw before they are read."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crossdock.domain import Order, digest
from crossdock.engine.amendment import Amendment
from crossdock.engine.changes import follow_change
from crossdock.engine.delivery import BATCH
from crossdock.engine.holds import kept
from crossdock.engine.judge import Verdict, buyer_data_removed, fingerprint, judge
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.ports import BEFORE_RELEASE, KnownOrder, OrderState, ReadOrder
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.features import WithdrawsOrders
from crossdock.hooks.records import Cursor, Page, Record


@dataclass(frozen=True, slots=True)
class _Read:
    """One record of a page and the problem that goes with it."""

    order: ReadOrder
    problem: Problem | None = None
    changed: bool = False
    """The warehouse works on an older version of it."""
    amendment: Amendment | None = None


async def download(run: Run) -> None:
    """Take in the list of orders that are to be shipped."""
    await read_again(run)
    await take_in_list(run, run.pipeline.source.role.fetch_orders)


async def take_in_list(run: Run, fetch: Callable[[Cursor | None], Coroutine[Any, Any, Page]]) -> None:
    """Take in every page of a list; the next page is asked for while this one is read."""
    coming = asyncio.create_task(fetch(run.lease.checkpoint))
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


async def take_in(run: Run, page: Page) -> None:
    """Store what is new of a page, read and judged."""
    pipeline = run.pipeline
    records = {record.id: record for record in page.records}
    known = await pipeline.store.known_orders(pipeline.name, list(records))
    read = [item for record in records.values() if (item := _read(pipeline, record, known.get(record.id)))]
    if any(item.changed for item in read):
        read = await _followed(run, read, known)
    await pipeline.store.save_orders(
        run.lease,
        pipeline.source.connection,
        [item.order for item in read],
        [item.problem for item in read if item.problem],
        page.checkpoint,
        amendments={item.order.record.id: item.amendment for item in read if item.amendment},
        now=pipeline.clock.now(),
    )
    _count(run, len(records), read, known)
    run.downstream.ring()


def _read(pipeline: Pipeline, record: Record, known: KnownOrder | None) -> _Read | None:
    """Translate and judge one record; None when it is what we have already."""
    seen = digest(record.data)
    if known and known.digest == seen and not _lost_mark(record, known):
        return None
    try:
        order = pipeline.source.role.read_order(record)
        if known and _is_older(order, known):
            return None
        verdict, print_now = judge(order, pipeline.rules, pipeline.order_filter), fingerprint(order)
        verdict, problem = _marked_elsewhere(record, order, known, kept(known, verdict))
    except Exception as error:  # a plugin's bug in one order must not stop the others
        return _unreadable(record, seen, error)
    before_release = known is None or known.state in BEFORE_RELEASE
    known_as = (known.state, known.reason) if known else None
    item = ReadOrder(record, seen, verdict.state, verdict.reason, order, print_now, before_release, known_as)
    return _Read(item, problem, _is_changed(order, print_now, known))


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


def _unreadable(record: Record, seen: bytes, error: Exception) -> _Read:
    by_plugin = f"Order {record.id} cannot be read, the plugin failed: {type(error).__name__}: {error}"
    reason = str(error) if isinstance(error, Unreadable) else by_plugin
    problem = Problem(
        Code.UNREADABLE_ORDER,
        record.id,
        reason,
        action="Correct the order at the cart, or report it to the plugin's authors; then `crossdock problems retry`.",
        order_external_id=record.id,
    )
    return _Read(ReadOrder(record, seen, OrderState.UNREADABLE, reason), problem)


def _is_changed(order: Order, print_now: str, known: KnownOrder | None) -> bool:
    """Whether this version is news to the warehouse that has the order; our own marks and shipments are none."""
    if known is None or known.state in BEFORE_RELEASE or known.fingerprint == print_now:
        return False
    return not buyer_data_removed(order)


async def _followed(run: Run, read: Sequence[_Read], known: Mapping[str, KnownOrder]) -> list[_Read]:
    """What follows from changes of orders that the warehouse has; what was changed back is a problem no more."""
    pipeline, changed = run.pipeline, {item.order.record.id: item for item in read if item.changed}
    released = await pipeline.store.released_orders(pipeline.name, list(changed))
    followed = {key: _follow(pipeline, item, released.get(key), known[key]) for key, item in changed.items()}
    same = [item.order.order.number for item in followed.values() if item.order.order and not item.problem]
    now = pipeline.clock.now()
    await pipeline.store.close_problems(pipeline.name, Code.CHANGED_AFTER_RELEASE, same, now=now)
    return [followed.get(item.order.record.id, item) for item in read]


def _follow(pipeline: Pipeline, item: _Read, released: Order | None, known: KnownOrder) -> _Read:
    new = item.order
    if new.order is None or released is None:
        return item
    withdraws = pipeline.fulfillment_target is not None and isinstance(pipeline.target.role, WithdrawsOrders)
    verdict = Verdict(new.state, new.reason)
    found = follow_change(released, new.order, known.state, verdict, pipeline.rules, withdraws=withdraws)
    return replace(item, problem=found.problem, amendment=found.amendment) if found else item


def _count(run: Run, seen: int, read: Sequence[_Read], known: object) -> None:
    run.report.add("pages")
    run.report.add("orders seen", seen)
    run.report.add("unchanged", seen - len(read))
    for item in read:
        run.report.add(item.order.state.value)
