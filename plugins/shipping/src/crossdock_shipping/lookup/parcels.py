"""Looks parcels up by the order number that the warehouse printed on them."""

from collections.abc import Sequence

import msgspec
from pydantic import ValidationError

from crossdock import ConnectionContext, Record, Unavailable, Unreadable, error_text
from crossdock.domain import Parcel, digest
from crossdock_shipping.lookup.models import ParcelTold
from crossdock_shipping.lookup.settings import ShippingSettings


class _Id(msgspec.Struct):
    id: str


class _Found(msgspec.Struct):
    parcels: list[msgspec.Raw]


class ShippingParcels:
    """One look-up service as a shipping provider."""

    def __init__(self, ctx: ConnectionContext[ShippingSettings]) -> None:
        self._ctx = ctx

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        answer = await self._ctx.http.get("/parcels", params={"reference": request_number})
        try:
            found = msgspec.json.decode(answer.content, type=_Found)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            words = error_text(answer.content, 120) or "nothing"
            raise Unavailable(f"{self._ctx.name} answered with something else than parcels: {words}") from None
        return [record_of(bytes(parcel)) for parcel in found.parcels]

    def read_parcel(self, record: Record) -> Parcel:
        try:
            told = ParcelTold.model_validate_json(record.data)
            return Parcel(
                tracking_number=told.tracking_number,
                carrier=told.carrier or "",
                service_level=told.service or "",
                box=told.box or "",
                shipped_at=told.shipped_at,
                voided=told.voided,
            )
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise Unreadable(f"parcel {record.id}: {where}: {fault['msg']}") from None
        except OverflowError:
            raise Unreadable(f"parcel {record.id}: shipped_at is out of range") from None

    async def check(self) -> Sequence[str]:
        await self.find_parcels("crossdock-check")
        return [f"the parcel look-up at {self._ctx.settings.base_url} takes the key"]


def record_of(parcel: bytes) -> Record:
    """The raw parcel under its id, or under its content where it has none."""
    try:
        return Record(msgspec.json.decode(parcel, type=_Id).id, parcel)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Record(f"digest:{digest(parcel).hex()}", parcel)
