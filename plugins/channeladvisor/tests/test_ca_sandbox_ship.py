"""What the simulated ChannelAdvisor takes as a shipment, what it refuses, and what it keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app

PARCEL = {"TrackingNumber": "1Z1", "ShippingCarrier": "UPS", "ShippingClass": "GROUND", "DeliveryStatus": "Complete"}


class Seller:
    """A signed-in caller with an order at hand: 4 pieces of one line, 1 of another, over two centres."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        auth = ("sandbox-application", "sandbox-secret")
        token = client.post("/oauth2/token", auth=auth, data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        self.id = self.add(SiteID=640, SiteName="Amazon Seller Central - US")

    def add(self, **fields: Any) -> int:
        lines = [{"ID": 71, "Sku": "SKU-0001", "Quantity": 4}, {"ID": 72, "Sku": "SKU-0001", "Quantity": 1}]
        east = [{"ID": 91, "OrderItemID": 71, "Quantity": 3}, {"ID": 92, "OrderItemID": 72, "Quantity": 1}]
        west = [{"ID": 93, "OrderItemID": 71, "Quantity": 1}]
        fulfillments = [
            {"ID": 81, "DistributionCenterID": 1, "Items": east},
            {"ID": 82, "DistributionCenterID": 2, "Items": west},
        ]
        plain = {
            "CheckoutStatus": "Completed",
            "PaymentStatus": "Cleared",
            "ShippingStatus": "Unshipped",
            "DistributionCenterTypeRollup": "SellerManaged",
            "Items": lines,
            "Fulfillments": fulfillments,
        }
        answer = self.client.post("/_orders", json={"set": {**plain, **fields}})
        return int(answer.raise_for_status().json()["ID"])

    def ship(self, order: int | None = None, **value: Any) -> httpx.Response:
        return self.client.post(f"/v1/Orders({order or self.id})/Ship", json={"Value": {**PARCEL, **value}})

    def order(self) -> dict[str, Any]:
        params = {"$expand": "Items,Fulfillments($expand=Items)"}
        return self.client.get(f"/v1/Orders({self.id})", params=params).json()

    def story(self, order: int | None = None) -> dict[str, Any]:
        return self.client.get("/_truth").json()["orders"][str(order or self.id)]

    def lines(self) -> dict[str, tuple[int, int]]:
        return {line: (row["shipped"], row["open"]) for line, row in self.story()["lines"].items()}


@contextmanager
def _selling(**options: Any) -> Iterator[Seller]:
    app = sandbox_app(Scenario(orders=0, options=options))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        yield Seller(client)


@pytest.fixture
def seller() -> Iterator[Seller]:
    with _selling() as seller:
        yield seller


def test_partial_shipment_splits_the_fulfillment_and_leaves_the_rest_open(seller: Seller) -> None:
    before = seller.order()
    items = [{"OrderItemID": 71, "Quantity": 2}]
    answer = seller.ship(DistributionCenterID=1, SellerFulfillmentID=7001, Items=items)
    assert (answer.status_code, answer.content) == (204, b"")
    order = seller.order()
    shipped = [f for f in order["Fulfillments"] if f["DeliveryStatus"] == "Complete"]
    assert [(f["DistributionCenterID"], f["TrackingNumber"], f["SellerFulfillmentID"]) for f in shipped] == [
        (1, "1Z1", "7001")
    ]
    assert [(row["OrderItemID"], row["Quantity"], row["FulfillmentID"]) for row in shipped[0]["Items"]] == [
        (71, 2, shipped[0]["ID"])
    ]
    assert order["ShippingStatus"] == "PartiallyShipped"
    assert order["UpdatedDateUtc"] > before["UpdatedDateUtc"]
    assert seller.lines() == {"71": (2, 2), "72": (0, 1)}


def test_pieces_are_conserved_over_any_sequence_of_shipments(seller: Seller) -> None:
    seller.ship(DistributionCenterID=1, Items=[{"OrderItemID": 71, "Quantity": 1}])
    seller.ship(DistributionCenterID=2)
    seller.ship(Items=[{"OrderItemID": 72, "Quantity": 1}])
    seller.ship()
    rows = [row for fulfillment in seller.order()["Fulfillments"] for row in fulfillment["Items"]]
    assert sum(row["Quantity"] for row in rows) == 5
    assert len({row["ID"] for row in rows}) == len(rows)
    assert {row["MarketplaceShippingStatus"] for row in rows} == {"Complete"}
    assert seller.order()["ShippingStatus"] == "Shipped"


def test_no_items_means_all_that_is_left_in_the_named_centre(seller: Seller) -> None:
    assert seller.ship(DistributionCenterID=1).status_code == 204
    assert seller.lines() == {"71": (3, 1), "72": (1, 0)}
    assert seller.ship().status_code == 204
    assert seller.lines() == {"71": (4, 0), "72": (1, 0)}
    assert [sorted(ship["items"].items()) for ship in seller.story()["ships"]] == [
        [("71", 3), ("72", 1)],
        [("71", 1)],
    ]


def test_one_call_over_two_centres_makes_a_shipment_in_each(seller: Seller) -> None:
    seller.ship()
    assert [(f["DistributionCenterID"], f["DeliveryStatus"]) for f in seller.order()["Fulfillments"]] == [
        (1, "Complete"),
        (2, "Complete"),
    ]


def test_repeated_call_ships_again_while_something_is_open(seller: Seller) -> None:
    items = [{"OrderItemID": 71, "Quantity": 1}]
    for _ in range(4):
        assert seller.ship(Items=items, SellerFulfillmentID="9").status_code == 204
    answer = seller.ship(Items=items, SellerFulfillmentID="9")
    assert answer.status_code == 400
    assert [ship["seller_fulfillment_id"] for ship in seller.story()["ships"]] == ["9"] * 4


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Items": [{"OrderItemID": 99, "Quantity": 1}]}, "Item 99 does not belong"),
        ({"Items": [{"Sku": "SKU-0001", "Quantity": 1}]}, "Item None does not belong"),
        ({"Items": [{"OrderItemID": 71, "Quantity": 5}]}, "exceeds the 4"),
        ({"Items": [{"OrderItemID": 71, "Quantity": 3}, {"OrderItemID": 71, "Quantity": 2}]}, "exceeds the 4"),
        ({"Items": [{"OrderItemID": 71, "Quantity": 2}], "DistributionCenterID": 2}, "exceeds the 1"),
        ({"Items": [{"OrderItemID": 71, "Quantity": 0}]}, "must be positive"),
        ({"Items": []}, "Items is empty"),
        ({"DistributionCenterID": 3}, "nothing left to ship"),
        ({"DistributionCenterID": -2}, "externally managed"),
        ({"ShippingCarrier": "UPS", "ShippingClass": "Ground"}, "not valid for this account"),
        ({"ShippingCarrier": "Pigeon", "ShippingClass": "GROUND"}, "not valid for this account"),
        ({"ShippingClass": None}, "not valid for this account"),
        ({"ShippedDateUtc": TOMORROW}, "is in the future"),
        ({"ShippedDateUtc": "2025-01-06T10:00:00"}, "has no offset"),
        ({"ShippedDateUtc": "yesterday"}, "is not a date"),
        ({"SellerFulfillmentID": "BOX-1"}, "must be an integer"),
        ({"DeliveryStatus": "NoChange"}, "does not ship"),
        ({"Carrier": "UPS"}, "The request is invalid"),
        ({"Items": [{"OrderItemID": "71", "Quantity": 1}]}, "The request is invalid"),
    ],
)
def test_wrong_shipment_is_refused_with_a_message_and_ships_nothing(
    seller: Seller, value: dict[str, Any], message: str
) -> None:
    answer = seller.ship(**value)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert seller.lines() == {"71": (0, 4), "72": (0, 1)}


