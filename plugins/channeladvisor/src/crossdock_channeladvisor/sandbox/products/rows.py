"""The rows of a product that have calls of their own: attributes, images, labels and components.

Each is found below its product, `Products(ID)/Attributes('Name')`, and in an entity set, `AttributeValues(ProductID=ID,
Name='Name')`. PUT and PATCH write one, new or not (documented); deleting one that is not there is 404 (assumed).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from crossdock_channeladvisor.sandbox.errors import BadQuery, Refused, odata_error
from crossdock_channeladvisor.sandbox.products.documents import PRODUCT_COLLECTIONS, Product
from crossdock_channeladvisor.sandbox.products.writing import check_known, check_rows


@dataclass(frozen=True, slots=True)
class RowKind:
    """Rows of one collection: their entity set, the member that tells them apart, and those that can be written."""

    collection: str
    entity_set: str
    key: str
    written: frozenset[str]

    @property
    def document(self) -> type[Struct]:
        """What a row is."""
        return PRODUCT_COLLECTIONS[self.collection]

    def read_key(self, text: str) -> str | int:
        """The key in the brackets of a URL; raises 400."""
        if self.key == "ComponentID" and re.fullmatch(r"\d+", text):
            return int(text)
        if self.key != "ComponentID" and re.fullmatch(r"'([^']|'')*'", text):
            return text[1:-1].replace("''", "'")
        raise BadQuery(f"The key ({text}) of {self.collection} cannot be read.")

    def read_keys(self, text: str) -> tuple[int, str | int]:
        """The product and the key in the brackets of an entity set's URL; raises 400."""
        product = re.search(r"(?:^|,)\s*ProductID=(\d+)\s*(?:,|$)", text)
        key = re.search(rf"(?:^|,)\s*{self.key}=('(?:[^']|'')*'|\d+)\s*(?:,|$)", text)
        if product is None or key is None:
            raise BadQuery(f"The keys ({text}) of {self.entity_set} must be ProductID and {self.key}.")
        return int(product[1]), self.read_key(key[1])


ROW_KINDS = (
    RowKind("Attributes", "AttributeValues", "Name", frozenset({"Value"})),
    RowKind("Images", "Images", "PlacementName", frozenset({"Url", "Abbreviation"})),
    RowKind("Labels", "ProductLabels", "Name", frozenset()),
    RowKind("BundleComponents", "ProductBundleComponents", "ComponentID", frozenset({"Quantity"})),
)
ATTRIBUTES = ROW_KINDS[0]


def find_row(product: Product, kind: RowKind, key: str | int) -> Any:
    """The row with this key, its name in capitals or not; raises 404."""
    wanted = _folded(key)
    for row in getattr(product, kind.collection):
        if _folded(getattr(row, kind.key)) == wanted:
            return row
    raise Refused(odata_error(404, f"Product {product.ID} has no '{key}' in {kind.collection}."))


def put_row(product: Product, kind: RowKind, key: str | int, fields: Mapping[str, Any]) -> None:
    """Write a row of the product, which is changed in its place; raises 400."""
    for name in fields:
        check_known(name, kind.document)
        if name not in kind.written | {kind.key, "ProductID", "ProfileID"}:
            raise BadQuery(f"The request is invalid. The property '{name}' is read-only.")
    rows = getattr(product, kind.collection)
    present = [each for each in rows if _folded(getattr(each, kind.key)) == _folded(key)]
    row = present[0] if present else kind.document(**{kind.key: key, "ProfileID": product.ProfileID})
    new = _converted(kind, row, {name: value for name, value in fields.items() if name in kind.written})
    setattr(product, kind.collection, [new if each is row else each for each in rows] if present else [*rows, new])
    check_rows(product)


def remove_row(product: Product, kind: RowKind, key: str | int) -> None:
    """Take a row out of the product, which is changed in its place; raises 404."""
    row = find_row(product, kind, key)
    setattr(product, kind.collection, [each for each in getattr(product, kind.collection) if each is not row])


def _converted(kind: RowKind, row: Struct, fields: Mapping[str, Any]) -> Any:
    try:
        return msgspec.convert({**msgspec.to_builtins(row), **fields}, kind.document, strict=False)
    except msgspec.ValidationError as error:
        raise BadQuery(f"The request is invalid. {error}") from error


def _folded(key: str | int) -> str:
    return str(key).casefold()
