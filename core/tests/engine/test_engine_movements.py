"""What moves in a warehouse reaches every cart that sells from it, netted and exactly once."""

from dataclasses import replace
from datetime import timedelta

from crossdock.domain import InventoryMovement, Place, Putaway
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound
from crossdock.engine.problems import Code
from crossdock.engine.runner import flows_of
from crossdock.hooks.records import Record
from crossdock.mapping import AreaRule, Areas
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import NOON, a_box, an_order
from .moving import TWO_CENTRES, StockRoom, TellingWarehouse, a_movement, warehouse_of, with_movements
from .remote import Fault, Warehouse
from .shelf import EAST, WEST, a_change, promise
from .world import World, played

SERVICES = ("download", "release", "collect", "movements", "confirm", "stock")


async def states(world: World, pipeline: str = "main") -> dict[str, str]:
    """The state of every movement as a pipeline heard of it."""
    rows = await world.select(f"SELECT external_id, state FROM movement WHERE pipeline = '{pipeline}'")
    return dict(rows)


async def released(world: World, *keys: str) -> None:
    world.cart.sell(*(an_order(key) for key in keys))
    await world.cycle(("download", "release"))


@played
async def test_one_queue_tells_boxes_and_movements_and_each_is_taken_for_what_it_is(world: World) -> None:
    shelf = with_movements(world, "A")
    await released(world, "1")
    warehouse = warehouse_of(world)
    warehouse.pack(a_box("b1", "N1", ("10", 1)))
    warehouse.move(a_movement("m1", 4, None, "MAIN"), a_movement("m2", 1, "MAIN", "W"))
    reports = await world.cycle(SERVICES)
    assert reports["collect"].counts == {"pages": 1, "records": 3, "new shipments": 1, "new movements": 2}
    assert shelf.available["A"] == {EAST: 13, WEST: 11}
    assert [change.reason for change in shelf.applied] == ["1 move, 1 put"]
    assert len(world.cart.confirmed) == 1
    assert await states(world) == {"m1": "planned", "m2": "planned"}
    assert sorted(warehouse.saved) == ["b-b1", "m-m1", "m-m2"]


@played
async def test_a_history_that_is_told_again_changes_nothing(world: World) -> None:
    shelf = with_movements(world, "A")
    history = [a_movement(f"m{number}", 1, None, "MAIN") for number in range(7)]
    for _ in range(2):
        warehouse_of(world).move(*history)
        await world.cycle(SERVICES)
        warehouse_of(world).saved.clear()
        warehouse_of(world).queue.clear()
    assert shelf.available["A"][EAST] == 17
    assert len(shelf.applied) == 1


@played
async def test_a_pick_of_the_carts_own_order_is_not_told_and_one_of_another_order_is(world: World) -> None:
    with_movements(world, "A", cart="cart")
    await released(world, "1")
    warehouse_of(world).move(
        a_movement("pick", 2, "MAIN", reason="PICK", order="N1"),
        a_movement("reset", 1, None, "MAIN", reason="RESET", order="N1"),
        a_movement("wholesale", 3, "MAIN", reason="PICK", order="W-77"),
        a_movement("damaged", 4, "MAIN", reason="DMG"),
    )
    await world.cycle(("collect", "stock"))
    assert await states(world) == {"pick": "nothing", "reset": "nothing", "wholesale": "planned", "damaged": "planned"}
    (document,) = [document for (document,) in await world.select("SELECT document FROM promise WHERE kind = 'stock'")]
    assert b'"quantity":-7' in document


@played
async def test_the_pick_of_another_carts_order_is_told_to_this_one(world: World) -> None:
    shelf = with_movements(world, "A", cart="another-cart")
    await released(world, "1")
    warehouse_of(world).move(a_movement("pick", 2, "MAIN", order="N1"))
    await world.cycle(("collect", "stock"))
    assert shelf.available["A"][EAST] == 8


