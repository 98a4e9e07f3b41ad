"""What the server requires of a draft; fields that it does not know are ignored."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = {
    "person_name": 100,
    "company_name": 100,
    "address_line1": 100,
    "address_line2": 100,
    "city": 50,
    "state_code": 50,
    "postal_code": 20,
    "phone_number": 50,
}
WEIGHT_UNITS, DIMENSION_UNITS = ("KG", "LB", "OZ", "G"), ("CM", "IN")
LABEL_TYPES = ("PDF", "ZPL", "PNG")
STATUSES = (
    "draft", "created", "cancelled", "shipped", "in_transit", "delivered", "needs_attention", "out_for_delivery",
    "delivery_failed",
)  # fmt: skip
SIDES = ("width", "height", "length")
REQUIRED = "This field is required."


def faults_of_draft(draft: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a draft, a sentence for each field."""
    for role in ("recipient", "shipper"):
        yield from _faults_of_address(role, draft.get(role))
    yield from _faults_of_pieces(draft.get("parcels"))
    for field, most in (("reference", 100), ("order_id", 50)):
        yield from _too_long(field, draft.get(field), most)
    yield from faults_of_label_type(draft)


def faults_of_label_type(asked: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the format of a label."""
    yield from _choice("label_type", asked.get("label_type", "PDF"), LABEL_TYPES)


def _faults_of_address(role: str, address: Any) -> Iterator[str]:
    if not isinstance(address, dict):
        yield f"{role}: {REQUIRED}"
        return
    country = address.get("country_code")
    if country is None:
        yield f"{role}.country_code: {REQUIRED}"
    elif not re.fullmatch(r"(?!XX)[A-Z]{2}", str(country)):
        yield f'{role}.country_code: "{country}" is not a valid choice.'
    elif country == "US" and not re.fullmatch(r"(\d{5}(-\d{4})?)?", "".join(_text(address, "postal_code").split())):
        yield f"{role}.postal_code: The American postal code must match 12345 or 12345-6789"
    for field, most in LONGEST.items():
        yield from _too_long(f"{role}.{field}", address.get(field), most)


def _faults_of_pieces(pieces: Any) -> Iterator[str]:
    if not isinstance(pieces, list):
        yield f"parcels: {REQUIRED}"
    elif not pieces:
        yield "parcels.non_field_errors: This list may not be empty."
    else:
        for place, piece in enumerate(pieces):
            yield from _faults_of_piece(f"parcels.{place}", piece)


def _faults_of_piece(where: str, piece: Mapping[str, Any]) -> Iterator[str]:
    for field in ("weight", "weight_unit"):
        if piece.get(field) is None:
            yield f"{where}.{field}: {REQUIRED}"
    yield from _choice(f"{where}.weight_unit", piece.get("weight_unit"), WEIGHT_UNITS)
    yield from _choice(f"{where}.dimension_unit", piece.get("dimension_unit"), DIMENSION_UNITS)
    known = [side for side in SIDES if piece.get(side) is not None]
    if known and len(known) < len(SIDES):
        yield f"{where}.dimensions: When one dimension is specified, all must be specified with a dimension_unit"
    elif known and piece.get("dimension_unit") is None:
        yield f"{where}.dimension_unit: dimension_unit is required when dimensions are specified"


def _text(document: Mapping[str, Any], field: str) -> str:
    told = document.get(field)
    return "" if told is None else str(told)


def _choice(where: str, value: Any, choices: tuple[str, ...]) -> Iterator[str]:
    if value is not None and value not in choices:
        yield f'{where}: "{value}" is not a valid choice.'


def _too_long(where: str, value: Any, most: int) -> Iterator[str]:
    if value is not None and len(str(value)) > most:
        yield f"{where}: Ensure this field has no more than {most} characters."
