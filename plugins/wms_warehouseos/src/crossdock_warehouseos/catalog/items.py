"""WarehouseOS as a catalog sink: products become items."""

from collections.abc import Sequence

from crossdock import ConnectionContext, CrossdockError, ProductAnswer
from crossdock.domain import ProductChange
from crossdock_warehouseos.catalog.calls import ItemCalls
from crossdock_warehouseos.catalog.document import ItemWriter
from crossdock_warehouseos.catalog.held import HeldItems
from crossdock_warehouseos.catalog.planning import Put, done, plan, taken, waves
from crossdock_warehouseos.probe import check_tenant
from crossdock_warehouseos.settings import WarehouseOSSettings


class WarehouseOSItems:
    """The items of one tenant; fulfils `CatalogSink`.

    An item's number is the SKU, and its HostId our product. A product that WarehouseOS was never told of is looked up
    first: a number that belongs to another product is refused before one overwrites the other. What is no stock unit
    (`planning.is_stocked`) is left out, because nothing needs to be told of it. A product under another SKU is another
    item; the one under the old SKU stays, as no call that deletes items is known.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._writer = ItemWriter(ctx.settings)
        self._held = HeldItems(ctx)
        self._calls = ItemCalls(ctx, self._held)

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        puts, refused = plan(changes, self._writer, self._ctx.settings.items)
        errors: dict[int, CrossdockError | None] = {**refused}
        for wave in waves(puts):
            errors |= await self._put(wave)
        numbers = {put.place: put.number for put in puts}
        return [
            ProductAnswer(error=error)
            if (error := errors.get(place))
            else done(change, numbers.get(place, ""), self._ctx.settings.items)
            for place, change in enumerate(changes)
        ]

    async def _put(self, puts: Sequence[Put]) -> dict[int, CrossdockError | None]:
        """What became of each, by place."""
        others = await self._held.other_owners({put.number: put.host_id for put in puts if put.new})
        outcomes = await self._calls.put({put.number: put.item for put in puts if put.number not in others})
        for put in puts:
            if put.number not in others and outcomes[put.number] is None:
                self._held.remember(put.number, put.host_id)
        return {
            put.place: taken(put, others[put.number]) if put.number in others else outcomes[put.number] for put in puts
        }

    async def check(self) -> Sequence[str]:
        return await check_tenant(self._ctx)
