"""Purchase orders into WarehouseOS, each verified by reading it back."""

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import ValidationError

from crossdock import ConnectionContext, NeedsConfig, OutcomeUnknown, Receipt, Rejected, Unavailable, error_text
from crossdock.domain import PurchaseOrder
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.errors import found_body, not_as_promised, refusal_of
from crossdock_warehouseos.receiving.document import (
    PurchaseOrderFound,
    PurchaseOrderWriter,
    differences,
    found_model,
    head_differences,
    left_alone,
    require_clear,
)
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.writing import write


class PurchaseOrders:
    """Tells one tenant which goods to expect.

    WarehouseOS matches lines by item number and HostId, adds those that it does not have and deletes none
    (documented). So the whole order is sent each time, and what counts is what stands there afterwards.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._http = ctx.http
        self._profile = ctx.settings.profile
        self._writer = PurchaseOrderWriter(self._profile)
        self._found = found_model(self._profile)

    async def expect(self, order: PurchaseOrder) -> Receipt:
        """Create or update one; raises `Rejected` with what WarehouseOS expects otherwise."""
        require_clear(order)
        document = self._writer.document(order, await self._standing(order.number))
        if document is None:
            return Receipt(order.number, "nothing of it is expected, and WarehouseOS has none of its lines")
        lost = await self._send(order, document)
        standing = await self._read_back(order.number)
        differing = differences(order, standing) + (head_differences(order, standing) if lost else [])
        if standing is None or differing:
            said = f"purchase order {order.number} is not as sent: {'; '.join(differing) or 'it is gone'}"
            raise OutcomeUnknown(f"{said} ({lost})") if lost else Rejected(said)
        return Receipt(order.number, _note(order, standing))

    async def _send(self, order: PurchaseOrder, document: bytes) -> OutcomeUnknown | None:
        """Send it; the error when no answer tells what became of it, raises `Rejected` when the answer is no."""
        path = self._profile.paths.save_purchase_order
        try:
            answer = await write(self._http, path, document, "paths.save_purchase_order")
        except OutcomeUnknown as lost:
            return lost
        if answer.is_success and fields(answer.content) is None:
            return OutcomeUnknown(f"WarehouseOS answered with {error_text(answer.content, 120) or 'nothing'}")
        if words := refusal_of(answer, self._profile.answer):
            raise Rejected(f"purchase order {order.number}: {words}")
        return None

    async def _read_back(self, number: str) -> PurchaseOrderFound | None:
        """What stands there after it was sent; as long as that cannot be read, nothing is known."""
        try:
            return await self._standing(number)
        except Unavailable as error:
            raise OutcomeUnknown(f"purchase order {number} was sent, and cannot be read back: {error}") from None

    async def _standing(self, number: str) -> PurchaseOrderFound | None:
        profile = self._profile
        query = {profile.query.purchase_order: number}
        answer = await self._http.get(profile.paths.get_purchase_order, params=query, raw=True)
        body = found_body(answer, "paths.get_purchase_order")
        told = {} if body is None else fields(body)
        if told is None:
            raise not_as_promised("the look-up of a purchase order", answer.content)
        if told.get(profile.purchase_order.number) is None:
            return None
        return self._the_one(told, number)

    def _the_one(self, told: Mapping[str, Any], number: str) -> PurchaseOrderFound:
        try:
            found = self._found.model_validate(told)
        except ValidationError:
            raise not_as_promised("the look-up of a purchase order", msgspec.json.encode(told)) from None
        if found.number != number:
            raise NeedsConfig(
                f"WarehouseOS was asked for purchase order {number} and gave {found.number}; "
                "compare profile.query.purchase_order in the settings with Admin > API Docs of the tenant"
            )
        return found


def _note(order: PurchaseOrder, standing: PurchaseOrderFound) -> str:
    """Which lines stand there besides ours."""
    others = [f"{item} ({host_id or 'without HostId'})" for item, host_id in left_alone(order, standing)]
    return f"lines that are not ours were left alone: {', '.join(others)}" if others else ""
