"""A karrio server and the plugin connected to it: a simulated one on a real port, or for the slow run a real one.

The real one is installed from the registry into an environment of its own, once, and kept with pytest's cache.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock import ConnectionContext, Scenario
from crossdock.domain import Address, Dimensions, LabelRequest, LengthUnit, Parcel, Weight, WeightUnit
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_shipping.karrio.client import endpoint
from crossdock_shipping.karrio.labels import KarrioLabels
from crossdock_shipping.karrio.sandbox import sandbox_app
from crossdock_shipping.karrio.settings import KarrioSettings

KEY = "sandbox-key"
LIVE_KEY = "key_live"
REAL = Path(__file__).with_name("real")
PATIENCE = 120.0
SETTINGS = {
    "SECRET_KEY": "known-to-everybody-and-long-enough-for-a-test",
    "DATABASE_NAME": "karrio.sqlite3",
    "DEBUG_MODE": "False",
    "WORKER_IMMEDIATE_MODE": "True",
    "DETACHED_WORKER": "True",
    "CARRIER_REQUEST_RATE_LIMIT": "100000/minute",
    "USER_RATE_LIMIT": "100000/minute",
}


@dataclass
class OwnClock:
    """The machine's clock, which a test puts forward by hand."""

    ahead: timedelta = field(default=timedelta(0))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class NoWait:
    """Time passes as soon as somebody waits for it."""

    at: float = 0.0

    def time(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Stage:
    """A server that another simulator moves into for each test, because to stop one takes longer than most tests."""

    def __init__(self) -> None:
        self.app: ASGIApp = sandbox_app(Scenario())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Server:
    """A karrio server, simulated or real, as a test sees it."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.url, self.key, self.clock = url, key, OwnClock()
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Token {key}"}, trust_env=False, timeout=60)

    def use(self, work: Callable[[KarrioLabels], Awaitable[Any]], **settings: Any) -> Any:
        """Does some work through the plugin, over the real transport."""
        return asyncio.run(self._opened(work, settings))

    async def _opened(self, work: Callable[[KarrioLabels], Awaitable[Any]], settings: dict[str, Any]) -> Any:
        chosen = KarrioSettings(**{"base_url": self.url, "api_key": self.key, "requests_per_minute": None, **settings})
        async with open_client("karrio", endpoint(chosen), secrets=[self.key], timer=NoWait()) as http:
            ctx = ConnectionContext("karrio", chosen, http, structlog.get_logger(), self.clock)
            return await work(KarrioLabels(ctx))

    def tell(self, path: str, **what: Any) -> Any:
        """A control call of the simulator."""
        return self.http.post(path, json=what).raise_for_status().json()

    def truth(self) -> dict[str, Any]:
        return self.http.get("/_truth").raise_for_status().json()

    def faults(self, **plan: Any) -> None:
        self.tell("/_faults", **plan)

    def ahead(self, hours: float) -> None:
        """Puts the simulator's clock and ours forward."""
        self.tell("/_clock", hours=hours)
        self.clock.ahead += timedelta(hours=hours)

    def bought(self, wanted: LabelRequest, **settings: Any) -> Parcel:
        """The label of a wish, bought step by step."""

        async def buy(labels: KarrioLabels) -> Parcel:
            draft = await labels.draft_label(wanted)
            await labels.buy_label(wanted, draft, draft.rates[0])
            found = await labels.find_label(wanted)
            return labels.read_parcel(found.bought)

        return self.use(buy, **settings)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    stage = Stage()
    with SandboxServer(stage) as server:
        yield stage, server.url


@pytest.fixture(scope="session")
def connected_to() -> Callable[[str, str], Server]:
    """The plugin and a client of the test's own, connected to any server."""
    return Server


@pytest.fixture
def server_with(stage: tuple[Stage, str]) -> Iterator[Callable[..., Server]]:
    """Starts a simulated server with the given options of its scenario."""
    opened: list[Server] = []

    def start(seed: int = 1, **options: Any) -> Server:
        stage[0].app = sandbox_app(Scenario(seed=seed, options=options))
        opened.append(Server(stage[1]))
        return opened[-1]

    yield start
    for server in opened:
        server.http.close()


@pytest.fixture
def server(server_with: Callable[..., Server]) -> Server:
    return server_with()


@pytest.fixture
def a_wish() -> Callable[..., LabelRequest]:
    """Makes a wish for the label of one box."""

    def make(number: str = "1001", box: str = "B1", **changes: Any) -> LabelRequest:
        values: dict[str, Any] = {
            "key": f"{number}/{box}",
            "reference": number,
            "box": box,
            "ship_from": Address(
                company="Depot", line1="9 Dock Rd", city="Reno", region="NV", postal_code="89502", country="US"
            ),
            "ship_to": Address(
                name="Ann Lee", line1="1 Main St", city="Reno", region="NV", postal_code="89501", country="US"
            ),
            "weight": Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
            "dimensions": Dimensions(length=Decimal(10), width=Decimal(8), height=Decimal("4.5"), unit=LengthUnit.INCH),
        }
        return LabelRequest(**{**values, **changes})

    return make


class Installed:
    """A karrio server in an environment of its own, with a database that is ready to be copied."""

    def __init__(self, home: Path) -> None:
        self.home, self.python = home, home / "env" / "bin" / "python"

    def prepare(self) -> None:
        """Installs it and makes the database, unless that was done before."""
        if (self.home / "ready").exists():
            return
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", self.home / "env"], check=True, capture_output=True)
        wanted = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REAL / "requirements.txt"]
        done = subprocess.run([self.python, *wanted], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no karrio server could be installed from the registry: {done.stderr.strip()[-200:]}")
        (self.home / "database").mkdir()
        self.manage(self.home / "database", "migrate")
        self.manage(self.home / "database", "shell", (REAL / "seed.py").read_text("utf-8"))
        (self.home / "ready").touch()

    def manage(self, place: Path, command: str, typed: str = "") -> None:
        """Runs one of the server's own commands."""
        done = subprocess.run(
            [self.python, "-W", "ignore", "-m", "karrio.server", command],
            input=typed,
            cwd=place,
            env=self.environment(place),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def environment(self, place: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return {**kept, **SETTINGS, "WORK_DIR": str(place)}

    def start(self, place: Path, port: int) -> subprocess.Popen[bytes]:
        """Serves a copy of the database on this port."""
        shutil.copytree(self.home / "database", place, dirs_exist_ok=True)
        asked = ["-m", "uvicorn", "karrio.server.asgi:application", "--port", str(port), "--log-level", "error"]
        with (place / "server.log").open("wb") as log:
            return subprocess.Popen(
                [self.python, "-W", "ignore", *asked],
                cwd=place,
                env=self.environment(place),
                stdout=log,
                stderr=log,
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False, timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)  # the server is another program: nothing else tells when it is ready
    raise AssertionError(f"the server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")


@pytest.fixture(scope="session")
def real_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real karrio server, with a user, keys and a carrier."""
    version = sha256((REAL / "requirements.txt").read_bytes() + (REAL / "seed.py").read_bytes()).hexdigest()[:12]
    cache = getattr(request.config, "cache", None)
    homes = cache.mkdir("karrio-server") if cache else tmp_path_factory.mktemp("karrio-server")
    installed = Installed(homes / version)
    installed.prepare()
    place, port = tmp_path_factory.mktemp("karrio"), free_port()
    process, url = installed.start(place, port), f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, place / "server.log")
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def real(real_url: str) -> Iterator[Server]:
    """A real karrio server, seen through a key for live shipments."""
    server = Server(real_url, LIVE_KEY)
    yield server
    server.http.close()
