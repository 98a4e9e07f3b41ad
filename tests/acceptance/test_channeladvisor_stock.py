"""Stock of ChannelAdvisor, as stories: what the cart is told, exactly once, and what it is not told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from world import Line, Wire, World
from world.desk import change
from world.operator import UNSETTLED
from world.sales import EAST, FBA, WEST

WorldMaker = Callable[..., World]
UPDATE = "/UpdateQuantity"
MINUTES = timedelta(minutes=5)
OURS, THEIRS = 12345678, 87654321


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart is told of stock."""

    def opened(name: str = "world", **options: object) -> World:
        world = new_world(name, **options)
        world.pipeline["inventory_sink"] = "cart"
        return world

    return opened


@pytest.fixture
def shop(new_shop: WorldMaker) -> World:
    return new_shop()


def test_level_difference_and_movement_arrive_as_they_are_meant(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.desk.changes(change("SKU-0001", {EAST: 50}, "sellable"))
    shop.run()
    assert shop.cart.available("SKU-0001")[EAST] == 50
    before = shop.cart.available("SKU-0002")

    shop.desk.changes(change("SKU-0001", {EAST: 5}), change("SKU-0002", {EAST: -4, WEST: 4}))
    shop.run()

    assert shop.cart.available("SKU-0001")[EAST] == 55
    assert shop.cart.updates("SKU-0001") == [(EAST, "Absolute", 50), (EAST, "Relative", 5)]
    assert shop.cart.available("SKU-0002") == before | {EAST: before[EAST] - 4, WEST: before[WEST] + 4}
    moved = [body["Value"] for body in wire.bodies("POST", UPDATE) if len(body["Value"]["Updates"]) == 2]
    assert [call["UpdateType"] for call in moved] == ["Relative"], "both centres in one request"
    assert not any(body["Value"]["CompleteDCList"] for body in wire.bodies("POST", UPDATE))
    assert shop.books.unfinished() == []


def test_what_lies_on_the_shelf_is_not_all_for_sale(shop: World) -> None:
    shop.pipeline["services"]["release"] = "off"
    shop.cart.sells("A-1", Line("SKU-0003", 3))

    shop.desk.changes(change("SKU-0003", {EAST: 40}, "on_hand"))
    shop.run()

    assert shop.cart.updates("SKU-0003") == [(EAST, "UnShipped", 40)]
    assert shop.cart.available("SKU-0003")[EAST] == 37


def test_changes_of_one_sku_arrive_in_the_order_in_which_they_were_asked_for(shop: World) -> None:
    asked = [change("SKU-0001", {EAST: number}) for number in (1, 2, 3, 4)]
    shop.desk.changes(*asked, change("SKU-0001", {EAST: 9}, "sellable"), change("SKU-0001", {EAST: -2}))

    shop.run()

    assert [number for _, _, number in shop.cart.updates("SKU-0001")] == [1, 2, 3, 4, 9, -2]
    assert shop.cart.available("SKU-0001")[EAST] == 7


def test_change_that_is_asked_for_twice_under_one_key_happens_once(shop: World) -> None:
    once = change("SKU-0001", {EAST: 5}, key="count of Monday")
    assert shop.desk.changes(once) == 1
    assert shop.desk.changes(once) == 0
    shop.run()
    assert shop.desk.changes(once) == 0
    shop.run()

    assert shop.cart.updates("SKU-0001") == [(EAST, "Relative", 5)]


def test_sku_that_is_not_unique_is_refused_and_the_others_go_on(new_shop: WorldMaker) -> None:
    shop = new_shop(cart={"profiles": [OURS, THEIRS]})
    shop.desk.changes(change("SKU-0001", {EAST: 5}), change("NO-SUCH-SKU", {EAST: 5}), change("GEN-0000001", {EAST: 5}))
    shop.run()
    told = [row["title"] for row in shop.books.problems()["stock_refused"]]
    assert any("'SKU-0001' stands for 2 products" in title for title in told)
    assert any("no product with the SKU 'NO-SUCH-SKU'" in title for title in told)

    shop.connections["cart"]["stock_profile"] = OURS
    [problem] = [row for row in shop.books.problems()["stock_refused"] if "SKU-0001" in row["title"]]
    assert shop.says("problems", "retry", str(problem["id"])).code == 0
    shop.run()

    [ours] = shop.cart.ask(f"/_truth/stock?sku=SKU-0001&profile={OURS}")["products"].values()
    [theirs] = shop.cart.ask(f"/_truth/stock?sku=SKU-0001&profile={THEIRS}")["products"].values()
    assert [line["quantity"] for line in ours["ledger"]] == [5]
    assert theirs["ledger"] == []


def test_product_that_was_made_anew_is_found_under_its_new_id(shop: World) -> None:
    shop.pipeline["catalog_source"] = "cart"
    shop.run()
    shop.desk.changes(change("SKU-0001", {EAST: 5}), change("SKU-0002", {EAST: 30}, "sellable"))
    for sku in ("SKU-0001", "SKU-0002"):
        shop.cart.ask("/_products", {"sku": sku, "recreate": True})

    shop.run()

    assert shop.cart.available("SKU-0001") == {EAST: 5}
    assert shop.cart.available("SKU-0002") == {EAST: 30}
    assert shop.books.problems() == {}


def test_centre_of_somebody_else_is_refused_without_a_call(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(wire := Wire()))
    shop.desk.changes(change("SKU-0001", {FBA: 5}))

    shop.run()

    assert "managed by others" in shop.books.problems()["stock_refused"][0]["title"]
    assert wire.bodies("POST", UPDATE) == []


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped"])
def test_lost_answer_is_settled_by_reading(shop: World, fault: str) -> None:
    before = shop.cart.available("SKU-0001")[EAST]
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
    shop.desk.changes(change("SKU-0001", {EAST: 5}), change("SKU-0001", {EAST: 2}))

    shop.run_until(lambda: shop.books.unfinished() == [])

    assert shop.cart.injected() == {fault: 1}
    assert [number for _, _, number in shop.cart.updates("SKU-0001")] == [5, 2]
    assert shop.cart.available("SKU-0001")[EAST] == before + 7
    assert shop.books.problems() == {}


def test_sale_in_the_moment_of_doubt_is_for_a_person_who_sees_both_numbers(shop: World) -> None:
    before = shop.cart.available("SKU-0001")[EAST]
    shop.cart.faults(lost_reply=1.0, only_paths="UpdateQuantity", max_faults=1)
    shop.desk.changes(change("SKU-0001", {EAST: 5}))
    shop.run(retry=UNSETTLED)
    shop.cart.ask("/_sell", {"SKU-0001": 2})

    shop.run(later=MINUTES)
    shop.run(later=MINUTES)

    [problem] = shop.books.problems()["stock_refused"]
    assert f"held {before} at {EAST}, now {before + 3} at {EAST}" in problem["title"]
    assert "+5 at centre 1" in problem["title"]
    assert len(shop.cart.updates("SKU-0001")) == 1, "never sent twice on a guess"


def test_person_who_says_that_it_did_not_happen_has_it_sent(shop: World) -> None:
    shop.cart.faults(dropped=1.0, only_paths="UpdateQuantity", max_faults=1)
    shop.desk.changes(change("SKU-0001", {EAST: 5}))
    shop.run(retry=UNSETTLED)
    shop.cart.ask("/_sell", {"SKU-0001": 2})
    shop.run(later=MINUTES)
    [problem] = shop.books.problems()["stock_refused"]
    assert shop.cart.updates("SKU-0001") == []

    assert shop.says("problems", "retry", str(problem["id"])).code == 0
    shop.run()

    assert shop.cart.updates("SKU-0001") == [(EAST, "Relative", 5)]
    assert shop.books.problems() == {}
