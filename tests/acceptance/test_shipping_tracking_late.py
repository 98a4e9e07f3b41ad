"""A tracking number that comes late: the box waits for it, the cart hears of it once, as stories."""

from datetime import timedelta
from typing import Any

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, seller_of
from world.label_money import print_late
from world.reading import data, problems, read

HOUR = timedelta(hours=1)
CARRIERS = {"karrio": "own_van", "easypost": "USPS", "shipstation": "ups"}
"""By whom what is printed there travels, in the provider's words."""


def packed(shop: World, kind: str, **tracking: Any) -> int:
    """An order whose box the warehouse packed without a number; what travels otherwise is called FEDEX at the cart."""
    outbound = [{"carrier": CARRIERS[kind], "to": {"carrier": "FEDEX", "service": "2Day"}}]
    shop.pipeline["ship_methods"]["outbound"][:0] = outbound
    shop.pipeline["tracking"] = tracking
    order = shop.cart.sells("A-1", Line("SKU-0001", 2), **ADDRESS)
    shop.run()
    shop.warehouse.works(without_tracking=1.0)
    shop.run()
    return order


def told(shop: World, order: int) -> list[tuple[str | None, str, str]]:
    """What the cart was told of boxes: number, carrier and service."""
    return [(ship["tracking"], ship["carrier"], ship["class"]) for ship in shop.cart.ships(order)]


@pytest.mark.parametrize("kind", SELLERS)
def test_a_number_that_comes_an_hour_later_and_is_shown_late_is_told_once(world: World, kind: str) -> None:
    with seller_of(world, kind) as seller:
        order = packed(world, kind)
        world.run(later=HOUR / 2)
        assert "it has no tracking number yet" in read(world, "orders", "show", "A-1")
        number = print_late(seller, "A-1", 2)
        world.run(later=HOUR)
        assert told(world, order) == []
        for minutes in (1, 5, 60):
            world.run(later=HOUR + timedelta(minutes=minutes))
        assert told(world, order) == [(number, "FEDEX", "2Day")]
        assert problems(world) == []
        assert world.books.unfinished() == []


def test_after_the_limit_a_person_is_asked_until_the_number_comes(world: World) -> None:
    with seller_of(world, "easypost") as seller:
        order = packed(world, "easypost", wait="2h")
        world.run(later=HOUR)
        assert problems(world) == []
        world.run(later=2.1 * HOUR)
        [problem] = problems(world)
        assert "Order A-1: no tracking number for box" in problem.text
        assert "Enter it in the shipping system" in problem.text
        number = seller.prints("A-1")
        world.run(later=2.3 * HOUR)
        assert problems(world) == []
        assert told(world, order) == [(number, "FEDEX", "2Day")]


def test_after_the_limit_the_cart_is_told_without_and_a_number_that_comes_later_is_told_no_more(world: World) -> None:
    with seller_of(world, "karrio") as seller:
        order = packed(world, "karrio", wait="2h", then="tell")
        world.run(later=1.9 * HOUR)
        assert told(world, order) == []
        world.run(later=2.1 * HOUR)
        assert told(world, order) == [(None, "UPS", "GROUND")]
        number = seller.prints("A-1")
        world.run(later=2.3 * HOUR)
        assert len(told(world, order)) == 1
        [parcel] = data(world, "parcels", "list")
        assert (parcel["tracking_number"], parcel["order_number"], parcel["told"]) == (number, "A-1", "")
        assert problems(world) == []
