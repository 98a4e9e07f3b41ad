"""Products that are deleted, renamed or there twice at the cart, as stories: nothing is guessed or overwritten."""

from collections.abc import Callable
from typing import Any

import pytest
from world import Wire, World
from world.reading import data, problems, read

WorldMaker = Callable[..., World]
SAVE = "AddOrUpdateMultipleItems"
OURS, THEIRS = 12345678, 87654321
CENSUS = ("services", "run", "census")


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose products go to a warehouse that has no items yet."""

    def opened(**options: Any) -> World:
        cart = {"rate_per_minute": 0, **options.pop("cart", {})}
        world = new_world(cart=cart, **{"warehouse": {"items": []}, **options})
        world.settings["pipelines"]["main"] = {"catalog_source": "cart", "catalog_sink": "warehouse"}
        return world

    return opened


def test_a_product_that_was_deleted_at_the_cart_stays_in_the_warehouse_until_a_person_takes_it_out(
    new_shop: WorldMaker,
) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.run()
    gone = shop.cart.ask("/_products", {"sku": "SKU-0005", "delete": True})["ID"]
    shop.cart.ask("/_products", {"sku": "ALT-0001", "delete": True})
    wire.calls.clear()
    read(shop, *CENSUS)

    asked = [call for call in wire.calls if call.path.startswith("/v1/Products")]
    assert len(asked) == 2, "one page of ids, looked through twice because something was missing"
    [problem] = problems(shop)
    assert f"Product SKU-0005 ({gone}) is not at its source any more" in problem.text
    assert "SKU-0005" in shop.warehouse.items()
    assert {one["sku"] for one in data(shop, "catalog", "list", "--gone")} == {"SKU-0005", "ALT-0001"}
    assert "not at its source any more since" in read(shop, "catalog", "show", "SKU-0005")

    read(shop, "problems", "resolve", problem.number, "--note", "taken out of the warehouse by hand")
    read(shop, *CENSUS)
    assert problems(shop) == []


def test_a_renamed_product_does_not_become_a_second_item_without_a_persons_word(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    shop.cart.ask("/_products", {"sku": "SKU-0005", "rename": "SKU-0005-NEW"})
    shop.run()
    assert "SKU-0005-NEW" not in shop.warehouse.items()
    [problem] = problems(shop)
    assert "was put under the SKU SKU-0005, and bears SKU-0005-NEW now" in problem.text
    assert "it was put as SKU-0005" in read(shop, "catalog", "list", "--withheld")

    shop.cart.ask("/_products", {"sku": "SKU-0005-NEW", "rename": "SKU-0005"})
    shop.run()
    assert problems(shop) == []

    shop.cart.ask("/_products", {"sku": "SKU-0005", "rename": "SKU-0005-NEW"})
    shop.run()
    [problem] = problems(shop)
    read(shop, "problems", "retry", problem.number)
    shop.run()
    assert problems(shop) == []
    items = shop.warehouse.items()
    assert items["SKU-0005-NEW"]["host_id"] == items["SKU-0005"]["host_id"]


def test_one_sku_in_two_profiles_is_put_by_neither_until_one_is_left(new_shop: WorldMaker) -> None:
    shop = new_shop(cart={"profiles": [OURS, THEIRS]})
    shop.connections["cart"]["profile_ids"] = [OURS]
    shop.run()
    whose = shop.warehouse.items()["SKU-0005"]["host_id"]

    shop.connections["cart"]["profile_ids"] = [OURS, THEIRS]
    shop.cart.ask("/_products", {"sku": "SKU-0005", "profile": THEIRS, "set": {"Title": "Theirs"}})
    shop.cart.ask("/_products", {"sku": "SKU-0005", "profile": OURS, "set": {"Title": "Ours"}})
    shop.run()
    [problem] = problems(shop)
    assert "The SKU SKU-0005 is that of several products at their source" in problem.text
    assert shop.warehouse.items()["SKU-0005"]["description"] not in ("Ours", "Theirs")
    assert len(data(shop, "catalog", "list", "--withheld")) == 2

    shop.cart.ask("/_products", {"sku": "SKU-0005", "profile": THEIRS, "delete": True})
    read(shop, *CENSUS)
    shop.run()
    assert problems(shop) == []
    item = shop.warehouse.items()["SKU-0005"]
    assert (item["description"], item["host_id"]) == ("Ours", whose)


def test_an_account_that_suddenly_shows_half_as_much_is_not_believed(new_shop: WorldMaker) -> None:
    shop = new_shop(cart={"profiles": [OURS, THEIRS]})
    shop.connections["cart"]["profile_ids"] = [THEIRS]
    shop.run()
    shop.connections["cart"]["profile_ids"] = [OURS]
    told = shop.says(*CENSUS)
    assert told.code == 1
    assert "lists 0 of the 471 products that were read from it: none was taken for gone" in told.out
    assert data(shop, "catalog", "list", "--gone") == []
    assert problems(shop) == []
