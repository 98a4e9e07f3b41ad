"""Levels, as stories: the cart may sell what lies in the warehouse and is not promised to anybody yet."""

from typing import Any

import pytest
from world import Line, Wire, World
from world.levels import WorldMaker, pull, put, shop_of_levels
from world.reading import data, problems, read, refusal
from world.sales import EAST, SET, WEST

SKU, OTHER, THIRD = "SKU-0001", "SKU-0002", "SKU-0003"
SHELVES = {SKU: {"EAST": 20, "EAST-BULK": 30, "WEST": 10, "QUARANTINE": 9}, OTHER: {"EAST": 10}, THIRD: {"WEST": 7}}
TOLD = "/UpdateQuantity"


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart is told levels; `stock` are options of the pipeline's `stock`."""
    return shop_of_levels(new_world, SHELVES)


def planned(shop: World) -> dict[tuple[str, str], int]:
    """What the cart would be told of each SKU at each centre, as `crossdock stock sync` shows it."""
    return {(one["sku"], one["center"]): one["level"] for one in data(shop, "stock", "sync")}


def does(shop: World, *services: str) -> None:
    """Run these services by hand, one after the other."""
    for service in services:
        read(shop, "services", "run", service)


def test_the_first_levels_are_a_plan_until_a_person_lets_them_go(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()), stock={"first_sync": "ask"})
    before = shop.cart.available(SKU)
    shop.run()

    assert planned(shop) == {
        (SKU, "1"): 50,
        (SKU, "2"): 10,
        (OTHER, "1"): 10,
        (OTHER, "2"): 0,
        (THIRD, "1"): 0,
        (THIRD, "2"): 7,
    }
    plan = data(shop, "stock", "sync")
    assert {one["center"]: one["at_cart"] for one in plan if one["sku"] == SKU} == {
        "1": before[EAST],
        "2": before[WEST],
    }
    shown = read(shop, "stock", "sync")
    assert "Pipeline main: of 6 levels 6 would change, 2 of them to zero." in shown
    assert "Nothing was sent. It waits for `crossdock stock sync --yes`, because they are the first ones." in shown
    [problem] = problems(shop)
    assert "6 levels of pipeline main wait for a person's word: they are the first ones" in problem.text
    assert (shop.cart.available(SKU), shop.cart.updates(SKU)) == (before, [])

    said = read(shop, "stock", "sync", "--yes", "--by", "ada", "--note", "checked with the warehouse")

    assert "levels: 6 levels compared, 6 levels told. stock: 3 done." in said
    assert [shop.cart.available(sku) for sku in (SKU, OTHER, THIRD)] == [
        {EAST: 50, WEST: 10},
        {EAST: 10, WEST: 0},
        {EAST: 0, WEST: 7},
    ]
    assert len(wire.bodies("POST", TOLD)) == 3, "all centres of a product in one request"
    assert problems(shop) == []
    [deed] = data(shop, "audit", "list")
    assert (deed["by"], deed["action"], deed["note"]) == ("ada", "send levels", "checked with the warehouse")
    assert "The cart was told all of it: no level is news, and there is nothing to send." in read(
        shop, "stock", "sync", "--yes"
    )


def test_a_policy_sends_the_first_levels_and_then_only_changed_ones_cost_a_request(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 50, WEST: 10}
    assert len(wire.bodies("POST", TOLD)) == 3

    wire.calls.clear()
    shop.run()
    assert [call for call in wire.calls if "Products" in call.path] == [], "nothing is news: the cart is not even read"

    shop.warehouse.acts(put(5, "WEST", OTHER), {"act": "count", "item": THIRD, "found": 7, "place": "WEST"})
    shop.run()
    assert [body["Value"]["Updates"] for body in wire.bodies("POST", TOLD)] == [
        [{"DistributionCenterID": WEST, "Quantity": 5}]
    ]
    assert shop.cart.available(OTHER) == {EAST: 10, WEST: 5}