@played
async def test_a_number_that_the_warehouse_refused_us_is_somebody_elses_order(world: World) -> None:
    shelf = with_movements(world, "A", cart="cart")
    world.warehouse.faults["submit_order"].append(Fault.NO)
    await released(world, "1")
    warehouse_of(world).move(a_movement("pick", 2, "MAIN", order="N1"))
    await world.cycle(("collect", "stock"))
    assert shelf.available["A"][EAST] == 8


@played
async def test_every_pipeline_that_sells_from_the_warehouse_hears_of_it(world: World) -> None:
    shelf = with_movements(world, "A")
    hearers = (Hearer("main", sells=True), Hearer("other", sells=True), Hearer("books", sells=False))
    world.changes["hearers"] = {"warehouse": hearers}
    warehouse_of(world).move(a_movement("m1", 2, None, "MAIN"))
    await world.flow("collect")
    due = {pipeline for pipeline, flow in await world.store.due_flows(now=world.clock.now()) if flow == "stock"}
    assert due == {"main", "other"}
    await world.flow("stock")
    assert shelf.available["A"][EAST] == 12
    assert await states(world) == {"m1": "planned"}
    assert await states(world, "other") == {"m1": "waiting"}
    assert await states(world, "books") == {"m1": "nothing"}


@played
async def test_movements_come_alone_where_the_target_does_not_tell_them(world: World) -> None:
    shelf, room = with_movements(world, "A"), StockRoom()
    world.changes["inventory_source"] = Bound("warehouse", room)
    assert "movements" not in flows_of(world.pipeline())

    world.warehouse = Warehouse()
    assert "movements" in flows_of(world.pipeline())
    room.moved = [a_movement(f"m{number}", 1, None, "MAIN") for number in range(7)]
    report = (await world.cycle(SERVICES))["movements"]
    assert report.counts == {"pages": 3, "records": 7, "new movements": 7}
    assert shelf.available["A"][EAST] == 17

    world.warehouse = TellingWarehouse()
    world.changes["inventory_source"] = Bound("other-warehouse", room)
    assert "movements" in flows_of(world.pipeline())


@played
async def test_an_area_that_nobody_maps_is_one_problem_and_waits_for_a_rule(world: World) -> None:
    shelf = with_movements(world, "A")
    warehouse_of(world).move(
        a_movement("m1", 2, None, "DOCK"),
        a_movement("m2", 1, "DOCK", "MAIN"),
        a_movement("m3", 5, None, "W"),
    )
    await world.cycle(SERVICES)
    assert shelf.available["A"] == {EAST: 10, WEST: 15}
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("unmapped_area", "DOCK")
    assert problem.title == "2 movements wait: nobody says where the stock of area 'DOCK' counts"

    world.rules = replace(world.rules, areas=Areas((*TWO_CENTRES.rules, AreaRule("DOCK", None))))
    assert await world.store.reconsider_held("main", Code.UNMAPPED_AREA, now=world.clock.now()) == 2
    await world.cycle(("stock",))
    assert shelf.available["A"] == {EAST: 11, WEST: 15}
    assert await states(world) == {"m1": "nothing", "m2": "planned", "m3": "planned"}
    assert await world.problems() == []


@played
async def test_stock_without_an_area_is_named_so_and_a_retry_plans_it_again(world: World) -> None:
    shelf = with_movements(world, "A")
    warehouse_of(world).move(a_movement("m1", 2, None, ""))
    await world.cycle(SERVICES)
    (problem,) = await world.store.read(list_problems)
    assert problem.title == "1 movement waits: nobody says where stock without an area counts"
    world.rules = replace(world.rules, areas=Areas(everywhere=WEST))
    told = await world.store.write(retry_problem, problem.id, now=world.clock.now())
    assert told == "the movements are planned again"
    await world.cycle(("stock",))
    assert shelf.available["A"] == {EAST: 10, WEST: 12}


@played
async def test_a_pipeline_without_an_inventory_source_plans_nothing(world: World) -> None:
    shelf = with_movements(world, "A")
    warehouse_of(world).move(a_movement("m1", 2, None, "MAIN"))
    await world.flow("collect")
    world.changes["inventory_source"] = None
    await world.flow("stock")
    assert (shelf.applied, await states(world)) == ([], {"m1": "waiting"})


