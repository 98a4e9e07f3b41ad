"""Bodies as ChannelAdvisor writes them, and settings to read them with."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import pytest

from crossdock import ConnectionContext, Record, Scenario
from crossdock.sandbox import FaultPlan, SandboxServer
from crossdock.transport import open_client
from crossdock_channeladvisor.client import endpoint
from crossdock_channeladvisor.orders.source import ChannelAdvisorOrders
from crossdock_channeladvisor.sandbox import sandbox_app
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


def _line(id_: int, sku: str, quantity: int, **fields: Any) -> dict[str, Any]:
    return {
        "ID": id_,
        "ProfileID": 12345678,
        "OrderID": 555000111,
        "ProductID": id_ + 2000,
        "SiteOrderItemID": f"site-{id_}",
        "Sku": sku,
        "Title": f"Title of {sku}",
        "Quantity": quantity,
        "UnitPrice": 15.0,
        "TaxPrice": 2.0,
        "GiftMessage": None,
        "GiftNotes": None,
        "IsBundle": False,
        "ReferenceSku": None,
        "ReferenceProductID": None,
        "Promotions": [],
        "BundleComponents": [],
    } | fields


def _part(sku: str, product: int, quantity: int, **fields: Any) -> dict[str, Any]:
    row = {"OrderID": 555000111, "OrderItemID": 7002, "ProductID": product, "Sku": sku, "Quantity": quantity}
    return row | {"Title": None, "ReferenceSku": None} | fields


def _fulfillment(id_: int, center: int, rows: list[tuple[int, int]], **fields: Any) -> dict[str, Any]:
    return {
        "ID": id_,
        "OrderID": 555000111,
        "CreatedDateUtc": "2024-05-01T12:41:07.2Z",
        "Type": "Ship",
        "DeliveryStatus": "NoChange",
        "TrackingNumber": None,
        "DistributionCenterID": center,
        "ShippedDateUtc": None,
        "SellerFulfillmentID": None,
        "Items": [
            {
                "ID": id_ * 10 + n,
                "FulfillmentID": id_,
                "OrderItemID": line,
                "ProductID": line + 2000,
                "Sku": None,
                "Quantity": quantity,
                "MarketplaceShippingStatus": "Pending",
            }
            for n, (line, quantity) in enumerate(rows)
        ],
    } | fields


def _order(**fields: Any) -> dict[str, Any]:
    """One plain line split over two distribution centres, and two bundles of one C and two D."""
    return {
        "ID": 555000111,
        "ProfileID": 12345678,
        "SiteID": 640,
        "SiteName": "Amazon Seller Central - US",
        "UserDataPresent": 1,
        "SiteOrderID": "111-0000000-0000001",
        "Currency": "USD",
        "CreatedDateUtc": "2024-05-01T12:00:00Z",
        "ImportDateUtc": "2024-05-01T12:41:07.1233333Z",
        "UpdatedDateUtc": "2024-05-01T12:41:09.5733333Z",
        "PublicNotes": None,
        "PrivateNotes": "",
        "SpecialInstructions": "",
        "TotalPrice": 93.95,
        "DeliverByDateUtc": "2024-05-08T06:59:59Z",
        "RequestedShippingCarrier": "Amazon",
        "RequestedShippingClass": "Standard",
        "OrderTags": None,
        "DistributionCenterTypeRollup": "SellerManaged",
        "CheckoutStatus": "Completed",
        "PaymentStatus": "Cleared",
        "ShippingStatus": "Unshipped",
        "BuyerEmailAddress": "buyer@example.invalid",
        "ShippingTitle": None,
        "ShippingFirstName": "Pat",
        "ShippingLastName": "Example",
        "ShippingSuffix": None,
        "ShippingCompanyName": None,
        "ShippingDaytimePhone": None,
        "ShippingEveningPhone": "555-0100",
        "ShippingAddressLine1": "1 Test Street",
        "ShippingAddressLine2": None,
        "ShippingCity": "Raleigh",
        "ShippingStateOrProvince": "NC",
        "ShippingStateOrProvinceName": "North Carolina",
        "ShippingPostalCode": "27601",
        "ShippingCountry": "US",
        "BillingFirstName": None,
        "Items": [
            _line(7001, "SKU-A", 2),
            _line(
                7002,
                "KIT-B",
                2,
                IsBundle=True,
                UnitPrice=25.0,
                BundleComponents=[_part("SKU-C", 9103, 2), _part("SKU-D", 9104, 4)],
            ),
        ],
        "Fulfillments": [
            _fulfillment(8001, 1, [(7001, 1), (7002, 2)]),
            _fulfillment(8002, -2, [(7001, 1)]),
        ],
        "Adjustments": [],
    } | fields


class Samples:
    """Builders of the vendor's documents, as plain JSON data."""

    order = staticmethod(_order)
    line = staticmethod(_line)
    part = staticmethod(_part)
    fulfillment = staticmethod(_fulfillment)

    @staticmethod
    def record(**fields: Any) -> Record:
        """The sample order, changed, as a record."""
        order = _order(**fields)
        return Record(str(order["ID"]), json.dumps(order).encode())


