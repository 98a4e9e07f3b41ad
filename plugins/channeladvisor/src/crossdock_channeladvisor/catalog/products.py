"""ChannelAdvisor's product documents and what they mean, in both directions; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import Field, PositiveInt, ValidationError

from crossdock import Record, Unreadable
from crossdock.domain import Product, ProductComponent, ProductImage, ProductKind
from crossdock_channeladvisor.catalog.moments import VendorMoment
from crossdock_channeladvisor.errors import invalid_parts
from crossdock_channeladvisor.inventory.lookup import BUNDLES
from crossdock_channeladvisor.models import Amount, VendorDocument

ATTRIBUTE_NAME, ATTRIBUTE_VALUE = 32, 32_000
"""The longest name and value of an attribute (documented)."""


class VendorAttribute(VendorDocument):
    """A named value of the seller's own."""

    name: str
    value: str | None = None


class VendorImage(VendorDocument):
    """A picture, by its place in the listing."""

    placement_name: str
    url: str | None = None


class VendorLabel(VendorDocument):
    """A label of the seller's own."""

    name: str


class VendorBundlePart(VendorDocument):
    """So many pieces of another product in one bundle."""

    component_id: int | None = None
    component_sku: str = Field(min_length=1)
    quantity: PositiveInt


class VendorChild(VendorDocument):
    """One variation of a parent; its SKU is not told."""

    child_product_id: int


class VendorAlias(VendorDocument):
    """Another SKU under which a product is sold."""

    alias_product_sku: str | None = None


class VendorProduct(VendorDocument):
    """One product, with the fields that are translated; `more_*` are set where a collection was cut short."""

    id: PositiveInt
    profile_id: int | None = None
    sku: str = Field(min_length=1)
    update_date_utc: VendorMoment = None
    product_type: str | None = None
    bundle_type: str | None = None
    alias_type: str | None = None
    is_parent: bool | None = None
    parent_product_id: int | None = None
    parent_sku: str | None = None
    reference_sku: str | None = None

    title: str | None = None
    description: str | None = None
    brand: str | None = None
    manufacturer: str | None = None
    condition: str | None = None
    relationship_name: str | None = None
    vary_by: str | None = None

    asin: str | None = Field(default=None, alias="ASIN")
    ean: str | None = Field(default=None, alias="EAN")
    isbn: str | None = Field(default=None, alias="ISBN")
    mpn: str | None = Field(default=None, alias="MPN")
    upc: str | None = Field(default=None, alias="UPC")

    short_description: str | None = None
    subtitle: str | None = None
    store_title: str | None = None
    store_description: str | None = None
    warranty: str | None = None
    classification: str | None = None
    harmonized_code: str | None = None
    tax_product_code: str | None = None
    warehouse_location: str | None = None
    supplier_name: str | None = None
    supplier_code: str | None = None
    supplier_po: str | None = Field(default=None, alias="SupplierPO")

    height: Amount | None = None
    length: Amount | None = None
    width: Amount | None = None
    weight: Amount | None = None

    cost: Amount | None = None
    retail_price: Amount | None = None
    starting_price: Amount | None = None
    reserve_price: Amount | None = None
    buy_it_now_price: Amount | None = None
    store_price: Amount | None = None
    second_chance_price: Amount | None = None
    min_price: Amount | None = None
    max_price: Amount | None = None
    estimated_shipping_cost: Amount | None = None

    attributes: tuple[VendorAttribute, ...] | None = ()
    images: tuple[VendorImage, ...] | None = ()
    labels: tuple[VendorLabel, ...] | None = ()
    bundle_components: tuple[VendorBundlePart, ...] | None = ()
    children: tuple[VendorChild, ...] | None = ()
    alias_relationships: tuple[VendorAlias, ...] | None = ()
    more_attributes: str | None = Field(default=None, alias="Attributes@odata.nextLink")
    more_images: str | None = Field(default=None, alias="Images@odata.nextLink")
    more_labels: str | None = Field(default=None, alias="Labels@odata.nextLink")
    more_components: str | None = Field(default=None, alias="BundleComponents@odata.nextLink")
    more_children: str | None = Field(default=None, alias="Children@odata.nextLink")
    more_aliases: str | None = Field(default=None, alias="AliasRelationships@odata.nextLink")


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of theirs and where it stands in a `Product`: a field, or one name of a field that is a dictionary.

    `longest` is the documented length of a text.
    """

    theirs: str
    part: str
    name: str = ""
    longest: int | None = None

    @property
    def vendor_name(self) -> str:
        """Their spelling."""
        return vendor_spelling(self.theirs)

    @property
    def is_number(self) -> bool:
        """Whether it holds an exact number; everything else is text."""
        return self.part in ("measures", "prices")

    @property
    def called(self) -> str:
        """What people call it."""
        return f"{self.name} price".replace("_", " ") if self.part == "prices" else self.name or self.part

    def value_in(self, product: Product) -> Any:
        """What the product holds here; None if it is a dictionary without this name."""
        held = getattr(product, self.part)
        return held.get(self.name) if self.name else held


def vendor_spelling(field: str) -> str:
    """The vendor's spelling of a field of `VendorProduct`."""
    return VendorProduct.model_fields[field].alias or field


