"""The demo as a newcomer runs it, small."""

import signal
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
    (tmp_path / "mine.db").touch()
    told = demo("--database", "mine.db")
    assert told.returncode == 2
    assert "mine.db is of a demo that was cut off" in told.stderr


def test_a_demo_of_another_size_is_told_from_the_one_that_is_there(demo, tmp_path):
    world = tmp_path / "mine.db.world"
    world.mkdir()
    for file in (tmp_path / "mine.db", world / "cart.state", world / "warehouse.state"):
        file.touch()
    (world / "world.json").write_text('{"orders": 150, "seed": 1, "state": "finished"}')
    told = demo("--database", "mine.db", "--seed", "2")
    assert told.returncode == 2
    assert "holds a demo of 150 orders with seed 1, not of 150 orders with seed 2" in told.stderr
    assert (world / "cart.state").exists()


def test_a_demo_that_was_stopped_goes_on_where_it_was(tmp_path):
    command = [sys.executable, "-m", "crossdock", "demo", "--orders", "400"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while "go to the warehouse" not in process.stdout.readline():
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, out + err
    assert "It was stopped before its end" in out
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("✔") == 6


def test_the_example_is_what_the_demo_runs():
    shipped = ROOT / "core/src/crossdock/runtime/demo/crossdock.toml"
    assert (ROOT / "examples/demo/crossdock.toml").read_bytes() == shipped.read_bytes()