def test_body_without_its_value_wrapper_is_refused(seller: Seller) -> None:
    answer = seller.client.post(f"/v1/Orders({seller.id})/Ship", json=PARCEL)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("The request is invalid.")


@pytest.mark.parametrize("fields", [{"ShippingStatus": "Canceled"}, {"CheckoutStatus": "Disabled"}])
def test_cancelled_order_cannot_be_shipped(seller: Seller, fields: dict[str, str]) -> None:
    answer = seller.ship(seller.add(**fields))
    assert answer.status_code == 400
    assert "is cancelled" in answer.json()["error"]["message"]


def test_order_that_amazon_ships_cannot_be_shipped(seller: Seller) -> None:
    answer = seller.ship(seller.add(DistributionCenterTypeRollup="ExternallyManaged"))
    assert answer.status_code == 400
    assert "external fulfillment service" in answer.json()["error"]["message"]


def test_seller_fulfillment_id_may_be_text_where_amazon_is_not_asked(seller: Seller) -> None:
    order = seller.add(SiteID=576, SiteName="eBay Fixed Price US")
    assert seller.ship(order, SellerFulfillmentID="BOX-1").status_code == 204


def test_unknown_order_is_404(seller: Seller) -> None:
    assert seller.ship(5).status_code == 404


def test_carrier_pairs_are_those_of_the_account() -> None:
    with _selling(carriers={"Pigeon": ["Express"]}) as seller:
        assert seller.ship().status_code == 400
        assert seller.ship(ShippingCarrier="Pigeon", ShippingClass="Express").status_code == 204


def test_lost_reply_ships_all_the_same(seller: Seller) -> None:
    plan = {"rates": {"lost_reply": 1}, "only_paths": "/Ship$", "max_faults": 1}
    seller.client.post("/_faults", json=plan).raise_for_status()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        seller.ship(SellerFulfillmentID="77", DistributionCenterID=2)
    params = {"$filter": f"OrderID eq {seller.id}"}
    found = seller.client.get("/v1/Fulfillments", params=params).json()["value"]
    assert [(f["SellerFulfillmentID"], f["TrackingNumber"]) for f in found if f["DeliveryStatus"] == "Complete"] == [
        ("77", "1Z1")
    ]
