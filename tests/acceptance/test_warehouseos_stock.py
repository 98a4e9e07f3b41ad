"""Stock of WarehouseOS, as stories: what moves there reaches the carts that sell it, once, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from world import Line, Wire, World
from world.reading import problems, read
from world.sales import EAST, WEST

WorldMaker = Callable[..., World]
SKU, OTHER = "SKU-0001", "SKU-0002"
AREAS = ("EAST", "EAST-BULK", "WEST", "QUARANTINE", "DOCK")
SHELVES = {SKU: {"EAST": 20, "EAST-BULK": 30, "WEST": 10, "QUARANTINE": 9, "DOCK": 8}, OTHER: {"EAST": 10}}
SOLD_FROM = {"1": {"area": "EAST", "stock_areas": ["EAST*"]}, "2": {"area": "WEST"}}
WHOLESALE = {
    "OrderNumber": "W-1",
    "pickAreaName": "EAST",
    "Lines": [{"HostId": "1", "ItemNumber": SKU, "Quantity": 4}],
}


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart hears how stock moves in a warehouse with areas."""

    def opened(name: str = "world", warehouse: dict[str, Any] | None = None, **options: Any) -> World:
        world = new_world(name, warehouse={"areas": AREAS, "stock": SHELVES, **(warehouse or {})}, **options)
        world.pipeline.update(
            inventory_source="warehouse",
            inventory_sink="cart",
            distribution_centers=SOLD_FROM,
            unsold_areas=["QUARANTINE"],
        )
        return world

    return opened


@pytest.fixture
def shop(new_shop: WorldMaker) -> World:
    return new_shop()


def put(quantity: int, place: str, item: str = SKU) -> dict[str, Any]:
    return {"act": "put", "item": item, "quantity": quantity, "place": place, "reason": "FOUND"}


def pull(quantity: int, place: str, item: str = SKU) -> dict[str, Any]:
    return {"act": "pull", "item": item, "quantity": quantity, "place": place, "reason": "DAMAGE"}


def count(found: int, place: str, item: str = SKU) -> dict[str, Any]:
    return {"act": "count", "item": item, "found": found, "place": place}


def move(quantity: int, origin: str, destination: str) -> dict[str, Any]:
    ends = {"origin": origin, "destination": destination}
    return {"act": "move", "item": SKU, "quantity": quantity, "reason": "TRANSFER", **ends}


def test_what_was_put_pulled_and_counted_is_one_adjustment_of_the_centre(shop: World) -> None:
    before = shop.cart.available(SKU)[EAST]
    shop.warehouse.acts(put(7, "EAST"), pull(3, "EAST-BULK"), count(22, "EAST"), put(1, "EAST", OTHER))

    shop.run()

    assert shop.cart.updates(SKU) == [(EAST, "Relative", 7 - 3 - 5)]
    assert shop.cart.updates(OTHER) == [(EAST, "Relative", 1)]
    assert shop.cart.available(SKU)[EAST] == before - 1
    told = read(shop, "stock", "show", SKU)
    assert "-1 at 1" in told
    assert all(reason in told for reason in ("FOUND", "DAMAGE", "count"))
    shop.run()
    assert len(shop.cart.updates(SKU)) == 1


