"""Laws about errors: every one is named after what follows from it, and none is swallowed."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, SecretStr

from crossdock.hooks.errors import CrossdockError, NeedsAuth, Throttled, Unavailable, Unreadable
from crossdock.hooks.features import ChecksConnection
from crossdock.sandbox import Effect, FaultName
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.reads import Read, content_of, prepare, reads_of
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

LEAST_WAIT = 0.5
"""Seconds to let a system alone that says "too many requests" and not for how long."""
FAILURES = (FaultName.DROPPED, FaultName.ERROR_500, FaultName.ERROR_503)
SHORT = (FaultName.DROPPED, FaultName.ERROR_500, FaultName.ERROR_503, FaultName.THROTTLED)
NO_ANSWERS = (FaultName.HTML, FaultName.TRUNCATED)


@law("errors.refused_credentials", Grade.GOLD)
async def refused_credentials_need_a_person(plugin: Subject) -> None:
    """With credentials that the remote system refuses, every read raises NeedsAuth.

    The connection then pauses with one notice. Any other error is tried again and again, until the account is locked;
    an empty list would look like a quiet day.
    """
    async with plugin.stage() as stage:
        wrong = wrong_secrets(plugin.info.settings, stage)
        for read in reads_of(plugin):
            async with stage.connect(**wrong) as connection:
                await _raises(read, connection, NeedsAuth, "the credentials are wrong", stage)


@law("errors.unavailable", Grade.GOLD)
async def lasting_failures_are_unavailable(plugin: Subject) -> None:
    """While the remote system cannot be reached or only fails, every read raises Unavailable; after that it reads on.

    Unavailable is tried again later by itself. Taken for an empty list, a broken remote system looks like one in which
    nothing happens; taken for a refusal, it fills the list of problems.
    """
    async with plugin.stage() as stage:
        for read in reads_of(plugin):
            async with stage.connect() as connection:
                well = content_of(await read.on(connection))
                for fault in FAILURES:
                    await stage.faults(fault, times=None)
                    await _raises(read, connection, Unavailable, f"every request meets {fault}", stage)
                await stage.faults()
                await _gives(read, connection, well, "the failures ended")


@law("errors.unavailable_at_first", Grade.GOLD)
async def failures_of_the_first_call_are_unavailable(plugin: Subject) -> None:
    """The first call of a connection tells in the same way that the remote system fails, be it the one for a token.

    A token endpoint that is down must not be taken for refused credentials: that pauses every pipeline until a person
    comes, for a minute's outage.
    """
    async with plugin.stage() as stage:
        for fault in (*FAILURES, FaultName.HTML):
            await stage.faults(fault, times=None)
            for read in reads_of(plugin):
                async with stage.connect() as connection:
                    allowed = (Unavailable, Unreadable) if fault is FaultName.HTML else (Unavailable,)
                    await _raises(read, connection, allowed, f"every request meets {fault}", stage)


@law("errors.throttled", Grade.GOLD)
async def lasting_refusals_for_speed_are_throttled(plugin: Subject) -> None:
    """While every call is refused with 429, every read raises Throttled, having waited before each further try.

    It waits as long as the answer's Retry-After asks for. A connector that asks on without a pause gets the whole
    account blocked, that of all other tools too.
    """
    async with plugin.stage() as stage:
        for read in reads_of(plugin):
            async with stage.connect() as connection:
                well = content_of(await read.on(connection))
                await stage.faults(FaultName.THROTTLED, times=None)
                began, waited = len(stage.arrived), connection.timer.time()
                await _raises(read, connection, Throttled, "every request is answered with 429", stage)
                _check_waits(read, stage.arrived[began:], connection.timer.time() - waited)
                await stage.faults()
                await _gives(read, connection, well, "the refusals ended")


@law("errors.no_answer", Grade.GOLD)
async def a_page_that_is_no_answer_is_an_error(plugin: Subject) -> None:
    """An HTML page with status 200, or JSON that breaks off, is Unavailable or Unreadable, never an empty list.

    Login pages, maintenance pages and cut answers come with status 200. What is taken for "nothing there" moves the
    cursor past orders that nobody will ever see.
    """
    async with plugin.stage() as stage:
        async with stage.connect() as connection:
            await prepare(plugin, stage, connection, 1)
        for read in reads_of(plugin):
            async with stage.connect() as connection:
                well = content_of(await read.on(connection))
                for fault in NO_ANSWERS:
                    await stage.faults(fault, times=None)
                    await _raises(read, connection, (Unavailable, Unreadable), f"every answer is {fault}", stage)
                await stage.faults()
                await _gives(read, connection, well, "the answers were whole again")


@law("errors.passing", Grade.GOLD)
async def a_passing_failure_is_survived(plugin: Subject) -> None:
    """A read during which one request fails, or is refused with 429, gives what it gives when all goes well.

    Such failures are daily. A read that cannot be repeated turns each of them into a failed run.
    """
    async with plugin.stage() as stage:
        async with stage.connect() as connection:
            await prepare(plugin, stage, connection, 1)
        for read in reads_of(plugin):
            async with stage.connect() as connection:
                well = content_of(await read.on(connection))
                for fault in SHORT:
                    await stage.faults(fault, times=1)
                    await _gives(read, connection, well, f"one request met {fault}")
            await stage.faults()


@law("errors.expired_token", Grade.GOLD)
async def an_expired_token_is_renewed(plugin: Subject) -> None:
    """Credentials that expire are renewed without a word; those that are refused again raise NeedsAuth.

    Tokens end at night, or when somebody logs in elsewhere, and not when their time says so.
    """
    async with plugin.stage() as stage:
        for read in reads_of(plugin):
            async with stage.connect() as connection:
                well = content_of(await read.on(connection))
                await stage.faults(FaultName.TOKEN_EXPIRED, times=1)
                await _gives(read, connection, well, "its token expired")
                await stage.faults(FaultName.TOKEN_EXPIRED, times=None)
                await _raises(read, connection, NeedsAuth, "every token is refused", stage)
                await stage.faults()


@law("errors.check_changes_nothing", Grade.SILVER, feature=ChecksConnection)
async def to_check_a_connection_changes_nothing(plugin: Subject) -> None:
    """To check a connection, and to read everything else from its beginning, changes nothing in the remote system.

    `crossdock check --connect` is run on production accounts, by people who only want to look.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        before = await stage.effects()
        for read in reads_of(plugin):
            await read.on(connection)
            after = await stage.effects()
            assert before == after, f"{read} changed the remote system: {_first_difference(before, after)}"


