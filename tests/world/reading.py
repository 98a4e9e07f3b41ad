"""What an operator reads: the commands of crossdock, without the lines that a screen makes of them."""

import json
from typing import Any, NamedTuple

from world.operator import World


class ReadProblem(NamedTuple):
    """An open problem: its number, and all that `crossdock problems show` says of it."""

    number: str
    text: str


def problems(world: World) -> list[ReadProblem]:
    """Every open problem, the oldest first."""
    numbers = sorted(one["id"] for one in data(world, "problems", "list", "--each"))
    return [ReadProblem(str(number), read(world, "problems", "show", str(number))) for number in numbers]


def read(world: World, *command: str) -> str:
    """What a command that goes well prints, as one line of words."""
    told = world.says(*command)
    assert told.code == 0, f"{' '.join(command)}: {told.out} {told.err}"
    return " ".join(told.out.split())


def order_line(world: World, number: str) -> str:
    """What `crossdock orders list` says of one order: its state, and why it is not further."""
    _, _, rest = read(world, "orders", "list", number).rpartition(" Marketplace ")
    _day, _minute, *state = rest.split()
    return " ".join(state)


def data(world: World, *command: str) -> Any:
    """What a command says with --json; one that ends with 1 has found something, and says it all the same."""
    finished = world.says(*command, "--json")
    assert finished.code in (0, 1), f"{' '.join(command)}: {finished.out} {finished.err}"
    return json.loads(finished.out)


def order_now(world: World, number: str) -> dict[str, Any]:
    """Where an order stands, as `crossdock orders show --json` says it."""
    return dict(data(world, "orders", "show", number)["order"])


def refusal(world: World) -> str:
    """What `crossdock check` says of a config that it refuses, as one line of words."""
    told = world.says("check")
    assert told.code == 1, told.out
    return " ".join(told.err.split())
