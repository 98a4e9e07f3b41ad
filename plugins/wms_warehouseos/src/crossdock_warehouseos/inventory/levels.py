"""What lies where in WarehouseOS, and the totals below one Master Item."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, WrapValidator

from crossdock import ConnectionContext, Cursor, Page, Record
from crossdock.domain import InventoryLevel, Place, StockModel, digest
from crossdock_warehouseos.answers import NOT_JSON, entries, parts
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.listing import Listing, read_row
from crossdock_warehouseos.models import Difference, Pieces, Told, if_readable, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import moment

FIRST_YEAR = 2000
"""A moment before is none: systems write the beginning of their calendar for "never"."""

MOST_SHIFTED = 100
"""How many rows may slip from one page to the next while both are read."""


class LevelRow(Told):
    """So many pieces of one item, in one location or in all."""

    item: str = Field(min_length=1)
    quantity: Difference
    area: str | None = None
    location: str | None = None
    allocated: Annotated[Pieces | None, WrapValidator(if_readable)] = None
    counted_at: Annotated[datetime | None, WrapValidator(if_readable)] = None

    def level(self, zone: tzinfo = UTC) -> InventoryLevel:
        """The same in the words of the trade: WarehouseOS tells what is on hand, which falls at the pick."""
        known = self.counted_at is not None and self.counted_at.year >= FIRST_YEAR
        return InventoryLevel(
            sku=self.item,
            model=StockModel.ON_HAND,
            quantity=self.quantity,
            place=place_of(self.area or "", self.location or ""),
            allocated=self.allocated,
            counted_at=moment(self.counted_at, zone) if known and self.counted_at else None,
        )


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
        """One page of levels, an item in a location each.

        Nobody holds the list still: where stock comes into an empty location while it is read, the rows behind move
        down, and the last of a page are the first of the next again. They would count twice, and are left out.
        """
        place, _, before = (cursor or "").partition("\n")
        page = await self._listing.page(place or None)
        seen = set(before.split())
        first = page.records[:MOST_SHIFTED] if seen else ()
        again = {position for position, record in enumerate(first) if self._mark(record) in seen}
        if again:
            self._log.info("rows of the list of levels that came twice are counted once", rows=len(again))
        records = tuple(record for position, record in enumerate(page.records) if position not in again)
        marks = " ".join(self._mark(record) for record in page.records[-MOST_SHIFTED:])
        return Page(records, cursor=f"{page.cursor}\n{marks}" if page.more else None, more=page.more)

    def read(self, record: Record) -> InventoryLevel:
        """Translate one level; pure."""
        return read_row(self._row, record.data, f"level {record.id}").level(self._zone)

    async def under(self, master_item: str) -> Sequence[InventoryLevel]:
        """The total of every item below a Master Item, wherever it lies."""
        profile = self._profile
        query = {profile.query.master_item: master_item}
        answer = await self._http.get(profile.paths.get_summary, params=query, raw=True)
        require_success(answer, "paths.get_summary")
        rows = entries(answer.content, profile.summary.list)
        if rows is None:
            raise not_as_promised("the inventory summary", answer.content)
        return [read_row(self._total, bytes(row), f"summary of {master_item}").level() for row in rows]

    def _mark(self, record: Record) -> str:
        """Stands for a row whatever its numbers are; one that cannot be read is itself."""
        try:
            lasting = [(name, bytes(value)) for name, value in parts(record.data).items() if name not in self._changing]
        except NOT_JSON:
            return record.id
        return digest(repr(lasting).encode()).hex()
