"""FTP as the standard library speaks it: one login a call, with TLS where it is asked for. Blocks; runs in a thread."""

import ftplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from socket import socket

from crossdock.hooks.files import FileEndpoint

FAILURES = (ftplib.Error, OSError, EOFError)
"""All that a session raises by itself when something was refused or lost."""

PART = ".part"
"""What follows the name of a file that is not whole yet."""

_NO_SUCH_COMMAND = ("500", "501", "502", "504")
_REFUSED_PATH = "550"


class NoTls(ftplib.Error):
    """The server will not speak TLS."""


class Progress:
    """How far an upload came: called with every block that left."""

    def __init__(self, length: int) -> None:
        self._left = length

    def __call__(self, block: bytes) -> None:
        self._left -= len(block)

    @property
    def all_left(self) -> bool:
        """Whether nothing was kept back, so that the file may have arrived."""
        return self._left <= 0


class _Ftps(ftplib.FTP_TLS):
    """Data goes on in the TLS session of the commands: many servers refuse to take it from anybody else."""

    sock: ssl.SSLSocket

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket, int | None]:
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 (wrapped in TLS below)
        session = self.sock.session
        return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size


@contextmanager
def logged_in(endpoint: FileEndpoint, tls: ssl.SSLContext | None) -> Iterator[ftplib.FTP]:
    """A session that may move files; raises one of FAILURES."""
    ftp = _Ftps(context=tls) if tls else ftplib.FTP()  # noqa: S321 (an operator's choice)
    try:
        ftp.connect(endpoint.host, endpoint.port, endpoint.timeout)
        if isinstance(ftp, _Ftps):
            _secure(ftp)
        ftp.login(endpoint.user, endpoint.password)
        if isinstance(ftp, _Ftps):
            ftp.prot_p()
        yield ftp
        with suppress(*FAILURES):  # the work is done, whatever becomes of the good-bye
            ftp.quit()
    finally:
        ftp.close()


def put(ftp: ftplib.FTP, path: str, content: bytes, progress: Progress) -> None:
    """Write a file under another name and rename it when it is whole."""
    part = path + PART
    ftp.storbinary(f"STOR {part}", BytesIO(content), callback=progress)
    try:
        ftp.rename(part, path)
    except ftplib.error_perm:
        with suppress(*FAILURES):
            ftp.delete(part)
        raise


def get(ftp: ftplib.FTP, path: str) -> bytes:
    """The content of a file."""
    content = BytesIO()
    ftp.retrbinary(f"RETR {path}", content.write)
    return content.getvalue()


def names(ftp: ftplib.FTP, folder: str) -> list[str]:
    """The names of the whole files in a folder; a server without MLSD names folders, too."""
    ftp.cwd(folder)
    try:
        found = [name for name, facts in ftp.mlsd(facts=["type"]) if facts.get("type") == "file"]
    except ftplib.error_perm as error:
        if code_of(error) not in _NO_SUCH_COMMAND:
            raise
        found = _plain_names(ftp)
    return sorted(name for name in found if not name.endswith(PART))


def delete(ftp: ftplib.FTP, path: str) -> None:
    """Remove a file, if it is there."""
    folder, _, name = path.rpartition("/")
    try:
        ftp.delete(path)
    except ftplib.error_perm as error:
        # The one code stands for "no such file" and for "you may not".
        if code_of(error) != _REFUSED_PATH or name in names(ftp, folder or "/"):
            raise


def code_of(error: Exception) -> str:
    """The three digits of a refusal; empty if it was none."""
    return str(error)[:3] if isinstance(error, ftplib.Error) and str(error)[:3].isdigit() else ""


def _secure(ftp: _Ftps) -> None:
    try:
        ftp.auth()
    except ftplib.error_perm as error:
        raise NoTls(str(error)) from None


def _plain_names(ftp: ftplib.FTP) -> list[str]:
    try:
        found = ftp.nlst()
    except ftplib.error_perm as error:
        # The folder is there: this is how some servers say that it is empty.
        if code_of(error) != _REFUSED_PATH:
            raise
        found = []
    return [name.rpartition("/")[2] for name in found]
