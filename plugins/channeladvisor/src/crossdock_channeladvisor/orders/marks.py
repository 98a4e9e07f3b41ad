"""The mark by which the cart knows that we have an order: how it is set, and how it is taken off."""

from collections.abc import Sequence
from typing import Protocol

from crossdock import HttpClient, Receipt
from crossdock_channeladvisor.errors import check_order_id, check_written
from crossdock_channeladvisor.models import VendorFulfillment
from crossdock_channeladvisor.orders.claims import CLAIMED, free_patch, fulfillment_url, status_patch, to_claim, to_free
from crossdock_channeladvisor.orders.reading import order_number
from crossdock_channeladvisor.orders.single import SingleOrders
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class Marks(Protocol):
    """A way to mark orders; both steps can be repeated."""

    async def put(self, order_id: str) -> Receipt:
        """The cart knows that we have the order."""

    async def take_off(self, order_id: str) -> Receipt:
        """The cart knows that we do not have it."""


class ExportMarks:
    """The export mark of the application: one for the whole order, unseen by other applications."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def put(self, order_id: str) -> Receipt:
        await self._write("POST", order_id)
        return Receipt(order_id, "marked as exported")

    async def take_off(self, order_id: str) -> Receipt:
        await self._write("DELETE", order_id)
        return Receipt(order_id, "no longer marked as exported")

    async def _write(self, method: str, order_id: str) -> None:
        check_order_id(order_id)
        answer = await self._http.send(method, f"/v1/Orders({order_id})/Export", repeatable=True)
        check_written(answer, "what marking an order gives", repeatable=True)


class FulfillmentClaims:
    """Our order number on each part of ours, for everybody to see."""

    def __init__(self, http: HttpClient, single: SingleOrders, settings: ChannelAdvisorSettings) -> None:
        self._http = http
        self._single = single
        self._settings = settings

    async def put(self, order_id: str) -> Receipt:
        order = await self._single.read(order_id)
        number = order_number(order, self._settings)
        parts = to_claim(order, number, self._settings)
        await self._change(parts, status_patch(CLAIMED, number))
        return Receipt(order_id, f"claimed {_named(parts)}")

    async def take_off(self, order_id: str) -> Receipt:
        order = await self._single.read(order_id)
        parts = to_free(order, order_number(order, self._settings), self._settings)
        await self._change(parts, free_patch(self._settings))
        return Receipt(order_id, f"gave up {_named(parts)}")

    async def _change(self, parts: Sequence[VendorFulfillment], body: bytes) -> None:
        for part in parts:
            answer = await self._http.send("PATCH", fulfillment_url(part), content=body, repeatable=True)
            check_written(answer, "what a change of a fulfillment gives", repeatable=True)


def _named(parts: Sequence[VendorFulfillment]) -> str:
    return f"fulfillment {', '.join(str(part.id) for part in parts)}" if parts else "no fulfillment: none was waiting"


def marks_of(http: HttpClient, single: SingleOrders, settings: ChannelAdvisorSettings) -> Marks:
    """The way that the settings ask for."""
    return ExportMarks(http) if settings.claim == "export_mark" else FulfillmentClaims(http, single, settings)