@pytest.mark.parametrize("meaning", ["on_hand", "sellable"])
def test_what_an_order_wants_is_not_for_sale_from_the_moment_it_is_known_until_it_has_left(
    new_shop: WorldMaker, meaning: str
) -> None:
    shop = new_shop(stock={"meaning": meaning})
    shop.run()
    order = shop.cart.sells("A-1", Line(SKU, 3))

    def after(*work: str) -> tuple[int, int, int, int]:
        """One piece more is found and these services run: what a level is made of, and what the cart may sell then."""
        shop.warehouse.acts(put(1, "EAST", SKU))
        does(shop, *work)
        [line] = data(shop, "stock", "sync")
        does(shop, "levels", "stock")
        return line["on_hand"], line["allocated"], line["in_flight"], shop.cart.available(SKU)[EAST]

    assert after("download") == (51, 0, 3, 51 - 3), "the order waits here"
    assert after("release") == (52, 3, 0, 52 - 3), "the warehouse has it"
    shop.warehouse.acts({"act": "batch", "orders": ["A-1"]}, {"act": "pick", "order": "A-1", "item": SKU})
    assert after("collect") == (50, 3, 0, 50 - 3), "a pick is known by its box: until then too little is for sale"
    shop.warehouse.acts({"act": "pack", "order": "A-1"})
    assert after("collect") == (51, 0, 0, 51), "it is packed"
    assert after("confirm") == (52, 0, 0, 52), "the cart has heard that it left"
    assert sum(shop.cart.shipped(order).values()) == 3
    assert problems(shop) == []


def test_two_carts_that_sell_from_one_warehouse_may_each_sell_what_the_other_has_not_sold(
    new_shop: WorldMaker, new_world: WorldMaker
) -> None:
    shop, second = new_shop(), new_world("second").cart
    shop.connections["second"] = {**shop.connections["cart"], "base_url": second.url}
    stock = {**shop.pipeline["stock"], "meaning": "sellable"}
    ends = {"order_source": "second", "inventory_sink": "second"}
    shop.settings["pipelines"]["second"] = {**shop.pipeline, **ends, "stock": stock}
    shop.cart.sells("A-1", Line(SKU, 3))
    sold = second.sells("B-1", Line(SKU, 2), Line(OTHER, 10))

    def for_sale(sku: str) -> list[int]:
        return [cart.available(sku)[EAST] for cart in (shop.cart, second)]

    shop.run_all()
    shop.run_all()
    assert (for_sale(SKU), for_sale(OTHER)) == ([45, 45], [0, 0]), "one cart sold the last ones, and the other knows it"
    assert shop.cart.updates(SKU)[-1] == (EAST, "UnShipped", 48), "a cart that keeps its own is told of others' alone"
    assert (EAST, "Absolute", 45) in second.updates(SKU)

    shop.warehouse.works("A-1")
    shop.run_all()
    assert (for_sale(SKU), for_sale(OTHER)) == ([45, 45], [0, 0])
    assert sum(second.shipped(sold).values()) == 0
    shop.warehouse.works()
    shop.run_all()
    assert (for_sale(SKU), for_sale(OTHER)) == ([45, 45], [0, 0])
    assert sum(second.shipped(sold).values()) == 12
    assert problems(shop) == []


def test_a_buffer_is_kept_back_and_what_is_less_than_the_minimum_is_not_for_sale(new_shop: WorldMaker) -> None:
    shop = new_shop(stock={"buffer": 2, "minimum": 5})

    def for_sale(*acts: dict[str, Any]) -> int:
        shop.warehouse.acts(*acts)
        does(shop, "levels", "stock")
        return shop.cart.available(SKU)[WEST]

    assert for_sale() == 10 - 2
    assert for_sale(pull(3, "WEST", SKU)) == 7 - 2
    assert for_sale(pull(1, "WEST", SKU)) == 0
    assert for_sale(pull(1, "WEST", SKU)) == 0
    assert for_sale(put(3, "WEST", SKU)) == 8 - 2
    assert [number for center, _, number in shop.cart.updates(SKU) if center == WEST] == [8, 5, 0, 6]
    assert shop.cart.available(OTHER) == {EAST: 8, WEST: 0}


def test_stock_of_all_centres_is_told_at_one(new_shop: WorldMaker) -> None:
    shop = new_shop(stock={"combined_at": "1"})
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 20 + 30 + 10, WEST: 0}, "not once more at the other centre"
    assert shop.cart.available(THIRD) == {EAST: 7, WEST: 0}

    shop.cart.sells("A-1", Line(SKU, 4))
    shop.cart.sells("A-2", Line(THIRD, 2), leaves_from=WEST)
    shop.warehouse.acts(put(5, "EAST-BULK", SKU), pull(1, "WEST", SKU))
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 60 - 4 + 5 - 1, WEST: 0}
    assert shop.cart.available(THIRD)[EAST] == 5, "what was sold at the other centre is not sold again at this one"

    shop.cart.ask("/_stock", {"sku": SKU, "center": WEST, "quantity": 3})
    [report] = data(shop, "reconcile", "--sku", SKU)
    assert [(one["center"], one["difference"]) for one in report["lines"]] == [("2", -3)]


