"""Parcels of a look-up service: by the order number that the warehouse printed on them, told by itself, or listed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from crossdock import ConnectionContext, Cursor, Page, Record, Unreadable
from crossdock.domain import Parcel
from crossdock_shipping.lookup.answers import parcels_in
from crossdock_shipping.lookup.listing import changed_page
from crossdock_shipping.lookup.models import ParcelTold
from crossdock_shipping.lookup.push import pushed_records
from crossdock_shipping.lookup.settings import ShippingSettings


class ShippingParcels:
    """One look-up service as a shipping provider."""

    def __init__(self, ctx: ConnectionContext[ShippingSettings]) -> None:
        self._ctx = ctx

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        answer = await self._ctx.http.get("/parcels", params={"reference": request_number})
        return parcels_in(self._ctx.name, answer.content).records

    def read_parcel(self, record: Record) -> Parcel:
        try:
            return _parcel(ParcelTold.model_validate_json(record.data))
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise Unreadable(f"parcel {record.id}: {where}: {fault['msg']}") from None
        except OverflowError:
            raise Unreadable(f"parcel {record.id}: shipped_at is out of range") from None

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        return pushed_records(headers, body, now, self._ctx.settings)

    async def check(self) -> Sequence[str]:
        await self.find_parcels("crossdock-check")
        return [f"the parcel look-up at {self._ctx.settings.base_url} takes the key"]


class ListedParcels(ShippingParcels):
    """A look-up service that lists what changed, too."""

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        return await changed_page(self._ctx, cursor)

    async def check(self) -> Sequence[str]:
        await changed_page(self._ctx, None)
        return [*await super().check(), "it lists the parcels that changed"]


def _parcel(told: ParcelTold) -> Parcel:
    return Parcel(
        external_id=told.id,
        reference=told.reference,
        tracking_number=told.tracking_number,
        carrier=told.carrier or "",
        service_level=told.service or "",
        box=told.box or "",
        shipped_at=told.shipped_at,
        voided=told.voided,
        cost=told.cost,
        weight=told.weight,
        tracking_url=told.tracking_url or "",
    )
