"""A run that dies when a remote system has done its n-th call: it never hears what came of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.config import load_config
from crossdock.engine.retry import RetryPolicy
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once
from world.operator import Ahead


class Reaper:
    """Stands in front of a simulator: `open_world(…, around=reaper)`."""

    def __init__(self) -> None:
        self._left = 0
        self._kill: Callable[[], object] = _nobody

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """The simulator with death in front of it."""

        async def reached(scope: Scope, receive: Receive, send: Send) -> None:
            self._left -= not scope["path"].startswith("/_")
            if self._left or scope["path"].startswith("/_"):
                await app(scope, receive, send)
                return
            await app(scope, receive, _unheard)
            self._kill()
            while (await receive())["type"] != "http.disconnect":
                pass

        return reached

    def run_until_call(self, config: Path, call: int, *, later: timedelta, retry: RetryPolicy) -> bool:
        """Run every service until the simulator has done so many calls; whether it came to that."""
        return asyncio.run(self._run(config, call, Ahead(later), retry))

    async def _run(self, config: Path, call: int, clock: Ahead, retry: RetryPolicy) -> bool:
        async with open_host(load_config(config), clock=clock, retry=retry, quiet=True) as host:
            work, loop = asyncio.create_task(run_once(host, asyncio.Event())), asyncio.get_running_loop()
            self._left, self._kill = call, lambda: loop.call_soon_threadsafe(work.cancel)
            await asyncio.wait([work])
            self._left, self._kill = 0, _nobody
        return work.cancelled() or not work.result()


def _nobody() -> object:
    return None


async def _unheard(message: Message) -> None:
    """The answer goes nowhere."""
