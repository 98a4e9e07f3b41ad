"""Fetch: single orders that a person, the cart or we ourselves asked for."""

import asyncio
from collections.abc import Sequence

from crossdock.engine.causes import cause_of
from crossdock.engine.flows.download import end_holds, read_again, take_in
from crossdock.engine.pipeline import Run
from crossdock.engine.ports import Wish
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import Rejected, Unsupported
from crossdock.hooks.features import FetchesOrder
from crossdock.hooks.records import Page, Record

Answer = tuple[Wish, Record | BaseException]


async def fetch(run: Run) -> None:
    """Fetch every order that is wanted; a wish is forgotten only after its order is stored.

    What was held until now is, and what is to be read again may be wanted by that.
    """
    await end_holds(run)
    await read_again(run)
    pipeline, source = run.pipeline, run.pipeline.source
    while not run.stop.is_set() and (wishes := await pipeline.store.wanted_orders(pipeline.name, source.workers)):
        answers = await _ask(run, wishes)
        await take_in(run, Page(tuple(answer for _, answer in answers if isinstance(answer, Record))))
        await _settle(run, answers)


async def _ask(run: Run, wishes: Sequence[Wish]) -> Sequence[Answer]:
    """Ask for some orders at once; what one of them meets is no matter of the others."""
    source, connection = run.pipeline.source.role, run.pipeline.source.connection
    if not isinstance(source, FetchesOrder):
        raise Unsupported(f"connection {connection} cannot give a single order")
    asked = (source.fetch_order(wish.external_id) for wish in wishes)
    return list(zip(wishes, await asyncio.gather(*asked, return_exceptions=True), strict=True))


async def _settle(run: Run, answers: Sequence[Answer]) -> None:
    """Forget what is stored or refused; a wish that met any other error comes last the next time."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    settled = [wish for wish, answer in answers if isinstance(answer, Record | Rejected)]
    problems = [_problem(wish, answer) for wish, answer in answers if isinstance(answer, Rejected)]
    run.report.add("refused", len(problems))
    await pipeline.store.settle_wishes(run.lease, settled, problems, now=now)
    failed = {wish.external_id: answer for wish, answer in answers if not isinstance(answer, Record | Rejected)}
    if failed:
        await pipeline.store.want_orders(pipeline.name, failed, "again", now=now)
        raise next(iter(failed.values()))


def _problem(wish: Wish, refusal: Rejected) -> Problem:
    return Problem(
        Code.UNFETCHABLE_ORDER,
        wish.external_id,
        f"Order {wish.external_id} was asked for and the cart does not give it: {refusal}",
        action="Compare the id with the cart's own pages; then `crossdock problems retry`, or resolve this.",
        cause=cause_of(str(refusal)),
    )
