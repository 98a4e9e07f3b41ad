"""What ChannelAdvisor is told of orders, as stories: shipments, cancellations, refunds, and what comes of them."""

from collections.abc import Callable
from datetime import timedelta

from world import Line, Wire, World
from world.sales import EAST, WEST, line_id

WorldMaker = Callable[..., World]
LATER = timedelta(minutes=20)
"""When marketplaces are asked for the first time what they made of something."""
SITE, BY_HAND = 996, {"marketplace_answers": "by_hand"}


def test_two_packages_of_two_centres_are_told_apart_and_the_rest_stays_open(new_world: WorldMaker) -> None:
    world = new_world(cart=BY_HAND)
    order = world.cart.sells("A-1", Line("SKU-0001", 8), Line("SKU-0002", 4), leaves_from={EAST: (8, 0), WEST: (0, 4)})
    world.run()
    world.warehouse.works("A-1-1", split_boxes=1.0, short_picks=1.0, seed=5)
    world.run()
    east = world.warehouse.orders()["A-1-1"]
    assert len(east["boxes"]) == 2
    assert 0 < east["lines"][0]["picked"] < 8
    assert {ship["tracking"]: ship["items"] for ship in world.cart.ships(order)} == {
        box["tracking_number"]: box["pieces"] for box in east["boxes"]
    }
    assert {ship["distribution_center"] for ship in world.cart.ships(order)} == {EAST}
    assert world.cart.order(order)["shipping"] == "PartiallyShipped"

    world.warehouse.works()
    world.run()

    assert world.cart.shipped(order) == {line_id(order, 1): 8, line_id(order, 2): 4}
    assert {ship["distribution_center"] for ship in world.cart.ships(order)} == {EAST, WEST}
    assert world.cart.order(order)["shipping"] == "Shipped"


def test_carrier_that_the_account_does_not_have_is_told_in_its_own_words_and_corrected(world: World) -> None:
    world.pipeline["ship_methods"]["outbound"] = [{"to": {"carrier": "UPS", "service": "TELEPORT"}}]
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    world.warehouse.works()
    world.run()
    [problem] = world.books.problems()["confirm_refused"]
    assert "The shipping carrier 'UPS' and class 'TELEPORT' are not valid for this account" in problem["title"]
    assert world.cart.ships(order) == []

    world.pipeline["ship_methods"]["outbound"] = [{"to": {"carrier": "UPS", "service": "GROUND"}}]
    assert world.says("problems", "retry", str(problem["id"])).code == 0
    world.run()

    assert [(ship["carrier"], ship["class"]) for ship in world.cart.ships(order)] == [("UPS", "GROUND")]
    assert world.books.problems() == {}


def test_carrier_that_the_settings_do_not_list_is_refused_without_a_call(new_world: WorldMaker) -> None:
    world = new_world(around=(wire := Wire()))
    world.connections["cart"]["carriers"] = {"UPS": ["GROUNDS", "2DAY"]}
    world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    world.warehouse.works()
    world.run()

    [problem] = world.books.problems()["confirm_refused"]
    assert "GROUNDS" in problem["title"], "the nearest pair that there is"
    assert wire.bodies("POST", "/Ship") == []


def test_shipment_that_the_marketplace_refuses_later_is_a_problem_of_its_own(new_world: WorldMaker) -> None:
    world = new_world(cart=BY_HAND)
    good, bad = world.cart.sells("GOOD", Line("SKU-0001")), world.cart.sells("BAD", Line("SKU-0002"))
    world.run()
    world.warehouse.works()
    world.run()
    assert all(len(world.cart.ships(order)) == 1 for order in (good, bad))
    assert world.books.order(bad)["state"] == "shipped", "the cart has accepted it"
    world.run(later=LATER)
    assert world.books.problems() == {}, "nobody has answered yet"

    world.cart.answers("accept", order=good)
    world.cart.answers("refuse", order=bad)
    world.run(later=3 * LATER)

    [problem] = world.books.problems()["marketplace_refused"]
    assert problem["order_id"] == world.books.order(bad)["id"]
    assert len(world.cart.ships(bad)) == 1, "nothing is sent again by itself"
    world.run(later=9 * LATER)
    assert [row["count"] for row in world.books.problems()["marketplace_refused"]] == [1]


