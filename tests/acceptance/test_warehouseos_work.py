"""Work done in WarehouseOS, as stories: what is picked and packed reaches the cart by line, once, whatever is reset."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.error import URLError

import pytest
from world import Line, World
from world.audit import disagreements
from world.ends import Cart
from world.listening import Letter, Postbox, free_place, hears, listening
from world.operator import PATIENCE
from world.reading import order_line, problems, read
from world.sales import line_id
from world.settings import secret, write_secrets

from crossdock.sandbox import SandboxServer

WorldMaker = Callable[..., World]
Told = list[tuple[str | None, dict[str, int]]]
EVERY_KIND = ("box_closed", "pick_complete", "line_picked", "line_packed", "pick_reset", "box_reset", "order_verified")
FLOORS: Mapping[str, Mapping[str, Any]] = {
    "as assumed": {},
    "boxes keep their number": {"reopened_box": "same", "reset_of_packed": "silent"},
    "boxes have no transaction": {"reopened_box": "same", "document_transactions": False},
}
"""Ways in which tenants may tell of resets; no public page says which one is right."""


def act(what: str, **more: Any) -> dict[str, Any]:
    return {"act": what, "order": "A-1", **more}


def told(cart: Cart, order: int) -> Told:
    """Tracking number and units by line of everything that the cart accepted."""
    return [(ship["tracking"], ship["items"]) for ship in cart.ships(order)]


def boxes(world: World) -> Told:
    """The same of all boxes that stand in the warehouse."""
    return [(box["tracking_number"], box["pieces"]) for box in world.warehouse.orders()["A-1"]["boxes"]]


@contextmanager
def cart_hears_nothing(world: World) -> Iterator[None]:
    """What the warehouse tells is read, and not told on yet."""
    world.pipeline["services"]["confirm"] = "off"
    yield
    world.run()
    world.pipeline["services"]["confirm"] = "1m"


@pytest.fixture
def batched(world: World) -> tuple[World, int]:
    """Five and two pieces on two lines, ready to be picked."""
    return world, sold_and_batched(world)


def sold_and_batched(world: World) -> int:
    order = world.cart.sells("A-1", Line("SKU-0001", 5), Line("SKU-0002", 2))
    world.run()
    world.warehouse.acts({"act": "batch", "orders": ["A-1"]})
    return order


def test_short_pick_is_told_as_it_is_and_the_rest_when_it_is_found(batched: tuple[World, int]) -> None:
    world, order = batched
    first, second = line_id(order, 1), line_id(order, 2)
    world.warehouse.acts(act("pick", line=first, quantity=3), act("complete"), act("pack"))
    world.run()
    assert world.cart.shipped(order) == {first: 3, second: 0}
    assert world.cart.still_open(order) == {first: 2, second: 2}
    assert order_line(world, "A-1") == "part shipped"

    world.warehouse.acts(act("pick"), act("pack"), act("verify"))
    world.run()

    assert told(world.cart, order) == boxes(world)
    assert [items for _, items in told(world.cart, order)] == [{first: 3}, {first: 2, second: 2}]
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


def test_each_box_is_told_with_its_number_when_it_is_closed(batched: tuple[World, int]) -> None:
    world, order = batched
    first, second = line_id(order, 1), line_id(order, 2)
    world.warehouse.acts(
        act("pick"),
        act("pack", line=first, quantity=2),
        act("pack", line=second),
        act("pack", line=first, quantity=2, box="BIG", close=False),
    )
    world.run()
    assert [items for _, items in told(world.cart, order)] == [{first: 2}, {second: 2}]

    world.warehouse.acts(act("pack", line=first, quantity=1, box="BIG", tracking="1Z-BY-HAND"))
    world.run()

    assert told(world.cart, order)[-1] == ("1Z-BY-HAND", {first: 3})
    assert len({tracking for tracking, _ in told(world.cart, order)}) == 3
    assert order_line(world, "A-1") == "shipped"
    story = read(world, "orders", "show", "A-1")
    assert "packed box" in story
    assert "1Z-BY-HAND" in story


@pytest.mark.parametrize("floor", FLOORS)
def test_box_that_is_taken_back_before_the_cart_heard_of_it_counts_for_nothing(
    new_world: WorldMaker, floor: str
) -> None:
    world = new_world(warehouse=FLOORS[floor])
    order = sold_and_batched(world)
    two_boxes = [act("pick"), act("pack", item="SKU-0001"), act("pack", item="SKU-0002")]
    with cart_hears_nothing(world):
        world.warehouse.acts(*two_boxes)
    world.warehouse.acts(act("reset"))
    world.run()
    assert told(world.cart, order) == []

    world.warehouse.acts(*two_boxes)
    world.warehouse.acts(act("reopen", box=world.warehouse.orders()["A-1"]["boxes"][0]["number"]))
    world.run()
    assert told(world.cart, order) == boxes(world)
    assert world.cart.shipped(order) == {line_id(order, 1): 0, line_id(order, 2): 2}

    world.warehouse.acts(act("pack"))
    world.run()
    assert told(world.cart, order) == boxes(world)
    assert set(world.cart.still_open(order).values()) == {0}
    assert problems(world) == []


def test_box_that_is_taken_back_after_the_cart_heard_of_it_is_for_a_person(batched: tuple[World, int]) -> None:
    world, order = batched
    world.warehouse.acts(act("pick"), act("pack"))
    world.run()
    before = told(world.cart, order)
    world.warehouse.acts(act("reset"))
    world.run()
    [problem] = problems(world)
    assert "A-1-1 back, of which the cart was told or may have been told" in problem.text
    assert "Correct it at the cart: another tracking number when the goods leave after all" in problem.text

    world.warehouse.acts(act("pick"), act("pack"))
    world.run()

    assert told(world.cart, order) == before, "the cart is told of no piece twice"
    taken_back, *over = problems(world)
    assert taken_back == problem
    assert all("were picked" in one.text and "were asked for" in one.text for one in over)
    for one in (taken_back, *over):
        read(world, "problems", "resolve", one.number, "--note", "the cart has the new number now")
    world.run()
    assert problems(world) == []
    assert "took back box A-1-1 of A-1" in read(world, "orders", "show", "A-1")


def test_where_picks_are_what_counts_the_cart_hears_of_picks_and_of_no_box(new_world: WorldMaker) -> None:
    world = new_world(warehouse={"labels": "before_packing"})
    world.connections["warehouse"]["confirm_at"] = "pick"
    order = sold_and_batched(world)
    first, second = line_id(order, 1), line_id(order, 2)
    with cart_hears_nothing(world):
        world.warehouse.acts(act("pick", line=first, quantity=3), act("complete"), act("pick"))
    world.warehouse.acts(act("reset", picks=["A-1-P2"]))
    world.run()
    assert [items for _, items in told(world.cart, order)] == [{first: 3}]

    world.warehouse.acts(act("pick"), act("pack"))
    world.run()

    assert [items for _, items in told(world.cart, order)] == [{first: 3}, {first: 2, second: 2}]
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


@pytest.mark.parametrize("moment", ["pick", "pack"])
def test_where_lines_report_each_piece_is_told_once_whatever_else_is_switched_on(
    new_world: WorldMaker, moment: str
) -> None:
    world = new_world(warehouse={"triggers": EVERY_KIND, "labels": "before_packing"})
    world.connections["warehouse"] |= {"confirm_at": moment, "report_by": "line"}
    order = sold_and_batched(world)
    first, second = line_id(order, 1), line_id(order, 2)
    world.warehouse.acts(act("pick", line=first, quantity=3))
    world.warehouse.acts(act("pack", line=first, close=False), act("pick"), act("pack"))
    world.run()

    pieces = [items for _, items in told(world.cart, order)]
    assert sorted(pieces, key=str) == [{first: 2}, {first: 3}, {second: 2}]
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []


def test_messages_that_come_twice_and_in_no_order_are_one_truth(new_world: WorldMaker) -> None:
    world = new_world(orders=12, warehouse={"redeliver": 1.0, "shuffle": True})
    world.connections["warehouse"]["queue_page_size"] = 3
    world.run()
    for seed in (1, 2):
        with cart_hears_nothing(world):
            world.warehouse.works(seed=seed, short_picks=0.3, split_boxes=0.6, resets=0.4)
    world.warehouse.works()
    world.run()
    world.run()

    assert world.warehouse.truth()["queue"] == 0
    assert disagreements(world) == []
    assert problems(world) == []


@contextmanager
def pushing_world(new_world: WorldMaker, *triggers: str) -> Iterator[tuple[World, list[Letter]]]:
    """A world whose warehouse signs what it sends to a URL; gives the letters that wait there."""
    box = Postbox()
    with SandboxServer(box) as server:
        push = {"url": server.url, "triggers": triggers, "secret": "known to both"}
        world = new_world(warehouse={"push": push})
        write_secrets(world.folder, push="known to both", other="known to nobody")
        world.connections["warehouse"]["push"] = {"secret": secret("push")}
        yield world, box.letters


def test_call_without_proof_changes_nothing_and_one_with_proof_counts_once(new_world: WorldMaker) -> None:
    with pushing_world(new_world, "box_closed") as (world, letters):
        order = sold_and_batched(world)
        world.warehouse.acts(act("pick"), act("pack"))
        assert world.warehouse.ask("/_pushes", {}) == {"pushed": 1, "push failed": 0}
        [letter] = letters
    unsigned = replace(letter, headers={"content-type": "application/json"})
    forged = replace(letter, body=letter.body.replace(b'"Quantity":5', b'"Quantity":4'))

    with listening(world) as address:
        answers = [one.carried_to(address) for one in (unsigned, forged, letter, letter)]
    assert answers == [401, 401, 204, 204]
    world.run()
    with listening(world) as address:
        assert letter.carried_to(address) == 204
    with listening(world, later=timedelta(minutes=6)) as address:
        assert letter.carried_to(address) == 401, "too old"
    world.run()

    assert told(world.cart, order) == boxes(world)
    assert problems(world) == []


def test_reset_in_the_queue_overtakes_the_box_that_is_sent(new_world: WorldMaker) -> None:
    with pushing_world(new_world, "box_closed") as (world, letters):
        order = sold_and_batched(world)
        world.warehouse.acts(act("pick"), act("pack"), act("reset"))
        world.run()
        world.warehouse.acts(act("pick"), act("pack"))
        assert world.warehouse.ask("/_pushes", {}) == {"pushed": 2, "push failed": 0}

    with listening(world) as address:
        assert [letter.carried_to(address) for letter in letters] == [204, 204]
    world.run()

    assert told(world.cart, order) == boxes(world)
    assert problems(world) == []


def test_box_that_is_sent_is_not_lost_with_the_process_that_was_told(new_world: WorldMaker) -> None:
    place = free_place()
    address = f"http://{place}/webhooks/warehouse/a-secret-that-nobody-guesses"
    world = new_world(warehouse={"push": {"url": address, "secret": "known to both"}})
    assert hears(world, place) == address
    write_secrets(world.folder, push="known to both")
    world.connections["warehouse"]["push"] = {"secret": secret("push")}
    order = sold_and_batched(world)
    usual = world.pipeline["services"]
    world.pipeline["services"] = dict.fromkeys(usual, "off")
    with world.start("run", "--quiet") as process:
        wait_for(address)
        world.warehouse.acts(act("pick"), act("pack"))
        assert world.warehouse.ask("/_pushes", {}) == {"pushed": 1, "push failed": 0}
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert told(world.cart, order) == []

    world.pipeline["services"] = usual
    world.run()

    assert told(world.cart, order) == boxes(world)
    assert problems(world) == []


def wait_for(address: str) -> None:
    """Knock until somebody is there."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            assert Letter({}, b"").carried_to(address) == 401
            return
        except URLError:
            assert monotonic() < deadline, "crossdock does not listen"
