"""A tenant's lists, page by page, each row as it was sent."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record, Unreadable, error_text
from crossdock.domain import digest
from crossdock_warehouseos.answers import entries
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.faults import first_fault
from crossdock_warehouseos.settings import WarehouseOSSettings

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one page, each as it was sent; `cursor` leads to the next page (None: this was the last)."""

    number: int
    rows: Sequence[bytes] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: which entry of `profile.paths` leads there, what it is called in an answer and in words."""

    ctx: ConnectionContext[WarehouseOSSettings]
    entry: str
    list_name: str
    words: str
    size: int

    async def page(self, cursor: Cursor | None) -> Page:
        """One page, a record for each row, named by page and row."""
        told = await self.rows(cursor)
        records = tuple(Record(f"{told.number}/{place}", row) for place, row in enumerate(told.rows, 1))
        return Page(records, cursor=told.cursor, more=told.cursor is not None)

    async def rows(self, cursor: Cursor | None) -> Rows:
        """The rows of one page; raises `NeedsConfig` when the list cannot be seen as a whole.

        Only a page without rows ends a list, as a tenant may give fewer than were asked for. One that gives the same
        rows again does not count pages: that is all, unless it is as many rows as were asked for.
        """
        number, seen = _place(cursor)
        rows = await self._rows(number)
        mark = digest(b"\n".join(rows)).hex()
        if not rows or (mark == seen and len(rows) != self.size):
            return Rows(number)
        if mark == seen:
            raise NeedsConfig(
                f"WarehouseOS gives page {number} of {self.words} like the one before, so that what is behind it "
                "stays unseen; compare profile.query.page in the settings with Admin > API Docs of the tenant"
            )
        return Rows(number, rows, f"{number + 1} {mark}")

    async def all(self) -> AsyncIterator[Record]:
        """Every row."""
        page = await self.page(None)
        while page.records:
            for record in page.records:
                yield record
            page = await self.page(page.cursor)

    async def _rows(self, number: int) -> list[bytes]:
        profile = self.ctx.settings.profile
        query = {profile.query.page: str(number), profile.query.page_size: str(self.size)}
        answer = await self.ctx.http.get(getattr(profile.paths, self.entry), params=query, raw=True)
        require_success(answer, f"paths.{self.entry}")
        listed = entries(answer.content, self.list_name)
        if listed is None:
            raise not_as_promised(self.words, answer.content)
        return [bytes(row) for row in listed]


def read_row(model: type[M], row: bytes, words: str) -> M:
    """One row of a list; raises `Unreadable` with what is wrong with it."""
    try:
        return model.model_validate_json(row)
    except ValidationError as error:
        raise Unreadable(f"{words}: {first_fault(error, 'it')}") from None


def as_list(rows: Sequence[bytes]) -> bytes:
    """The rows as one JSON list, which `read_rows` reads."""
    return b"[%b]" % b",".join(rows)


def read_rows(model: type[M], data: bytes) -> Sequence[M]:
    """All rows of a JSON list at once; raises `Unreadable` with what is wrong with the first that cannot be read."""
    try:
        return _lists_of(model).validate_json(data)
    except ValidationError:
        return [read_row(model, row, f"row {n}, {error_text(row, 120)}") for n, row in enumerate(rows_in(data), 1)]


def rows_in(data: bytes) -> Sequence[bytes]:
    """The rows of a JSON list, each as it was sent; raises `Unreadable` when it is none."""
    rows = entries(data, "")
    if rows is None:
        raise Unreadable(f"no list of rows: {error_text(data, 120)}")
    return [bytes(row) for row in rows]


@lru_cache(256)
def _lists_of(model: type[M]) -> TypeAdapter[list[M]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


def _place(cursor: Cursor | None) -> tuple[int, str]:
    """The page that a cursor leads to, and the fingerprint of the one before it."""
    number, _, seen = (cursor or "1 ").partition(" ")
    return int(number), seen
