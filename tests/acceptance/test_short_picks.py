"""What a warehouse will not ship, as stories: the order ends with what was picked, and nothing is cancelled twice."""

from datetime import timedelta
from typing import Any

from world import Line, World
from world.reading import order_line, problems, read
from world.sales import line_id


def act(what: str, **more: Any) -> dict[str, Any]:
    return {"act": what, "order": "A-1", **more}


def sold(world: World, policy: str, **pipeline: Any) -> int:
    """Five and two pieces on two lines, ready to be picked."""
    world.pipeline.update({"short_picks": policy, **pipeline})
    order = world.cart.sells("A-1", Line("SKU-0001", 5), Line("SKU-0002", 2))
    world.run()
    world.warehouse.acts({"act": "batch", "orders": ["A-1"]})
    return order


def ends_short(world: World, order: int, reason: str = "DAMAGED") -> None:
    """Three of five pieces are packed; nobody looks for the rest."""
    picked = act("pick", line=line_id(order, 1), quantity=3)
    world.warehouse.acts(picked, act("complete", short=True, reason=reason), act("pack"))
    world.run()


def answered(world: World) -> None:
    """The cart is asked; later the marketplace has answered, and the order was read again."""
    world.run()
    for minutes in (20, 40):
        world.run(later=timedelta(minutes=minutes))


def test_what_a_complete_order_lacks_is_cancelled_at_the_cart_and_the_order_ends(world: World) -> None:
    order = sold(world, "cancel", cancel_reasons={"DAMAGED": "could_not_ship"})
    ends_short(world, order)
    answered(world)
    first, second = line_id(order, 1), line_id(order, 2)
    assert world.cart.shipped(order) == {first: 3, second: 0}
    told = world.cart.order(order)["adjustments"]
    assert len(told) == 2, told
    assert order_line(world, "A-1") == "shipped"
    assert problems(world) == []
    story = read(world, "orders", "show", "A-1")
    assert "will not ship 2 of line" in story
    assert "the cart is asked to cancel it" in story


def test_a_person_who_is_asked_types_what_the_problem_says(world: World) -> None:
    order = sold(world, "ask")
    ends_short(world, order)
    [problem] = problems(world)
    assert "Order A-1: the warehouse will not ship 2 of SKU-0001 (DAMAGED), 2 of SKU-0002 (DAMAGED)" in problem.text
    first, second = line_id(order, 1), line_id(order, 2)
    for line in (first, second):
        read(world, *f"orders cancel A-1 --line {line} --quantity 2 --reason not_available --anyway".split())
    answered(world)
    assert problems(world) == []
    assert order_line(world, "A-1") == "shipped"


def test_a_supervisor_who_resets_the_pick_has_the_rest_found(world: World) -> None:
    order = sold(world, "ask")
    world.warehouse.acts(act("pick", line=line_id(order, 1), quantity=3), act("complete", short=True))
    world.run()
    assert len(problems(world)) == 1
    world.warehouse.acts(act("reset"), act("pick"), act("pack"))
    world.run()
    world.run()
    assert problems(world) == []
    assert set(world.cart.still_open(order).values()) == {0}
    assert order_line(world, "A-1") == "shipped"
    assert world.cart.order(order)["adjustments"] == []
