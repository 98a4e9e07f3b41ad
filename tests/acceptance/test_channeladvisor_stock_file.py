"""Very many levels of stock as stories: they go by file, and where a file does not tell, singly."""

from collections.abc import Callable

import pytest
from world import Wire, World
from world.desk import change
from world.sales import EAST, WEST

WorldMaker = Callable[..., World]
FILES = {"upload_template": "crossdock", "bulk_above": 100, "bulk_poll": 0.01, "upload_rows": 80}
SKUS = [f"SKU-{number:04}" for number in range(1, 151)]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def shop(new_world: WorldMaker, wire: Wire) -> World:
    """A cart of which many levels of one centre are to be set, and an account that would empty what is not named."""
    shop = new_world(around=wire, cart={"rate_per_minute": 0, "upload_method": "Detect Dropped"})
    shop.connections["cart"] |= FILES
    shop.settings["pipelines"]["main"] = {"inventory_sink": "cart"}
    shop.desk.changes(*(change(sku, {EAST: 3}, "sellable") for sku in SKUS))
    return shop


def files(shop: World) -> list[tuple[int, int, int]]:
    """Of each file that came: rows that were taken, products that were made, products that were emptied."""
    uploads = shop.cart.ask("/_truth/uploads")["uploads"]
    return [(upload["updated"], upload["created"], upload["emptied"]) for upload in uploads]


def test_many_levels_go_by_file_and_differences_as_ever(shop: World, wire: Wire) -> None:
    shop.desk.changes(change("SKU-0151", {EAST: 5}), change("SKU-0001", {EAST: -1}))
    before = {sku: shop.cart.available(sku) for sku in SKUS}

    shop.run()

    assert files(shop) == [(80, 0, 0), (70, 0, 0)]
    assert all(shop.cart.available(sku) == before[sku] | {EAST: 3} for sku in SKUS[1:])
    assert shop.cart.available("SKU-0001")[EAST] == 2
    assert shop.cart.updates("SKU-0151") == [(EAST, "Relative", 5)]
    assert len(wire.bodies("POST", "/UpdateQuantity")) == 2
    assert shop.books.unfinished() == []


def test_levels_of_a_file_whose_receipt_is_lost_are_set_singly(shop: World, wire: Wire) -> None:
    west = shop.cart.available("SKU-0001")[WEST]
    shop.cart.faults(lost_reply=1.0, only_paths="ProductUpload", only_methods=["POST"], max_faults=1)

    shop.run_until(lambda: shop.books.unfinished() == [])

    assert len(wire.bodies("POST", "/UpdateQuantity")) == 80
    assert [taken for taken, _, _ in files(shop)] == [0, 70], "nobody asked after the first one, so it waits"
    assert all(shop.cart.available(sku)[EAST] == 3 for sku in SKUS)
    assert shop.cart.available("SKU-0001")[WEST] == west
