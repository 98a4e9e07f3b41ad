"""Stock levels in bulk: many with one call, and what follows for each of them."""

from collections.abc import Sequence

from crossdock.domain import StockChange
from crossdock.engine.delivery import pause, store_outcomes
from crossdock.engine.lasting import lasting
from crossdock.engine.ledger import Promise, PromiseState
from crossdock.engine.outcome import Outcome, done, follow, handed_back
from crossdock.engine.pipeline import Bound, Run
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected, Unsupported
from crossdock.hooks.features import SetsStockInBulk
from crossdock.hooks.records import ProductAnswer
from crossdock.hooks.roles import InventorySink

AT_ONCE = 500
"""Outcomes that are stored in one transaction."""


async def bulk_size(run: Run, sink: InventorySink) -> int:
    """How many changes to claim at once for the sink's bulk way; 0: it has none, or too few wait for it."""
    if not isinstance(sink, SetsStockInBulk):
        return 0
    return sink.bulk_size(await run.pipeline.store.stock_waiting(run.pipeline.name, now=run.pipeline.clock.now()))


async def set_levels(run: Run, sink: Bound[InventorySink], promises: Sequence[Promise]) -> bool:
    """Set the levels of these promises with one call and store what became of each; whether to go on.

    What the call refuses, and what nobody knows the fate of, is in doubt: a later claim sets it singly.
    """
    if not promises or not isinstance(sink.role, SetsStockInBulk):
        return True
    changes = [StockChange.model_validate_json(promise.document) for promise in promises]
    answers = await _answers(run, sink.role, changes)
    outcomes = [_outcome(run, promise, answer) for promise, answer in zip(promises, answers, strict=True)]
    await _store(run, outcomes)
    if reason := next((outcome.pause for outcome in outcomes if outcome.pause), ""):
        await pause(run, sink.connection, reason)
        return False
    if all(outcome.failed and outcome.settlement.state is PromiseState.DUE for outcome in outcomes):
        run.report.error = outcomes[-1].settlement.error
        return False
    return True


async def hand_back(run: Run, promises: Sequence[Promise]) -> None:
    """Give back promises that were claimed and not sent."""
    await _store(run, [handed_back(promise, run.pipeline.clock.now()) for promise in promises])


async def _answers(run: Run, sink: SetsStockInBulk, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
    """One answer a change, whatever happens to the call."""
    try:
        return await lasting(run, _ask(sink, changes))
    except OutcomeUnknown as stopped:
        return [ProductAnswer(error=stopped)] * len(changes)


async def _ask(sink: SetsStockInBulk, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
    """The sink's answers; an error of the whole call is the answer to each."""
    try:
        answers = await sink.set_stock_in_bulk(changes)
        if len(answers) != len(changes):
            raise ValueError(f"{len(changes)} levels were set, and {len(answers)} answers came")
        return answers
    except CrossdockError as error:
        return [ProductAnswer(error=error)] * len(changes)
    except Exception as error:  # a plugin's bug
        return [ProductAnswer(error=Rejected(f"the plugin failed: {type(error).__name__}: {error}"))] * len(changes)


def _outcome(run: Run, promise: Promise, answer: ProductAnswer) -> Outcome:
    error = answer.error
    if error is None:
        return done(promise, answer.external_id)
    if isinstance(error, Rejected | Unsupported):
        error = OutcomeUnknown(f"not in bulk: {error}")
    return follow(error, promise, run.pipeline.retry, run.pipeline.clock.now())


async def _store(run: Run, outcomes: Sequence[Outcome]) -> None:
    for start in range(0, len(outcomes), AT_ONCE):
        await store_outcomes(run, outcomes[start : start + AT_ONCE])
