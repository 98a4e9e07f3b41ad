"""What makes the whole suite quicker and changes nothing that a test sees."""

import asyncio
import gc
import os
import sys
from functools import cache
from pathlib import Path

import httpx._transports.default as httpx_transports
import pytest
import typer.main
import typer.testing
from hypothesis import settings

from crossdock.store import database, open_store

# Tests start many processes, and each compiles whatever no other one has left compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The certificates of the world take 30 ms to read; every client of the tests may share them.
httpx_transports.create_ssl_context = cache(httpx_transports.create_ssl_context)

# The tree of commands takes 50 ms to grow; a program grows it once, and so does this one.
typer.main.get_command = typer.testing._get_command = cache(typer.main.get_command)

# Nobody misses the database of a test after a power cut; without it, every commit waits for the disk.
database._PRAGMAS = tuple(pragma.replace("synchronous = FULL", "synchronous = OFF") for pragma in database._PRAGMAS)

settings.register_profile("quick", max_examples=40, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The collected tests stay to the end: the collector of garbage need not look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to copy: to make them takes longer than most tests."""
    file = tmp_path_factory.mktemp("store") / "template.db"

    async def open_once() -> None:
        async with open_store(f"sqlite:///{file}"):
            pass

    asyncio.run(open_once())
    return file
