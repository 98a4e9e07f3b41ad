"""How a plugin reaches a file server beside its API: through the drop that the host hands out, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True)
class FileEndpoint:
    """A file server and how to log in there; made from a connection's settings.

    `ftps` is FTP with explicit TLS, whose certificate must be one of `trusted` (a PEM file) or of the system's
    authorities. `timeout`: seconds without any answer.
    """

    protocol: Literal["ftp", "ftps"]
    host: str
    user: str
    password: str = field(repr=False)
    port: int = 21
    timeout: float = 60.0
    trusted: Path | None = None


class FileDrop(Protocol):
    """Folders of a file server. Paths are absolute, with slashes.

    Errors are those of `crossdock.hooks.errors`: `NeedsAuth` for a refused login, `Unavailable` when nothing was done,
    `Rejected` for a refused path, `OutcomeUnknown` when the file may have arrived.
    """

    async def put(self, path: str, content: bytes) -> None:
        """Write a file so that nobody sees it half written (under another name first, then renamed)."""

    async def list(self, folder: str) -> Sequence[str]:
        """The names of the files in a folder, sorted."""

    async def get(self, path: str) -> bytes:
        """The content of a file."""

    async def delete(self, path: str) -> None:
        """Remove a file; one that is gone already is no error."""
