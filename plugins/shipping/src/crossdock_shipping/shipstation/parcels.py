"""Labels as they are made and voided in one account, whoever bought them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record
from crossdock.domain import Parcel
from crossdock_shipping.shipstation.client import decoded, look_up
from crossdock_shipping.shipstation.errors import NOT_JSON
from crossdock_shipping.shipstation.records import RawLabel, read_parcel, records_of, told_by
from crossdock_shipping.shipstation.settings import ShipStationSettings

UNFINISHED = timedelta(hours=1)
"""How long a label that is still being made holds a listing back; ShipStation does not say how long one takes."""


class _Labels(msgspec.Struct):
    labels: list[msgspec.Raw]
    page: int
    pages: int


class _Shipments(msgspec.Struct):
    shipments: list[msgspec.Raw]


class _Named(msgspec.Struct):
    shipment_id: str
    external_shipment_id: str | None = None
    shipment_number: str | None = None


class _Carriers(msgspec.Struct):
    carriers: list["CarrierTold"]


class CarrierTold(msgspec.Struct):
    """A carrier account that is connected to the account."""

    carrier_id: str
    carrier_code: str | None = None
    disabled_by_billing_plan: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk has come: first what was made since `since`, then what was voided.

    `reached` is up to when all labels were seen; it stays where it is once `held` by one that is still being made.
    """

    since: datetime
    reached: datetime
    list_name: str = "made"
    page: int = 1
    held: bool = False

    @classmethod
    def of(cls, cursor: Cursor) -> "Place":
        """The place that a cursor or a checkpoint leads to; raises `NeedsConfig` when it is neither."""
        since, _, rest = cursor.partition(" ")
        reached, list_name, page, held = rest.split(" ") if rest.count(" ") == 3 else (since, "made", "1", "free")
        begin, end = instant(since), instant(reached)
        if begin is None or end is None or list_name not in ("made", "voided") or not page.isdecimal():
            raise NeedsConfig(f"the cursor {cursor[:80]!r} is none of ShipStation's; reset the flow's cursor")
        return cls(begin, end, list_name, int(page), held == "held")

    def __str__(self) -> str:
        held = "held" if self.held else "free"
        return f"{self.since.isoformat()} {self.reached.isoformat()} {self.list_name} {self.page} {held}"

    def past(self, labels: Sequence[RawLabel], now: datetime) -> "Place":
        """The place behind these labels, which come in the order in which they were made."""
        place = self
        for label in labels:
            made = instant(label.outline.created_at if label.outline else None)
            if made is None or place.held:
                continue
            if label.outline and label.outline.status == "processing" and made > now - UNFINISHED:
                place = replace(place, held=True)
            else:
                place = replace(place, reached=max(place.reached, min(made, now)))
        return place


