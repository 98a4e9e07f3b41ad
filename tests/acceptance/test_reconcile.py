"""Both ends compared, as stories: ordinary work makes no difference, and what else happened is told with its cause."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from world import Line, World
from world.comparing import PLACES, booked, compared, differences, rows, types_in, why
from world.operator import UNSETTLED
from world.reading import problems, read
from world.sales import EAST, WEST
from world.shelves import as_at_the_cart

WorldMaker = Callable[..., World]
SKU, OTHER, THIRD = "SKU-0001", "SKU-0002", "SKU-0003"
SHELVES = as_at_the_cart()
TOGETHER = {"areas": ["EAST", "EAST-BULK", "WEST", "QUARANTINE", "DOCK"], "stock": SHELVES}
SETS = {"send": "set", "first_sync": "send", "ask_above": 100}


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart and warehouse agree on every piece when the story begins."""

    def opened(name: str = "world", warehouse: dict[str, Any] | None = None, **options: Any) -> World:
        shop = new_world(name, warehouse={**TOGETHER, **(warehouse or {})}, **options)
        ends = {"inventory_source": "warehouse", "inventory_sink": "cart"}
        shop.pipeline.update(ends, distribution_centers=PLACES, unsold_areas=["QUARANTINE"])
        return shop

    return opened


@pytest.fixture
def shop(new_shop: WorldMaker) -> World:
    return new_shop()


def put_there(quantity: int, place: str = "EAST", **more: Any) -> dict[str, Any]:
    return booked("put", SKU, quantity, place, **more)


@pytest.mark.parametrize("stock", [{}, SETS], ids=["adjust", "set"])
def test_whatever_honest_work_lies_between_them_both_sides_agree(shop: World, stock: dict[str, Any]) -> None:
    shop.pipeline["stock"] = stock
    shop.run()
    shop.cart.sells("A-1", Line(SKU, 3), Line("KIT-001"))
    shop.cart.sells("A-2", Line(SKU, 2), leaves_from=WEST)
    for step in ("download", "release"):
        read(shop, "services", "run", step)
        assert differences(shop) == [], f"after {step} the orders are known"

    shop.warehouse.works("A-1")
    shop.warehouse.acts(
        put_there(7),
        booked("pull", OTHER, 4, "EAST", reason="DAMAGE"),
        {"act": "count", "item": THIRD, "found": 1, "place": "WEST"},
        {"act": "move", "item": SKU, "quantity": 5, "origin": "EAST", "destination": "WEST"},
        {"act": "move", "item": SKU, "quantity": 2, "origin": "EAST", "destination": "QUARANTINE"},
    )
    assert differences(shop) == [], "what the warehouse has told of by now is on its way"
    shop.run()
    shop.run()
    shop.warehouse.works()
    for _ in range(2):
        assert differences(shop) == []
        shop.run()
    assert compared(shop)["on_the_way"] == 0
    assert problems(shop) == []


def test_what_is_on_its_way_is_no_difference_and_what_waits_for_a_person_is(shop: World) -> None:
    shop.warehouse.acts(
        put_there(7), {"act": "move", "item": OTHER, "quantity": 5, "origin": "EAST", "destination": "WEST"}
    )
    report = compared(shop)
    assert (report["differences"], report["on_the_way"]) == (0, 3)
    assert "Both sides agree on 760 levels (3 once what is on the way has arrived)." in read(shop, "reconcile")

    read(shop, "services", "pause", "stock", "--by", "ada", "--reason", "the cart moves house")
    assert {(one.center, one.difference, one.cause) for one in differences(shop, "--sku", OTHER)} == {
        ("1", -5, "unsent"),
        ("2", 5, "unsent"),
    }
    evidence = why(shop, "--sku", SKU)
    assert evidence.startswith("The cart was not told of +7 that moved in the warehouse: the service `stock` is paused")
    assert "by ada" in evidence
    assert "the cart moves house" in evidence

    read(shop, "services", "resume", "stock")
    shop.run()
    assert compared(shop)["on_the_way"] == 0
    assert differences(shop) == []


def test_pick_of_a_moment_ago_is_no_change_by_hand(shop: World) -> None:
    shop.cart.sells("A-1", Line(SKU, 3))
    shop.run()
    shop.warehouse.works()
    assert differences(shop) == [], "the comparison hears the warehouse out before it calls anything a difference"
    shop.run()
    assert differences(shop) == []


def test_while_the_warehouse_is_not_heard_nothing_is_blamed_on_a_person(shop: World) -> None:
    shop.run()
    read(shop, "services", "pause", "collect", "--by", "ada", "--reason", "the queue is cleared")
    shop.warehouse.acts(put_there(7))

    assert differences(shop) == [(SKU, "1", 7, "sold_meanwhile")]
    evidence = why(shop)
    assert evidence.startswith("What moved in the warehouse is not known here: ")
    assert "paused by ada" in evidence
    told = shop.says("reconcile", "repair", "--all", "--yes")
    assert (told.code, "Nothing of it can be corrected." in told.out) == (2, True)

    read(shop, "services", "resume", "collect")
    assert differences(shop) == []


def test_transaction_that_the_warehouse_never_told_is_found_with_what_each_side_said_before(shop: World) -> None:
    shop.run()
    shop.warehouse.acts(booked("pull", SKU, 4, "EAST", told=False, reason="DAMAGE"))
    assert differences(shop) == [(SKU, "1", -4, "manual_change")]
    assert why(shop).startswith(f"The cart had {SHELVES[SKU]['EAST']} when it was read on ")

    shop.warehouse.acts(booked("pull", SKU, 2, "EAST", told=False, reason="DAMAGE"))
    [line] = compared(shop)["lines"]
    assert line["difference"] == -6
    assert line["because"].endswith("the warehouse's number changed since without a word.")
    assert (line["on_hand"], line["expected"]) == (SHELVES[SKU]["EAST"] - 6,) * 2
    assert line["at_cart"] == SHELVES[SKU]["EAST"]


