"""What only a test or a person at the simulator does: other people's labels, moods, time, the truth."""

from collections import defaultdict
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from crossdock_shipping.karrio.sandbox.books import Books
from crossdock_shipping.karrio.sandbox.options import Mood


class Order(BaseModel):
    """A control call."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ByHand(Order):
    """A label that a person buys."""

    reference: str
    box: str = ""
    carrier_id: str = ""
    service: str = ""
    tracking_number: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    number_in: str = Field(default="reference", pattern="^(reference|order_id)$")


_by_hand: TypeAdapter[ByHand | list[ByHand]] = TypeAdapter(ByHand | list[ByHand])


class Which(Order):
    """One shipment."""

    id: str


class Late(Order):
    """How late purchases show."""

    look_ups: NonNegativeInt


class MoodOf(Order):
    """How a carrier is from now on."""

    carrier_id: str
    mood: Mood


SOMEBODY = {"person_name": "Somebody", "address_line1": "1 Main St", "city": "Reno", "country_code": "US"}
BOX = {"weight": 1.0, "weight_unit": "LB"}


class Control:
    """The control calls of one simulator."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/_labels", self._label, methods=["POST"]),
            Route("/_void", self._void, methods=["POST"]),
            Route("/_ship", self._ship, methods=["POST"]),
            Route("/_late", self._late, methods=["POST"]),
            Route("/_carriers", self._mood, methods=["POST"]),
            Route("/_clock", self._clock, methods=["POST"]),
            Route("/_event", self._event, methods=["GET"]),
            Route("/_truth", self._truth, methods=["GET"]),
        ]

    async def _label(self, request: Request) -> JSONResponse:
        wanted = _by_hand.validate_json(await request.body())
        if isinstance(wanted, ByHand):
            return JSONResponse(made_by_hand(self._books, wanted))
        return JSONResponse([made_by_hand(self._books, one) for one in wanted])

    async def _void(self, request: Request) -> JSONResponse:
        shipment, _ = self._books.cancel(Which.model_validate_json(await request.body()).id)
        return JSONResponse(shipment.document)

    async def _ship(self, request: Request) -> JSONResponse:
        shipment = self._books.shipment(Which.model_validate_json(await request.body()).id)
        shipment.document["status"] = "in_transit"
        return JSONResponse(shipment.document)

    async def _late(self, request: Request) -> JSONResponse:
        self._books.late = Late.model_validate_json(await request.body()).look_ups
        return JSONResponse({"look_ups": self._books.late})

    async def _mood(self, request: Request) -> JSONResponse:
        wanted = MoodOf.model_validate_json(await request.body())
        self._books.moods[wanted.carrier_id] = wanted.mood
        return JSONResponse(self._books.moods)

    async def _clock(self, request: Request) -> JSONResponse:
        hours = TypeAdapter(dict[str, float]).validate_json(await request.body())["hours"]
        self._books.ahead += timedelta(hours=hours)
        return JSONResponse({"now": self._books.now().isoformat()})

    async def _event(self, request: Request) -> JSONResponse:
        shipment = self._books.shipment(request.query_params.get("id", ""))
        event = request.query_params.get("event", "shipment_purchased")
        headers = {"x-event-id": self._books.options.webhook_secret, "content-type": "application/json"}
        return JSONResponse({"headers": headers, "body": {"event": event, "data": shipment.document}})

    async def _truth(self, request: Request) -> JSONResponse:
        books = self._books
        spent: dict[str, Decimal] = defaultdict(Decimal)
        for sale in books.sales:
            spent[sale.currency] += sale.price
        drafts = [one.document["id"] for one in books.shipments.values() if one.document["status"] == "draft"]
        return JSONResponse(
            {
                "labels": [asdict(sale) | {"price": str(sale.price)} for sale in books.sales],
                "shipments": {id: one.document["status"] for id, one in books.shipments.items()},
                "drafts": drafts,
                "spent": {currency: str(amount) for currency, amount in spent.items()},
                "look_ups": books.look_ups,
                "counts": books.counts,
            }
        )


def made_by_hand(books: Books, wanted: ByHand) -> dict[str, Any]:
    """A person drafts a label and buys it at once; gives the shipment."""
    marks = {**wanted.metadata, **({"crossdock_box": wanted.box} if wanted.box else {})}
    piece = {**BOX, **({"reference_number": wanted.tracking_number} if wanted.tracking_number else {})}
    draft = books.draft(
        {
            wanted.number_in: wanted.reference,
            "shipper": SOMEBODY,
            "recipient": SOMEBODY,
            "parcels": [piece],
            "metadata": marks,
            "carrier_ids": [wanted.carrier_id] if wanted.carrier_id else [],
        },
        "by-hand",
    )
    rate = {"service": wanted.service or draft.document["rates"][0]["service"]}
    return books.buy_now(draft.document["id"], rate).document


def wrong_order(_request: Request, error: Exception) -> JSONResponse:
    """A control call that says something else than it may."""
    return JSONResponse({"error": str(error)}, 400)
