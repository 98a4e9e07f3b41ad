"""Where the products stand: those of the beginning, those that were changed, and new ones behind them."""

from array import array
from bisect import bisect_left
from collections.abc import Collection
from typing import Any

from crossdock_channeladvisor.sandbox.products.assortment import FIRST_CREATED_ID, Assortment
from crossdock_channeladvisor.sandbox.products.documents import Product


class Shelf:
    """Which products there are, by position, id and SKU; a position is never used again."""

    def __init__(self, assortment: Assortment) -> None:
        self._assortment = assortment
        self._kept: dict[int, Product] = {}
        self._ids: dict[int, int] = {}
        self._skus: dict[tuple[int, str], int | None] = {}
        self._gone: set[int] = set()
        self._end = len(assortment)
        self.positions = array("I", range(self._end))

    def state(self) -> object:
        """All that `restore` needs."""
        return self._kept, self._ids, self._skus, self._gone, self._end

    def restore(self, state: Any) -> None:
        """Go on where another shelf was."""
        self._kept, self._ids, self._skus, self._gone, self._end = state
        self.positions = array("I", (position for position in range(self._end) if position not in self._gone))

    def __contains__(self, position: int) -> bool:
        return 0 <= position < self._end and position not in self._gone

    def position(self, product_id: int) -> int | None:
        """Where the product with this id stands."""
        found = self._ids.get(product_id, self._assortment.position_of(product_id))
        return None if found in self._gone else found

    def position_of_sku(self, profile: int, sku: str) -> int | None:
        """Where the product with this SKU stands, written in capitals or not."""
        found = self._skus.get((profile, sku.lower()), self._assortment.position_of_sku(profile, sku))
        return None if found in self._gone else found

    def product(self, position: int, *, collections: bool = True) -> Product:
        """The product at a position: do not change it, `keep` another."""
        kept = self._kept.get(position)
        return self._assortment.product(position, collections=collections) if kept is None else kept

    def keep(self, position: int, product: Product) -> None:
        """Another document takes the place of the one at this position."""
        self._kept[position] = product

    def kept(self) -> Collection[int]:
        """The positions of products that are not as they were at the beginning."""
        return self._kept.keys()

    def add(self, product: Product) -> int:
        """A new product gets its id, and a position behind all others."""
        position = self._end
        self._end += 1
        product.ID = FIRST_CREATED_ID + position - len(self._assortment)
        self._kept[position] = product
        self._ids[product.ID] = self._skus[product.ProfileID, product.Sku.lower()] = position
        self.positions.append(position)
        return position

    def rename(self, position: int, sku: str) -> None:
        """The product at this position is found by another SKU from now on; its document says so once it is kept."""
        product = self.product(position, collections=False)
        self._skus[product.ProfileID, product.Sku.lower()] = None
        self._skus[product.ProfileID, sku.lower()] = position

    def remove(self, position: int) -> None:
        """The product at this position is there no more."""
        self._gone.add(position)
        self._kept.pop(position, None)
        del self.positions[bisect_left(self.positions, position)]
