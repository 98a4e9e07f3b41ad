"""Products of ChannelAdvisor that become items of WarehouseOS, as stories: only what changed, and nobody's but ours."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from world import Wire, World
from world.reading import problems

WorldMaker = Callable[..., World]
SAVE = "AddOrUpdateMultipleItems"
LISTED = 471
"""Products that the cart's simulator has; parents, kits and aliases among them are no items."""


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose products go to a warehouse that has no items yet; only these two services run."""

    def opened(**options: Any) -> World:
        world = new_world(cart={"rate_per_minute": 0}, **{"warehouse": {"items": []}, **options})
        world.settings["pipelines"]["main"] = {"catalog_source": "cart", "catalog_sink": "warehouse"}
        return world

    return opened


def test_products_become_items_and_then_only_what_changed_is_told(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    put = shop.run()["publish"]
    assert (put.counts, put.error) == ({"published": LISTED}, "")
    assert len(wire.bodies("POST", SAVE)) == 5, "a hundred in one call"
    items = shop.warehouse.items()
    assert items["SKU-0001"]["host_id"] == "9001"
    assert items.keys().isdisjoint({"STYLE-01", "ALT-0001", "KIT-0001"})

    wire.calls.clear()
    shop.cart.edits("SKU-0005", Title="A better title")
    shop.run()
    [[told]] = [body["Items"] for body in wire.bodies("POST", SAVE)]
    assert told["ItemNumber"] == "SKU-0005"
    assert shop.warehouse.items()["SKU-0005"]["description"] == "A better title"

    wire.calls.clear()
    shop.run()
    assert wire.bodies("POST", SAVE) == []
    assert problems(shop) == []
    assert "SKU-0005" in shop.says("catalog", "show", "SKU-0005").out


def test_item_is_what_the_operator_makes_of_a_product_and_people_keep_what_is_theirs(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.connections["warehouse"]["items"] = {
        "weight_unit": "kg",
        "source_weight_unit": "lb",
        "attributes": {"Color": "Colour", "Maker": "brand"},
    }
    shop.run()
    item, product = shop.warehouse.items()["SKU-0301"], shop.cart.product("SKU-0301", "Attributes,Images")
    assert item["master_item"] == "STYLE-01"
    assert Decimal(str(item["weight"])) == Decimal(str(product["Weight"])) * Decimal("0.45359237")
    assert item["attributes"] == {"Color": "white", "Maker": product["Brand"]}
    assert item["images"] == [image["Url"] for image in product["Images"]]

    people = [{"Alias": "CASE-12", "Quantity": 12}]
    shop.warehouse.ask("/_items", [{"ItemNumber": "SKU-0001", "Aliases": people}])
    shop.cart.edits("SKU-0001", Title="First")
    shop.run()
    assert shop.warehouse.items()["SKU-0001"]["aliases"] == {"CASE-12": 12}, "left to people"

    shop.connections["warehouse"]["items"] |= {"aliases": "replace", "alias_codes": ["UPC"]}
    shop.cart.edits("SKU-0001", Title="Second")
    shop.run()
    assert shop.warehouse.items()["SKU-0001"]["aliases"].keys() == {"ALT-0001", "800000090014"}, "the whole list"

    shop.connections["warehouse"]["items"]["fields"] = "changed"
    shop.warehouse.ask("/_items", [{"ItemNumber": "SKU-0001", "Description": "by hand"}])
    shop.cart.edits("SKU-0001", Brand="Northbeam")
    shop.run()
    item = shop.warehouse.items()["SKU-0001"]
    assert (item["description"], item["attributes"]["Maker"]) == ("by hand", "Northbeam")
    assert item["aliases"].keys() == {"ALT-0001", "800000090014"}
    assert problems(shop) == []


def test_two_products_with_one_sku_are_a_problem_before_they_overwrite_each_other(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.warehouse.ask("/_items", [{"ItemNumber": "SKU-0007", "HostId": "777", "Description": "of another shop"}])
    shop.run()
    [problem] = problems(shop)
    assert "item SKU-0007 belongs to product 777 in WarehouseOS, and this is product 9007" in problem.text
    assert shop.warehouse.items()["SKU-0007"]["description"] == "of another shop"

    anew = shop.cart.ask("/_products", {"sku": "SKU-0005", "recreate": True})["ID"]
    shop.run()
    [_, problem] = problems(shop)
    assert "The SKU SKU-0005 is that of several products at their source" in problem.text

    shop.run()  # with a census, which shows that one of them is gone
    [_, problem] = problems(shop)
    assert f"item SKU-0005 belongs to product 9005 in WarehouseOS, and this is product {anew}" in problem.text
    assert "empty the HostId of the item if the other product is gone; then retry" in problem.text

    shop.warehouse.ask("/_items", [{"ItemNumber": "SKU-0005", "HostId": ""}])
    assert shop.says("problems", "retry", problem.number).code == 0
    shop.run()
    assert shop.warehouse.items()["SKU-0005"]["host_id"] == str(anew)
    assert "SKU-0007" in problems(shop)[-1].text
    assert "host id flips" not in shop.warehouse.truth()["counts"]


def test_call_whose_answer_never_comes_is_looked_up_and_not_guessed(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.warehouse.faults(lost_reply=1.0, only_paths=SAVE, max_faults=1)

    shop.run_until(lambda: len(shop.warehouse.items()) > 400)
    shop.run()

    assert shop.warehouse.injected() == {"lost_reply": 1}
    assert shop.warehouse.truth()["counts"]["GetItem"] > 100, "each item of that call was looked up"
    assert len(wire.bodies("POST", SAVE)) == 5, "and none was sent twice"
    assert problems(shop) == []
    assert shop.run()["publish"].counts == {}
