"""Follow: what the cart accepted is one fact, what the marketplace behind it made of it is another."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from crossdock.domain import OrderAdjustment, ShipmentConfirmation
from crossdock.engine.causes import cause_of
from crossdock.engine.delivery import BATCH
from crossdock.engine.ledger import SILENT, Answered, Followed, Kind
from crossdock.engine.pipeline import Run
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.features import AdjustsOrders, FollowsShipments
from crossdock.hooks.records import AnswerState, FinalAnswer

FIRST_LOOK = timedelta(minutes=15)
"""How long a marketplace is given before it is asked for the first time."""
PATIENCE = timedelta(days=7)
"""A marketplace that has not answered for so long becomes a problem, and is asked no more."""
LONGEST_WAIT = timedelta(hours=12)
WHAT = {Kind.CONFIRM: "shipment", Kind.ADJUST: "cancellation or refund"}
ACTIONS = {
    Kind.CONFIRM: "Settle it in the marketplace's own pages; then `crossdock problems retry` asks once more.",
    Kind.ADJUST: "Settle it in the marketplace's own pages; then `crossdock problems retry` asks once more. An order "
    "that was not shipped for it is shipped after all with `crossdock orders release`.",
}
PENDING = FinalAnswer(AnswerState.PENDING)

Ask = Callable[[Sequence[Followed]], Awaitable[Mapping[str, FinalAnswer]]]


async def follow(run: Run) -> None:
    """Ask for the answers that are due, many at a time, until none is due any more."""
    source = run.pipeline.source.role
    if isinstance(source, FollowsShipments):

        async def shipments(kept: Sequence[Followed]) -> Mapping[str, FinalAnswer]:
            documents = [ShipmentConfirmation.model_validate_json(item.document) for item in kept]
            return await source.shipment_answers(documents)

        await _follow(run, Kind.CONFIRM, shipments)
    if isinstance(source, AdjustsOrders):

        async def adjustments(kept: Sequence[Followed]) -> Mapping[str, FinalAnswer]:
            documents = [OrderAdjustment.model_validate_json(item.document) for item in kept]
            return await source.adjustment_answers(documents)

        await _follow(run, Kind.ADJUST, adjustments)


async def _follow(run: Run, kind: Kind, ask: Ask) -> None:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    while not run.stop.is_set():
        now = pipeline.clock.now()
        kept = await pipeline.store.to_follow(pipeline.name, connection, kind, BATCH, now=now)
        if not kept:
            return
        found = await ask(kept)
        answers = [answer_of(item, found.get(item.key, PENDING), now - item.kept_at, run) for item in kept]
        problems = [problem for _, problem in answers if problem]
        await pipeline.store.note_answers(run.lease, [answer for answer, _ in answers], problems, now=now)


def answer_of(item: Followed, found: FinalAnswer, waited: timedelta, run: Run) -> tuple[Answered, Problem | None]:
    """What is written down of one answer, and the problem if it is a bad one."""
    now = run.pipeline.clock.now()
    if found.state is AnswerState.PENDING and waited < PATIENCE:
        run.report.add("still pending")
        wait = min(max(waited, FIRST_LOOK), LONGEST_WAIT)
        return Answered(item, found.state.value, found.words, now + wait), None
    state = SILENT if found.state is AnswerState.PENDING else found.state.value
    run.report.add(f"marketplace {state}")
    return Answered(item, state, found.words, None), _problem(item, state, found.words)


def _problem(item: Followed, state: str, words: str) -> Problem | None:
    if state == AnswerState.ACCEPTED:
        return None
    what = WHAT[item.kind]
    if state == SILENT:
        title = f"The marketplace has not said for {PATIENCE.days} days whether it accepts {what} {item.key}"
        code = Code.MARKETPLACE_SILENT
    else:
        title = f"The marketplace refuses {what} {item.key}, which the cart had accepted: {words or 'no reason given'}"
        code = Code.MARKETPLACE_REFUSED
    return Problem(code, item.key, title, action=ACTIONS[item.kind], order_id=item.order_id, cause=cause_of(words))
