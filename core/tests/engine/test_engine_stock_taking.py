"""Stock taking: what lies there, less nothing that anybody waits for, whatever became of the orders meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.domain import (
    AdjustmentKind,
    BundleComponent,
    OrderStatus,
    PaymentStatus,
    RecordedAdjustment,
    StockModel,
)
from crossdock.engine.claims import Sharer
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound
from crossdock.engine.positions import Position, StockTaking
from crossdock.engine.stock_rules import StockRules
from crossdock.hooks.errors import Unreadable, Unsupported
from crossdock.mapping import Aliases, AreaRule, Areas

from .builders import NOON, a_box, a_line, an_allocation, an_order, rules_that_map_all
from .counting import a_level, numbers, own_rules, own_sharer, taken, with_counting
from .remote import Cart, Fault, Warehouse
from .shelf import EAST, WEST
from .test_engine_bundles import SETS
from .world import World, played

HOUR = timedelta(hours=1)


async def sold(world: World, *lines: tuple[str, str, int, str], key: str = "1", release: bool = True) -> None:
    """The cart sells lines (key, SKU, quantity, centre) as one order, which is taken in and released."""
    made = [a_line(line, quantity, sku=sku) for line, sku, quantity, _ in lines]
    places = [an_allocation(line, center, quantity) for line, _, quantity, center in lines]
    world.cart.sell(an_order(key, *made, allocations=places))
    await world.cycle(("download", "release") if release else ("download",))


def at(found: StockTaking, sku: str = "A", center: str = EAST) -> Position:
    return found.positions[sku, center]


@played
async def test_levels_are_added_up_by_sku_and_centre(world: World) -> None:
    with_counting(
        world, a_level("A", 3), a_level("A", 4, "BULK-1"), a_level("A", 5, "W"), a_level("B", 0), a_level("A", 9, "Q")
    )
    found = await taken(world)
    assert {key: numbers(one) for key, one in found.positions.items()} == {
        ("A", EAST): (7, 0, 0, 0),
        ("A", WEST): (5, 0, 0, 0),
        ("B", EAST): (0, 0, 0, 0),
    }
    assert (found.began_at, found.counted_at, found.unmapped) == (NOON, NOON, {})


@played
async def test_what_lies_where_nobody_says_that_it_counts_is_told_apart(world: World) -> None:
    with_counting(world, a_level("A", 3, "DOCK"), a_level("A", 4, "DOCK"), a_level("B", 0, "DOCK"), a_level("A", 1, ""))
    found = await taken(world)
    assert found.positions == {}
    assert found.unmapped == {("A", "DOCK"): 7, ("A", ""): 1}


@played
async def test_the_areas_of_other_clients_are_theirs(world: World) -> None:
    with_counting(world, a_level("A", 3), a_level("A", 9, "THEIRS"))
    others = Areas((AreaRule("THEIRS", "5"),))
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True, others=others),)}
    found = await taken(world)
    assert (at(found).on_hand, found.unmapped) == (3, {})


@played
async def test_a_row_that_slips_to_the_next_page_counts_once(world: World) -> None:
    room = with_counting(world, *(a_level("A", number) for number in range(1, 8)))
    room.repeats = 1
    assert at(await taken(world)).on_hand == 28


@played
async def test_an_order_that_no_warehouse_has_is_in_flight_and_one_that_it_has_is_allocated(world: World) -> None:
    with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 3, EAST), release=False)
    assert numbers(at(await taken(world))) == (10, 0, 3, 0)
    await world.cycle(("release",))
    world.clock.advance(HOUR)
    found = await taken(world)
    assert numbers(at(found)) == (10, 3, 0, 0)
    assert (at(found).free, at(found).before_the_cart) == (7, 10)


@played
async def test_a_refused_order_is_in_flight_still(world: World) -> None:
    with_counting(world, a_level("A", 10))
    world.warehouse.faults["submit_order"].append(Fault.NO)
    await sold(world, ("10", "A", 3, EAST))
    assert numbers(at(await taken(world))) == (10, 0, 3, 0)


@played
async def test_each_part_of_an_order_claims_where_it_leaves_from(world: World) -> None:
    with_counting(world, a_level("A", 10), a_level("B", 5, "W"))
    await sold(world, ("10", "A", 1, EAST), ("20", "B", 2, WEST), ("30", "A", 4, "somebody-elses"))
    found = await taken(world)
    assert (at(found).free, at(found, "B", WEST).free) == (9, 3)
    assert found.positions.keys() == {("A", EAST), ("B", WEST)}


@played
async def test_more_may_be_sold_than_lies_there_and_of_what_does_not_lie_there_at_all(world: World) -> None:
    with_counting(world, a_level("A", 1))
    await sold(world, ("10", "A", 3, EAST), ("20", "C", 2, EAST))
    found = await taken(world)
    assert (at(found).free, at(found, "C").free) == (-2, -2)


@played
async def test_an_order_that_is_held_for_what_it_lacks_or_is_not_paid_claims_all_the_same(world: World) -> None:
    with_counting(world, a_level("A", 10))
    lines, places = (a_line("10", 2, sku="A"),), (an_allocation("10", EAST, 2),)
    no_address = an_order("1", *lines, allocations=places)
    unpaid = an_order("2", *lines, allocations=places)
    world.cart.sell(
        no_address.model_copy(update={"ship_to": no_address.ship_to.model_copy(update={"line1": ""})}),
        unpaid.model_copy(update={"payment": PaymentStatus.PENDING}),
    )
    await world.cycle(("download", "release"))
    assert await world.orders() == {"1": "held", "2": "waiting"}
    assert numbers(at(await taken(world))) == (10, 0, 4, 0)


@played
async def test_what_was_picked_before_the_count_has_left_the_number_and_what_was_picked_after_it_has_not(
    world: World,
) -> None:
    room = with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 5, EAST))
    world.clock.advance(HOUR)
    world.warehouse.pack(a_box("b1", "N1", ("10", 2)))
    await world.cycle(("collect",))
    world.clock.advance(HOUR)
    room.levels = [a_level("A", 8)]
    assert numbers(at(await taken(world))) == (8, 3, 0, 0)
    old = NOON + HOUR / 2
    room.levels = [a_level("A", 10, counted_at=old)]
    found = await taken(world)
    assert numbers(at(found)) == (10, 5, 0, 0)
    assert (found.counted_at, found.began_at) == (old, NOON + 2 * HOUR)


@played
async def test_an_order_that_has_left_since_the_count_claims_what_was_picked_of_it(world: World) -> None:
    room = with_counting(world, a_level("A", 10, counted_at=NOON + HOUR / 2))
    await sold(world, ("10", "A", 2, EAST))
    world.clock.advance(HOUR)
    world.warehouse.pack(a_box("b1", "N1", ("10", 2)))
    await world.cycle(("collect", "confirm"))
    assert await world.orders() == {"1": "shipped"}
    world.clock.advance(HOUR)
    assert at(await taken(world)).free == 8
    room.levels = [a_level("A", 8)]
    assert numbers(at(await taken(world))) == (8, 0, 0, 0)


@played
async def test_work_that_was_taken_back_is_claimed_again(world: World) -> None:
    with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 2, EAST))
    world.warehouse.pack(a_box("b1", "N1", ("10", 2)))
    await world.cycle(("collect",))
    world.clock.advance(HOUR)
    await world.store.write(lambda conn: conn.exec_driver_sql("UPDATE shipment SET state = 'voided'"))
    assert at(await taken(world)).allocated == 2


@played
async def test_what_was_cancelled_at_the_cart_after_its_release_claims_nothing(world: World) -> None:
    with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 5, EAST))
    kind = AdjustmentKind.CANCELLATION
    gone = RecordedAdjustment(external_id="c1", kind=kind, line_id="10", quantity=2)
    refused = RecordedAdjustment(external_id="c2", kind=kind, line_id="10", quantity=2, refused=True)
    world.cart.acknowledged.clear()
    world.cart.change("1", adjustments=(gone, refused))
    await world.cycle(("download",))
    world.clock.advance(HOUR)
    assert numbers(at(await taken(world))) == (10, 3, 0, 0)


@played
async def test_a_cancelled_order_that_no_warehouse_has_claims_nothing(world: World) -> None:
    with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 5, EAST), release=False)
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await world.cycle(("download",))
    assert numbers(at(await taken(world))) == (10, 0, 0, 0)


@played
async def test_the_parts_of_a_bundle_are_claimed_and_a_unit_of_it_waits_at_the_cart(world: World) -> None:
    with_counting(world, a_level("A", 10), a_level("B", 10), a_level("C", 10))
    table = {"SET": (BundleComponent(sku="B", quantity=2), BundleComponent(sku="C", quantity=1))}
    rules = own_rules(bundles=table)
    world.rules, world.changes["sharers"] = rules, (own_sharer(rules),)
    by_cart = a_line("10", 2, sku="KIT", components=[("A", 3)])
    by_table = a_line("20", 1, sku="SET")
    places = [an_allocation("10", EAST, 2), an_allocation("20", EAST, 1)]
    world.cart.sell(an_order("1", by_cart, by_table, allocations=places))
    for services in (("download",), ("release",)):
        await world.cycle(services)
        found = await taken(world)
        assert [at(found, sku).free for sku in "ABC"] == [4, 8, 9]
        assert found.units_waiting == {"KIT": 2, "A": 6, "SET": 1}


@played
async def test_bundles_that_only_the_warehouse_knows_are_claimed_part_by_part_before_it_has_them(world: World) -> None:
    sku, parts = next(iter(SETS.items()))
    with_counting(world, *(a_level(part.sku, 10) for part in parts))

    async def bundle_parts(skus: object) -> object:
        return {sku: parts}

    world.warehouse.bundle_parts = bundle_parts  # type: ignore[attr-defined]
    await sold(world, ("10", sku, 2, EAST), release=False)
    found = await taken(world)
    assert {part.sku: at(found, part.sku).in_flight for part in parts} == {
        part.sku: 2 * part.quantity for part in parts
    }


@played
async def test_an_order_of_which_nobody_says_where_it_leaves_from_is_missing_at_each_centre(world: World) -> None:
    with_counting(world, a_level("A", 10), a_level("A", 10, "W"))
    world.cart.sell(an_order("1", a_line("10", 2, sku="A")))
    await world.cycle(("download", "release"))
    assert await world.orders() == {"1": "held"}
    found = await taken(world)
    assert (at(found).free, at(found, center=WEST).free) == (8, 8)


@played
async def test_skus_of_orders_are_found_by_alias_and_however_their_letters_are_written(world: World) -> None:
    with_counting(world, a_level("Tee-Red", 10), a_level("B", 10))
    rules = own_rules(stock=StockRules(alias_type="UPC", aliases=Aliases("UPC", {"B": "0042"})))
    world.rules, world.changes["sharers"] = rules, (own_sharer(rules),)
    await sold(world, ("10", "TEE-red", 2, EAST), ("20", "0042", 3, EAST))
    found = await taken(world)
    assert (at(found, "Tee-Red").free, at(found, "B").free) == (8, 7)
    assert found.units_waiting == {"TEE-red": 2, "0042": 3}


@played
async def test_pipelines_that_share_the_stock_claim_where_their_centres_count_for_us(world: World) -> None:
    theirs = replace(rules_that_map_all("other"), default_distribution_center="9")
    with_counting(
        world, a_level("A", 10), a_level("A", 10, "W"), sharers=[Sharer(theirs, {"warehouse"}, {"9": (WEST,)})]
    )
    await sold(world, ("10", "A", 1, EAST))
    mine = replace(world.pipeline())
    their_cart = Cart()
    world.rules = theirs
    world.changes["order_source"] = Bound("their cart", their_cart, 4)
    order = an_order("7", a_line("10", 4, sku="A"))
    their_cart.sell(order.model_copy(update={"number": "N7"}))
    await world.cycle(("download", "release"))
    world.changes = {"order_source": mine.order_source, **{name: getattr(mine, name) for name in world.changes}}
    world.rules = mine.rules
    world.clock.advance(HOUR)
    found = await taken(world)
    assert numbers(at(found)) == (10, 1, 0, 0)
    assert numbers(at(found, center=WEST)) == (10, 4, 0, 4)
    assert at(found, center=WEST).before_the_cart == 6
    assert found.units_waiting == {"A": 1}


@played
async def test_what_leaves_from_another_warehouse_claims_nothing_here(world: World) -> None:
    with_counting(world, a_level("A", 10))
    rules = world.rules
    elsewhere = {**rules.distribution_centers, "5": replace(rules.distribution_centers[EAST], fulfillment_target="far")}
    world.rules = replace(rules, distribution_centers=elsewhere)
    sharer = Sharer(world.rules, {"warehouse"}, {EAST: (EAST,), WEST: (WEST,), "5": ()}, (EAST, WEST))
    world.changes |= {"sharers": (sharer,), "more_targets": (Bound("far", Warehouse()),)}
    await sold(world, ("10", "A", 1, EAST), ("20", "A", 2, "5"))
    assert at(await taken(world)).free == 9


@played
async def test_what_the_warehouse_says_that_orders_have_allocated_counts_where_it_is_more(world: World) -> None:
    room = with_counting(world, a_level("A", 10, allocated=5))
    await sold(world, ("10", "A", 2, EAST))
    world.clock.advance(HOUR)
    assert numbers(at(await taken(world))) == (10, 5, 0, 3)
    room.levels = [a_level("A", 10, allocated=0)]
    assert numbers(at(await taken(world))) == (10, 2, 0, 0)


@played
async def test_a_level_from_which_the_warehouse_has_subtracted_its_orders_is_not_reduced_twice(world: World) -> None:
    room = with_counting(world, a_level("A", 8, model=StockModel.AVAILABLE))
    await sold(world, ("10", "A", 2, EAST))
    world.clock.advance(HOUR)
    assert numbers(at(await taken(world))) == (10, 2, 0, 0)
    room.levels = [a_level("A", 7, model=StockModel.AVAILABLE, allocated=3)]
    found = at(await taken(world))
    assert (numbers(found), found.free) == ((10, 3, 0, 1), 7)


@played
async def test_an_order_that_went_there_after_the_count_is_not_subtracted_from_it(world: World) -> None:
    with_counting(world, a_level("A", 10, model=StockModel.AVAILABLE, counted_at=NOON - HOUR))
    await sold(world, ("10", "A", 2, EAST))
    assert at(await taken(world)).free == 8


@played
async def test_levels_that_do_not_tell_what_lies_there_are_refused(world: World) -> None:
    room = with_counting(world, a_level("A", 10, model=StockModel.FULFILLED))
    with pytest.raises(Unsupported, match="fall only when something is shipped"):
        await taken(world)
    room.levels = [a_level("A", 10), a_level("A", 8, model=StockModel.AVAILABLE)]
    with pytest.raises(Unsupported, match="available and on hand"):
        await taken(world)


@played
async def test_a_level_that_cannot_be_read_is_no_empty_shelf(world: World) -> None:
    room = with_counting(world, a_level("A", 1), a_level("A", 2), a_level("A", 3))
    room.broken.add("1")
    with pytest.raises(Unreadable, match="level 1 of warehouse cannot be read, so that none of its levels is used"):
        await taken(world)


@played
async def test_what_the_cart_was_told_of_waits_no_more_and_what_was_only_picked_does(world: World) -> None:
    with_counting(world, a_level("A", 10))
    await sold(world, ("10", "A", 5, EAST))
    world.warehouse.pack(a_box("b1", "N1", ("10", 2)))
    await world.cycle(("collect",))
    world.clock.advance(HOUR)
    found = await taken(world)
    assert (found.units_waiting, at(found).untold, at(found).before_the_cart) == ({"A": 5}, 2, 12)
    await world.cycle(("confirm",))
    found = await taken(world)
    assert (found.units_waiting, at(found).untold, at(found).before_the_cart) == ({"A": 3}, 0, 10)
