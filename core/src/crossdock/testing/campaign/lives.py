"""Runners that live until nothing is left to do, or until they are killed, each in a real process.

The processes are forked from a server that has imported everything and done nothing yet, so that a life begins within
milliseconds; each one opens the config, the database and its connections by itself, as `crossdock run` does.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine, event

from crossdock.config import load_config, store_url
from crossdock.engine.retry import RetryPolicy
from crossdock.hooks.context import Clock
from crossdock.runtime.host import Host, open_host, store_of
from crossdock.runtime.worker import run_once
from crossdock.store import hold_runner_lock
from crossdock.store.standing import Standing, standing
from crossdock.testing.campaign.plan import SLOW_SECONDS, Death, Moment
from crossdock.transport import client as transport
from crossdock.transport.wire import Wire

PRELOADED = (
    "crossdock.testing.campaign.lives",
    "crossdock.store.migrate",
    "crossdock.cli",
    "anyio.to_thread",
    "certifi",
)
IMPATIENT = RetryPolicy(
    first=timedelta(seconds=0.05),
    longest=timedelta(seconds=0.2),
    settle=timedelta(seconds=3 * SLOW_SECONDS),
    attempts=1000,
)
"""Retries for remote ends that are near; doubt is looked up when the slowest request has arrived."""
CYCLES = 3
"""So many times a runner that is to die goes over everything; then it is left alone."""
QUIET = 2
"""So many rounds in which nothing changed mean that nothing is left to do."""
STUCK = 15
"""So many rounds in which nothing changed, although something is owed, mean that it is not due for longer."""
PAUSE = 0.2
LONGEST_LIFE, END_SECONDS = 120.0, 10.0
HASTE = 20.0
"""The waits between two tries of a request, and of those that keep a rate, are so much shorter."""


@dataclass(frozen=True)
class Life:
    """How a runner ended: by its own kill, well, or by itself for another reason (`trouble`).

    `errors` are what its services reported last; `left` what was still to be done when it gave up coming to rest.
    """

    died: bool = False
    trouble: str = ""
    errors: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Runners:
    """Starts runners on one config, one after the other; what they log goes to `crossdock.log` beside it."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([*PRELOADED])
        with _deaf():
            forkserver.ensure_running()  # it imports while the simulators start

    def live(self, death: Death | None) -> Life:
        """One life: once over everything; one that is to die a few times."""
        return self._live(death, 0.0)

    def rest(self, seconds: float, later: timedelta = timedelta(0)) -> Life:
        """A life until nothing is left to do now, or so many seconds; its clock goes ahead by `later`."""
        return self._live(None, seconds, later)

    def _live(self, death: Death | None, rest: float, later: timedelta = timedelta(0)) -> Life:
        here, there = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=_work, args=(self._config, death, rest, later, there), daemon=True)
        process.start()
        there.close()
        try:
            over = here.poll(LONGEST_LIFE + rest)  # it has spoken, or is dead
            life = _heard(here) if over else None
            process.join(END_SECONDS if over else 0)
        finally:
            here.close()
            process.kill()
            process.join()
        code = process.exitcode
        process.close()
        if life is not None:
            return life
        if not over:
            return Life(trouble=f"it hung for {LONGEST_LIFE + rest:.0f} s, and was killed")
        if death is not None and code == -signal.SIGKILL:
            return Life(died=True)
        return Life(trouble=f"it ended by itself with {code}; crossdock.log says more")


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started meanwhile, and by that, never hears of Ctrl-C: it is for us, who end it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _heard(here: Connection) -> Life | None:
    """What a runner says at its end; None if it said nothing."""
    try:
        life: Life = here.recv()
    except (EOFError, OSError):
        return None
    return life


def _work(config: Path, death: Death | None, rest: float, later: timedelta, told: Connection) -> None:
    """The life itself, in the child."""
    log = os.open(config.parent / "crossdock.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    transport.MonotonicTimer = _HastyTimer  # type: ignore[assignment, attr-defined]
    if death:
        _sentence(death)
    with hold_runner_lock(store_url(load_config(config))):
        told.send(asyncio.run(_run(config, death, rest, _Ahead(later))))


@dataclass(frozen=True)
class _Ahead:
    """The machine's clock, gone ahead."""

    later: timedelta

    def now(self) -> datetime:
        """The present moment in UTC, and so much later."""
        return datetime.now(UTC) + self.later


class _HastyTimer:
    """Time that passes quicker, for whoever waits for it."""

    def time(self) -> float:
        """Seconds since some moment."""
        return monotonic() * HASTE

    async def sleep(self, seconds: float) -> None:
        """Let so many of them pass."""
        await asyncio.sleep(max(seconds, 0.0) / HASTE)


async def _run(config: Path, death: Death | None, rest: float, clock: Clock) -> Life:
    async with open_host(load_config(config), clock=clock, retry=IMPATIENT, quiet=True) as host:
        if host.faults:
            return Life(trouble="; ".join(host.faults))
        if rest:
            return await _come_to_rest(host, rest)
        errors: Sequence[str] = ()
        for _ in range(CYCLES if death else 1):
            errors = await _cycle(host)
        return Life(errors=tuple(errors))


async def _come_to_rest(host: Host, seconds: float) -> Life:
    """Go over everything until nothing changes any more and nothing is owed, or what is owed is not due for long."""
    deadline, unchanged = monotonic() + seconds, 0
    before = await store_of(host).read(standing)
    while True:
        errors = await _cycle(host)
        now = await store_of(host).read(standing)
        unchanged = unchanged + 1 if now == before else 0
        if unchanged >= QUIET and not errors and not now.unfinished:
            return Life()
        if unchanged >= STUCK or monotonic() > deadline:
            return Life(errors=tuple(errors), left=(*errors, *_owed(now)) or ("something changes all the time",))
        before = now
        await asyncio.sleep(PAUSE)


async def _cycle(host: Host) -> Sequence[str]:
    """Once over everything; what failed, in words."""
    reports = await run_once(host, asyncio.Event())
    return [
        f"{flow} of {pipeline}: {report.error}"
        for pipeline, flows in reports.items()
        for flow, report in flows.items()
        if report.error
    ]


def _owed(now: Standing) -> list[str]:
    open_states = ("due", "sent", "in_doubt")
    return [f"{number} {kind} {state}" for (kind, state), number in now.promises.items() if state in open_states]


def _sentence(death: Death) -> None:
    """Have this process kill itself when it has counted so many of these moments."""
    left = iter(range(death.count - 1, -1, -1))

    def count(*_: Any) -> None:
        if next(left, 1) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if death.moment is Moment.COMMIT:
        event.listen(Engine, "commit", count)
    else:
        Wire.exchange = _counted(Wire.exchange, count, before=death.moment is Moment.REQUEST)  # type: ignore[method-assign]


def _counted(exchange: Callable[..., Any], count: Callable[[], None], *, before: bool) -> Callable[..., Any]:
    """An exchange that is counted before the request leaves, or when its answer is here."""

    @wraps(exchange)
    async def counted(*args: Any, **options: Any) -> Any:
        if before:
            count()
        answer = await exchange(*args, **options)
        if not before:
            count()
        return answer

    return counted
