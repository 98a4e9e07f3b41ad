"""The world of the demo: a cart, a warehouse and a shipping system as real servers, remembered from demo to demo."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
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
from crossdock.runtime.demo.truth import Box, Truths, boxes_without_label
from crossdock.sandbox import SandboxProcess

CONFIG = Path(__file__).with_name("crossdock.toml")
PIPELINE = "main"
AREAS = ("EAST", "WEST")
REAL_CALLS_A_MINUTE = 2000
LIMITED, NO_LIMIT = ("cart", "shipping"), {"requests_per_minute": 1_000 * REAL_CALLS_A_MINUTE}
"""Connections that limit their calls, and a limit that holds nothing up."""
DISTRIBUTIONS = {"karrio": "crossdock-shipping"}
"""Where a plugin comes from that has not the name of its distribution."""
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
"""So many answers to writes get lost at each system, after the work was done."""
UNTRACKED = 0.5
"""Share of the boxes to which the warehouse gives no tracking number; the shipping system has it."""
LEFT_TO_US = 20
"""Of so many of these boxes, people leave one without a label."""
TARIFF = {
    ("USPS", "Priority Mail"): ("usps", "usps_priority_mail", "8.95"),
    ("FedEx", "2Day"): ("fedex", "fedex_2_day", "17.80"),
    ("UPS", "Ground"): ("ups", "ups_ground", "9.40"),
    ("UPS", "2nd Day Air"): ("ups", "ups_2nd_day_air", "18.75"),
    ("UPS", "Next Day Air"): ("ups", "ups_next_day_air", "34.60"),
}
"""What the warehouse calls a service -> carrier and code in the shipping system, and its made-up price in dollars."""


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
    def shipping(self) -> Path:
        """What the shipping system was."""
        return self.folder / "shipping.state"

    @property
    def states(self) -> tuple[Path, ...]:
        """What all of them were."""
        return self.cart, self.warehouse, self.shipping

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
        if not all(file.exists() for file in (self.note, *self.states)):
            raise NeedsConfig(
                f"{self.database} is of a demo that was cut off, and its cart, warehouse and shipping system are gone; "
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
        for file in self.states:
            file.unlink(missing_ok=True)


@dataclass(frozen=True)
class World:
    """All three systems at work; unless the state is new, they go on where the last demo left them."""

    config: Config
    scale: Scale
    memory: Memory
    state: State
    cart_url: str
    warehouse_url: str
    shipping_url: str
    client: httpx.Client

    @property
    def urls(self) -> Mapping[str, str]:
        """Where the three listen."""
        return {"cart": self.cart_url, "warehouse": self.warehouse_url, "shipping": self.shipping_url}

    def clear_payments(self) -> int:
        """The marketplace clears every payment that was pending."""
        return int(self._post(f"{self.cart_url}/_pay", {})["paid"])

    def work_a_shift(self, seed: int) -> dict[str, int]:
        """People in the warehouse pick and pack: some lines short, some orders in several boxes, a few over.

        For some of the boxes the warehouse knows no tracking number: most of their labels people print at the shipping
        system, the others are left to be bought.
        """
        habits = {"short_picks": 0.05, "split_boxes": 0.2, "over_picks": 0.002, "without_tracking": UNTRACKED}
        wish = {"seed": seed, **habits}
        counts: dict[str, int] = self._post(f"{self.warehouse_url}/_shift", wish)
        return {**counts, "printed": self._print_labels()}

    def _print_labels(self) -> int:
        """People print labels at the shipping system, and type in order number and box; how many."""
        waiting = boxes_without_label(self._truth_of("warehouse"), self._truth_of("shipping"))
        wanted = [_by_hand(box) for place, box in enumerate(waiting) if place % LEFT_TO_US]
        return len(self._post(f"{self.shipping_url}/_labels", wanted))

    def truth(self) -> Truths:
        """What the cart and the warehouse know of their orders, and the shipping system of the labels that it sold."""
        return Truths(**{name: self._truth_of(name) for name in self.urls})

    def lost_replies(self) -> Mapping[str, int]:
        """How many answers of each system were lost on purpose so far."""
        plans = {name: self._get(f"{url}/_faults") for name, url in self.urls.items()}
        return {name: lost for name, plan in plans.items() if (lost := plan["injected"].get("lost_reply", 0))}

    def note(self, state: State) -> None:
        """How far the story is told, for the next demo."""
        self.memory.write(self.scale, state)

    def remember(self) -> None:
        """All of them write down what they are, for the next demo."""
        for url in self.urls.values():
            self._post(f"{url}/_save", {})

    def _truth_of(self, system: str) -> dict[str, Any]:
        return dict(self._get(f"{self.urls[system]}/_truth"))

    def _get(self, url: str) -> Any:
        return self.client.get(url).raise_for_status().json()

    def _post(self, url: str, wish: Any) -> Any:
        return self.client.post(url, json=wish).raise_for_status().json()


@dataclass(frozen=True)
class _Credentials:
    """Made for one demo, told to the simulators and to the config, and kept nowhere."""

    application_id: str
    shared_secret: str
    refresh_token: str
    warehouse_key: str
    shipping_key: str

    @classmethod
    def fresh(cls) -> Self:
        return cls("demo-application", *(secrets.token_urlsafe(24) for _ in range(4)))


@contextmanager
def open_world(database: Path, scale: Scale, *, pace: bool = False) -> Iterator[World]:
    """Start all systems and read the config that connects them; `pace` keeps the real limits of calls."""
    memory = Memory(database.absolute())
    state = memory.prepare(scale)
    own = _Credentials.fresh()
    with ExitStack() as stack:
        cart = stack.enter_context(_simulator("channeladvisor", scale, _cart_options(own, scale, memory, pace)))
        warehouse = stack.enter_context(_simulator("warehouseos", scale, _warehouse_options(own, scale, memory)))
        shipping = stack.enter_context(_simulator("karrio", scale, _shipping_options(own, scale, memory)))
        urls = (cart.url, warehouse.url, shipping.url)
        stack.enter_context(_environment(*urls, own))
        client = stack.enter_context(httpx.Client(timeout=60))
        memory.forget()
        world = World(_config(memory.database, pace), scale, memory, state, *urls, client)
        try:
            yield world
        finally:
            world.remember()


def _simulator(connector: str, scale: Scale, options: dict[str, Any]) -> SandboxProcess:
    offers = installed_plugins().get(connector, ())
    if not offers:
        wanted = DISTRIBUTIONS.get(connector, f"crossdock-{connector}")
        raise NeedsConfig(f"the demo needs the plugin '{connector}'; install it: pip install {wanted}")
    module = offers[0].entry_point.value
    return SandboxProcess(f"{module}:sandbox", Scenario(scale.seed, scale.orders, options))


def _cart_options(own: _Credentials, scale: Scale, memory: Memory, pace: bool) -> dict[str, Any]:
    return {
        "applications": {own.application_id: own.shared_secret},
        "refresh_token": own.refresh_token,
        "rate_per_minute": REAL_CALLS_A_MINUTE if pace else 0,
        "odd": ODD_ORDERS,
        "faults": _lost_replies(scale, "/Ship|/Export", scale.orders),
        "state_file": str(memory.cart),
    }


def _warehouse_options(own: _Credentials, scale: Scale, memory: Memory) -> dict[str, Any]:
    return {
        "api_key": own.warehouse_key,
        "areas": AREAS,
        "redeliver": 0.02,
        "shuffle": True,
        "faults": _lost_replies(scale, "AddOrder", scale.orders),
        "state_file": str(memory.warehouse),
    }


def _shipping_options(own: _Credentials, scale: Scale, memory: Memory) -> dict[str, Any]:
    carriers = dict.fromkeys(carrier for carrier, _, _ in TARIFF.values())
    purchases = int(scale.orders * UNTRACKED / LEFT_TO_US)
    return {
        "api_key": own.shipping_key,
        "carriers": [_carrier(name) for name in carriers],
        "faults": _lost_replies(scale, "/purchase", purchases),
        "state_file": str(memory.shipping),
    }


def _carrier(name: str) -> dict[str, Any]:
    services = [{"code": code, "price": price} for carrier, code, price in TARIFF.values() if carrier == name]
    return {"carrier_id": name, "carrier_name": name, "carries": name, "services": services}


def _by_hand(box: Box) -> dict[str, str]:
    """What a person asks for at the shipping system, as it says on the box."""
    carrier, service, _ = TARIFF[box.carrier, box.service]
    return {"reference": box.number, "box": box.name, "carrier_id": carrier, "service": service}


def _lost_replies(scale: Scale, writes: str, expected: int) -> dict[str, Any]:
    rate = min(1.0, LOST_REPLIES / max(expected, 1))
    return {"seed": scale.seed, "rates": {"lost_reply": rate}, "only_paths": writes, "max_faults": LOST_REPLIES}


def _config(database: Path, pace: bool) -> Config:
    """The config of the demo with its own database; the limits of calls are lifted unless the pace is kept."""
    written = load_config(CONFIG)
    store = written.store.model_copy(update={"url": f"sqlite:///{database}"})
    connections = {
        name: one if pace or name not in LIMITED else replace(one, settings={**one.settings, **NO_LIMIT})
        for name, one in written.connections.items()
    }
    return replace(written, store=store, connections=connections)


@contextmanager
def _environment(cart_url: str, warehouse_url: str, shipping_url: str, own: _Credentials) -> Iterator[None]:
    """The variables that the config refers to, for as long as the world is there."""
    variables = {
        "DEMO_CART_URL": cart_url,
        "DEMO_APPLICATION_ID": own.application_id,
        "DEMO_SHARED_SECRET": own.shared_secret,
        "DEMO_REFRESH_TOKEN": own.refresh_token,
        "DEMO_WAREHOUSE_URL": warehouse_url,
        "DEMO_WAREHOUSE_KEY": own.warehouse_key,
        "DEMO_SHIPPING_URL": shipping_url,
        "DEMO_SHIPPING_KEY": own.shipping_key,
    }
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
