"""Writes the document that a draft is made from; pure."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from crossdock import Rejected
from crossdock.domain import Address, LabelLine, LabelRequest, LengthUnit, WeightUnit
from crossdock_shipping.easypost.references import reference_of
from crossdock_shipping.easypost.settings import CustomsSettings, EasyPostSettings

TENTH = Decimal("0.1")
CENT = Decimal("0.01")


def draft_document(wanted: LabelRequest, settings: EasyPostSettings) -> dict[str, Any]:
    """The body of the call that makes a draft; raises `Rejected` when something is missing for it."""
    shipment: dict[str, Any] = {
        "reference": reference_of(settings.reference_prefix, wanted.key),
        "from_address": address_document(wanted.ship_from),
        "to_address": address_document(wanted.ship_to),
        "parcel": parcel_document(wanted),
        "options": {
            **settings.options,
            "label_format": wanted.format.value,
            "print_custom_1": wanted.reference,
            "print_custom_2": wanted.box,
        },
    }
    if settings.carrier_accounts:
        shipment["carrier_accounts"] = list(settings.carrier_accounts)
    if wanted.is_international:
        shipment["customs_info"] = customs_document(wanted, settings.customs)
    return {"shipment": shipment}


def address_document(address: Address) -> dict[str, str]:
    """An address in EasyPost's words; parts that are not known are left out."""
    parts = {
        "name": address.name,
        "company": address.company,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country.strip().upper(),
        "phone": address.phone,
        "email": address.email,
    }
    return {name: value for name, value in parts.items() if value}


def parcel_document(wanted: LabelRequest) -> dict[str, float]:
    """The box in ounces and inches, to one decimal and rather more than less."""
    parcel = {"weight": _tenths(wanted.weight.into(WeightUnit.OUNCE))}
    if wanted.dimensions:
        sides = wanted.dimensions.into(LengthUnit.INCH)
        parcel |= dict(zip(("length", "width", "height"), map(_tenths, sides), strict=True))
    return parcel


def customs_document(wanted: LabelRequest, customs: CustomsSettings | None) -> dict[str, Any]:
    """The customs form of a box; the weight of a line is its share of the box by pieces (assumed)."""
    if customs is None:
        raise Rejected("a label across a border needs a customs form; set customs.signer of the EasyPost connection")
    if not wanted.lines:
        raise Rejected("a label across a border needs the lines of the box, and it has none")
    pieces = sum(line.quantity for line in wanted.lines)
    ounce = wanted.weight.into(WeightUnit.OUNCE) / pieces
    origin = customs.origin_country or wanted.ship_from.country.strip().upper()
    return {
        "customs_certify": True,
        "customs_signer": customs.signer,
        "contents_type": customs.contents_type,
        "eel_pfc": customs.eel_pfc,
        "non_delivery_option": customs.non_delivery_option,
        "restriction_type": "none",
        "customs_items": [_item(line, ounce, origin) for line in wanted.lines],
    }


def _item(line: LabelLine, ounces_a_piece: Decimal, origin: str) -> dict[str, Any]:
    """One line; weight and value are those of all its pieces."""
    if line.value is None:
        raise Rejected(f"a label across a border needs the value of {line.sku}; the order tells none")
    return {
        "description": line.title or line.sku,
        "quantity": line.quantity,
        "weight": _tenths(ounces_a_piece * line.quantity),
        "value": float((line.value.amount * line.quantity).quantize(CENT, ROUND_HALF_UP)),
        "currency": line.value.currency,
        "origin_country": origin,
        "code": line.sku,
    }


def _tenths(value: Decimal) -> float:
    return float(value.quantize(TENTH, ROUND_CEILING))
