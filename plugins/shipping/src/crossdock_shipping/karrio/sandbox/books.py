"""The server's books: its shipments, what its carriers ask, and what they sold."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_shipping.karrio.sandbox.answers import carrier_says, error, invalid
from crossdock_shipping.karrio.sandbox.checks import faults_of_draft, faults_of_label_type
from crossdock_shipping.karrio.sandbox.files import label_file
from crossdock_shipping.karrio.sandbox.options import CarrierOption, Mood, SandboxOptions, ServiceOption

BROKEN_CALL = "SHIPPING_SDK_INTERNAL_ERROR"
PAYMENT = {"paid_by": "sender", "currency": None, "account_number": None}


@dataclass
class Shipment:
    """One shipment as it is; `shown` is what of it can be seen until `hidden` look-ups have passed."""

    document: dict[str, Any]
    label: bytes = b""
    shown: dict[str, Any] = field(default_factory=dict)
    hidden: int = 0

    def look(self) -> dict[str, Any]:
        """The document as somebody who looks sees it now."""
        if self.hidden:
            self.hidden -= 1
            return self.shown
        return self.document


@dataclass(frozen=True)
class Sale:
    """One label that a carrier sold, whether or not the server knows of it."""

    shipment: str
    key: str
    reference: str
    box: str
    tracking_number: str
    service: str
    price: Decimal
    currency: str


@dataclass
class Books:
    """What one server knows and what its carriers did."""

    options: SandboxOptions
    seed: int = 1
    shipments: dict[str, Shipment] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    moods: dict[str, Mood] = field(default_factory=dict)
    look_ups: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self._dice, self.late = random.Random(self.seed), self.options.late

    def state(self) -> dict[str, Any]:
        """All that goes on in another process; what a scenario may set does not."""
        return {name: value for name, value in vars(self).items() if name not in ("options", "seed")}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as `state` says."""
        vars(self).update(state)

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC) + self.ahead

    def draft(self, asked: Mapping[str, Any], request_id: str) -> Shipment:
        """A new draft with its rates; it costs nothing."""
        if faults := list(faults_of_draft(asked)):
            raise invalid(faults)
        rates, messages = self.rates(asked.get("carrier_ids") or ())
        if not rates and messages:
            raise carrier_says(**messages[0])
        shipment = Shipment(self._document(asked, rates, messages, request_id))
        self.shipments[shipment.document["id"]] = shipment
        return shipment

    def rates(self, carrier_ids: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What carriers ask now, the cheapest first, and what those say that make no offer."""
        asked = [one for one in self.options.carriers if not carrier_ids or one.carrier_id in carrier_ids]
        if not asked:
            raise error(404, "not_found", "No active carrier connection found to process the request")
        silent = [one for one in asked if self.moods.get(one.carrier_id) is Mood.REFUSES]
        rates = [self._rate(one, service) for one in asked if one not in silent for service in one.services]
        messages = [self._refusal(one) for one in silent]
        return sorted(rates, key=lambda rate: rate["total_charge"]), messages

    async def buy(self, id: str, asked: Mapping[str, Any]) -> Shipment:
        """Have a carrier sell a label; the status is looked at before the carrier thinks, and not once more after."""
        shipment, rate = self._wanted(id, asked)
        await asyncio.sleep(self.options.carrier_seconds)
        return self._sell(shipment, rate, asked)

    def buy_now(self, id: str, asked: Mapping[str, Any]) -> Shipment:
        """The same of a carrier that need not think."""
        shipment, rate = self._wanted(id, asked)
        return self._sell(shipment, rate, asked)

    def cancel(self, id: str) -> tuple[Shipment, bool]:
        """Take a label or a draft back; whether it was done now, or had been done before."""
        shipment = self.shipment(id)
        status = shipment.document["status"]
        if status == "cancelled":
            return shipment, False
        if status not in ("created", "draft"):
            raise error(409, "state_error", f"The shipment is '{status}' and can not be cancelled anymore...")
        shipment.document["status"] = "cancelled"
        return shipment, True

    def shipment(self, id: str) -> Shipment:
        """One shipment."""
        if id not in self.shipments:
            raise error(404, "not_found", "Shipment not found")
        return self.shipments[id]

    def newest_first(self) -> Iterator[Shipment]:
        """All shipments, the newest draft first."""
        yield from reversed(self.shipments.values())

    def hex(self, length: int = 32) -> str:
        """Digits that look random, the same for the same seed."""
        return f"{self._dice.getrandbits(4 * length):0{length}x}"

    def _wanted(self, id: str, asked: Mapping[str, Any]) -> tuple[Shipment, dict[str, Any]]:
        """The draft, and which of its rates is wanted; a carrier in a bad mood refuses."""
        shipment = self.shipment(id)
        require_draft(shipment, purchase=True)
        if faults := list(faults_of_label_type(asked)):
            raise invalid(faults)
        rate = _chosen(shipment.document["rates"], asked)
        carrier = self._carrier_of(rate)
        if self.moods.get(carrier.carrier_id) is Mood.REFUSES:
            raise carrier_says(**self._refusal(carrier))
        return shipment, rate

    def _sell(self, shipment: Shipment, rate: dict[str, Any], asked: Mapping[str, Any]) -> Shipment:
        carrier = self._carrier_of(rate)
        mood, number = self.moods.get(carrier.carrier_id), str(shipment.document["parcels"][0]["reference_number"])
        self._sold(shipment, rate, number)
        if mood is Mood.BREAKS:
            raise carrier_says(carrier.carrier_id, carrier.carrier_name, BROKEN_CALL, "The read operation timed out")
        if mood is Mood.SELLS_TO_THE_DYING:
            shipment.document["selected_rate"] = rate
            raise error(502, "", "Bad Gateway")
        return self._bought(shipment, rate, carrier, number, str(asked.get("label_type") or "PDF"))

    def _carrier_of(self, rate: Mapping[str, Any]) -> CarrierOption:
        return next(one for one in self.options.carriers if one.carrier_id == rate["carrier_id"])

    def _sold(self, shipment: Shipment, rate: Mapping[str, Any], number: str) -> None:
        document = shipment.document
        self.sales.append(
            Sale(
                shipment=document["id"],
                key=str(document["metadata"].get("crossdock_key", "")),
                reference=document["reference"] or document["order_id"] or "",
                box=str(document["metadata"].get("crossdock_box", "")),
                tracking_number=number,
                service=rate["service"],
                price=Decimal(str(rate["total_charge"])),
                currency=rate["currency"],
            )
        )

    def _bought(
        self, shipment: Shipment, rate: Mapping[str, Any], carrier: CarrierOption, number: str, kind: str
    ) -> Shipment:
        shipment.shown, shipment.hidden = {**shipment.document}, self.late
        shipment.label, url = label_file(kind, number), f"/v1/shipments/{shipment.document['id']}/label.{kind.lower()}"
        shipment.document |= {
            "status": "created",
            "carrier_name": carrier.carrier_name,
            "carrier_id": carrier.carrier_id,
            "tracking_number": number,
            "shipment_identifier": number,
            "tracking_url": f"/v1/trackers/{carrier.carries}/{number}",
            "selected_rate": dict(rate),
            "selected_rate_id": rate["id"],
            "service": rate["service"],
            "label_type": kind,
            "label_url": url,
            "shipping_documents": [{"category": "label", "format": kind, "url": url, "base64": None}],
        }
        return shipment

    def _document(
        self, asked: Mapping[str, Any], rates: list[dict[str, Any]], messages: list[dict[str, Any]], request_id: str
    ) -> dict[str, Any]:
        pieces = [self._piece(piece) for piece in asked["parcels"]]
        unset = dict.fromkeys(
            ("tracking_url", "customs", "tracker_id", "archived_at", "carrier_name", "carrier_id", "tracking_number",
             "shipment_identifier", "selected_rate", "return_shipment", "service", "selected_rate_id", "label_url",
             "invoice_url", "return_address", "billing_address")
        )  # fmt: skip
        return unset | {
            "id": f"shp_{self.hex()}",
            "object_type": "shipment",
            "shipper": asked["shipper"],
            "recipient": asked["recipient"],
            "parcels": pieces,
            "services": asked.get("services") or [],
            "options": asked.get("options") or {},
            "payment": PAYMENT,
            "rates": rates,
            "reference": _text(asked.get("reference")),
            "order_id": _text(asked.get("order_id")),
            "label_type": asked.get("label_type", "PDF"),
            "carrier_ids": list(asked.get("carrier_ids") or ()),
            "created_at": f"{self.now():%Y-%m-%d %H:%M:%S.%f}+00:00",
            "metadata": asked.get("metadata") or {},
            "messages": messages,
            "is_archived": False,
            "status": "draft",
            "meta": {"request_id": request_id},
            "test_mode": self.options.test_mode,
            "is_return": False,
            "shipping_documents": [],
        }

    def _piece(self, piece: Mapping[str, Any]) -> dict[str, Any]:
        own = self.hex(12)
        return {"items": [], "reference_number": own, **piece, "id": f"pcl_{own}", "object_type": "parcel"}

    def _rate(self, carrier: CarrierOption, service: ServiceOption) -> dict[str, Any]:
        price = float(service.price)
        return {
            "id": f"rat_{self.hex()}",
            "object_type": "rate",
            "carrier_name": carrier.carries,
            "carrier_id": carrier.carrier_id,
            "currency": service.currency,
            "service": service.code,
            "total_charge": price,
            "transit_days": service.days,
            "extra_charges": [{"name": "Base Charge", "amount": price, "currency": service.currency, "id": None}],
            "estimated_delivery": None,
            "meta": {"carrier": carrier.carries, "ext": carrier.carrier_name, "rate_provider": carrier.carries},
            "test_mode": self.options.test_mode,
        }

    @staticmethod
    def _refusal(carrier: CarrierOption) -> dict[str, Any]:
        words = "The carrier does not serve this address"
        return {"carrier_id": carrier.carrier_id, "carrier_name": carrier.carrier_name, "code": "E1", "message": words}


def require_draft(shipment: Shipment, *, purchase: bool = False) -> None:
    """Refuse what only a draft can have done to it."""
    status = shipment.document["status"]
    if purchase and status == "created":
        raise error(409, "state_error", "The shipment is 'created' and cannot be purchased again")
    if status != "draft":
        raise error(409, "state_error", f"Shipment is {status} and cannot be updated anymore...")


def with_file(shipment: Shipment) -> dict[str, Any]:
    """The shipment as a purchase answers it: with the label in it."""
    documents = [{**one, "base64": encoded(shipment)} for one in shipment.document["shipping_documents"]]
    return {**shipment.document, "shipping_documents": documents}


def encoded(shipment: Shipment) -> str:
    """The label's file as it stands in JSON."""
    return base64.b64encode(shipment.label).decode()


def _chosen(rates: Sequence[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted, service = asked.get("selected_rate_id"), asked.get("service")
    if not wanted and not service:
        raise error(400, "validation_error", "Either 'selected_rate_id' or 'service' must be provided.")
    for rate in rates:
        if rate["id"] == wanted or (service and rate["service"] == service):
            return rate
    raise error(400, "service_unavailable", "The service you selected is not available for this shipment.")


def _text(told: Any) -> str | None:
    return None if told is None else str(told).strip()
