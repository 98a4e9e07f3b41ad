"""How problems of work under way end: changes after the release, boxes, stock, connections."""

from collections.abc import AsyncIterator
from dataclasses import replace

from crossdock.domain import Address
from crossdock.engine.edits import Edit
from crossdock.engine.problems import Code
from crossdock.mapping import AreaRule, Areas, ShipMethods
from crossdock.store.edits import Correction, correct_order
from crossdock.store.queries import the_order

from .builders import ANY_METHOD, a_box, a_line, an_order
from .closing import NOWHERE, ends, later, no_address
from .market import with_market
from .moving import TWO_CENTRES, a_movement, warehouse_of, with_movements
from .parcelling import with_desk
from .remote import Fault
from .reversing import ReversingWarehouse, a_reversal
from .withdrawing import take_back, with_withdrawals
from .world import World

# Changes after the release


async def changed(world: World) -> None:
    with_withdrawals(world)
    with_market(world, an_order("1", a_line("10", 2)))
    await world.cycle(("download", "release"))
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("sweep")


@ends(Code.CHANGED_AFTER_RELEASE)
async def it_is_changed_back(world: World) -> AsyncIterator[None]:
    await changed(world)
    yield
    world.cart.change("1", lines=(a_line("10", 2),))
    await world.flow("sweep")


@ends(Code.CHANGED_AFTER_RELEASE)
async def it_is_taken_back(world: World) -> AsyncIterator[None]:
    await changed(world)
    yield
    await take_back(world, "1")
    await world.flow("amend")


@ends(Code.WITHDRAW_REFUSED)
async def the_warehouse_forgets_it_after_all(world: World) -> AsyncIterator[None]:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1"))
    await world.cycle(("download", "release"))
    warehouse.begin("N1")
    await take_back(world, "1")
    await world.flow("amend")
    yield
    warehouse.begun.clear()
    await world.cycle(("release",))
    await take_back(world, "1")
    await world.flow("amend")


@ends(Code.EDIT_OVERTAKEN)
async def a_person_corrects_it_again(world: World) -> AsyncIterator[None]:
    await no_address(world)
    await correct(world, "ship_to.city", "Leeds")
    world.cart.change("1", ship_to=Address(**NOWHERE.model_dump() | {"city": "York"}))
    await world.cycle(("download", "release"))
    yield
    await correct(world, "ship_to.city", "Leeds")


async def correct(world: World, path: str, value: str) -> tuple[Edit, ...]:
    order = await world.store.read(the_order, "1")
    wish = Correction({path: value}, (), "anna")
    found = await world.store.write(correct_order, order.id, world.cart.read_order, wish, now=world.clock.now())
    return found.edits


# What the warehouse did


@ends(Code.UNMAPPED_CARRIER)
async def the_carrier_has_a_name_now(world: World) -> AsyncIterator[None]:
    world.rules = replace(world.rules, outbound=ShipMethods())
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await world.cycle()
    yield
    world.rules = replace(world.rules, outbound=ANY_METHOD)
    await world.store.reconsider_held("main", Code.UNMAPPED_CARRIER, now=world.clock.now())
    await world.cycle()


@ends(Code.LABEL_VOIDED)
async def a_label_of_that_number_is_there_again(world: World) -> AsyncIterator[None]:
    desk = with_desk(world)
    made = desk.make("T1", "N1")
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1), tracking=""))
    await world.cycle()
    desk.void(made)
    await world.cycle()
    yield
    desk.make("T1", "N1", external_id="made again")
    await world.cycle()


async def without_tracking(world: World) -> None:
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1), tracking=""))
    await world.cycle()
    world.clock.advance(world.rules.tracking_patience)
    await later(world)


@ends(Code.NO_TRACKING)
async def the_number_comes(world: World) -> AsyncIterator[None]:
    await without_tracking(world)
    yield
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await later(world)


@ends(Code.NO_TRACKING)
async def it_waits_for_its_carriers_name_now(world: World) -> AsyncIterator[None]:
    await without_tracking(world)
    yield
    world.rules = replace(world.rules, outbound=ShipMethods())
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await later(world)


@ends(Code.NO_TRACKING)
async def the_order_of_the_box_is_taken_back(world: World) -> AsyncIterator[None]:
    with_withdrawals(world)
    await without_tracking(world)
    yield
    await take_back(world, "1")
    await world.flow("amend")


def reversing(world: World) -> ReversingWarehouse:
    world.warehouse = ReversingWarehouse()
    return world.warehouse


@ends(Code.UNKNOWN_SHIPMENT)
async def an_unknown_box_is_taken_back(world: World) -> AsyncIterator[None]:
    warehouse = reversing(world)
    warehouse.tell(a_box("A", "N9", ("10", 1)))
    await world.cycle()
    yield
    warehouse.tell(a_reversal("R", "N9"))
    await world.cycle()


@ends(Code.OVER_PICKED)
async def the_box_with_too_much_is_taken_back(world: World) -> AsyncIterator[None]:
    warehouse = reversing(world)
    world.cart.sell(an_order("1"))
    await world.cycle()
    warehouse.tell(a_box("A", "N1", ("10", 1)), a_box("B", "N1", ("10", 1), minute=1))
    world.cart.faults["confirm_shipment"] += [Fault.BUSY] * 3
    await world.cycle()
    yield
    warehouse.tell(a_reversal("R", "N1", boxes=("B",)))
    await world.cycle()


@ends(Code.UNMAPPED_AREA)
async def the_area_has_a_rule_now(world: World) -> AsyncIterator[None]:
    with_movements(world, "A")
    warehouse_of(world).move(a_movement("m1", 2, None, "DOCK"))
    await world.cycle(("collect", "stock"))
    yield
    world.rules = replace(world.rules, areas=Areas((*TWO_CENTRES.rules, AreaRule("DOCK", None))))
    await world.store.reconsider_held("main", Code.UNMAPPED_AREA, now=world.clock.now())
    await world.cycle(("stock",))


# Connections and plugins


@ends(Code.CONNECTION_PAUSED)
async def the_connection_is_used_again(world: World) -> AsyncIterator[None]:
    world.cart.faults["fetch_orders"].append(Fault.LOCKED_OUT)
    await world.flow("download")
    yield
    await world.store.resume_connection("cart")


@ends(Code.PLUGIN_FAILED)
async def the_service_runs_to_its_end(world: World) -> AsyncIterator[None]:
    world.cart.faults["fetch_orders"].append(Fault.BUG)
    await world.flow("download")
    yield
    await world.flow("download")


@ends(Code.PLUGIN_FAILED)
async def the_promise_is_kept_after_all(world: World) -> AsyncIterator[None]:
    world.warehouse.faults["submit_order"].append(Fault.BUG)
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    yield
    world.cart.change("1", notes="changed")
    await world.cycle(("download", "release"))


@ends(Code.PLUGIN_FAILED)
async def the_order_is_forgotten_after_all(world: World) -> AsyncIterator[None]:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1"))
    await world.cycle(("download", "release"))
    warehouse.faults["withdraw_order"].append(Fault.BUG)
    await take_back(world, "1")
    await world.flow("amend")
    yield
    await world.flow("release")
    await take_back(world, "1")
    await world.flow("amend")
