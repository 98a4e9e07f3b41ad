"""The operator's side of a world: a folder with a config and secrets, and ways to run crossdock on it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

from starlette.types import ASGIApp
from typer.testing import CliRunner

from crossdock import Clock, Scenario
from crossdock.cli import app
from crossdock.cli.failure import FAILED
from crossdock.config import load_config
from crossdock.engine.retry import RetryPolicy
from crossdock.engine.run_ports import RunReport
from crossdock.hooks.errors import CrossdockError
from crossdock.runtime.host import open_host
from crossdock.runtime.worker import run_once
from crossdock.sandbox import PortInUse, SandboxFailed, SandboxProcess, SandboxServer
from world.books import Books
from world.desk import Desk
from world.ends import CART, PARCELS, WAREHOUSE, Cart, Parcels, Warehouse
from world.settings import SECRETS, as_toml, usual_settings, write_secrets

SOON = RetryPolicy(
    first=timedelta(seconds=0.02), longest=timedelta(seconds=0.2), settle=timedelta(seconds=0.02), attempts=200
)
"""Retries as quick as a test is; the remote ends of a story answer at once."""
UNSETTLED = replace(SOON, settle=timedelta(minutes=1))
"""Doubt lasts longer than a run."""
PATIENCE = 20.0


@dataclass(frozen=True)
class Finished:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class World:
    """The remote ends and the operator's folder; `settings` may be changed between two runs."""

    folder: Path
    settings: dict[str, Any]
    cart: Cart
    warehouse: Warehouse
    parcels: Parcels | None = None

    @property
    def pipeline(self) -> dict[str, Any]:
        """The settings of the only pipeline."""
        settings: dict[str, Any] = self.settings["pipelines"]["main"]
        return settings

    @property
    def connections(self) -> dict[str, Any]:
        """The settings of the connections."""
        settings: dict[str, Any] = self.settings["connections"]
        return settings

    @property
    def books(self) -> Books:
        """What the store holds."""
        return Books(self.settings["store"]["url"])

    @property
    def desk(self) -> Desk:
        """Where people ask for things."""
        return Desk(self.settings["store"]["url"])

    def config(self) -> Path:
        """Write the config down; a file that says it already stays, since somebody may be reading it."""
        path, text = self.folder / "crossdock.toml", as_toml(self.settings)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        return path

    def run(self, *, later: timedelta = timedelta(0), retry: RetryPolicy = SOON) -> Mapping[str, RunReport]:
        """Every service of the pipeline `main` once, in this process, by a clock that goes ahead; what each one did."""
        return self.run_all(later=later, retry=retry)["main"]

    def run_all(
        self, *, later: timedelta = timedelta(0), retry: RetryPolicy = SOON
    ) -> Mapping[str, Mapping[str, RunReport]]:
        """Every service of every pipeline once, in this process."""
        return asyncio.run(_run_once(self.config(), Ahead(later), retry))

    def run_until(self, reached: Callable[[], bool]) -> None:
        """Run again and again until something is reached; fails after a while."""
        deadline = monotonic() + PATIENCE
        while True:
            self.run()
            if reached():
                return
            assert monotonic() < deadline, f"not reached in {PATIENCE} s; open: {self.books.unfinished()}"

    def says(self, *arguments: str) -> Finished:
        """`crossdock …` in this process, which is quicker."""
        environment = {"CROSSDOCK_CONFIG": str(self.config()), "NO_COLOR": "1"}
        told = CliRunner().invoke(app, arguments, env=environment)
        if told.exception and not isinstance(told.exception, SystemExit):
            if not isinstance(told.exception, CrossdockError | ExceptionGroup | PortInUse | SandboxFailed):
                raise told.exception
            return Finished(FAILED, told.stdout, str(told.exception))
        return Finished(told.exit_code, told.stdout, told.stderr)

    def command(self, *arguments: str, **environment: str) -> Finished:
        """`crossdock …` as a process of its own, to its end."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=120)
        return Finished(process.returncode, out, err)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`crossdock …` as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "crossdock", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "CROSSDOCK_CONFIG": str(self.config()), "NO_COLOR": "1", **environment},
        )

    def truth(self) -> dict[str, Any]:
        """What is true at both ends, without the counts of mere reads."""
        return {"cart": _without_reads(self.cart.truth()), "warehouse": _without_reads(self.warehouse.truth())}


def _without_reads(truth: dict[str, Any]) -> dict[str, Any]:
    """The truth with the counts of writes only."""
    for counts in ("requests", "counts"):
        if counts in truth:
            truth[counts] = {what: number for what, number in truth[counts].items() if what in _WRITES}
    return {name: told for name, told in truth.items() if name not in ("most_at_once", "throttled", "unauthorized")}


_WRITES = ("export", "unexport", "ship", "AddOrder", "DeleteOrder", "items created", "refused")


@dataclass(frozen=True)
class Ahead:
    """The machine's clock, so much ahead."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


async def _run_once(config: Path, clock: Clock, retry: RetryPolicy) -> Mapping[str, Mapping[str, RunReport]]:
    async with open_host(load_config(config), clock=clock, retry=retry, quiet=True) as host:
        assert not host.faults, host.faults
        return await run_once(host, asyncio.Event())


@contextmanager
def open_world(
    folder: Path,
    *,
    orders: int = 0,
    seed: int = 1,
    cart: Mapping[str, Any] | None = None,
    warehouse: Mapping[str, Any] | None = None,
    parcels: Mapping[str, Any] | None = None,
    database: str | None = None,
    apart: bool = False,
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> Iterator[World]:
    """A world with so many generated orders; `cart`, `warehouse`, `parcels` are options of their simulators.

    `apart`: the simulators run in processes of their own, not in threads. `around` is put between the network and each
    simulator that runs in a thread. Without options there is no parcel service.
    """
    with ExitStack() as stack:

        def opened(target: str, options: Mapping[str, Any] | None) -> str:
            scenario = Scenario(seed=seed, orders=orders, options=dict(options or {}))
            if apart:
                return stack.enter_context(SandboxProcess(target, scenario)).url
            module, _, function = target.partition(":")
            app = getattr(import_module(module), function)(scenario)
            return stack.enter_context(SandboxServer(around(app))).url

        cart_url, warehouse_url = opened(CART, cart), opened(WAREHOUSE, warehouse)
        parcels_url = None if parcels is None else opened(PARCELS, parcels)
        write_secrets(folder, **SECRETS)
        database = database or f"sqlite:///{folder / 'crossdock.db'}"
        settings = usual_settings(cart=cart_url, warehouse=warehouse_url, parcels=parcels_url, database=database)
        yield World(
            folder, settings, Cart(cart_url), Warehouse(warehouse_url), Parcels(parcels_url) if parcels_url else None
        )
