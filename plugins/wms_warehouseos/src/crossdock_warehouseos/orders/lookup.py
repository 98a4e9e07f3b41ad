"""The order that has a number, read from WarehouseOS."""

from crossdock import ConnectionContext, NeedsConfig, Rejected
from crossdock.domain import FulfillmentRequest
from crossdock_warehouseos.errors import found_body
from crossdock_warehouseos.orders.found import OrderFound, OrderReader
from crossdock_warehouseos.settings import WarehouseOSSettings


class OrderLookup:
    """Reads what stands under the number of a request, and claims nothing that it has not seen."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings], reader: OrderReader) -> None:
        self._http = ctx.http
        self._profile = ctx.settings.profile
        self._reader = reader

    async def standing(self, request: FulfillmentRequest) -> OrderFound | None:
        """The order with the request's number and key, or None; raises `Rejected` if the number is somebody else's."""
        found = await self._order_with(request.number)
        if found is not None and (words := self._reader.stranger(found, request)):
            raise Rejected(
                f"order number {request.number} belongs to another order in WarehouseOS: {words}; "
                "renumber or delete one of them, then retry"
            )
        return found

    async def _order_with(self, number: str) -> OrderFound | None:
        profile = self._profile
        answer = await self._http.get(profile.paths.get_order, params={profile.query.order_number: number}, raw=True)
        body = found_body(answer, "paths.get_order")
        found = None if body is None else self._reader.read(body)
        if found is not None and found.number != number:
            raise NeedsConfig(
                f"WarehouseOS was asked for order {number} and gave {found.number}; "
                "compare profile.query.order_number in the settings with Admin > API Docs of the tenant"
            )
        return found
