"""All products as one file, which ChannelAdvisor prepares: a zip with one text file of rows between tabs.

An export is asked for, asked after until it is ready, downloaded to a temporary file and read from there row by row.
The place in it tells profile, token and row; after a restart the file is fetched again and the rows before it skipped.
"""

import csv
import io
import tempfile
import weakref
import zlib
from collections.abc import Generator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO
from zipfile import BadZipFile, ZipFile

import msgspec

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record, Rejected, Unavailable
from crossdock.domain import digest
from crossdock_channeladvisor.catalog.moments import moment_of
from crossdock_channeladvisor.files import ENDED_BADLY, read_progress
from crossdock_channeladvisor.inventory.lookup import every
from crossdock_channeladvisor.listing import Place, encoded
from crossdock_channeladvisor.models import VendorProfile
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

ROWS_AT_ONCE = 500
EXPORTED = ("Attributes",)
"""The collections of a product that an export is known to hold."""

csv.field_size_limit(2**27)  # descriptions can be longer than the 128 KB that csv takes by default


class ExportPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a walk through the exports of all profiles has come; `profiles`: those to do, the first one now.

    `began` is where the next run looks for updates from: when the first export was started.
    """

    profiles: tuple[int, ...]
    token: str = ""
    asked_at: datetime | None = None
    began: datetime | None = None
    row: int = 0

    @classmethod
    def of(cls, cursor: Cursor | None) -> "ExportPlace | None":
        """The place that a cursor stands for, if it is one in an export."""
        _, mark, text = (cursor or "").partition("export:")
        return msgspec.json.decode(text, type=cls) if mark and cursor == mark + text else None

    def cursor(self) -> Cursor:
        """The cursor that stands for this place."""
        return f"export:{msgspec.json.encode(self).decode()}"

    def page(self, records: Sequence[Record] = (), wait: float = 0.0) -> Page:
        """A page that ends at this place; the walk can be taken up here again."""
        return Page(tuple(records), self.cursor(), more=True, checkpoint=self.cursor(), wait=wait)


class _Lost(Exception):
    """Why an export will never give its file."""


class ProductExports:
    """Walks through the products of an account as files, one a profile."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._clock = ctx.clock
        self._log = ctx.log
        self._ours: set[str] = set()
        self._file: ExportFile | None = None

    async def begin(self) -> Page:
        """Start the export of the first profile."""
        profiles = tuple(self._settings.profile_ids) or await self._covered_profiles()
        return await self._start(ExportPlace(profiles))

    async def turn(self, place: ExportPlace) -> Page:
        """The rows at a place, or the wait for a file that is not ready."""
        if self._file is None or not self._file.is_at(place):
            self._close()
            try:
                url = await self._ready(place)
            except _Lost as lost:
                return await self._replace(place, str(lost))
            if url is None:
                return place.page(wait=self._settings.bulk_poll)
            self._file = await self._download(place, url)
        try:
            records = self._file.rows(ROWS_AT_ONCE)
        except Unavailable:
            self._close()  # a file that broke off must not look like one that has come to its end
            raise
        if not records:
            return await self._next_profile(place)
        return msgspec.structs.replace(place, row=self._file.row).page(records)

    async def _start(self, place: ExportPlace) -> Page:
        url = f"/v1/ProductExport?{encoded({'profileid': str(place.profiles[0])})}"
        answer = await self._http.send("POST", url, repeatable=True)  # an export too many does no harm
        progress = read_progress(answer.content, "an export")
        self._ours.add(progress.token)
        now = self._clock.now()
        began = place.began or moment_of(progress.started) or now
        return ExportPlace(place.profiles, progress.token, asked_at=now, began=began).page(
            wait=self._settings.bulk_poll
        )

    async def _ready(self, place: ExportPlace) -> str | None:
        """Where the file of an export is, or None while it is made."""
        try:
            answer = await self._http.get(f"/v1/ProductExport?{encoded({'token': place.token})}")
        except Rejected as error:
            raise _Lost(f"ChannelAdvisor no longer knows it: {error}") from error
        progress = read_progress(answer.content, "the state of an export")
        if progress.status in ENDED_BADLY:
            raise _Lost(f"ChannelAdvisor ended it with the status {progress.status}")
        if not progress.file and place.asked_at and self._clock.now() - place.asked_at > self._settings.bulk_patience:
            raise _Lost(f"it was not ready within {self._settings.bulk_patience} (`bulk_patience`)")
        return progress.file or None

    async def _replace(self, place: ExportPlace, reason: str) -> Page:
        """Another export in place of a lost one: at once if somebody else had begun it, else in the next run."""
        if place.token in self._ours:
            self._ours.discard(place.token)
            raise Unavailable(f"the export of profile {place.profiles[0]} gave no file and is begun anew: {reason}")
        self._log.warning("an export that was begun earlier is lost and begun anew", reason=reason)
        return await self._start(place)

    async def _next_profile(self, place: ExportPlace) -> Page:
        self._close()
        if len(place.profiles) > 1:
            return await self._start(ExportPlace(place.profiles[1:], began=place.began))
        return Page((), checkpoint=Place(since=place.began).cursor())

    async def _download(self, place: ExportPlace, url: str) -> "ExportFile":
        file = tempfile.TemporaryFile()  # noqa: SIM115 (it stays open from page to page)
        weakref.finalize(self, file.close)
        try:
            await self._http.download(url, file)
            return ExportFile(place, file)
        except BaseException:
            file.close()
            raise

    async def _covered_profiles(self) -> tuple[int, ...]:
        found = tuple([profile.id async for profile in every(self._http, "/v1/Profiles", VendorProfile)])
        if not found:
            raise NeedsConfig("the authorization covers no profile, so there are no products to export")
        return found

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


class ExportFile:
    """The rows of a downloaded export from a place on; raises `Unavailable` when it is no such file."""

    def __init__(self, place: ExportPlace, file: IO[bytes]) -> None:
        self._file = file
        self._token = place.token
        self._rows = read_rows(file)
        self.row = sum(1 for _ in islice(self._rows, place.row))

    def is_at(self, place: ExportPlace) -> bool:
        """Whether the next row is the one of this place."""
        return (self._token, self.row) == (place.token, place.row)

    def rows(self, most: int) -> list[Record]:
        """The next rows."""
        records = list(islice(self._rows, most))
        self.row += len(records)
        return records

    def close(self) -> None:
        """The file is gone with this."""
        self._rows.close()
        self._file.close()


def read_rows(file: IO[bytes]) -> Generator[Record]:
    """The rows of a zipped export as records: each cell of a row by the name of its column."""
    try:
        with ZipFile(file) as archive, archive.open(archive.namelist()[0]) as packed:
            lines = csv.reader(io.TextIOWrapper(packed, "utf-8-sig", "replace", newline=""), delimiter="\t")
            columns = next(lines, [])
            for cells in lines:
                if cells:
                    yield _record(columns, cells)
    except (BadZipFile, IndexError, EOFError, csv.Error, zlib.error) as error:
        raise Unavailable(f"the file of ChannelAdvisor's export cannot be read: {error}") from error


def _record(columns: Sequence[str], cells: Sequence[str]) -> Record:
    """One row; one whose cells do not fit the columns stays as it is, to become a problem that a person sees."""
    fits = len(columns) == len(cells)
    row = dict(zip(columns, cells, strict=True)) if fits else {"columns": len(columns), "cells": cells}
    data = msgspec.json.encode(row)
    key = next((value for column, value in row.items() if column.strip().upper() == "ID"), "") if fits else ""
    return Record(str(key) if str(key).isdecimal() else f"unreadable-{digest(data).hex()}", data)
