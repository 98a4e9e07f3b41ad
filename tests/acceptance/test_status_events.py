"""Of what the cart is told, as stories: the switch, rules that a cart cannot follow, and what is told again."""

from world import Line, World
from world.reading import order_line, problems, read


def packed(world: World) -> int:
    order = world.cart.sells("A-1", Line("SKU-0001", 2))
    world.run()
    world.warehouse.works()
    world.run()
    return order


def test_what_waits_while_nothing_is_told_goes_out_when_the_switch_is_on_again(world: World) -> None:
    world.pipeline["status_events"] = {"notify_cart": False}
    order = packed(world)
    assert world.cart.ships(order) == []
    assert "status_events.notify_cart is false" in read(world, "orders", "show", "A-1")
    assert problems(world) == []

    world.pipeline["status_events"] = {"notify_cart": True}
    world.run()
    world.run()
    assert len(world.cart.ships(order)) == 1
    assert order_line(world, "A-1") == "shipped"


def test_a_rule_that_this_cart_cannot_follow_is_refused_and_its_pipeline_does_not_run(world: World) -> None:
    world.pipeline["status_events"] = {"rules": [{"event": "packed", "notify_cart": True}]}
    told = world.says("check")
    assert told.code == 1
    assert "pipelines.main.status_events.rules[0]" in told.err
    assert "takes no shipment without a tracking number" in " ".join(told.err.split())
    told = world.says("run", "--once", "--quiet")
    assert told.code == 2
    assert "There is no pipeline that can run" in told.err


def test_what_was_told_is_looked_up_before_it_is_told_again(world: World) -> None:
    order = packed(world)
    told = read(world, "orders", "resend", "A-1", "--by", "ada")
    assert "the cart has it" in told
    assert len(world.cart.ships(order)) == 1
    assert "ada: resend" in read(world, "orders", "show", "A-1")
