"""What makes the whole suite quicker and changes nothing that a test sees."""

import asyncio
import gc
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx._transports.default as httpx_transports
import pytest
import typer.main
import typer.testing
from hypothesis import settings
from sqlalchemy import Engine, create_engine, util
from sqlalchemy.engine.default import DefaultDialect

from crossdock.registry import discover, load
from crossdock.store import database, open_store

# What is imported and collected stays to the end; until then there is no garbage, and later there is little at a time.
gc.disable()
gc.set_threshold(20_000, 20, 50)

# Tests start many processes, and each compiles whatever no other one has left compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The certificates of the world take 30 ms to read; every client of the tests may share them.
httpx_transports.create_ssl_context = cache(httpx_transports.create_ssl_context)

# The tree of commands takes 50 ms to grow; a program grows it once, and so does this one.
typer.main.get_command = typer.testing._get_command = cache(typer.main.get_command)

# Nobody misses the database of a test after a power cut; without it, every commit waits for the disk.
database._PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in database._PRAGMAS)

# To compile a statement takes longer than to run it; a program does it once, and so do the databases of all tests.
DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
_compiled: util.LRUCache[Any, Any] = util.LRUCache(5_000)


def _create_engine(*args: Any, **options: Any) -> Engine:
    engine = create_engine(*args, **options)
    engine._compiled_cache = _compiled
    return engine


database.create_engine = _create_engine  # type: ignore[attr-defined]

# Nothing is installed while tests run, but what a test puts on the path for itself.
_path: list[str] = []
_usually_installed = cache(discover.installed_plugins)


def _installed_plugins() -> Mapping[str, tuple[discover.Installed, ...]]:
    return _usually_installed() if sys.path == _path else discover.installed_plugins()


load.installed_plugins = _installed_plugins  # type: ignore[attr-defined]

settings.register_profile("quick", max_examples=30, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """From here on there is garbage to collect, and plugins come only from where a test puts them."""
    gc.collect()
    gc.freeze()
    gc.enable()
    _path[:] = sys.path


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to copy: to make them takes longer than most tests."""
    file = tmp_path_factory.mktemp("store") / "template.db"

    async def open_once() -> None:
        async with open_store(f"sqlite:///{file}"):
            pass

    asyncio.run(open_once())
    return file
