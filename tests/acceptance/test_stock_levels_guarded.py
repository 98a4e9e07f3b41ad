"""Levels that must not be told, as stories: old ones, more than there is, an empty warehouse; and hands that slip."""

from datetime import timedelta
from typing import Any

import pytest
from world import Line, Wire
from world.levels import SOLD_FROM, WorldMaker, pull, put, shop_of_levels
from world.mortal import run_until_death
from world.operator import SOON
from world.reading import data, problems, read, refusal
from world.relentless import Death
from world.running import running, until
from world.sales import EAST, WEST

SKU, OTHER = "SKU-0001", "SKU-0002"
SHELVES = {SKU: {"EAST": 50, "WEST": 10}, OTHER: {"EAST": 10}}
MANY = [f"SKU-{number:04}" for number in range(1, 13)]
OTHERS = ("download", "release", "acknowledge", "collect", "confirm", "adjust", "fetch", "amend", "follow", "expect")
"""Services that have no part in telling levels."""


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart is told levels; `stock` are options of the pipeline's `stock`."""
    return shop_of_levels(new_world, SHELVES)


def test_levels_that_were_counted_long_ago_are_not_told(new_shop: WorldMaker) -> None:
    shop = new_shop(warehouse={"levels_tell": ["counted_at"]}, stock={"stale_after": "2h"})
    shop.run()
    shop.warehouse.ask("/_levels", {"keep": True, "show": "kept"})
    shop.warehouse.acts(pull(20, "EAST", SKU))
    later = timedelta(hours=3)

    told = shop.run(later=later)["levels"].counts
    assert told["levels too old"] == 3
    [problem] = problems(shop)
    assert "The levels of warehouse are too old to be told: they were counted at" in problem.text
    assert "`stock.stale_after` of pipeline main allows" in problem.text
    assert shop.cart.available(SKU)[EAST] == 50

    shop.warehouse.ask("/_tick", {"seconds": later.total_seconds()})
    shop.warehouse.ask("/_levels", {"show": "now"})
    shop.run(later=later)
    assert shop.cart.available(SKU)[EAST] == 30
    assert problems(shop) == []


