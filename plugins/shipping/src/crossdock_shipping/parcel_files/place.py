"""How far the reading of a folder has come: which files were told, and as what; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from crossdock import Cursor


class Seen(msgspec.Struct, frozen=True):
    """A file that was told: its fingerprint since when, and whether as a whole or only its finished lines."""

    mark: str
    since: datetime
    whole: bool


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The files that were told, and within one reading of the folder those that are left.

    `at` records of the first one of these are told already, if it still is what it was `seen` as.
    """

    files: dict[str, Seen] = {}
    left: list[str] | None = None
    at: int = 0
    seen: Seen | None = None

    def begun(self, names: Sequence[str]) -> "Place":
        """A reading of these files; those that are gone are forgotten."""
        here = set(names)
        return Place({name: seen for name, seen in self.files.items() if name in here}, list(names))

    def behind(self, name: str, seen: Seen | None) -> "Place":
        """The same when a file is through; without `seen`, it is looked at anew by the next reading."""
        files = {other: known for other, known in self.files.items() if other != name}
        return Place(files | ({name: seen} if seen else {}), (self.left or [])[1:])

    def within(self, seen: Seen, at: int) -> "Place":
        """The same in the middle of a file."""
        return Place(self.files, self.left, at, seen)

    def told_of(self, seen: Seen) -> int:
        """How many records of this file are told already in this reading."""
        return self.at if self.seen == seen else 0

    def is_news(self, name: str, seen: Seen) -> bool:
        """Whether a file has anything that was not told."""
        known = self.files.get(name)
        return known is None or known.mark != seen.mark or (seen.whole and not known.whole)

    def seen_as(self, name: str, mark: str, now: datetime, settle: int) -> Seen:
        """What a file is with this content now; one that is under way stays what it was."""
        if self.seen and self.seen.mark == mark:
            return self.seen
        known = self.files.get(name)
        since = known.since if known and known.mark == mark else now
        return Seen(mark, since, now - since >= timedelta(seconds=settle))

    @property
    def cursor(self) -> Cursor:
        """Where this reading goes on."""
        return msgspec.json.encode(self).decode()

    @property
    def checkpoint(self) -> Cursor:
        """Where the next reading begins."""
        return msgspec.json.encode(Place(self.files)).decode()


_PLACE = msgspec.json.Decoder(Place)


def place_at(cursor: Cursor | None) -> Place:
    """The place that a cursor leads to; the beginning where it leads nowhere."""
    try:
        return _PLACE.decode(cursor) if cursor else Place()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Place()
