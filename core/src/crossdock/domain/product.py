"""Products: what is sold, with everything that another system needs to know of it except its stock."""

from decimal import Decimal
from enum import StrEnum

from pydantic import Field, PositiveInt

from crossdock.domain.document import Document, UtcDatetime


class ProductKind(StrEnum):
    """Something that lies on a shelf, a parent that only groups its children, or a bundle of other products."""

    ITEM = "item"
    PARENT = "parent"
    CHILD = "child"
    BUNDLE = "bundle"


class ProductImage(Document):
    """One picture; `name` is its place in the listing."""

    name: str
    url: str


class ProductComponent(Document):
    """One part of a bundle; `quantity` is the number of pieces in ONE bundle."""

    sku: str
    quantity: PositiveInt
    external_id: str = ""


class Product(Document):
    """A product of one profile; `external_id` is the source's key, the SKU is unique inside a profile.

    `codes` are the trade's identifiers by name (UPC, EAN, ISBN, ASIN, MPN); `alias_of` is the SKU that an alias stands
    for, `aliases` the SKUs that stand for this one. `measures` (weight, height, length, width) and `prices` are by
    name, in the units of the source (`units` says which where it is known). `details` holds further text by name.
    """

    external_id: str
    sku: str
    profile: str = ""
    kind: ProductKind = ProductKind.ITEM
    title: str = ""
    description: str = ""
    brand: str = ""
    manufacturer: str = ""
    condition: str = ""
    codes: dict[str, str] = Field(default_factory=dict)
    measures: dict[str, Decimal] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    prices: dict[str, Decimal] = Field(default_factory=dict)
    details: dict[str, str] = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=dict)
    images: tuple[ProductImage, ...] = ()
    labels: tuple[str, ...] = ()
    components: tuple[ProductComponent, ...] = ()
    parent_sku: str = ""
    children: tuple[str, ...] = ()
    relationship: str = ""
    vary_by: str = ""
    alias_of: str = ""
    aliases: tuple[str, ...] = ()
    updated_at: UtcDatetime | None = None


class ProductIdentity(Document):
    """Which product it is, and nothing else of it."""

    external_id: str
    sku: str
    profile: str = ""


class ProductChange(Document):
    """What a catalog sink is told of one product; `key` is ours.

    `changed` names the fields of `product` that differ from what the sink accepted last; empty: it was never told of
    this product. Everything else is to stay as it is. `external_id` is the sink's own id where it is known.
    """

    key: str
    product: Product
    external_id: str = ""
    changed: tuple[str, ...] = ()
