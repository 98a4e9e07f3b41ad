"""The areas and locations of WarehouseOS."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import WrapValidator

from crossdock import ConnectionContext, Cursor, Page, Record, error_text
from crossdock.domain import Area, BinLocation
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.listing import Listing, read_row
from crossdock_warehouseos.models import Filled, Told, if_readable, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings

InSequence = Annotated[int | None, WrapValidator(if_readable)]
"""Which one in a sequence; nothing depends on it."""


class AreaRow(Told):
    """A part of a warehouse."""

    name: Filled
    title: str | None = None


class LocationRow(Told):
    """A place where stock can lie."""

    name: Filled
    area: str | None = None
    title: str | None = None
    kind: str | None = None
    zone: str | None = None
    pick_sequence: InSequence = None
    allocation_sequence: InSequence = None
    putaway_sequence: InSequence = None


class Places:
    """The areas and locations of one tenant."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        profile, size = ctx.settings.profile, ctx.settings.list_page_size
        self._areas = Listing(ctx, "list_areas", profile.area.list, "the list of areas", size)
        self._locations = Listing(ctx, "list_locations", profile.location.list, "the list of locations", size)
        self._area = renamed(AreaRow, profile.area.model_dump())
        self._location = renamed(LocationRow, profile.location.model_dump())
        self._location_name = profile.location.name

    async def areas(self) -> Sequence[Area]:
        """All areas, in the order of WarehouseOS."""
        return [self._read_area(record) async for record in self._areas.all()]

    async def fetch_locations(self, cursor: Cursor | None) -> Page:
        """One page of locations."""
        return await self._locations.page(cursor)

    def location(self, record: Record) -> BinLocation:
        """Translate one location; pure."""
        name = error_text((fields(record.data) or {}).get(self._location_name) or "without a name", 60)
        told = read_row(self._location, record.data, f"location {record.id} ({name})").model_dump(exclude_none=True)
        return BinLocation(**told)

    def _read_area(self, record: Record) -> Area:
        return Area(**read_row(self._area, record.data, f"area {record.id}").model_dump(exclude_none=True))