def test_cart_that_knows_products_by_another_name_is_told_by_that_name(new_shop: WorldMaker) -> None:
    items = ["W-1", "W-2", "W-3", "W-4"]
    shop = new_shop(
        warehouse={"items": items, "stock": {item: {"EAST": 10} for item in items}},
        stock={"alias": "shop", "aliases": "names.csv"},
    )
    names = shop.folder / "names.csv"
    names.write_text(f"sku,type,alias\nW-1,shop,{SKU}\nW-2,shop,{OTHER}\nW-3,old shop,{THIRD}\n")
    shop.warehouse.ask("/_items", [{"ItemNumber": "W-1", "Aliases": [{"Alias": SKU}]}])
    before = shop.cart.available(THIRD)
    shop.cart.sells("A-1", Line(SKU, 4))
    told = shop.run()["levels"].counts

    assert shop.warehouse.orders()["A-1"]["lines"][0]["item"] == "W-1"
    assert shop.cart.available(SKU) == {EAST: 10 - 4, WEST: 0}
    assert shop.cart.available(OTHER) == {EAST: 10, WEST: 0}
    assert shop.cart.available(THIRD) == before, "it has no name of that type"
    assert told["products without alias"] == 2
    assert "2 SKUs have no alias" in read(shop, "stock", "sync")
    assert "SKU-0001" in read(shop, "stock", "show", "W-1")

    names.write_text(f"sku,type,alias\nW-1,shop,{SKU}\nW-2,shop,{SKU.lower()}\n")
    assert "of type shop stands for SKU W-1 in line 2 already" in refusal(shop)
    shop.pipeline["stock"]["alias"] = "Shop"
    names.write_text(f"sku,type,alias\nW-1,shop,{SKU}\n")
    assert "it has no alias of type Shop" in refusal(shop)


def test_cart_that_knows_products_by_a_code_of_the_catalogue_is_told_by_that_code(
    new_shop: WorldMaker, new_world: WorldMaker
) -> None:
    shop, second = new_shop(stock={"alias": "UPC"}), new_world("second").cart
    shop.connections["second"] = {**shop.connections["cart"], "base_url": second.url}
    shop.pipeline.update(catalog_source="cart", order_source="second", inventory_sink="second")
    for sku, code in ((SKU, "0001"), (OTHER, "0002"), (THIRD, "0002")):
        shop.cart.edits(sku, UPC=code)
    for code in ("0001", "0002"):
        second.ask("/_products", {"create": {"ProfileID": 12345678, "Sku": code, "Title": "A fine product"}})
    shop.run()
    shop.run()
    assert second.available("0001") == {EAST: 50, WEST: 10}
    assert second.available("0002") == {}, "two products bear it: what is told of the one would be told of the other"
    assert "2 SKUs have no alias of type UPC that is theirs alone" in read(shop, "stock", "sync")

    shop.cart.edits(THIRD, UPC="0003")
    shop.run()
    shop.run()
    assert second.available("0002") == {EAST: 10, WEST: 0}

    shop.pipeline["stock"]["alias"] = "upc"
    for yes in ((), ("--yes",)):
        said = read(shop, "stock", "sync", *yes)
        assert "There is no level to tell" in said
        assert "3 SKUs have no alias of type upc" in said


def test_bundle_that_the_cart_does_not_take_apart_may_be_sold_as_often_as_there_are_parts(new_shop: WorldMaker) -> None:
    shop = new_shop()
    (shop.folder / "bundles.csv").write_text(f"bundle,component,quantity\n{SET},{SKU},2\n{SET},{OTHER},1\n")
    shop.pipeline["bundles"] = "bundles.csv"
    shop.cart.ask("/_products", {"create": {"ProfileID": 12345678, "Sku": SET, "Title": "A fine set"}})

    def for_sale(*sold: Line) -> list[int]:
        if sold:
            shop.cart.sells(f"A-{sold[0].sku}-{sold[0].quantity}", *sold)
        shop.run()
        return [shop.cart.available(sku)[EAST] for sku in (SET, SKU, OTHER)]

    assert for_sale() == [10, 50, 10]
    assert for_sale(Line(SET, 3)) == [7, 44, 7]
    assert for_sale(Line(OTHER, 2)) == [5, 44, 5]
    shop.warehouse.works()
    assert for_sale() == [5, 44, 5]
    shop.warehouse.acts(put(100, "EAST", OTHER))
    assert for_sale() == [22, 44, 105]
    assert problems(shop) == []