def wrong_secrets(model: type[BaseModel], stage: Stage) -> dict[str, Any]:
    """For every secret that the rehearsal names, another one that the remote system does not know.

    Raises `NothingToJudge` where there is none.
    """
    secret = {name for name, field in model.model_fields.items() if SecretStr in _types_in(field.annotation)}
    wrong = {
        name: f"wrong-{name}-8251-0937-4486"
        for name, value in stage.rehearsal.settings.items()
        if name in secret and value
    }
    if not wrong:
        raise NothingToJudge("its settings hold no secret")
    return wrong


def _types_in(annotation: Any) -> set[Any]:
    inner = getattr(annotation, "__args__", ())
    return {annotation, *(one for each in inner for one in _types_in(each))}


async def _raises(
    read: Read,
    connection: Connected,
    allowed: type[CrossdockError] | tuple[type[CrossdockError], ...],
    when: str,
    stage: Stage,
) -> None:
    """The read raises an allowed error; one that asked nobody could not know, and is not judged."""
    wanted = allowed if isinstance(allowed, tuple) else (allowed,)
    names, began = " or ".join(one.__name__ for one in wanted), len(stage.arrived)
    try:
        given = await read.on(connection)
    except wanted:
        return
    except Exception as error:
        raise AssertionError(
            f"{read} raised {type(error).__name__} while {when}, and {names} follows from that: {error}"
        ) from error
    asked = len(stage.arrived) - began
    assert not asked, f"{read} gave {_shown(given)} while {when}; raise {names} instead of swallowing it"


async def _gives(read: Read, connection: Connected, wanted: Any, when: str) -> None:
    """The read gives what it gave before."""
    try:
        given = content_of(await read.on(connection))
    except Exception as error:
        raise AssertionError(f"{read} raised {type(error).__name__} when {when}: {error}") from error
    assert given == wanted, f"{read} gave {_shown(given)} when {when}, and {_shown(wanted)} before that"


def _check_waits(read: Read, refused: Iterable[Any], waited: float) -> None:
    asked = [one.retry_after or LEAST_WAIT for one in refused][:-1]
    assert waited >= sum(asked) * 0.99, (
        f"{read} asked {len(asked) + 1} times within {waited:g} s although each answer was 429; the answers asked for "
        f"{sum(asked):g} s. Leave the waiting to the client, or wait for `Throttled.retry_after`"
    )


def _first_difference(before: list[Effect], after: list[Effect]) -> str:
    changed = [effect for effect in after if effect not in before] or [one for one in before if one not in after]
    return repr(changed[0]) if changed else "the order of its effects"


def _shown(given: Any) -> str:
    content = content_of(given)
    if isinstance(content, list | tuple):
        return f"{len(content)} records" if content else "nothing at all"
    return repr(content)[:200]
