"""FTP as the standard library speaks it, with TLS where it is asked for; it blocks, so it runs in threads."""

import asyncio
import ftplib
import ssl
from contextlib import suppress
from io import BytesIO
from socket import gaierror, socket

from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.files import FileEndpoint
from crossdock.transport.session import PART, Doubt, Ending, Failure

FAILURES = (ftplib.Error, OSError, EOFError)
"""All that a session raises by itself when something was refused or lost."""

_NOT_LOGGED_IN = ("430", "530", "532")
_NO_SUCH_COMMAND = ("500", "501", "502", "504")
_REFUSED_PATH = ("550", "553")


class _NoTls(ftplib.Error):
    """The server will not speak TLS."""


class _Ftps(ftplib.FTP_TLS):
    """Data goes on in the TLS session of the commands: many servers refuse to take it from anybody else."""

    sock: ssl.SSLSocket

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket, int | None]:
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 (wrapped in TLS below)
        session = self.sock.session
        return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size


class FtpServer:
    """A `FileServer` that speaks FTP; raises `NeedsConfig` when its trusted certificate cannot be used."""

    failures: tuple[type[Exception], ...] = FAILURES

    def __init__(self, name: str, endpoint: FileEndpoint) -> None:
        self._endpoint = endpoint
        self._tls = _trusting(name, endpoint) if endpoint.protocol == "ftps" else None

    async def open(self) -> "FtpSession":
        return FtpSession(await asyncio.to_thread(_logged_in, self._endpoint, self._tls))

    def failure(self, error: Exception) -> Failure:
        code = _code_of(error)
        return Failure(_ending(error, code), self._words(error), int(code) if code else None)

    def _words(self, error: Exception) -> str:
        match error:
            case ssl.SSLCertVerificationError():
                untrusted = f"the certificate of {self._endpoint.host} is not trusted ({error.verify_message})"
                return f"{untrusted}; name its authority's PEM file in the settings"
            case _NoTls():
                return f"the server offers no TLS ({error}); correct its address"
            case gaierror():
                return f"the host name {self._endpoint.host} could not be resolved"
            case TimeoutError():
                return f"no answer came within {self._endpoint.timeout:g} s"
            case EOFError():
                return "the connection was closed before an answer came"
            case OSError():
                return error.strerror or type(error).__name__
            case _:
                return str(error)


class FtpSession:
    """A `Session` of FTP."""

    def __init__(self, ftp: ftplib.FTP) -> None:
        self._ftp = ftp

    async def put(self, path: str, content: bytes, doubt: Doubt) -> None:
        await asyncio.to_thread(_put, self._ftp, path, content, doubt)

    async def names(self, folder: str) -> list[str]:
        return await asyncio.to_thread(_names, self._ftp, folder)

    async def get(self, path: str) -> bytes:
        return await asyncio.to_thread(_get, self._ftp, path)

    async def find(self, path: str) -> bytes | None:
        return await asyncio.to_thread(_find, self._ftp, path)

    async def move(self, path: str, to: str) -> None:
        await asyncio.to_thread(_move, self._ftp, path, to)

    async def delete(self, path: str) -> None:
        await asyncio.to_thread(_delete, self._ftp, path)

    async def close(self, *, lost: bool = False) -> None:
        if not lost:
            with suppress(*FAILURES):  # the work is done, whatever becomes of the good-bye
                await asyncio.to_thread(self._ftp.quit)
        self._ftp.close()


def _trusting(name: str, endpoint: FileEndpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=endpoint.trusted)
    except OSError as error:
        raise NeedsConfig(
            f"{name}: the trusted certificate {endpoint.trusted} cannot be used ({error.strerror or error})"
        ) from None


def _logged_in(endpoint: FileEndpoint, tls: ssl.SSLContext | None) -> ftplib.FTP:
    ftp = _Ftps(context=tls) if tls else ftplib.FTP()  # noqa: S321 (an operator's choice)
    try:
        ftp.connect(endpoint.host, endpoint.port, endpoint.timeout)
        if isinstance(ftp, _Ftps):
            _secure(ftp)
        ftp.login(endpoint.user, endpoint.password)
        if isinstance(ftp, _Ftps):
            ftp.prot_p()
    except BaseException:
        ftp.close()
        raise
    return ftp


