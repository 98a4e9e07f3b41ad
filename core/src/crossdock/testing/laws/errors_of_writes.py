"""Laws about failures of what is written: who must act, and whether it may be tried again."""

from collections.abc import AsyncIterator
from typing import Any

from crossdock.hooks.errors import CrossdockError, NeedsAuth, OutcomeUnknown, Unavailable
from crossdock.hooks.records import ProductAnswer
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.laws.errors import FAILURES, wrong_secrets
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.subject import Subject
from crossdock.testing.telling import ORDERS, Telling, tellings_of

MOST = 2
"""Of how many documents each method is tried."""


@law("errors.refused_writes", Grade.GOLD)
async def writes_with_refused_credentials_need_a_person(plugin: Subject) -> None:
    """With credentials that the remote system refuses, whatever is to be written raises NeedsAuth.

    The connection then pauses, and all that waits is written once the credentials are renewed. Taken for a refusal of
    the order, every order of the night becomes a problem of its own.
    """
    async with plugin.stage(orders=0) as stage:
        wrong = wrong_secrets(plugin.info.settings, stage)
    async for telling, outcome in _outcomes(plugin, **wrong):
        assert isinstance(outcome, NeedsAuth), _what_follows(telling, outcome, "the credentials are wrong", "NeedsAuth")


@law("errors.failed_writes", Grade.GOLD)
async def writes_that_fail_are_tried_again_or_looked_up(plugin: Subject) -> None:
    """While the remote system only fails, whatever is to be written raises Unavailable, or OutcomeUnknown where it may
    have happened nevertheless.

    Done is what it is not, and refused it was not either: the first is never looked at again, the second waits for a
    person who can do nothing.
    """
    for fault in FAILURES:
        async for telling, outcome in _outcomes(plugin, fault):
            failed = isinstance(outcome, Unavailable | OutcomeUnknown)
            assert failed, _what_follows(telling, outcome, f"every request meets {fault}", "Unavailable")


async def _outcomes(plugin: Subject, *faults: FaultName, **settings: Any) -> AsyncIterator[tuple[Telling, Any]]:
    """What comes of everything that can be written, with the error where it met one; not of what asked nobody."""
    judged = False
    for telling in await tellings_of(plugin):
        for record in telling.records[:MOST]:
            async with plugin.stage(orders=ORDERS) as stage, stage.connect(**settings) as connection:
                await stage.faults(*faults, times=None)
                came = await outcome_of(telling.on(connection, record), str(telling))
                if stage.arrived:
                    judged = True
                    yield telling, _error_in(came)
    if not judged:
        raise NothingToJudge("it writes nothing of which this law knows")


def _error_in(came: Any) -> Any:
    """The error that stands in the answers about products; else what came."""
    answers = came if isinstance(came, list | tuple) else ()
    return next((one.error for one in answers if isinstance(one, ProductAnswer) and one.error), came)


def _what_follows(telling: Telling, outcome: Any, when: str, wanted: str) -> str:
    if isinstance(outcome, CrossdockError):
        return f"{telling} raised {type(outcome).__name__} while {when}, and {wanted} follows from that: {outcome}"
    return f"{telling} gave {outcome!r:.200} while {when}; raise {wanted} instead of swallowing it"
