"""Bodies as ChannelAdvisor writes them, and settings to read them with."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from crossdock import ConnectionContext, Record, Scenario
from crossdock.sandbox import SandboxServer
from crossdock.transport import open_client
from crossdock_channeladvisor.client import endpoint
from crossdock_channeladvisor.orders import ChannelAdvisorOrders
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


@pytest.fixture
def ca_log() -> Log:
    return Log()
