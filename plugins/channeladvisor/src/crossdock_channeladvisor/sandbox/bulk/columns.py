"""The columns of inventory files, as sellers' own programs write them, and what they say of a product.

Documented: `Quantity Update Type`, `DC Quantity` (`NYC=1, Atlanta=3`, by the code of the centre), and `DC Quantity
Update Type`, without which the list is complete, and centres left out are set to zero. `Inventory Number` is the SKU,
and is required. Seen in public files: the other names, and the spellings UNSHIPPED, INSTOCK, 'partial dc list' and
'completedclist'.

Assumed: capitals and spaces in those words do not matter; a quantity without an update type is refused; `Quantity`
alone is that of the account's default centre and touches no other; an empty cell changes nothing; a row with one
mistake is left out as a whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from crossdock_channeladvisor.sandbox.catalogue import DISTRIBUTION_CENTERS, EAST
from crossdock_channeladvisor.sandbox.products.stock import UpdateType

SKU = "Inventory Number"
QUANTITY, QUANTITY_TYPE = "Quantity", "Quantity Update Type"
DC_QUANTITY, DC_LIST = "DC Quantity", "DC Quantity Update Type"
LABELS, PICTURES = "Labels", "Picture URLs"

FIELDS = {
    SKU: "Sku",
    "Auction Title": "Title",
    "Inventory Subtitle": "Subtitle",
    "Short Description": "ShortDescription",
    "Description": "Description",
    "Manufacturer": "Manufacturer",
    "Brand": "Brand",
    "Condition": "Condition",
    "Warranty": "Warranty",
    "Classification": "Classification",
    "ISBN": "ISBN",
    "UPC": "UPC",
    "EAN": "EAN",
    "ASIN": "ASIN",
    "MPN": "MPN",
    "Harmonized Code": "HarmonizedCode",
    "TaxProductCode": "TaxProductCode",
    "Height": "Height",
    "Length": "Length",
    "Width": "Width",
    "Weight": "Weight",
    "Seller Cost": "Cost",
    "Product Margin": "Margin",
    "Retail Price": "RetailPrice",
    "Starting Bid": "StartingPrice",
    "Reserve": "ReservePrice",
    "Buy It Now Price": "BuyItNowPrice",
    "Second Chance Offer Price": "SecondChancePrice",
    "ChannelAdvisor Store Price": "StorePrice",
    "ChannelAdvisor Store Title": "StoreTitle",
    "ChannelAdvisor Store Description": "StoreDescription",
    "Supplier Code": "SupplierCode",
    "Supplier PO": "SupplierPO",
    "Warehouse Location": "WarehouseLocation",
}
_OTHERS = {QUANTITY, QUANTITY_TYPE, DC_QUANTITY, DC_LIST, LABELS, PICTURES}
_ATTRIBUTE = re.compile(r"Attribute(\d+)(Name|Value)")
_CODES = {center.Code: number for number, center in DISTRIBUTION_CENTERS.items()}
_UPDATE_TYPES: dict[str, UpdateType] = {name.lower(): name for name in get_args(UpdateType)}


class BadRow(Exception):
    """A row that is left out; the message says why."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a row says of stock, by centre; `complete`: centres that it leaves out are empty."""

    kind: UpdateType
    by_center: Mapping[int, int]
    complete: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says of a product; what it does not say stays as it is."""

    sku: str
    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    quantities: Quantities | None = None


def unknown_columns(names: list[str]) -> list[str]:
    """The columns that no account knows."""
    return [name for name in names if name not in FIELDS.keys() | _OTHERS and not _ATTRIBUTE.fullmatch(name)]


def read_row(cells: Mapping[str, str]) -> Row:
    """What the cells of one line say, by the names of their columns; raises `BadRow`."""
    filled = {name: text.strip() for name, text in cells.items() if text.strip()}
    if SKU not in filled:
        raise BadRow(f"{SKU} is required.")
    return Row(
        sku=filled[SKU],
        fields={FIELDS[name]: text for name, text in filled.items() if name in FIELDS and name != SKU},
        attributes=_attributes(filled),
        labels=_listed(filled.get(LABELS, "")),
        pictures=_listed(filled.get(PICTURES, "")),
        quantities=_quantities(filled),
    )


def _attributes(filled: Mapping[str, str]) -> dict[str, str]:
    found = [_ATTRIBUTE.fullmatch(name) for name in filled]
    names = {match[1]: filled[match[0]] for match in found if match is not None and match[2] == "Name"}
    return {name: filled.get(f"Attribute{number}Value", "") for number, name in names.items()}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _quantities(filled: Mapping[str, str]) -> Quantities | None:
    if DC_QUANTITY not in filled and QUANTITY not in filled:
        return None
    word = filled.get(QUANTITY_TYPE, "")
    kind = _UPDATE_TYPES.get(_plain(word))
    if kind is None:
        raise BadRow(f"'{word}' is not a {QUANTITY_TYPE}.")
    if DC_QUANTITY not in filled:
        return Quantities(kind, {EAST: _number(filled[QUANTITY])}, complete=False)
    by_center = dict(_center_quantity(text) for text in _listed(filled[DC_QUANTITY]))
    return Quantities(kind, by_center, complete=_is_complete(filled.get(DC_LIST, "complete")))


def _center_quantity(text: str) -> tuple[int, int]:
    code, _, number = map(str.strip, text.partition("="))
    if code not in _CODES:
        raise BadRow(f"There is no distribution centre with code '{code}'.")
    return _CODES[code], _number(number)


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", text):
        raise BadRow(f"'{text}' is not a quantity.")
    return int(text)


def _is_complete(word: str) -> bool:
    kind = _plain(word).removesuffix("dclist")
    if kind not in ("complete", "partial"):
        raise BadRow(f"'{word}' is not a {DC_LIST}.")
    return kind == "complete"


def _plain(word: str) -> str:
    return word.replace(" ", "").lower()
