"""The areas and locations of WarehouseOS."""

from collections.abc import Sequence

from pydantic import Field

from crossdock import ConnectionContext, Cursor, Page, Record
from crossdock.domain import Area, BinLocation
from crossdock_warehouseos.listing import Listing, read_row
from crossdock_warehouseos.models import Told, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings


class AreaRow(Told):
    """A part of a warehouse."""

    name: str = Field(min_length=1)
    title: str | None = None


class LocationRow(Told):
    """A place where stock can lie."""

    name: str = Field(min_length=1)
    area: str | None = None
    title: str | None = None
    kind: str | None = None
    zone: str | None = None
    pick_sequence: int | None = None
    allocation_sequence: int | None = None
    putaway_sequence: int | None = None


class Places:
    """The areas and locations of one tenant."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        profile, size = ctx.settings.profile, ctx.settings.list_page_size
        self._areas = Listing(ctx, "list_areas", profile.area.list, "the list of areas", size)
        self._locations = Listing(ctx, "list_locations", profile.location.list, "the list of locations", size)
        self._area = renamed(AreaRow, profile.area.model_dump())
        self._location = renamed(LocationRow, profile.location.model_dump())

    async def areas(self) -> Sequence[Area]:
        """All areas, in the order of WarehouseOS."""
        return [self._read_area(record) async for record in self._areas.all()]

    async def fetch_locations(self, cursor: Cursor | None) -> Page:
        """One page of locations."""
        return await self._locations.page(cursor)

    def location(self, record: Record) -> BinLocation:
        """Translate one location; pure."""
        told = read_row(self._location, record.data, f"location {record.id}").model_dump(exclude_none=True)
        return BinLocation(**told)

    def _read_area(self, record: Record) -> Area:
        return Area(**read_row(self._area, record.data, f"area {record.id}").model_dump(exclude_none=True))