@played
async def test_what_moved_waits_behind_a_change_of_the_same_product_that_is_in_doubt(world: World) -> None:
    shelf = with_movements(world, "A")
    shelf.faults["change_stock"].append(Fault.LOST_AFTER)
    await promise(world, a_change("by hand", EAST=1))
    await world.flow("stock")
    warehouse_of(world).move(a_movement("m1", 2, None, "MAIN"))
    await world.cycle(SERVICES)
    assert [change.key for change in shelf.applied] == ["by hand"]
    world.clock.advance(timedelta(minutes=2))
    await world.cycle(SERVICES)
    assert [change.key for change in shelf.applied] == ["by hand", "moved/main/A/1"]
    assert shelf.available["A"][EAST] == 13


class ReceivingWarehouse(TellingWarehouse):
    """Tells what it received, and the same record as a movement of its stock."""

    def read_putaway(self, record: Record) -> Putaway | None:
        moved = self.read_movement(record)
        return moved and Putaway(
            external_id=moved.external_id,
            purchase_order="PO-1",
            sku=moved.sku,
            quantity=moved.quantity,
            place=moved.destination or Place(),
            put_at=moved.moved_at,
        )


@played
async def test_one_record_may_tell_two_facts(world: World) -> None:
    shelf = with_movements(world, "A")
    world.warehouse = ReceivingWarehouse()
    warehouse_of(world).move(a_movement("m1", 2, None, "MAIN"))
    report = (await world.cycle(SERVICES))["collect"]
    assert (report.counts["new movements"], report.counts["new putaways"]) == (1, 1)
    assert await world.select("SELECT purchase_order, sku, quantity, area FROM putaway") == [("PO-1", "A", 2, "MAIN")]
    assert shelf.available["A"][EAST] == 12


@played
async def test_a_number_that_no_database_holds_is_one_bad_record(world: World) -> None:
    shelf = with_movements(world, "A")
    warehouse_of(world).move(a_movement("m1", 10**30, None, "MAIN"), a_movement("m2", 1, None, "MAIN"))
    await world.cycle(SERVICES)
    assert await world.problems() == [("unreadable_shipment", "m-m1")]
    assert shelf.available["A"][EAST] == 11


class GarblingRoom(StockRoom):
    """Has a plugin that stumbles over every record until it is corrected."""

    corrected = False

    def read_movement(self, record: Record) -> InventoryMovement | None:
        if not self.corrected:
            raise KeyError("quantity")
        return super().read_movement(record)


@played
async def test_a_movement_that_could_not_be_read_is_read_again_from_the_store(world: World) -> None:
    shelf, room = with_movements(world, "A"), GarblingRoom()
    world.warehouse = Warehouse()
    world.changes["inventory_source"] = Bound("warehouse", room)
    room.moved = [a_movement("m1", 2, None, "MAIN")]
    await world.cycle(SERVICES)
    (problem,) = await world.store.read(list_problems)
    assert problem.code == "unreadable_shipment"
    room.corrected, room.moved = True, []
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.cycle(SERVICES)
    assert shelf.available["A"][EAST] == 12


@played
async def test_what_a_warehouse_sent_by_itself_is_read_once(world: World) -> None:
    shelf = with_movements(world, "A")
    one = a_movement("m1", 2, None, "MAIN")
    pushed = [Record("m-m1", b"m" + one.model_dump_json().encode())]
    assert await world.store.keep_pushed("main", "collect", pushed, now=NOON) == 1
    assert await world.store.due_flows(now=NOON) == [("main", "collect")]
    await world.cycle(SERVICES)
    assert await world.store.keep_pushed("main", "collect", pushed, now=NOON) == 0
    assert await world.store.records_to_reread("main", "shipment", 10) == []
    await world.cycle(SERVICES)
    assert shelf.available["A"][EAST] == 12
    assert len(shelf.applied) == 1
