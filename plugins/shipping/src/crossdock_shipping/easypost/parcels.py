"""EasyPost as a shipping provider: what was sold there, whoever bought it, and labels to buy."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock import ConnectionContext, Cursor, Page, Record, Unreadable
from crossdock.domain import Address, AddressFinding, Parcel
from crossdock_shipping.easypost.addresses import checked
from crossdock_shipping.easypost.calls import bought_page, shipment_body, told_in
from crossdock_shipping.easypost.labels import EasyPostLabels
from crossdock_shipping.easypost.listing import shipments_page
from crossdock_shipping.easypost.models import ShipmentTold
from crossdock_shipping.easypost.push import pushed_records
from crossdock_shipping.easypost.reading import read_parcel, record_of
from crossdock_shipping.easypost.references import key_in
from crossdock_shipping.easypost.search import LatelySold
from crossdock_shipping.easypost.settings import EasyPostSettings


class EasyPostParcels(EasyPostLabels):
    """One EasyPost account."""

    def __init__(self, ctx: ConnectionContext[EasyPostSettings]) -> None:
        super().__init__(ctx)
        self._lately = LatelySold(ctx)

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        found = {record.id: record for record in await self._lately.of(request_number)}
        if self._ctx.settings.order_field == "reference" and request_number:
            body = await shipment_body(self._ctx, request_number)
            record = record_of(body) if body else None
            if record and self._is_for(record, request_number):
                found[record.id] = record
        return list(found.values())

    def read_parcel(self, record: Record) -> Parcel:
        return read_parcel(record, self._ctx.settings)

    async def fetch_parcels(self, cursor: Cursor | None) -> Page:
        return await shipments_page(self._ctx, cursor)

    async def check_address(self, address: Address) -> AddressFinding:
        return await checked(self._ctx, address)

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        return pushed_records(headers, body, now, self._ctx.settings.webhook)

    async def check(self) -> Sequence[str]:
        page = await bought_page(self._ctx)
        lines = [f"EasyPost at {self._ctx.settings.base_url} takes the key"]
        sold = [told_in(ShipmentTold, bytes(row), "a shipment") for row in page.shipments]
        if sold:
            self._require_mode(sold[0])
            lines.append(f"its labels are {sold[0].mode or 'of an unnamed mode'} labels")
        ours = next((told for told in sold if key_in(self._ctx.settings.reference_prefix, told.reference or "")), None)
        if ours:
            lines.append(await self._proof(ours))
        return lines

    async def _proof(self, ours: ShipmentTold) -> str:
        """Whether a label of ours is found under its reference, which is what keeps it from being bought twice."""
        body = await shipment_body(self._ctx, ours.reference or "")
        if body and told_in(ShipmentTold, body, "a shipment").reference == ours.reference:
            return f"label {ours.reference} is found under its reference"
        return f"label {ours.reference} is NOT found under its reference: buy no labels with this account"

    def _is_for(self, record: Record, number: str) -> bool:
        """Whether a shipment is a label for this order; EasyPost may give a draft, or what has a similar name."""
        try:
            return self.read_parcel(record).reference == number
        except Unreadable:
            return False
