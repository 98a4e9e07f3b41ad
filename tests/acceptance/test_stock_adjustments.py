"""Adjustments, as stories: by how much stock moved in the warehouse is what the cart is told, each movement once."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from world import Wire, World
from world.comparing import compared, types_in
from world.history import History
from world.levels import AREAS, SOLD_FROM, pull, put
from world.operator import UNSETTLED
from world.reading import data, problems, read, refusal
from world.sales import EAST, WEST

WorldMaker = Callable[..., World]
SKU, OTHER, THIRD = "SKU-0001", "SKU-0002", "SKU-0003"
SHELVES = {SKU: {"EAST": 50, "WEST": 50}, OTHER: {"EAST": 50}, THIRD: {"EAST": 50}}
OURS, THEIRS = 12345678, 87654321
UPDATE = "/UpdateQuantity"
LATER = timedelta(minutes=5)


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart hears by how much stock moves in a warehouse with areas."""

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


def carried(quantity: int, origin: str, destination: str, item: str = SKU) -> dict[str, Any]:
    """People carry so many pieces from one place to another."""
    ends = {"origin": origin, "destination": destination}
    return {"act": "move", "item": item, "quantity": quantity, "reason": "TRANSFER", **ends}


def told(shop: World, sku: str = SKU) -> list[tuple[int, int]]:
    """Every difference that the cart was told of a SKU: centre and number."""
    updates = shop.cart.updates(sku)
    assert {kind for _, kind, _ in updates} <= {"Relative"}
    return [(center, number) for center, _, number in updates]


def sums(shop: World, *skus: str) -> dict[tuple[str, int], int]:
    """By how much the cart was told to change each SKU at each centre, in all."""
    found: Counter[tuple[str, int]] = Counter()
    for sku in skus:
        for center, number in told(shop, sku):
            found[sku, center] += number
    return {place: number for place, number in found.items() if number}


def test_history_that_is_told_from_its_beginning_under_new_ids_changes_nothing(new_shop: WorldMaker) -> None:
    shop = new_shop(around=(history := History()))
    shop.warehouse.acts(put(7, "EAST", SKU), carried(4, "EAST", "WEST"), pull(2, "WEST", SKU), put(3, "DOCK", OTHER))
    shop.run()
    shop.warehouse.acts(carried(5, "WEST", "QUARANTINE"), put(1, "EAST", OTHER))
    shop.run()
    before = sums(shop, SKU, OTHER), data(shop, "stock", "list"), data(shop, "stock", "movements")
    assert before[0] == {(SKU, EAST): 3, (SKU, WEST): 4 - 2 - 5, (OTHER, EAST): 1}

    assert history.is_told_again() == 6
    shop.run()

    assert history.waits == {}, "it was read and acknowledged"
    assert (sums(shop, SKU, OTHER), data(shop, "stock", "list"), data(shop, "stock", "movements")) == before
    shop.warehouse.acts(put(2, "EAST", SKU))
    shop.run()
    assert sums(shop, SKU, OTHER) == before[0] | {(SKU, EAST): 3 + 2}


def test_week_that_is_told_in_one_go_makes_the_same_sum_in_one_request_a_product(new_shop: WorldMaker) -> None:
    week = (
        *(put(7, "EAST", SKU), pull(2, "EAST-BULK", SKU), carried(9, "EAST", "EAST-BULK"), carried(4, "EAST", "WEST")),
        *(carried(3, "WEST", "QUARANTINE"), carried(1, "QUARANTINE", "EAST"), put(5, "EAST", OTHER)),
        *({"act": "count", "item": OTHER, "found": 50, "place": "EAST"}, carried(6, "WEST", "EAST")),
    )
    shelves = {**SHELVES, SKU: {**SHELVES[SKU], "EAST-BULK": 5, "QUARANTINE": 5}}
    daily, away = new_shop("daily", {"stock": shelves}), new_shop("away", {"stock": shelves}, around=(wire := Wire()))
    for act in week:
        daily.warehouse.acts(act)
        daily.run()
    away.warehouse.acts(*week)
    away.run()

    assert len(told(daily)) == 1 + 1 + 2 + 1 + 1 + 2, "one by one, and nothing for the move inside a centre"
    assert sums(daily, SKU, OTHER) == sums(away, SKU, OTHER) == {(SKU, EAST): 7 - 2 - 4 + 1 + 6, (SKU, WEST): 4 - 3 - 6}
    assert len(wire.bodies("POST", UPDATE)) == 1, "both centres of one product, and what cancels out is not told"
    assert {one["promise_key"] for one in data(away, "stock", "movements", OTHER)} == {""}
    assert data(away, "stock", "list")[0]["reason"] == "4 TRANSFER, 1 DAMAGE, 1 FOUND"


