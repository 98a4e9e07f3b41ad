"""Who a product is, as stories: deleted, renamed, swapped, made anew; at a warehouse, another cart, and in stock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from world import Wire, World
from world.levels import SOLD_FROM, put
from world.reading import data, problems, read
from world.sales import EAST

WorldMaker = Callable[..., World]
NO_LIMIT = {"rate_per_minute": 0}
SAVE, LIST, BATCH = "AddOrUpdateMultipleItems", "/v1/Products", "/$batch"
SKU, OTHER, THIRD = "SKU-0005", "SKU-0006", "SKU-0007"
DAY = timedelta(days=1)
BULK = 100
CENSUS = ("services", "run", "census")


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose products go to a warehouse that has no items yet."""

    def opened(**options: Any) -> World:
        world = new_world(**{"cart": NO_LIMIT, "warehouse": {"items": []}, **options})
        world.settings["pipelines"]["main"] = {"catalog_source": "cart", "catalog_sink": "warehouse"}
        return world

    return opened


@pytest.fixture
def record(new_world: WorldMaker) -> World:
    """The system of record: an account of its own with other products under the same SKUs."""
    return new_world("record", seed=2, cart=NO_LIMIT)


@pytest.fixture
def second_cart(record: World, new_world: WorldMaker) -> World:
    """A cart that is put what the system of record says, by file where it is much."""
    shop = new_world("shop", cart=NO_LIMIT)
    shop.connections["record"] = {**record.connections["cart"]}
    shop.connections["cart"] |= {"bulk_above": BULK, "bulk_poll": 0.01, "upload_template": "crossdock"}
    shop.settings["pipelines"]["main"] = {"catalog_source": "record", "catalog_sink": "cart"}
    return shop


def rename(world: World, old: str, new: str) -> None:
    """A person gives a product another SKU."""
    world.cart.ask("/_products", {"sku": old, "rename": new})


def swap(world: World, first: str, second: str) -> None:
    """A person exchanges the SKUs of two products."""
    for old, new in ((first, "FOR-A-MOMENT"), (second, first), ("FOR-A-MOMENT", second)):
        rename(world, old, new)


def bearing(world: World, sku: str) -> Any:
    """How many products of a cart bear a SKU."""
    return world.cart.reads(f"/v1/Products/$count?$filter=Sku%20eq%20'{sku}'")


