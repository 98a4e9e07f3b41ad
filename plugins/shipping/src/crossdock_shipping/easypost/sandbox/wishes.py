"""What a call may ask for: required and known fields."""

import json
from typing import Any

from starlette.requests import Request

from crossdock_shipping.easypost.sandbox.refusals import Refused, unwanted

ADDRESS = frozenset({
    "name", "company", "street1", "street2", "city", "state", "zip", "country", "phone", "email", "residential",
    "federal_tax_id", "state_tax_id",
})  # fmt: skip
PARCEL = frozenset({"length", "width", "height", "weight", "predefined_package"})
SHIPMENT = frozenset({
    "reference", "to_address", "from_address", "return_address", "buyer_address", "parcel", "customs_info", "options",
    "carrier_accounts", "is_return", "tax_identifiers", "line_items", "insurance",
})  # fmt: skip
CUSTOMS = frozenset({
    "customs_certify", "customs_signer", "contents_type", "contents_explanation", "restriction_type",
    "restriction_comments", "eel_pfc", "non_delivery_option", "declaration", "customs_items",
})  # fmt: skip
ITEM = frozenset({
    "description", "quantity", "value", "weight", "hs_tariff_number", "origin_country", "code", "currency",
    "manufacturer",
})  # fmt: skip
FORMATS = ("PNG", "PDF", "ZPL", "EPL2")


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a call; 400 when it is none."""
    try:
        document = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "BAD_REQUEST", "The request could not be understood.") from None
    if not isinstance(document, dict):
        raise Refused(400, "BAD_REQUEST", "The request could not be understood.")
    return document


def shipment_in(document: dict[str, Any]) -> dict[str, Any]:
    """The wanted shipment; 422 when something is missing or not known."""
    asked = _object(document.get("shipment"), "shipment", SHIPMENT, "PARAMETER.REQUIRED")
    for name in ("to_address", "from_address"):
        address_in(asked.get(name), name)
    parcel = _object(asked.get("parcel"), "parcel", PARCEL, "PARCEL.PARAMETERS.INVALID")
    weight = parcel.get("weight")
    if not isinstance(weight, int | float) or isinstance(weight, bool) or weight <= 0:
        raise unwanted("PARCEL.PARAMETERS.INVALID", "parcel.weight", "must be greater than 0")
    sides = {"length", "width", "height"} & set(parcel)
    if sides and len(sides) < 3:
        raise unwanted("PARCEL.PARAMETERS.INVALID", "parcel", "length, width and height belong together")
    if asked.get("options", {}).get("label_format", "PNG") not in FORMATS:
        raise unwanted("SHIPMENT.OPTIONS.INVALID", "options.label_format", "is not supported")
    if asked.get("customs_info"):
        _require_customs(asked["customs_info"])
    return asked


def address_in(told: Any, field: str) -> dict[str, Any]:
    """An address with a street; 422 when it has none."""
    address = _object(told, field, ADDRESS, "SHIPMENT.INVALID_PARAMS")
    if not address.get("street1"):
        raise unwanted("ADDRESS.PARAMETERS.INVALID", f"{field}.street1", "cannot be blank")
    return address


def _require_customs(told: Any) -> None:
    customs = _object(told, "customs_info", CUSTOMS, "CUSTOMS_INFO.PARAMETERS.INVALID")
    items = customs.get("customs_items")
    if not isinstance(items, list) or not items:
        raise unwanted("CUSTOMS_INFO.PARAMETERS.INVALID", "customs_items", "cannot be blank")
    for told_item in items:
        item = _object(told_item, "customs_items", ITEM, "CUSTOMS_ITEM.PARAMETERS.INVALID")
        for name in ("description", "quantity", "value", "weight", "origin_country"):
            if not item.get(name):
                raise unwanted("CUSTOMS_ITEM.PARAMETERS.INVALID", f"customs_items.{name}", "cannot be blank")


def _object(told: Any, field: str, known: frozenset[str], code: str) -> dict[str, Any]:
    if not isinstance(told, dict) or not told:
        raise Refused(422, code, "Missing required parameter.", {"field": field, "message": "cannot be blank"})
    if odd := sorted(set(told) - known):
        raise unwanted(code, f"{field}.{odd[0]}", "is not known")
    return told
