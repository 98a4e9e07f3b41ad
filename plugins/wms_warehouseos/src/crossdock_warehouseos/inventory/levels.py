"""What lies where in WarehouseOS, and the totals below one Master Item."""

from collections.abc import Sequence

from pydantic import Field

from crossdock import ConnectionContext, Cursor, Page, Record
from crossdock.domain import InventoryLevel, Place, StockModel
from crossdock_warehouseos.answers import entries
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.listing import Listing, read_row
from crossdock_warehouseos.models import Difference, Told, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings


class LevelRow(Told):
    """So many pieces of one item, in one location or in all."""

    item: str = Field(min_length=1)
    quantity: Difference
    area: str | None = None
    location: str | None = None

    @property
    def level(self) -> InventoryLevel:
        """The same in the words of the trade: WarehouseOS tells what is on hand, which falls at the pick."""
        place = Place(area=self.area or "", location=self.location or "")
        return InventoryLevel(sku=self.item, model=StockModel.ON_HAND, quantity=self.quantity, place=place)


class Levels:
    """The levels of one tenant."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        profile, size = ctx.settings.profile, ctx.settings.list_page_size
        self._http = ctx.http
        self._profile = profile
        self._listing = Listing(ctx, "list_levels", profile.level.list, "the list of levels", size)
        self._row = renamed(LevelRow, profile.level.model_dump())
        self._total = renamed(LevelRow, profile.summary.model_dump())

    async def fetch(self, cursor: Cursor | None) -> Page:
        """One page of levels, an item in a location each."""
        return await self._listing.page(cursor)

    def read(self, record: Record) -> InventoryLevel:
        """Translate one level; pure."""
        return read_row(self._row, record.data, f"level {record.id}").level

    async def under(self, master_item: str) -> Sequence[InventoryLevel]:
        """The total of every item below a Master Item, wherever it lies."""
        profile = self._profile
        query = {profile.query.master_item: master_item}
        answer = await self._http.get(profile.paths.get_summary, params=query, raw=True)
        require_success(answer, "paths.get_summary")
        rows = entries(answer.content, profile.summary.list)
        if rows is None:
            raise not_as_promised("the inventory summary", answer.content)
        return [read_row(self._total, bytes(row), f"summary of {master_item}").level for row in rows]
