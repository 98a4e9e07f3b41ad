"""A run in this process that is cut off in the middle: its tasks are cancelled, what is in flight stays in flight."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from crossdock.config import load_config
from crossdock.engine.retry import RetryPolicy
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once
from world.operator import Ahead
from world.relentless import Death


def run_until_death(config: Path, death: Death, *, later: timedelta, retry: RetryPolicy) -> bool:
    """Run every service, and die as told unless everything is done before; whether it died."""
    return asyncio.run(_run_until(config, death, Ahead(later), retry))


async def _run_until(config: Path, death: Death, clock: Ahead, retry: RetryPolicy) -> bool:
    async with open_host(load_config(config), clock=clock, retry=retry, quiet=True) as host:
        work = asyncio.create_task(run_once(host, asyncio.Event()))
        with _sentenced(work, death):
            await asyncio.wait([work])
    return work.cancelled()


@contextmanager
def _sentenced(work: asyncio.Task[Any], death: Death) -> Iterator[None]:
    """Cancel the work just before its n-th "begin" or "commit" in the database, or after so many seconds."""
    loop = asyncio.get_running_loop()
    if death.moment == "seconds":
        executioner = loop.call_later(death.seconds, work.cancel)
        yield
        executioner.cancel()
        return
    _sentences[death.moment] = partial(_count, count(1), death.count, loop, work)
    try:
        yield
    finally:
        _sentences.clear()


def _count(passed: Iterator[int], until: int, loop: asyncio.AbstractEventLoop, work: asyncio.Task[Any]) -> None:
    if next(passed) == until:
        loop.call_soon_threadsafe(work.cancel)


_sentences: dict[str, Callable[[], None]] = {}


def _passes(moment: str, *_: Any) -> None:
    _sentences.get(moment, lambda: None)()


for _moment in ("begin", "commit"):  # for good: the thread of a database may be in the middle of telling its listeners
    event.listen(Engine, _moment, partial(_passes, _moment))
