"""A system of record that also lists which products it has, in memory."""

from collections.abc import Callable
from dataclasses import replace

from crossdock.domain import Product, ProductIdentity
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Cursor, Page, Record

from .goods import Records, Shop, a_product, with_goods
from .world import World


class Listing(Records):
    """Lists by offset, as many systems do: what is deleted meanwhile pushes others past the reader.

    `meanwhile` happens once, after the page that was asked for is out.
    """

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.meanwhile: list[Callable[[], None]] = []
        self.waits = 0.0
        self.deleted: set[str] = set()

    def write(self, *products: Product) -> None:
        super().write(*products)
        self.deleted -= {one.external_id for one in products}

    def delete(self, *external_ids: str) -> None:
        self.deleted |= set(external_ids)

    def there(self) -> dict[str, Product]:
        """What it has, as it is now."""
        return {one.external_id: one for one in self.changes if one.external_id not in self.deleted}

    def _page(self, offset: int) -> Page:
        page = super()._page(offset)
        return replace(page, records=tuple(one for one in page.records if one.id not in self.deleted))

    async def fetch_identities(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_identities", lambda: self._listed(int(cursor or 0)))

    def _listed(self, offset: int) -> Page:
        there = sorted(self.there().values(), key=lambda one: one.external_id)
        end = offset + self.page_size
        records = tuple(Record(one.external_id, one.model_dump_json().encode()) for one in there[offset:end])
        page = Page(records, str(end), more=end < len(there), wait=self.waits)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return page

    def read_identity(self, record: Record) -> ProductIdentity:
        product = Product.model_validate_json(record.data)
        if not product.sku:
            raise Unreadable(f"product {record.id} is listed without a SKU")
        return ProductIdentity(external_id=product.external_id, sku=product.sku)


def with_listing(world: World, *products: Product, sink: type[Shop] = Shop) -> tuple[Listing, Shop]:
    """The world's pipeline carries products from a source that lists them."""
    records, shop = with_goods(world, *products, source=Listing, sink=sink)
    assert isinstance(records, Listing)
    return records, shop


def with_products(world: World, skus: str) -> tuple[Listing, Shop]:
    """One product a letter."""
    return with_listing(world, *map(a_product, skus))
