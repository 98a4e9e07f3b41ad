"""What an operator reads: the commands of crossdock, without the lines that a screen makes of them."""

import re
from typing import NamedTuple

from world.operator import World

_IN_LIST = re.compile(r"^ *(\d+) ", re.MULTILINE)


class ReadProblem(NamedTuple):
    """An open problem: its number, and all that `crossdock problems show` says of it."""

    number: str
    text: str


def problems(world: World) -> list[ReadProblem]:
    """Every open problem, the oldest first."""
    numbers = sorted(_IN_LIST.findall(world.says("problems", "list").out), key=int)
    return [ReadProblem(number, read(world, "problems", "show", number)) for number in numbers]


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
