"""What can be written into a product, and what is refused with 400.

Documented: only Sku is needed, and ProfileID with several profiles; the lengths of Sku, Title and RelationshipName, of
an attribute's name and value; a parent and its children have `IsInRelationship` true and the same `RelationshipName`;
a bundle holds standalone or child products. A body may write numbers as text (a documented example does).

Assumed: a property that is not known or cannot be written refuses the whole body; Sku and ProfileID stay as they are
once a product is there; collections are written on creation only, later with their own calls; PUT is like PATCH. What
CopyToAliases takes is not known: it is refused. ProductType and ParentSku may be sent as they are: a client does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.products.documents import (
    PRODUCT_COLLECTIONS,
    AttributeValue,
    Image,
    Product,
    ProductBundleComponent,
    ProductLabel,
)

LONGEST = {"Sku": 50, "Title": 120, "RelationshipName": 50}
LONGEST_ATTRIBUTE_NAME, LONGEST_ATTRIBUTE_VALUE = 32, 32_000
_WORDS = {
    "BundleType": ("None", "BundleComponent", "BundleItem", "AssemblyBundleItem"),
    "AliasType": ("None", "Reference", "Alias"),
}
BUNDLES = frozenset({"BundleItem", "AssemblyBundleItem"})
_WITH_THE_PRODUCT = frozenset({"Attributes", "Images", "Labels", "BundleComponents"})
_READ_ONLY = frozenset(
    {
        *("ID", "CreateDateUtc", "UpdateDateUtc", "QuantityUpdateDateUtc", "LastSaleDateUtc", "BlockedDateUtc"),
        *("BlockedFromAdvertisingDateUtc", "ProductType", "ParentSku", "CopyToAliases"),
        *(name for name in Product.__struct_fields__ if name.endswith(("Quantity", "QuantityPooled"))),
    }
    - {"InfiniteQuantity", "MultipackQuantity"}
)
_REPEATABLE = frozenset({"ProductType", "ParentSku"})
_OF_ITS_OWN = frozenset(
    {
        *("Sku", "ProfileID", "CopyToChildren", "IsParent", "IsInRelationship", "ParentProductID", "RelationshipName"),
        *("VaryBy", "ReferenceSku", "ReferenceProductID", *_WORDS),
    }
)


def written(product: Product, fields: Mapping[str, Any]) -> Product:
    """The product with these fields; raises 400."""
    _check_names({name: value for name, value in fields.items() if not _is_repeated(product, name, value)})
    try:
        # The wire has no text for null in a number, but documented bodies have text for numbers.
        changed = msgspec.convert({**msgspec.to_builtins(product), **fields}, Product, strict=False)
    except msgspec.ValidationError as error:
        raise BadQuery(f"The request is invalid. {error}") from error
    _check_texts(changed)
    check_rows(changed)
    changed.ProductType = _type_of(changed)
    return changed


def _is_repeated(product: Product, name: str, value: Any) -> bool:
    return name in _REPEATABLE and value == getattr(product, name)


def _check_names(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name in _READ_ONLY or name in PRODUCT_COLLECTIONS.keys() - _WITH_THE_PRODUCT:
            raise BadQuery(f"The request is invalid. The property '{name}' is read-only.")
        check_known(name, Product)
    for name in fields.keys() & _WITH_THE_PRODUCT:
        for row in fields[name] if isinstance(fields[name], list) else ():
            for inner in row if isinstance(row, Mapping) else ():
                check_known(inner, PRODUCT_COLLECTIONS[name])


def check_known(name: str, document: type[Struct]) -> None:
    """Refuse a property that this kind of document does not have."""
    if name not in document.__struct_encode_fields__ or "@" in name:
        raise BadQuery(
            f"The request is invalid. The property '{name}' does not exist on type "
            f"'ChannelAdvisor.RestApi.V1.Models.{document.__name__}'. Make sure to only use property names that are "
            "defined by the type."
        )


def _check_texts(product: Product) -> None:
    if not product.Sku.strip():
        raise BadQuery("The request is invalid. Sku is required.")
    for name, longest in LONGEST.items():
        if len(getattr(product, name) or "") > longest:
            raise BadQuery(f"The field {name} must be a string with a maximum length of {longest}.")
    for name, words in _WORDS.items():
        if getattr(product, name) not in words:
            raise BadQuery(f"The request is invalid. {name} must be one of {', '.join(words)}.")


def check_rows(product: Product) -> None:
    """Refuse rows that are too long, or have no key of their own."""
    for attribute in product.Attributes:
        check_attribute(attribute.Name, attribute.Value)
    for collection, key in (("Attributes", "Name"), ("Images", "PlacementName"), ("Labels", "Name")):
        keys = [getattr(row, key).casefold() for row in getattr(product, collection)]
        if "" in keys or len(set(keys)) < len(keys):
            raise BadQuery(f"The request is invalid. Each of the {collection} needs a {key} of its own.")
    for component in product.BundleComponents:
        if component.Quantity < 1:
            raise BadQuery("The request is invalid. The Quantity of a bundle component must be at least 1.")


def check_attribute(name: str, value: str | None) -> None:
    """Refuse an attribute that is too long."""
    if not 0 < len(name) <= LONGEST_ATTRIBUTE_NAME:
        raise BadQuery(f"The name of an attribute must have 1 to {LONGEST_ATTRIBUTE_NAME} characters, not {len(name)}.")
    if len(value or "") > LONGEST_ATTRIBUTE_VALUE:
        raise BadQuery(f"The value of attribute '{name}' must have at most {LONGEST_ATTRIBUTE_VALUE} characters.")


def _type_of(product: Product) -> str:
    if product.BundleType in BUNDLES:
        return "Bundle"
    if product.IsParent:
        return "Parent"
    return "Item" if product.ParentProductID is None else "Child"


def check_relation(product: Product, parent: Product | None) -> None:
    """Refuse a parent or a child that does not say how they belong together; `parent`: that of a child, if found."""
    if product.IsParent and product.ParentProductID is not None:
        raise BadQuery("The request is invalid. A parent cannot have a parent.")
    if product.ParentProductID is not None and (parent is None or not parent.IsParent):
        raise BadQuery(f"The request is invalid. {product.ParentProductID} is not a parent product of this profile.")
    related = product.IsParent or product.ParentProductID is not None
    if related != product.IsInRelationship:
        raise BadQuery("The request is invalid. IsInRelationship is true for parents and children, and only for them.")
    if related and not product.RelationshipName:
        raise BadQuery("The request is invalid. RelationshipName is required in a relationship.")
    if parent is not None and product.RelationshipName != parent.RelationshipName:
        raise BadQuery(f"RelationshipName must be '{parent.RelationshipName}' as in the parent.")


def check_bundle(product: Product) -> None:
    """Refuse a bundle without components, and components without a bundle."""
    if (product.BundleType in BUNDLES) != bool(product.BundleComponents):
        raise BadQuery("A product with BundleType BundleItem has BundleComponents, and no other has them.")


def for_children(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a change of a parent that is copied down to its children."""
    return {name: value for name, value in fields.items() if name not in _OF_ITS_OWN}


def own(product: Product) -> Product:
    """The product, its rows saying whose they are."""
    rows: Iterable[AttributeValue | Image | ProductLabel | ProductBundleComponent] = (
        *product.Attributes,
        *product.Images,
        *product.Labels,
        *product.BundleComponents,
    )
    for row in rows:
        row.ProductID, row.ProfileID = product.ID, product.ProfileID
    return product
