"""The command line as a real process, between two simulated systems that are real servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from crossdock.cli import app, main
from crossdock.cli.failure import FAILED, explain
from crossdock.hooks.context import Scenario
from crossdock.registry import load_plugins
from crossdock.sandbox import SandboxServer

SECRETS = {"DEMO_SHARED_SECRET": "a-secret-of-the-cart", "DEMO_WAREHOUSE_KEY": "a-key-of-the-warehouse"}
REFRESH_TOKEN = "a-token-of-the-cart"
HIDDEN = ("DEMO_", "CROSSDOCK_")
"""What the config could refer to, and must not find outside of a test."""
CONFIG = Path(__file__).with_name("road.toml")
"""A cart and a warehouse, with what orders need to travel between them."""


@dataclass(frozen=True)
class Crossdock:
    """Runs `crossdock` as its users do, in a folder and an environment of its own."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, in this process: to start one of its own costs more than most commands."""
        hidden = dict.fromkeys(name for name in os.environ if name.startswith(HIDDEN))
        with chdir(self.folder):
            ended = CliRunner().invoke(app, arguments, env={**hidden, **self.environment, **environment})
            if ended.exception is None or isinstance(ended.exception, SystemExit):
                return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)
            with redirect_stderr(StringIO()) as told:
                code = explain(ended.exception)
        return subprocess.CompletedProcess(arguments, code, ended.stdout, ended.stderr + told.getvalue())

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command that runs until it is stopped."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env=dict(self.environment), stdout=pipe, stderr=pipe, text=True
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "crossdock", *arguments]


@dataclass(frozen=True)
class Systems:
    """A cart and a warehouse at work, and what each of them knows."""

    cart: str
    warehouse: str
    crossdock: Crossdock

    @property
    def secrets(self) -> list[str]:
        """What nobody may ever see."""
        return [*SECRETS.values(), REFRESH_TOKEN]

    def truth(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the cart and the warehouse know of their orders."""
        return self._truth(self.cart), self._truth(self.warehouse)

    def released(self) -> list[str]:
        """The numbers of the orders in the warehouse."""
        return [order["number"] for order in self._truth(self.warehouse)["orders"]]

    def marked(self) -> list[str]:
        """The ids of the orders that the cart counts as taken."""
        return [id_ for id_, order in self._truth(self.cart)["orders"].items() if order["exported_for"]]

    def post(self, url: str, wish: Any) -> Any:
        """Tell a simulator something."""
        with httpx.Client() as client:
            return client.post(url, json=wish).raise_for_status().json()

    def _truth(self, url: str) -> dict[str, Any]:
        with httpx.Client() as client:
            truth: dict[str, Any] = client.get(f"{url}/_truth").raise_for_status().json()
            return truth


def crossdock_in(folder: Path) -> Crossdock:
    """The command line in a folder, without anything in the environment that its config could refer to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    return Crossdock(folder, kept)


@contextmanager
def simulated(connector: str, orders: int, **options: Any) -> Iterator[str]:
    """A simulated system; gives its address."""
    app = load_plugins([connector]).open_sandbox(connector, Scenario(seed=7, orders=orders, options=options))
    with SandboxServer(app) as server:
        yield server.url


@contextmanager
def systems_for(folder: Path, database: Path) -> Iterator[Systems]:
    """Both systems with a dozen orders and two odd ones, and in the folder an empty database and a config for them."""
    shutil.copy(database, folder / "crossdock.db")
    access = {"applications": {"an-application": SECRETS["DEMO_SHARED_SECRET"]}, "refresh_token": REFRESH_TOKEN}
    odd = ["missing_address", "unknown_sku"]
    with ExitStack() as stack:
        cart = stack.enter_context(simulated("channeladvisor", 12, odd=odd, page_size=5, **access))
        warehouse = stack.enter_context(
            simulated("warehouseos", 0, api_key=SECRETS["DEMO_WAREHOUSE_KEY"], areas=["EAST", "WEST"])
        )
        addresses = {"DEMO_CART_URL": cart, "DEMO_WAREHOUSE_URL": warehouse, "DEMO_APPLICATION_ID": "an-application"}
        alone = crossdock_in(folder)
        environment = {**alone.environment, **SECRETS, **addresses, "DEMO_REFRESH_TOKEN": REFRESH_TOKEN}
        (folder / "crossdock.toml").write_bytes(CONFIG.read_bytes())
        yield Systems(cart, warehouse, Crossdock(folder, environment))


@pytest.fixture
def crossdock(tmp_path: Path) -> Crossdock:
    """The command line in an empty folder."""
    return crossdock_in(tmp_path)


@pytest.fixture
def systems(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Systems]:
    """Both systems, fresh."""
    with systems_for(tmp_path, migrated_sqlite) as both:
        yield both


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Systems]:
    """Both systems after orders went out, were packed and reported; for tests that only look."""
    with systems_for(tmp_path_factory.mktemp("finished"), migrated_sqlite) as both:
        both.crossdock("run", "--once", "--quiet")
        both.post(f"{both.warehouse}/_shift", {})
        both.crossdock("run", "--once", "--quiet")
        yield both