TABLE = (
    Entry("title", "title", longest=120),
    Entry("description", "description"),
    Entry("brand", "brand"),
    Entry("manufacturer", "manufacturer"),
    Entry("condition", "condition"),
    Entry("relationship_name", "relationship", longest=50),
    Entry("vary_by", "vary_by"),
    *(Entry(name.lower(), "codes", name) for name in ("ASIN", "EAN", "ISBN", "MPN", "UPC")),
    *(
        Entry(name, "details", name)
        for name in (
            "short_description",
            "subtitle",
            "store_title",
            "store_description",
            "warranty",
            "classification",
            "harmonized_code",
            "tax_product_code",
            "warehouse_location",
            "supplier_name",
            "supplier_code",
            "supplier_po",
        )
    ),
    *(Entry(name, "measures", name) for name in ("height", "length", "width", "weight")),
    Entry("cost", "prices", "cost"),
    Entry("retail_price", "prices", "retail"),
    Entry("starting_price", "prices", "starting"),
    Entry("reserve_price", "prices", "reserve"),
    Entry("buy_it_now_price", "prices", "buy_it_now"),
    Entry("store_price", "prices", "store"),
    Entry("second_chance_price", "prices", "second_chance"),
    Entry("min_price", "prices", "minimum"),
    Entry("max_price", "prices", "maximum"),
    Entry("estimated_shipping_cost", "prices", "estimated_shipping"),
)
"""Which field of theirs is which of ours, for reading and for writing."""

EXPANDS = {
    "Attributes": "more_attributes",
    "Images": "more_images",
    "Labels": "more_labels",
    "BundleComponents": "more_components",
    "Children": "more_children",
    "AliasRelationships": "more_aliases",
}
"""The collections of a product, and the field that says that one was cut short."""

SELECT = tuple(
    vendor_spelling(name)
    for name, field in VendorProduct.model_fields.items()
    if vendor_spelling(name) not in EXPANDS and not name.startswith("more_")
)
"""The fields that a list of products is asked for: those that are translated."""

UNITS = {
    "us": {"weight": "lb", "height": "in", "length": "in", "width": "in"},
    "metric": {"weight": "kg", "height": "cm", "length": "cm", "width": "cm"},
}
"""What the account measures in: it follows from its country, and no product tells."""


class _Refused(Exception):
    """Why a product cannot be read; becomes `Unreadable` with the product's id."""


def read_product(record: Record, measured_in: str | None = None) -> Product:
    """Translate one product, from a list or from an export; raises `Unreadable` with what is wrong with it."""
    try:
        return _product(parse_product(record.data), measured_in)
    except ValidationError as error:
        raise _unreadable(record.id, invalid_parts(error)) from error
    except (_Refused, ValueError, OverflowError, RecursionError) as error:
        raise _unreadable(record.id, str(error)) from error


def parse_product(data: bytes) -> VendorProduct:
    """The vendor's document in raw bytes, exact; those of an export hold one row of its file."""
    document = json.loads(data, parse_float=Decimal)
    if isinstance(document, dict) and not isinstance(document.get("ID"), int):
        document = _unflattened(document)
    return VendorProduct.model_validate(document)


def _unreadable(product_id: str, reason: str) -> Unreadable:
    return Unreadable(f"ChannelAdvisor product {product_id} cannot be read: {reason}")