class ShipStationParcels:
    """One account as a shipping provider."""

    def __init__(self, ctx: ConnectionContext[ShipStationSettings]) -> None:
        self._ctx = ctx

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        settings = self._ctx.settings
        query = {settings.reference: request_number, "page_size": str(settings.page_size)}
        answer = await self._ctx.http.get("/v2/shipments", params=query)
        listed = decoded(answer, _Shipments, "a list of shipments").shipments
        shipments = [shipment for shipment in map(bytes, listed) if self._is_named(shipment, request_number)]
        found = await asyncio.gather(*(self._of_shipment(shipment) for shipment in shipments))
        return [record for records in found for record in records]

    def read_parcel(self, record: Record) -> Parcel:
        return read_parcel(record, self._ctx.settings)

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        place = Place.of(cursor) if cursor else self._beginning()
        labels, more = await self._page(place)
        if place.list_name == "made":
            place = place.past(labels, self._ctx.clock.now())
        else:
            labels = [label for label in labels if _voided_since(label, place.since)]
        records = await self._records(told_by(labels))
        following = self._following(place, more)
        if following is None:
            # Rows may still be shown that are older than the newest one seen.
            return Page(records, checkpoint=max(place.since, place.reached - self._ctx.settings.overlap).isoformat())
        return Page(records, cursor=str(following), more=True, checkpoint=place.since.isoformat())

    async def check(self) -> Sequence[str]:
        carriers = await self.carriers()
        if strange := sorted(set(self._ctx.settings.carrier_ids) - {carrier.carrier_id for carrier in carriers}):
            raise NeedsConfig(f"carrier_ids: the account has no {', '.join(strange)}; it has {_named(carriers)}")
        return [
            f"ShipStation at {self._ctx.settings.base_url} takes the key",
            f"carriers of the account: {_named(carriers)}"
            if carriers
            else "no carrier is connected, so that no label can be bought",
        ]

    async def carriers(self) -> list[CarrierTold]:
        """The carrier accounts that labels can be bought from."""
        answer = await self._ctx.http.get("/v2/carriers")
        carriers = decoded(answer, _Carriers, "the carriers").carriers
        return [carrier for carrier in carriers if not carrier.disabled_by_billing_plan]

    async def labels_of(self, shipment_id: str) -> list[RawLabel]:
        """All labels that were made for one shipment, also those that were voided."""
        query = {"shipment_id": shipment_id, "page_size": str(self._ctx.settings.page_size)}
        labels = (await self._listed(query)).labels
        found = [RawLabel.of(bytes(label)) for label in labels]
        return [label for label in found if label.outline is None or label.outline.shipment_id in (None, shipment_id)]

    async def _of_shipment(self, shipment: bytes) -> list[Record]:
        labels = told_by(await self.labels_of(msgspec.json.decode(shipment, type=_Named).shipment_id))
        return [record for label in labels for record in records_of(label, shipment)]

    def _is_named(self, shipment: bytes, number: str) -> bool:
        """Whether it is of this order: the filter of the list is not documented to be exact."""
        try:
            named = msgspec.json.decode(shipment, type=_Named)
        except NOT_JSON:
            return False
        return bool(getattr(named, self._ctx.settings.reference) == number)

    def _beginning(self) -> Place:
        since = self._ctx.clock.now() - timedelta(days=self._ctx.settings.first_days)
        return Place(since, since)

    async def _page(self, place: Place) -> tuple[list[RawLabel], bool]:
        listed = await self._listed(self._query(place) | {"page": str(place.page)})
        return [RawLabel.of(bytes(label)) for label in listed.labels], listed.page < listed.pages

    async def _listed(self, query: Mapping[str, str]) -> _Labels:
        # The oldest first: what is added while the pages are walked comes at the end, or shows a row twice.
        ordered = {"sort_by": "created_at", "sort_dir": "asc", **query}
        return decoded(await self._ctx.http.get("/v2/labels", params=ordered), _Labels, "a list of labels")

    def _query(self, place: Place) -> dict[str, str]:
        size = {"page_size": str(self._ctx.settings.page_size)}
        if place.list_name == "made":
            return size | {"created_at_start": _moment(place.since)}
        # Counted from what was seen and not from now, so that all pages of a run are of one list.
        watched = place.reached - timedelta(days=self._ctx.settings.voided_days)
        return size | {"created_at_start": _moment(watched), "label_status": "voided"}

    def _following(self, place: Place, more: bool) -> Place | None:
        if more:
            return replace(place, page=place.page + 1)
        if place.list_name == "made" and self._ctx.settings.voided_days:
            return replace(place, list_name="voided", page=1)
        return None

    async def _records(self, labels: Sequence[RawLabel]) -> tuple[Record, ...]:
        """One record a box; the shipment is fetched for a label that does not show it."""
        wanted = {
            label.outline.shipment_id
            for label in labels
            if label.outline and label.outline.shipment_id and not label.outline.shows_shipment
        }
        ids = sorted(wanted)
        shipments = dict(zip(ids, await asyncio.gather(*map(self._shipment, ids)), strict=True))
        return tuple(
            record
            for label in labels
            for record in records_of(label, shipments.get(label.outline.shipment_id or "") if label.outline else None)
        )

    async def _shipment(self, shipment_id: str) -> bytes | None:
        return await look_up(self._ctx.http, f"/v2/shipments/{shipment_id}")


def _moment(moment: datetime) -> str:
    """A moment in UTC as the filters take it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def instant(text: str | None) -> datetime | None:
    """A moment that ShipStation told, in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _voided_since(label: RawLabel, since: datetime) -> bool:
    """Whether a voided label may be news; one that does not say when it was voided always may."""
    voided_at = instant(label.outline.voided_at) if label.outline else None
    return voided_at is None or voided_at >= since


def _named(carriers: Sequence[CarrierTold]) -> str:
    """Carrier accounts by their code, as rules name them, and by their id, as `carrier_ids` does."""
    return ", ".join(f"{carrier.carrier_code or 'without a code'} ({carrier.carrier_id})" for carrier in carriers)
