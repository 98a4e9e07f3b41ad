"""Orders of which one warehouse has a part and another part was refused: what the cart changes then is not missed."""

from crossdock.domain import OrderStatus
from crossdock.engine.amendment import Purpose
from crossdock.store.queries import list_problems, the_order

from .builders import a_line, an_allocation, an_order
from .market import with_market
from .remote import Fault
from .test_engine_amend import ROAD, SPLIT, later
from .withdrawing import WithdrawingWarehouse, sku_lines, take_back, with_withdrawals
from .world import World, played


async def half_released(world: World) -> WithdrawingWarehouse:
    """A world whose warehouse has one part of order 1, and has refused the other."""
    warehouse = with_withdrawals(world)
    warehouse.faults["submit_order"].append(Fault.NO)
    with_market(world, an_order("1", a_line("10", 2), a_line("20", 1), allocations=SPLIT))
    await world.cycle(ROAD)
    assert await world.problems() == [("release_refused", refused(warehouse))]
    return warehouse


def refused(warehouse: WithdrawingWarehouse) -> str:
    [there] = warehouse.there()
    return "N1-6" if there == "N1-5" else "N1-5"


async def state_of(world: World) -> str:
    return (await world.store.read(the_order, "1")).state


@played
async def test_one_that_the_cart_cancels_is_a_problem_until_the_warehouse_has_forgotten_its_part(world: World) -> None:
    warehouse = await half_released(world)
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await later(world)
    told = {one.code: one for one in await world.store.read(list_problems)}
    assert told["changed_after_release"].title == "Order N1 was cancelled at the cart after the warehouse got it"
    assert "crossdock orders withdraw N1" in told["changed_after_release"].action
    assert await state_of(world) == "held"
    await later(world)
    assert await state_of(world) == "held"
    await take_back(world, "1", Purpose.KEEP)
    await later(world)
    assert (await state_of(world), warehouse.there()) == ("skipped", {})
    assert await world.problems() == []


@played
async def test_one_that_is_corrected_for_the_refused_part_goes_out_without_another_word(world: World) -> None:
    warehouse = await half_released(world)
    wrong = refused(warehouse)
    line = "20" if wrong == "N1-6" else "10"
    lines = tuple(
        one.model_copy(update={"sku": "RIGHT"}) if one.external_id == line else one
        for one in (a_line("10", 2), a_line("20", 1))
    )
    world.cart.change("1", lines=lines)
    await later(world)
    assert (await state_of(world), await world.problems()) == ("released", [])
    assert [sku for sku, _ in sku_lines(warehouse, wrong)] == ["RIGHT"]


@played
async def test_one_whose_accepted_part_changes_too_is_a_problem(world: World) -> None:
    warehouse = await half_released(world)
    wrong = refused(warehouse)
    changed = {"N1-5": (a_line("10", 2), a_line("20", 3)), "N1-6": (a_line("10", 3), a_line("20", 1))}
    places = {
        "N1-5": (an_allocation("10", "5", 2), an_allocation("20", "6", 3)),
        "N1-6": (an_allocation("10", "5", 3), an_allocation("20", "6", 1)),
    }
    world.cart.change("1", lines=changed[wrong], allocations=places[wrong])
    await later(world)
    problem = {one.code: one for one in await world.store.read(list_problems)}["changed_after_release"]
    assert problem.subject == "N1"
    assert "is there as it was" in problem.detail
    assert "crossdock orders replace N1" in problem.action
    await take_back(world, "1", Purpose.REPLACE)
    await later(world)
    assert await world.problems() == []
    assert sorted(quantity for number in warehouse.there() for _, quantity in sku_lines(warehouse, number)) == sorted(
        line.quantity for line in changed[wrong]
    )


@played
async def test_one_whose_refused_part_moves_to_the_warehouse_of_the_other_is_not_shipped_twice(world: World) -> None:
    warehouse = await half_released(world)
    there = dict(warehouse.there())
    center = "6" if refused(warehouse) == "N1-5" else "5"
    world.cart.change("1", allocations=(an_allocation("10", center, 2), an_allocation("20", center, 1)))
    await later(world)
    assert (await state_of(world), warehouse.there()) == ("held", there)
    await take_back(world, "1", Purpose.REPLACE)
    await later(world)
    assert (await state_of(world), set(warehouse.there())) == ("released", {"N1"})
    assert await world.problems() == []
