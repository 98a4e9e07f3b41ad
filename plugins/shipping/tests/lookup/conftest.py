"""A simulated look-up service on a real port, and the plugin connected to it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import httpx
import pytest
import structlog

from crossdock import ConnectionContext, Cursor, Scenario, SystemClock
from crossdock.domain import Parcel
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_shipping.lookup import plugin
from crossdock_shipping.lookup.client import endpoint
from crossdock_shipping.lookup.sandbox import sandbox_app
from crossdock_shipping.lookup.settings import ShippingSettings


class HandClock(SystemClock):
    """The machine's clock, until a test puts it forward."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Service:
    """A running simulator, and the plugin connected to it."""

    def __init__(self, server: SandboxServer, http: httpx.Client) -> None:
        self.http, self.clock = http, HandClock()
        self.settings = {"base_url": server.url, "api_key": "sandbox-key"}

    def add(self, *parcels: dict) -> None:
        self.http.post("/_parcels", json=parcels).raise_for_status()

    def ask(self, use, **changes):
        async def opened():
            chosen = ShippingSettings(**{**self.settings, **changes})
            async with open_client("parcels", endpoint(chosen), secrets=[chosen.api_key.get_secret_value()]) as http:
                ctx = ConnectionContext("parcels", chosen, http, structlog.get_logger(), self.clock)
                return await use(plugin.shipping_provider(ctx))

        return asyncio.run(opened())

    def found(self, number: str) -> list[Parcel]:
        async def look(provider):
            return [provider.read_parcel(record) for record in await provider.find_parcels(number)]

        return self.ask(look)

    def listed(self, cursor: Cursor | None = None, **changes) -> tuple[Sequence[Parcel], Cursor | None]:
        """All that one reading of the list tells, and where the next one begins."""

        async def read(provider):
            records, page = [], await provider.fetch_parcels(cursor)
            while page.more:
                records += page.records
                page = await provider.fetch_parcels(page.cursor)
            return [provider.read_parcel(record) for record in (*records, *page.records)], page.checkpoint

        return self.ask(read, lists=True, **changes)


@pytest.fixture
def service_with() -> Iterator[Callable[..., Service]]:
    with ExitStack() as running:

        def start(**options) -> Service:
            server = running.enter_context(SandboxServer(sandbox_app(Scenario(options=options))))
            return Service(server, running.enter_context(httpx.Client(base_url=server.url, trust_env=False)))

        yield start


@pytest.fixture
def service(service_with) -> Service:
    return service_with()