@pytest.fixture(scope="session")
def ca() -> type[Samples]:
    return Samples


@pytest.fixture(scope="session")
def ca_settings() -> Callable[..., ChannelAdvisorSettings]:
    """Makes valid settings, changed as asked."""
    valid = {"application_id": "app", "shared_secret": "s3cret-of-app", "refresh_token": "refresh-me"}
    return lambda **changes: ChannelAdvisorSettings.model_validate(valid | changes)


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **_details: Any) -> None:
        self.events.append(event)

    def warning(self, event: str, **_details: Any) -> None:
        self.events.append(event)


class StoppedClock:
    """It is always noon of one day, after every order of the simulator."""

    def now(self) -> datetime:
        return datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def ca_server() -> Callable[..., Any]:
    """Runs a simulated ChannelAdvisor with so many orders and these options, for the length of a `with` block."""

    @contextmanager
    def serve(orders: int = 30, seed: int = 1, **options: Any) -> Iterator[str]:
        with SandboxServer(sandbox_app(Scenario(seed=seed, orders=orders, options=options))) as server:
            yield server.url

    return serve


@contextmanager
def _signed_in(url: str) -> Iterator[httpx.Client]:
    form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
    with httpx.Client(base_url=url) as client:
        answer = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture(scope="session")
def ca_account(ca_server) -> Callable[..., Any]:
    """Opens a plain client that has signed in at a simulator of its own with these options."""

    @contextmanager
    def opened(**options: Any) -> Iterator[httpx.Client]:
        with ca_server(**options) as url, _signed_in(url) as client:
            yield client

    return opened


@pytest.fixture(scope="module")
def ca_shared_account(ca_server) -> Iterator[Callable[..., Any]]:
    """Opens a plain client that has signed in at one simulator that the tests of a module share."""
    with ca_server() as url:
        yield lambda: _signed_in(url)


@pytest.fixture(scope="session")
def ca_connect(ca_settings) -> Callable[..., AbstractAsyncContextManager[ChannelAdvisorOrders]]:
    """Opens the order source on a server, over a real socket."""

    @asynccontextmanager
    async def connect(url: str, log: Log | None = None, **changes: Any) -> AsyncIterator[ChannelAdvisorOrders]:
        keys = {"application_id": "sandbox-application", "shared_secret": "sandbox-secret"}
        pace = {"requests_per_minute": 60_000}
        settings = ca_settings(base_url=url, refresh_token="sandbox-refresh-token", **(keys | pace | changes))
        clock = StoppedClock()
        async with open_client("cart", endpoint(settings)) as http:
            yield ChannelAdvisorOrders(ConnectionContext("cart", settings, http, log or Log(), clock))

    return connect


@pytest.fixture(scope="session")
def ca_context(ca_settings) -> Callable[..., AbstractAsyncContextManager[ConnectionContext[ChannelAdvisorSettings]]]:
    """Opens the context of a connection to a server, over a real socket."""

    @asynccontextmanager
    async def connect(url: str, **changes: Any) -> AsyncIterator[ConnectionContext[ChannelAdvisorSettings]]:
        keys = {"application_id": "sandbox-application", "shared_secret": "sandbox-secret"}
        rest = {"refresh_token": "sandbox-refresh-token", "requests_per_minute": 60_000}
        settings = ca_settings(base_url=url, **(keys | rest | changes))
        async with open_client("cart", endpoint(settings)) as http:
            yield ConnectionContext("cart", settings, http, Log(), StoppedClock())

    return connect


@pytest.fixture
def ca_log() -> Log:
    return Log()


