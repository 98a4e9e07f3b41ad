"""The list of parcels that changed, from a moment on, page by page."""

from datetime import datetime

import msgspec

from crossdock import ConnectionContext, Cursor, Page, Unavailable
from crossdock_shipping.lookup.answers import NOT_JSON, parcels_in
from crossdock_shipping.lookup.settings import ShippingSettings


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """From when on the list is wanted; within a reading, when that began and which page follows."""

    since: datetime
    started: datetime | None = None
    page: str = ""


_PLACE = msgspec.json.Decoder(Place)


async def changed_page(ctx: ConnectionContext[ShippingSettings], cursor: Cursor | None) -> Page:
    """One page of parcels; the checkpoint moves when the list has come to its end."""
    now = ctx.clock.now()
    place = _read(cursor) or Place(since=now - ctx.settings.first_run)
    asked = {"changed_since": place.since.isoformat()} | ({"page": place.page} if place.page else {})
    answer = await ctx.http.get("/parcels", params=asked)
    told, started = parcels_in(ctx.name, answer.content), place.started or now
    if not told.next_page:
        return Page(told.records, checkpoint=_written(Place(since=started - ctx.settings.overlap)))
    if told.next_page == place.page:
        raise Unavailable(f"{ctx.name} says that page {place.page} of its list is followed by itself")
    onward = Place(since=place.since, started=started, page=told.next_page)
    return Page(told.records, cursor=_written(onward), more=True, checkpoint=_written(Place(since=place.since)))


def _read(cursor: Cursor | None) -> Place | None:
    try:
        return _PLACE.decode(cursor) if cursor else None
    except NOT_JSON:
        return None


def _written(place: Place) -> Cursor:
    return msgspec.json.encode(place).decode()
