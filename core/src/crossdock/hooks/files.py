"""How a plugin reaches a file server beside its API: through the drop that the host hands out, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

FileProtocol = Literal["ftp", "ftps", "sftp", "folder"]
"""How files travel: by a server, or through a folder of this machine (or one that is mounted here)."""


@dataclass(frozen=True)
class FileEndpoint:
    """A file server or a folder, and how to get in; made from a connection's settings.

    All paths of the drop lie below `root`, an absolute path. `port` 0 is the usual one. `timeout`: seconds without any
    answer.

    `ftps` is FTP with explicit TLS, whose certificate must be one of `trusted` (a PEM file) or of the system's
    authorities. `sftp` needs the extra `crossdock[sftp]`: the server must show a key of `host_key` (lines as in a
    known_hosts file, or fingerprints `SHA256:…`) or of `trusted` (a known_hosts file), and is never believed without.
    `private_key` is the text of one; the password is then its passphrase, too. `folder` needs nothing but `root`.
    """

    protocol: FileProtocol
    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    port: int = 0
    timeout: float = 60.0
    trusted: Path | None = None
    host_key: str = ""
    private_key: str = field(default="", repr=False)
    root: str = ""


class FileDrop(Protocol):
    """Folders of a file server. Paths are absolute, with slashes; the folders are there already.

    Errors are those of `crossdock.hooks.errors`: `NeedsAuth` for a refused login, `NeedsConfig` for a server that is
    not trusted, `Unavailable` when nothing was done, `Rejected` for a refused path, `OutcomeUnknown` when the file may
    have arrived.
    """

    async def put(self, path: str, content: bytes) -> None:
        """Write a file so that nobody sees it half written (under another name first, then renamed)."""

    async def list(self, folder: str) -> Sequence[str]:
        """The names of the files in a folder, sorted."""

    async def get(self, path: str) -> bytes:
        """The content of a file; one that is not there is `Rejected`."""

    async def find(self, path: str) -> bytes | None:
        """The content of a file, or None if it is not there."""

    async def move(self, path: str, to: str) -> None:
        """Give a file another name, in place of what had it; one that has it already is no error."""

    async def delete(self, path: str) -> None:
        """Remove a file; one that is gone already is no error."""