@pytest.fixture(scope="package")
def trading(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Systems]:
    """Both systems with orders in the warehouse and two that are held; tests go on from each other."""
    with systems_for(tmp_path_factory.mktemp("trading"), migrated_sqlite) as both:
        both.crossdock("run", "--once", "--quiet")
        yield both


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs a command in this process beside some systems; gives its exit code and all that it said."""

    def run(systems: Systems, *arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(systems.crossdock.folder)
        result = CliRunner().invoke(app, [*arguments], env=dict(systems.crossdock.environment))
        if result.exception is None or isinstance(result.exception, SystemExit):
            return result.exit_code, " ".join(result.output.split())
        return FAILED, str(result.exception)

    return run


@pytest.fixture
def copied(finished: Systems, tmp_path: Path) -> Crossdock:
    """The command line beside a copy of the finished database, without a config."""
    shutil.copy(finished.crossdock.folder / "crossdock.db", tmp_path)
    return crossdock_in(tmp_path)


GOODS_CONFIG = """
[store]
url = "sqlite:///crossdock.db"

[connections.cart]
connector = "channeladvisor"
base_url = "{cart}"
application_id = "sandbox-application"
shared_secret = {{ env = "DEMO_SHARED_SECRET" }}
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}

[pipelines.main]
inventory_sink = "cart"
catalog_source = "cart"
"""


@dataclass(frozen=True)
class Cart:
    """A cart with products, and a config that reads them and tells of stock."""

    url: str
    process: Crossdock

    @property
    def folder(self) -> Path:
        """Where config and database are."""
        return self.process.folder

    def held(self, sku: str) -> dict[str, int]:
        """What may be sold of a SKU, by centre, as the cart itself knows it."""
        with httpx.Client() as client:
            truth = client.get(f"{self.url}/_truth/stock", params={"sku": sku}).raise_for_status().json()
        (product,) = truth["products"].values()
        return {center: numbers["available"] for center, numbers in product["centers"].items()}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command in this process and in the current folder; gives its exit code and all that it said."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["crossdock", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return run


@pytest.fixture(scope="package")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cart]:
    """A cart whose products were read once; for tests that only look, or that have changes of their own."""
    folder = tmp_path_factory.mktemp("stocked")
    with simulated("channeladvisor", 0) as url:
        (folder / "crossdock.toml").write_text(GOODS_CONFIG.format(cart=url))
        secrets = {"DEMO_SHARED_SECRET": "sandbox-secret", "DEMO_REFRESH_TOKEN": "sandbox-refresh-token"}
        alone = crossdock_in(folder)
        cart = Cart(url, Crossdock(folder, {**alone.environment, **secrets}))
        told = cart.process("run", "--once", "--quiet")
        assert told.returncode == 0, told.stderr
        yield cart
