"""A pipeline over a real database between a cart and a warehouse in memory, and lives of the process that runs it."""

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import text

from crossdock.engine.cycle import run_cycle
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.ports import Store
from crossdock.engine.rules import PipelineRules
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import FLOWS, run_flow
from crossdock.store import CrossdockStore, open_store

from .builders import rules_that_map_all
from .remote import Cart, Clock, Remote, Warehouse

PATIENCE = 60.0
"""Seconds after which a scene that hangs is a failed test."""


@dataclass
class Log:
    """Keeps what was logged."""

    lines: list[str] = field(default_factory=list)

    def info(self, event: str, **details: Any) -> None:
        self.lines.append(event)

    def warning(self, event: str, **details: Any) -> None:
        self.lines.append(event)


class Life:
    """One life of the process: it ends, wherever it is, after so many steps; the dead do nothing any more."""

    def __init__(self, steps: int | None = None) -> None:
        self._left = steps
        self.ended = asyncio.Event()

    async def step(self) -> None:
        await asyncio.sleep(0)
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.ended.set()
        if self.ended.is_set():
            await asyncio.get_running_loop().create_future()


class MortalStore:
    """The real store, with a step of life before and after every transaction."""

    def __init__(self, store: CrossdockStore, life: Life) -> None:
        self._store, self._life = store, life

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        transaction = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._life.step()
            result = await transaction(*args, **kwargs)
            await self._life.step()
            return result

        return call


@dataclass
class World:
    """Everything that one scene plays with."""

    store: CrossdockStore
    clock: Clock
    cart: Cart
    warehouse: Warehouse
    rules: PipelineRules = field(default_factory=rules_that_map_all)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    pauses: list[tuple[str, str]] = field(default_factory=list)
    log: Log = field(default_factory=Log)
    workers: int = 4
    changes: dict[str, Any] = field(default_factory=dict)
    others: list[Remote] = field(default_factory=list)

    def pipeline(self, store: Store | None = None) -> Pipeline:
        """The pipeline as the composition root would make it."""
        made = Pipeline(
            rules=self.rules,
            store=store or self.store,
            clock=self.clock,
            log=self.log,
            order_source=Bound("cart", self.cart, self.workers),
            fulfillment_target=Bound("warehouse", self.warehouse, self.workers),
            connection_paused=lambda connection, reason: self.pauses.append((connection, reason)),
        )
        return replace(made, **self.changes)

    async def flow(self, name: str, patience: float = PATIENCE) -> RunReport:
        """Run one flow to its end."""
        async with asyncio.timeout(patience):
            return await run_flow(self.pipeline(), name, stop=self.stop)

    async def cycle(self, services: Collection[str] = tuple(FLOWS)) -> Mapping[str, RunReport]:
        """Run the flows side by side until nothing is left to do."""
        async with asyncio.timeout(PATIENCE):
            return await run_cycle(self.pipeline(), services, stop=self.stop)

    async def live(self, steps: int, services: Collection[str] = tuple(FLOWS)) -> None:
        """Run the flows and die at this step, if they last that long; the lease of the dead runs out."""
        life = Life(steps)
        self._live_by(life.step)
        mortal = cast(Store, MortalStore(self.store, life))
        work = asyncio.create_task(run_cycle(self.pipeline(mortal), services, stop=self.stop))
        death = asyncio.create_task(life.ended.wait())
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            died = life.ended.is_set()
            for task in (work, death):
                task.cancel()
            outcomes = await asyncio.gather(work, death, return_exceptions=True)
        self._live_by(None)
        if not died and isinstance(outcomes[0], BaseException):
            raise outcomes[0]
        self.clock.advance(timedelta(minutes=3))

    def _live_by(self, step: Callable[[], Awaitable[None]] | None) -> None:
        for remote in (self.cart, self.warehouse, *self.others):
            remote.step = step

    async def select(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database, as they stand there."""
        return await self.store.read(lambda conn: [tuple(row) for row in conn.execute(text(query))])

    async def promises(self) -> Counter[str]:
        """How many promises of which kind are in which state, such as `release due`."""
        return Counter(f"{kind} {state}" for kind, state in await self.select("SELECT kind, state FROM promise"))

    async def orders(self) -> dict[str, str]:
        """The state of every order."""
        return dict(await self._pairs("SELECT external_id, state FROM orders"))

    async def problems(self) -> list[tuple[str, str]]:
        """(code, subject) of what a person must look at."""
        return await self._pairs("SELECT code, subject FROM problem WHERE state <> 'resolved' ORDER BY id")

    async def _pairs(self, query: str) -> list[tuple[str, str]]:
        return [(first, second) for first, second in await self.select(query)]


@cache
def _empty_database() -> Path:
    """A database with its tables, made once."""
    folder = Path(tempfile.mkdtemp(prefix="crossdock-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "empty.db"

    async def make() -> None:
        async with open_store(f"sqlite:///{path}"):
            pass

    # In a thread of its own: the first test of a process may ask for it while its own loop runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, make()).result()
    return path


def new_database(folder: Path) -> Path:
    """A database of its own, with its tables."""
    return Path(shutil.copy(_empty_database(), folder / "crossdock.db"))


@asynccontextmanager
async def opened(database: Path, cart: Cart | None = None, warehouse: Warehouse | None = None) -> AsyncIterator[World]:
    """A world around this database."""
    clock = Clock()
    async with open_store(f"sqlite:///{database}", clock=clock) as store:
        yield World(store, clock, cart or Cart(), warehouse or Warehouse())


def played(scene: Callable[[World], Awaitable[None]]) -> Callable[[Path], None]:
    """Make a test of a scene: it is played in a world and a database of its own."""

    def test(tmp_path: Path) -> None:
        database = new_database(tmp_path)

        async def play() -> None:
            async with opened(database) as world:
                await scene(world)

        asyncio.run(play())

    test.__name__, test.__qualname__, test.__module__ = scene.__name__, scene.__qualname__, scene.__module__
    return test
