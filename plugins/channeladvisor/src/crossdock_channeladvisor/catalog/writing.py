"""What ChannelAdvisor is told of a product: which fields, in which bodies; pure.

A text or dictionary entry that became empty is cleared; one that a dictionary does not name stays as it is, because
others may keep it. Images and labels that a change no longer names are removed, components always.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from crossdock import Rejected
from crossdock.domain import Product, ProductChange, ProductComponent, ProductImage, ProductKind
from crossdock_channeladvisor.batch import Part
from crossdock_channeladvisor.catalog.products import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_VALUE,
    TABLE,
    UNITS,
    VendorProduct,
    vendor_spelling,
)

LONGEST_SKU = 50
LONGEST_PLACE, LONGEST_URL = 50, 255
"""The longest place and address of an image (documented)."""

NO_ALIASES = "no call is known that makes aliases, so do that in ChannelAdvisor"

_json = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be written of one product; a collection that is None stays as it is.

    `relation`: whether its place among parents and children is told. `replaces`: the collections of which what is not
    named is removed.
    """

    fields: Mapping[str, Any]
    attributes: Mapping[str, str]
    images: tuple[ProductImage, ...] | None
    labels: tuple[str, ...] | None
    components: tuple[ProductComponent, ...] | None
    relation: bool
    replaces: frozenset[str]

    @property
    def must_be_compared(self) -> bool:
        """Whether what is there has to be read first."""
        return self.components is not None or bool(self.replaces)


def told(change: ProductChange) -> tuple[str, ...]:
    """The parts that changed since this very product was told; none if it never was: another SKU is another product."""
    return () if "sku" in change.changed else change.changed


def writing_of(product: Product, changed: tuple[str, ...] = (), *, anew: bool = False) -> Writing:
    """What to write of the changed parts of a product; without any, or `anew`: also of all parts that are not empty.

    `anew`: nothing is known of the product that bears the SKU now.
    """
    parts = {*changed, *(["measures"] if "units" in changed else [])}
    if anew or not changed:
        parts |= {name for name in Product.model_fields if getattr(product, name)}
    moved = bool({"kind", "parent_sku"} & {*changed})
    return Writing(
        fields={
            entry.vendor_name: None if value == "" else value
            for entry in TABLE
            if entry.part in parts and (value := entry.value_in(product)) is not None
        },
        attributes=product.attributes if "attributes" in parts else {},
        images=product.images if "images" in parts else None,
        labels=product.labels if "labels" in parts else None,
        components=product.components if "components" in parts else None,
        relation=moved or ((anew or not changed) and product.kind in _RELATED),
        replaces=frozenset({"images", "labels"} & {*changed}),
    )


_RELATED = (ProductKind.PARENT, ProductKind.CHILD)


def check(change: ProductChange, measured_in: str | None) -> None:
    """Raise `Rejected` with every reason why ChannelAdvisor cannot be told of this change."""
    unknown = [f"'{name}' is no part of a product" for name in change.changed if name not in Product.model_fields]
    becomes = "alias_of" in told(change)
    alias = f"it became an alias of '{change.product.alias_of}' or ceases to be one: {NO_ALIASES}"
    writing = writing_of(change.product, told(change))
    if reasons := [*unknown, *([alias] if becomes else []), *hindrances(change.product, writing, measured_in)]:
        raise Rejected(*reasons)


def hindrances(product: Product, writing: Writing, measured_in: str | None) -> list[str]:
    """Every reason why ChannelAdvisor cannot be told this of a product."""
    return [
        *_too_long(product, writing),
        *_in_other_units(product, writing, measured_in),
        *_below_zero(writing),
        *_nameless(writing),
        *_of_no_kind(product, writing),
        *_of_itself(product, writing),
    ]


def _too_long(product: Product, writing: Writing) -> Iterator[str]:
    texts: list[tuple[str, str | None, int | None]] = [("Sku", product.sku, LONGEST_SKU)]
    texts += [(e.vendor_name, writing.fields.get(e.vendor_name), e.longest) for e in TABLE if e.longest]
    texts += [(f"name of the attribute '{name[:40]}'", name, ATTRIBUTE_NAME) for name in writing.attributes]
    texts += [(f"attribute {name}", value, ATTRIBUTE_VALUE) for name, value in writing.attributes.items()]
    texts += [(f"place of the image '{image.name[:60]}'", image.name, LONGEST_PLACE) for image in writing.images or ()]
    texts += [(f"address of the image {image.name}", image.url, LONGEST_URL) for image in writing.images or ()]
    for what, text, longest in texts:
        if text and longest and len(text) > longest:
            yield f"the {what} has {len(text)} characters and ChannelAdvisor takes {longest}: shorten it at the source"
    if not product.sku.strip():
        yield "it has no SKU"


