"""The file server of one connection: what every file of its plugin goes through."""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import PurePath
from typing import TypeVar

from crossdock.engine.trace import Exchange, Journal, subject
from crossdock.hooks.context import Clock, SystemClock
from crossdock.hooks.errors import (
    CrossdockError,
    NeedsAuth,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from crossdock.hooks.files import FileEndpoint
from crossdock.transport.capture import Capture, Captured, CapturedCall
from crossdock.transport.folder import FolderServer
from crossdock.transport.ftp import FtpServer
from crossdock.transport.redact import Redactor
from crossdock.transport.session import Doubt, Ending, Failure, FileServer, Login, Session

T = TypeVar("T")

DONE = 226
"""What FTP says of a transfer that is done; the request log has it for every protocol."""
_USUAL_PORTS = {"ftp": 21, "ftps": 21, "sftp": 22}


def open_files(
    name: str,
    endpoint: FileEndpoint,
    *,
    journal: Journal | None = None,
    clock: Clock | None = None,
    secrets: Collection[str] = (),
    capture: Capture | None = None,
) -> "ConnectionFiles":
    """The file drop of the connection `name`; nothing is connected before the first call.

    `secrets`, and those of the endpoint, are kept out of errors, request log and dry run. With `capture` every write
    is shown to it and raises `Captured`. Raises `NeedsConfig` when login, keys, certificate or root cannot be used.
    """
    if any(mark in text for text in (endpoint.host, endpoint.user, endpoint.password) for mark in "\r\n\0"):
        raise NeedsConfig(f"{name}: host, user or password of the file server has a line break in it; take it out")
    if endpoint.root and not _is_absolute(endpoint):
        raise NeedsConfig(f"{name}: the folder {endpoint.root!r} of the file server must be an absolute path")
    endpoint = replace(endpoint, port=endpoint.port or _USUAL_PORTS.get(endpoint.protocol, 0))
    redactor = Redactor({*secrets, endpoint.password, endpoint.private_key})
    server = _server(name, endpoint)
    return ConnectionFiles(name, endpoint, server, redactor, journal, clock or SystemClock(), capture)


def _is_absolute(endpoint: FileEndpoint) -> bool:
    if endpoint.protocol == "folder":
        return PurePath(endpoint.root).is_absolute()
    return endpoint.root.startswith("/") and _is_plain(endpoint.root)


def _server(name: str, endpoint: FileEndpoint) -> FileServer:
    if endpoint.protocol == "folder":
        return FolderServer(name, endpoint)
    if endpoint.protocol != "sftp":
        return FtpServer(name, endpoint)
    try:
        from crossdock.transport.sftp import SftpServer
    except ImportError:
        raise NeedsConfig(
            f"{name}: SFTP needs a library that is not installed; install it with: pip install 'crossdock[sftp]'"
        ) from None
    return SftpServer(name, endpoint)


class ConnectionFiles:
    """A `FileDrop` (`crossdock.hooks.files`); made by `open_files`."""

    def __init__(
        self,
        name: str,
        endpoint: FileEndpoint,
        server: FileServer,
        redactor: Redactor,
        journal: Journal | None,
        clock: Clock,
        capture: Capture | None,
    ) -> None:
        self._name = name
        self._endpoint = endpoint
        self._server = server
        self._login = Login(server)
        self._redactor = redactor
        self._journal = journal
        self._clock = clock
        self._capture = capture

    async def put(self, path: str, content: bytes) -> None:
        file = self._file(path)
        self._show("PUT", file, content)
        doubt = Doubt()
        await self._carry_out("PUT", file, lambda session: session.put(file, content, doubt), doubt)

    async def list(self, folder: str) -> Sequence[str]:
        place = self._place(folder)
        return sorted(await self._carry_out("LIST", place, lambda session: session.names(place)))

    async def get(self, path: str) -> bytes:
        file = self._file(path)
        return await self._carry_out("GET", file, lambda session: session.get(file))

    async def find(self, path: str) -> bytes | None:
        file = self._file(path)
        return await self._carry_out("GET", file, lambda session: session.find(file))

    async def move(self, path: str, to: str) -> None:
        file, other = self._file(path), self._file(to)
        if file == other:  # a server that never overwrites would have to lose it first
            await self.get(path)
            return
        self._show("MOVE", file, b"", Destination=self._url(other))
        await self._carry_out("MOVE", file, lambda session: session.move(file, other))

    async def delete(self, path: str) -> None:
        file = self._file(path)
        self._show("DELETE", file, b"")
        await self._carry_out("DELETE", file, lambda session: session.delete(file))

    async def _carry_out(
        self, method: str, path: str, work: Callable[[Session], Awaitable[T]], doubt: Doubt | None = None
    ) -> T:
        async with self._login.turn():
            note = partial(self._note, method, path, at=self._clock.now(), began=time.perf_counter())
            try:
                done = await self._login.carry_out(work)
            except self._server.failures as error:
                failure = self._redacted(self._server.failure(error))
                note(status=failure.status, error=failure.said)
                raise self._error(method, path, failure, in_doubt=bool(doubt and doubt.arisen)) from None
            note(status=DONE, error="")
            return done

    def _redacted(self, failure: Failure) -> Failure:
        return replace(failure, said=self._redactor.text(" ".join(failure.said.split()))[:300])

    def _error(self, method: str, path: str, failure: Failure, *, in_doubt: bool) -> CrossdockError:
        """What follows from a refusal, or from a connection that was lost."""
        what, said = f"{self._name}: {method} {self._url(path)}", failure.said
        match failure.ending:
            case Ending.NOT_TRUSTED:
                return NeedsConfig(f"{what} was not tried: {said}")
            case Ending.NOT_LOGGED_IN:
                return NeedsAuth(f"{what} was refused; correct user and password of the file server ({said})")
            case Ending.REFUSED:
                return Rejected(f"{what} was refused ({said})")
            case Ending.REFUSED_FOR_NOW:
                return Unavailable(f"{what} was refused for now ({said})")
            case Ending.LOST if in_doubt:
                return OutcomeUnknown(f"{what} may have arrived; look it up before it is sent again ({said})")
            case Ending.LOST:
                return Unavailable(f"{what} did not get through ({said})")

    def _show(self, method: str, path: str, content: bytes, **headers: str) -> None:
        """In a dry run a write ends here."""
        if self._capture is not None:
            shown = CapturedCall(self._name, method, self._url(path), headers, self._redactor.body(content))
            self._capture(shown)
            raise Captured(shown)

    def _note(self, method: str, path: str, *, at: datetime, began: float, status: int | None, error: str) -> None:
        if self._journal is not None:
            self._journal.note(
                Exchange(
                    connection=self._name,
                    order_id=subject.get(),
                    at=at,
                    method=method,
                    url=self._url(path),
                    status=status,
                    seconds=time.perf_counter() - began,
                    request=b"",
                    answer=b"",
                    error=error,
                )
            )

    def _file(self, path: str) -> str:
        if path.endswith("/"):
            raise Rejected(f"{self._name}: {path!r} is a folder, and a file is wanted")
        return self._place(path)

    def _place(self, path: str) -> str:
        if not path.startswith("/") or not _is_plain(path):
            raise Rejected(f"{self._name}: {path!r} is not a path from / on, without .. and line breaks")
        return self._endpoint.root.rstrip("/") + path

    def _url(self, path: str) -> str:
        at = self._endpoint
        server = "file://" if at.protocol == "folder" else f"{at.protocol}://{at.host}:{at.port}"
        return self._redactor.text(server + path)


def _is_plain(path: str) -> bool:
    return ".." not in path.split("/") and not any(mark in path for mark in "\r\n\0")
