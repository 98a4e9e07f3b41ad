"""The wish for a label as ShipStation's shipment, and how our key is found in it again."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from crossdock import Rejected
from crossdock.domain import Address, Dimensions, LabelLine, LabelRequest, Money, Weight, digest
from crossdock_shipping.shipstation.models import LENGTH_UNITS, WEIGHT_UNITS
from crossdock_shipping.shipstation.settings import ShipStationSettings

LONGEST_ID = 50  # what is longer is cut off by ShipStation without a word
LONGEST_FIELD = 100
LONGEST_DESCRIPTION = 100
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_FINGERPRINT = 16


def external_id(key: str) -> str:
    """Our key as an `external_shipment_id`: as it is where it fits into a path, else its beginning and fingerprint."""
    if _PLAIN.fullmatch(key) and len(key) <= LONGEST_ID:
        return key
    mark = digest(key.encode()).hex()[:_FINGERPRINT]
    readable = re.sub(r"[^A-Za-z0-9._-]", "_", key)[: LONGEST_ID - _FINGERPRINT - 1]
    return f"{readable}-{mark}"


def shipment_of(wanted: LabelRequest, settings: ShipStationSettings) -> dict[str, Any]:
    """The shipment that a label is drafted as; raises `Rejected` when a part has no room there."""
    for name, text in (("key", wanted.key), ("reference", wanted.reference)):
        if len(text) > LONGEST_FIELD:
            raise Rejected(f"the {name} {text[:40]}… has {len(text)} characters; ShipStation keeps {LONGEST_FIELD}")
    shipment = _contents(wanted, settings)
    mark = fingerprint(shipment)
    return shipment | {
        "external_shipment_id": external_id(wanted.key),
        "validate_address": settings.validate_address,
        "advanced_options": {
            "custom_field1": wanted.key,
            "custom_field2": wanted.reference,
            "custom_field3": mark,
        },
    }


def fingerprint_of(wanted: LabelRequest, settings: ShipStationSettings) -> str:
    """What tells a draft of this wish from a draft of an earlier one under the same key."""
    return fingerprint(_contents(wanted, settings))


def fingerprint(contents: Mapping[str, Any]) -> str:
    """The mark of what is sent, where to and from where."""
    return digest(msgspec.json.encode(contents)).hex()[:_FINGERPRINT]


def _contents(wanted: LabelRequest, settings: ShipStationSettings) -> dict[str, Any]:
    customs = {"contents": settings.customs_contents, "non_delivery": settings.customs_non_delivery}
    return {
        "ship_from": _address(wanted.ship_from),
        "ship_to": _address(wanted.ship_to),
        "packages": [_package(wanted, settings)],
        "customs": customs if wanted.is_international else None,
    }


def _package(wanted: LabelRequest, settings: ShipStationSettings) -> dict[str, Any]:
    return {
        "package_code": settings.package_code,
        "external_package_id": wanted.box,
        "weight": _weight(wanted.weight),
        "dimensions": _dimensions(wanted.dimensions) if wanted.dimensions else None,
        "products": [_product(line) for line in wanted.lines],
    }


def _address(address: Address) -> dict[str, str | None]:
    return address_fields(address) | {"address_residential_indicator": "unknown"}


def address_fields(address: Address) -> dict[str, str | None]:
    """An address in ShipStation's words; what is empty is left out."""
    return {
        "name": address.name or None,
        "company_name": address.company or None,
        "address_line1": address.line1 or None,
        "address_line2": address.line2 or None,
        "city_locality": address.city or None,
        "state_province": address.region or None,
        "postal_code": address.postal_code or None,
        "country_code": address.country.strip().upper() or None,
        "phone": address.phone or None,
        "email": address.email or None,
    }


def _weight(weight: Weight) -> dict[str, Any]:
    return {"value": weight.value, "unit": WEIGHT_UNITS[weight.unit]}


def _dimensions(box: Dimensions) -> dict[str, Any]:
    return {"unit": LENGTH_UNITS[box.unit], "length": box.length, "width": box.width, "height": box.height}


def _product(line: LabelLine) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "description": (line.title or line.sku)[:LONGEST_DESCRIPTION],
        "quantity": line.quantity,
        "value": _amount(line.value) if line.value else None,
    }


def _amount(money: Money) -> dict[str, Any]:
    return {"currency": money.currency.lower(), "amount": money.amount}
