"""One folder of the Host Agent: files with their flags, those that were taken, and those that were refused."""

from crossdock import FileDrop
from crossdock_warehouseos.files.settings import FileSettings

SUFFIX, WORDS, TOLD = ".csv", ".err", ".told"
"""Behind the name of a file; of the words of its refusal; of the same when they are known here."""


class Box:
    """Orders, items or picks. A file counts only when its flag is there, so the flag comes last and goes first."""

    def __init__(self, drop: FileDrop, files: FileSettings, name: str) -> None:
        self._drop = drop
        self._flag = files.flag_suffix
        self.name = name
        self.folder = f"/{name}"
        self.done = f"{self.folder}/{files.done}"
        self.failed = f"{self.folder}/{files.failed}"

    async def hand_over(self, name: str, content: bytes) -> None:
        """Leave a whole file; doing it twice has the effect of doing it once."""
        await self._drop.put(f"{self.folder}/{name}", content)
        await self.raise_flag(name)

    async def raise_flag(self, name: str) -> None:
        """Say that a file is whole."""
        await self._drop.put(f"{self.folder}/{name}{self._flag}", b"")

    async def has_flag(self, name: str) -> bool:
        """Whether a file is whole, or was until a moment ago."""
        return await self._drop.find(f"{self.folder}/{name}{self._flag}") is not None

    async def files(self) -> dict[str, bool]:
        """The names of the files in their order, and whether each is whole."""
        names = set(await self._drop.list(self.folder))
        return {name: name + self._flag in names for name in sorted(names) if name.endswith(SUFFIX)}

    async def find(self, name: str) -> bytes | None:
        """What waits under a name."""
        return await self._drop.find(f"{self.folder}/{name}")

    async def put_away(self, name: str) -> None:
        """A file is done with; doing it twice has the effect of doing it once."""
        for each in (name + self._flag, name):
            await self._drop.move(f"{self.folder}/{each}", f"{self.done}/{each}")

    async def refused(self) -> list[str]:
        """The names of the files whose refusal is not known here yet."""
        names = await self._drop.list(self.failed)
        return [name.removesuffix(WORDS) for name in names if name.endswith(WORDS)]

    async def words(self, name: str) -> str:
        """Why the agent refused a file, as far as it said so."""
        for suffix in (WORDS, TOLD):
            said = await self._drop.find(f"{self.failed}/{name}{suffix}")
            if said is not None:
                return " ".join(said.decode("utf-8", "replace").split())[:500]
        return "it did not say why"

    async def note_refusal(self, name: str) -> None:
        """The words of a refusal are known here."""
        await self._drop.move(f"{self.failed}/{name}{WORDS}", f"{self.failed}/{name}{TOLD}")
