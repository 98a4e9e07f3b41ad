"""What the protocols of files have in common: sessions, how they fail, and who may use one when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeVar

T = TypeVar("T")

PART = ".part"
"""What follows the name of a file that is not whole yet."""


class Doubt:
    """Whether a file may have arrived although nobody said so."""

    arisen = False


class Ending(Enum):
    """What a failure means for who asked."""

    NOT_LOGGED_IN = auto()
    NOT_TRUSTED = auto()
    REFUSED = auto()
    REFUSED_FOR_NOW = auto()
    LOST = auto()


@dataclass(frozen=True)
class Failure:
    """A failure in words, and the server's own number for it where it has one."""

    ending: Ending
    said: str
    status: int | None = None


class Session(Protocol):
    """One login at a file server; its methods raise one of the server's `failures`."""

    async def put(self, path: str, content: bytes, doubt: Doubt) -> None:
        """Write a file under another name and rename it when it is whole; `doubt` arises when all of it has left."""

    async def names(self, folder: str) -> list[str]:
        """The names of the whole files in a folder."""

    async def get(self, path: str) -> bytes:
        """The content of a file."""

    async def find(self, path: str) -> bytes | None:
        """The content of a file, or None if it is not there."""

    async def move(self, path: str, to: str) -> None:
        """Give a file another name, if it does not have it already."""

    async def delete(self, path: str) -> None:
        """Remove a file, if it is there."""

    async def close(self, *, lost: bool = False) -> None:
        """End the session; without a good-bye if it is lost. Raises nothing."""


class FileServer(Protocol):
    """A way to one file server."""

    failures: tuple[type[Exception], ...]

    async def open(self) -> Session:
        """Log in; raises one of `failures`."""

    def failure(self, error: Exception) -> Failure:
        """What one of `failures` means; its words may hold what the server said."""


class Login:
    """One session at a time, for servers count the logins of a user; who waits goes on in the session before."""

    def __init__(self, server: FileServer) -> None:
        self._server = server
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._session: Session | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else uses the session meanwhile; it ends with the last one who wants it."""
        await self._wait()
        try:
            yield
        finally:
            try:
                await self._end_if_unwanted()
            finally:
                self._turn.release()

    async def carry_out(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Work in the session, which a failure ends; only in one's turn."""
        session, self._session = self._session or await self._server.open(), None
        try:
            done = await work(session)
        except BaseException:
            await session.close(lost=True)
            raise
        self._session = session
        return done

    async def _wait(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._waiting -= 1
            if not self._turn.locked():
                await self._end_if_unwanted()
            raise
        self._waiting -= 1

    async def _end_if_unwanted(self) -> None:
        if not self._waiting and self._session is not None:
            session, self._session = self._session, None
            await session.close()