def test_an_older_list_never_takes_the_place_of_a_newer_one(new_shop: WorldMaker) -> None:
    shop = new_shop(warehouse={"levels_tell": ["counted_at"]})
    shop.warehouse.ask("/_levels", {"keep": True})
    shop.warehouse.acts(pull(20, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 30

    shop.warehouse.ask("/_levels", {"show": "kept"})
    told = shop.run()["levels"].counts
    assert told["levels older than those told"] == 3
    assert shop.cart.available(SKU)[EAST] == 30
    shop.warehouse.ask("/_levels", {"show": "now"})
    shop.warehouse.acts(put(1, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 31


@pytest.mark.parametrize("meaning", ["on_hand", "sellable"])
def test_a_pick_after_an_old_count_is_not_subtracted_twice_nor_forgotten(new_shop: WorldMaker, meaning: str) -> None:
    shop = new_shop(warehouse={"levels_tell": ["counted_at"]}, stock={"meaning": meaning})
    shop.cart.sells("A-1", Line(SKU, 3))
    shop.run()
    shop.warehouse.ask("/_levels", {"keep": True, "show": "kept"})
    shop.warehouse.works()
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 50 - 3, "the list of before the pick"
    shop.warehouse.ask("/_levels", {"show": "now"})
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 50 - 3
    assert problems(shop) == []


@pytest.mark.parametrize("meaning", ["on_hand", "sellable"])
def test_what_a_buyer_bought_a_moment_ago_is_not_for_sale_again(new_shop: WorldMaker, meaning: str) -> None:
    shop = new_shop(stock={"meaning": meaning})
    shop.pipeline["services"]["download"] = "off"
    shop.run()
    shop.cart.sells("A-1", Line(SKU, 4))
    shop.warehouse.acts(put(5, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 55 - 4, "nobody here has heard of the order"

    read(shop, "services", "run", "download")
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 55 - 4


def test_more_sold_than_lies_there_is_a_problem_until_there_is_enough(new_shop: WorldMaker) -> None:
    shop = new_shop()
    order = shop.cart.sells("A-1", Line(OTHER, 12))
    shop.cart.sells("A-2", Line(SKU, 1))
    shop.run()
    [problem] = problems(shop)
    assert f"{OTHER} is oversold at centre 1: open orders ask for 12, and 10 lie there" in problem.text
    assert "2 pieces are missing" in problem.text
    assert "Orders: A-1." in problem.text
    assert shop.cart.available(OTHER)[EAST] <= 0
    assert shop.cart.available(SKU)[EAST] == 49, "the others are told"
    shop.run()
    assert len(problems(shop)) == 1

    shop.warehouse.acts(put(2, "EAST", OTHER))
    shop.run()
    assert problems(shop) == []
    shop.warehouse.acts(put(3, "EAST", OTHER))
    shop.warehouse.works()
    shop.run()
    shop.run()
    assert shop.cart.available(OTHER)[EAST] == 3
    assert sum(shop.cart.shipped(order).values()) == 12


def test_a_warehouse_that_suddenly_lists_nothing_does_not_empty_the_shop(new_shop: WorldMaker) -> None:
    shop = new_shop(warehouse={"stock": {}}, around=(wire := Wire()))
    shop.warehouse.ask("/_levels", {"keep": True})
    shop.warehouse.acts(*(put(10, "EAST", sku) for sku in MANY))
    shop.run()
    wire.calls.clear()

    shop.warehouse.ask("/_levels", {"show": "kept"})
    shop.run()
    assert wire.bodies("POST", "/UpdateQuantity") == []
    [problem] = problems(shop)
    assert "12 levels of pipeline main wait for a person's word: more than 20 % of all levels would become zero" in (
        problem.text
    )
    shown = read(shop, "stock", "sync", "--limit", "3")
    assert "of 24 levels 12 would change, 12 of them to zero" in shown

    shop.warehouse.ask("/_levels", {"show": "now"})
    shop.run()
    assert problems(shop) == [], "it was a mistake, and nobody had to do anything"
    assert [shop.cart.available(sku)[EAST] for sku in MANY] == [10] * 12

    shop.warehouse.acts(*(pull(10, "EAST", sku) for sku in MANY))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 10
    assert "12 levels told" in read(shop, "stock", "sync", "--yes")
    assert {shop.cart.available(sku)[EAST] for sku in MANY} == {0}
    assert problems(shop) == []


def test_pieces_where_nobody_says_that_they_count_are_one_problem_and_told_once_they_are_mapped(
    new_shop: WorldMaker,
) -> None:
    shop = new_shop()
    shop.warehouse.acts(put(4, "DOCK", SKU), put(1, "EAST", OTHER))
    shop.run()
    shop.run()
    [problem] = problems(shop)
    assert "nobody says where the stock of area 'DOCK' counts" in problem.text
    assert "4 pieces lie where nobody says that they count" in read(shop, "stock", "sync")
    assert (shop.cart.available(SKU)[EAST], shop.cart.available(OTHER)[EAST]) == (50, 11), "the others are told"

    shop.pipeline["distribution_centers"] = {**SOLD_FROM, "2": {"area": "WEST", "stock_areas": ["WEST", "DOCK"]}}
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 50, WEST: 14}
    assert problems(shop) == []
    assert {one["state"] for one in data(shop, "stock", "movements")} == {"level"}, "no movement is told beside a level"


def test_the_word_for_a_plan_is_not_one_for_what_it_has_become(new_shop: WorldMaker) -> None:
    shop = new_shop(warehouse={"stock": {}, "items": MANY}, stock={"first_sync": "ask"})
    shop.warehouse.acts(put(1, "EAST", SKU))
    read(shop, "stock", "sync")
    shop.warehouse.acts(*(put(10, "EAST", sku) for sku in MANY))
    refused = shop.says("stock", "sync", "--yes")
    assert refused.code == 2
    assert "it has grown since it was shown: 2 levels would have changed" in refused.err
    assert "Look at it again with `crossdock stock sync`, then say --yes" in refused.err
    assert shop.cart.updates(SKU) == []
    read(shop, "stock", "sync")
    read(shop, "stock", "sync", "--yes")
    assert shop.cart.available(SKU)[EAST] == 11


def test_what_a_person_sets_by_hand_stays_until_the_warehouse_has_another_number(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    read(shop, "stock", "set", SKU, "1=33", "--reason", "the rest is for the fair", "--by", "ada")
    shop.run()
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 33
    story = read(shop, "stock", "show", SKU)
    assert "the rest is for the fair" in story
    assert "ada" in story

    shop.warehouse.acts(put(1, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 51, WEST: 10}
    assert [number for _, _, number in shop.cart.updates(SKU)] == [50, 10, 33, 51]


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped"])
def test_a_level_whose_answer_is_lost_is_right_in_the_end(new_shop: WorldMaker, fault: str) -> None:
    shop = new_shop()
    shop.run()
    shop.cart.sells("A-1", Line(SKU, 2))
    shop.warehouse.acts(put(5, "EAST", SKU), put(1, "WEST", OTHER))
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
    shop.run_until(lambda: {one["state"] for one in data(shop, "stock", "list")} == {"done"})
    assert shop.cart.injected() == {fault: 1}
    assert (shop.cart.available(SKU)[EAST], shop.cart.available(OTHER)[WEST]) == (53, 1)
    assert problems(shop) == []


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_a_crossdock_that_dies_at_any_step_of_telling_is_made_up_for_by_the_next_one(
    new_shop: WorldMaker, every: int
) -> None:
    shop = new_shop(stock={"meaning": "sellable"})
    shop.run()
    shop.pipeline["services"] = dict.fromkeys(OTHERS, "off")
    free, step, died = 50, 0, True
    while died:
        shop.warehouse.acts(put(1, "EAST", SKU))
        free, step = free + 1, step + every
        died = run_until_death(shop.config(), Death("commit", step), later=timedelta(0), retry=SOON)
        shop.run_until(lambda: {one["state"] for one in data(shop, "stock", "list")} == {"done"})
        assert shop.cart.available(SKU)[EAST] == free, step
    assert step > 30, "it died again and again before it had told everything"
    assert problems(shop) == []


def test_levels_are_a_service_that_people_run_and_pause(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    [listed] = [one for one in data(shop, "services", "list") if one["service"] == "levels"]
    assert (listed["title"], listed["every"], listed["state"]) == ("inventory levels", "1h", "on")
    shop.warehouse.acts(put(1, "EAST", SKU))
    assert "levels of pipeline main: 4 levels compared, 1 levels told." in read(shop, "services", "run", "levels")

    read(shop, "services", "pause", "levels", "--reason", "stock count", "--by", "ada")
    shop.warehouse.acts(put(1, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 51, "what was promised before goes out, and nothing new is told"
    said = shop.says("stock", "sync", "--yes")
    assert (said.code, "`crossdock services resume levels --pipeline main` lets it run" in said.out) == (1, True), said
    assert shop.cart.available(SKU)[EAST] == 51
    read(shop, "services", "resume", "levels")
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 52


def test_the_word_of_a_person_goes_to_the_crossdock_that_runs(new_shop: WorldMaker) -> None:
    shop = new_shop(stock={"first_sync": "ask"})
    with running(shop):
        until(lambda: bool(shop.cart.truth()["requests"]))
        assert "Let go: the crossdock that runs sends them within seconds." in read(shop, "stock", "sync", "--yes")
        until(lambda: shop.cart.available(SKU) == {EAST: 50, WEST: 10})
        assert problems(shop) == []
        assert "no level is news" in read(shop, "stock", "sync", "--yes"), "said twice, it does nothing twice"


COMMANDS = {
    "stock sync --pipeline mian": (2, "the config has no pipeline 'mian'; it has main"),
    "stock sync --yes --json": (2, "it goes with neither --json nor --csv"),
    "services run level": (2, "there is no service 'level'; did you mean 'levels'?"),
}
"""What people type, and what they are told."""
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a centre that is none": ({"combined_at": "7"}, "a `stock.combined_at` among its distribution centres: 1, 2"),
    "nobody says the names": ({"alias": "UPC"}, "a file of `stock.aliases`, or a catalog_source"),
    "names of no type": ({"aliases": "names.csv"}, "an `alias` that names the type to take from the file"),
    "a word that is near": ({"send": "sets"}, "found 'sets' allowed 'adjust' or 'set' nearest set"),
    "a difference with a buffer": ({"send": "adjust", "buffer": 2}, "a difference knows no level"),
    "a key that is near": ({"bufer": 1}, "there is no such key"),
    "an age that is none": ({"stale_after": "off"}, 'an interval such as "30m" or "2h"'),
}
"""What people write under `stock`, and what `check` says of it."""


def test_what_a_tired_operator_gets_wrong_is_a_sentence(new_shop: WorldMaker) -> None:
    shop = new_shop()
    for typed, (code, sentence) in COMMANDS.items():
        said = shop.says(*typed.split())
        assert (said.code, sentence in " ".join(said.err.split())) == (code, True), (typed, said)
    for mistake, (stock, sentence) in OPTIONS.items():
        shop.pipeline["stock"] = {"send": "set", **stock}
        assert sentence in refusal(shop), mistake

    shop.pipeline["stock"] = {}
    said = shop.says("stock", "sync")
    assert (said.code, 'no pipeline that is open tells levels: for that, `send = "set"`' in said.err) == (2, True)
    said = shop.says("services", "run", "levels")
    assert (said.code, "pipeline main has no service levels, as it is configured" in said.out) == (1, True), said