def test_move_inside_a_centre_sends_nothing_and_one_across_two_sends_one_pair(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.warehouse.acts(move(6, "EAST-BULK", "EAST"))
    shop.run()
    assert shop.cart.updates(SKU) == []
    assert "nothing" in read(shop, "stock", "movements", SKU)

    shop.warehouse.acts(move(4, "EAST", "WEST"))
    shop.run()
    assert sorted(shop.cart.updates(SKU)) == [(EAST, "Relative", -4), (WEST, "Relative", 4)]
    assert len(wire.bodies("POST", "/UpdateQuantity")) == 1, "both centres in one request"
    assert problems(shop) == []


def test_what_lies_in_quarantine_is_for_sale_when_it_leaves_it(shop: World) -> None:
    shop.warehouse.acts(put(3, "QUARANTINE"), pull(1, "QUARANTINE"), move(5, "QUARANTINE", "EAST"))
    shop.run()
    assert shop.cart.updates(SKU) == [(EAST, "Relative", 5)]

    shop.warehouse.acts(move(2, "WEST", "QUARANTINE"))
    shop.run()
    assert shop.cart.updates(SKU)[1:] == [(WEST, "Relative", -2)]


def test_area_that_nobody_mapped_is_one_problem_until_it_is_mapped(shop: World) -> None:
    shop.warehouse.acts(put(2, "DOCK"), move(4, "DOCK", "EAST"), put(1, "EAST", OTHER))
    shop.run()
    shop.warehouse.acts(put(3, "DOCK"))
    shop.run()

    assert shop.cart.updates(SKU) == []
    assert shop.cart.updates(OTHER) == [(EAST, "Relative", 1)], "the others go on"
    [problem] = problems(shop)
    assert "3 movements wait: nobody says where the stock of area 'DOCK' counts" in problem.text
    assert "Name it in `stock_areas` of a distribution centre or in `unsold_areas`" in problem.text
    assert "unmapped: no rule names it" in read(shop, "areas", "list")

    shop.pipeline["unsold_areas"] = ["QUARANTINE", "DOCK"]
    shop.run()

    assert shop.cart.updates(SKU) == [(EAST, "Relative", 4)]
    assert problems(shop) == []
    shop.run()
    assert len(shop.cart.updates(SKU)) == 1


def test_pick_of_the_carts_own_order_is_not_told_and_that_of_a_wholesale_order_is(shop: World) -> None:
    order = shop.cart.sells("A-1", Line(SKU, 3), Line(OTHER, 1))
    shop.run()
    shop.warehouse.is_told("/api/OrderApi/AddOrder", WHOLESALE)
    shop.warehouse.works()
    shop.run()

    assert shop.warehouse.lies(SKU)["EAST"] == 20 - 3 - 4
    assert sum(shop.cart.shipped(order).values()) == 4
    assert shop.cart.updates(SKU) == [(EAST, "Relative", -4)]
    assert shop.cart.updates(OTHER) == []
    told = json.loads(shop.says("stock", "movements", SKU, "--json").out)
    assert {one["order_number"]: one["state"] for one in told} == {"A-1": "nothing", "W-1": "planned"}
    [stranger] = problems(shop)
    assert "order W-1, which crossdock never sent there" in stranger.text


def test_two_carts_that_sell_from_one_warehouse_hear_both_of_what_the_other_sold(
    new_shop: WorldMaker, new_world: WorldMaker
) -> None:
    shop, second = new_shop(), new_world("second").cart
    shop.connections["second"] = {**shop.connections["cart"], "base_url": second.url}
    shop.settings["pipelines"]["second"] = {**shop.pipeline, "order_source": "second", "inventory_sink": "second"}
    shop.cart.sells("A-1", Line(SKU, 3))
    second.sells("B-1", Line(SKU, 2))
    shop.run_all()
    shop.warehouse.works()
    shop.warehouse.acts(put(10, "WEST"))

    shop.run_all()
    shop.run_all()

    assert sorted(shop.cart.updates(SKU)) == [(EAST, "Relative", -2), (WEST, "Relative", 10)]
    assert sorted(second.updates(SKU)) == [(EAST, "Relative", -3), (WEST, "Relative", 10)]
    assert problems(shop) == []


def test_history_that_is_told_again_and_shuffled_changes_nothing(new_shop: WorldMaker) -> None:
    shop = new_shop(warehouse={"redeliver": 1.0, "shuffle": True})
    shop.warehouse.acts(put(7, "EAST"), move(4, "EAST", "WEST"), count(9, "QUARANTINE"), pull(2, "WEST"))
    shop.run_until(lambda: shop.warehouse.truth()["queue"] == 0)
    shop.warehouse.acts(put(5, "EAST"))
    shop.run_until(lambda: shop.warehouse.truth()["queue"] == 0)

    changed = {at: sum(number for center, _, number in shop.cart.updates(SKU) if center == at) for at in (EAST, WEST)}
    assert shop.warehouse.truth()["counts"]["AcknowledgeMessages"] == 4, "everything was told twice"
    assert changed == {EAST: 7 - 4 + 5, WEST: 4 - 2}
    assert problems(shop) == []


def test_operator_asks_what_lies_where_and_where_it_counts(shop: World) -> None:
    levels = shop.says("stock", "levels", "--sku", SKU)
    assert [row.split() for row in levels.out.splitlines() if row.split()[:1] == [SKU]] == [
        [SKU, area, str(SHELVES[SKU][area]), "on", "hand"] for area in sorted(AREAS)
    ]
    assert "WEST" not in read(shop, "stock", "levels", "--area", "EAST")

    areas = read(shop, "areas", "list")
    assert "distribution centre 1 (pattern rule 'EAST*')" in areas
    assert "not for sale (exact rule 'QUARANTINE')" in areas
    assert "unmapped: no rule names it" in areas

    locations = read(shop, "areas", "locations", "--area", "EAST-BULK")
    assert "EAST-BULK-01-01" in locations
    assert "WEST-01-01" not in locations
