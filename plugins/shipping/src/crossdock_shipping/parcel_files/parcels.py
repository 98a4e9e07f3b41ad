"""Files of parcels as a shipping provider: each told when it is there, once more when it changed, then put away."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record, Rejected
from crossdock.domain import Parcel
from crossdock_shipping.parcel_files.folder import Folder
from crossdock_shipping.parcel_files.place import Place, Seen, place_at
from crossdock_shipping.parcel_files.reading import read_parcel
from crossdock_shipping.parcel_files.records import Told, broken_file, told_in
from crossdock_shipping.parcel_files.settings import ParcelFilesSettings

FILES_AT_ONCE = 50
"""So many files are looked at for one page, which is empty where none of them is news."""


class Opened(NamedTuple):
    """A file that was read, and what it tells."""

    name: str
    seen: Seen
    told: Told


class Ending(NamedTuple):
    """A whole file of which the last records were given out."""

    name: str
    mark: str
    ids: frozenset[str]


class Known(NamedTuple):
    """What all files told of each order number at a moment."""

    at: datetime
    by_reference: Mapping[str, Sequence[Record]]


class ParcelFiles:
    """The files of one shipping system."""

    def __init__(self, ctx: ConnectionContext[ParcelFilesSettings]) -> None:
        self._settings, self._clock = ctx.settings, ctx.clock
        self._folder = Folder(ctx)
        self._opened: Opened | None = None
        self._ending: Ending | None = None
        self._known: Known | None = None
        self._looking = asyncio.Lock()

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        """What the next file tells that is news; finished lines at once, the rest of it when it is whole."""
        place = place_at(cursor)
        if place.left is None:
            place = place.begun(await self._folder.names())
        for name in (place.left or [])[:FILES_AT_ONCE]:
            opened = await self._open(place, name)
            if opened is None:
                place = place.behind(name, None)
            elif not place.is_news(name, opened.seen):
                place = place.behind(name, opened.seen)
            elif opened.told.records:
                return self._page(place, opened)
            else:
                place = await self._behind_nothing(place, opened)
        return Page((), cursor=place.cursor, more=bool(place.left), checkpoint=place.checkpoint)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        """Put a file away whose last records are safe."""
        ending = self._ending
        if ending and ending.ids <= set(ids):
            await self._folder.put_away(ending.name, ending.mark)
            self._ending = None

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        """The labels of an order number in the files that are there."""
        async with self._looking:
            now, keeps = self._clock.now(), timedelta(seconds=self._settings.search_keeps)
            if self._known is None or not now < self._known.at + keeps:
                self._known = Known(now, await self._all_told())
        return self._known.by_reference.get(request_number, ())

    def read_parcel(self, record: Record) -> Parcel:
        return read_parcel(record, self._settings)

    async def check(self) -> Sequence[str]:
        names = await self._folder.names()
        await self._folder.require_done()
        return [
            f"{self._folder.name} has {len(names)} files that fit {self._folder.pattern}",
            *[await self._look_at(name) for name in names[-1:]],
        ]

    async def _look_at(self, name: str) -> str:
        """What a file tells; raises `NeedsConfig` if it cannot be read as the settings say."""
        told = told_in(name, await self._folder.find(name) or b"", self._settings, whole=False)
        if told.broken:
            raise NeedsConfig(f"the file {name} cannot be read: {told.broken}; correct `columns`, or files.pattern")
        return f"{name}, the last of them, tells of {len(told.records)} labels"

    async def _open(self, place: Place, name: str) -> Opened | None:
        """A file with what it tells, which is nothing where it has no news; None for one that is gone."""
        if self._opened and (self._opened.name, self._opened.seen) == (name, place.seen):
            return self._opened
        try:
            content = await self._folder.find(name)
        except Rejected as refused:
            return Opened(name, Seen("", self._clock.now(), whole=False), broken_file(name, str(refused)))
        if content is None:
            return None
        seen = place.seen_as(name, self._folder.mark(content), self._clock.now(), self._settings.settle)
        is_news = place.is_news(name, seen)
        return Opened(name, seen, told_in(name, content, self._settings, whole=seen.whole) if is_news else Told(()))

    def _page(self, place: Place, opened: Opened) -> Page:
        at, size = place.told_of(opened.seen), self._settings.page_size
        records = opened.told.records[at : at + size]
        if at + size < len(opened.told.records):
            self._opened = opened
            onward = place.within(opened.seen, at + size)
            return Page(records, cursor=onward.cursor, more=True, checkpoint=place.checkpoint)
        self._opened = None
        onward = place.behind(opened.name, self._remembered(opened))
        if self._goes_away(opened):
            self._ending = Ending(opened.name, opened.seen.mark, frozenset(record.id for record in records))
        return Page(records, cursor=onward.cursor, more=bool(onward.left), checkpoint=onward.checkpoint)

    async def _behind_nothing(self, place: Place, opened: Opened) -> Place:
        """The place behind a file without any label: there is nothing to be saved before it goes away."""
        if self._goes_away(opened):
            await self._folder.put_away(opened.name, opened.seen.mark)
        return place.behind(opened.name, self._remembered(opened))

    def _remembered(self, opened: Opened) -> Seen | None:
        """What is kept of a file: nothing of one that goes away, or of which not even the content is known."""
        return None if self._goes_away(opened) or not opened.seen.mark else opened.seen

    def _goes_away(self, opened: Opened) -> bool:
        return self._folder.moves and opened.seen.whole and not opened.told.broken

    async def _all_told(self) -> Mapping[str, Sequence[Record]]:
        by_reference: dict[str, list[Record]] = {}
        for name in await self._folder.names():
            told = await self._told_now(name)
            for reference, records in told.by_reference.items():
                by_reference.setdefault(reference, []).extend(records)
        return by_reference

    async def _told_now(self, name: str) -> Told:
        """What a file tells now; nothing where it cannot be read, which the reading of the folder tells."""
        try:
            content = await self._folder.find(name)
        except Rejected:
            return Told(())
        return told_in(name, content or b"", self._settings, whole=not self._settings.settle)
