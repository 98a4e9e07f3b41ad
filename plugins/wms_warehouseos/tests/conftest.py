"""A simulated tenant on a real port, and the plugin connected to it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock import ConnectionContext, Scenario
from crossdock.domain import Address, FulfillmentRequest, RequestLine
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_warehouseos.client import endpoint
from crossdock_warehouseos.orders.target import WarehouseOSOrders
from crossdock_warehouseos.sandbox import sandbox_app
from crossdock_warehouseos.settings import WarehouseOSSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that a test turns by hand."""

    at: datetime = field(default=NOON)

    def now(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


class Tenant:
    """A running simulator as a test sees it."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self.http = client

    def shift(self, **how: Any) -> dict[str, int]:
        return self.http.post("/_shift", json=how).raise_for_status().json()

    def truth(self) -> dict[str, Any]:
        return self.http.get("/_truth").raise_for_status().json()

    def order(self, number: str) -> dict[str, Any]:
        return next(order for order in self.truth()["orders"] if order["number"] == number)

    def faults(self, **plan: Any) -> None:
        self.http.post("/_faults", json=plan).raise_for_status()


class Stage:
    """A server that another tenant moves into for each test, because to stop one takes longer than most tests."""

    def __init__(self) -> None:
        self.tenant: ASGIApp = sandbox_app(Scenario())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.tenant(scope, receive, send)


@pytest.fixture(scope="session")
def stages() -> Iterator[Callable[[int], tuple[Stage, str]]]:
    """Gives a stage with its address by place; a test that needs several tenants at once uses several places."""
    with ExitStack() as running:
        opened: list[tuple[Stage, str]] = []

        def stage(place: int) -> tuple[Stage, str]:
            while len(opened) <= place:
                empty = Stage()
                opened.append((empty, running.enter_context(SandboxServer(empty)).url))
            return opened[place]

        yield stage


@pytest.fixture
def tenant_with(stages: Callable[[int], tuple[Stage, str]]) -> Iterator[Callable[..., Tenant]]:
    """Starts a tenant with the given options of its scenario."""
    places = count()
    with ExitStack() as running:

        def start(seed: int = 1, **options: Any) -> Tenant:
            stage, url = stages(next(places))
            stage.tenant = sandbox_app(Scenario(seed=seed, options=options))
            client = httpx.Client(base_url=url, headers={"ApiKey": "sandbox-key"}, trust_env=False)
            return Tenant(url, running.enter_context(client))

        yield start


@pytest.fixture
def tenant(tenant_with: Callable[..., Tenant]) -> Tenant:
    return tenant_with()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def connected_as(clock: HandClock) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """Opens any role of the plugin on a tenant, over the real transport."""

    @asynccontextmanager
    async def connect(role: Callable[..., Any], tenant: Tenant, **settings: Any):
        chosen = WarehouseOSSettings(**{"base_url": tenant.url, "api_key": "sandbox-key", "timeout": 5.0, **settings})
        async with open_client("warehouse", endpoint(chosen), secrets=["sandbox-key"]) as http:
            yield role(ConnectionContext("warehouse", chosen, http, structlog.get_logger(), clock))

    return connect


@pytest.fixture
def connected(
    connected_as: Callable[..., AbstractAsyncContextManager[Any]],
) -> Callable[..., AbstractAsyncContextManager[WarehouseOSOrders]]:
    """Opens the plugin's fulfillment target on a tenant, over the real transport."""
    return partial(connected_as, WarehouseOSOrders)


@pytest.fixture
def a_request() -> Callable[..., FulfillmentRequest]:
    """Makes a request; without lines given it asks for three pieces on two lines."""

    def make(number: str = "1001", *, lines: dict[str, int] | None = None, **changes: Any) -> FulfillmentRequest:
        asked = lines or {"SKU-0001": 2, "SKU-0002": 1}
        values: dict[str, Any] = {
            "key": f"cart/{number}/1",
            "number": number,
            "order_external_id": number,
            "order_number": number,
            "distribution_center": "1",
            "placed_at": NOON,
            "ship_to": Address(name="Ann Lee", line1="1 Main St", city="Reno", country="US"),
            "carrier": "UPS",
            "service_level": "GROUND",
            "lines": tuple(
                RequestLine(id=f"L{place}", order_line_id=f"{place}", sku=sku, quantity=quantity)
                for place, (sku, quantity) in enumerate(asked.items(), 1)
            ),
        }
        return FulfillmentRequest(**{**values, **changes})

    return make
