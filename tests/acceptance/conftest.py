"""The world that a story plays in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from world import World, open_world


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Open worlds with options; each has a folder of its own."""
    with ExitStack() as stack:

        def opened(name: str = "world", **options: Any) -> World:
            (folder := tmp_path / name).mkdir()
            return stack.enter_context(open_world(folder, **options))

        yield opened


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A quiet world: no order yet, no fault, no limit in the way."""
    return new_world()
