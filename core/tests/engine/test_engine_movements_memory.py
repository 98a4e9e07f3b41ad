"""A backlog of a hundred thousand movements drains in flat memory, with one transaction a page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from . import drain
from .world import new_database

CONSTANT = 6
"""Transactions of a run beside its pages: what is paused, the lease, what is to be read again, the end."""


def drained(folder: Path, movements: int) -> dict[str, int]:
    """What it took to drain so many, in a process of its own."""
    database = new_database(folder)
    command = [sys.executable, str(drain.__file__), str(database), str(movements)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    result: dict[str, int] = json.loads(told.stdout)
    return result


def test_a_page_is_one_transaction_and_a_product_one_change(tmp_path: Path) -> None:
    told = drained(tmp_path, 2000)
    assert told["pages"] == 8
    assert told["pages"] <= told["commits"] <= told["pages"] + CONSTANT
    assert (told["pieces"], told["changes"]) == (2000, drain.SKUS)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_backlog(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few, many = drained(tmp_path / "few", 10_000), drained(tmp_path / "many", 100_000)
    print(f"{few['peak'] / 1024:.1f} MB after 10,000 movements, {many['peak'] / 1024:.1f} MB after 100,000: {many}")
    assert many["pieces"] == 100_000
    assert many["commits"] - many["pages"] == few["commits"] - few["pages"] <= CONSTANT
    assert many["peak"] <= 1.05 * few["peak"]