def _in_other_units(product: Product, writing: Writing, measured_in: str | None) -> Iterator[str]:
    for entry in TABLE:
        unit, wanted = product.units.get(entry.name, ""), UNITS.get(measured_in or "", {}).get(entry.name)
        if entry.part == "measures" and entry.vendor_name in writing.fields and wanted and unit and unit != wanted:
            measured = f"its {entry.name} is given in '{unit}' and the account measures in '{wanted}'"
            yield f"{measured}: convert it at the source"


def _below_zero(writing: Writing) -> Iterator[str]:
    for entry in TABLE:
        if entry.is_number and writing.fields.get(entry.vendor_name, 0) < 0:
            yield f"its {entry.called} is below zero: correct it at the source"


def _nameless(writing: Writing) -> Iterator[str]:
    """What ChannelAdvisor could not tell apart: it knows attributes, images and labels by their names."""
    images, labels = writing.images or (), writing.labels or ()
    for what, names in (("attributes", [*writing.attributes]), ("images", [image.name for image in images])):
        if not all(map(str.strip, names)):
            yield f"one of its {what} has no name"
        yield from (f"it has two {what} with the name '{name}'" for name in _repeated(names))
    yield from (f"its image '{image.name}' has no address" for image in images if not image.url.strip())
    if not all(map(str.strip, labels)):
        yield "one of its labels is empty"


def _repeated(names: Sequence[str]) -> Iterator[str]:
    """The names that stand there again, whatever their capitals."""
    seen: set[str] = set()
    for name in filter(str.strip, names):
        if name.casefold() in seen:
            yield name
        seen.add(name.casefold())


def _of_no_kind(product: Product, writing: Writing) -> Iterator[str]:
    if product.kind is ProductKind.CHILD and not product.parent_sku:
        yield "it is a child without a parent"
    is_named = writing.relation or vendor_spelling("relationship_name") in writing.fields
    if product.kind in _RELATED and is_named and not product.relationship:
        yield f"it is a {product.kind} without a `relationship`: map one"
    if (product.kind is ProductKind.BUNDLE) != bool(product.components):
        yield "it is a bundle without components" if not product.components else "it has components and is no bundle"


def _of_itself(product: Product, writing: Writing) -> Iterator[str]:
    """What is wrong with the products that it names."""
    own, named = product.sku.casefold(), [component.sku for component in writing.components or ()]
    if product.kind is ProductKind.CHILD and product.parent_sku.casefold() == own:
        yield "it names itself as its parent"
    if own in {sku.casefold() for sku in named}:
        yield "it names itself as one of its components"
    if not all(map(str.strip, named)):
        yield "one of its components has no SKU"
    yield from (f"it names the component '{sku}' twice: add them up" for sku in _repeated(named))


def without_a_place(product: Product) -> list[str]:
    """What the product's dictionaries hold that ChannelAdvisor has no field for."""
    known = {(entry.part, entry.name) for entry in TABLE}
    parts = sorted({entry.part for entry in TABLE if entry.name})
    return [f"{part}.{name}" for part in parts for name in getattr(product, part) if (part, name) not in known]


def relation_fields(product: Product, parent_id: int | None) -> dict[str, Any]:
    """How a product stands among parents and children, and that it does not stand there in another way any more."""
    name = {"RelationshipName": product.relationship} if product.relationship else {}
    if product.kind is ProductKind.PARENT:
        return {"IsParent": True, "ParentProductID": None, "IsInRelationship": True} | name
    if product.kind is ProductKind.CHILD:
        return {"IsParent": False, "ParentProductID": parent_id, "IsInRelationship": True} | name
    return {"IsParent": False, "ParentProductID": None, "IsInRelationship": False, "RelationshipName": None}