def test_what_was_deleted_by_day_is_found_by_night_for_one_request_more(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.run()
    [census] = [one for one in data(shop, "services", "list") if one["service"] == "census"]
    night = datetime.fromisoformat(census["next_run"])
    assert (night.hour, night.minute) == (2, 0)
    wire.calls.clear()
    shop.run()
    assert [call.path for call in wire.calls if call.method == "GET"] == [LIST], "of a day without news, one page"

    wire.calls.clear()
    shop.run(later=DAY)
    assert [call.path for call in wire.calls if call.method == "GET"] == [LIST] * 2, "the news, and the list of all ids"
    shop.cart.ask("/_products", {"sku": SKU, "delete": True})
    wire.calls.clear()
    shop.run(later=2 * DAY)

    assert [call.path for call in wire.calls if call.method == "GET"] == [LIST] * 3, "a second list before it is said"
    assert wire.bodies("POST", SAVE) == []
    [problem] = problems(shop)
    assert f"Product {SKU}" in problem.text
    assert "is not at its source any more" in problem.text
    shop.run(later=3 * DAY)
    assert [one.number for one in problems(shop)] == [problem.number], "it is said once"


def test_list_that_does_not_come_to_its_end_takes_nothing_for_gone_and_says_so(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    shop.cart.ask("/_products", {"sku": SKU, "delete": True})
    shop.cart.faults(lost_reply=1.0, only_paths="/v1/Products")

    told = shop.says(*CENSUS)

    assert told.code == 1
    assert "/v1/Products did not get through" in " ".join(told.out.split())
    assert data(shop, "catalog", "list", "--gone") == []
    assert shop.says("services", "list").code == 1, "a monitor hears of it"
    shop.cart.faults()
    assert "1 gone" in read(shop, *CENSUS)
    assert [one["sku"] for one in data(shop, "catalog", "list", "--gone")] == [SKU]


def test_two_products_that_exchange_their_skus_overwrite_neither_item_whatever_is_typed(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    before = shop.warehouse.items()
    swap(shop, SKU, OTHER)
    shop.cart.edits(SKU, Title="Under a new SKU")
    shop.run()
    assert len(problems(shop)) == 2
    listed = {one["sku"]: one["known_as"] for one in data(shop, "catalog", "list", "--withheld")}
    assert listed == {SKU: OTHER, OTHER: SKU}

    for problem in problems(shop):
        read(shop, "problems", "retry", problem.number)
    shop.run()
    refused = problems(shop)
    assert all("give one of them another SKU, or empty the HostId of the item" in one.text for one in refused)
    items = shop.warehouse.items()
    assert [items[sku] for sku in (SKU, OTHER)] == [before[sku] for sku in (SKU, OTHER)]

    swap(shop, SKU, OTHER)
    shop.run()
    assert problems(shop) == []
    assert shop.warehouse.items()[OTHER]["description"] == "Under a new SKU"
    assert shop.warehouse.items().keys() == before.keys()


def test_stock_of_a_product_that_was_renamed_waits_with_a_reason_and_is_told_once(new_world: WorldMaker) -> None:
    shop = new_world(warehouse={"areas": ["EAST", "WEST"], "stock": {SKU: {"EAST": 50}}})
    shop.pipeline.update(inventory_source="warehouse", inventory_sink="cart", distribution_centers=SOLD_FROM)
    shop.pipeline.update(catalog_source="cart", catalog_sink="warehouse")
    shop.run()
    rename(shop, SKU, "SKU-0005-RED")
    shop.warehouse.acts(put(3, "EAST", SKU))
    shop.run()
    refused, renamed = sorted(problems(shop), key=lambda one: "was put under" in one.text)
    assert f"was put under the SKU {SKU}, and bears SKU-0005-RED now" in renamed.text
    assert f"ChannelAdvisor has no product with the SKU '{SKU}'" in refused.text
    assert shop.cart.updates("SKU-0005-RED") == []

    rename(shop, "SKU-0005-RED", SKU)
    shop.run()
    assert [one.number for one in problems(shop)] == [refused.number], "the first one closed by itself"
    read(shop, "problems", "retry", refused.number)
    shop.run()
    shop.run()
    assert shop.cart.updates(SKU) == [(EAST, "Relative", 3)]
    assert problems(shop) == []


def test_record_that_changes_little_goes_by_calls_and_much_by_file_and_what_was_only_touched_not_at_all(
    record: World, second_cart: World
) -> None:
    shop = second_cart

    def titled(word: str, many: int) -> dict[str, int]:
        """So many products of the record get a title; what the cart was put."""
        for number in range(1, many + 1):
            record.cart.edits(f"SKU-{number:04}", Title=f"{word} {number}")
        return dict(shop.run()["publish"].counts)

    def files() -> int:
        return len(shop.cart.ask("/_truth/uploads")["uploads"])

    shop.run_until(lambda: shop.run()["publish"].counts == {})
    first = files()
    assert first > 0, "all of it is much"

    assert (titled("Few", 20), files()) == ({"published": 20}, first)
    assert shop.cart.product("SKU-0020")["Title"] == "Few 20"
    assert (titled("Many", BULK + 20), files()) == ({"published": BULK + 20}, first + 1)
    assert shop.cart.product("SKU-0120")["Title"] == "Many 120"
    before = shop.truth()["cart"]
    assert (titled("Many", BULK + 20), files()) == ({}, first + 1), "the same words again are no change"
    assert shop.truth()["cart"] == before
    assert problems(shop) == []


def test_record_that_deletes_or_renames_leaves_the_cart_alone_until_a_person_says_so(
    record: World, second_cart: World
) -> None:
    shop = second_cart
    del shop.connections["cart"]["upload_template"]
    shop.run()
    record.cart.ask("/_products", {"sku": SKU, "delete": True})
    for old in (OTHER, THIRD):
        rename(record, old, f"{old}-NEW")
        record.cart.edits(f"{old}-NEW", Title=f"News of {old}")
    shop.run(later=DAY)

    assert all(bearing(shop, sku) == 1 for sku in (SKU, OTHER, THIRD)), "nothing is deleted or renamed by itself"
    assert not any(bearing(shop, f"{sku}-NEW") for sku in (OTHER, THIRD))
    kinds = {one["code"]: one["count"] for one in data(shop, "problems", "list")}
    assert kinds == {"product_gone": 1, "sku_renamed": 2}

    rename(shop, OTHER, f"{OTHER}-NEW")
    for problem in problems(shop):
        if "was put under the SKU" in problem.text:
            read(shop, "problems", "retry", problem.number)
    shop.run(later=DAY)

    assert (bearing(shop, OTHER), bearing(shop, f"{OTHER}-NEW")) == (0, 1), "renamed there by hand: the same product"
    assert (bearing(shop, THIRD), bearing(shop, f"{THIRD}-NEW")) == (1, 1), "not renamed there: a second one"
    assert shop.cart.product(f"{OTHER}-NEW")["Title"] == f"News of {OTHER}"
    assert shop.cart.product(f"{THIRD}-NEW")["Title"] == f"News of {THIRD}"
    [gone] = problems(shop)
    read(shop, "problems", "resolve", gone.number, "--note", "taken out of the shop by hand")
    shop.run(later=2 * DAY)
    assert problems(shop) == []


def test_list_names_what_is_kept_back_and_what_is_gone_and_a_slip_is_answered(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    rename(shop, OTHER, "SKU-0006-NEW")
    anew = str(shop.cart.ask("/_products", {"sku": THIRD, "recreate": True})["ID"])
    shop.run()

    def listed(*options: str) -> dict[str, str]:
        return {one["external_id"]: one["withheld"] for one in data(shop, "catalog", "list", *options)}

    twins = {"9007": "duplicate_sku", anew: "duplicate_sku"}
    assert listed("--withheld") == listed("--withheld", "--gone") == {"9006": "sku_renamed", **twins}
    assert "it was put as SKU-0006; `crossdock problems list` says what to do" in read(shop, "catalog", "show", "9006")
    assert read(shop, "catalog", "show", THIRD.lower()).count("another product bears its SKU; `crossdock") == 2
    assert "there is no product with the SKU or id 'SKU-OOO5'" in shop.says("catalog", "show", "SKU-OOO5").err
    assert "did you mean 'census'?" in shop.says("services", "run", "censu").err

    shop.cart.ask("/_products", {"sku": SKU, "delete": True})
    read(shop, *CENSUS)
    shop.run()
    assert listed("--withheld") == {"9006": "sku_renamed"}
    assert listed("--gone").keys() == {"9005", "9007"}
    assert "not at its source any more since" in read(shop, "catalog", "show", SKU)
    assert "withheld" not in read(shop, "catalog", "show", "9007"), "for what is gone nobody need do anything"
    assert f"main,cart,9005,{SKU}," in shop.says("catalog", "list", "--gone", "--csv").out
    assert shop.warehouse.items()[THIRD]["host_id"] == "9007", "the item is another product's until a person says so"
