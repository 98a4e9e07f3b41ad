"""The list of shipments, from a place in time to now, as often as something in it may have changed."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from crossdock import ConnectionContext, Cursor, Page, Record, Unavailable
from crossdock_shipping.easypost.calls import bought_page
from crossdock_shipping.easypost.reading import NOT_JSON, record_of
from crossdock_shipping.easypost.settings import EasyPostSettings


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a reading of the list begins, and within one, how far it has come.

    `since` and `reread` are those of the beginning: from when on the list is wanted, and when all of `history` was read
    last. `started` is set within a reading, which goes back `until` from the newest shipment, `newest`, to the one
    before `before`.
    """

    since: datetime
    reread: datetime
    started: datetime | None = None
    until: datetime | None = None
    before: str = ""
    newest: datetime | None = None


class Glance(msgspec.Struct):
    """As much of a shipment as paging needs."""

    id: str
    created_at: datetime
    is_return: bool | None = None
    tracking_code: str | None = None


_PLACE = msgspec.json.Decoder(Place)
_GLANCE = msgspec.json.Decoder(Glance)


async def shipments_page(ctx: ConnectionContext[EasyPostSettings], cursor: Cursor | None) -> Page:
    """One page of labels that were sold; the checkpoint moves when the reading has come to its end."""
    place = place_of(cursor, ctx.clock.now(), ctx.settings)
    until = place.until or place.since
    window = {"start_datetime": moment(until)} | ({"before_id": place.before} if place.before else {})
    listed = await bought_page(ctx, **window)
    rows = [bytes(row) for row in listed.shipments]
    glances = [glance for row in rows if (glance := glance_at(row))]
    records = records_in(rows)
    if listed.has_more and not _is_past(glances, until):
        onward = _onward(place, glances)
        return Page(records, cursor=_written(onward), more=True, checkpoint=_written(_beginning(place)))
    return Page(records, checkpoint=_written(_after(_seen(place, glances), ctx.settings)))


async def sold_within(ctx: ConnectionContext[EasyPostSettings], window: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Every raw shipment with a label that was drafted within a window, the newest first."""
    before: dict[str, str] = {}
    while True:
        page = await bought_page(ctx, **window, **before)
        for row in page.shipments:
            yield bytes(row)
        last = glance_at(bytes(page.shipments[-1])) if page.has_more else None
        if last is None or last.id == before.get("before_id"):
            return
        before = {"before_id": last.id}


def place_of(cursor: Cursor | None, now: datetime, settings: EasyPostSettings) -> Place:
    """The place that a cursor leads to; one that begins a reading is told how far back it goes."""
    history = timedelta(seconds=settings.history)
    place = _read(cursor) or Place(since=now - history, reread=now)
    if place.started is not None:
        return place
    until = min(place.since, now - history) if _is_due(place, now, settings) else place.since
    return msgspec.structs.replace(place, started=now, until=until)


def records_in(rows: list[bytes]) -> tuple[Record, ...]:
    """The raw labels of a page: no returns, which no order ships by."""
    return tuple(record_of(row) for row in rows if _is_ours(glance_at(row)))


def glance_at(row: bytes) -> Glance | None:
    """The outline of a raw shipment; None when it has none."""
    try:
        glance = _GLANCE.decode(row)
        return msgspec.structs.replace(glance, created_at=glance.created_at.astimezone(UTC))
    except (*NOT_JSON, OverflowError):
        return None


def moment(when: datetime) -> str:
    """A time as EasyPost takes it, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_due(place: Place, now: datetime, settings: EasyPostSettings) -> bool:
    """Whether a reading that begins now reads all of `history` again."""
    return now - place.reread >= timedelta(seconds=settings.reread_every)


def _is_ours(glance: Glance | None) -> bool:
    """Whether a row is a label of something that goes out; what cannot be read is for the reader to say."""
    return glance is None or (not glance.is_return and bool(glance.tracking_code))


def _is_past(glances: list[Glance], until: datetime) -> bool:
    """Whether the page reaches behind the wanted time, so that all that follows is older."""
    return bool(glances) and glances[-1].created_at < until


def _onward(place: Place, glances: list[Glance]) -> Place:
    if not glances or glances[-1].id == place.before:
        raise Unavailable("EasyPost's list of shipments does not go on behind a page; nothing was left out")
    return msgspec.structs.replace(_seen(place, glances), before=glances[-1].id)


def _seen(place: Place, glances: list[Glance]) -> Place:
    times = [glance.created_at for glance in glances] + ([place.newest] if place.newest else [])
    return msgspec.structs.replace(place, newest=max(times, default=None))


def _beginning(place: Place) -> Place:
    return Place(since=place.since, reread=place.reread)


def _after(place: Place, settings: EasyPostSettings) -> Place:
    """Where the next reading begins: `overlap` before the newest shipment of this one, and never in the future."""
    began = place.started or place.since
    overlap = timedelta(seconds=settings.overlap)
    since = max(place.since, min(place.newest, began) - overlap) if place.newest else place.since
    return Place(since=since, reread=began if _is_due(place, began, settings) else place.reread)


def _read(cursor: Cursor | None) -> Place | None:
    try:
        return _PLACE.decode(cursor) if cursor else None
    except NOT_JSON:
        return None


def _written(place: Place) -> Cursor:
    return msgspec.json.encode(place).decode()
