"""The demo as a newcomer runs it, small."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner
from world import Finished

from crossdock.cli import app
from crossdock.cli.failure import FAILED
from crossdock.hooks.errors import CrossdockError

ROOT = Path(__file__).parents[2]
CHECKS = 8
"""What all systems must agree on."""


@dataclass(frozen=True)
class Demo:
    """The demo in a folder; as a program of its own, or quicker in this process."""

    folder: Path

    @contextmanager
    def program(self, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
        command = [sys.executable, "-m", "crossdock", "demo", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=self.folder, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def __call__(self, *arguments: str) -> Finished:
        with chdir(self.folder):
            told = CliRunner().invoke(app, ["demo", *arguments])
        if isinstance(told.exception, CrossdockError):
            return Finished(FAILED, told.stdout, str(told.exception))
        return Finished(told.exit_code, told.stdout, told.stderr)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


def test_all_systems_agree_and_a_second_demo_changes_nothing(demo):
    with demo.program("--orders", "150") as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert out.count("✔") == CHECKS
    for expected in (
        "labels bought",
        "answers lost on purpose",
        "boxes have the warehouse's tracking number",
        "to crossdock, none twice",
        "skipped",
        "partly shipped",
        "waiting",
        "over picked",
        "per order",
        "a second run changes nothing",
    ):
        assert expected in out
    assert err == ""
    second = demo("--orders", "150")
    assert second.code == 0, second.out + second.err
    assert "as the last demo left it" in second.out
    assert checks(second.out) == checks(out)


def checks(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith(("✔", "✘"))]


def test_a_demo_that_was_cut_off_is_not_gone_on_with(demo, tmp_path):
    (tmp_path / "mine.db").touch()
    told = demo("--database", "mine.db")
    assert told.code == 2
    assert "mine.db is of a demo that was cut off" in told.err


def test_a_demo_of_another_size_is_told_from_the_one_that_is_there(demo, tmp_path):
    world = tmp_path / "mine.db.world"
    world.mkdir()
    for file in (tmp_path / "mine.db", *(world / f"{name}.state" for name in ("cart", "warehouse", "shipping"))):
        file.touch()
    (world / "world.json").write_text('{"orders": 150, "seed": 1, "state": "finished"}')
    told = demo("--database", "mine.db", "--orders", "150", "--seed", "2")
    assert told.code == 2
    assert "holds a demo of 150 orders with seed 1, not of 150 orders with seed 2" in told.err
    assert (world / "cart.state").exists()


def test_a_demo_that_was_stopped_goes_on_where_it_was(demo):
    with demo.program("--orders", "160") as process:
        while "go to the warehouse" not in process.stdout.readline():
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert "It was stopped before its end" in out
    again = demo("--orders", "160")
    assert again.code == 0, again.out + again.err
    assert again.out.count("✔") == CHECKS


def test_the_example_is_what_the_demo_runs():
    shipped = ROOT / "core/src/crossdock/runtime/demo/crossdock.toml"
    assert (ROOT / "examples/demo/crossdock.toml").read_bytes() == shipped.read_bytes()
