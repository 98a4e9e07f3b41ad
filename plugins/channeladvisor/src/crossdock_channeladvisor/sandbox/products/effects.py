"""What holds of products and their stock, as the conformance kit is told, and what people do to them meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random

from crossdock.sandbox import Effect, EffectKind, Scene
from crossdock_channeladvisor.sandbox.products.documents import Product
from crossdock_channeladvisor.sandbox.products.products import Products
from crossdock_channeladvisor.sandbox.products.writing import BUNDLES


def scenes(now: datetime) -> dict[str, Scene]:
    """Further ways to play; `now` is what the kit's clock says."""
    skew = (now - datetime.now(UTC)).total_seconds()
    return {
        "small_pages": Scene(options={"page_size": 20, "short_page_size": 20}),
        "one_clock": Scene(options={"clock_skew": skew}),
        "twins": Scene(options={"profiles": (12345678, 87654321)}),
        "bulk": Scene(settings={"bulk_above": 1, "upload_template": "crossdock", "bulk_poll": 0.001}),
    }


class GoodsEffects:
    """Every product, and what can be sold of those that have stock of their own; only what has changed is looked up."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._version: object = None
        self._known: dict[int, Effect] = {}
        self._stock: dict[int, Effect] = {}

    def __call__(self) -> Iterator[Effect]:
        """All of it as it is now."""
        version = self._products.version(quantities=False)
        if version != self._version:
            for position in self._products.edited() if self._version else self._products.all_positions():
                self._look_up(position)
            self._version = version
        for moved in self._stock.keys() & {*self._products.positions_of_ids(self._products.changed_stock())}:
            self._stock[moved] = self._stock_of(self._products.at(moved, collections=False, quantities=False))
        there = self._products.all_positions()
        yield from (self._stock[position] for position in there if position in self._stock)
        yield from _by_sku(self._known[position] for position in there)

    def _look_up(self, position: int) -> None:
        product = self._products.at(position, collections=False, quantities=False)
        told = {"title": product.Title, "brand": product.Brand, "description": product.Description}
        texts = {name: text or "" for name, text in told.items()}
        self._known[position] = Effect(kind=EffectKind.PRODUCT, key=product.Sku, texts=texts)
        if not (product.IsParent or product.AliasType == "Alias" or product.BundleType in BUNDLES):
            self._stock[position] = self._stock_of(product)

    def _stock_of(self, product: Product) -> Effect:
        units = {str(center): level.available for center, level in self._products.levels(product).items()}
        return Effect(kind=EffectKind.STOCK, key=product.Sku, of=str(product.ProfileID), units=units)


def _by_sku(known: Iterable[Effect]) -> Iterable[Effect]:
    """One effect a SKU; `times` is how many products bear it."""
    found: dict[str, Effect] = {}
    for one in known:
        other = found.get(one.key)
        found[one.key] = one if other is None else other.model_copy(update={"times": other.times + 1})
    return found.values()


def move_goods(products: Products, seed: int) -> Mapping[str, int]:
    """People add a product and give a few others a new title."""
    dice, titled = Random(seed), 3
    products.create({"Sku": f"HAND-{dice.randrange(10**9):09}", "Title": "Made by hand"})
    for position in dice.sample(range(len(products.all_positions())), titled):
        product = products.at(products.all_positions()[position], collections=False, quantities=False)
        products.patch(product.ID, {"Title": f"{product.Title}, edited {dice.randrange(10**6)}"})
    return {"products added": 1, "products edited": titled}
