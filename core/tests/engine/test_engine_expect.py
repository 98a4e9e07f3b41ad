"""The warehouse is told which goods will come, until it has taken the newest version of each purchase order."""

from collections.abc import Sequence
from datetime import timedelta

from crossdock.domain import ExpectedLine, InventoryLevel, InventoryMovement, PurchaseOrder
from crossdock.engine.pipeline import Bound
from crossdock.engine.runner import flows_of
from crossdock.hooks.records import Cursor, Page, Receipt, Record
from crossdock.store.receipts import list_purchases
from crossdock.store.repair import retry_problem

from .remote import Fault, Remote
from .world import World, played

HOUR = timedelta(hours=1)
EXPECT = ("expect",)


class Dock(Remote):
    """Takes purchase orders, each version as often as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[PurchaseOrder] = []

    async def expect_goods(self, order: PurchaseOrder) -> Receipt:
        return await self._carry_out("expect_goods", lambda: self._take(order))

    def _take(self, order: PurchaseOrder) -> Receipt:
        self.told.append(order)
        return Receipt(f"P{order.number}")

    async def fetch_movements(self, cursor: Cursor | None) -> Page:
        return Page(())

    def read_movement(self, record: Record) -> InventoryMovement | None:
        return None

    async def fetch_levels(self, cursor: Cursor | None) -> Page:
        return Page(())

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        return ()


def goods(number: str, **lines: int) -> PurchaseOrder:
    expected = tuple(ExpectedLine(id=sku, sku=sku, quantity=quantity) for sku, quantity in lines.items())
    return PurchaseOrder(number=number, lines=expected)


def with_dock(world: World) -> Dock:
    dock = Dock()
    world.changes |= {"inventory_source": Bound("warehouse", dock)}
    world.others.append(dock)
    return dock


async def note(world: World, *orders: PurchaseOrder) -> int:
    return await world.store.expect_goods("main", "warehouse", orders, now=world.clock.now())


@played
async def test_each_purchase_order_is_told_once_and_again_when_it_changes(world: World) -> None:
    dock = with_dock(world)
    assert await note(world, goods("1", A=5), goods("2", B=1)) == 2
    await world.cycle(EXPECT)
    assert await note(world, goods("1", A=5), goods("2", B=1)) == 0
    await world.cycle(EXPECT)
    assert [order.number for order in dock.told] == ["1", "2"]

    assert await note(world, goods("1", A=7)) == 1
    await world.cycle(EXPECT)
    assert dock.told[2:] == [goods("1", A=7)]


@played
async def test_a_line_that_a_newer_version_does_not_name_stays(world: World) -> None:
    dock = with_dock(world)
    await note(world, goods("1", A=5, B=2))
    await note(world, goods("1", B=0))
    await world.cycle(EXPECT)
    assert dock.told == [goods("1", B=0, A=5)]


@played
async def test_a_lost_answer_is_told_again_later_and_the_others_go_on(world: World) -> None:
    dock = with_dock(world)
    dock.faults["expect_goods"].append(Fault.LOST_AFTER)
    await note(world, goods("1", A=5), goods("2", B=1))
    await world.cycle(EXPECT)
    assert [order.number for order in dock.told] == ["1", "2"]
    world.clock.advance(HOUR)
    await world.cycle(EXPECT)
    assert [order.number for order in dock.told] == ["1", "2", "1"]
    assert await world.problems() == []


@played
async def test_a_refusal_is_a_problem_that_the_next_version_closes(world: World) -> None:
    dock = with_dock(world)
    dock.faults["expect_goods"].append(Fault.NO)
    await note(world, goods("1", A=5))
    await world.cycle(EXPECT)
    world.clock.advance(HOUR)
    await world.cycle(EXPECT)
    assert (dock.told, await world.problems()) == ([], [("expect_refused", "1")])

    await note(world, goods("1", A=6))
    await world.cycle(EXPECT)
    assert (dock.told, await world.problems()) == ([goods("1", A=6)], [])


@played
async def test_a_refused_one_is_told_again_when_a_person_says_so(world: World) -> None:
    dock = with_dock(world)
    dock.faults["expect_goods"].append(Fault.NO)
    await note(world, goods("1", A=5))
    await world.cycle(EXPECT)
    ((problem,),) = await world.select("SELECT id FROM problem")
    await world.store.write(retry_problem, problem, now=world.clock.now())
    await world.cycle(EXPECT)
    assert (len(dock.told), await world.problems()) == (1, [])


@played
async def test_refused_credentials_pause_the_connection_and_nothing_is_lost(world: World) -> None:
    dock = with_dock(world)
    dock.faults["expect_goods"].append(Fault.LOCKED_OUT)
    await note(world, goods("1", A=5))
    await world.cycle(EXPECT)
    assert await world.problems() == [("connection_paused", "warehouse")]
    await world.store.resume_connection("warehouse")
    await world.cycle(EXPECT)
    assert dock.told == [goods("1", A=5)]


@played
async def test_wherever_the_process_dies_the_newest_version_is_told_in_the_end(world: World) -> None:
    dock = with_dock(world)
    await note(world, goods("1", A=5), goods("2", B=1))
    for steps in range(1, 12):
        await world.live(steps, EXPECT)
    await world.cycle(EXPECT)
    assert {order.number for order in dock.told} == {"1", "2"}
    assert all(one.told_at and not one.error for one in await world.store.read(list_purchases))


@played
async def test_a_warehouse_that_takes_none_has_no_such_flow(world: World) -> None:
    assert "expect" not in flows_of(world.pipeline())
    with_dock(world)
    assert "expect" in flows_of(world.pipeline())
