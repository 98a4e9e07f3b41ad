"""What ChannelAdvisor is told of a product: which fields, in which bodies; pure.

A text or dictionary entry that became empty is cleared; one that a dictionary does not name stays as it is, because
others may keep it. Images and labels that a change no longer names are removed, components always.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from crossdock import Rejected
from crossdock.domain import Product, ProductChange, ProductComponent, ProductImage, ProductKind
from crossdock_channeladvisor.batch import Part
from crossdock_channeladvisor.catalog.products import ATTRIBUTE_NAME, ATTRIBUTE_VALUE, TABLE, UNITS, VendorProduct

LONGEST_SKU = 50
LONGEST_PLACE, LONGEST_URL = 50, 255
"""The longest place and address of an image (documented)."""

NO_ALIASES = "no call is known that makes aliases, so do that in ChannelAdvisor"

_json = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be written of one product; a collection that is None stays as it is.

    `relation`: whether its place among parents and children is told. `replaces`: images and labels that are not named
    are removed.
    """

    fields: Mapping[str, Any]
    attributes: Mapping[str, str]
    images: tuple[ProductImage, ...] | None
    labels: tuple[str, ...] | None
    components: tuple[ProductComponent, ...] | None
    relation: bool
    replaces: bool

    @property
    def must_be_compared(self) -> bool:
        """Whether what is there has to be read first."""
        return self.components is not None or (self.replaces and (self.images is not None or self.labels is not None))


def told(change: ProductChange) -> tuple[str, ...]:
    """The parts that changed since this very product was told; none if it never was: another SKU is another product."""
    return () if "sku" in change.changed else change.changed


def writing_of(product: Product, changed: tuple[str, ...] = ()) -> Writing:
    """What to write of the changed parts of a product; without any: of all parts that are not empty."""
    parts = changed or tuple(name for name in Product.model_fields if getattr(product, name))
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
        relation=bool({"kind", "parent_sku"} & {*parts}) and (bool(changed) or product.kind in _RELATED),
        replaces=bool(changed),
    )


_RELATED = (ProductKind.PARENT, ProductKind.CHILD)


def check(change: ProductChange, measured_in: str | None) -> None:
    """Raise `Rejected` with every reason why ChannelAdvisor cannot be told of this change."""
    product = change.product
    writing = writing_of(product, told(change))
    if reasons := [
        *_too_long(product, writing),
        *_in_other_units(product, writing, measured_in),
        *_not_possible(change),
    ]:
        raise Rejected(*reasons)


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
            yield f"its {entry.name} is given in {unit} and the account measures in {wanted}: convert it at the source"


def _not_possible(change: ProductChange) -> Iterator[str]:
    product = change.product
    if "alias_of" in told(change):
        yield f"it became an alias of '{product.alias_of}' or ceases to be one: {NO_ALIASES}"
    if product.kind is ProductKind.CHILD and not product.parent_sku:
        yield "it is a child without a parent"
    if (product.kind is ProductKind.BUNDLE) != bool(product.components):
        yield "it is a bundle without components" if not product.components else "it has components and is no bundle"


def without_a_place(product: Product) -> list[str]:
    """What the product's dictionaries hold that ChannelAdvisor has no field for."""
    known = {(entry.part, entry.name) for entry in TABLE}
    parts = sorted({entry.part for entry in TABLE if entry.name})
    return [f"{part}.{name}" for part in parts for name in getattr(product, part) if (part, name) not in known]


def relation_fields(product: Product, parent_id: int | None) -> dict[str, Any]:
    """How a product stands among parents and children."""
    name = {"RelationshipName": product.relationship} if product.relationship else {}
    if product.kind is ProductKind.PARENT:
        return {"IsParent": True, "IsInRelationship": True} | name
    if product.kind is ProductKind.CHILD:
        return {"ParentProductID": parent_id, "IsInRelationship": True} | name
    return {"IsParent": False, "ParentProductID": None, "IsInRelationship": False, "RelationshipName": None}


def create_part(product: Product, profile: int | None, parent_id: int | None) -> Part:
    """The call that creates a product; images cannot come with it (documented)."""
    writing = writing_of(product)
    body = {"Sku": product.sku} | ({} if profile is None else {"ProfileID": profile}) | dict(writing.fields)
    if writing.relation:
        body |= relation_fields(product, parent_id)
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
    if writing.replaces and writing.images is not None:
        yield from (_part("DELETE", _image_url(product_id, row.placement_name)) for row in there.values())


def _label_parts(product_id: int, writing: Writing, present: VendorProduct | None) -> Iterator[Part]:
    there = {row.name.lower(): row.name for row in (present.labels if present else None) or ()}
    for label in writing.labels or ():
        if there.pop(label.lower(), None) is None:
            yield _label_part(product_id, label)
    if writing.replaces and writing.labels is not None:
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
