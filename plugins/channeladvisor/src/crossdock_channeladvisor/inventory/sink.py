"""ChannelAdvisor as an inventory sink."""

from collections.abc import Iterable, Sequence

from crossdock import ConnectionContext, Cursor, Page, ProductAnswer, Receipt, Record, Rejected
from crossdock.domain import StockChange, StockItem, StockMeaning, StockReading
from crossdock_channeladvisor.errors import check_written
from crossdock_channeladvisor.inventory.levels_file import LevelFiles
from crossdock_channeladvisor.inventory.listed import StockList, with_all_centers
from crossdock_channeladvisor.inventory.lookup import (
    every,
    grouped_by_sku,
    id_clauses,
    is_product_id,
    look_up,
    product_urls,
    sku_clauses,
    the_one,
)
from crossdock_channeladvisor.inventory.stock import (
    STOCK_QUERY,
    StockedProduct,
    is_of,
    quantity_call,
    read_listed,
    stock_profiles,
    stock_reading,
    stock_refusal,
)
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class ChannelAdvisorStock:
    """The stock of one account; fulfils `InventorySink`, `SetsStockInBulk` and `ListsStock`.

    Items go by the cart's product id where it is known. One that is gone, or bears another SKU by now, is looked up by
    the item's SKU: a product that was deleted and created anew has another id.
    """

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._profiles = stock_profiles(ctx.settings)
        self._files = LevelFiles(ctx)
        self._list = StockList(ctx)

    async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
        by_id = {str(product.id): product for product in await self._products(id_clauses(items))}
        kept = {
            item: product
            for item in items
            if (product := by_id.get(item.product_id)) and is_of(product, item, self._profiles)
        }
        others = [item.sku for item in items if item not in kept]
        by_sku = grouped_by_sku(await self._products(sku_clauses(others)), self._profiles)
        return [stock_reading(item, kept.get(item) or the_one(item.sku, by_sku)) for item in items]

    async def fetch_stock(self, cursor: Cursor | None) -> Page:
        return await self._list.page(cursor)

    def read_listed_stock(self, record: Record) -> StockReading:
        return read_listed(record)

    async def change_stock(self, change: StockChange) -> Receipt:
        body = quantity_call(change, self._settings)
        repeatable = change.meaning is not StockMeaning.DIFFERENCE
        stored = change.item.product_id if is_product_id(change.item.product_id) else ""
        product_id = stored or await self._product_id(change.item.sku)
        try:
            await self._update(product_id, body, repeatable=repeatable)
        except Rejected:  # so nothing was done, perhaps because the product of the stored id is gone
            product_id = await self._successor(change.item.sku) if stored else ""
            if product_id in ("", stored):
                raise
            await self._update(product_id, body, repeatable=repeatable)
        return Receipt(product_id)

    def bulk_size(self, waiting: int) -> int:
        return self._files.size(waiting)

    async def set_stock_in_bulk(self, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
        return await self._files.set(changes)

    async def _update(self, product_id: str, body: bytes, *, repeatable: bool) -> None:
        url = f"/v1/Products({product_id})/UpdateQuantity"
        answer = await self._http.send("POST", url, content=body, repeatable=repeatable)
        check_written(answer, "what an update of quantities gives", repeatable=repeatable)

    async def _product_id(self, sku: str) -> str:
        """The id of the one product that bears a SKU and whose stock may be changed."""
        product = (await look_up(self._http, [sku], self._profiles))[sku]
        if isinstance(product, Rejected):
            raise product
        if refusal := stock_refusal(product):
            raise Rejected(refusal)
        return str(product.id)

    async def _successor(self, sku: str) -> str:
        """The id that `_product_id` gives; empty where it gives none."""
        try:
            return await self._product_id(sku)
        except Rejected:
            return ""

    async def _products(self, clauses: Iterable[str]) -> list[StockedProduct]:
        """Every product that fulfils one of the clauses, with the stock of all its centres."""
        products: list[StockedProduct] = []
        for url in product_urls(clauses, self._profiles, STOCK_QUERY):
            found = every(self._http, url, StockedProduct)
            products += [await with_all_centers(self._http, product) async for product in found]
        return products
