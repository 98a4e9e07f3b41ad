"""Orders taken back from the warehouse: whole or not at all, and never two with one number."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.domain import Address, OrderStatus, PaymentStatus
from crossdock.engine.amendment import Purpose
from crossdock.engine.runner import flows_of
from crossdock.store.deciding import release_after_all
from crossdock.store.queries import list_problems, the_order
from crossdock.store.repair import retry_problem
from crossdock.store.stories import order_story
from crossdock.store.withdrawals import NotWithdrawable, note_held_there

from .builders import HOME, a_box, a_line, an_allocation, an_order
from .market import with_market
from .remote import Fault
from .withdrawing import WithdrawingWarehouse, sku_lines, take_back, with_withdrawals
from .world import World, played

ROAD = ("amend", "sweep", "download", "release", "acknowledge", "collect", "confirm")
SPLIT = (an_allocation("10", "5", 2), an_allocation("20", "6", 1))
SHORTER = (an_allocation("10", "5", 1), an_allocation("20", "6", 1))


async def released(world: World, *, replacing: bool = True, split: bool = False) -> WithdrawingWarehouse:
    """A world whose warehouse has order 1 and can forget it."""
    warehouse = with_withdrawals(world)
    lines = (a_line("10", 2), a_line("20", 1)) if split else (a_line("10", 2),)
    with_market(world, an_order("1", *lines, allocations=SPLIT if split else ()))
    world.rules = replace(world.rules, changes_after_release="replace" if replacing else "ask")
    await world.cycle(ROAD)
    return warehouse


async def later(world: World, minutes: int = 10) -> None:
    world.clock.advance(timedelta(minutes=minutes))
    await world.cycle(ROAD)


async def details(world: World) -> list[str]:
    return [one.detail for one in await world.store.read(list_problems)]


async def release_again(world: World, key: str = "1") -> None:
    order = await world.store.read(the_order, key)
    await world.store.write(release_after_all, order.id, now=world.clock.now())


# Asking a person


@played
async def test_a_change_is_shown_to_a_person_line_by_line(world: World) -> None:
    warehouse = await released(world, replacing=False)
    moved = Address(**HOME.model_dump() | {"city": "York", "line1": "1 Secret Lane"})
    world.cart.change("1", ship_to=moved, lines=(a_line("10", 1), a_line("30")))
    await world.flow("sweep")
    assert await world.problems() == [("changed_after_release", "N1")]
    [told] = await details(world)
    assert "ship_to.city: London -> York" in told
    assert "line 1 (SKU-10): 2 -> 1" in told
    assert "line 2 (SKU-30): added, 1" in told
    assert "ship_to.line1: changed" in told
    assert "Secret" not in told
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 2)]


@played
async def test_what_is_changed_back_is_no_problem_any_more(world: World) -> None:
    await released(world, replacing=False)
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("sweep")
    world.cart.change("1", lines=(a_line("10", 2),))
    await world.flow("sweep")
    assert await world.problems() == []


@played
async def test_a_change_that_is_read_while_the_order_goes_out_is_not_missed(world: World) -> None:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1", a_line("10", 2)))
    await world.flow("download")
    known_orders = world.store.known_orders

    async def read_then_released(*arguments: object) -> object:
        known = await known_orders(*arguments)  # type: ignore[arg-type]
        world.store.known_orders = known_orders  # type: ignore[method-assign]
        await world.flow("release")
        return known

    world.store.known_orders = read_then_released  # type: ignore[method-assign, assignment]
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("download")
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 2)]
    await later(world)
    assert await world.problems() == [("changed_after_release", "N1")]


@played
async def test_a_cancelled_order_is_never_taken_back_by_itself_and_its_problem_says_how(world: World) -> None:
    warehouse = await released(world)
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await later(world)
    [problem] = await world.store.read(list_problems)
    assert problem.title == "Order N1 was cancelled at the cart after the warehouse got it"
    assert "crossdock orders withdraw N1" in problem.action
    assert warehouse.there().keys() == {"N1"}

    await take_back(world, "1")
    await later(world)
    assert warehouse.there() == {}
    assert await world.orders() == {"1": "skipped"}
    assert await world.problems() == []


# Replacing


@played
async def test_a_changed_order_is_taken_back_and_its_newer_version_sent_with_the_same_number(world: World) -> None:
    warehouse = await released(world)
    world.cart.change("1", lines=(a_line("10", 1),))
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]
    assert await world.orders() == {"1": "released"}
    assert await world.problems() == []
    assert await world.promises() == {"release done": 1, "withdraw done": 1, "acknowledge done": 1}

    world.cart.change("1", lines=(a_line("10", 5),))
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 5)], "and again"
    warehouse.pack(a_box("b1", "N1", ("10", 5)))
    await later(world)
    assert await world.orders() == {"1": "shipped"}


@played
async def test_an_order_that_a_person_holds_there_is_not_sent_anew_behind_his_back(world: World) -> None:
    warehouse = await released(world)
    order = await world.store.read(the_order, "1")
    await world.store.write(note_held_there, order.id, resumed=False, by="dana", now=world.clock.now())
    world.cart.change("1", lines=(a_line("10", 1),))
    await later(world)
    assert warehouse.there() == {}
    order = await world.store.read(the_order, "1")
    assert (order.state, order.reason.split(";")[0]) == ("held", "withdrawn: a person held it at the warehouse")

    await release_again(world)
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]
    assert await world.orders() == {"1": "released"}


@played
async def test_a_locked_order_stays_and_a_person_is_told_how_far_the_work_is(world: World) -> None:
    warehouse = await released(world)
    warehouse.begin("N1", "In Process, 1 of 2 lines picked")
    world.cart.change("1", lines=(a_line("10", 1),))
    await later(world)
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 2)]
    [problem] = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("withdraw_refused", "N1")
    assert "In Process, 1 of 2 lines picked" in problem.title
    assert problem.detail == "line 1 (SKU-10): 2 -> 1"
    assert await world.orders() == {"1": "released"}

    warehouse.begun.clear()
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]
    assert await world.problems() == []


@played
async def test_a_locked_order_that_is_changed_back_needs_nobody_any_more(world: World) -> None:
    warehouse = await released(world)
    warehouse.begin("N1")
    world.cart.change("1", lines=(a_line("10", 1),))
    await later(world)
    assert await world.problems() == [("withdraw_refused", "N1")]
    world.cart.change("1", lines=(a_line("10", 2),))
    await later(world)
    assert await world.problems() == []

    world.rules = replace(world.rules, changes_after_release="ask")
    await take_back(world, "1")
    for quantity in (1, 2):
        world.cart.change("1", lines=(a_line("10", quantity),))
        await later(world)
    assert await world.problems() == [("withdraw_refused", "N1")], "a person's own wish stands"


@played
async def test_a_split_order_of_which_a_part_is_locked_is_put_back_as_it_was(world: World) -> None:
    warehouse = await released(world, split=True)
    warehouse.begin("N1-6")
    world.cart.change("1", lines=(a_line("10", 1), a_line("20", 1)), allocations=SHORTER)
    await later(world)
    await later(world)
    assert warehouse.there().keys() == {"N1-5", "N1-6"}
    assert list(sku_lines(warehouse, "N1-5")) == [("SKU-10", 2)]
    [problem] = await world.store.read(list_problems)
    why = "work on N1-6 has begun (In Process); N1-5, which was taken back already, is sent again as it was"
    assert problem.title == f"The warehouse keeps order N1: {why}"
    assert await world.orders() == {"1": "released"}


@played
async def test_an_order_that_moves_to_another_centre_leaves_the_old_one(world: World) -> None:
    warehouse = await released(world, split=True)
    world.cart.change("1", allocations=(an_allocation("10", "7", 2), an_allocation("20", "6", 1)))
    await later(world)
    assert warehouse.there().keys() == {"N1-6", "N1-7"}
    released_now, told = {"release done": 2, "release withdrawn": 1}, {"acknowledge done": 1}
    assert await world.promises() == {**released_now, "withdraw done": 1, **told}


@played
async def test_what_the_newer_version_still_waits_for_is_waited_for(world: World) -> None:
    warehouse = await released(world, replacing=False)
    world.cart.change("1", payment=PaymentStatus.PENDING, lines=(a_line("10", 1),))
    await world.flow("sweep")
    await take_back(world, "1", Purpose.REPLACE)
    await later(world)
    assert warehouse.there() == {}
    assert await world.orders() == {"1": "waiting"}
    world.cart.change("1", payment=PaymentStatus.PAID)
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]


@played
async def test_an_order_of_which_the_cart_was_told_is_never_replaced(world: World) -> None:
    warehouse = await released(world)
    warehouse.pack(a_box("b1", "N1", ("10", 1)))
    await world.cycle(ROAD)
    world.cart.change("1", lines=(a_line("10", 5),))
    await later(world)
    assert await world.problems() == [("changed_after_release", "N1")]
    assert warehouse.calls["withdraw_order"] == 0
    with pytest.raises(NotWithdrawable, match="the cart was told of a shipment of order N1"):
        await take_back(world, "1")


@played
async def test_a_box_that_is_known_and_not_told_counts_for_nothing_when_its_order_is_gone(world: World) -> None:
    warehouse = await released(world)
    warehouse.pack(a_box("b1", "N1", ("10", 2), tracking=""))
    await world.cycle(ROAD)
    await take_back(world, "1", Purpose.REPLACE)
    await later(world)
    assert await world.select("SELECT state FROM shipment") == [("voided",)]
    warehouse.pack(a_box("b2", "N1", ("10", 2)))
    await later(world)
    assert [one.key for one in world.cart.confirmed] == ["N1/b2"]


# By hand


@played
async def test_what_a_person_takes_back_is_kept_until_it_is_released(world: World) -> None:
    warehouse = await released(world)
    assert await take_back(world, "1") == "N1"
    await world.flow("amend")
    assert warehouse.there() == {}
    assert await world.orders() == {"1": "held"}
    world.cart.change("1", lines=(a_line("10", 1),))
    await later(world)
    assert await world.orders() == {"1": "held"}, "a newer version does not let it go"

    await release_again(world)
    await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]


@played
async def test_an_order_that_the_warehouse_has_not_got_is_not_taken_back(world: World) -> None:
    with_withdrawals(world)
    with_market(world, an_order("1"))
    await world.flow("download")
    with pytest.raises(NotWithdrawable, match="has not got order N1"):
        await take_back(world, "1")


@played
async def test_the_last_word_of_a_person_counts(world: World) -> None:
    warehouse = await released(world)
    world.cart.change("1", lines=(a_line("10", 1),))
    await world.flow("sweep")
    await take_back(world, "1")
    await later(world)
    assert await world.orders() == {"1": "held"}
    assert warehouse.there() == {}
    assert await world.promises() == {"release withdrawn": 1, "withdraw done": 1, "acknowledge done": 1}


@played
async def test_what_is_still_on_its_way_arrives_before_it_is_taken_back(world: World) -> None:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1"))
    warehouse.faults["submit_order"].append(Fault.LOST_AFTER)
    await world.cycle(ROAD)
    assert await world.orders() == {"1": "releasing"}
    await take_back(world, "1")
    await world.flow("amend")
    assert warehouse.calls["withdraw_order"] == 0
    await later(world)
    await later(world)
    assert warehouse.there() == {}
    assert await world.orders() == {"1": "held"}


@played
async def test_an_order_that_was_released_in_part_only_is_taken_back_too(world: World) -> None:
    warehouse = with_withdrawals(world)
    with_market(world, an_order("1", a_line("10", 2), a_line("20", 1), allocations=SPLIT))
    warehouse.faults["submit_order"].append(Fault.NO)
    await world.cycle(ROAD)
    assert await world.orders() == {"1": "held"}
    assert len(warehouse.there()) == 1
    await take_back(world, "1")
    await later(world)
    assert warehouse.there() == {}
    assert await world.problems() == []
    await release_again(world)
    await later(world)
    assert warehouse.there().keys() == {"N1-5", "N1-6"}
    assert await world.orders() == {"1": "released"}


@played
async def test_a_lost_answer_is_asked_for_again(world: World) -> None:
    warehouse = await released(world)
    warehouse.faults["withdraw_order"].extend((Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.REFUSED_BEFORE))
    world.cart.change("1", lines=(a_line("10", 1),))
    for _ in range(5):
        await later(world)
    assert list(sku_lines(warehouse, "N1")) == [("SKU-10", 1)]
    assert await world.problems() == []


@played
async def test_a_refusal_leaves_the_order_at_the_warehouse_as_it_was(world: World) -> None:
    warehouse = await released(world, split=True)
    await take_back(world, "1")
    world.cart.change("1", lines=(a_line("10", 1), a_line("20", 1)), allocations=SHORTER)
    warehouse.faults["withdraw_order"].extend((Fault.LOST_AFTER, Fault.NO))
    await later(world)
    await later(world)
    await later(world)
    assert warehouse.there().keys() == {"N1-5", "N1-6"}
    assert [code for code, _ in await world.problems()] == ["withdraw_refused"]


@played
async def test_a_warehouse_that_cannot_forget_has_no_such_flow_and_asks_a_person(world: World) -> None:
    with_market(world, an_order("1"))
    world.rules = replace(world.rules, changes_after_release="replace")
    await world.cycle(ROAD)
    world.cart.change("1", lines=(a_line("10", 4),))
    await later(world)
    assert "amend" not in flows_of(world.pipeline())
    [problem] = await world.store.read(list_problems)
    assert problem.action == "Compare with `crossdock orders show N1`; correct or delete it in the warehouse by hand."


@played
async def test_the_story_tells_that_an_order_was_taken_back(world: World) -> None:
    await released(world)
    await take_back(world, "1")
    await world.flow("amend")
    order = await world.store.read(the_order, "1")
    told = [line.title for line in (await world.store.read(order_story, order.id)).time_line()]
    assert "withdraw N1 to warehouse: done" in told
    assert "release N1 to warehouse: withdrawn" in told


@pytest.mark.parametrize("steps", range(1, 40, 4))
def test_a_process_that_dies_anywhere_leaves_one_order_with_the_newest_version(steps: int, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        warehouse = await released(world, split=True)
        world.cart.change("1", lines=(a_line("10", 1), a_line("20", 1)), allocations=SHORTER)
        await world.live(steps, ROAD)
        for _ in range(3):
            await later(world)
        assert list(sku_lines(warehouse, "N1-5")) == [("SKU-10", 1)]
        assert warehouse.there().keys() == {"N1-5", "N1-6"}
        assert await world.problems() == []

    scene(tmp_path)  # type: ignore[arg-type]
