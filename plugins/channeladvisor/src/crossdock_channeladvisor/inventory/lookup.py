"""Products by SKU or by id, many with one request."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from crossdock import HttpClient, Rejected
from crossdock.domain import StockItem
from crossdock_channeladvisor.errors import invalid_parts, unexpected_answer
from crossdock_channeladvisor.listing import LONGEST_URL, encoded
from crossdock_channeladvisor.models import VendorDocument
from crossdock_channeladvisor.pages import slice_page

BUNDLES = ("BundleItem", "AssemblyBundleItem")
"""The words of `BundleType` for what is put together from other products."""
CLAUSES_AT_ONCE = 20
LONGEST_SKU = 50
HOST = 60  # characters of a URL that are left to scheme and host

_PRODUCT_ID = re.compile(r"[1-9][0-9]{0,17}")

HEAD = "ID,Sku,ProfileID,ProductType,BundleType,AliasType,ReferenceSku,IsParent,IsExternalQuantityBlocked"


class ProductHead(VendorDocument):
    """What must be known of a product before it is written to: the fields of `HEAD`."""

    id: int
    sku: str | None = None
    profile_id: int | None = None
    product_type: str | None = None
    bundle_type: str | None = None
    alias_type: str | None = None
    reference_sku: str | None = None
    is_parent: bool | None = None
    is_external_quantity_blocked: bool | None = None

    @property
    def is_bundle(self) -> bool:
        """Whether it is put together from other products; one that is only a part of bundles is not."""
        return self.product_type == "Bundle" or self.bundle_type in BUNDLES

    @property
    def groups_others(self) -> bool:
        """Whether it is a parent, which only groups its children."""
        return bool(self.is_parent) or self.product_type == "Parent"

    def is_in(self, profiles: Sequence[int]) -> bool:
        """Whether it belongs to one of these profiles; no profiles mean any."""
        return not profiles or self.profile_id in profiles


D = TypeVar("D", bound=VendorDocument)
P = TypeVar("P", bound=ProductHead)


async def look_up(
    http: HttpClient, skus: Iterable[str], profiles: Sequence[int] = ()
) -> Mapping[str, ProductHead | Rejected]:
    """For each of these SKUs the one product that bears it, or the reason why there is not exactly one.

    SKUs are compared without regard to case. `profiles`: where to look; empty: in all of the authorization. One request
    asks for about 20 SKUs.
    """
    wanted = list(dict.fromkeys(skus))
    found: list[ProductHead] = []
    for url in product_urls(sku_clauses(wanted), profiles, {"$select": HEAD}):
        found += [product async for product in every(http, url, ProductHead)]
    by_sku = grouped_by_sku(found, profiles)
    return {sku: the_one(sku, by_sku) for sku in wanted}


async def every(http: HttpClient, url: str, document: type[D]) -> AsyncIterator[D]:
    """Every row of a list, page by page; a list that turns in a circle ends there."""
    seen: set[str] = set()
    following: str | None = url
    while following and following not in seen:
        seen.add(following)
        body = (await http.get(following)).content
        page = slice_page(body, "a list")
        for raw in page.value:
            try:
                yield document.model_validate_json(bytes(raw))
            except ValidationError as error:
                raise unexpected_answer(f"a list of what was asked for ({invalid_parts(error)})", body) from error
        following = page.next_link


def product_urls(clauses: Iterable[str], profiles: Sequence[int], query: Mapping[str, str]) -> Iterator[str]:
    """The URLs that ask for the products which fulfil one of the clauses, about 20 clauses in each."""
    room = LONGEST_URL - HOST - len(_product_url([], profiles, query))
    group: list[str] = []
    left = room
    for clause in clauses:
        length = len(encoded({"": f" or {clause}"}))
        if group and (len(group) == CLAUSES_AT_ONCE or length > left):
            yield _product_url(group, profiles, query)
            group, left = [], room
        group.append(clause)
        left -= length
    if group:
        yield _product_url(group, profiles, query)


def _product_url(clauses: Sequence[str], profiles: Sequence[int], query: Mapping[str, str]) -> str:
    conditions = [clauses, [f"ProfileID eq {profile}" for profile in profiles]]
    wanted = " and ".join(f"({' or '.join(any_of)})" for any_of in conditions if any_of)
    return f"/v1/Products?{encoded({'$filter': wanted, **query})}"


def is_product_id(text: str) -> bool:
    """Whether a text can be the id of a product."""
    return _PRODUCT_ID.fullmatch(text) is not None


def id_clauses(items: Iterable[StockItem]) -> list[str]:
    """What a filter says of the items whose product id is known, each once."""
    return [f"ID eq {id_}" for id_ in dict.fromkeys(item.product_id for item in items) if is_product_id(id_)]


def sku_clauses(skus: Iterable[str]) -> list[str]:
    """What a filter says of these SKUs, each once; one that no product can bear is not asked for."""
    asked = {sku.lower(): sku for sku in skus if 0 < len(sku) <= LONGEST_SKU}
    return ["Sku eq '{}'".format(sku.replace("'", "''")) for sku in asked.values()]


def grouped_by_sku(products: Iterable[P], profiles: Sequence[int]) -> Mapping[str, Sequence[P]]:
    """The products of these profiles, each once, by their SKU in small letters."""
    by_sku: dict[str, dict[int, P]] = {}
    for product in products:
        if product.sku and product.is_in(profiles):
            by_sku.setdefault(product.sku.lower(), {})[product.id] = product
    return {sku: list(found.values()) for sku, found in by_sku.items()}


def the_one(sku: str, by_sku: Mapping[str, Sequence[P]]) -> P | Rejected:
    """The product that bears a SKU, or why there is not exactly one."""
    found = by_sku.get(sku.lower(), ())
    if len(found) == 1:
        return found[0]
    if not found:
        return Rejected(f"ChannelAdvisor has no product with the SKU '{sku}' in the profiles of this connection")
    places = ", ".join(f"product {product.id} in profile {product.profile_id}" for product in found)
    return Rejected(
        f"the SKU '{sku}' stands for {len(found)} products of ChannelAdvisor ({places}): name the one profile that is "
        "meant in the connection's settings (`stock_profile`; for products that are put, `catalog_profile`)"
    )