def test_cancelled_unit_keeps_the_order_back_until_the_marketplace_has_agreed(new_world: WorldMaker) -> None:
    world = new_world(cart=BY_HAND)
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"))
    world.run()
    key = world.desk.cancels(order, line_id(order, 1), 1, reason="not_available", restock=True)
    world.pipeline["services"]["release"] = "1m"
    world.run()
    [asked] = world.cart.order(order)["adjustments"]
    assert (asked["units"], asked["kind"], asked["seller_id"], asked["restock"]) == (1, "Cancellation", key, True)
    world.run(later=LATER)
    assert world.warehouse.orders() == {}, "the marketplace has not agreed yet"

    world.cart.answers("accept", order=order)
    world.run(later=3 * LATER)
    world.run(later=3 * LATER)

    told = world.warehouse.orders()["A-1"]
    assert {line["host_id"]: line["requested"] for line in told["lines"]} == {
        line_id(order, 1): 2,
        line_id(order, 2): 1,
    }
    assert len(world.cart.order(order)["adjustments"]) == 1
    assert world.books.problems() == {}


def test_cancellation_that_the_marketplace_refuses_is_for_a_person_to_settle(new_world: WorldMaker) -> None:
    world = new_world(cart=BY_HAND)
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 3))
    world.run()
    world.desk.cancels(order, line_id(order, 1), 1)
    world.pipeline["services"]["release"] = "1m"
    world.run()
    world.cart.answers("refuse", order=order, comment="The buyer insists.")

    world.run(later=LATER)

    [problem] = world.books.problems()["marketplace_refused"]
    assert "The buyer insists." in problem["title"]
    assert world.warehouse.orders() == {}
    assert world.books.order(order)["state"] == "held"


def test_refund_after_the_shipment_keeps_the_shipping(new_world: WorldMaker) -> None:
    world = new_world(around=(wire := Wire()))
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()
    world.warehouse.works()
    world.run()

    world.desk.refunds(order, line_id(order, 1), 1, reason="returned", amounts={"shipping": "0"})
    world.run()

    [body] = wire.bodies("POST", "/Adjust")
    assert body["ShippingAdjustment"] == 0
    assert body["RefundOnly"] is True
    [asked] = world.cart.order(order)["adjustments"]
    assert (asked["kind"], asked["units"]) == ("Refund", 1)
    assert world.cart.order(order)["lines"][line_id(order, 1)]["refunded"] == 1
    assert world.books.problems() == {}


def test_what_the_site_does_not_allow_is_refused_before_it_is_asked(new_world: WorldMaker) -> None:
    wire = Wire()
    world = new_world(around=wire, cart={"site_abilities": {SITE: {"item_cancellations": False}}})
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()

    world.desk.cancels(order, line_id(order, 1), 1)
    world.run()

    [problem] = world.books.problems()["adjust_refused"]
    assert "Walmart Marketplace does not take cancellations of single lines" in problem["title"]
    assert wire.bodies("POST", "/Adjust") == []


def test_refund_of_what_has_not_left_is_refused_and_says_what_to_do(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()

    world.desk.refunds(order, line_id(order, 1), 1)
    world.run()

    [problem] = world.books.problems()["adjust_refused"]
    assert "cancel what is open (2 units) instead" in problem["title"]
    assert world.cart.order(order)["adjustments"] == []


def test_adjustment_whose_answer_is_lost_happens_once(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 5))
    world.pipeline["services"]["release"] = "off"
    world.run()
    world.cart.faults(lost_reply=1.0, only_paths="Adjust", max_faults=1)
    world.desk.cancels(order, line_id(order, 1), 2)

    world.run_until(lambda: world.books.unfinished() == [])

    assert world.cart.injected() == {"lost_reply": 1}
    assert [asked["units"] for asked in world.cart.order(order)["adjustments"]] == [2]
