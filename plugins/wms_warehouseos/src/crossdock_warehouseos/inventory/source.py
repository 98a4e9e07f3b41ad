"""WarehouseOS as an inventory source: how stock moves, what lies where, and which goods to expect."""

from collections.abc import Sequence

from crossdock import ConnectionContext, Cursor, Page, Receipt, Record
from crossdock.domain import Area, BinLocation, InventoryLevel, PurchaseOrder
from crossdock_warehouseos.inventory.levels import Levels
from crossdock_warehouseos.inventory.places import Places
from crossdock_warehouseos.probe import check_tenant
from crossdock_warehouseos.receiving.purchase_orders import PurchaseOrders
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.queue import HostQueue, TellsWork


class WarehouseOSInventory(TellsWork):
    """The stock of one tenant.

    One queue tells of stock that moved and of work done, so its records are shown to every reader.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._queue = HostQueue(ctx)
        self._levels = Levels(ctx)
        self._places = Places(ctx)
        self._purchase_orders = PurchaseOrders(ctx)

    async def fetch_movements(self, cursor: Cursor | None) -> Page:
        return await self._queue.fetch()

    async def fetch_levels(self, cursor: Cursor | None) -> Page:
        return await self._levels.fetch(cursor)

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        return self._levels.read(record)

    async def stock_under(self, master_item: str) -> Sequence[InventoryLevel]:
        return await self._levels.under(master_item)

    async def list_areas(self) -> Sequence[Area]:
        return await self._places.areas()

    async def fetch_locations(self, cursor: Cursor | None) -> Page:
        return await self._places.fetch_locations(cursor)

    def read_location(self, record: Record) -> BinLocation:
        return self._places.location(record)

    async def expect_goods(self, order: PurchaseOrder) -> Receipt:
        return await self._purchase_orders.expect(order)

    async def check(self) -> Sequence[str]:
        return await check_tenant(self._ctx)
