"""Two boxes, two carriers: each box gets a label of its own, and the cart hears what is in which."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, TWO_VANS, Opened, Seller, buys, packs, seller_of
from world.reading import data, problems
from world.sales import line_id

HOUR = timedelta(hours=1)
TWO_CARRIERS = [
    {"carrier": "usps", "to": {"carrier": "USPS", "service": "PRIORITY"}},
    {"carrier": "stamps_com", "to": {"carrier": "USPS", "service": "PRIORITY"}},
    {"carrier": "ups", "to": {"carrier": "UPS", "service": "GROUND"}},
]
"""What the cart calls the two carriers, whatever the shipping system calls them."""


@pytest.fixture
def opened(world: World) -> Iterator[Opened]:
    """Opens the shipping system of the story."""
    world.pipeline["ship_methods"]["outbound"] = TWO_CARRIERS
    with ExitStack() as stack:
        yield lambda kind, **options: stack.enter_context(seller_of(world, kind, **options))


def ordered(world: World) -> int:
    """Two pieces of one line and three of another, known to the warehouse."""
    order = world.cart.sells("A-1", Line("SKU-0001", 2), Line("SKU-0002", 3), **ADDRESS)
    world.run()
    return order


def halves(order: int) -> tuple[dict[str, int], dict[str, int]]:
    """What is in each of the two boxes."""
    first, second = line_id(order, 1), line_id(order, 2)
    return {first: 2, second: 1}, {second: 2}


def told(world: World, order: int) -> dict[str, tuple[str, dict[str, int]]]:
    """By tracking number, the carrier and the pieces that the cart was told; no number twice."""
    ships = world.cart.ships(order)
    found = {ship["tracking"]: (ship["carrier"], ship["items"]) for ship in ships}
    assert len(found) == len(ships)
    return found


def carriers(seller: Seller) -> tuple[str, str]:
    """What a person at this shipping system calls USPS and UPS."""
    return ("stamps_com", "ups") if seller.kind == "shipstation" else ("usps", "ups")


@pytest.mark.parametrize("kind", SELLERS)
def test_labels_that_name_their_boxes_are_told_for_these(world: World, opened: Opened, kind: str) -> None:
    seller = opened(kind, **(TWO_VANS if kind == "karrio" else {}))
    order = ordered(world)
    small, large = halves(order)
    one, two = packs(world, "A-1", small, large)
    usps, ups = carriers(seller)
    second, first = seller.prints("A-1", two, usps), seller.prints("A-1", one, ups)

    world.run()
    world.run()

    assert told(world, order) == {first: ("UPS", small), second: ("USPS", large)}
    assert world.cart.order(order)["shipping"] == "Shipped"
    assert world.books.problems() == {}


def test_label_without_a_box_is_used_when_its_box_alone_waits(world: World, opened: Opened) -> None:
    seller = opened("easypost")
    order = ordered(world)
    small, large = halves(order)
    packs(world, "A-1", small)
    usps, ups = carriers(seller)
    first = seller.prints("A-1", carrier=ups)
    world.run()
    assert told(world, order) == {first: ("UPS", small)}

    packs_more(world, large)
    world.run()
    assert told(world, order) == {first: ("UPS", small)}, "the label of the first box is no other's"
    second = seller.prints("A-1", carrier=usps)
    world.run()

    assert told(world, order) == {first: ("UPS", small), second: ("USPS", large)}
    used = {one["tracking_number"]: one["used_for"] for one in data(world, "parcels", "list")}
    assert len(set(used.values())) == 2


def packs_more(world: World, box: dict[str, int]) -> None:
    """People close another box of the order that was picked."""
    [(line, quantity)] = box.items()
    world.warehouse.acts({"act": "pack", "order": "A-1", "line": line, "quantity": quantity, "tracking": ""})


def test_two_labels_without_boxes_are_not_guessed_at_and_a_person_is_told_both(world: World, opened: Opened) -> None:
    seller = opened("karrio", **TWO_VANS)
    order = ordered(world)
    boxes = packs(world, "A-1", *halves(order))
    numbers = [seller.prints("A-1", carrier=carrier) for carrier in ("usps", "ups")]

    world.run()
    world.run(later=25 * HOUR)

    assert world.cart.ships(order) == []
    found = problems(world)
    assert len(found) == len(boxes)
    for problem in found:
        assert all(number in problem.text for number in numbers), problem.text


def test_a_label_by_hand_and_one_that_is_bought_go_to_a_box_each(world: World, opened: Opened) -> None:
    seller = opened("karrio", **TWO_VANS)
    buys(world, "usps/*")
    order = ordered(world)
    small, large = halves(order)
    one, two = packs(world, "A-1", small, large)
    by_hand = seller.prints("A-1", two, "ups")

    world.run()

    bought, *more = [label for label in seller.labels() if label.tracking != by_hand]
    assert more == [], "one label was there already"
    assert bought.box.endswith(one)
    assert told(world, order) == {bought.tracking: ("USPS", small), by_hand: ("UPS", large)}
    states = {one["key"].rpartition("/")[2]: one["state"] for one in data(world, "labels", "list")}
    assert states == {one: "bought"}


def test_heavy_box_is_bought_of_the_carrier_that_takes_it(world: World, opened: Opened) -> None:
    opened("easypost")
    buys(world, "USPS/GroundAdvantage", "UPS/Ground", product_unit="lb", tare="4 oz")
    world.pipeline["catalog_source"] = "cart"
    world.pipeline["services"]["catalog"] = "1m"
    world.cart.edits("SKU-0001", Weight=1.5)
    world.cart.edits("SKU-0002", Weight=30)
    order = ordered(world)
    light, heavy = {line_id(order, 1): 2}, {line_id(order, 2): 3}
    packs(world, "A-1", light, heavy)

    world.run()

    assert sorted(told(world, order).values(), key=str) == [("UPS", heavy), ("USPS", light)]
    weights = {one["carrier"]: (Decimal(one["weight"]), one["weight_unit"]) for one in data(world, "parcels", "list")}
    assert weights == {"USPS": (52, "oz"), "UPS": (1444, "oz")}
    assert world.books.problems() == {}
