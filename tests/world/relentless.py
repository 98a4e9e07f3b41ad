"""A runner that works until it is killed, in a real process that lives within milliseconds.

The processes are forked from a server that has imported everything and done nothing yet; each one opens the config, the
database and its connections by itself, as `crossdock run` does.
"""

import asyncio
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine, event

from crossdock.config import load_config, store_url
from crossdock.engine.retry import RetryPolicy
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once
from crossdock.store import AnotherRunner, hold_runner_lock

PRELOADED = (
    "crossdock.runtime.worker",
    "crossdock.store.migrate",
    "crossdock_channeladvisor.orders.source",
    "crossdock_channeladvisor.plugin",
    "crossdock_channeladvisor.sandbox",
    "crossdock_warehouseos.orders.target",
    "crossdock_warehouseos.plugin",
    "crossdock.sandbox",
    "anyio.to_thread",
    "certifi",
    "psycopg",
    "pytest",
    "sqlite3",
    "uvicorn",
)
PATIENCE = 30.0
PAUSE = 0.02
"""Seconds between two rounds: an idle runner should not keep the machine busy."""
QUIET = 2
"""So many rounds without work, each after the longest wait of a retry, mean that nothing is left to do."""
WORK = {"ready", "done", "due", "in_doubt", "rejected", "new shipments", "settled by look-up"}


@dataclass(frozen=True)
class Death:
    """When a runner dies: by its own hand just before its `count`-th "begin" or "commit" in the database, or from
    outside so many seconds after it began to work.
    """

    moment: str
    count: int = 0
    seconds: float = 0.0

    @classmethod
    def drawn(cls, dice: random.Random, *, longest: float, most: int) -> "Death":
        """One at random: by progress or by time."""
        moment = dice.choice(("begin", "commit", "seconds"))
        if moment == "seconds":
            return cls(moment, seconds=dice.uniform(0, longest))
        return cls(moment, count=dice.randint(1, most))


class Runners:
    """Starts runners one after the other on one config, and kills them."""

    def __init__(self, config: Path, retry: RetryPolicy) -> None:
        self._config, self._retry = config, retry
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(list(PRELOADED))
        self.died: Counter[str] = Counter()

    def live_and_die(self, death: Death) -> None:
        """Let a runner work until its death by SIGKILL."""
        process = self._start(death)
        process.join(death.seconds if death.moment == "seconds" else PATIENCE)
        self._kill(process)
        self.died[death.moment] += 1

    def live_until(self, reached: Callable[[], bool]) -> None:
        """Let a runner work until something is reached, and kill it there."""
        process, deadline = self._start(Death("seconds")), monotonic() + PATIENCE
        while not reached():
            assert monotonic() < deadline, "a runner did not get as far as it should"
        self._kill(process)
        self.died["reached"] += 1

    def settle(self) -> None:
        """Let a runner work until nothing is left that it could do, and end well."""
        process = self._start(None)
        process.join(PATIENCE)
        code = process.exitcode
        process.kill()
        process.join()
        process.close()
        assert code == 0, f"the last runner ended with {code}"

    def _kill(self, process: BaseProcess) -> None:
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"a runner ended by itself with {process.exitcode}"
        process.close()

    def _start(self, death: Death | None) -> BaseProcess:
        """A process that has taken the lock and opened everything, or died on the way."""
        here, there = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=_work, args=(self._config, self._retry, death, there))
        process.start()
        there.close()
        with here:
            assert here.poll(PATIENCE), "a runner did not get to work"
        return process


def _work(config: Path, retry: RetryPolicy, death: Death | None, told: Connection) -> None:
    if death and death.moment != "seconds":
        _die_in_database(death)
    deadline = monotonic() + PATIENCE
    while True:
        try:
            with hold_runner_lock(store_url(load_config(config))):
                asyncio.run(_runs(config, retry, told, forever=death is not None))
            return
        except AnotherRunner:  # the database server has not seen yet that the one before is dead
            assert monotonic() < deadline, "the lock of a dead runner was never free"


def _die_in_database(death: Death) -> None:
    left = iter(range(death.count - 1, -1, -1))

    @event.listens_for(Engine, death.moment)
    def count(*_: Any) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def _runs(config: Path, retry: RetryPolicy, told: Connection, *, forever: bool) -> None:
    async with open_host(load_config(config), retry=retry, quiet=True) as host:
        told.send("working")
        quiet = 0
        while forever or quiet < QUIET:
            reports = (await run_once(host, asyncio.Event()))["main"].values()
            quiet = 0 if any(report.error or report.counts.keys() & WORK for report in reports) else quiet + 1
            await asyncio.sleep(PAUSE if forever else retry.settle.total_seconds() + retry.longest.total_seconds())