class Sold(NamedTuple):
    """An order of the simulator's and the ids of its lines."""

    id: str
    lines: tuple[str, ...]


class Shop:
    """A simulated account, and what people and marketplaces do there beside the connection."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self._client = client
        self._ids = itertools.count(2_000_000_001)
        self._calls_before: dict[str, int] = {}

    def open_again(self) -> "Shop":
        """The same account without faults, its calls counted from now on."""
        self.faults()
        self._calls_before = self.truth()["requests"]
        return self

    def post(self, path: str, body: Any) -> Any:
        """Something on a control path."""
        return self._client.post(path, json=body).raise_for_status().json()

    def call(self, method: str, path: str, body: Any) -> None:
        """Something that another tool of the seller does over the API."""
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        answer = self._client.post("/oauth2/token", data=form, auth=("sandbox-application", "sandbox-secret"))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self._client.request(method, path, json=body, headers=headers).raise_for_status()

    def order(self, **fields: Any) -> Sold:
        """Three pieces of one line, two of them in centre 1 and one in 2, and one piece of another line in 1."""
        first, second, *ids = itertools.islice(self._ids, 7)
        items = [
            {"ID": first, "Sku": "SKU-0001", "Quantity": 3, "UnitPrice": 14.95, "TaxPrice": 3.6, "ShippingPrice": 9.9},
            {"ID": second, "Sku": "SKU-0002", "Quantity": 1, "UnitPrice": 5.0},
        ]
        east = [
            {"ID": ids[0], "OrderItemID": first, "Quantity": 2},
            {"ID": ids[1], "OrderItemID": second, "Quantity": 1},
        ]
        west = [{"ID": ids[2], "OrderItemID": first, "Quantity": 1}]
        plain = {
            "SiteID": 640,
            "SiteName": "Amazon Seller Central - US",
            "CheckoutStatus": "Completed",
            "PaymentStatus": "Cleared",
            "ShippingStatus": "Unshipped",
            "DistributionCenterTypeRollup": "SellerManaged",
            "TotalPrice": 63.35,
            "Items": items,
            "Fulfillments": [
                {"ID": ids[3], "DistributionCenterID": 1, "Items": east},
                {"ID": ids[4], "DistributionCenterID": 2, "Items": west},
            ],
        }
        order = self.post("/_orders", {"set": plain | fields})["ID"]
        return Sold(str(order), (str(first), str(second)))

    def truth(self) -> Any:
        return self._client.get("/_truth").raise_for_status().json()

    def story(self, order: Sold) -> Any:
        """All that happened to an order."""
        return self.truth()["orders"][order.id]

    def counted(self, order: Sold, what: str) -> list[int]:
        """How many pieces of each line are `open`, `shipped`, `cancelled` or `refunded`."""
        story = self.story(order)
        return [story["lines"][line][what] for line in order.lines]

    def calls(self, kind: str) -> int:
        """How many calls of this kind came since the shop was opened."""
        return int(self.truth()["requests"].get(kind, 0)) - self._calls_before.get(kind, 0)

    def faults(self, **plan: Any) -> None:
        self._client.post("/_faults", content=FaultPlan(**plan).model_dump_json()).raise_for_status()

    def answer(self, answer: str, order: Sold, **more: Any) -> None:
        """The marketplace accepts or refuses what waits of an order."""
        self.post("/_marketplace", {"answer": answer, "order": int(order.id), **more})


@pytest.fixture(scope="session")
def ca_shop(ca_server) -> Callable[..., Any]:
    """Runs a simulated ChannelAdvisor whose marketplaces answer by hand, for the length of a `with` block."""

    @contextmanager
    def open_shop(**options: Any) -> Iterator[Shop]:
        plain = {"orders": 0, "marketplace_answers": "by_hand"}
        with ca_server(**(plain | options)) as url, httpx.Client(base_url=url) as client:
            yield Shop(url, client)

    return open_shop


@pytest.fixture(scope="session")
def ca_run(ca_connect) -> Callable[..., Any]:
    """Runs `deeds(cart)` on a connection to a shop."""

    def run(shop: Shop, deeds: Callable[[ChannelAdvisorOrders], Awaitable[Any]], **settings: Any) -> Any:
        async def inside() -> Any:
            async with ca_connect(shop.url, **settings) as cart:
                return await deeds(cart)

        return asyncio.run(inside())

    return run
