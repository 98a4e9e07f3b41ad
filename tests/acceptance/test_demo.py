"""The demo as a newcomer runs it, small."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path):
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "crossdock", "demo", "--orders", "150", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return run


def test_both_ends_agree_and_a_second_demo_changes_nothing(demo, tmp_path):
    first = demo()
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.count("✔") == 6
    for expected in (
        "skipped",
        "partly shipped",
        "waiting",
        "over picked",
        "per order",
        "a second run changes nothing",
    ):
        assert expected in first.stdout
    assert first.stderr == ""
    second = demo()
    assert second.returncode == 0, second.stdout + second.stderr
    assert "as the last demo left it" in second.stdout
    assert checks(second.stdout) == checks(first.stdout)


def checks(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith(("✔", "✘"))]


def test_a_demo_that_was_cut_off_is_not_gone_on_with(demo, tmp_path):
    demo("--database", "mine.db")
    (tmp_path / "mine.db.world/cart.state").unlink()
    told = demo("--database", "mine.db")
    assert told.returncode == 2
    assert "mine.db is of a demo that was cut off" in told.stderr


def test_a_demo_of_another_size_is_told_from_the_one_that_is_there(demo):
    demo()
    told = demo("--seed", "2")
    assert told.returncode == 2
    assert "holds a demo of 150 orders with seed 1, not of 150 orders with seed 2" in told.stderr


def test_the_example_is_what_the_demo_runs():
    shipped = ROOT / "core/src/crossdock/runtime/demo/crossdock.toml"
    assert (ROOT / "examples/demo/crossdock.toml").read_bytes() == shipped.read_bytes()
