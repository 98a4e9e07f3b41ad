"""A product as the item document that WarehouseOS takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from crossdock import Rejected
from crossdock.domain import GRAMS, Product, ProductChange
from crossdock_warehouseos.catalog.attributes import AttributeMap
from crossdock_warehouseos.catalog.weights import converted, unit_of
from crossdock_warehouseos.settings import WarehouseOSSettings, WeightUnit

Item = dict[str, Any]
"""An item document by the tenant's field names; a weight in it is a `Decimal`."""

_OTHER_ITEM = frozenset({"sku", "kind"})
"""What makes a product another item when it changes: one that WarehouseOS was never told of."""


def is_new(change: ProductChange) -> bool:
    """Whether WarehouseOS may never have been told of this product under this SKU."""
    return not change.external_id or not change.changed or not _OTHER_ITEM.isdisjoint(change.changed)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of an item: its name, the fields of a product that it is made of, and how."""

    name: str
    made_of: frozenset[str]
    value: Callable[[Product], Any]


class ItemWriter:
    """Writes item documents under a tenant's field names and by the operator's rules; pure.

    What a rule leaves to people is never named. Everything else that is empty is sent as empty, so that it comes out
    the same whether WarehouseOS empties or keeps what is left out. Aliases are the whole list, or not named at all. In
    patch mode only what changed is named.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._names = settings.profile.item
        self._rules = settings.items
        self._patches = self._rules.fields == "changed"
        self._attributes = AttributeMap(self._rules.attributes)
        self._fields = tuple(self._fields_by_rule())

    def document(self, change: ProductChange) -> Item | None:
        """The item, or None when nothing changed that it is made of; raises `Rejected` with what cannot be told."""
        product, changed = change.product, self._changed(change)
        if not changed and not is_new(change):
            return None
        item: Item = {self._names.number: product.sku, self._names.host_id: product.external_id}
        item |= {field.name: field.value(product) for field in (changed if self._patches else self._fields)}
        weight = self._names.weight
        if weight in item and item[weight] is None and not (self._patches and change.external_id):
            del item[weight]  # only a patch needs to say that there is no weight any more
        if self._patches:
            item[self._names.patch] = True
        return item

    def _changed(self, change: ProductChange) -> tuple[_Field, ...]:
        if is_new(change):
            return self._fields
        return tuple(field for field in self._fields if not field.made_of.isdisjoint(change.changed))

    def _fields_by_rule(self) -> Iterator[_Field]:
        names, rules = self._names, self._rules
        if (text := rules.description) != "leave":
            yield _Field(names.description, frozenset({text}), attrgetter(text))
        if rules.master_item:
            yield _Field(names.master_item, frozenset({"parent_sku"}), attrgetter("parent_sku"))
        if (unit := rules.weight_unit) is not None:
            yield _Field(names.weight, frozenset({"measures", "units"}), partial(self._weight, unit))
        if rules.attributes != {}:
            yield _Field(names.attributes, self._attributes.made_of, self._attributes.of)
        if rules.images:
            yield _Field(names.images, frozenset({"images"}), self._image_list)
        if rules.aliases == "replace":
            made_of = {"aliases", "codes"} if rules.alias_codes else {"aliases"}
            yield _Field(names.aliases, frozenset(made_of), self._alias_list)

    def _image_list(self, product: Product) -> list[dict[str, str]]:
        return [{self._names.image_url: image.url} for image in product.images if image.url]

    def _alias_list(self, product: Product) -> list[dict[str, str]]:
        return [{self._names.alias: alias} for alias in aliases_of(product, self._rules.alias_codes)]

    def _weight(self, unit: WeightUnit, product: Product) -> Decimal | None:
        weight = product.measures.get("weight")
        if weight is None:
            return None
        if weight < 0:
            raise Rejected(f"its weight is {weight}: correct it at the source")
        return converted(weight, self._source_unit(product), unit)

    def _source_unit(self, product: Product) -> WeightUnit:
        given = product.units.get("weight", "")
        if unit := unit_of(given) or (None if given.strip() else self._rules.source_weight_unit):
            return unit
        if given.strip():
            raise Rejected(f"its weight is given in '{given}': give it in {', '.join(GRAMS)} at the source")
        raise Rejected("its weight comes without a unit: say which one is meant with items.source_weight_unit")


def aliases_of(product: Product, codes: Iterable[str]) -> list[str]:
    """Everything that is scanned for a product besides its SKU, each once and sorted: its aliases and these codes."""
    found = {*product.aliases, *(product.codes.get(name, "") for name in codes)}
    return sorted(alias for alias in found if alias.strip() and alias != product.sku)
