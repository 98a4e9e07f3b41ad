"""Parcels of a karrio server: listed, looked up by order number, and told by the server itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from pydantic import ValidationError

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock_shipping.karrio.errors import NOT_JSON, not_as_promised, require_success
from crossdock_shipping.karrio.listing import Listing, bought
from crossdock_shipping.karrio.models import BOX, KEY, PieceTold, RateTold, ShipmentTold, text_of
from crossdock_shipping.karrio.push import pushed, require_proof
from crossdock_shipping.karrio.settings import KarrioSettings

UNITS = {"G": WeightUnit.GRAM, "KG": WeightUnit.KILOGRAM, "OZ": WeightUnit.OUNCE, "LB": WeightUnit.POUND}


class _Connection(msgspec.Struct):
    carrier_id: str
    carrier_name: str
    active: bool = True


class _Connections(msgspec.Struct):
    results: list[_Connection]


class KarrioParcels:
    """One karrio server as a shipping provider."""

    def __init__(self, ctx: ConnectionContext[KarrioSettings]) -> None:
        self._ctx = ctx
        self._listing = Listing(ctx)

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        rows = [bought(row) async for row in self._listing.of_number(request_number)]
        return [record for record in rows if record]

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        return await self._listing.page(cursor)

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        require_proof(headers, self._ctx.settings.webhook_secret)
        return pushed(body)

    def read_parcel(self, record: Record) -> Parcel:
        told = read_shipment(record)
        if not told.is_bought:
            raise Unreadable(f"shipment {record.id}: no label was bought for it yet")
        rate = told.selected_rate or RateTold()
        return Parcel(
            external_id=told.id,
            reference=told.order_id if self._ctx.settings.number_in == "order_id" else told.reference,
            key=text_of(told.metadata, KEY),
            box=text_of(told.metadata, BOX),
            tracking_number=told.tracking_number,
            carrier=rate.carrier or told.carrier_name,
            service_level=rate.service or told.service,
            cost=cost_of(rate),
            weight=weight_of(told.parcels),
            tracking_url=link_of(told),
            voided=told.is_voided,
        )

    async def check(self) -> Sequence[str]:
        answer = await self._ctx.http.get("/v1/connections", params={"active": "true", "limit": "100"}, raw=True)
        require_success(answer, "the carrier connections")
        try:
            found = msgspec.json.decode(answer.content, type=_Connections).results
        except NOT_JSON:
            raise not_as_promised("the carrier connections", answer.content) from None
        mode = "test" if answer.headers.get("x-test-mode") == "True" else "live"
        names = [one.carrier_id for one in found if one.active]
        self._require_carriers(names)
        return [
            f"karrio at {self._ctx.settings.base_url} takes the key; it is one for {mode} shipments",
            f"carriers: {', '.join(names) or 'none, so that no label can be bought'}",
        ]

    def _require_carriers(self, connected: Sequence[str]) -> None:
        if missing := [name for name in self._ctx.settings.carriers if name not in connected]:
            raise NeedsConfig(
                f"carriers names {', '.join(missing)}, but the server has only {', '.join(connected) or 'none'}; "
                "use the carrier_id of a connection that is active for this key"
            )


def read_shipment(record: Record) -> ShipmentTold:
    """A raw shipment; raises `Unreadable` with what is wrong with it."""
    try:
        return ShipmentTold.model_validate_json(record.data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise Unreadable(f"shipment {record.id}: {where or 'the record'}: {fault['msg']}") from None


def cost_of(rate: RateTold) -> Money | None:
    """What it costs, where both amount and currency are told."""
    if rate.total_charge is None or not rate.currency:
        return None
    return Money(amount=rate.total_charge, currency=rate.currency)


def weight_of(pieces: Sequence[PieceTold]) -> Weight | None:
    """What all pieces weigh together; None where one of them does not say it."""
    weighed = [(piece.weight, UNITS.get(piece.weight_unit)) for piece in pieces]
    known = [Weight(value=value, unit=unit) for value, unit in weighed if value and value > 0 and unit]
    if not known or len(known) < len(pieces):
        return None
    unit = known[0].unit
    return Weight(value=sum((one.into(unit) for one in known), Decimal(0)), unit=unit)


def link_of(told: ShipmentTold) -> str:
    """The carrier's own page; the server's tracking_url leads into its API, where a buyer is not let in."""
    link = text_of(told.meta, "tracking_url")
    return link if link.startswith(("https://", "http://")) else ""
