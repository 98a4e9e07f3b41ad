"""A system of record with products, and a sink that takes them, in memory; faults are queued per operation."""

from collections.abc import Sequence
from typing import Any

from crossdock.domain import Product, ProductChange
from crossdock.engine.pipeline import Bound
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Unreadable
from crossdock.hooks.records import Cursor, Page, ProductAnswer, Record

from .remote import Remote
from .world import World


def a_product(sku: str, **fields: Any) -> Product:
    return Product(**({"external_id": f"R{sku}", "sku": sku, "title": f"The {sku}"} | fields))


class Records(Remote):
    """Lists all products page by page; the checkpoint counts the changes so far, and a new run gives later ones."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__()
        self.page_size = page_size
        self.changes: list[Product] = []
        self.wait = 0.0

    def write(self, *products: Product) -> None:
        self.changes.extend(products)

    async def fetch_products(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_products", lambda: self._page(int(cursor or 0)))

    def _page(self, offset: int) -> Page:
        end = min(offset + self.page_size, len(self.changes))
        records = tuple(Record(one.external_id, one.model_dump_json().encode()) for one in self.changes[offset:end])
        return Page(records, str(end), more=end < len(self.changes), checkpoint=str(end), wait=self.wait)

    def read_product(self, record: Record) -> Product:
        product = Product.model_validate_json(record.data)
        if product.title == "unreadable":
            raise Unreadable(f"product {record.id} cannot be read: no title")
        return product


class Shop(Remote):
    """Keeps what it is told, field by field; `says` are the errors to come for a SKU (with an unknown outcome it took
    the product)."""

    def __init__(self) -> None:
        super().__init__()
        self.products: dict[str, dict[str, Any]] = {}
        self.told: list[tuple[str, tuple[str, ...]]] = []
        self.says: dict[str, list[CrossdockError]] = {}
        self.bulk = 0
        self.files: list[int] = []

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        return await self._carry_out("put_products", lambda: [self._put(change) for change in changes])

    def bulk_size(self, waiting: int) -> int:
        return self.bulk if waiting >= self.bulk else 0

    async def put_products_in_bulk(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        self.files.append(len(changes))
        return await self._carry_out("put_products_in_bulk", lambda: [self._put(change) for change in changes])

    def _put(self, change: ProductChange) -> ProductAnswer:
        sku = change.product.sku
        self.told.append((sku, change.changed))
        if errors := self.says.get(sku):
            error = errors.pop(0)
            if isinstance(error, OutcomeUnknown):
                self._take(change)
            return ProductAnswer(error=error)
        self._take(change)
        return ProductAnswer(f"S{sku}")

    def _take(self, change: ProductChange) -> None:
        sku = change.product.sku
        news = {name: getattr(change.product, name) for name in change.changed}
        self.products.setdefault(sku, {}).update(news)


def with_goods(
    world: World, *products: Product, source: type[Records] = Records, sink: type[Shop] = Shop
) -> tuple[Records, Shop]:
    """The world's pipeline carries products from these records to a shop."""
    records, shop = source(), sink()
    records.write(*products)
    world.changes |= {"catalog_source": Bound("pim", records), "catalog_sink": Bound("shop", shop)}
    world.others += [records, shop]
    return records, shop