def test_number_that_a_person_types_into_the_cart_is_found_at_its_centre(shop: World) -> None:
    types_in(shop, SKU, WEST, 90)
    assert differences(shop) == [(SKU, "2", SHELVES[SKU]["WEST"] - 90, "manual_change")]
    types_in(shop, SKU, WEST, 91)
    assert why(shop).endswith("the cart's number changed since without a word.")


def test_levels_know_what_the_cart_was_told_and_when_it_was_changed_there(shop: World) -> None:
    shop.pipeline["stock"] = SETS
    shop.run()
    types_in(shop, SKU, EAST, 5)
    here = SHELVES[SKU]["EAST"]
    assert differences(shop) == [(SKU, "1", here - 5, "manual_change")]
    assert why(shop).startswith(f"The cart was told {here} on ")
    assert why(shop).endswith("and nothing since: it changed there.")


def test_change_that_the_cart_refused_is_told_with_its_words_until_it_is_settled(new_shop: WorldMaker) -> None:
    shop = new_shop()
    gone = shop.cart.ask("/_products", {"sku": SKU, "rename": "SKU-0001-OLD"})["ID"]
    shop.warehouse.acts(put_there(7))
    shop.run()
    [problem] = problems(shop)
    shop.cart.ask("/_products", {"id": gone, "rename": SKU})

    assert differences(shop) == [(SKU, "1", 7, "unsent")]
    assert "no product with the SKU 'SKU-0001'" in why(shop)

    read(shop, "problems", "retry", problem.number)
    assert differences(shop) == []
    shop.run()
    assert (differences(shop), problems(shop)) == ([], [])


@pytest.mark.parametrize("fault", ["lost_reply", "dropped"])
def test_change_in_doubt_is_told_as_such_and_is_never_corrected(shop: World, fault: str) -> None:
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
    shop.warehouse.acts(put_there(7))
    shop.run(retry=UNSETTLED)

    found = differences(shop)
    if fault == "lost_reply":
        assert found == [], "it has arrived, so that both agree, though nobody knows it"
    else:
        assert found == [(SKU, "1", 7, "in_doubt")]
        assert why(shop).startswith("Nobody knows whether +7 (moved/main/SKU-0001/")
        left = shop.says("reconcile", "repair", "--all", "--yes")
        assert (left.code, "something of it is in doubt, and would count twice" in " ".join(left.out.split())) == (
            2,
            True,
        )
    shop.run(later=timedelta(minutes=5))
    shop.run(later=timedelta(minutes=10))
    assert (differences(shop), shop.cart.available(SKU)[EAST]) == ([], SHELVES[SKU]["EAST"] + 7)


def test_sale_that_was_not_read_yet_is_told_by_what_the_cart_has_promised(shop: World) -> None:
    shop.cart.sells("A-1", Line(SKU, 3))
    assert differences(shop) == [(SKU, "1", 3, "sold_meanwhile")]
    assert why(shop) == (
        "The cart has promised 3 to buyers, and the orders that are known here ask for 0: the 3 more are the "
        "difference."
    )
    assert shop.says("reconcile", "repair", "--all", "--yes").code == 2
    read(shop, "services", "run", "download")
    assert differences(shop) == []


def test_item_that_one_side_does_not_know_is_named_with_that_side(new_shop: WorldMaker) -> None:
    lying = {**SHELVES, "MUG-9": {"EAST": 4}}
    del lying[SKU]
    shop = new_shop(warehouse={"items": [*SHELVES, "MUG-9"], "stock": lying})
    report = compared(shop)

    here = SHELVES[SKU]
    assert rows(report) == [
        (SKU, "1", -here["EAST"], "unknown_item"),
        (SKU, "2", -here["WEST"], "unknown_item"),
        ("MUG-9", "1", 4, "unknown_item"),
    ]
    words = {one["sku"]: one["because"] for one in report["lines"]}
    assert words["MUG-9"].startswith("ChannelAdvisor has no product with the SKU 'MUG-9'")
    assert words[SKU].startswith("The warehouse lists no pieces of it, and none has moved")
    assert {one["sku"]: one["at_cart"] for one in report["lines"]}["MUG-9"] is None

    shop.pipeline["stock"] = {"leave_out": ["MUG-*", SKU]}
    assert differences(shop) == []


def test_pieces_in_an_area_that_nobody_mapped_are_named_with_the_area(shop: World) -> None:
    shop.warehouse.acts({"act": "move", "item": SKU, "quantity": 4, "origin": "EAST", "destination": "DOCK"})
    shop.run()
    assert differences(shop) == [(SKU, "1", -4, "unmapped_area")]
    assert why(shop) == "Transactions of 4 pieces wait: nobody says where the stock of area 'DOCK' counts."

    shop.pipeline["unsold_areas"] = ["QUARANTINE", "DOCK"]
    shop.run()
    assert (differences(shop), problems(shop)) == ([], [])


def test_stock_that_the_cart_works_out_by_itself_is_compared_by_its_parts(shop: World) -> None:
    shop.cart.sells("A-1", Line("KIT-001", 2))
    shop.run()
    assert differences(shop) == []
    read(shop, "services", "pause", "release")
    shop.cart.sells("A-2", Line("KIT-001", 2))
    shop.run()
    assert differences(shop) == []
