"""The control paths: what tests and demos know and do beside the API. They need no token and have no limits."""

import json
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.account import Account, Sale
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.listing import encode
from crossdock_channeladvisor.sandbox.shipping import open_quantities, shipped_quantities


class Control:
    """Answers the control paths."""

    def __init__(self, account: Account, counts: Counts) -> None:
        self._account = account
        self._counts = counts

    def routes(self) -> list[Route]:
        """Every control path but `/_faults`, which belongs to the fault plan."""
        return [
            Route("/_truth", self._truth),
            Route("/_orders", self._orders, methods=["POST"]),
            Route("/_pay", self._pay, methods=["POST"]),
        ]

    async def _truth(self, request: Request) -> Response:
        touched = "touched" in request.query_params
        sales = (sale for sale in self._account.sales if not touched or sale.ships or sale.export_calls)
        truth = {
            "orders": {str(sale.order.ID): _story(sale) for sale in sales},
            **msgspec.to_builtins(self._counts),
        }
        return Response(encode(truth), media_type="application/json")

    async def _orders(self, request: Request) -> Response:
        try:
            return JSONResponse({"ID": self._write(json.loads(await request.body()))})
        except Refused as refusal:
            return refusal.answer

    def _write(self, wish: dict[str, Any]) -> int:
        if "set" not in wish:
            return self._account.add_raw(wish).ID
        if "id" not in wish:
            return self._account.add_generated(wish["set"]).ID
        self._account.alter(wish["id"], wish["set"])
        return int(wish["id"])

    async def _pay(self, request: Request) -> Response:
        return JSONResponse({"paid": self._account.pay_all()})


def _story(sale: Sale) -> dict[str, Any]:
    order = sale.order
    still_open, shipped = open_quantities(order), shipped_quantities(order)
    return {
        "number": order.SiteOrderID,
        "rollup": order.DistributionCenterTypeRollup,
        "payment": order.PaymentStatus,
        "checkout": order.CheckoutStatus,
        "shipping": order.ShippingStatus,
        "exported_for": sorted(sale.exported_for),
        "export_calls": sale.export_calls or {},
        "ships": sale.ships,
        "lines": {
            str(item.ID): {
                "sku": item.Sku,
                "ordered": item.Quantity,
                "shipped": shipped[item.ID],
                "open": still_open[item.ID],
            }
            for item in order.Items
        },
    }