def test_area_that_is_mapped_to_a_centre_at_last_is_told_whole_and_once(shop: World) -> None:
    shop.warehouse.acts(put(5, "DOCK", SKU), carried(2, "DOCK", "WEST"), carried(1, "EAST", "DOCK"))
    shop.run()
    shop.warehouse.acts(put(4, "EAST", SKU))
    shop.run()
    assert told(shop) == [(EAST, 4)], "no half of a move is told, and what is clear goes on"
    assert {one["quantity"] for one in data(shop, "stock", "movements", "--state", "unmapped")} == {5, 2, 1}

    shop.pipeline["distribution_centers"] = SOLD_FROM | {"2": {"area": "WEST", "stock_areas": ["WEST", "DOK"]}}
    shop.run()
    assert told(shop) == [(EAST, 4)]
    assert "The config names area 'DOK', which the warehouse does not have." in read(shop, "areas", "list")

    shop.pipeline["distribution_centers"] = SOLD_FROM | {"2": {"area": "WEST", "stock_areas": ["WEST", "DOCK"]}}
    shop.run()
    shop.run()
    assert sorted(told(shop)[1:]) == [(EAST, -1), (WEST, 5 + 1)]
    assert problems(shop) == []
    assert data(shop, "stock", "movements", "--state", "unmapped") == []


@pytest.mark.parametrize("fault", ["lost_reply", "dropped"])
def test_pair_across_two_centres_whose_answer_is_lost_is_told_whole_and_once(shop: World, fault: str) -> None:
    shop.warehouse.acts(carried(5, "EAST", "WEST"))
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)

    shop.run_until(lambda: data(shop, "stock", "list")[0]["state"] == "done")

    assert shop.cart.injected() == {fault: 1}
    assert sorted(told(shop)) == [(EAST, -5), (WEST, 5)]
    [change] = data(shop, "stock", "list")
    assert change["quantities"] == {"1": -5, "2": 5}, "one change with one key"
    assert problems(shop) == []


def in_doubt_with_a_sale(shop: World, fault: str) -> str:
    """A pair across two centres ends in doubt, a buyer buys, and so nobody can tell; gives the problem's number."""
    shop.warehouse.acts(carried(5, "EAST", "WEST"))
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
    shop.run(retry=UNSETTLED)
    shop.cart.ask("/_sell", {SKU: 2})
    shop.warehouse.acts(put(3, "EAST", SKU))
    before = told(shop)
    shop.run(retry=UNSETTLED)
    assert told(shop) == before, "the next change of the product waits for the doubt"
    shop.run(later=LATER)
    [problem] = problems(shop)
    assert "nobody can tell whether it arrived. SKU-0001: -5 at centre 1, +5 at centre 2." in problem.text
    shop.run(later=2 * LATER)
    assert told(shop) == [*before, (EAST, 3)], "never sent twice on a guess, and the next one went"
    return problem.number


def test_doubt_that_reading_does_not_settle_is_settled_by_a_person_who_sees_both_numbers(shop: World) -> None:
    east, west = shop.cart.available(SKU)[EAST], shop.cart.available(SKU)[WEST]
    number = in_doubt_with_a_sale(shop, "lost_reply")
    numbers = f"the cart held {east} at 1, {west} at 2, now {east - 5 - 2} at 1, {west + 5} at 2"
    assert numbers in read(shop, "problems", "show", number)
    assert "promised to buyers 0 before, 2 now" in read(shop, "stock", "list", "--state", "rejected")

    assert "Missing option '--note'" in shop.says("problems", "resolve", number).err
    read(shop, "problems", "resolve", number, "--note", "it is in the levels", "--by", "ada")
    shop.run(later=3 * LATER)

    assert sorted(told(shop)) == [(EAST, -5), (EAST, 3), (WEST, 5)]
    assert problems(shop) == []
    story = read(shop, "stock", "show", SKU)
    assert "resolve problem stock_refused" in story
    assert "(it is in the levels) by ada" in story
    for again in (("resolve", number, "--note", "yes"), ("retry", number)):
        refused = shop.says("problems", *again)
        assert (refused.code, f"problem {number} is resolved already: it is in the levels" in refused.err) == (2, True)


