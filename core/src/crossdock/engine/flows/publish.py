"""Publish: changed products are put to the sink, singly or in bulk, only what changed.

Putting a product twice has the effect of putting it once, so a crash or a lost answer simply puts it again: whole,
because nobody knows what of it arrived.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from crossdock.domain import ProductChange
from crossdock.engine.causes import cause_of
from crossdock.engine.delivery import FAILURES_IN_A_ROW
from crossdock.engine.goods_ports import Published, StoredProduct, Withheld
from crossdock.engine.lasting import lasting
from crossdock.engine.pipeline import Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import changed_fields, hindrance
from crossdock.hooks.errors import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.hooks.features import ListsProducts, PutsProductsInBulk
from crossdock.hooks.records import ProductAnswer
from crossdock.hooks.roles import CatalogSink

AT_ONCE = 100
_LATER = (Throttled, Unavailable, OutcomeUnknown)
_Put = Callable[[Sequence[ProductChange]], Awaitable[Sequence[ProductAnswer]]]


class _PluginFailed(Rejected):
    """A bug of the plugin: as good as a refusal."""


async def publish(run: Run) -> None:
    """Put every product that is due; those of which nobody knows whether they arrived are put singly."""
    sink, most = run.pipeline.need(run.pipeline.catalog_sink, "catalog sink"), 0
    await run.pipeline.store.reconsider_withheld(run.lease, now=run.pipeline.clock.now())
    while not run.stop.is_set():
        most = max(most, await _waiting(run, sink.role))  # what began in bulk ends in bulk
        if await _put_due(run, sink.role) or await _put_due(run, sink.role, bulk=_bulk_size(sink.role, most)):
            continue
        if not await run.upstream.more():
            return
        await run.pipeline.store.reconsider_withheld(run.lease, now=run.pipeline.clock.now())
        most = 0


async def _waiting(run: Run, sink: CatalogSink) -> int:
    if not isinstance(sink, PutsProductsInBulk):
        return 0
    return await run.pipeline.store.products_waiting(run.pipeline.name, now=run.pipeline.clock.now())


def _bulk_size(sink: CatalogSink, waiting: int) -> int:
    return sink.bulk_size(waiting) if isinstance(sink, PutsProductsInBulk) else 0


async def _put_due(run: Run, sink: CatalogSink, *, bulk: int | None = None) -> bool:
    """Put some products, so many in bulk if any (None: those in doubt); whether there were any."""
    pipeline = run.pipeline
    due = await pipeline.store.claim_products(
        run.lease, bulk or AT_ONCE, doubtful=bulk is None, now=pipeline.clock.now()
    )
    free = await _keep_back(run, due)
    changes = {item.id: change for item in free if (change := _change(run, item)).changed}
    answers = dict(zip(changes, await _put(run, sink, list(changes.values()), bulk=bool(bulk)), strict=True))
    told = [_published(run, item, answers.get(item.id)) for item in free]
    if told:
        problems = [problem for _, problem in told if problem]
        await pipeline.store.save_published(
            run.lease, [published for published, _ in told], problems, now=pipeline.clock.now()
        )
    _check_connection(answers.values(), bulk=bool(bulk))
    return bool(due)


async def _keep_back(run: Run, due: Sequence[StoredProduct]) -> Sequence[StoredProduct]:
    """Withhold what would become another item at the sink, or overwrite one; the rest may go.

    Of two products with one SKU, one may be gone: a census tells, if the source can be asked for one.
    """
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    withheld = [Withheld(item, problem) for item in due if (problem := hindrance(item))]
    if not withheld:
        return due
    run.report.add("withheld", len(withheld))
    await pipeline.store.save_withheld(run.lease, withheld, now=now)
    source = pipeline.catalog_source
    if source and isinstance(source.role, ListsProducts) and any(_is_news(one) for one in withheld):
        await pipeline.store.schedule(pipeline.name, "census", now)
    kept = {one.stored.id for one in withheld}
    return [item for item in due if item.id not in kept]


def _is_news(one: Withheld) -> bool:
    return bool(one.stored.namesakes) and one.stored.withheld != one.problem.code


def _change(run: Run, item: StoredProduct) -> ProductChange:
    return ProductChange(
        key=f"{run.pipeline.name}:{item.product.external_id}:{item.version}",
        product=item.product,
        external_id=item.sink_id,
        changed=changed_fields(item.published, item.product),
    )


async def _put(run: Run, sink: CatalogSink, changes: Sequence[ProductChange], *, bulk: bool) -> Sequence[ProductAnswer]:
    """One answer a change, whatever happens to the call; what a bulk way refuses is in doubt, and goes singly."""
    if not changes:
        return ()
    if not bulk or not isinstance(sink, PutsProductsInBulk):
        return await _put_singly(sink, changes)
    try:
        answers = await lasting(run, _ask(sink.put_products_in_bulk, changes))
    except OutcomeUnknown as stopped:
        return [ProductAnswer(error=stopped)] * len(changes)
    return [
        replace(answer, error=OutcomeUnknown(f"not in bulk: {answer.error}"))
        if isinstance(answer.error, Rejected)
        else answer
        for answer in answers
    ]


async def _put_singly(sink: CatalogSink, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
    """One answer a change; a bug of the plugin in one product is that of this product alone."""
    answers = await _ask(sink.put_products, changes)
    if len(changes) > 1 and isinstance(answers[0].error, _PluginFailed):
        return [answer for change in changes for answer in await _ask(sink.put_products, [change])]
    return answers


async def _ask(put: _Put, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
    """The sink's answers; an error of the whole call is the answer to each."""
    try:
        answers = await put(changes)
        if len(answers) != len(changes):
            raise ValueError(f"{len(changes)} products were put, and {len(answers)} answers came")
        return answers
    except CrossdockError as error:
        return [ProductAnswer(error=error)] * len(changes)
    except Exception as error:  # a plugin's bug
        failed = _PluginFailed(f"the plugin failed: {type(error).__name__}: {error}")
        return [ProductAnswer(error=failed)] * len(changes)


