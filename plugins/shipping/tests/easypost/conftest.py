"""A simulated EasyPost account on a real port, and the plugin connected to it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog

from crossdock import ConnectionContext, Scenario
from crossdock.domain import Address, LabelLine, LabelRequest, Money, Weight, WeightUnit
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_shipping.easypost.client import endpoint
from crossdock_shipping.easypost.parcels import EasyPostParcels
from crossdock_shipping.easypost.sandbox import sandbox_app
from crossdock_shipping.easypost.settings import EasyPostSettings

DOCK = Address(company="Dock", line1="1 Dock Rd", city="Reno", region="NV", postal_code="89501", country="US")
HOME = Address(name="Ada", line1="2 Main St", city="Austin", region="TX", postal_code="73301", country="US")


@dataclass
class HandClock:
    """A clock that a test turns by hand; it begins now, as the simulator's does."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class Account:
    """A running simulator, and the plugin connected to it."""

    def __init__(self, server: SandboxServer, http: httpx.Client) -> None:
        self.http, self.url, self.clock = http, server.url, HandClock()

    def sell(self, *labels: dict[str, Any]) -> list[dict[str, str]]:
        return self.http.post("/_labels", json=labels).raise_for_status().json()

    def decide(self, shipment_id: str, status: str) -> None:
        told = [{"shipment_id": shipment_id, "status": status}]
        self.http.post("/_refunds", json=told).raise_for_status()

    def truth(self) -> dict[str, Any]:
        return self.http.get("/_truth").raise_for_status().json()

    def faults(self, **plan: Any) -> None:
        self.http.post("/_faults", json=plan).raise_for_status()

    def settings(self, **changes: Any) -> EasyPostSettings:
        pace = {"requests_per_second": 1000}
        return EasyPostSettings(**{"base_url": f"{self.url}/v2", "api_key": "sandbox-key", **pace, **changes})

    def ask(self, use: Callable[[EasyPostParcels], Any], **changes: Any) -> Any:
        async def opened() -> Any:
            chosen = self.settings(**changes)
            secrets = [chosen.api_key.get_secret_value()]
            async with open_client("easypost", replace(endpoint(chosen), retries=0), secrets=secrets) as http:
                ctx = ConnectionContext("easypost", chosen, http, structlog.get_logger(), self.clock)
                return await use(EasyPostParcels(ctx))

        return asyncio.run(opened())


@pytest.fixture
def account_with() -> Iterator[Callable[..., Account]]:
    with ExitStack() as running:

        def start(**options: Any) -> Account:
            app = sandbox_app(Scenario(options={"lists_per_second": 0, **options}))
            server = running.enter_context(SandboxServer(app))
            return Account(server, running.enter_context(httpx.Client(base_url=server.url, trust_env=False)))

        yield start


@pytest.fixture
def account(account_with) -> Account:
    return account_with()


@pytest.fixture
def wanted() -> Callable[..., LabelRequest]:
    def wish(**changes: Any) -> LabelRequest:
        return LabelRequest(
            **{
                "key": "1001/1001-1",
                "reference": "1001",
                "box": "1001-1",
                "ship_from": DOCK,
                "ship_to": HOME,
                "weight": Weight(value="2.5", unit=WeightUnit.POUND),
                "lines": (LabelLine(sku="CUP", quantity=2, value=Money(amount="4.50", currency="USD")),),
                **changes,
            }
        )

    return wish
