"""Orders of ChannelAdvisor on their way in, as stories: which ones come, which never do, and what changes later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from world import Line, Wire, World, sale
from world.sales import EAST, FBA, WEST, line_id

WorldMaker = Callable[..., World]
NEXT_SWEEP = timedelta(hours=7)
OURS, THEIRS = 12345678, 87654321


def stamp(ago: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_order_that_another_installation_marked_is_held_until_a_person_releases_it(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"), UpdatedDateUtc=stamp())
    world.cart.marks(order)
    world.run()
    assert world.books.states() == {}, "the list of what bears no mark does not show it"

    world.run(later=NEXT_SWEEP)
    [problem] = world.books.problems()["marked_elsewhere"]
    assert "A-1 is marked as ours at the cart, and nothing is known of it here" in problem["title"]
    assert world.books.order(order)["state"] == "held"
    assert world.warehouse.orders() == {}

    assert world.says("problems", "retry", str(problem["id"])).code == 0
    world.run()
    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.books.problems() == {}


def test_our_own_mark_holds_nothing_up(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"), UpdatedDateUtc=stamp())
    world.run()
    assert world.cart.exports(order) == 1

    swept = world.run(later=NEXT_SWEEP)["sweep"]

    assert swept.counts["orders seen"] == 1
    assert world.books.order(order)["state"] == "released"
    assert world.books.problems() == {}


def test_late_import_slips_past_the_list_and_is_found_by_the_sweep(world: World) -> None:
    world.connections["cart"]["retrieval"] = "updated"
    world.cart.sells("A-1", Line("SKU-0001"), UpdatedDateUtc=stamp())
    world.run()
    hour = timedelta(hours=1)
    world.cart.sells("LATE", Line("SKU-0002"), UpdatedDateUtc=stamp(hour), ImportDateUtc=stamp())
    world.run()
    assert "LATE" not in world.warehouse.orders()

    world.run(later=NEXT_SWEEP)

    assert world.warehouse.orders().keys() == {"A-1", "LATE"}
    assert {told["creates"] for told in world.warehouse.orders().values()} == {1}


def test_buyer_who_cancels_after_the_release_is_told_to_a_person_once(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()
    world.cart.cancels(order)
    world.run()
    world.run(later=NEXT_SWEEP)
    [problem] = world.books.problems()["changed_after_release"]
    assert "A-1 was cancelled at the cart after the warehouse got it" in problem["title"]

    world.run(later=2 * NEXT_SWEEP)
    [again] = world.books.problems()["changed_after_release"]
    assert again["count"] == 1
    assert world.says("problems", "resolve", str(problem["id"]), "--note", "the box was stopped").code == 0
    world.run(later=3 * NEXT_SWEEP)
    assert world.books.problems() == {}


def test_buyer_who_cancels_before_the_release_gets_nothing(world: World) -> None:
    world.pipeline["services"]["release"] = "off"
    whole, part = world.cart.sells("A-1", Line("SKU-0001", 2)), world.cart.sells("A-2", Line("SKU-0001", 3))
    world.run()
    world.cart.cancels(whole)
    world.cart.cancels(part, line_id(part, 1), 2)

    world.pipeline["services"]["release"] = "1m"
    world.run(later=NEXT_SWEEP)

    assert {number: told["lines"][0]["requested"] for number, told in world.warehouse.orders().items()} == {"A-2": 1}
    assert world.books.order(whole)["state"] == "skipped"
    assert "cancelled at the cart" in world.books.order(whole)["reason"]


def test_move_to_another_centre_after_the_release_is_told_to_a_person(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()
    moved = sale("A-1", Line("SKU-0001", 2), order_id=order, leaves_from=WEST)["Fulfillments"]
    world.cart.changes(order, Fulfillments=moved)

    world.run(later=NEXT_SWEEP)

    assert world.books.problems().keys() == {"changed_after_release"}
    assert [told["area"] for told in world.warehouse.orders().values()] == ["EAST"]


@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
def test_order_of_a_profile_that_is_not_ours_never_arrives(new_world: WorldMaker, retrieval: str) -> None:
    world = new_world(cart={"profiles": [OURS, THEIRS]})
    world.connections["cart"] |= {"profile_ids": [OURS], "retrieval": retrieval}
    ours = world.cart.sells("OURS", Line("SKU-0001"), UpdatedDateUtc=stamp(), ProfileID=OURS)
    theirs = world.cart.sells("THEIRS", Line("SKU-0001"), UpdatedDateUtc=stamp(), ProfileID=THEIRS)
    world.run()
    world.run(later=NEXT_SWEEP)
    assert world.books.states() == {str(ours): "released"}

    world.desk.wants(theirs)
    world.run(later=NEXT_SWEEP)

    assert world.books.states() == {str(ours): "released"}
    [problem] = world.books.problems()["unfetchable_order"]
    assert "profile" in problem["title"]
    assert world.warehouse.orders().keys() == {"OURS"}
    assert world.cart.exports(theirs) == 0


def test_what_amazon_ships_never_arrives_whichever_way_it_is_seen(world: World) -> None:
    fba = world.cart.sells(
        "FBA",
        Line("SKU-0001"),
        leaves_from=FBA,
        UpdatedDateUtc=stamp(),
        DistributionCenterTypeRollup="ExternallyManaged",
    )
    mixed = world.cart.sells(
        "MIXED",
        Line("SKU-0001", 2),
        Line("SKU-0002", 3),
        leaves_from={FBA: (2, 0), EAST: (0, 3)},
        UpdatedDateUtc=stamp(),
        DistributionCenterTypeRollup="Mixed",
    )
    world.desk.wants(fba, mixed)
    world.run()
    world.run(later=NEXT_SWEEP)
    [ours] = world.warehouse.orders()["MIXED"]["lines"]
    assert world.warehouse.orders().keys() == {"MIXED"}
    assert (ours["host_id"], ours["requested"]) == (line_id(mixed, 2), 3)

    world.warehouse.works()
    world.run(later=NEXT_SWEEP)

    assert [ship["items"] for ship in world.cart.ships(mixed)] == [{line_id(mixed, 2): 3}]
    assert world.cart.ships(fba) == []
    assert world.cart.exports(fba) == 0
    assert world.books.problems() == {}


@pytest.mark.parametrize("detail", ["Adjustments", "CustomFields"])
def test_order_of_sixty_lines_arrives_whole(new_world: WorldMaker, detail: str) -> None:
    world = new_world(cart={"expanded_rows": 20})
    world.connections["cart"]["list_details"] = [detail]
    lines = [Line(f"SKU-{number:04}", number % 4 + 1) for number in range(1, 61)]
    east, west = ([line.quantity if here else 0 for line, here in zip(lines, side, strict=True)] for side in _halves())
    order = world.cart.sells("LONG", *lines, leaves_from={EAST: east, WEST: west})

    world.run()

    requests = world.warehouse.orders().values()
    asked = {line["host_id"]: line["requested"] for told in requests for line in told["lines"]}
    assert asked == {line_id(order, position): line.quantity for position, line in enumerate(lines, start=1)}
    world.warehouse.works()
    world.run()
    assert set(world.cart.still_open(order).values()) == {0}


def _halves() -> tuple[list[bool], list[bool]]:
    east = [number % 3 > 0 for number in range(60)]
    return east, [not here for here in east]


def test_claim_by_fulfillment_goes_from_new_to_complete_and_never_ships_by_accident(new_world: WorldMaker) -> None:
    wire = Wire()
    world = new_world(around=wire)
    world.connections["cart"]["claim"] = "fulfillment"
    order = world.cart.sells("A-1", Line("SKU-0001", 5), leaves_from={EAST: (2,), WEST: (3,)})
    assert externals(world, order) == {EAST: "New", WEST: "New"}
    world.run()
    assert externals(world, order) == {EAST: "Pending", WEST: "Pending"}
    assert {part["external_number"] for part in world.cart.order(order)["fulfillments"].values()} == {"A-1"}
    assert world.cart.ships(order) == []
    assert world.cart.exports(order) == 0

    world.warehouse.works()
    world.run()

    assert externals(world, order) == {EAST: "Complete", WEST: "Complete"}
    assert sorted(sum(ship["items"].values()) for ship in world.cart.ships(order)) == [2, 3]
    patches = wire.bodies("PATCH", "/Fulfillments(")
    assert len(patches) >= 2
    assert {patch["DeliveryStatus"] for patch in patches} == {"NoChange"}


def test_fulfillment_that_another_system_holds_is_left_to_it(world: World) -> None:
    world.connections["cart"]["claim"] = "fulfillment"
    order = world.cart.sells("A-1", Line("SKU-0001"))
    [held] = sale("A-1", Line("SKU-0001"), order_id=order)["Fulfillments"]
    held |= {"ExternalFulfillmentStatus": "Processing", "ExternalFulfillmentNumber": "somebody else's"}
    world.cart.changes(order, Fulfillments=[held])

    world.run()

    assert world.warehouse.orders() == {}
    assert externals(world, order) == {EAST: "Processing"}


def externals(world: World, order: int) -> dict[int, str]:
    """The external status of each fulfillment, by its centre."""
    parts = world.cart.order(order)["fulfillments"].values()
    return {part["distribution_center"]: part["external"] for part in parts}
