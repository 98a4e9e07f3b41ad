"""What lies where in WarehouseOS, and the totals below one Master Item."""

from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, WrapValidator

from crossdock import ConnectionContext, Cursor, Page, Record, Unreadable
from crossdock.domain import InventoryLevel, Place, StockModel
from crossdock_warehouseos.answers import NOT_JSON, entries, parts
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.listing import Listing, as_list, read_row, read_rows, rows_in
from crossdock_warehouseos.models import Difference, Filled, Moment, Pieces, Told, if_readable, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment

MOST_SHIFTED = 100
"""How many rows may slip from one page to the next while both are read, and change their numbers meanwhile."""

ROWS_AT_ONCE = 50
"""Rows that are one record: read together, which is quick, and forgotten before Python's collector looks at them."""

BYTES = "latin-1"
"""Takes any bytes into a cursor and out of it again."""

_LEVELS = TypeAdapter(list[InventoryLevel])


class LevelRow(Told):
    """So many pieces of one item, in one location or in all."""

    item: Filled
    quantity: Difference
    area: str | None = None
    location: str | None = None
    allocated: Annotated[Pieces | None, WrapValidator(if_readable)] = None
    counted_at: Annotated[Moment | None, WrapValidator(if_readable)] = None

    def told(self, zone: tzinfo) -> dict[str, object]:
        """The fields of an `InventoryLevel`: WarehouseOS tells what is on hand, which falls at the pick."""
        told = {
            "sku": self.item,
            "model": StockModel.ON_HAND,
            "quantity": self.quantity,
            "place": place_of(self.area or "", self.location or ""),
            "allocated": self.allocated,
        }
        if self.counted_at is not None:
            told["counted_at"] = moment(self.counted_at, zone)
        return told


@lru_cache(maxsize=4096)
def place_of(area: str, location: str) -> Place:
    """A place; many levels lie at the same."""
    return Place(area=area, location=location)


class Levels:
    """The levels of one tenant."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        profile, size = ctx.settings.profile, ctx.settings.list_page_size
        self._http = ctx.http
        self._log = ctx.log
        self._zone = ZoneInfo(ctx.settings.time_zone)
        self._profile = profile
        self._listing = Listing(ctx, "list_levels", profile.level.list, "the list of levels", size)
        self._row = renamed(LevelRow, profile.level.model_dump())
        self._total = renamed(LevelRow, profile.summary.model_dump())
        self._changing = {profile.level.quantity, profile.level.allocated, profile.level.counted_at}

    async def fetch(self, cursor: Cursor | None) -> Page:
        """One page of levels, an item in a location each; some of its rows are one record.

        Nobody holds the list still: where stock comes into an empty location while it is read, the rows behind move
        down, and the last of a page are the first of the next again. They would count twice, and are left out: to
        this end the cursor carries the rows of the page before.
        """
        place, _, before = (cursor or "").partition("\n")
        page = await self._listing.rows(place or None)
        rows = self._new(page.rows, rows_in(before.encode(BYTES))) if before else page.rows
        starts = range(0, len(rows), ROWS_AT_ONCE)
        records = tuple(Record(f"{page.number}/{at + 1}", as_list(rows[at : at + ROWS_AT_ONCE])) for at in starts)
        behind = f"{page.cursor}\n{as_list(page.rows).decode(BYTES)}" if page.cursor else None
        return Page(records, cursor=behind, more=page.cursor is not None)

    def read(self, record: Record) -> Sequence[InventoryLevel]:
        """Translate some rows; pure."""
        try:
            return _LEVELS.validate_python([row.told(self._zone) for row in read_rows(self._row, record.data)])
        except Unreadable as error:
            raise Unreadable(f"part {record.id} of the levels: {error}") from None

    async def under(self, master_item: str) -> Sequence[InventoryLevel]:
        """The total of every item below a Master Item, wherever it lies."""
        profile = self._profile
        query = {profile.query.master_item: master_item}
        answer = await self._http.get(profile.paths.get_summary, params=query, raw=True)
        require_success(answer, "paths.get_summary")
        rows = entries(answer.content, profile.summary.list)
        if rows is None:
            raise not_as_promised("the inventory summary", answer.content)
        told = [read_row(self._total, bytes(row), f"summary of {master_item}") for row in rows]
        return _LEVELS.validate_python([row.told(self._zone) for row in told])

    def _new(self, rows: Sequence[bytes], before: Sequence[bytes]) -> Sequence[bytes]:
        """The rows that did not stand on the page before, be it with other numbers."""
        same, seen = set(before), {self._mark(row) for row in before[-MOST_SHIFTED:]}
        first = [row for row in rows[:MOST_SHIFTED] if self._mark(row) not in seen]
        new = [row for row in (*first, *rows[MOST_SHIFTED:]) if row not in same]
        if len(new) < len(rows):
            again = len(rows) - len(new)
            self._log.info("rows of the list of levels that came twice are counted once", rows=again)
        return new

    def _mark(self, row: bytes) -> object:
        """Stands for a row whatever its numbers are; one that cannot be read is itself."""
        try:
            return tuple((name, bytes(value)) for name, value in parts(row).items() if name not in self._changing)
        except NOT_JSON:
            return row
