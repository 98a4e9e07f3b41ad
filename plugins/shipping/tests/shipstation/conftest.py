"""A simulated account of ShipStation on a real port, and the plugin connected to it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock import ConnectionContext, Page, Scenario
from crossdock.domain import Address, LabelRequest, Parcel, Weight, WeightUnit
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_shipping.shipstation.client import endpoint
from crossdock_shipping.shipstation.labels import ShipStationLabels
from crossdock_shipping.shipstation.sandbox import sandbox_app
from crossdock_shipping.shipstation.settings import ShipStationSettings

HOME = Address(name="Ann Lee", line1="1 Main St", city="Reno", region="NV", postal_code="89501", country="US")
DOCK = Address(company="Dock Inc", line1="9 Wharf Rd", city="Oakland", region="CA", postal_code="94607", country="US")


@dataclass
class HandClock:
    """A clock that a test turns by hand."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


class LeapTimer:
    """Passes the time without waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def time(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class Account:
    """A running simulator as a test sees it, and the plugin connected to it."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        self.url = url
        self.http = http
        self.clock = HandClock()

    def ask(self, use: Callable[[ShipStationLabels], Awaitable[Any]], **changes: Any) -> Any:
        async def opened() -> Any:
            settings = {"base_url": self.url, "api_key": "sandbox-key", "requests_per_minute": None, "timeout": 5.0}
            chosen = ShipStationSettings(**{**settings, **changes})
            secrets = [chosen.api_key.get_secret_value()]
            async with open_client("ship", endpoint(chosen), secrets=secrets, timer=LeapTimer()) as http:
                return await use(
                    ShipStationLabels(ConnectionContext("ship", chosen, http, structlog.get_logger(), self.clock))
                )

        return asyncio.run(opened())

    def make(self, *labels: dict[str, Any]) -> list[str]:
        return self.http.post("/_labels", json=labels).raise_for_status().json()["label_ids"]

    def tell(self, what: str, **body: Any) -> None:
        self.http.post(f"/_{what}", json=body).raise_for_status()

    def truth(self) -> dict[str, Any]:
        return self.http.get("/_truth").raise_for_status().json()

    def walk(self, checkpoint: str | None = None, **changes: Any) -> tuple[list[Parcel], str]:
        """All parcels of one run, and where the next one begins."""

        async def pages(provider: ShipStationLabels) -> tuple[list[Parcel], str]:
            page = await provider.fetch_parcels(checkpoint)
            seen: list[Page] = [page]
            while page.more:
                page = await provider.fetch_parcels(page.cursor)
                seen.append(page)
            assert page.checkpoint is not None
            return [provider.read_parcel(record) for page in seen for record in page.records], page.checkpoint

        return self.ask(pages, **changes)


class Stage:
    """A server that another account moves into for each test, because to stop one takes longer than most tests."""

    def __init__(self) -> None:
        self.account: ASGIApp = sandbox_app(Scenario())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.account(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    empty = Stage()
    with SandboxServer(empty) as server:
        yield empty, server.url


@pytest.fixture
def account_with(stage: tuple[Stage, str]) -> Iterator[Callable[..., Account]]:
    """Starts an account with the given options of its scenario, in the place of the one before."""
    empty, url = stage
    with ExitStack() as running:

        def start(**options: Any) -> Account:
            empty.account = sandbox_app(Scenario(options={"requests_per_minute": None, **options}))
            client = httpx.Client(base_url=url, headers={"API-Key": "sandbox-key"}, trust_env=False)
            return Account(url, running.enter_context(client))

        yield start


@pytest.fixture
def account(account_with: Callable[..., Account]) -> Account:
    return account_with()


@pytest.fixture
def a_wish() -> Callable[..., LabelRequest]:
    """Makes the wish for the label of one box."""

    def make(number: str = "1001", box: str = "1001-1", **changes: Any) -> LabelRequest:
        values: dict[str, Any] = {
            "key": f"{number}/{box}",
            "reference": number,
            "box": box,
            "ship_from": DOCK,
            "ship_to": HOME,
            "weight": Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
        }
        return LabelRequest(**{**values, **changes})

    return make
