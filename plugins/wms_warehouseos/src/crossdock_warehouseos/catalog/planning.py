"""Which products go to WarehouseOS, and in which order, so that none overwrites another; pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crossdock import ProductAnswer, Rejected
from crossdock.domain import Product, ProductChange, ProductKind
from crossdock_warehouseos.catalog.document import Item, ItemWriter, is_new
from crossdock_warehouseos.settings import ItemRules


@dataclass(frozen=True, slots=True)
class Put:
    """One item to be written; `place`: which of the changes it is, `new`: another product may own its number."""

    place: int
    number: str
    host_id: str
    item: Item
    new: bool


def is_stocked(product: Product, rules: ItemRules) -> bool:
    """Whether a product lies on a shelf under its own number.

    A parent only groups its children (its SKU is their Master Item), a bundle is taken apart, and an alias is another
    number of the item that it stands for: as an item, each would be picked in place of what is really there.
    """
    if product.alias_of or product.kind is ProductKind.PARENT:
        return False
    return product.kind is not ProductKind.BUNDLE or rules.bundles == "items"


def plan(
    changes: Sequence[ProductChange], writer: ItemWriter, rules: ItemRules
) -> tuple[list[Put], dict[int, Rejected]]:
    """What is to be written, and what cannot be and why, by place; of what is in neither nothing needs to be told."""
    stocked = {place: change for place, change in enumerate(changes) if is_stocked(change.product, rules)}
    claims = _claims(change.product for change in stocked.values())
    puts, refused = [], {}
    for place, change in stocked.items():
        try:
            _require_own_number(change.product, claims)
            item = writer.document(change)
        except Rejected as refusal:
            refused[place] = refusal
            continue
        if item is not None:
            puts.append(Put(place, change.product.sku, change.product.external_id, item, is_new(change)))
    return puts, refused


def done(change: ProductChange, number: str, rules: ItemRules) -> ProductAnswer:
    """The answer for a change after which nothing is left to tell."""
    return ProductAnswer(number, left_out=not is_stocked(change.product, rules))


def waves(puts: Iterable[Put]) -> list[list[Put]]:
    """The same in as many groups as needed, so that no number comes twice in a group, however its letters are written.

    Whether WarehouseOS tells `tee-1` from `TEE-1` is not known: the first goes alone, and shows it to the second.
    """
    groups: list[list[Put]] = []
    seen: Counter[str] = Counter()
    for put in puts:
        rank = seen[put.number.casefold()]
        seen[put.number.casefold()] += 1
        groups += [[]] * (rank == len(groups))
        groups[rank] = [*groups[rank], put]
    return groups


def taken(put: Put, owner: str) -> Rejected:
    """Why a number that belongs to another product cannot be written."""
    return Rejected(
        f"item {put.number} belongs to product {owner} in WarehouseOS, and this is product {put.host_id}: give one of "
        "them another SKU, or empty the HostId of the item if the other product is gone; then retry"
    )


def _claims(products: Iterable[Product]) -> Mapping[str, set[str]]:
    """The products that bear each SKU."""
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for product in products:
        claims[product.sku].add(product.external_id)
    return claims


def _require_own_number(product: Product, claims: Mapping[str, set[str]]) -> None:
    if not product.sku.strip():
        raise Rejected("it has no SKU, and WarehouseOS knows an item by nothing else: give it one at the source")
    if not product.external_id.strip():
        raise Rejected("it has no id of its own, and nobody could tell whose item it is: give it one at the source")
    if others := sorted(claims[product.sku] - {product.external_id}):
        raise Rejected(
            f"SKU {product.sku} is that of product {product.external_id} and of {', '.join(others)}: in WarehouseOS "
            "they would overwrite each other; give each its own SKU"
        )
