"""Bundles by the operator's table: taken apart on the way out, whole ones on the way back, nested ones never."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import AdjustmentKind, BundleComponent, RecordedAdjustment
from crossdock.engine.bundles import by_table
from crossdock.store.deciding import release_after_all
from crossdock.store.queries import list_problems, the_order

from .builders import a_box, a_line, an_allocation, an_order, planned, rules_that_map_all
from .market import with_market
from .strategies import ROUNDS, orders
from .test_engine_places import Assembler
from .withdrawing import WithdrawingWarehouse
from .world import World, played

TABLE = {
    "SET": (BundleComponent(sku="CUP", quantity=1), BundleComponent(sku="PLATE", quantity=1)),
    "0012": (BundleComponent(sku="CARD", quantity=2),),
}
RULES = replace(rules_that_map_all(), bundles=TABLE)


def asked(order) -> list[tuple[str, str, int]]:
    return [(line.id, line.sku, line.quantity) for request in planned(order, RULES).requests for line in request.lines]


def a_cancellation(quantity: int, *, refused: bool = False) -> RecordedAdjustment:
    kind = AdjustmentKind.CANCELLATION
    return RecordedAdjustment(external_id="c", kind=kind, line_id="10", quantity=quantity, refused=refused)


def test_a_bundle_of_the_table_is_asked_for_part_by_part_and_a_sku_is_compared_exactly() -> None:
    order = an_order("1", a_line("10", 3, sku="SET"), a_line("20", 2, sku="12"), a_line("30", sku="0012"))
    assert asked(order) == [("10.1", "CUP", 3), ("10.2", "PLATE", 3), ("20", "12", 2), ("30.1", "CARD", 2)]


def test_what_the_cart_says_of_a_bundle_counts_before_the_table() -> None:
    order = an_order("1", a_line("10", 2, sku="SET", components=[("MUG", 4)]))
    assert asked(order) == [("10.1", "MUG", 8)]


def test_a_bundle_of_the_cart_that_holds_one_of_the_table_is_held_with_the_reason() -> None:
    plan = planned(an_order("1", a_line("10", sku="BOX", components=[("CARD", 1), ("SET", 2)])), RULES)
    assert plan.requests == ()
    assert plan.reason.startswith("unshippable_order: line 10 (BOX) is a bundle that holds the bundle SET")


@ROUNDS
@given(orders())
def test_an_order_without_a_bundle_of_the_table_stays_as_it_is(order) -> None:
    assert by_table(order, {"a SKU that nobody sells": ()}) is order


def test_of_three_bundles_with_one_cancelled_the_parts_of_two_are_asked_for() -> None:
    two = [("10.1", "CUP", 2), ("10.2", "PLATE", 2)]
    order = an_order("1", a_line("10", 3, sku="SET"))
    assert asked(order.model_copy(update={"adjustments": (a_cancellation(1),)})) == two
    assert asked(order.model_copy(update={"allocations": (an_allocation("10", "5", 2),)})) == two
    refused = order.model_copy(update={"adjustments": (a_cancellation(1, refused=True),)})
    assert asked(refused) == asked(order)


def test_an_order_of_which_everything_was_cancelled_asks_for_nothing() -> None:
    order = an_order("1", a_line("10", 3, sku="SET")).model_copy(update={"adjustments": (a_cancellation(3),)})
    plan = planned(order, RULES)
    assert plan.reason == "unshippable_order: nothing of it is left to ship from a distribution centre of ours"


@played
async def test_only_whole_bundles_are_told_and_the_rest_is_kept_for_the_next_box(world: World) -> None:
    world.rules = RULES
    world.cart.sell(an_order("1", a_line("10", 3, sku="SET")))
    await world.cycle()
    world.warehouse.pack(a_box("B1", "N1", ("10.1", 3), ("10.2", 2)))
    await world.cycle()
    assert await world.orders() == {"1": "part_shipped"}
    world.warehouse.pack(a_box("B2", "N1", ("10.2", 1)))
    await world.cycle()
    told = [[(line.order_line_id, line.sku, line.quantity) for line in one.lines] for one in world.cart.confirmed]
    assert told == [[("10", "SET", 2)], [("10", "SET", 1)]]
    assert await world.orders() == {"1": "shipped"}
    assert await world.problems() == []


@played
async def test_a_component_that_the_warehouse_takes_apart_is_asked_for_in_its_pieces(world: World) -> None:
    world.rules = replace(RULES, bundles={"BOX": (BundleComponent(sku="SET", quantity=2),)})
    world.warehouse = Assembler(CUP=3)
    world.cart.sell(an_order("1", a_line("10", 2, sku="BOX")))
    await world.cycle()
    assert [(line.sku, line.quantity) for line in world.warehouse.requests[0].lines] == [("CUP", 12)]
    world.warehouse.pack(a_box("B1", "N1", ("10.1", 11)))
    await world.cycle()
    assert [line.quantity for one in world.cart.confirmed for line in one.lines] == [1]


@played
async def test_a_bundle_that_is_cancelled_after_the_release_is_a_difference_for_a_person(world: World) -> None:
    world.rules, world.warehouse = RULES, WithdrawingWarehouse()
    order = an_order("1", a_line("10", 3, sku="SET"), allocations=[an_allocation("10", "5", 3)])
    with_market(world, order)
    await world.cycle()
    world.cart.change("1", allocations=(an_allocation("10", "5", 2),), adjustments=(a_cancellation(1),))
    await world.flow("sweep")
    [problem] = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("changed_after_release", "N1")
    assert problem.detail == "line 1 (SET): from 3 at 5 -> 2 at 5"


@played
async def test_a_held_order_goes_out_when_its_inner_bundle_is_none_any_more(world: World) -> None:
    world.rules = RULES
    world.cart.sell(an_order("1", a_line("10", sku="BOX", components=[("SET", 2)])))
    await world.cycle()
    assert await world.orders() == {"1": "held"}
    world.rules = rules_that_map_all()
    order = await world.store.read(the_order, "1")
    await world.store.write(release_after_all, order.id, by="dana", now=world.clock.now())
    await world.cycle()
    assert [(line.sku, line.quantity) for line in world.warehouse.requests[0].lines] == [("SET", 2)]


@ROUNDS
@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
def test_bundles_told_never_exceed_what_every_component_allows(wanted: int, boxes: list[tuple[int, int]]) -> None:
    from crossdock.engine.confirm_plan import units

    [request] = planned(an_order("1", a_line("10", wanted, sku="SET")), RULES).requests
    picked: Counter[tuple[str, str]] = Counter()
    before = 0
    for cups, plates in boxes:
        picked[request.number, "10.1"] += cups
        picked[request.number, "10.2"] += plates
        whole = units(request, picked)["10"]
        assert before <= whole <= min(wanted, picked[request.number, "10.1"], picked[request.number, "10.2"])
        assert whole == min(wanted, picked[request.number, "10.1"], picked[request.number, "10.2"])
        before = whole
