"""Runs one program against fresh simulators and measures it from outside."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import accounts
from crossdock import Scenario
from crossdock.sandbox import SandboxProcess

CART_APP = "crossdock_channeladvisor.sandbox:sandbox_app"
WMS_APP = "crossdock_warehouseos.sandbox:sandbox_app"
NO_LIMITS: Mapping[str, Any] = {"rate_per_minute": 0, "long_orders": 0}


@dataclass(frozen=True)
class Result:
    """One run of one program: seconds of CPU (its own, not the simulators'), wall clock, peak memory, requests."""

    orders: int
    cpu: float
    wall: float
    megabytes: float
    counts: Mapping[str, Any] = field(default_factory=dict)
    cart: Mapping[str, Any] = field(default_factory=dict)
    wms: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """Two simulators and a folder for a database."""

    cart: str
    wms: str
    folder: Path
    orders: int
    forgotten: int = 0

    @property
    def database(self) -> Path:
        """Where the program keeps its data."""
        return self.folder / "bench.db"

    def truth(self, url: str) -> dict[str, Any]:
        """What a simulator says of itself."""
        with urllib.request.urlopen(f"{url}/_truth") as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    def pack(self) -> None:
        """Let the warehouse pack everything that waits."""
        with urllib.request.urlopen(f"{self.wms}/_shift", b"{}"):
            pass

    def calls(self) -> int:
        """Calls to the cart since the start, or since `forget_calls`."""
        return sum(self.truth(self.cart)["requests"].values()) - self.forgotten

    def forget_calls(self) -> None:
        """Count the calls to the cart from here on."""
        self.forgotten += self.calls()

    def floor(self, job: str) -> Result:
        """Run the floor."""
        return self.program("bench.floor", job)

    def program(self, module: str, *arguments: str, packages: Path | None = None) -> Result:
        """Run a module that takes the two addresses and a database file; `packages` are found before all others."""
        where = ["--cart", self.cart, "--wms", self.wms, "--database", str(self.database)]
        return self._run([module, *arguments, *where], packages)

    def ours(self, *services: str, per_second: int = 100_000) -> Result:
        """Run the product with these services switched on."""
        return self.configured(
            accounts.config(
                cart=self.cart,
                wms=self.wms,
                database=str(self.database),
                services=services,
                per_second=per_second,
            )
        )

    def configured(self, config: str) -> Result:
        """Run the product with this config."""
        path = self.folder / "crossdock.toml"
        path.write_text(config)
        return self._run(["bench.ours", str(path)])

    def _run(self, program: list[str], packages: Path | None = None) -> Result:
        peak = self.folder / "peak"
        command = [sys.executable, "-m", "bench.peak", str(peak), *program]
        began = time.perf_counter()
        env = {**os.environ, **accounts.ENVIRONMENT}
        if packages:
            env["PYTHONPATH"] = str(packages)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env)
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        return Result(
            orders=self.orders,
            cpu=usage.ru_utime + usage.ru_stime,
            wall=time.perf_counter() - began,
            megabytes=float(peak.read_text()),
            counts=json.loads(said or b"{}"),
        )


def world_of_goods(products: int) -> AbstractContextManager[World]:
    """Fresh simulators with so many products and no order; `World.orders` counts products then."""
    return world(0, cart={**NO_LIMITS, "products": products}, things=products)


@contextmanager
def world(
    orders: int, *, seed: int = 1, cart: Mapping[str, Any] = NO_LIMITS, things: int | None = None
) -> Iterator[World]:
    """Fresh simulators with so many orders; `cart` are options of the cart's simulator."""
    with (
        SandboxProcess(CART_APP, Scenario(seed=seed, orders=orders, options=dict(cart))) as shop,
        SandboxProcess(WMS_APP, Scenario(seed=seed, orders=orders)) as warehouse,
        TemporaryDirectory() as folder,
    ):
        yield World(shop.url, warehouse.url, Path(folder), orders if things is None else things)


def marginal(small: Result, large: Result, what: str = "cpu") -> float:
    """Seconds per 1,000 orders on the slope between two sizes: what start-up costs cancels."""
    gain: float = getattr(large, what) - getattr(small, what)
    return 1000 * gain / (large.orders - small.orders)
