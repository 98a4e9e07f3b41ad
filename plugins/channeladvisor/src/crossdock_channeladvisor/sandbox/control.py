"""The control paths: what tests and demos know and do beside the API. They need no token and have no limits."""

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct, to_builtins
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.counts import Counts, Endpoint
from crossdock_channeladvisor.sandbox.documents import Fulfillment
from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.odata.bodies import read_body
from crossdock_channeladvisor.sandbox.odata.listing import encode
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.adjustments import buyer_cancels
from crossdock_channeladvisor.sandbox.orders.marketplace import Answer, answer_waiting
from crossdock_channeladvisor.sandbox.orders.pieces import open_quantities, shipped_quantities
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.webhooks.service import Webhooks

Wish = Callable[[bytes], dict[str, Any]]


class Mark(Struct, forbid_unknown_fields=True, kw_only=True):
    """An application that marks an order as exported, or removes its mark."""

    id: int
    application: str = "another-tool"
    removed: bool = False


class Cancellation(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a buyer cancels: an order, a line, or so many pieces of it."""

    id: int
    line: int | None = None
    quantity: int | None = None


class Control:
    """Answers the control paths."""

    def __init__(self, account: Account, webhooks: Webhooks, counts: Counts) -> None:
        self._account = account
        self._webhooks = webhooks
        self._counts = counts

    def routes(self) -> list[Route]:
        """Every control path but `/_faults`, which belongs to the fault plan."""
        wishes: dict[str, Wish] = {
            "/_orders": self._orders,
            "/_pay": lambda body: {"paid": self._account.pay_all()},
            "/_sell": lambda body: {"ID": self._account.sell(json.loads(body)).ID},
            "/_export": self._mark,
            "/_cancel": self._cancel,
            "/_marketplace": lambda body: answer_waiting(self._account, read_body(body, Answer)),
        }
        posts = [Route(path, _granted(wish), methods=["POST"]) for path, wish in wishes.items()]
        return [Route("/_truth", self._truth), *posts]

    async def _truth(self, request: Request) -> Response:
        touched = "touched" in request.query_params
        sales = (sale for sale in self._account.sales if not touched or _is_touched(sale))
        truth = {
            "orders": {str(sale.order.ID): _story(sale) for sale in sales},
            "webhooks": self._webhooks.truth(),
            **to_builtins(self._counts),
        }
        return Response(encode(truth), media_type="application/json")

    def _orders(self, body: bytes) -> dict[str, Any]:
        return {"ID": self._write(json.loads(body))}

    def _write(self, wish: dict[str, Any]) -> int:
        if "set" not in wish:
            return self._account.add_raw(wish).ID
        if "id" not in wish:
            return self._account.add_generated(wish["set"]).ID
        self._account.alter(wish["id"], wish["set"])
        return int(wish["id"])

    def _mark(self, body: bytes) -> dict[str, Any]:
        wish = read_body(body, Mark)
        change = self._account.unexport if wish.removed else self._account.mark
        change(wish.id, wish.application)
        return {"exported_for": sorted(self._account.sale(wish.id).exported_for)}

    def _cancel(self, body: bytes) -> dict[str, Any]:
        wish = read_body(body, Cancellation)
        buyer_cancels(self._account, wish.id, wish.line, wish.quantity)
        return {"ID": wish.id}


def _granted(wish: Wish) -> Endpoint:
    async def grant(request: Request) -> Response:
        try:
            return JSONResponse(wish(await request.body()))
        except Refused as refusal:
            return refusal.answer

    return grant


def _is_touched(sale: Sale) -> bool:
    return bool(sale.ships or sale.export_calls or sale.adjusted)


def _story(sale: Sale) -> dict[str, Any]:
    order = sale.order
    return {
        "number": order.SiteOrderID,
        "seller_number": order.SellerOrderID,
        "profile": order.ProfileID,
        "rollup": order.DistributionCenterTypeRollup,
        "payment": order.PaymentStatus,
        "checkout": order.CheckoutStatus,
        "shipping": order.ShippingStatus,
        "exported_for": sorted(sale.exported_for),
        "export_calls": sale.export_calls or {},
        "ships": sale.ships,
        "adjustments": [to_builtins(entry) for entry in sale.adjusted],
        "fulfillments": {str(each.ID): _fulfillment(each) for each in order.Fulfillments},
        "lines": _lines(sale),
    }


def _fulfillment(fulfillment: Fulfillment) -> dict[str, Any]:
    return {
        "distribution_center": fulfillment.DistributionCenterID,
        "delivery": fulfillment.DeliveryStatus,
        "external": fulfillment.ExternalFulfillmentStatus,
        "external_number": fulfillment.ExternalFulfillmentNumber,
        "tracking": fulfillment.TrackingNumber,
        "marketplace": sorted({str(row.MarketplaceShippingStatus) for row in fulfillment.Items}),
        "items": {str(row.OrderItemID): row.Quantity for row in fulfillment.Items},
    }


def _lines(sale: Sale) -> dict[str, dict[str, Any]]:
    still_open, shipped = open_quantities(sale.order), shipped_quantities(sale.order)
    cancelled, refunded = sale.units("Cancellation"), sale.units("Refund")
    return {
        str(item.ID): {
            "sku": item.Sku,
            "ordered": item.Quantity,
            "shipped": shipped[item.ID],
            "open": still_open[item.ID],
            "cancelled": cancelled[item.ID],
            "refunded": refunded[item.ID],
        }
        for item in sale.order.Items
    }