def test_person_who_sees_that_the_pair_did_not_arrive_has_it_sent_and_twice_is_refused(shop: World) -> None:
    number = in_doubt_with_a_sale(shop, "dropped")
    assert sorted(told(shop)) == [(EAST, 3)]

    read(shop, "problems", "retry", number)
    assert "is resolved already: retried" in shop.says("problems", "retry", number).err
    shop.run()
    shop.run()

    assert sorted(told(shop)) == [(EAST, -5), (EAST, 3), (WEST, 5)]
    assert problems(shop) == []


@pytest.mark.parametrize(("fault", "arrived"), [("dropped", []), ("lost_reply", [(EAST, -2)])])
def test_what_others_do_at_the_cart_is_taken_neither_for_the_change_nor_for_its_absence(
    shop: World, fault: str, arrived: list[tuple[int, int]]
) -> None:
    east = shop.cart.available(SKU)[EAST]
    shop.warehouse.acts(pull(2, "EAST", SKU))
    shop.cart.faults(**{fault: 1.0}, only_paths="UpdateQuantity", max_faults=1)
    shop.run(retry=UNSETTLED)
    if arrived:
        types_in(shop, SKU, EAST, east + 5)
    else:
        shop.cart.ask("/_sell", {SKU: 2})
    assert shop.cart.available(SKU)[EAST] == (east + 5 if arrived else east - 2), "as if the opposite had happened"

    shop.run(later=LATER)
    shop.run(later=2 * LATER)

    assert told(shop) == arrived
    [problem] = problems(shop)
    assert "nobody can tell whether it arrived. SKU-0001: -2 at centre 1." in problem.text


def test_sku_of_two_products_is_refused_until_one_is_meant_and_then_all_of_it_is_told(new_shop: WorldMaker) -> None:
    shop = new_shop(cart={"profiles": [OURS, THEIRS]})
    shop.warehouse.acts(put(7, "EAST", SKU))
    shop.run()
    shop.warehouse.acts(put(2, "WEST", SKU), put(1, "EAST", OTHER))
    shop.run()
    [first, _, _] = problems(shop)
    assert "the SKU 'SKU-0001' stands for 2 products of ChannelAdvisor" in first.text
    assert "name the one profile that is meant in the connection's settings (`stock_profile`" in first.text

    shop.connections["cart"]["stock_profile"] = OURS
    assert "3 of 3 problems." in read(shop, "problems", "retry", "--like", first.number)
    shop.run()
    shop.run()

    def quantities(profile: int) -> list[tuple[int, int]]:
        [story] = shop.cart.ask(f"/_truth/stock?sku={SKU}&profile={profile}")["products"].values()
        return [(line["center"], line["quantity"]) for line in story["ledger"]]

    assert (quantities(OURS), quantities(THEIRS)) == ([(EAST, 7), (WEST, 2)], [])
    assert problems(shop) == []


def test_stored_id_counts_only_while_its_product_bears_the_sku(shop: World) -> None:
    shop.pipeline["catalog_source"] = "cart"
    read(shop, "services", "run", "catalog")
    shop.cart.ask("/_products", {"sku": SKU, "rename": "SKU-WAS-0001"})
    shop.cart.ask("/_products", {"create": {"Sku": SKU, "ProfileID": OURS, "Title": "Another one"}})
    shop.warehouse.acts(put(5, "EAST", SKU), put(1, "EAST", OTHER))
    for service in ("collect", "stock"):
        read(shop, "services", "run", service)

    assert (told(shop), told(shop, "SKU-WAS-0001"), told(shop, OTHER)) == ([(EAST, 5)], [], [(EAST, 1)])
    assert problems(shop) == []


