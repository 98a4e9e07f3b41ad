"""The file server of one connection: what every file of its plugin goes through."""

import asyncio
import ftplib
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from socket import gaierror
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
from crossdock.transport import ftp
from crossdock.transport.capture import Capture, Captured, CapturedCall
from crossdock.transport.redact import Redactor

T = TypeVar("T")

DONE = 226
_NOT_LOGGED_IN = ("430", "530", "532")


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

    `secrets`, and the password, are kept out of errors, request log and dry run. With `capture` every write is shown
    to it and raises `Captured`. Raises `NeedsConfig` when the login or the trusted certificate cannot be used.
    """
    if any(mark in text for text in (endpoint.host, endpoint.user, endpoint.password) for mark in "\r\n\0"):
        raise NeedsConfig(f"{name}: host, user or password of the file server has a line break in it; take it out")
    redactor = Redactor({*secrets, endpoint.password})
    tls = _trusting(name, endpoint) if endpoint.protocol == "ftps" else None
    return ConnectionFiles(name, endpoint, tls, redactor, journal, clock or SystemClock(), capture)


class ConnectionFiles:
    """A `FileDrop` (`crossdock.hooks.files`); made by `open_files`."""

    def __init__(
        self,
        name: str,
        endpoint: FileEndpoint,
        tls: ssl.SSLContext | None,
        redactor: Redactor,
        journal: Journal | None,
        clock: Clock,
        capture: Capture | None,
    ) -> None:
        self._name = name
        self._endpoint = endpoint
        self._tls = tls
        self._redactor = redactor
        self._journal = journal
        self._clock = clock
        self._capture = capture
        self._one_at_a_time = asyncio.Lock()  # servers count the logins of a user

    async def put(self, path: str, content: bytes) -> None:
        file = self._file(path)
        self._show("PUT", file, content)
        progress = ftp.Progress(len(content))
        work = partial(ftp.put, path=file, content=content, progress=progress)
        await self._carry_out("PUT", file, work, in_doubt=lambda: progress.all_left)

    async def list(self, folder: str) -> Sequence[str]:
        place = self._place(folder)
        return await self._carry_out("LIST", place, partial(ftp.names, folder=place))

    async def get(self, path: str) -> bytes:
        file = self._file(path)
        return await self._carry_out("GET", file, partial(ftp.get, path=file))

    async def delete(self, path: str) -> None:
        file = self._file(path)
        self._show("DELETE", file, b"")
        await self._carry_out("DELETE", file, partial(ftp.delete, path=file))

    async def _carry_out(
        self, method: str, path: str, work: Callable[[ftplib.FTP], T], in_doubt: Callable[[], bool] = lambda: False
    ) -> T:
        async with self._one_at_a_time:
            note = partial(self._note, method, path, at=self._clock.now(), began=time.perf_counter())
            try:
                done = await asyncio.to_thread(self._logged_in, work)
            except ftp.FAILURES as error:
                note(status=_status(error), error=self._reason(error))
                raise self._error(method, path, error, in_doubt()) from None
            note(status=DONE, error="")
            return done

    def _logged_in(self, work: Callable[[ftplib.FTP], T]) -> T:
        with ftp.logged_in(self._endpoint, self._tls) as session:
            return work(session)

    def _error(self, method: str, path: str, error: Exception, in_doubt: bool) -> CrossdockError:
        """What follows from a refusal, or from a connection that was lost."""
        what, said = f"{self._name}: {method} {self._url(path)}", self._reason(error)
        match error:
            case ssl.SSLCertVerificationError():
                return NeedsConfig(f"{what} was not tried: {said}; name its authority's PEM file in the settings")
            case ftp.NoTls():
                return NeedsConfig(f"{what} was not tried: the server offers no TLS ({said}); correct its address")
            case ftplib.Error() if ftp.code_of(error) in _NOT_LOGGED_IN:
                return NeedsAuth(f"{what} was refused; correct user and password of the file server ({said})")
            case ftplib.error_perm():
                return Rejected(f"{what} was refused ({said})")
            case ftplib.error_temp():
                return Unavailable(f"{what} was refused for now ({said})")
            case _ if in_doubt:
                return OutcomeUnknown(f"{what} may have arrived; look it up before it is sent again ({said})")
            case _:
                return Unavailable(f"{what} did not get through ({said})")

    def _reason(self, error: Exception) -> str:
        """Why it failed, in words that hold no secret."""
        match error:
            case ssl.SSLCertVerificationError():
                return f"the certificate of {self._endpoint.host} is not trusted ({error.verify_message})"
            case gaierror():
                return f"the host name {self._endpoint.host} could not be resolved"
            case TimeoutError():
                return f"no answer came within {self._endpoint.timeout:g} s"
            case EOFError():
                return "the connection was closed before an answer came"
            case ftplib.Error():
                return self._redactor.text(" ".join(str(error).split()))[:300]
            case OSError():
                return error.strerror or type(error).__name__
            case _:
                return type(error).__name__

    def _show(self, method: str, path: str, content: bytes) -> None:
        """In a dry run a write ends here."""
        if self._capture is not None:
            shown = CapturedCall(self._name, method, self._url(path), {}, self._redactor.body(content))
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
        if not path.startswith("/") or ".." in path.split("/") or any(mark in path for mark in "\r\n\0"):
            raise Rejected(f"{self._name}: {path!r} is not a path from / on, without .. and line breaks")
        return path

    def _url(self, path: str) -> str:
        at = self._endpoint
        return self._redactor.text(f"{at.protocol}://{at.host}:{at.port}{path}")


def _status(failure: Exception) -> int | None:
    code = ftp.code_of(failure)
    return int(code) if code else None


def _trusting(name: str, endpoint: FileEndpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=endpoint.trusted)
    except OSError as error:
        raise NeedsConfig(
            f"{name}: the trusted certificate {endpoint.trusted} cannot be used ({error.strerror or error})"
        ) from None
