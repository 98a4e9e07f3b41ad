"""Cancels, as stories: asked for by an operator, the warehouse or the cart, and everyone's final word is shown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from world import Line, World
from world.reading import order_line, order_now, problems, read
from world.running import running, until
from world.sales import line_id

WorldMaker = Callable[..., World]
SITE, BY_HAND = 996, {"marketplace_answers": "by_hand"}


def sold(world: World, *, release: bool = True) -> int:
    """Three and one unit on two lines."""
    world.pipeline["services"]["release"] = "1m" if release else "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 3), Line("SKU-0002"))
    world.run()
    return order


def cancel(world: World, *arguments: str, reason: str = "not_available") -> Any:
    return world.says("orders", "cancel", "A-1", "--reason", reason, *arguments)


def answered(world: World) -> None:
    """Later the marketplaces have been asked, and what is left of the order was read again."""
    for minutes in (20, 40):
        world.run(later=timedelta(minutes=minutes))


def story(world: World) -> str:
    return read(world, "orders", "show", "A-1")


def test_operator_cancels_a_part_and_the_rest_leaves_when_the_marketplace_has_agreed(new_world: WorldMaker) -> None:
    world = new_world(cart=BY_HAND)
    order = sold(world, release=False)
    first, second = line_id(order, 1), line_id(order, 2)
    told = cancel(world, "--line", first, "--quantity", "2", "--restock", "--by", "dana")
    assert (told.code, "The cart has it" in told.out) == (0, True)
    world.pipeline["services"]["release"] = "1m"
    world.run()
    assert world.warehouse.orders() == {}
    assert "adjusting: a cancellation is under way, the marketplace has not answered yet" in order_line(world, "A-1")

    world.cart.answers("accept", order=order)
    answered(world)
    requested = {line["host_id"]: line["requested"] for line in world.warehouse.orders()["A-1"]["lines"]}
    assert requested == {first: 1, second: 1}
    [asked] = world.cart.order(order)["adjustments"]
    assert (asked["units"], asked["restock"]) == (2, True)
    assert f"asked for cancellation of 2 units of line {first}, not available" in story(world)
    assert "done: the marketplace's answer is accepted" in story(world)
    assert "dana: cancel order" in story(world)
    world.warehouse.works()
    world.run()
    assert order_line(world, "A-1") == "shipped"


def test_marketplace_that_says_no_later_is_heard_and_a_person_has_the_order_shipped_all_the_same(
    new_world: WorldMaker,
) -> None:
    world = new_world(cart=BY_HAND)
    order = sold(world, release=False)
    cancel(world, "--line", line_id(order, 1), "--quantity", "2")
    world.pipeline["services"]["release"] = "1m"
    world.cart.answers("refuse", order=order, comment="The buyer insists.")
    answered(world)
    assert "marketplace_refused: The marketplace refuses" in order_line(world, "A-1")
    [problem] = problems(world)
    assert "The buyer insists." in problem.text
    assert "`crossdock orders release`" in problem.text
    assert world.warehouse.orders() == {}

    read(world, "orders", "release", "A-1")
    world.run()
    assert world.warehouse.orders().keys() == {"A-1"}
    assert problems(world) == []
    assert "the marketplace refused it, and a person had the order shipped (Error: The buyer insists.)" in story(world)


@pytest.mark.parametrize(
    ("abilities", "asked", "sentence"),
    [
        ({"item_cancellations": False}, ["--line", "{first}"], "does not take cancellations of single lines"),
        (
            {"partial_quantities": False},
            ["--line", "{first}", "--quantity", "1"],
            "does not support adjusting a part of",
        ),
        ({"order_cancellations": False, "item_cancellations": False}, [], "does not take cancellations"),
    ],
)
def test_what_the_marketplace_does_not_take_is_refused_with_what_it_does_take(
    new_world: WorldMaker, abilities: dict[str, bool], asked: list[str], sentence: str
) -> None:
    world = new_world(cart={"site_abilities": {SITE: abilities}})
    order = sold(world, release=False)
    refused = cancel(world, *(word.format(first=line_id(order, 1)) for word in asked))
    assert (refused.code, sentence in " ".join(refused.out.split())) == (1, True), refused.out
    assert world.cart.order(order)["adjustments"] == []
    assert order_now(world, "A-1")["reason"].startswith("adjust_refused:")
    [problem] = problems(world)
    assert sentence in problem.text
    assert sentence in story(world)


def test_slips_of_the_one_who_types_are_answered_with_what_to_type(world: World) -> None:
    order = sold(world, release=False)
    first = line_id(order, 1)
    slips = {
        ("--line", "7"): f"order A-1 has no line 7; it has {first} (SKU-0001, 3 units)",
        ("--quantity", "2"): "say of which line 2 units are meant",
        ("--line", first, "--quantity", "9"): f"line {first} (SKU-0001) has 3 units, not 9",
    }
    said = {arguments: cancel(world, *arguments) for arguments in slips}
    assert [slip for slip, words in slips.items() if said[slip].code != 2 or words not in said[slip].err] == []
    assert "did you mean" in cancel(world, reason="not_avalable").err
    assert world.cart.order(order)["adjustments"] == []

    cancel(world, "--line", first, "--quantity", "1")
    twice = cancel(world, "--line", first, "--quantity", "1")
    assert (twice.code, "to ask for it once more, add --again" in twice.err) == (2, True)
    assert len(world.cart.order(order)["adjustments"]) == 1


def test_cancel_after_the_release_is_asked_for_only_when_a_person_means_it(world: World) -> None:
    order = sold(world)
    refused = cancel(world)
    assert (refused.code, "the warehouse has order A-1 already" in refused.err) == (2, True)
    assert world.cart.order(order)["adjustments"] == []

    assert cancel(world, "--anyway").code == 0
    answered(world)
    assert order_line(world, "A-1").startswith("cancelled")
    assert world.cart.order(order)["shipping"] == "Canceled"


def test_too_late_is_said_to_a_person_and_shown(world: World) -> None:
    order = sold(world)
    world.warehouse.works()
    world.run()
    late = cancel(world)
    assert (late.code, late.err) == (
        2,
        "it is too late, order A-1 has left: `crossdock orders refund A-1` pays back; or add --anyway",
    )
    insisted = cancel(world, "--anyway")
    assert (insisted.code, "refund what has shipped (4 units) instead" in insisted.out) == (1, True)
    assert "rejected: nothing of order" in story(world)
    assert order_line(world, "A-1") == "shipped"
    assert world.cart.order(order)["adjustments"] == []


def test_cancel_by_the_cart_before_the_release_ends_the_order_with_the_reason(world: World) -> None:
    order = sold(world, release=False)
    world.cart.cancels(order)
    read(world, "orders", "fetch", "A-1")
    world.pipeline["services"]["release"] = "1m"
    world.run()
    assert order_line(world, "A-1") == "skipped cancelled at the cart"
    assert world.warehouse.orders() == {}
    assert problems(world) == []
    assert "cart has cancellation of the whole order, begun by the buyer or the marketplace" in story(world)


def test_cancel_by_the_cart_that_comes_too_late_is_one_problem_that_says_so(world: World) -> None:
    order = sold(world)
    world.warehouse.works()
    world.run()
    world.cart.changes(order, CheckoutStatus="Cancelled", ShippingStatus="Canceled")
    for _ in range(2):
        read(world, "orders", "fetch", "A-1")
    [problem] = problems(world)
    assert "Order A-1 was cancelled at the cart after the warehouse got it" in problem.text
    assert "It is too late: all of it has left, and the cart was told" in problem.text
    assert "`crossdock orders refund`" in problem.text
    assert order_line(world, "A-1") == "shipped"


def ends_short(world: World, order: int, reason: str) -> None:
    """Two of three units are packed, and the one of the second line; nobody looks for the rest."""
    pick = {"act": "pick", "order": "A-1"}
    world.warehouse.acts(
        {"act": "batch", "orders": ["A-1"]},
        {**pick, "line": line_id(order, 1), "quantity": 2},
        {**pick, "line": line_id(order, 2)},
        {"act": "complete", "order": "A-1", "short": True, "reason": reason},
        {"act": "pack", "order": "A-1"},
    )
    world.run()


def test_short_pick_asks_a_person_with_the_command_to_type(world: World) -> None:
    world.pipeline.update({"short_picks": "ask", "cancel_reasons": {"DAMAGED": "could_not_ship"}})
    order = sold(world)
    ends_short(world, order, "Damaged")
    [problem] = problems(world)
    assert "the warehouse will not ship 1 of SKU-0001 (Damaged)" in problem.text
    command = f"orders cancel A-1 --line {line_id(order, 1)} --quantity 1 --reason could_not_ship --anyway"
    assert f"`crossdock {command}`" in problem.text
    assert f"short 1 unit of line {line_id(order, 1)} of A-1 (Damaged): open" in story(world)
    assert world.cart.order(order)["adjustments"] == []

    read(world, *command.split())
    answered(world)
    assert problems(world) == []
    assert "reason CouldNotShip" in story(world)
    assert order_line(world, "A-1") == "shipped"


@pytest.mark.parametrize(("words", "reason"), [("Damaged", "could not ship"), ("EATEN BY MICE", "not available")])
def test_short_pick_is_cancelled_by_itself_with_the_mapped_reason(world: World, words: str, reason: str) -> None:
    world.pipeline.update({"short_picks": "cancel", "cancel_reasons": {"DAMAGED": "could_not_ship"}})
    order = sold(world)
    ends_short(world, order, words)
    answered(world)
    [asked] = world.cart.order(order)["adjustments"]
    assert (str(asked["line"]), asked["units"]) == (line_id(order, 1), 1)
    assert f"asked for cancellation of 1 unit of line {line_id(order, 1)}, {reason}" in story(world)
    assert world.cart.shipped(order) == {line_id(order, 1): 2, line_id(order, 2): 1}
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


def test_short_pick_that_the_marketplace_does_not_take_is_a_problem_and_not_asked_again(new_world: WorldMaker) -> None:
    world = new_world(cart={"site_abilities": {SITE: {"item_cancellations": False}}})
    world.pipeline["short_picks"] = "cancel"
    order = sold(world)
    ends_short(world, order, "")
    answered(world)
    world.run(later=timedelta(hours=2))
    [problem] = problems(world)
    assert "does not take cancellations of single lines" in problem.text
    assert world.cart.order(order)["adjustments"] == []
    assert world.cart.shipped(order) == {line_id(order, 1): 2, line_id(order, 2): 1}
    assert order_line(world, "A-1") == "part shipped"


def test_what_is_typed_while_crossdock_runs_is_left_to_it_and_done_once(world: World) -> None:
    order = sold(world)
    late = world.cart.sells("A-2", Line("SKU-0003"))
    world.run()
    world.warehouse.works("A-2")
    world.run()
    world.cart.sells("A-3", Line("SKU-0004"))
    with running(world):
        until(lambda: "A-3" in world.warehouse.orders())
        asked = cancel(world, "--line", line_id(order, 2), "--anyway")
        assert (asked.code, "the crossdock that runs asks the cart within seconds" in asked.out) == (0, True)
        assert "the crossdock that runs looks it up within seconds" in read(world, "orders", "resend", "A-2")
        assert "takes order A-1 back within seconds" in read(world, "orders", "withdraw", "A-1", "--yes")
        until(lambda: "A-1" not in world.warehouse.orders())
        until(lambda: bool(world.cart.order(order)["adjustments"]))
    assert len(world.cart.order(order)["adjustments"]) == len(world.cart.ships(late)) == 1
    assert "withdrawn: a person took it back" in order_line(world, "A-1")
