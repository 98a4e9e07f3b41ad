"""Calls that may last longer than a lease."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import OutcomeUnknown

T = TypeVar("T")

PROLONG_EVERY = 30.0
"""Seconds after which the lease is prolonged: well within its length."""


async def lasting(run: Run, call: Coroutine[Any, Any, T]) -> T:
    """The result of a call, for which the lease is kept; a stop of the run breaks it off with `OutcomeUnknown`."""
    work, stop = asyncio.create_task(call), asyncio.create_task(run.stop.wait())
    try:
        while not (work.done() or stop.done()):
            await asyncio.wait({work, stop}, timeout=PROLONG_EVERY, return_when=asyncio.FIRST_COMPLETED)
            await run.pipeline.store.prolong(run.lease, now=run.pipeline.clock.now())
        if work.done():
            return work.result()
        raise OutcomeUnknown("the process was stopped before an answer came")
    finally:
        work.cancel()
        stop.cancel()
        await asyncio.gather(work, stop, return_exceptions=True)
