"""Orders in WarehouseOS, as stories: what gets in, what is refused and why, what can still be changed, and what not."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from world import Line, World, sale
from world.reading import order_line, problems, read
from world.sales import EAST, WEST, line_id

WorldMaker = Callable[..., World]
ADD_ORDER = "/api/OrderApi/AddOrder"
BATCHED = {"act": "batch", "orders": ["A-1"]}
STRICT = {"locked_answer": "400", "missing_answer": "null", "duplicate_answer": "200"}
KIND = {"locked_answer": "200", "missing_answer": "empty", "delete_answer": "200"}
LYING = {"locked_answer": "kept", "delete_answer": "200"}
TENANTS: Mapping[str, Mapping[str, Any]] = {"as assumed": {}, "strict": STRICT, "kind": KIND, "lying": LYING}
"""Ways in which tenants may answer; no public page says which one is right."""
BLIND = {"order": {"batch": "NotShown"}}
"""A tenant whose orders do not show that they are in a batch."""


def edit(world: World, order: int, *lines: Line, **more: Any) -> None:
    """Somebody changes the lines of order A-1 at the cart, which crossdock hears of at once."""
    newer = sale("A-1", *lines, order_id=order, **more)
    world.cart.changes(order, Items=newer["Items"], Fulfillments=newer["Fulfillments"])
    read(world, "orders", "fetch", "A-1")


def asked(world: World, number: str = "A-1") -> dict[str, int]:
    """Pieces of each item that the warehouse is to pick."""
    return {line["item"]: line["requested"] for line in world.warehouse.orders()[number]["lines"]}


def test_order_that_is_created_on_hold_is_picked_only_when_a_person_let_it_go(world: World) -> None:
    world.connections["warehouse"]["create_on_hold"] = True
    here, there = world.cart.sells("A-1", Line("SKU-0001")), world.cart.sells("A-2", Line("SKU-0002"))
    world.run()
    assert {told["status"] for told in world.warehouse.orders().values()} == {"Hold"}
    assert world.warehouse.works()["orders"] == 0
    assert world.cart.exports(here) == world.cart.exports(there) == 1

    assert read(world, "orders", "resume", "A-1") == "Work on order A-1 may begin."
    world.warehouse.acts({"act": "release", "order": "A-2"})
    assert world.warehouse.works()["orders"] == 2
    world.run()

    assert order_line(world, "A-1") == order_line(world, "A-2") == "shipped"


def test_order_is_held_in_the_warehouse_until_it_is_complete_and_goes_on(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 3))
    world.run()
    world.warehouse.acts(BATCHED, {"act": "pick", "order": "A-1", "quantity": 1, "item": "SKU-0001"})
    assert "`crossdock orders resume A-1` lets it go on" in read(world, "orders", "hold", "A-1")
    assert order_line(world, "A-1") == "released held at the warehouse by a person"
    assert world.warehouse.works()["orders"] == 0

    read(world, "orders", "resume", "A-1")
    world.warehouse.works()
    too_late = world.says("orders", "hold", "A-1")

    assert too_late.code == 2
    assert "order A-1 can no longer be held: it is Complete, batch B1, packed" in too_late.err
    world.run()
    assert world.cart.still_open(order) == {line_id(order, 1): 0}


def test_typo_in_a_sku_creates_no_item_and_names_the_near_one(new_world: WorldMaker) -> None:
    world = new_world(warehouse={"create_unknown_items": True, "items": ["SKU-0001", "SKU-0002"]})
    order = world.cart.sells("A-1", Line("SKU-0001"), Line("SKU-00O2", 4))
    world.cart.sells("A-2", Line("NEW-1"))
    world.run()
    typo, new = problems(world)
    assert "The warehouse refuses order A-1: SKU SKU-00O2 is not an item in WarehouseOS" in typo.text
    assert "did you mean SKU-0002?" in typo.text
    assert "NEW-1 is not an item in WarehouseOS, nor an alias or a bundle; add it there, then retry" in new.text
    assert world.warehouse.items().keys() == {"SKU-0001", "SKU-0002"}

    edit(world, order, Line("SKU-0001"), Line("SKU-0002", 4))
    world.warehouse.ask("/_items", ["NEW-1"])
    read(world, "problems", "retry", new.number)
    world.run()

    assert asked(world) == {"SKU-0001": 1, "SKU-0002": 4}
    assert asked(world, "A-2") == {"NEW-1": 1}
    assert problems(world) == []


def test_alias_of_one_item_is_taken_and_of_two_refused(world: World) -> None:
    twice = {"Alias": "UPC-2", "Quantity": 1}
    first = {"ItemNumber": "SKU-0001", "Aliases": [{"Alias": "UPC-1", "Quantity": 1}, twice]}
    world.warehouse.ask("/_items", [first, {"ItemNumber": "SKU-0002", "Aliases": [twice]}])
    good = world.cart.sells("A-1", Line("UPC-1", 3))
    world.cart.sells("A-2", Line("UPC-2"))
    world.run()
    assert asked(world) == {"SKU-0001": 3}
    [problem] = problems(world)
    assert "SKU UPC-2 is an alias of several items in WarehouseOS (SKU-0001, SKU-0002)" in problem.text

    world.warehouse.works()
    world.run()

    assert world.cart.shipped(good) == {line_id(good, 1): 3}
    assert len(problems(world)) == 1


def test_bundle_that_only_the_warehouse_knows_is_confirmed_when_all_of_it_is_packed(new_world: WorldMaker) -> None:
    world = new_world(warehouse={"bundles": {"SET-1": {"SKU-0001": 2, "SKU-0002": 1}}})
    order = world.cart.sells("A-1", Line("SET-1", 3), Line("SKU-0003"))
    world.run()
    assert asked(world) == {"SKU-0001": 6, "SKU-0002": 3, "SKU-0003": 1}
    pick = {"act": "pick", "order": "A-1"}
    short = [{**pick, "item": "SKU-0001", "quantity": 5}, {**pick, "item": "SKU-0002", "quantity": 3}]

    world.warehouse.acts(BATCHED, *short, {"act": "pack", "order": "A-1"})
    world.run()
    assert world.cart.shipped(order) == {line_id(order, 1): 2, line_id(order, 2): 0}, (
        "of the third set a piece is missing"
    )
    world.warehouse.works()
    world.run()

    assert world.cart.shipped(order) == {line_id(order, 1): 3, line_id(order, 2): 1}
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


def test_number_that_somebody_elses_order_has_is_left_alone_until_a_person_decides(world: World) -> None:
    theirs = {"OrderNumber": "A-1", "Lines": [{"HostId": "1", "ItemNumber": "SKU-0009", "Quantity": 7}]}
    world.warehouse.is_told(ADD_ORDER, theirs)
    order = world.cart.sells("A-1", Line("SKU-0001"), Line("SKU-0002"))
    world.run()
    [problem] = problems(world)
    assert "order number A-1 belongs to another order in WarehouseOS" in problem.text
    assert "it has 1 lines, ours 2" in problem.text
    for command in ("withdraw", "replace"):
        refused = world.says("orders", command, "A-1", "--yes")
        assert (refused.code, "the warehouse has not got order A-1" in refused.err) == (2, True)
    assert asked(world) == {"SKU-0009": 7}
    assert world.cart.exports(order) == 0

    world.warehouse.acts({"act": "delete", "order": "A-1"})
    read(world, "problems", "retry", problem.number)
    world.run()

    assert asked(world) == {"SKU-0001": 1, "SKU-0002": 1}
    assert world.cart.exports(order) == 1


def test_change_after_the_release_is_shown_line_by_line_and_replaced_by_a_person(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2), Line("SKU-0002"))
    world.run()
    world.cart.changes(order, ShippingCity="York", ShippingAddressLine1="1 Secret Lane")
    edit(world, order, Line("SKU-0001", 5), Line("SKU-0003"))
    [problem] = problems(world)
    assert "Order A-1 was changed at the cart after the warehouse got it" in problem.text
    for words in (" -> York;", "line 1 (SKU-0001): 2 -> 5;", "line 2: SKU SKU-0002 -> SKU-0003", "line1: changed"):
        assert words in problem.text
    assert "Secret Lane" not in problem.text
    world.run()
    assert asked(world) == {"SKU-0001": 2, "SKU-0002": 1}, "nothing is changed before a person has decided"

    assert "It is released now." in read(world, "orders", "replace", "A-1", "--yes")

    assert asked(world) == {"SKU-0001": 5, "SKU-0003": 1}
    assert problems(world) == []
    world.warehouse.works()
    world.run()
    assert set(world.cart.still_open(order).values()) == {0}


def test_order_on_which_people_work_stays_and_it_is_told_how_far_they_are(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()
    world.warehouse.acts(BATCHED, {"act": "pick", "order": "A-1", "item": "SKU-0001", "quantity": 1})
    edit(world, order, Line("SKU-0001", 3))

    locked = world.says("orders", "replace", "A-1", "--yes")

    assert locked.code == 1
    assert "The warehouse keeps order A-1: work on A-1 has begun (In Process, batch B1)." in locked.out
    changed, kept = problems(world)
    assert "line 1 (SKU-0001): 2 -> 3" in changed.text
    assert f"stop it in the warehouse, then `crossdock problems retry {kept.number}`" in kept.text
    world.warehouse.acts({"act": "reset", "order": "A-1"}, {"act": "unbatch", "order": "A-1"})
    read(world, "problems", "retry", kept.number)
    world.run()
    assert asked(world) == {"SKU-0001": 3}
    assert problems(world) == []


def test_changed_order_is_replaced_by_itself_where_the_operator_wants_that(world: World) -> None:
    world.pipeline["changes_after_release"] = "replace"
    order = world.cart.sells("A-1", Line("SKU-0001", 5), leaves_from={EAST: (2,), WEST: (3,)})
    world.run()
    edit(world, order, Line("SKU-0001", 7), leaves_from={EAST: (4,), WEST: (3,)})
    world.run()
    assert (asked(world, "A-1-1"), asked(world, "A-1-2")) == ({"SKU-0001": 4}, {"SKU-0001": 3})
    assert problems(world) == []

    world.warehouse.acts({"act": "batch", "orders": ["A-1-2"]})
    edit(world, order, Line("SKU-0001", 9), leaves_from={EAST: (4,), WEST: (5,)})
    world.run()
    [problem] = problems(world)
    assert "work on A-1-2 has begun (Available, batch B1)" in problem.text
    assert "A-1-1, which was taken back already, is sent again as it was" in problem.text
    assert "line 1 (SKU-0001): 7 -> 9" in problem.text
    assert (asked(world, "A-1-1"), asked(world, "A-1-2")) == ({"SKU-0001": 4}, {"SKU-0001": 3})

    world.warehouse.acts({"act": "unbatch", "order": "A-1-2"})
    read(world, "problems", "retry", problem.number)
    world.run()
    assert (asked(world, "A-1-1"), asked(world, "A-1-2")) == ({"SKU-0001": 4}, {"SKU-0001": 5})
    assert problems(world) == []


def test_order_of_which_the_cart_was_told_is_never_replaced(world: World) -> None:
    world.pipeline["changes_after_release"] = "replace"
    order = world.cart.sells("A-1", Line("SKU-0001", 4))
    world.run()
    world.warehouse.acts(BATCHED, {"act": "pick", "order": "A-1", "item": "SKU-0001", "quantity": 1})
    world.warehouse.acts({"act": "pack", "order": "A-1"})
    world.run()
    edit(world, order, Line("SKU-0001", 6))
    world.run()

    [problem] = problems(world)
    assert "line 1 (SKU-0001): 4 -> 6" in problem.text
    assert "The cart was told of a shipment of it already" in problem.text
    assert "cart was told of a shipment of order A-1" in world.says("orders", "withdraw", "A-1", "--yes").err
    assert asked(world) == {"SKU-0001": 4}


def test_cancelled_order_is_taken_back_by_a_person_and_never_shipped(world: World) -> None:
    order = world.cart.sells("A-1", Line("SKU-0001", 5))
    world.run()
    world.cart.cancels(order)
    read(world, "orders", "fetch", "A-1")
    [problem] = problems(world)
    assert "Order A-1 was cancelled at the cart after the warehouse got it" in problem.text
    assert "`crossdock orders withdraw A-1` takes it back while nobody works on it" in problem.text

    assert "It is skipped now (cancelled at the cart)." in read(world, "orders", "withdraw", "A-1", "--yes")

    world.run()
    assert world.warehouse.orders() == {}
    assert world.warehouse.works()["orders"] == 0
    assert problems(world) == []


def test_order_that_a_person_holds_is_not_sent_anew_behind_his_back(world: World) -> None:
    world.pipeline["changes_after_release"] = "replace"
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    read(world, "orders", "hold", "A-1")
    edit(world, order, Line("SKU-0001", 2))
    world.run()
    assert world.warehouse.orders() == {}
    assert "a person held it at the warehouse; `crossdock orders release` sends its newest" in order_line(world, "A-1")

    read(world, "orders", "release", "A-1")
    world.run()
    assert asked(world) == {"SKU-0001": 2}


@pytest.mark.parametrize("tenant", TENANTS)
def test_order_is_taken_back_and_sent_again_and_stays_once_it_is_batched(new_world: WorldMaker, tenant: str) -> None:
    world = new_world(warehouse=TENANTS[tenant])
    world.connections["warehouse"]["profile"] = BLIND
    world.cart.sells("A-1", Line("SKU-0001", 2))
    world.cart.sells("A-2", Line("SKU-0002"))
    world.run()
    world.warehouse.acts({"act": "batch", "orders": ["A-2"]})

    told = read(world, "orders", "withdraw", "A-1", "--yes")
    assert "The warehouse has forgotten order A-1. It is held now (withdrawn: a person took it back" in told
    locked = world.says("orders", "withdraw", "A-2", "--yes")
    assert (locked.code, "The warehouse keeps order A-2: work on A-2 has begun (Available: " in locked.out) == (1, True)
    assert world.warehouse.orders().keys() == {"A-2"}
    read(world, "orders", "release", "A-1")
    world.run()

    assert {number: order["creates"] for number, order in world.warehouse.orders().items()} == {"A-1": 2, "A-2": 1}
    assert (order_line(world, "A-1"), order_line(world, "A-2")) == ("released", "released")
    [problem] = problems(world)
    assert problem.text.startswith("The warehouse keeps order A-2")