def test_product_that_the_cart_does_not_have_yet_is_told_what_moved_when_it_has_it(new_shop: WorldMaker) -> None:
    new = "SKU-NEW"
    shop = new_shop(warehouse={"items": [SKU, new], "stock": {SKU: {"EAST": 5}}})
    shop.warehouse.acts(put(6, "EAST", new), put(1, "EAST", SKU))
    shop.run()
    assert told(shop) == [(EAST, 1)], "the others go on"
    [problem] = problems(shop)
    assert "ChannelAdvisor has no product with the SKU 'SKU-NEW'" in problem.text

    shop.cart.ask("/_products", {"create": {"Sku": new, "ProfileID": OURS, "Title": "New"}})
    shop.warehouse.acts(pull(2, "EAST", new))
    shop.run()
    read(shop, "problems", "retry", problem.number)
    shop.run()
    assert told(shop, new) == [(EAST, -2), (EAST, 6)]
    assert shop.cart.available(new) == {EAST: 4}


def test_cart_that_knows_a_product_by_another_name_is_told_by_that_and_of_others_nothing(shop: World) -> None:
    (shop.folder / "names.csv").write_text(f"sku,type,alias\n{SKU},shop,{THIRD}\n{OTHER},old,{SKU}\n")
    shop.pipeline["stock"] = {"alias": "shop", "aliases": "names.csv"}
    shop.warehouse.acts(put(4, "EAST", SKU), carried(1, "EAST", "WEST"), put(5, "EAST", OTHER), put(6, "DOCK", THIRD))
    read(shop, "services", "run", "collect")

    assert "2 movements without alias" in read(shop, "services", "run", "stock")

    assert sums(shop, SKU, OTHER, THIRD) == {(THIRD, EAST): 3, (THIRD, WEST): 1}
    assert "it has no alias of type shop" in read(shop, "stock", "movements", OTHER)
    assert f"{SKU} also {THIRD}" in read(shop, "stock", "show", SKU)
    assert "put 4 to EAST" in read(shop, "stock", "show", THIRD), "the story is found by either name"
    assert problems(shop) == [], "of a product that the cart does not know, no area matters"


def test_names_come_from_the_codes_of_the_catalogue_and_one_that_two_products_share_is_nobodys(shop: World) -> None:
    shop.cart.ask("/_products", {"create": {"Sku": "4006381333931", "ProfileID": OURS, "Title": "By its code"}})
    shop.cart.edits(SKU, UPC="4006381333931")
    shop.cart.edits(OTHER, UPC="4006381333931")
    shop.pipeline.update(catalog_source="cart", stock={"alias": "UPC"})
    shop.run()
    shop.warehouse.acts(put(4, "EAST", SKU), put(5, "EAST", OTHER))
    shop.run()
    code = "4006381333931"
    assert told(shop, code) == []
    assert f"its alias {code} of type UPC stands for SKU-0002 too" in read(shop, "stock", "movements", SKU)

    shop.cart.edits(OTHER, UPC="")
    read(shop, "services", "run", "catalog")
    shop.warehouse.acts(put(1, "EAST", SKU), put(1, "EAST", OTHER))
    shop.run()
    assert told(shop, code) == [(EAST, 1)]
    assert "it has no alias of type UPC" in read(shop, "stock", "movements", OTHER)
    assert sums(shop, SKU, OTHER) == {}


def test_of_what_is_left_out_the_cart_hears_nothing_and_the_list_says_why(shop: World) -> None:
    shop.pipeline["stock"] = {"leave_out": ["*-0002", THIRD]}
    shop.warehouse.acts(put(4, "EAST", SKU), put(5, "EAST", OTHER), put(6, "DOCK", THIRD))
    read(shop, "services", "run", "collect")

    assert "1 movements planned, 2 movements left out, 1 done" in read(shop, "services", "run", "stock")

    assert sums(shop, SKU, OTHER, THIRD) == {(SKU, EAST): 4}
    outcomes = {one["sku"]: one["outcome"] for one in data(shop, "stock", "movements")}
    assert outcomes == {SKU: "", OTHER: "left out by `stock.leave_out`", THIRD: "left out by `stock.leave_out`"}
    assert "left out by `stock.leave_out`" in read(shop, "stock", "show", THIRD)
    assert problems(shop) == []


def test_stock_that_is_told_together_is_told_at_one_centre(shop: World) -> None:
    shop.pipeline["stock"] = {"combined_at": str(WEST)}
    shop.warehouse.acts(put(4, "EAST", SKU), pull(1, "WEST", SKU), carried(9, "EAST", "WEST"))
    shop.run()
    assert told(shop) == [(WEST, 3)]
    moves = {one["kind"]: one["state"] for one in data(shop, "stock", "movements")}
    assert moves == {"put": "planned", "pull": "planned", "move": "nothing"}