def create_part(product: Product, profile: int | None, parent_id: int | None) -> Part:
    """The call that creates a product; images cannot come with it (documented)."""
    writing = writing_of(product)
    body = {"Sku": product.sku} | ({} if profile is None else {"ProfileID": profile}) | dict(writing.fields)
    if writing.relation:
        body |= {field: value for field, value in relation_fields(product, parent_id).items() if value}
    if product.attributes:
        body["Attributes"] = _attributes(product.attributes)
    if product.kind is ProductKind.BUNDLE:
        rows = [{"ComponentSku": part.sku, "Quantity": part.quantity} for part in product.components]
        body |= {"BundleType": "BundleItem", "BundleComponents": rows}
    return _part("POST", "/v1/Products", body)


def rest_parts(product_id: int, product: Product) -> list[Part]:
    """The calls that complete a product which was just created."""
    labels = [_label_part(product_id, label) for label in product.labels]
    return [*(_image_part(product_id, image) for image in product.images), *labels]


def update_parts(
    product_id: int,
    writing: Writing,
    relation: Mapping[str, Any],
    components: Mapping[str, int],
    present: VendorProduct | None,
) -> list[Part]:
    """The calls that bring a product to where it should be.

    `components`: the product ids of its components by SKU in small letters; `present`: its collections as they are, if
    they must be compared.
    """
    parts: list[Part] = []
    if fields := {**writing.fields, **relation}:
        parts.append(_part("PATCH", f"/v1/Products({product_id})", fields))
    if writing.attributes:
        body = {"Value": {"Attributes": _attributes(writing.attributes)}}
        parts.append(_part("POST", f"/v1/Products({product_id})/UpdateAttributes", body))
    parts += _image_parts(product_id, writing, present)
    parts += _label_parts(product_id, writing, present)
    return [*parts, *_component_parts(product_id, writing, components, present)]


def _image_parts(product_id: int, writing: Writing, present: VendorProduct | None) -> Iterator[Part]:
    there = {row.placement_name.lower(): row for row in (present.images if present else None) or ()}
    for image in writing.images or ():
        row = there.pop(image.name.lower(), None)
        if row is None or row.url != image.url:
            yield _image_part(product_id, image)
    if "images" in writing.replaces:
        yield from (_part("DELETE", _image_url(product_id, row.placement_name)) for row in there.values())


def _label_parts(product_id: int, writing: Writing, present: VendorProduct | None) -> Iterator[Part]:
    there = {row.name.lower(): row.name for row in (present.labels if present else None) or ()}
    for label in writing.labels or ():
        if there.pop(label.lower(), None) is None:
            yield _label_part(product_id, label)
    if "labels" in writing.replaces:
        yield from (_part("DELETE", _label_url(product_id, name)) for name in there.values())


def _component_parts(
    product_id: int, writing: Writing, components: Mapping[str, int], present: VendorProduct | None
) -> Iterator[Part]:
    url = f"/v1/ProductBundleComponents(ProductID={product_id},ComponentID={{}})"
    there = {row.component_id: row.quantity for row in (present.bundle_components if present else None) or ()}
    for component in writing.components or ():
        component_id = components[component.sku.lower()]
        if there.pop(component_id, None) != component.quantity:
            yield _part("PUT", url.format(component_id), {"Quantity": component.quantity})
    if writing.components is not None:
        yield from (_part("DELETE", url.format(component_id)) for component_id in there)


def _attributes(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _image_part(product_id: int, image: ProductImage) -> Part:
    return _part("PUT", _image_url(product_id, image.name), {"Url": image.url})


def _label_part(product_id: int, label: str) -> Part:
    return _part("PUT", _label_url(product_id, label), {})


def _image_url(product_id: int, place: str) -> str:
    return f"/v1/Images(ProductID={product_id},PlacementName={_key(place)})"


def _label_url(product_id: int, label: str) -> str:
    return f"/v1/ProductLabels(ProductID={product_id},Name={_key(label)})"


def _key(text: str) -> str:
    """A text as a key in a URL."""
    return f"'{quote(text.replace(chr(39), chr(39) * 2), safe=chr(39))}'"


def _part(method: str, url: str, body: Mapping[str, Any] | None = None) -> Part:
    """A call; all of them may be repeated: a second creation is refused, and the product found and updated."""
    return Part(method, url, None if body is None else _json.encode(body), repeatable=True)
