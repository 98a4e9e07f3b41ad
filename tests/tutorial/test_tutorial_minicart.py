"""The plugin of the tutorial, really installed, between its simulator and the simulated WarehouseOS."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from crossdock.config import load_config
from crossdock.engine.retry import RetryPolicy
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once

HERE = Path(__file__).parent
PLUGIN = HERE / "minicart/src/crossdock_minicart/plugin.py"
ORDERS = 25
SOON = RetryPolicy(first=timedelta(seconds=0.02), settle=timedelta(seconds=0.02), attempts=200)
KEYS = {"MINICART_KEY": "mini-key", "WOS_API_KEY": "sandbox-key"}


@dataclass(frozen=True)
class World:
    """The cart, the warehouse and the folder of the operator."""

    folder: Path
    environment: dict[str, str]
    cart: str
    warehouse: str

    def crossdock(self, *arguments: str) -> str:
        return crossdock(self.folder, self.environment, *arguments)

    def run_in_this_process(self) -> None:
        async def once() -> None:
            async with open_host(load_config(self.folder / "crossdock.toml"), retry=SOON, quiet=True) as host:
                assert not host.faults, host.faults
                await run_once(host, asyncio.Event())

        asyncio.run(once())


def crossdock(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    """What a command said that ended well."""
    command = [sys.executable, "-m", "crossdock", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data)) as answer:
        return json.load(answer)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the plugin was installed from its wheel."""
    source = shutil.copytree(HERE / "minicart", tmp_path_factory.mktemp("source") / "minicart")
    target = tmp_path_factory.mktemp("site")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    tool = [uv, "pip", "install", "--offline", "--no-cache", "--python", sys.executable] if uv else []
    tool = tool or [sys.executable, "-m", "pip", "install", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(target), str(source)]
    done = subprocess.run([*tool, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def environment_of(site: Path) -> dict[str, str]:
    return {**os.environ, **KEYS, "NO_COLOR": "1", "PYTHONPATH": str(site)}


@pytest.fixture
def world(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Both simulators, served by the command that the tutorial names, and the tutorial's config."""
    environment = environment_of(site)
    monkeypatch.syspath_prepend(str(site))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    with (
        served(environment, "minicart", "--orders", str(ORDERS)) as cart,
        served(environment, "warehouseos") as warehouse,
    ):
        config = (HERE / "crossdock.toml").read_text()
        config = config.replace("http://127.0.0.1:8703", cart).replace("http://127.0.0.1:8702", warehouse)
        (tmp_path / "crossdock.toml").write_text(config)
        yield World(tmp_path, environment, cart, warehouse)


@contextmanager
def served(environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """`crossdock sandbox …` until the block ends; gives its address."""
    command = [sys.executable, "-m", "crossdock", "sandbox", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert " is simulated at http" in line, line
            yield line.split()[4]
        finally:
            process.terminate()


def units_in(truth: dict[str, Any]) -> dict[str, int]:
    """Units that the cart was told of, by row."""
    units: dict[str, int] = {}
    for packages in truth["shipments"].values():
        for package in packages.values():
            for row, pieces in package["rows"].items():
                units[row] = units.get(row, 0) + pieces
    return units


def test_the_plugin_is_shorter_than_fifty_lines_of_code() -> None:
    lines = [line for line in PLUGIN.read_text().splitlines() if line.strip()]
    assert len(lines) < 50


def test_the_plugin_passes_every_check(site: Path, tmp_path: Path) -> None:
    told = crossdock(tmp_path, environment_of(site), "plugins", "why", "minicart")
    assert "crossdock-minicart 1.0.0" in told
    assert "failed" not in told


def test_the_tutorial_carries_orders_to_the_warehouse_and_shipments_back(world: World) -> None:
    assert "has no mistake" in world.crossdock("check")
    world.crossdock("run", "--once")
    ask(f"{world.warehouse}/_shift", {"seed": 1, "split_boxes": 0.5})
    world.run_in_this_process()

    warehouse, cart = ask(f"{world.warehouse}/_truth"), ask(f"{world.cart}/_truth")
    assert sorted(order["number"] for order in warehouse["orders"]) == sorted(f"MINI-{n}" for n in range(1, ORDERS + 1))
    assert all(order["creates"] == 1 for order in warehouse["orders"])
    assert cart["taken"] == list(range(1, ORDERS + 1))
    requested = {line["host_id"]: line["requested"] for order in warehouse["orders"] for line in order["lines"]}
    assert units_in(cart) == requested

    world.run_in_this_process()
    assert ask(f"{world.cart}/_truth") == cart


def test_a_lost_reply_never_tells_the_cart_twice(world: World) -> None:
    world.run_in_this_process()
    ask(f"{world.warehouse}/_shift", {"seed": 1})
    lost = {"rates": {"lost_reply": 1.0}, "only_paths": "/shipments", "only_methods": ["POST"], "max_faults": 5}
    ask(f"{world.cart}/_faults", lost)

    world.run_in_this_process()
    assert ask(f"{world.cart}/_faults")["injected"]["lost_reply"] == 5
    told = ask(f"{world.cart}/_truth")
    assert sum(len(packages) for packages in told["shipments"].values()) == ORDERS
    deadline = monotonic() + 60
    while unsettled(world.folder / "crossdock.db"):
        assert monotonic() < deadline
        world.run_in_this_process()
    assert ask(f"{world.cart}/_truth") == told


def unsettled(database: Path) -> int:
    """Promises that are not kept yet."""
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("select count(*) from promise where state <> 'done'").fetchone()
    return int(found)