def test_levels_that_people_set_one_after_the_other_are_one_level_and_movements_come_on_top(shop: World) -> None:
    for level in (5, 6, 7):
        read(shop, "stock", "set", SKU, f"1={level}", "--by", "bob")
    read(shop, "stock", "set", SKU, "1=9", "2=4", "--by", "ada")
    read(shop, "stock", "adjust", SKU, "1=+1")
    shop.warehouse.acts(put(3, "EAST", SKU), put(4, "WEST", SKU))

    replaced = data(shop, "stock", "list", "--state", "replaced")
    assert [one["quantities"]["1"] for one in replaced] == [7, 6, 5]
    assert all("replaced by the newer level set/SKU-0001/" in one["error"] for one in replaced)
    shop.run()
    shop.run()

    assert [(center, number) for center, kind, number in shop.cart.updates(SKU) if kind == "UnShipped"] == [
        (EAST, 9),
        (WEST, 4),
    ], "only the newest of them was sent"
    assert shop.cart.available(SKU) == {EAST: 9 + 1 + 3, WEST: 4 + 4}
    assert "on hand 5 at 1: replaced by the newer level" in read(shop, "stock", "show", SKU)


def test_what_moves_while_a_pipeline_changes_from_levels_to_differences_is_found_and_never_told_twice(
    shop: World,
) -> None:
    shop.pipeline["stock"] = {"send": "set", "first_sync": "send"}
    shop.run()
    assert shop.cart.available(SKU) == {EAST: 50, WEST: 50}
    shop.warehouse.acts(put(7, "EAST", SKU))
    for service in ("collect", "stock"):
        read(shop, "services", "run", service)
    [left] = data(shop, "stock", "movements")
    assert (left["state"], left["promise_key"]) == ("level", ""), "the next level would tell it"

    shop.pipeline["stock"] = {"send": "adjust"}
    shop.warehouse.acts(put(1, "EAST", SKU))
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 50 + 1
    [between] = compared(shop, "--sku", SKU)["lines"]
    assert (between["center"], between["difference"]) == ("1", 7)
    assert "what moved between the last level and the first difference is in neither" in between["because"]
    read(shop, "reconcile", "repair", "--sku", SKU, "--yes")
    shop.run()
    assert shop.cart.available(SKU)[EAST] == 50 + 7 + 1

    shop.pipeline["stock"] = {"send": "set"}
    shop.warehouse.acts(put(3, "EAST", SKU))
    shop.run(later=timedelta(hours=2))
    assert shop.cart.available(SKU) == {EAST: 50 + 7 + 1 + 3, WEST: 50}
    assert compared(shop, "--sku", SKU)["lines"] == []


def test_slip_of_a_tired_operator_changes_nothing_and_says_what_to_write(shop: World) -> None:
    slips: dict[tuple[str, ...], str] = {
        ("list", "--state", "replacd"): "did you mean 'replaced'?",
        ("movements", "--state", "unmaped"): "did you mean 'unmapped'?",
        ("adjust", SKU, "1=3"): "a difference bears its sign, such as 1=+3 or 1=-3",
        ("move", SKU, "1", "1", "4"): "from one distribution centre to another one",
        ("set", SKU, "1=-4"): "-4 is below zero",
    }
    for typed, said in slips.items():
        refused = shop.says("stock", *typed)
        assert (refused.code, said in " ".join(refused.err.split())) == (2, True), refused
    assert data(shop, "stock", "list") == []
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"send": "adjsut"}, "pipelines.main.stock.send found 'adjsut' allowed 'adjust' or 'set' nearest adjust"),
        ({"buffer": 3}, 'buffer with send = "set": a difference knows no level'),
        ({"combined_at": "7"}, "`stock.combined_at` among its distribution centres: 1, 2"),
        ({"alias": "UPC"}, "a file of `stock.aliases`, or a catalog_source, where products have the `stock.alias`"),
        ({"leave_out": THIRD}, f"stock.leave_out found '{THIRD}' allowed a list, such as [\"{THIRD}\"]"),
        ({"leaveout": [THIRD]}, "stock.leaveout found there is no such key"),
    ]
    for stock, said in mistakes:
        shop.pipeline["stock"] = stock
        assert said in refusal(shop)
