"""What the simulated account holds and what can happen to it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from crossdock_shipping.shipstation.sandbox.documents import LabelMade, PurchaseSent, RatesSent, ShipmentSent
from crossdock_shipping.shipstation.sandbox.options import SandboxOptions

Json = dict[str, Any]


class Refused(Exception):
    """What was asked is refused: the status, the code of the reference, and words."""

    def __init__(self, status: int, code: str, message: str, kind: str = "validation") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.kind = status, code, message, kind


@dataclass(frozen=True)
class Service:
    """What one service of a carrier account asks for a kind of box."""

    carrier_id: str
    carrier_code: str
    service_code: str
    price: Decimal
    days: int
    package_type: str = "package"
    trackable: bool = True


CARRIERS = {"se-1": "stamps_com", "se-2": "ups"}
SERVICES = (
    Service("se-1", "stamps_com", "usps_first_class_mail", Decimal("1.15"), 5, trackable=False),
    Service("se-1", "stamps_com", "usps_priority_mail", Decimal("3.95"), 2, package_type="flat_rate_envelope"),
    Service("se-1", "stamps_com", "usps_ground_advantage", Decimal("5.40"), 4),
    Service("se-1", "stamps_com", "usps_priority_mail", Decimal("8.12"), 2),
    Service("se-2", "ups", "ups_ground", Decimal("9.30"), 3),
)
LONGEST_ID = 50


@dataclass
class Account:
    """Shipments, offers and labels of one account."""

    options: SandboxOptions
    shipments: dict[str, Json] = field(default_factory=dict)
    labels: dict[str, Json] = field(default_factory=dict)
    rates: dict[str, tuple[str, Service]] = field(default_factory=dict)
    hidden: Counter[str] = field(default_factory=Counter)
    spent: Decimal = Decimal(0)
    late: int = 0

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self.late = self.options.late

    def _id(self) -> str:
        return f"se-{next(self._numbers)}"

    def create(self, sent: ShipmentSent) -> Json:
        """A new draft; an id that is there already is refused."""
        shipment_id = self._id()
        given = (sent.external_shipment_id or shipment_id)[:LONGEST_ID]
        number = sent.shipment_number or given
        for name, value in (("external_shipment_id", given), ("shipment_number", number)):
            if any(shipment[name] == value for shipment in self.shipments.values()):
                raise Refused(400, "identifier_conflict", f"A shipment with {name} '{value}' already exists")
        now = _text(datetime.now(UTC))
        shipment = self._contents(sent) | {
            "shipment_id": shipment_id,
            "external_shipment_id": given,
            "shipment_number": number,
            "shipment_status": "pending",
            "created_at": now,
            "modified_at": now,
        }
        self.shipments[shipment_id] = shipment
        return shipment

    def update(self, shipment_id: str, sent: ShipmentSent) -> Json:
        """Another content for a draft; what was bought stays as it is."""
        shipment = self.shipment(shipment_id)
        if shipment["shipment_status"] != "pending":
            raise Refused(400, "invalid_status", "Only a pending shipment can be updated", "business_rules")
        if sent.external_shipment_id not in (None, shipment["external_shipment_id"]):
            raise Refused(400, "invalid_field_value", "external_shipment_id cannot be changed")
        shipment |= self._contents(sent) | {"modified_at": _text(datetime.now(UTC))}
        return shipment

    def cancel(self, shipment_id: str) -> None:
        """A draft is not wanted any more."""
        self.shipment(shipment_id)["shipment_status"] = "cancelled"

    def shipment(self, shipment_id: str) -> Json:
        """A shipment by its id."""
        return _known(self.shipments, shipment_id, "shipment")

    def named(self, external_id: str) -> Json:
        """A shipment by the id that was given to it."""
        return _known({held["external_shipment_id"]: held for held in self.shipments.values()}, external_id, "shipment")

    def seen(self, shipment: Json) -> Json:
        """A shipment as it is shown: bought only when its label is shown."""
        is_late = any(self.hidden[label] for label, held in self.labels.items() if held["shipment_id"] == _id(shipment))
        return shipment | {"shipment_status": "pending"} if is_late else shipment

    def offers(self, sent: RatesSent) -> Json:
        """What the carriers ask for a shipment."""
        shipment, asked = self.shipment(sent.shipment_id), sent.rate_options
        unknown = [carrier for carrier in asked.carrier_ids if carrier not in CARRIERS]
        if unknown:
            raise Refused(400, "invalid_identifier", f"carrier_id {unknown[0]} is not of this account")
        fitting = [
            service
            for service in SERVICES
            if service.carrier_id in asked.carrier_ids
            and (not asked.package_types or service.package_type in asked.package_types)
            and (not asked.service_codes or service.service_code in asked.service_codes)
        ]
        return {
            "rates": [self._offer(shipment, service) for service in fitting],
            "invalid_rates": [],
            "shipment_id": sent.shipment_id,
            "rate_request_id": self._id(),
            "status": "completed",
            "errors": [],
        }

    def buy(self, rate_id: str, sent: PurchaseSent) -> Json:
        """The label for an offer; its price is spent."""
        if rate_id not in self.rates:
            raise Refused(404, "invalid_identifier", f"rate_id {rate_id} does not exist")
        shipment_id, service = self.rates[rate_id]
        shipment = self.shipment(shipment_id)
        if shipment["shipment_status"] != "pending" and not self.options.sells_twice:
            raise Refused(400, "invalid_status", f"shipment {shipment_id} has already been purchased", "business_rules")
        if self.options.balance is not None and self.spent + service.price > self.options.balance:
            raise Refused(400, "insufficient_funds", "There is not enough money in the account", "account_status")
        self.spent += service.price
        made = LabelMade(
            shipment_number=shipment["shipment_number"],
            box=shipment["packages"][0].get("external_package_id") or "",
            carrier_code=service.carrier_code,
            service_code=service.service_code,
            late=self.late,
        )
        return self._label(shipment, made, service.price, sent.label_format)

    def make(self, made: LabelMade) -> Json:
        """A label that a person makes in ShipStation."""
        held = [shipment for shipment in self.shipments.values() if shipment["shipment_number"] == made.shipment_number]
        shipment = held[0] if held else self._order(made.shipment_number)
        price = Decimal("9.30")
        self.spent += price if made.status != "voided" else 0
        return self._label(shipment, made, price, "pdf")

    def void(self, label_id: str) -> Json:
        """The carrier's answer to the wish to take a label back."""
        label = self.label(label_id)
        if label["voided"]:
            reason = {"reason_code": "label_already_voided"}
            return {"approved": False, "message": "This label has already been voided"} | reason
        if not self.options.voids:
            reason = {"reason_code": "label_already_used"}
            return {"approved": False, "message": "The carrier has seen this label already"} | reason
        self.take_back(label)
        return {"approved": True, "message": "Request for refund submitted."}

    def take_back(self, label: Json) -> None:
        """A label is void; its price comes back."""
        label |= {"voided": True, "voided_at": _text(datetime.now(UTC)), "status": "voided"}
        self.spent -= label["shipment_cost"]["amount"]

    def label(self, label_id: str) -> Json:
        """A label by its id."""
        return _known(self.labels, label_id, "label")

    def shown(self) -> list[Json]:
        """The labels as they are shown; each look brings those that are late nearer."""
        visible = [label for label_id, label in self.labels.items() if not self.hidden[label_id]]
        self.hidden.subtract([label_id for label_id, left in self.hidden.items() if left > 0])
        return visible

    def outside(self, label: Json) -> Json:
        """A label as it is sent: with its shipment inside or without."""
        if not self.options.embeds_shipment:
            return label
        return label | {"shipment": self.shipments[label["shipment_id"]]}

    def _contents(self, sent: ShipmentSent) -> Json:
        return sent.model_dump(mode="python", exclude_none=True, exclude={"external_shipment_id", "shipment_number"})

    def _order(self, number: str) -> Json:
        shipment_id = self._id()
        named = {"shipment_id": shipment_id, "external_shipment_id": f"order-{shipment_id}", "shipment_number": number}
        self.shipments[shipment_id] = named | {"shipment_status": "pending", "packages": [{}]}
        return self.shipments[shipment_id]

    def _offer(self, shipment: Json, service: Service) -> Json:
        rate_id = self._id()
        self.rates[rate_id] = (shipment["shipment_id"], service)
        nothing = {"currency": "usd", "amount": 0}
        return {
            "rate_id": rate_id,
            "rate_type": "shipment",
            "carrier_id": service.carrier_id,
            "carrier_code": service.carrier_code,
            "service_code": service.service_code,
            "package_type": service.package_type,
            "shipping_amount": {"currency": "usd", "amount": service.price},
            "insurance_amount": nothing,
            "confirmation_amount": nothing,
            "other_amount": nothing,
            "delivery_days": service.days,
            "trackable": service.trackable,
            "validation_status": "valid",
            "warning_messages": [],
            "error_messages": [],
        }

    def _label(self, shipment: Json, made: LabelMade, price: Decimal, label_format: str) -> Json:
        label_id = self._id()
        voided = made.status == "voided"
        boxes = [(part.box, part.tracking_number) for part in made.boxes] or [(made.box, made.tracking_number)]
        packages = [
            {
                "external_package_id": box,
                "tracking_number": tracking_number or f"1ZSANDBOX{label_id[3:].zfill(8)}{place}",
                "weight": shipment["packages"][0].get("weight", {"value": 0, "unit": "ounce"}),
                "sequence": place + 1,
            }
            for place, (box, tracking_number) in enumerate(boxes)
        ]
        label = {
            "label_id": label_id,
            "status": made.status,
            "shipment_id": shipment["shipment_id"],
            "external_shipment_id": shipment["external_shipment_id"],
            "ship_date": made.created_at.date().isoformat() + "T00:00:00Z",
            "created_at": _text(made.created_at),
            "shipment_cost": {"currency": "usd", "amount": price},
            "insurance_cost": {"currency": "usd", "amount": Decimal(0)},
            "tracking_number": packages[0]["tracking_number"] if made.status != "processing" else None,
            "is_return_label": made.is_return_label,
            "carrier_code": made.carrier_code,
            "service_code": made.service_code,
            "voided": voided,
            "voided_at": _text(made.created_at) if voided else None,
            "label_format": label_format,
            "tracking_url": f"https://track.example/{packages[0]['tracking_number']}",
            "packages": packages,
        }
        self.labels[label_id] = label
        if made.late:
            self.hidden[label_id] = made.late
        shipment["shipment_status"] = "label_purchased"
        return label


def _known(held: dict[str, Json], name: str, what: str) -> Json:
    if name not in held:
        raise Refused(404, "invalid_identifier", f"{what} {name} does not exist")
    return held[name]


def _id(shipment: Json) -> str:
    return str(shipment["shipment_id"])


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
