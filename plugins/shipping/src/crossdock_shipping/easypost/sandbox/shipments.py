"""The shipments of an account, and the documents that show them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossdock.domain import digest
from crossdock_shipping.easypost.sandbox.tariff import offers

CURRENCY = {"currency": "USD", "payment": {"type": "SENDER"}, "date_advance": 0}
TYPES = {"PNG": "image/png", "PDF": "application/pdf", "ZPL": "application/zpl"}


@dataclass
class Shipment:
    """One shipment: a draft until `bought` is one of its rates."""

    number: int
    id: str
    asked: dict[str, Any]
    created_at: datetime
    rates: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    bought: dict[str, Any] | None = None
    tracking_code: str | None = None
    updated_at: datetime | None = None
    refund_status: str | None = None
    formats: list[str] = field(default_factory=list)
    unseen: int = 0
    unsold: int = 0

    @property
    def reference(self) -> str | None:
        """What the buyer calls it."""
        return self.asked.get("reference")


def made_id(kind: str, seed: int, number: int) -> str:
    """An id such as `shp_` and 32 hexadecimal digits."""
    return f"{kind}_{digest(f'{kind} {seed} {number}'.encode()).hex()}"


def rate_all(shipment: Shipment, carriers: dict[str, str], now: datetime, mode: str, next_id: Any) -> None:
    """Ask every carrier for its offers, in place of those that there were."""
    asked = shipment.asked
    wanted = {account["id"] if isinstance(account, dict) else account for account in asked.get("carrier_accounts", ())}
    abroad = _country(asked["from_address"]) != _country(asked["to_address"])
    shipment.rates, shipment.messages = [], []
    for account, carrier in carriers.items():
        if wanted and account not in wanted:
            continue
        made, why = offers(
            carrier, asked["parcel"]["weight"], abroad=abroad, with_customs=bool(asked.get("customs_info"))
        )
        if why:
            said = {"carrier": carrier, "carrier_account_id": account, "type": "rate_error", "message": why}
            shipment.messages.append(said)
        shipment.rates += [_rate(offer, next_id("rate"), shipment.id, account, mode=mode, now=now) for offer in made]


def document(shipment: Shipment, mode: str, files: str, *, sold: bool) -> dict[str, Any]:
    """A shipment as it is shown; `sold`: its purchase shows already."""
    asked = shipment.asked
    bought = shipment.bought if sold else None
    tracking = shipment.tracking_code if sold else None
    return {
        "id": shipment.id,
        "object": "Shipment",
        "mode": mode,
        "created_at": stamp(shipment.created_at),
        "updated_at": stamp(shipment.updated_at or shipment.created_at),
        "is_return": bool(asked.get("is_return")),
        "reference": shipment.reference,
        "status": "unknown",
        "tracking_code": tracking,
        "refund_status": shipment.refund_status,
        "options": {**asked.get("options", {}), **CURRENCY},
        "messages": shipment.messages,
        "from_address": asked["from_address"],
        "to_address": asked["to_address"],
        "parcel": {"object": "Parcel", "mode": mode, **asked["parcel"]},
        "customs_info": asked.get("customs_info"),
        "rates": shipment.rates,
        "selected_rate": bought,
        "postage_label": _label(shipment, files) if bought else None,
        "tracker": _tracker(shipment, mode) if bought else None,
        "fees": _fees(bought) if bought else [],
        "order_id": None,
        "batch_id": None,
        "insurance": None,
        "scan_form": None,
        "forms": [],
    }


def stamp(when: datetime) -> str:
    """A time as EasyPost writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _country(address: dict[str, Any]) -> str:
    return str(address.get("country") or "US")


def _rate(
    offer: dict[str, Any], rate_id: str, shipment_id: str, account: str, *, mode: str, now: datetime
) -> dict[str, Any]:
    return {
        "id": rate_id,
        "object": "Rate",
        "mode": mode,
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "shipment_id": shipment_id,
        "carrier_account_id": account,
        "billing_type": "easypost",
        "list_rate": offer["rate"],
        "list_currency": "USD",
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        **offer,
    }


def _label(shipment: Shipment, files: str) -> dict[str, Any]:
    first, *made = shipment.formats
    place = f"{files}/{shipment.id}"
    return {
        "id": shipment.id.replace("shp", "pl"),
        "object": "PostageLabel",
        "label_date": stamp(shipment.updated_at or shipment.created_at),
        "label_size": "4x6",
        "label_file_type": TYPES[first],
        "label_url": f"{place}.{first.lower()}",
        "label_pdf_url": f"{place}.pdf" if "PDF" in made else None,
        "label_zpl_url": f"{place}.zpl" if "ZPL" in made else None,
        "label_epl2_url": None,
        "label_file": None,
    }


def _tracker(shipment: Shipment, mode: str) -> dict[str, Any]:
    return {
        "id": shipment.id.replace("shp", "trk"),
        "object": "Tracker",
        "mode": mode,
        "tracking_code": shipment.tracking_code,
        "status": "unknown",
        "shipment_id": shipment.id,
        "carrier": shipment.bought["carrier"] if shipment.bought else None,
        "public_url": f"https://track.easypost.com/{shipment.id}",
    }


def _fees(rate: dict[str, Any]) -> list[dict[str, Any]]:
    charged = {"object": "Fee", "charged": True, "refunded": False}
    return [
        {**charged, "type": "LabelFee", "amount": "0.00000"},
        {**charged, "type": "PostageFee", "amount": f"{rate['rate']}000"},
    ]
