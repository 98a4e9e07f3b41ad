"""A folder of this machine, or one that is mounted here, as a file server; it blocks, so it runs in threads."""

import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path

from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.files import FileEndpoint
from crossdock.transport.session import PART, Doubt, Ending, Failure

_REFUSED = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL}
)
"""What waiting does not mend; a full disk or a share that is gone may come right."""


class _NotMounted(OSError):
    """The root itself is not there."""


class FolderServer:
    """A `FileServer` that is a folder; raises `NeedsConfig` when the settings name none."""

    failures: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, name: str, endpoint: FileEndpoint) -> None:
        if not endpoint.root:
            raise NeedsConfig(f"{name}: files are to travel through a folder, and the settings name none")
        self._root = Path(endpoint.root)

    async def open(self) -> "FolderSession":
        if not await asyncio.to_thread(self._root.is_dir):
            raise _NotMounted(errno.ENOENT, f"there is no folder {self._root}; create it, or mount what it stands for")
        return FolderSession()

    def failure(self, error: Exception) -> Failure:
        said = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        refused = isinstance(error, OSError) and error.errno in _REFUSED and not isinstance(error, _NotMounted)
        return Failure(Ending.REFUSED if refused else Ending.REFUSED_FOR_NOW, said)


class FolderSession:
    """A `Session` of a folder: nothing needs to be held open."""

    async def put(self, path: str, content: bytes, doubt: Doubt) -> None:
        await asyncio.to_thread(_put, Path(path), content)

    async def names(self, folder: str) -> list[str]:
        return await asyncio.to_thread(_names, Path(folder))

    async def get(self, path: str) -> bytes:
        return await asyncio.to_thread(Path(path).read_bytes)

    async def find(self, path: str) -> bytes | None:
        try:
            return await self.get(path)
        except FileNotFoundError:
            return None

    async def move(self, path: str, to: str) -> None:
        await asyncio.to_thread(_move, Path(path), Path(to))

    async def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            await asyncio.to_thread(Path(path).unlink)

    async def close(self, *, lost: bool = False) -> None:
        pass


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _names(folder: Path) -> list[str]:
    return [found.name for found in folder.iterdir() if found.is_file() and not found.name.endswith(PART)]


def _move(path: Path, to: Path) -> None:
    try:
        path.replace(to)
    except FileNotFoundError:
        if path.exists() or not to.exists():
            raise