def _secure(ftp: _Ftps) -> None:
    try:
        ftp.auth()
    except ftplib.error_perm as error:
        raise _NoTls(str(error)) from None


def _put(ftp: ftplib.FTP, path: str, content: bytes, doubt: Doubt) -> None:
    part, left = path + PART, len(content)

    def count(block: bytes) -> None:
        nonlocal left
        left -= len(block)
        doubt.arisen = left <= 0

    ftp.storbinary(f"STOR {part}", BytesIO(content), callback=count)
    doubt.arisen = True
    try:
        _rename(ftp, part, path)
    except ftplib.error_perm:
        with suppress(*FAILURES):
            ftp.delete(part)
        raise


def _get(ftp: ftplib.FTP, path: str) -> bytes:
    content = BytesIO()
    ftp.retrbinary(f"RETR {path}", content.write)
    return content.getvalue()


def _find(ftp: ftplib.FTP, path: str) -> bytes | None:
    try:
        return _get(ftp, path)
    except ftplib.error_perm as error:
        # The one code stands for "no such file" and for "you may not".
        if _code_of(error) not in _REFUSED_PATH or _is_there(ftp, path):
            raise
        return None


def _names(ftp: ftplib.FTP, folder: str) -> list[str]:
    """The names of the whole files in a folder; a server without MLSD names folders, too."""
    ftp.cwd(folder)
    try:
        found = [name for name, facts in ftp.mlsd(facts=["type"]) if facts.get("type") == "file"]
    except ftplib.error_perm as error:
        if _code_of(error) not in _NO_SUCH_COMMAND:
            raise
        found = _plain_names(ftp)
    return [name for name in found if not name.endswith(PART)]


def _plain_names(ftp: ftplib.FTP) -> list[str]:
    try:
        found = ftp.nlst()
    except ftplib.error_perm as error:
        # The folder is there: this is how some servers say that it is empty.
        if _code_of(error) not in _REFUSED_PATH:
            raise
        found = []
    return [name.rpartition("/")[2] for name in found]


def _move(ftp: ftplib.FTP, path: str, to: str) -> None:
    try:
        _rename(ftp, path, to)
    except ftplib.error_perm:
        if _is_there(ftp, path) or not _is_there(ftp, to):
            raise


def _rename(ftp: ftplib.FTP, path: str, to: str) -> None:
    """Rename, also on servers that leave a file in its place until it is deleted (as those of Windows do)."""
    ftp.sendcmd(f"RNFR {path}")
    try:
        ftp.voidcmd(f"RNTO {to}")
    except ftplib.error_perm as error:
        if _code_of(error) not in _REFUSED_PATH or not _is_there(ftp, to):
            raise
        ftp.delete(to)
        ftp.rename(path, to)


def _delete(ftp: ftplib.FTP, path: str) -> None:
    folder, _, name = path.rpartition("/")
    try:
        ftp.delete(path)
    except ftplib.error_perm as error:
        if _code_of(error) not in _REFUSED_PATH or name in _names(ftp, folder or "/"):
            raise


def _is_there(ftp: ftplib.FTP, path: str) -> bool:
    folder, _, name = path.rpartition("/")
    ftp.voidcmd("TYPE I")  # many servers count no bytes in text mode
    try:
        return ftp.size(path) is not None
    except ftplib.error_perm as error:
        return _code_of(error) in _NO_SUCH_COMMAND and name in _names(ftp, folder or "/")


def _code_of(error: Exception) -> str:
    """The three digits of a refusal; empty if it was none."""
    return str(error)[:3] if isinstance(error, ftplib.Error) and str(error)[:3].isdigit() else ""


def _ending(error: Exception, code: str) -> Ending:
    match error:
        case ssl.SSLCertVerificationError() | _NoTls():
            return Ending.NOT_TRUSTED
        case ftplib.Error() if code in _NOT_LOGGED_IN:
            return Ending.NOT_LOGGED_IN
        case ftplib.error_perm():
            return Ending.REFUSED
        case ftplib.error_temp():
            return Ending.REFUSED_FOR_NOW
        case _:
            return Ending.LOST
