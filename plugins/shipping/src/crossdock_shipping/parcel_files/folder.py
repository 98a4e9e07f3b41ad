"""The folder into which the shipping system writes."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from crossdock import ConnectionContext, FileDrop, NeedsConfig
from crossdock.domain import digest
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

NOT_OF_FILES = {"files", "settle", "page_size", "search_keeps"}
"""Settings that change nothing of what a file says."""


class Folder:
    """The files that fit, and the place for those that were taken in."""

    def __init__(self, ctx: ConnectionContext[ParcelFilesSettings]) -> None:
        self._drop, self._clock, self._files = _required(ctx), ctx.clock, ctx.settings.files
        read_as = ctx.settings.model_dump_json(exclude=NOT_OF_FILES)
        self._reading = digest(f"{self._files.done} {read_as}".encode())
        self.pattern, self.name = self._files.pattern, self._files.folder
        self.moves = self._files.done is not None

    async def names(self) -> Sequence[str]:
        """The names of the files that fit, sorted."""
        pattern = self.pattern.casefold()
        return [
            name for name in await self._drop.list("/") if name.isprintable() and fnmatchcase(name.casefold(), pattern)
        ]

    async def find(self, name: str) -> bytes | None:
        """The content of a file, or None if it is gone."""
        return await self._drop.find(f"/{name}")

    def mark(self, content: bytes) -> str:
        """The fingerprint of a content, and of how the settings read it and put it away."""
        return digest(self._reading + content).hex()

    async def put_away(self, name: str, mark: str) -> None:
        """Move a file that was taken in, under a name with the moment in it; not one that changed, or is gone."""
        content = await self.find(name)
        if content is not None and self.mark(content) == mark:
            await self._drop.move(f"/{name}", f"/{self._files.done}/{self._clock.now():%Y%m%dT%H%M%S%fZ}-{name}")

    async def require_done(self) -> None:
        """Raise what follows if the place for what was taken in is not there."""
        if self.moves:
            await self._drop.list(f"/{self._files.done}")


def _required(ctx: ConnectionContext[ParcelFilesSettings]) -> FileDrop:
    if ctx.files is None:
        raise NeedsConfig(f"{ctx.name} needs the table `files`, which says where the files of parcels are")
    return ctx.files
