"""Lists of shipments, page by page, each row as it was sent.

A list shows the newest draft first and can be entered by when drafts were made, not by when they were bought or
cancelled. So a listing is two lists: all shipments of late, then those cancelled whose drafts are older. Both end at
the moment at which the listing began, and rows only ever come into them: a row that comes late pushes the others on, so
that pages by offset show one twice but leave none out.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record
from crossdock.domain import digest
from crossdock_shipping.karrio.errors import NOT_JSON, not_as_promised, require_success
from crossdock_shipping.karrio.models import CANCELLED, DRAFT
from crossdock_shipping.karrio.settings import KarrioSettings

SHIPMENTS = "/v1/shipments"


class Rows(msgspec.Struct):
    """One page as the server gives it."""

    results: list[msgspec.Raw]
    next: str | None = None


class Glance(msgspec.Struct):
    """As much of a row as tells whether it is wanted; the rest is read later."""

    id: str
    status: str = ""
    selected_rate: Any = None
    reference: str | None = None
    order_id: str | None = None
    metadata: Any = None

    def number_in(self, field: str) -> str:
        """The order number that stands in one of its fields."""
        return (getattr(self, field) or "").strip()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a listing is: when it began, how far back it looks, and how many rows of which list were seen."""

    began: datetime
    since: datetime
    voids: bool = False
    offset: int = 0


_rows = msgspec.json.Decoder(Rows)
_glance = msgspec.json.Decoder(Glance)
_place = msgspec.json.Decoder(Place)


class Listing:
    """The shipments of one server."""

    def __init__(self, ctx: ConnectionContext[KarrioSettings]) -> None:
        self._ctx = ctx

    async def page(self, cursor: Cursor | None) -> Page:
        """One page of bought shipments; the checkpoint is the moment at which this listing began."""
        place = self._entered(cursor)
        rows = await self._rows(self._window(place), place.offset)
        records = tuple(record for row in rows.results if (record := bought(bytes(row))))
        following = self._after(place, rows)
        if following is None:
            return Page(records, checkpoint=place.began.isoformat())
        return Page(records, cursor=msgspec.json.encode(following).decode(), more=True)

    async def of_number(self, number: str) -> AsyncIterator[bytes]:
        """Every raw shipment, drafts as well, of one order number, the newest first.

        The server finds what contains the number in whatever case, so the exact ones are picked out here.
        """
        field, offset, more = self._ctx.settings.number_in, 0, bool(number.strip())
        while more:
            rows = await self._rows({field: number}, offset)
            for row in map(bytes, rows.results):
                if glance_at(row).number_in(field) == number.strip():
                    yield row
            offset, more = offset + len(rows.results), bool(rows.next and rows.results)

    async def _rows(self, asked: Mapping[str, str], offset: int) -> Rows:
        query = {**asked, "limit": str(self._ctx.settings.page_size), "offset": str(offset)}
        answer = await self._ctx.http.get(SHIPMENTS, params=query, raw=True)
        require_success(answer, "a list of shipments")
        try:
            return _rows.decode(answer.content)
        except NOT_JSON:
            raise not_as_promised("a list of shipments", answer.content) from None

    def _entered(self, cursor: Cursor | None) -> Place:
        """Where a cursor leads: into a listing under way, or to the begin of a new one."""
        settings, now = self._ctx.settings, self._ctx.clock.now()
        if cursor is None:
            return Place(now, _before(now, settings.first_run))
        try:
            if cursor.startswith("["):
                return _place.decode(cursor)
            return Place(now, _before(datetime.fromisoformat(cursor), settings.overlap))
        except (*NOT_JSON, ValueError):
            raise NeedsConfig(f"{self._ctx.name}: '{cursor}' is no place in a list of shipments; reset it") from None

    def _window(self, place: Place) -> dict[str, str]:
        if not place.voids:
            return {"created_after": place.since.isoformat(), "created_before": place.began.isoformat()}
        since = _before(place.began, self._ctx.settings.voids)
        return {"status": CANCELLED, "created_after": since.isoformat(), "created_before": place.since.isoformat()}

    def _after(self, place: Place, rows: Rows) -> Place | None:
        """Where it goes on; None at the end of both lists."""
        if rows.next and rows.results:
            return msgspec.structs.replace(place, offset=place.offset + len(rows.results))
        older = _before(place.began, self._ctx.settings.voids) < place.since
        return None if place.voids or not older else msgspec.structs.replace(place, voids=True, offset=0)


def _before(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment - span
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)


def bought(row: bytes) -> Record | None:
    """The raw shipment under its id if it was bought; what cannot be looked into is kept under its content."""
    try:
        glance = _glance.decode(row)
    except NOT_JSON:
        return Record(f"digest:{digest(row).hex()}", row)
    return Record(glance.id, row) if glance.selected_rate is not None and glance.status != DRAFT else None


def glance_at(row: bytes) -> Glance:
    """A raw shipment at a glance; raises `Unavailable` where it is none, since it could be any order's label."""
    try:
        return _glance.decode(row)
    except NOT_JSON:
        raise not_as_promised("a look-up of shipments", row) from None
