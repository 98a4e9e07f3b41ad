"""The plugin of the tutorial, really installed, between its simulator and the simulated WarehouseOS."""

import ast
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
from hypothesis import settings

from crossdock.config import load_config
from crossdock.engine.retry import RetryPolicy
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once
from crossdock.testing.examples_chosen import save_all
from crossdock.testing.kit import try_law
from crossdock.testing.law import Law
from crossdock.testing.subject import Subject

HERE = Path(__file__).parent
PACKAGE = HERE / "minicart/src/crossdock_minicart"
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


def effects(cart: str, kind: str) -> list[dict[str, Any]]:
    """What took effect at the cart."""
    found: list[dict[str, Any]] = ask(f"{cart}/_effects?kind={kind}")
    return found


def units_in(shipments: list[dict[str, Any]]) -> dict[str, int]:
    """Units that the cart was told of, by row."""
    units: dict[str, int] = {}
    for shipment in shipments:
        for row, pieces in shipment["units"].items():
            units[row] = units.get(row, 0) + pieces
    return units


def lines_of_code(source: str) -> int:
    """Lines that are neither blank nor a docstring nor an import."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [*ast.walk(ast.parse(source))]
    told = [node.body[0] for node in nodes if isinstance(node, documented) and ast.get_docstring(node) is not None]
    told += [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    prose = {line for one in told for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    return sum(1 for number, line in enumerate(source.splitlines(), start=1) if line.strip() and number not in prose)


@pytest.mark.parametrize("module", ["plugin.py", "sandbox.py"])
def test_each_module_is_shorter_than_fifty_lines_of_code(module: str) -> None:
    assert lines_of_code((PACKAGE / module).read_text()) < 50


def test_the_plugin_passes_every_check(site: Path, tmp_path: Path) -> None:
    told = crossdock(tmp_path, environment_of(site), "plugins", "why", "minicart")
    assert "crossdock-minicart 1.0.0" in told
    assert "failed" not in told


def test_the_tutorial_carries_orders_to_the_warehouse_and_shipments_back(world: World) -> None:
    assert "has no mistake" in world.crossdock("check")
    world.crossdock("run", "--once")
    ask(f"{world.warehouse}/_shift", {"seed": 1, "split_boxes": 0.5})
    world.run_in_this_process()

    warehouse, told = ask(f"{world.warehouse}/_truth"), effects(world.cart, "shipment")
    assert sorted(order["number"] for order in warehouse["orders"]) == sorted(f"MINI-{n}" for n in range(1, ORDERS + 1))
    assert all(order["creates"] == 1 for order in warehouse["orders"])
    assert {one["key"] for one in effects(world.cart, "acknowledgement")} == {str(n) for n in range(1, ORDERS + 1)}
    requested = {line["host_id"]: line["requested"] for order in warehouse["orders"] for line in order["lines"]}
    assert units_in(told) == requested

    world.run_in_this_process()
    assert effects(world.cart, "shipment") == told


def test_a_lost_reply_never_tells_the_cart_twice(world: World) -> None:
    world.run_in_this_process()
    ask(f"{world.warehouse}/_shift", {"seed": 1})
    lost = {"rates": {"lost_reply": 1.0}, "only_paths": "/shipments", "only_methods": ["POST"], "max_faults": 5}
    ask(f"{world.cart}/_faults", lost)

    world.run_in_this_process()
    assert ask(f"{world.cart}/_faults")["injected"]["lost_reply"] == 5
    told = effects(world.cart, "shipment")
    assert len(told) == ORDERS
    deadline = monotonic() + 60
    while unsettled(world.folder / "crossdock.db"):
        assert monotonic() < deadline
        world.run_in_this_process()
    assert effects(world.cart, "shipment") == told


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """So many examples for each law."""
    before = settings.get_current_profile_name()
    settings.register_profile("so_many", settings.get_profile(before), max_examples=request.param)
    settings.load_profile("so_many")
    yield
    settings.load_profile(before)


@pytest.mark.parametrize("examples", [3, pytest.param(100, marks=pytest.mark.slow)], indirect=True)
def test_the_plugin_keeps_every_law_of_the_kit(examples: None, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    plugin = Subject("minicart")
    assert [*save_all(["minicart"])]
    broken = {law.id: found for law in plugin.laws() if (found := breach(law, plugin))}
    assert broken == {}


def breach(law: Law, plugin: Subject) -> str:
    """How a plugin breaks a law; empty if it keeps it."""
    try:
        try_law(law, plugin)
    except AssertionError as error:
        return str(error)
    return ""


def unsettled(database: Path) -> int:
    """Promises that are not kept yet."""
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("select count(*) from promise where state <> 'done'").fetchone()
    return int(found)
