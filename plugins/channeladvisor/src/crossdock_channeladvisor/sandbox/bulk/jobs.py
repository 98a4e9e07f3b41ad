"""Work that takes its time: an export or an upload, from its order to its end."""

import asyncio
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Awaitable, Callable
from functools import cached_property
from pathlib import Path

from crossdock_channeladvisor.sandbox.bulk.statuses import BulkStatus
from crossdock_channeladvisor.sandbox.orders.generator import stamp_now

_PATIENCE = 2.0  # seconds that the last question waits, so that small work ends at the same question every time


def walk(asked: int, polls: int) -> BulkStatus | None:
    """What the n-th question is told of work that takes so many of them; None: now it is done."""
    if asked > polls:
        return None
    if asked == polls:
        return BulkStatus.IN_PROGRESS_PROCESSING
    return BulkStatus.PENDING if asked == 1 else BulkStatus.IN_PROGRESS_QUEUED


class Job:
    """Work that begins when its status has been asked for `polls` times."""

    def __init__(self, profile: int, polls: int, work: Callable[[], Awaitable[BulkStatus]]) -> None:
        self.token = secrets.token_hex(8).upper()
        self.profile = profile
        self.started = stamp_now()
        self._polls = polls
        self._asked = 0
        self._work = work
        self._task: asyncio.Task[BulkStatus] | None = None

    @property
    def outcome(self) -> BulkStatus | None:
        """How it ended, if it has."""
        return self._task.result() if self._task is not None and self._task.done() else None

    async def status(self) -> BulkStatus:
        """Where it stands now; raises what the work has raised."""
        self._asked += 1
        if (waiting := walk(self._asked, self._polls)) is not None:
            return waiting
        if self._task is None:
            self._task = asyncio.ensure_future(self._work())
        await asyncio.wait({self._task}, timeout=_PATIENCE)
        return self.outcome or BulkStatus.IN_PROGRESS_PROCESSING


def drop(file: Path) -> None:
    """A file has done its service."""
    file.unlink()


class Spool:
    """A folder for files under way; gone with its owner."""

    def file(self, name: str) -> Path:
        """The path of a file in it."""
        return self._folder / name

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="crossdock-channeladvisor-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder
