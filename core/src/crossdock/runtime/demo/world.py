"""The world of the demo: a cart and a warehouse as real servers, which are remembered from one demo to the next."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import httpx

from crossdock.config import Config, load_config
from crossdock.hooks.context import Scenario
from crossdock.hooks.errors import NeedsConfig
from crossdock.registry import installed_plugins
from crossdock.sandbox import SandboxProcess

CONFIG = Path(__file__).with_name("crossdock.toml")
PIPELINE = "main"
AREAS = ("EAST", "WEST")
REAL_CALLS_A_MINUTE = 2000
ODD_ORDERS = (
    "missing_address",
    "unknown_sku",
    "same_number",
    "unknown_enum",
    "no_lines",
    "zero_quantity",
    "truncated",
)
LOST_REPLIES = 5
"""So many answers to writes get lost at each end, after the work was done."""


@dataclass(frozen=True)
class Scale:
    """How large the world is, and which one."""

    orders: int
    seed: int

    def __str__(self) -> str:
        return f"{self.orders:,} orders with seed {self.seed}"


class State(StrEnum):
    """How far the story of a world was told."""

    NEW = "new"
    UNFINISHED = "unfinished"
    FINISHED = "finished"


@dataclass(frozen=True)
class Memory:
    """The files, beside the database, in which the world waits for the next demo.

    They are there only between two demos: one that is cut off leaves a database whose two systems are gone.
    """

    database: Path

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self.database.with_name(f"{self.database.name}.world")

    @property
    def cart(self) -> Path:
        """What the cart was."""
        return self.folder / "cart.state"

    @property
    def warehouse(self) -> Path:
        """What the warehouse was."""
        return self.folder / "warehouse.state"

    @property
    def note(self) -> Path:
        """Which world it is, and how far its story was told."""
        return self.folder / "world.json"

    def write(self, scale: Scale, state: State) -> None:
        """Note how far the story is told."""
        self.note.write_text(json.dumps({**asdict(scale), "state": state}))

    def prepare(self, scale: Scale) -> State:
        """Make the folder ready for a demo of this scale; how far its story was told."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.database.exists():
            self.forget()
            self.write(scale, State.NEW)
            return State.NEW
        if not (self.note.exists() and self.cart.exists() and self.warehouse.exists()):
            raise NeedsConfig(
                f"{self.database} is of a demo that was cut off, and its cart and warehouse are gone; "
                "delete that file, or name another one with --database"
            )
        noted = json.loads(self.note.read_text())
        state = State(noted.pop("state"))
        if (was := Scale(**noted)) != scale:
            raise NeedsConfig(
                f"{self.database} holds a demo of {was}, not of {scale}; "
                "ask for the same again, delete that file, or name another one with --database"
            )
        return state

    def forget(self) -> None:
        """What was remembered is true no longer."""
        self.cart.unlink(missing_ok=True)
        self.warehouse.unlink(missing_ok=True)


@dataclass(frozen=True)
class World:
    """Both systems at work; unless the state is new, they go on where the last demo left them."""

    config: Config
    scale: Scale
    memory: Memory
    state: State
    cart_url: str
    warehouse_url: str
    client: httpx.Client

    def clear_payments(self) -> int:
        """The marketplace clears every payment that was pending."""
        return int(self._post(f"{self.cart_url}/_pay", {})["paid"])

    def work_a_shift(self, seed: int) -> dict[str, int]:
        """People in the warehouse pick and pack: some lines short, some orders in several boxes, a few over."""
        wish = {"seed": seed, "short_picks": 0.05, "split_boxes": 0.2, "over_picks": 0.002}
        counts: dict[str, int] = self._post(f"{self.warehouse_url}/_shift", wish)
        return counts

    def truth(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the cart and the warehouse themselves know of their orders."""
        return self._get(f"{self.cart_url}/_truth"), self._get(f"{self.warehouse_url}/_truth")

    def lost_replies(self) -> int:
        """How many answers were lost on purpose so far."""
        plans = [self._get(f"{url}/_faults") for url in (self.cart_url, self.warehouse_url)]
        return sum(plan["injected"].get("lost_reply", 0) for plan in plans)

    def note(self, state: State) -> None:
        """How far the story is told, for the next demo."""
        self.memory.write(self.scale, state)

    def remember(self) -> None:
        """Both systems write down what they are, for the next demo."""
        for url in (self.cart_url, self.warehouse_url):
            self._post(f"{url}/_save", {})

    def _get(self, url: str) -> Any:
        return self.client.get(url).raise_for_status().json()

    def _post(self, url: str, wish: dict[str, Any]) -> Any:
        return self.client.post(url, json=wish).raise_for_status().json()


@dataclass(frozen=True)
class _Credentials:
    """Made for one demo, told to the simulators and to the config, and kept nowhere."""

    application_id: str
    shared_secret: str
    refresh_token: str
    warehouse_key: str

    @classmethod
    def fresh(cls) -> Self:
        return cls("demo-application", *(secrets.token_urlsafe(24) for _ in range(3)))


@contextmanager
def open_world(database: Path, scale: Scale, *, pace: bool = False) -> Iterator[World]:
    """Start both systems and read the config that connects them; `pace` keeps the real cart's limit of calls."""
    memory = Memory(database.absolute())
    state = memory.prepare(scale)
    own = _Credentials.fresh()
    with ExitStack() as stack:
        cart = stack.enter_context(_simulator("channeladvisor", scale, _cart_options(own, scale, memory, pace)))
        warehouse = stack.enter_context(_simulator("warehouseos", scale, _warehouse_options(own, scale, memory)))
        stack.enter_context(_environment(cart.url, warehouse.url, own))
        client = stack.enter_context(httpx.Client(timeout=60))
        memory.forget()
        world = World(_config(memory.database, pace), scale, memory, state, cart.url, warehouse.url, client)
        try:
            yield world
        finally:
            world.remember()


def _simulator(connector: str, scale: Scale, options: dict[str, Any]) -> SandboxProcess:
    offers = installed_plugins().get(connector, ())
    if not offers:
        raise NeedsConfig(f"the demo needs the plugin '{connector}'; install it: pip install crossdock-{connector}")
    module = offers[0].entry_point.value
    return SandboxProcess(f"{module}:sandbox", Scenario(scale.seed, scale.orders, options))


def _cart_options(own: _Credentials, scale: Scale, memory: Memory, pace: bool) -> dict[str, Any]:
    return {
        "applications": {own.application_id: own.shared_secret},
        "refresh_token": own.refresh_token,
        "rate_per_minute": REAL_CALLS_A_MINUTE if pace else 0,
        "odd": ODD_ORDERS,
        "faults": _lost_replies(scale),
        "state_file": str(memory.cart),
    }


def _warehouse_options(own: _Credentials, scale: Scale, memory: Memory) -> dict[str, Any]:
    return {
        "api_key": own.warehouse_key,
        "areas": AREAS,
        "redeliver": 0.02,
        "shuffle": True,
        "faults": _lost_replies(scale),
        "state_file": str(memory.warehouse),
    }


def _lost_replies(scale: Scale) -> dict[str, Any]:
    rate = min(1.0, LOST_REPLIES / max(scale.orders, 1))
    writes = "AddOrder|/Ship|/Export"
    return {"seed": scale.seed, "rates": {"lost_reply": rate}, "only_paths": writes, "max_faults": LOST_REPLIES}


def _config(database: Path, pace: bool) -> Config:
    """The config of the demo with its own database; the cart's limit of calls is lifted unless the pace is kept."""
    written = load_config(CONFIG)
    cart = written.connections["cart"]
    calls = REAL_CALLS_A_MINUTE if pace else 1_000 * REAL_CALLS_A_MINUTE
    unhurried = replace(cart, settings={**cart.settings, "requests_per_minute": calls})
    store = written.store.model_copy(update={"url": f"sqlite:///{database}"})
    return replace(written, store=store, connections={**written.connections, "cart": unhurried})


@contextmanager
def _environment(cart_url: str, warehouse_url: str, own: _Credentials) -> Iterator[None]:
    """The variables that the config refers to, for as long as the world is there."""
    variables = {
        "DEMO_CART_URL": cart_url,
        "DEMO_APPLICATION_ID": own.application_id,
        "DEMO_SHARED_SECRET": own.shared_secret,
        "DEMO_REFRESH_TOKEN": own.refresh_token,
        "DEMO_WAREHOUSE_URL": warehouse_url,
        "DEMO_WAREHOUSE_KEY": own.warehouse_key,
    }
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
