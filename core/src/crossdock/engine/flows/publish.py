"""Publish: changed products are put to the sink, singly or in bulk, only what changed.

Putting a product twice has the effect of putting it once, so a crash or a lost answer simply puts it again.
"""

from collections.abc import Sequence
from datetime import datetime

from crossdock.domain import ProductChange
from crossdock.engine.goods_ports import Published, StoredProduct
from crossdock.engine.pipeline import Bound, Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import changed_fields
from crossdock.hooks.errors import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unsupported,
)
from crossdock.hooks.features import PutsProductsInBulk
from crossdock.hooks.records import ProductAnswer
from crossdock.hooks.roles import CatalogSink

AT_ONCE = 100


async def publish(run: Run) -> None:
    """Put every product that is due; those of which nobody knows whether they arrived are put singly."""
    sink = _sink(run)
    while not run.stop.is_set():
        put = await _put_due(run, sink, doubtful=True) or await _put_due(run, sink, doubtful=False)
        if not put and not await run.upstream.more():
            return


def _sink(run: Run) -> Bound[CatalogSink]:
    sink = run.pipeline.catalog_sink
    if sink is None:
        raise NeedsConfig(f"pipeline {run.pipeline.name} has no catalog sink")
    return sink


async def _put_due(run: Run, sink: Bound[CatalogSink], *, doubtful: bool) -> bool:
    """Put some products; whether there were any."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    bulk = 0 if doubtful else await _bulk_size(run, sink.role)
    due = await pipeline.store.products_to_publish(pipeline.name, bulk or AT_ONCE, doubtful=doubtful, now=now)
    if not due:
        return False
    told = [_change(run, item) for item in due]
    news = [(item, change) for item, change in zip(due, told, strict=True) if change.changed]
    same = [Published(item, item.sink_id) for item, change in zip(due, told, strict=True) if not change.changed]
    run.report.add("unchanged", len(same))
    answers = await _put(sink.role, [change for _, change in news], bulk=bool(bulk)) if news else ()
    done = [_published(run, item, answer) for (item, _), answer in zip(news, answers, strict=True)]
    problems = [problem for _, problem in done if problem]
    await pipeline.store.save_published(
        run.lease, [*same, *(published for published, _ in done)], problems, now=pipeline.clock.now()
    )
    return True


async def _bulk_size(run: Run, sink: CatalogSink) -> int:
    if not isinstance(sink, PutsProductsInBulk):
        return 0
    return sink.bulk_size(await run.pipeline.store.products_waiting(run.pipeline.name, now=run.pipeline.clock.now()))


def _change(run: Run, item: StoredProduct) -> ProductChange:
    return ProductChange(
        key=f"{run.pipeline.name}:{item.product.external_id}:{item.version}",
        product=item.product,
        external_id=item.sink_id,
        changed=changed_fields(item.published, item.product),
    )


async def _put(sink: CatalogSink, changes: Sequence[ProductChange], *, bulk: bool) -> Sequence[ProductAnswer]:
    """One answer a change; an error of the whole call is the answer to each."""
    try:
        if bulk and isinstance(sink, PutsProductsInBulk):
            return await sink.put_products_in_bulk(changes)
        return await sink.put_products(changes)
    except (Rejected, OutcomeUnknown, Unsupported) as error:
        return [ProductAnswer(error=error)] * len(changes)


def _published(run: Run, item: StoredProduct, answer: ProductAnswer) -> tuple[Published, Problem | None]:
    """What becomes of one product, and the problem if a person must look at it."""
    error = answer.error
    if error is None:
        run.report.add("published")
        return Published(item, answer.external_id or item.sink_id), None
    if isinstance(error, NeedsAuth | NeedsConfig):
        raise error
    policy, now = run.pipeline.retry, run.pipeline.clock.now()
    if isinstance(error, Throttled | Unavailable | OutcomeUnknown) and item.attempts + 1 < policy.attempts:
        run.report.add("again later")
        return _again(item, error, now, run), None
    run.report.add("refused")
    problem = Problem(
        Code.PUBLISH_REFUSED,
        item.product.sku,
        f"Product {item.product.sku} was not taken: {error}",
        action="Correct it at its source; what changes there is put again. Or `crossdock problems retry`.",
    )
    return Published(item, item.sink_id, error=str(error)), problem


def _again(item: StoredProduct, error: CrossdockError, now: datetime, run: Run) -> Published:
    policy, unknown = run.pipeline.retry, isinstance(error, OutcomeUnknown)
    wait = policy.settle if unknown else policy.wait(item.attempts)
    return Published(item, item.sink_id, str(error), again_at=now + wait, doubtful=unknown or item.doubtful)
