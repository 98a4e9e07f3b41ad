"""Carriers as a story: for a box that no rule fits there is a pair that carts usually take, to be used if wanted."""

from shlex import split

from world import Line, World
from world.reading import data


def packed_without_a_rule(world: World) -> int:
    """An order is packed as UPS / GROUND, and no rule says what the cart calls that."""
    order: int = world.cart.sells("A-1", Line("SKU-0001"))
    world.pipeline["ship_methods"]["outbound"] = []
    world.run()
    world.warehouse.works()
    world.run()
    assert world.cart.ships(order) == []
    return order


def test_usual_pair_is_suggested_and_one_command_takes_it(world: World) -> None:
    order = packed_without_a_rule(world)

    [task] = data(world, "problems", "list", "--each")
    [waits] = data(world, "ship-methods", "list", "--unmapped")
    assert (waits["usual_carrier"], waits["usual_service"], waits["to_carrier"]) == ("UPS", "GROUND", "")
    assert "--to-carrier UPS --to-service GROUND` says what it is" in task["action"]
    world.says(*command_in(task["action"]))
    world.run()

    assert len(world.cart.ships(order)) == 1
    assert world.books.problems() == {}


def command_in(action: str) -> list[str]:
    """The arguments of the command that a problem quotes first."""
    return split(action.split("`")[1])[1:]


def test_usual_pair_is_used_where_the_operator_wants_that_and_try_says_so(world: World) -> None:
    order = packed_without_a_rule(world)

    world.pipeline["ship_methods"]["known_names"] = "use"
    world.run()

    assert [(one["carrier"], one["class"]) for one in world.cart.ships(order)] == [("UPS", "GROUND")]
    assert world.books.problems() == {}
    words = ("--direction", "outbound", "--carrier", "UPS®", "--service", "Ground")
    [answer] = data(world, "ship-methods", "try", *words)
    assert answer["because"] == "known name: UPS Ground usually goes by 'UPS / GROUND' there"
