"""A crossdock that runs by itself while people do other things."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic

from world.operator import World

PATIENCE = 30.0
BETWEEN_LOOKS = 0.2


@contextmanager
def running(world: World) -> Iterator[None]:
    """`crossdock run` while the block lasts."""
    with world.start("run") as process:
        try:
            yield
        finally:
            process.terminate()
            out, err = process.communicate(timeout=PATIENCE)
            print(out, err)
    assert process.returncode == 0


def until(reached: Callable[[], bool]) -> None:
    """Look again and again until something is so; between two looks the others may work."""
    deadline, looks = monotonic() + PATIENCE, Event()
    while not reached():
        assert monotonic() < deadline, f"not reached in {PATIENCE} s"
        looks.wait(BETWEEN_LOOKS)