def _published(run: Run, item: StoredProduct, answer: ProductAnswer | None) -> tuple[Published, Problem | None]:
    """What becomes of one product (None: nothing of it had changed), and the problem if a person must look at it."""
    sink_id, known_as = (answer and answer.external_id) or item.sink_id, _known_as(item, answer)
    if answer is None or answer.error is None:
        run.report.add("published" if answer else "unchanged")
        return Published(item, sink_id, known_as=known_as), None
    error, attempts_left = answer.error, item.attempts + 1 < run.pipeline.retry.attempts
    if isinstance(error, NeedsAuth | NeedsConfig) or (isinstance(error, _LATER) and attempts_left):
        run.report.add("again later")
        doubtful = item.doubtful or isinstance(error, OutcomeUnknown)
        again_at = _when(run, item, error)
        return Published(item, sink_id, str(error), again_at, doubtful=doubtful, known_as=known_as), None
    run.report.add("refused")
    problem = Problem(
        Code.PUBLISH_REFUSED,
        item.product.external_id,
        f"Product {item.product.sku} was not taken: {error}",
        action="Correct it at its source; what changes there is put again. Or `crossdock problems retry`.",
        cause=cause_of(str(error)),
    )
    return Published(item, sink_id, error=str(error), known_as=known_as), problem


def _known_as(item: StoredProduct, answer: ProductAnswer | None) -> str:
    """Under which SKU the sink may have it by now."""
    if answer is None or answer.left_out:
        return item.known_as
    may_be_there = answer.error is None or isinstance(answer.error, OutcomeUnknown) or item.doubtful
    return item.product.sku if may_be_there else item.known_as


def _when(run: Run, item: StoredProduct, error: CrossdockError) -> datetime:
    policy, now = run.pipeline.retry, run.pipeline.clock.now()
    if isinstance(error, NeedsAuth | NeedsConfig):
        return now
    if isinstance(error, OutcomeUnknown):
        return now + (policy.settle if item.attempts == 0 else max(policy.settle, policy.wait(item.attempts)))
    return now + policy.wait(item.attempts, error.retry_after if isinstance(error, Throttled) else None)


def _check_connection(answers: Collection[ProductAnswer], *, bulk: bool) -> None:
    """Raise what ends the run: credentials or a setting, or that the sink is not there."""
    errors = [answer.error for answer in answers if answer.error]
    for error in errors:
        if isinstance(error, NeedsAuth | NeedsConfig):
            raise error
    gone = [error for error in errors if isinstance(error, (Throttled, Unavailable) if bulk else _LATER)]
    if len(gone) == len(answers) >= FAILURES_IN_A_ROW:
        raise gone[-1]
