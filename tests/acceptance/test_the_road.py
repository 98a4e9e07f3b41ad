"""The whole road as stories: a paid order reaches the warehouse, and what was packed goes back to the cart."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from world import Line, World
from world.audit import disagreements
from world.ends import Cart
from world.sales import EAST, FBA, WEST, line_id

WorldMaker = Callable[..., World]


def test_paid_order_reaches_the_warehouse_once_and_is_then_acknowledged(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2), Line("SKU-0002"))

    world.run()

    told = world.warehouse.orders()["A-1"]
    assert told["creates"] == 1
    assert (told["area"], told["carrier"], told["service"]) == ("EAST", "UPS", "GROUND")
    assert [(line["item"], line["requested"]) for line in told["lines"]] == [("SKU-0001", 2), ("SKU-0002", 1)]
    assert world.cart.exports(order) == 1
    assert world.books.order(order)["state"] == "released"


def test_order_is_not_acknowledged_before_the_warehouse_has_it(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.warehouse.faults(error_503=1.0, only_paths="AddOrder")
    world.run()
    assert "A-1" not in world.warehouse.orders()
    assert world.cart.exports(order) == 0

    world.warehouse.faults()
    world.run_until(lambda: world.cart.exports(order) == 1)

    assert world.warehouse.orders()["A-1"]["creates"] == 1


def test_order_may_be_acknowledged_as_soon_as_it_is_saved(world: World) -> None:
    world.pipeline["acknowledge"] = "after_save"
    order = world.cart.sells("A-1", Line("SKU-9999"))

    world.run()

    assert world.cart.exports(order) == 1
    assert "A-1" not in world.warehouse.orders()


def test_order_that_amazon_ships_is_left_alone(world: World) -> None:
    fba = world.cart.sells(
        "A-1",
        Line("SKU-0001"),
        leaves_from=FBA,
        DistributionCenterTypeRollup="ExternallyManaged",
        ShippingStatus="Unshipped",
    )
    mixed = world.cart.sells(
        "A-2",
        Line("SKU-0001"),
        Line("SKU-0002", 3),
        leaves_from={FBA: (1, 0), EAST: (0, 3)},
        DistributionCenterTypeRollup="Mixed",
        ShippingStatus="PartiallyShipped",
    )

    world.run()

    assert world.books.order(fba)["state"] == "skipped"
    assert "somebody else ships it" in world.books.order(fba)["reason"]
    assert world.cart.exports(fba) == 0
    assert world.warehouse.orders().keys() == {"A-2"}
    [ours] = world.warehouse.orders()["A-2"]["lines"]
    assert (ours["host_id"], ours["requested"]) == (line_id(mixed, 2), 3)


@pytest.mark.parametrize("looks_at_unpaid", [False, True])
@pytest.mark.parametrize("retrieval", ["not_exported", "updated"])
def test_unpaid_order_waits_and_comes_when_it_is_paid(world: World, retrieval: str, looks_at_unpaid: bool) -> None:
    world.connections["cart"]["retrieval"] = retrieval
    if looks_at_unpaid:
        world.connections["cart"]["payment_status"] = []
    order = world.cart.sells("A-1", Line("SKU-0001"), PaymentStatus="Submitted")
    world.run()
    assert world.warehouse.orders() == {}
    assert world.books.states() == ({str(order): "waiting"} if looks_at_unpaid else {})

    world.cart.ask("/_pay", {})
    world.run()

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.cart.exports(order) == 1


def test_order_from_two_centres_becomes_two_requests_with_their_areas(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 5), leaves_from={EAST: (2,), WEST: (3,)})
    world.run()
    told = world.warehouse.orders()
    assert {number: (one["area"], one["lines"][0]["requested"]) for number, one in told.items()} == {
        "A-1-1": ("EAST", 2),
        "A-1-2": ("WEST", 3),
    }
    assert world.cart.exports(order) == 1

    world.warehouse.works()
    world.run()

    ships = world.cart.ships(order)
    assert {ship["distribution_center"]: ship["items"] for ship in ships} == {
        EAST: {line_id(order, 1): 2},
        WEST: {line_id(order, 1): 3},
    }
    assert world.cart.order(order)["shipping"] == "Shipped"


def test_bundle_is_picked_as_components_and_confirmed_as_a_whole(world: World) -> None:
    order = world.cart.sells("A-1", Line("KIT-003", 2))
    world.run()
    lines = world.warehouse.orders()["A-1"]["lines"]
    assert {line["item"]: line["requested"] for line in lines} == {"SKU-0021": 2, "SKU-0026": 4, "SKU-0030": 2}

    world.warehouse.works()
    world.run()

    [ship] = world.cart.ships(order)
    assert ship["items"] == {line_id(order, 1): 2}


def test_short_component_keeps_bundles_open_until_it_is_picked(world: World) -> None:
    orders = [world.cart.sells(f"B-{n}", Line("KIT-003", 6)) for n in range(8)]
    world.run()
    world.warehouse.works(short_picks=0.7, seed=3)
    world.run()

    picked = {number: [line["picked"] for line in told["lines"]] for number, told in world.warehouse.orders().items()}
    whole = {f"B-{n}": min(one, two // 2, three) for n in range(8) for one, two, three in (picked[f"B-{n}"],)}
    assert any(0 < units < 6 for units in whole.values()), "the shift must have left some bundle incomplete"
    for n, order in enumerate(orders):
        assert world.cart.shipped(order) == {line_id(order, 1): whole[f"B-{n}"]}
        assert world.cart.still_open(order) == {line_id(order, 1): 6 - whole[f"B-{n}"]}

    world.warehouse.works()
    world.run()

    assert all(world.cart.shipped(order) == {line_id(order, 1): 6} for order in orders)
    assert set(world.books.states().values()) == {"shipped"}


def test_repeated_sku_is_confirmed_on_its_own_lines(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2), Line("SKU-0001", 3), Line("SKU-0002"))
    world.run()
    world.warehouse.works()
    world.run()

    [ship] = world.cart.ships(order)
    assert ship["items"] == {line_id(order, 1): 2, line_id(order, 2): 3, line_id(order, 3): 1}


def test_every_box_is_a_shipment_with_its_own_tracking(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 9), Line("SKU-0002", 8))
    world.pipeline["ship_methods"]["outbound"] = [
        {"carrier": "UPS", "service": "GROUND", "to": {"carrier": "FEDEX", "service": "2Day"}}
    ]
    world.run()
    world.warehouse.works(split_boxes=1.0)
    world.run()

    boxes = world.warehouse.orders()["A-1"]["boxes"]
    ships = world.cart.ships(order)
    assert len(boxes) > 1
    assert {ship["tracking"]: ship["items"] for ship in ships} == {
        box["tracking_number"]: box["pieces"] for box in boxes
    }
    assert {(ship["carrier"], ship["class"]) for ship in ships} == {("FEDEX", "2Day")}
    assert world.cart.still_open(order) == {line_id(order, 1): 0, line_id(order, 2): 0}


def test_short_pick_leaves_the_rest_open_at_the_cart(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 50))
    world.run()
    world.warehouse.works(short_picks=1.0)
    world.run()

    [line] = world.warehouse.orders()["A-1"]["lines"]
    assert 0 < line["picked"] < 50
    assert world.cart.shipped(order) == {line_id(order, 1): line["picked"]}
    assert world.cart.order(order)["shipping"] == "PartiallyShipped"
    assert world.books.order(order)["state"] == "part_shipped"


def test_over_pick_is_a_problem_and_the_cart_is_told_no_more_than_ordered(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 4))
    world.run()
    world.warehouse.works(over_picks=1.0)
    world.run()

    [ship] = world.cart.ships(order)
    assert ship["items"] == {line_id(order, 1): 4}
    [problem] = world.books.problems()["over_picked"]
    assert problem["title"] == "Order A-1: 5 of SKU-0001 were picked, 4 were asked for"


def test_unmapped_ship_method_holds_the_order_until_there_is_a_rule(world: World) -> None:
    rules = world.pipeline["ship_methods"]["inbound"] = [
        {"carrier": "USPS", "service": "*", "to": {"carrier": "USPS", "service": "PRIORITY"}}
    ]
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    assert world.warehouse.orders() == {}
    assert world.cart.exports(order) == 0
    assert world.books.order(order)["state"] == "held"
    [problem] = world.books.problems()["unmapped_ship_method"]
    assert "carrier 'Walmart' / service 'Standard'" in problem["title"]

    rules.append({"carrier": "Walmart", "service": "Standard", "to": {"carrier": "UPS", "service": "2DAY"}})
    world.run()

    assert world.warehouse.orders()["A-1"]["service"] == "2DAY"
    assert world.cart.exports(order) == 1
    assert world.books.problems() == {}


def test_unmapped_carrier_on_the_way_back_waits_for_a_rule(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001"))
    rules = world.pipeline["ship_methods"]["outbound"] = [
        {"carrier": "USPS", "service": "*", "to": {"carrier": "USPS", "service": "PRIORITY"}}
    ]
    world.run()
    world.warehouse.works()
    world.run()
    assert world.cart.ships(order) == []
    assert world.books.problems().keys() == {"unmapped_carrier"}

    rules.append({"carrier": "UPS", "to": {"carrier": "UPS", "service": "GROUND"}})
    world.run()

    assert len(world.cart.ships(order)) == 1
    assert world.books.problems() == {}


def test_refused_acknowledgement_is_a_problem_and_goes_out_when_retried(world: World, new_world: WorldMaker) -> None:
    world.pipeline["services"]["acknowledge"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    right_account = world.connections["cart"]["base_url"]

    world.connections["cart"]["base_url"] = new_world("another account").cart.url
    world.pipeline["services"]["acknowledge"] = "1m"
    world.run()
    [problem] = world.books.problems()["acknowledge_refused"]
    assert problem["order_id"] == world.books.order(order)["id"]

    world.connections["cart"]["base_url"] = right_account
    world.run()
    assert world.cart.exports(order) == 0, "a refusal is never tried again by itself"
    assert world.says("problems", "retry", str(problem["id"])).code == 0
    world.run()

    assert world.cart.exports(order) == 1
    assert world.books.problems() == {}


def test_refused_release_is_a_problem_and_goes_out_when_retried(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-9999"))
    world.run()
    [problem] = world.books.problems()["release_refused"]
    assert "SKU-9999 is not an item in WarehouseOS" in problem["title"]
    assert world.books.order(order)["state"] == "held"

    world.warehouse.ask("/_items", ["SKU-9999"])
    world.run()
    assert world.warehouse.orders() == {}, "a refusal is never tried again by itself"
    assert world.says("problems", "retry", str(problem["id"])).code == 0
    world.run()

    assert world.warehouse.orders()["A-1"]["creates"] == 1
    assert world.cart.exports(order) == 1
    assert world.books.problems() == {}


def test_running_twice_changes_nothing_on_either_side(new_world: WorldMaker) -> None:
    world = new_world(orders=150, warehouse={"redeliver": 0.2, "shuffle": True})
    for shift in ({"short_picks": 0.2, "split_boxes": 0.3}, {"over_picks": 0.1, "split_boxes": 0.3}):
        world.run()
        world.warehouse.works(**shift)
    world.run_until(lambda: world.warehouse.truth()["queue"] == 0)
    settled = world.truth()
    assert settled["cart"]["requests"]["ship"] > 100
    assert disagreements(world) == []

    first, second = world.command("run", "--once"), world.says("run", "--once")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert world.truth() == settled
    assert world.books.unfinished() == []


def test_two_pipelines_share_a_warehouse_and_keep_their_orders_apart(world: World, new_world: WorldMaker) -> None:
    other: Cart = new_world("second shop").cart
    world.connections["second_cart"] = {**world.connections["cart"], "base_url": other.url}
    world.settings["pipelines"]["second"] = {**world.pipeline, "order_source": "second_cart"}
    ours, theirs = world.cart.sells("A-1", Line("SKU-0001")), other.sells("B-1", Line("SKU-0002", 2))
    twin = other.sells("A-1", Line("SKU-0003"))

    world.run_all()
    assert {number: told["key"] for number, told in world.warehouse.orders().items()} == {
        "A-1": f"main:{ours}:1",
        "B-1": f"second:{theirs}:1",
    }
    assert world.books.order(twin)["state"] == "held"
    assert world.books.problems().keys() == {"number_taken"}
    world.warehouse.works()
    world.run_all()
    world.run_all()

    assert [ship["items"] for ship in world.cart.ships(ours)] == [{line_id(ours, 1): 1}]
    assert [ship["items"] for ship in other.ships(theirs)] == [{line_id(theirs, 1): 2}]
    assert other.ships(twin) == []


def test_tracking_that_the_warehouse_lacks_comes_from_the_shipping_provider(new_world: WorldMaker) -> None:
    world = new_world(parcels={})
    assert world.parcels is not None
    order = world.cart.sells("A-1", Line("SKU-0001", 9))
    world.run()
    world.warehouse.works(without_tracking=1.0, split_boxes=1.0)
    boxes = world.warehouse.orders()["A-1"]["boxes"]
    assert len(boxes) > 1
    world.run()
    assert world.cart.ships(order) == []

    for box in boxes:
        world.parcels.knows("A-1", f"1Z-{box['number']}", box=box["number"], carrier="UPS", service="GROUND")
    world.run(later=timedelta(minutes=6))

    assert {ship["tracking"]: ship["items"] for ship in world.cart.ships(order)} == {
        f"1Z-{box['number']}": box["pieces"] for box in boxes
    }


def test_box_without_tracking_waits_and_becomes_a_problem_after_a_day(new_world: WorldMaker) -> None:
    world = new_world(parcels={})
    assert world.parcels is not None
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    world.warehouse.works(without_tracking=1.0)
    world.run()
    assert world.books.problems() == {}

    world.run(later=timedelta(hours=25))
    assert world.books.problems().keys() == {"no_tracking"}
    assert world.cart.ships(order) == []

    world.parcels.knows("A-1", "1Z-LATE", carrier="UPS", service="GROUND")
    world.run(later=timedelta(hours=26))
    assert [ship["tracking"] for ship in world.cart.ships(order)] == ["1Z-LATE"]
    assert world.books.problems() == {}
