"""The world that a story plays in."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from world import World, open_world


@pytest.fixture
def new_world(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Callable[..., World]]:
    """Open worlds with options; each has a folder and a database of its own."""
    with ExitStack() as stack:

        def opened(name: str = "world", **options: Any) -> World:
            (folder := tmp_path / name).mkdir()
            shutil.copy(migrated_sqlite, folder / "crossdock.db")
            return stack.enter_context(open_world(folder, **options))

        yield opened


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A quiet world: no order yet, no fault, no limit in the way."""
    return new_world()
