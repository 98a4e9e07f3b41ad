"""Several distribution centres, as stories: parts of one warehouse, warehouses of their own, and somebody else's."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from world import Line, Warehouse, World, sale
from world.reading import data, order_line, problems, read, refusal
from world.sales import EAST, WEST, line_id
from world.settings import secret, write_secrets

WorldMaker = Callable[..., World]
SOUTH, ELSEWHERE = 3, 9
"""Centres of the seller; from the second one somebody else ships for him, of whom crossdock knows nothing."""
SPLIT = {EAST: (2, 0), WEST: (1, 0), SOUTH: (2, 1)}
"""Of five units of the first line and one of the second."""
AREAS = {"areas": ["EAST", "WEST"]}


class Places(NamedTuple):
    """East and west are areas of one warehouse; the south has a warehouse of its own."""

    world: World
    south: Warehouse

    def asked(self) -> dict[str, tuple[str, dict[str, int]]]:
        """Of both warehouses: by number, the area that picks, and the pieces of each item."""
        both = {**self.world.warehouse.orders(), **self.south.orders()}
        return {
            number: (told["area"], {line["item"]: line["requested"] for line in told["lines"]})
            for number, told in both.items()
        }


@pytest.fixture
def places(new_world: WorldMaker) -> Places:
    world, south = new_world(warehouse=AREAS), new_world("south").warehouse
    write_secrets(world.folder, south_key="sandbox-key")
    world.connections["south"] = {"connector": "warehouseos", "base_url": south.url, "api_key": secret("south_key")}
    world.pipeline["distribution_centers"][str(SOUTH)] = {"fulfillment_target": "south"}
    return Places(world, south)


def test_one_order_is_asked_of_every_centre_of_ours_where_each_of_them_is(places: Places) -> None:
    world = places.world
    parts = {**SPLIT, ELSEWHERE: (0, 0)}
    order = world.cart.sells(
        "A-1",
        *(Line("SKU-0001", 5), Line("SKU-0002"), Line("SKU-0009", 7)),
        leaves_from={center: (*units, 7 if center == ELSEWHERE else 0) for center, units in parts.items()},
    )
    first, second, theirs = (line_id(order, place) for place in (1, 2, 3))
    world.run()

    assert places.asked() == {
        "A-1-1": ("EAST", {"SKU-0001": 2}),
        "A-1-2": ("WEST", {"SKU-0001": 1}),
        "A-1-3": ("", {"SKU-0001": 2, "SKU-0002": 1}),
    }
    assert world.cart.exports(order) == 1
    story = read(world, "orders", "show", "A-1")
    assert "released as A-1-2 to warehouse: UPS GROUND, distribution centre 2" in story
    assert "released as A-1-3 to south: UPS GROUND, distribution centre 3" in story

    places.south.works()
    world.run()
    assert {ship["distribution_center"]: ship["items"] for ship in world.cart.ships(order)} == {
        SOUTH: {first: 2, second: 1}
    }
    assert order_line(world, "A-1") == "part shipped"
    world.warehouse.works()
    world.run()
    assert {ship["distribution_center"]: ship["items"] for ship in world.cart.ships(order)} == {
        SOUTH: {first: 2, second: 1},
        EAST: {first: 2},
        WEST: {first: 1},
    }
    assert world.cart.shipped(order) == {first: 5, second: 1, theirs: 0}
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


def test_warehouse_that_does_not_know_us_any_more_stops_nothing_elsewhere_and_catches_up(places: Places) -> None:
    world = places.world
    write_secrets(world.folder, south_key="a-key-that-was-revoked")
    split = world.cart.sells("A-1", Line("SKU-0001", 5), Line("SKU-0002"), leaves_from=SPLIT)
    for number in range(2):
        world.cart.sells(f"S-{number}", Line("SKU-0001"), leaves_from=SOUTH)
        world.cart.sells(f"E-{number}", Line("SKU-0001"), leaves_from=EAST)
    for _ in range(2):
        world.run()
    assert places.asked().keys() == {"E-0", "E-1"}, "an order is asked for when all bundles in it are known"
    assert world.cart.exports(split) == 0
    [paused] = problems(world)
    assert "Connection south is paused: WarehouseOS answered 403" in paused.text
    [release] = [one for one in data(world, "services", "list") if one["service"] == "release"]
    assert release["counts"] == {"waiting for a warehouse that does not answer": 3}
    world.warehouse.works()
    world.run()
    assert order_line(world, "E-0") == order_line(world, "E-1") == "shipped"

    write_secrets(world.folder, south_key="sandbox-key")
    read(world, "problems", "retry", paused.number)
    world.run()
    assert places.asked().keys() == {"A-1-1", "A-1-2", "A-1-3", "S-0", "S-1", "E-0", "E-1"}
    assert world.cart.exports(split) == 1
    assert problems(world) == []


def test_order_of_which_the_cart_does_not_say_its_centre_leaves_from_the_one_that_is_named(places: Places) -> None:
    world = places.world
    world.cart.sells("A-1", Line("SKU-0001", 2), Fulfillments=[])
    world.run()
    assert places.asked() == {}
    [problem] = problems(world)
    assert "does not say which distribution centre ships it, and there are several" in problem.text
    assert "set `default_distribution_center`: such orders go out by themselves at the next start" in problem.text

    world.pipeline["default_distribution_center"] = str(SOUTH)
    world.run()
    assert places.asked() == {"A-1": ("", {"SKU-0001": 2})}
    assert places.south.orders().keys() == {"A-1"}
    assert "released as A-1 to south: UPS GROUND, distribution centre 3" in read(world, "orders", "show", "A-1")
    assert problems(world) == []


def test_part_that_moves_to_another_warehouse_is_taken_back_from_the_first_one(places: Places) -> None:
    world = places.world
    order = world.cart.sells("A-1", Line("SKU-0001", 2), leaves_from=EAST)
    world.run()
    moved = sale("A-1", Line("SKU-0001", 2), order_id=order, leaves_from=SOUTH)
    world.cart.changes(order, Fulfillments=moved["Fulfillments"])
    read(world, "orders", "fetch", "A-1")
    [problem] = problems(world)
    assert "line 1 (SKU-0001): from 2 at 1 -> 2 at 3" in problem.text
    read(world, "orders", "replace", "A-1", "--yes")
    world.run()
    assert world.warehouse.orders() == {}
    assert places.south.orders().keys() == {"A-1"}
    assert problems(world) == []


def test_centre_that_leads_nowhere_is_refused_by_check(places: Places) -> None:
    world, south = places.world, places.world.pipeline["distribution_centers"]["3"]
    south["fulfillment_target"] = "suoth"
    assert "distribution_centers.3.fulfillment_target found there is no connection 'suoth'" in refusal(world)
    assert "nearest south" in refusal(world)
    south["fulfillment_target"] = "cart"
    assert "connection 'cart' (channeladvisor) cannot be a fulfillment target" in refusal(world)
    south["fulfillment_target"] = "south"
    world.pipeline["default_distribution_center"] = "7"
    assert "default_distribution_center found there is no distribution centre '7' allowed 1, 2, 3" in refusal(world)
