"""Laws about order sources."""

from crossdock.hooks.records import Record
from crossdock.hooks.roles import OrderSource
from crossdock.testing.law import Grade, law
from crossdock.testing.subject import Subject


async def all_orders(source: OrderSource) -> list[Record]:
    """Every record of every page, from the beginning."""
    found: list[Record] = []
    cursor = None
    for _ in range(1000):
        page = await source.fetch_orders(cursor)
        found += page.records
        if not page.more:
            return found
        cursor = page.cursor
    raise AssertionError("the list of orders does not end: after 1,000 pages there are still more")


@law("orders.read_again", Grade.BRONZE, of=OrderSource)
async def reading_is_pure(plugin: Subject) -> None:
    """Reading the same order twice gives the same document, and asks nobody."""
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        records = await all_orders(source)
        assert records, "the simulator was asked for six orders and listed none"
        before = len(stage.arrived)
        for record in records:
            assert source.read_order(record) == source.read_order(record), f"order {record.id} was read in two ways"
        assert len(stage.arrived) == before, "read_order made a request"
