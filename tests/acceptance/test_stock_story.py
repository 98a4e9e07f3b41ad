"""The story of one product's stock, as a person reads it in the night: what came, what was told, who did what."""

import csv
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from world import Line, World
from world.comparing import PLACES, booked, compared
from world.reading import data, read
from world.sales import EAST, WEST
from world.shelves import as_at_the_cart

WorldMaker = Callable[..., World]
SKU, OTHER = "SKU-0001", "SKU-0002"
SHELVES = as_at_the_cart()
HERE, THERE = SHELVES[SKU]["EAST"], SHELVES[SKU]["WEST"]
SETS = {"send": "set", "first_sync": "send", "ask_above": 100}


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart and warehouse agree on every piece when the story begins."""

    def opened(name: str = "world", **options: Any) -> World:
        shop = new_world(name, warehouse={"areas": ["EAST", "WEST", "DOCK"], "stock": SHELVES}, **options)
        shop.pipeline.update(inventory_source="warehouse", inventory_sink="cart", distribution_centers=PLACES)
        return shop

    return opened


@pytest.fixture
def shop(new_shop: WorldMaker) -> World:
    return new_shop()


def events(shop: World, sku: str, *options: str) -> list[dict[str, str]]:
    """The story as a table, the oldest first."""
    told = shop.says("stock", "show", sku, "--csv", *options)
    assert told.code == 0, told.err
    return [*csv.DictReader(told.out.splitlines())]


def what(found: Sequence[dict[str, str]]) -> list[str]:
    return [one["what"] for one in found]


def test_life_of_one_product_from_its_first_pick_to_the_correction_of_a_mistake(shop: World) -> None:
    shop.cart.sells("A-1", Line(SKU, 3))
    shop.run()
    assert "waits order A-1: 3 at 1; the warehouse was asked for them" in read(shop, "stock", "show", SKU)
    shop.warehouse.works()
    shop.run()
    assert "waits" not in read(shop, "stock", "show", SKU)

    shop.warehouse.acts(
        booked("put", SKU, 7, "EAST", reason="FOUND", user="mia"),
        {"act": "move", "item": SKU, "quantity": 5, "origin": "EAST", "destination": "WEST", "user": "mia"},
        {"act": "count", "item": SKU, "found": THERE + 5 - 2, "place": "WEST"},
    )
    shop.run()
    shop.warehouse.acts(booked("pull", SKU, 2, "EAST", told=False))
    report = compared(shop, "--by", "ada")["id"]
    read(shop, "reconcile", "repair", "--all", "--yes", "--by", "ada", "--note", "two broke")
    shop.run()
    read(shop, "stock", "adjust", SKU, "2=-1", "--reason", "given away", "--by", "bob")
    shop.run()

    story = [(one["what"], one["happened"].lstrip("'"), one["by"], one["order"]) for one in events(shop, SKU)]
    assert [one for one in story if one[0] in ("moved", "promised", "told")] == [
        ("moved", "pull 3 from EAST EAST-01-01, PICK", "", "A-1"),
        ("moved", "put 7 to EAST EAST-01-01, FOUND", "mia", ""),
        ("moved", "move 5 EAST EAST-01-01 -> WEST WEST-01-01, TRANSFER", "mia", ""),
        ("moved", "count 2 from WEST WEST-01-01", "", ""),
        ("promised", "+2 at 1, +3 at 2, of 3 movements (1 FOUND, 1 TRANSFER, 1 count)", "", ""),
        ("told", "+2 at 1, +3 at 2", "", ""),
        ("promised", f"-2 at 1 (reconciliation {report})", "ada", ""),
        ("told", "-2 at 1", "", ""),
        ("promised", "-1 at 2 (given away)", "bob", ""),
        ("told", "-1 at 2", "", ""),
    ]
    held = HERE - 3 + 2
    assert [said for happened, said, _, _ in story if happened == "read"] == [
        f"the cart had {HERE - 3} at 1, {THERE} at 2; promised to buyers 0",
        f"the warehouse had {held - 2} at 1 (read for report {report})",
        f"the cart had {held} at 1 (read for report {report})",
        f"the cart had {held} at 1, {THERE + 3} at 2; promised to buyers 0",
        f"the cart had {held - 2} at 1, {THERE + 3} at 2; promised to buyers 0",
    ]
    [found] = [said for happened, said, _, _ in story if happened == "compared"]
    assert found.startswith(f"report {report}: the cart had {held} at 1, it should be {held - 2} (-2); ")

    shown = read(shop, "stock", "show", SKU, "--live")
    assert f"cart {held - 2} at 1, read" in shown, "the number that was read last, not that of the report"
    assert f"The cart now (product 9001): for sale {held - 2} at 1, {THERE + 2} at 2; promised to buyers 0." in shown
    assert shop.cart.available(SKU) == {EAST: held - 2, WEST: THERE + 2}
    assert {at: shop.warehouse.lies(SKU)[at] for at in ("EAST", "WEST")} == {"EAST": held - 2, "WEST": THERE + 3}


def test_numbers_of_a_story_add_up_to_what_both_sides_have(shop: World) -> None:
    shop.run()
    for number in (4, 1, 9):
        shop.warehouse.acts(booked("put", SKU, number, "EAST"), booked("pull", SKU, 2, "WEST"))
        shop.run()
    told = data(shop, "stock", "show", SKU)
    netted = [(one["change"]["key"], len(one["change"]["centers"])) for one in told["changes"]]
    assert [told["netted"][key] for key, _ in netted] == [2, 2, 2]
    assert {one["promise_key"] for one in told["movements"]} == {key for key, _ in netted}
    sums = {"1": 0, "2": 0}
    for one in told["changes"]:
        for at in one["change"]["centers"]:
            sums[at["distribution_center"]] += at["quantity"]
    assert sums == {"1": 14, "2": -6}
    assert shop.cart.available(SKU) == {EAST: HERE + 14, WEST: THERE - 6}


def test_levels_that_were_told_stand_on_top_with_what_they_are_made_of(shop: World) -> None:
    shop.pipeline["stock"] = {**SETS, "buffer": 2}
    shop.run()
    shop.cart.sells("A-1", Line(SKU, 3))
    shop.run()
    shop.warehouse.acts(booked("put", SKU, 10, "EAST"))
    shop.run()
    shown = read(shop, "stock", "show", SKU)
    assert f"told {HERE + 8} at 1: on hand {HERE + 10}, allocated 3, in flight 0; counted" in shown
    assert f"promised on hand {HERE + 8} at 1" in shown
    assert "put 10 to EAST EAST-01-01, FOUND level" in shown
    [told, *_] = data(shop, "stock", "show", SKU)["levels"]
    assert (told["on_hand"], told["allocated"], told["in_flight"]) == (HERE + 10, 3, 0)
    assert shop.cart.available(SKU)[EAST] == HERE + 10 - 2 - 3


def test_refusal_and_what_a_person_did_about_it_are_part_of_the_story(shop: World) -> None:
    renamed = shop.cart.ask("/_products", {"sku": SKU, "rename": "SKU-0001-OLD"})["ID"]
    shop.warehouse.acts(booked("put", SKU, 7, "EAST"))
    shop.run()
    [refused] = [one for one in events(shop, SKU) if one["what"] == "refused"]
    assert "no product with the SKU 'SKU-0001'" in refused["happened"]

    shop.cart.ask("/_products", {"id": renamed, "rename": SKU})
    [problem] = data(shop, "problems", "list", "--each")
    read(shop, "problems", "retry", str(problem["id"]), "--by", "ada")
    shop.run()
    story = events(shop, SKU)
    assert what(story)[-1] == "told"
    [hand] = [one for one in story if one["what"] == "by hand"]
    assert (hand["by"], "retry" in hand["happened"]) == ("ada", True)


def test_story_is_found_by_any_name_and_told_as_far_as_it_is_wanted(shop: World) -> None:
    for number in range(3):
        shop.warehouse.acts(booked("put", SKU, number + 1, "EAST"))
        shop.run()
    assert what(events(shop, SKU.lower())) == ["moved", "promised", "read", "told"] * 3
    short = shop.says("stock", "show", SKU, "--limit", "3").out
    assert "The newest 3; --limit shows more." in short
    assert "+2 at 1" not in short
    assert "+3 at 1" in short
    assert events(shop, SKU, "--since", "2000-01-01") == events(shop, SKU)
    assert events(shop, SKU, "--since", "2100-01-01") == []
    assert events(shop, SKU, "--pipeline", "main") == events(shop, SKU)


def test_product_that_only_one_side_knows_has_a_story_too(new_world: WorldMaker) -> None:
    shop = new_world(warehouse={"areas": ["EAST", "WEST"], "items": ["MUG-9"], "stock": {"MUG-9": {"EAST": 4}}})
    shop.pipeline.update(inventory_source="warehouse", inventory_sink="cart", distribution_centers=PLACES)
    shop.says("reconcile")
    known_there = read(shop, "stock", "show", "mug-9")
    assert "the cart does not know it at 1, it should be 4 (+4)" in known_there
    assert "warehouse 4 at 1" in known_there
    assert "the warehouse does not know it" in read(shop, "stock", "show", SKU)
    assert read(shop, "stock", "show", "SKU-9999") == "Nothing is known here of the stock of SKU-9999."
    slip = shop.says("stock", "show", SKU, "--since", "yesterday")
    assert (slip.code, "neither a day such as 2026-03-01 nor a moment" in " ".join(slip.err.split())) == (2, True)


def test_story_names_every_pipeline_and_one_of_them_alone_when_asked(shop: World, new_shop: WorldMaker) -> None:
    second = new_shop("second").cart
    shop.connections["second"] = {**shop.connections["cart"], "base_url": second.url}
    shop.settings["pipelines"]["second"] = {**shop.pipeline, "order_source": "second", "inventory_sink": "second"}
    shop.warehouse.acts(booked("put", OTHER, 4, "EAST"))
    shop.run_all()
    shop.run_all()
    both = events(shop, OTHER)
    assert {one["pipeline"] for one in both} == {"main", "second"}
    assert {one["pipeline"] for one in events(shop, OTHER, "--pipeline", "second")} == {"second"}
    assert sorted(what(both)) == sorted(2 * what(events(shop, OTHER, "--pipeline", "second")))