def _product(theirs: VendorProduct, measured_in: str | None) -> Product:
    if cut := [name for name, more in EXPANDS.items() if getattr(theirs, more)]:
        raise _Refused(f"only the first of its {' and '.join(cut)} were given; download it singly")
    fields = _from_table(theirs)
    units = UNITS.get(measured_in or "", {})
    return Product(
        external_id=str(theirs.id),
        sku=theirs.sku,
        profile="" if theirs.profile_id is None else str(theirs.profile_id),
        kind=_kind(theirs),
        units={name: unit for name, unit in units.items() if name in fields["measures"]},
        attributes=_attributes(theirs),
        images=tuple(ProductImage(name=row.placement_name, url=row.url) for row in theirs.images or () if row.url),
        labels=tuple(sorted(row.name for row in theirs.labels or ())),
        components=tuple(_component(row) for row in theirs.bundle_components or ()),
        parent_sku=theirs.parent_sku or "",
        children=tuple(str(row.child_product_id) for row in theirs.children or ()),
        alias_of=_alias_of(theirs),
        aliases=tuple(_aliases(theirs)),
        updated_at=theirs.update_date_utc,
        **fields,
    )


def _from_table(theirs: VendorProduct) -> dict[str, Any]:
    """What the table says of a product; a dictionary has no entry for what is not there."""
    fields: dict[str, Any] = {entry.part: {} for entry in TABLE if entry.name}
    for entry in TABLE:
        value = getattr(theirs, entry.theirs)
        if not entry.name:
            fields[entry.part] = value or ""
        elif value is not None and value != "":
            fields[entry.part][entry.name] = value
            if entry.is_number and value < 0:
                raise _Refused(f"its {entry.called} is below zero")
    return fields


def _kind(theirs: VendorProduct) -> ProductKind:
    """What kind of thing it is, by all that is told of it: any of its fields may be older than the others."""
    if theirs.product_type == "Bundle" or theirs.bundle_type in BUNDLES or theirs.bundle_components:
        return ProductKind.BUNDLE
    if theirs.product_type == "Parent" or theirs.is_parent or theirs.children:
        return ProductKind.PARENT
    return ProductKind.CHILD if theirs.product_type == "Child" or theirs.parent_product_id else ProductKind.ITEM


def _attributes(theirs: VendorProduct) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for row in sorted(theirs.attributes or (), key=lambda row: row.name):
        if not row.name:
            raise _Refused("one of its attributes has no name")
        if row.name in attributes:
            raise _Refused(f"it has two attributes with the name '{row.name}'")
        attributes[row.name] = row.value or ""
    return attributes


def _component(row: VendorBundlePart) -> ProductComponent:
    external_id = "" if row.component_id is None else str(row.component_id)
    return ProductComponent(sku=row.component_sku, quantity=row.quantity, external_id=external_id)


def _alias_of(theirs: VendorProduct) -> str:
    """The SKU that an alias stands for; a product that others refer to is none."""
    stands_for = theirs.reference_sku or ""
    if theirs.alias_type == "Alias" and not stands_for:
        raise _Refused("it is an alias, and ChannelAdvisor does not show of what (ReferenceSku)")
    return "" if theirs.alias_type in ("None", "Reference") or stands_for == theirs.sku else stands_for


def _aliases(theirs: VendorProduct) -> Iterator[str]:
    for row in theirs.alias_relationships or ():
        if row.alias_product_sku and row.alias_product_sku != theirs.sku:
            yield row.alias_product_sku


_NUMBERED = re.compile(r"attribute(\d{1,6})(name|value)")
_US_FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")


@lru_cache(maxsize=10_000)  # a file has as many different columns as its header
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_SCALARS = {_plain(name): name for name in SELECT}


def _unflattened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of an export as a document: columns under the names of the fields, numbered columns as collections.

    Names are compared without regard to case, spaces and underscores: their exact spelling is not documented.
    """
    document: dict[str, Any] = {}
    numbered: dict[int, dict[str, Any]] = {}
    for column, value in row.items():
        if value is None or value == "":
            continue
        name = _plain(column)
        if match := _NUMBERED.fullmatch(name):
            numbered.setdefault(int(match[1]), {})[match[2].capitalize()] = value
        elif name in _SCALARS:
            document[_SCALARS[name]] = value
    document["Attributes"] = [numbered[n] for n in sorted(numbered) if "Name" in numbered[n]]
    if isinstance(updated := document.get("UpdateDateUtc"), str):
        document["UpdateDateUtc"] = moment_in(updated) or updated
    return document


def moment_in(text: str) -> datetime | None:
    """The moment that an American date in an export stands for (UTC, as the column's name says), or None."""
    for form in _US_FORMATS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
