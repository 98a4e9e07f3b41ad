"""A fulfillment request as the order document that WarehouseOS takes."""

from typing import Any

import msgspec

from crossdock import Rejected
from crossdock.domain import Address, Attachment, FulfillmentRequest, RequestLine
from crossdock_warehouseos.lines import without_own_id, without_sku
from crossdock_warehouseos.orders.order_fields import CustomFieldNames
from crossdock_warehouseos.settings import WarehouseOSSettings


def require_clear(request: FulfillmentRequest) -> None:
    """Refuse here what WarehouseOS would skip in silence, or what would not be known again in its picks."""
    for what in ("number", "key"):
        if not getattr(request, what).strip():
            known = f"order {request.order_number or request.number}"
            raise Rejected(f"{known}: the request has no {what}, and would not be known again in WarehouseOS")
    if skipped := without_sku(request.lines) or ["there are no lines"] * (not request.lines):
        raise Rejected(f"order {request.number}: {', '.join(skipped)}, and WarehouseOS skips such an order as a whole")
    if nameless := without_own_id(request.lines):
        raise Rejected(f"order {request.number}: {'; '.join(nameless)}, and its picks could not be told apart")


class OrderWriter:
    """Writes order documents under a tenant's field names; pure. Fields without content are left out, none is cut.

    A custom field of the request goes where the settings say, or into the custom field of its very name, if that is
    free.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        profile = settings.profile
        self._names = profile.order
        self._line_names = profile.line
        self._attachment_names = profile.attachment
        self._address_names = tuple(profile.address.model_dump().items())
        self._status = profile.statuses.hold if settings.create_on_hold else profile.statuses.available
        self._default_area = settings.default_area
        self._source = settings.source
        self._custom = CustomFieldNames(settings)
        self.key_field = self._custom.request_key
        self._encode = msgspec.json.Encoder().encode

    def document(self, request: FulfillmentRequest) -> bytes:
        """The order document, as JSON."""
        return self._encode(self.values(request))

    def values(self, request: FulfillmentRequest) -> dict[str, Any]:
        """The fields of the order document; times are still times."""
        names = self._names
        values: dict[str, Any] = {
            names.number: request.number,
            names.status: self._status,
            names.created_at: request.placed_at,
            names.deliver_by: request.deliver_by,
            names.ship_to: self._address(request.ship_to),
            names.carrier: request.carrier,
            names.service: request.service_level,
            names.notes: request.notes,
            names.source: request.source or self._source.replace("{site}", request.site).strip(),
            names.pick_area: request.area or self._default_area,
            self._custom.tags: ", ".join(dict.fromkeys(tag for tag in request.tags if tag.strip())),
            self._custom.site: request.site,
            self.key_field: request.key,
            names.attachments: [self._attachment(each) for each in request.attachments if each.url],
            names.lines: [self._line(line) for line in request.lines],
        }
        for field, name in self._custom.from_order.items():
            values[field] = request.custom_fields.get(name)
        values.update((name, text) for name, text in request.custom_fields.items() if self._custom.is_free(name))
        return {name: value for name, value in values.items() if name and value}

    def _address(self, address: Address) -> dict[str, str]:
        return {name: value for part, name in self._address_names if (value := getattr(address, part))}

    def _attachment(self, attachment: Attachment) -> dict[str, str]:
        names = self._attachment_names
        return {names.name: attachment.name, names.url: attachment.url}

    def _line(self, line: RequestLine) -> dict[str, str | int]:
        names = self._line_names
        values: dict[str, str | int] = {
            names.host_id: line.id,
            names.item: line.sku,
            names.quantity: line.quantity,
        }
        if line.gift_message or line.gift_notes:
            values[names.notes] = "\n".join(text for text in (line.gift_message, line.gift_notes) if text)
        return values
