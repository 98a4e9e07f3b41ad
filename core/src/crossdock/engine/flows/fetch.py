"""Fetch: single orders that a person, the cart or we ourselves asked for."""

from collections.abc import Sequence

from crossdock.engine.flows.download import take_in
from crossdock.engine.pipeline import Run
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import Rejected, Unsupported
from crossdock.hooks.features import FetchesOrder
from crossdock.hooks.records import Page, Record

AT_ONCE = 20


async def fetch(run: Run) -> None:
    """Fetch every order that is wanted; a wish is forgotten only after its order is stored."""
    pipeline = run.pipeline
    while not run.stop.is_set() and (wanted := await pipeline.store.wanted_orders(pipeline.name, AT_ONCE)):
        await take_in(run, Page(tuple(await _records(run, wanted))))
        await pipeline.store.forget_wanted(pipeline.name, wanted)


async def _records(run: Run, wanted: Sequence[str]) -> list[Record]:
    source, connection = run.pipeline.source.role, run.pipeline.source.connection
    if not isinstance(source, FetchesOrder):
        raise Unsupported(f"connection {connection} cannot give a single order")
    records: list[Record] = []
    for order_id in wanted:
        try:
            records.append(await source.fetch_order(order_id))
        except Rejected as refusal:
            await _refused(run, order_id, str(refusal))
    return records


async def _refused(run: Run, order_id: str, reason: str) -> None:
    pipeline = run.pipeline
    problem = Problem(
        Code.UNFETCHABLE_ORDER,
        order_id,
        f"Order {order_id} was asked for and the cart does not give it: {reason}",
        action="Compare the id with the cart's own pages; then `crossdock orders fetch` again, or resolve this.",
    )
    run.report.add("refused")
    await pipeline.store.report_problems(pipeline.name, [problem], now=pipeline.clock.now())
