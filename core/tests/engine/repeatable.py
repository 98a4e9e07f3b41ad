"""A world in which everything happens in the same order every time, so that a failure can be played again.

Two things make asyncio programs differ from run to run: timers and threads. Here a timer fires as soon as nothing else
is left to do, and the store's transactions run where they are asked for.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class _Impatient(selectors.DefaultSelector):
    """Waits for nothing: the time that a wait would have taken is only counted."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("every task waits for another one; nothing will ever happen")
        if not ready:
            self.passed += timeout or 0.0
        return ready


class RepeatableLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once and whose threads are itself."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.passed

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future
