"""Fulfillments of the simulated ChannelAdvisor: made, edited, shipped one by one, moved, accepted and refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app


class Seller:
    """A signed-in caller with an order at hand: 4 pieces of one line, 1 of another, over two centres."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        auth = ("sandbox-application", "sandbox-secret")
        token = client.post("/oauth2/token", auth=auth, data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        self.id = self.add()

    def add(self, **fields: Any) -> int:
        lines = [{"ID": 71, "Sku": "SKU-0001", "Quantity": 4}, {"ID": 72, "Sku": "SKU-0002", "Quantity": 1}]
        east = [{"ID": 91, "OrderItemID": 71, "Quantity": 3}, {"ID": 92, "OrderItemID": 72, "Quantity": 1}]
        west = [{"ID": 93, "OrderItemID": 71, "Quantity": 1}]
        plain = {
            "SiteID": 640,
            "CheckoutStatus": "Completed",
            "PaymentStatus": "Cleared",
            "ShippingStatus": "Unshipped",
            "DistributionCenterTypeRollup": "SellerManaged",
            "Items": lines,
            "Fulfillments": [
                {"ID": 81, "DistributionCenterID": 1, "Items": east},
                {"ID": 82, "DistributionCenterID": 2, "Items": west},
            ],
        }
        return int(self.client.post("/_orders", json={"set": {**plain, **fields}}).raise_for_status().json()["ID"])

    def patch(self, fulfillment: int = 81, **fields: Any) -> httpx.Response:
        return self.client.patch(f"/v1/Fulfillments({fulfillment})", json=fields)

    def fulfillment(self, id_: int = 81) -> dict[str, Any]:
        return self.client.get(f"/v1/Fulfillments({id_})", params={"$expand": "Items"}).raise_for_status().json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.client.post(f"/v1/{path}", json=body)

    def story(self) -> dict[str, Any]:
        return self.client.get("/_truth").json()["orders"][str(self.id)]

    def pieces(self) -> dict[str, dict[str, int]]:
        return {id_: row["items"] for id_, row in self.story()["fulfillments"].items()}


@contextmanager
def _selling(**options: Any) -> Iterator[Seller]:
    app = sandbox_app(Scenario(orders=0, options=options))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        yield Seller(client)


@pytest.fixture
def seller() -> Iterator[Seller]:
    with _selling() as seller:
        yield seller


@pytest.fixture(scope="module")
def untouched() -> Iterator[Seller]:
    """A seller for those who change nothing."""
    with _selling() as seller:
        yield seller


def test_patch_without_a_delivery_status_ships_the_fulfillment(seller: Seller) -> None:
    assert seller.patch(ExternalFulfillmentStatus="Pending", ExternalFulfillmentNumber="PO-1").status_code == 204
    after = seller.fulfillment()
    assert (after["DeliveryStatus"], after["ExternalFulfillmentNumber"]) == ("Complete", "PO-1")
    assert after["ShippedDateUtc"] is not None
    assert seller.story()["shipping"] == "PartiallyShipped"
    assert [ship["items"] for ship in seller.story()["ships"]] == [{"71": 3, "72": 1}]


def test_no_change_edits_without_shipping(seller: Seller) -> None:
    changes = {
        "ExternalFulfillmentStatus": "Pending",
        "ExternalFulfillmentNumber": "PO-1",
        "ExternalFulfillmentReferenceNumber": "R-1",
        "ShippingCarrier": "FEDEX",
        "ShippingClass": "2Day",
        "DistributionCenterID": 2,
        "SellerFulfillmentID": "17",
    }
    before = seller.fulfillment()
    assert seller.patch(DeliveryStatus="NoChange", **changes).status_code == 204
    after = seller.fulfillment()
    assert {name: value for name, value in after.items() if value != before[name]} == {
        **changes,
        "UpdatedDateUtc": after["UpdatedDateUtc"],
    }
    assert seller.story()["ships"] == []


def test_each_fulfillment_ships_by_itself_and_only_once(seller: Seller) -> None:
    parcel = {"TrackingNumber": "1Z1", "ShippingCarrier": "UPS", "ShippingClass": "GROUND", "SellerFulfillmentID": 9}
    for _ in range(2):
        assert seller.patch(DeliveryStatus="Complete", **parcel).status_code == 204
    assert seller.patch(82, DeliveryStatus="InTransit", TrackingNumber="1Z2").status_code == 204
    story = seller.story()
    assert story["shipping"] == "Shipped"
    assert [(ship["tracking"], ship["distribution_center"]) for ship in story["ships"]] == [("1Z1", 1), ("1Z2", 2)]
    assert seller.fulfillment()["SellerFulfillmentID"] == "9"


def test_words_that_do_not_ship_leave_it_open(seller: Seller) -> None:
    assert seller.patch(DeliveryStatus="PickAndPack").status_code == 204
    assert seller.fulfillment()["DeliveryStatus"] == "PickAndPack"
    assert seller.client.post(f"/v1/Orders({seller.id})/Ship", json={"Value": {}}).status_code == 204
    assert seller.story()["shipping"] == "Shipped"


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"DeliveryStatus": "Canceled"}, "Invalid enum value 'Canceled'"),
        ({"DeliveryStatus": None}, "Expected `str`"),
        ({"Delivery": "Complete"}, "unknown field `Delivery`"),
        ({"Items": []}, "unknown field `Items`"),
        ({"ExternalFulfillmentStatus": "Done"}, "Invalid enum value 'Done'"),
        ({"ShippingCarrier": "Pigeon"}, "not valid for this account"),
        ({"ShippingClass": "Ground"}, "not valid for this account"),
        ({"ShippedDateUtc": TOMORROW}, "in the future"),
        ({"SellerFulfillmentID": "BOX"}, "must be an integer"),
        ({"DistributionCenterID": -2}, "Distribution center -2"),
        ({"DistributionCenterID": 3}, "Distribution center 3"),
        ({"DistributionCenterID": 99}, "Distribution center 99"),
    ],
)
def test_wrong_edit_is_refused_and_changes_nothing(untouched: Seller, fields: dict[str, Any], message: str) -> None:
    before = untouched.fulfillment()
    answer = untouched.patch(**{"TrackingNumber": "never kept", **fields})
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (400, True), answer.text
    assert untouched.fulfillment() == before


def test_fulfillment_that_has_left_keeps_its_centre_but_takes_a_tracking_number(seller: Seller) -> None:
    seller.patch()
    assert seller.patch(DeliveryStatus="NoChange", TrackingNumber="late").status_code == 204
    assert seller.patch(DeliveryStatus="NoChange", DistributionCenterID=2).status_code == 400
    assert seller.fulfillment()["TrackingNumber"] == "late"


@pytest.mark.parametrize(
    ("order", "fulfillment"),
    [
        ({"ShippingStatus": "Canceled"}, {}),
        ({"DistributionCenterTypeRollup": "ExternallyManaged"}, {}),
        ({"DistributionCenterTypeRollup": "Mixed"}, {"DistributionCenterID": -2}),
        ({}, {"DeliveryStatus": "Canceled"}),
        ({}, {"DeliveryStatus": "ThirdPartyManaged"}),
    ],
)
def test_what_is_not_the_sellers_to_ship_cannot_be_changed(
    seller: Seller, order: dict[str, Any], fulfillment: dict[str, Any]
) -> None:
    seller.add(Fulfillments=[{"ID": 83, "Items": [{"OrderItemID": 71, "Quantity": 5}], **fulfillment}], **order)
    assert seller.patch(83, DeliveryStatus="NoChange", TrackingNumber="1Z1").status_code == 400
    assert seller.fulfillment(83)["TrackingNumber"] is None


def test_new_fulfillment_is_empty_and_takes_pieces_of_the_others(seller: Seller) -> None:
    answer = seller.post("Fulfillments", OrderID=seller.id, ProfileID=12345678)
    made = answer.json()
    assert (answer.status_code, made["DeliveryStatus"], made["DistributionCenterID"]) == (201, "NoChange", 0)
    assert seller.patch(made["ID"]).status_code == 400, "there is nothing in it to ship"
    destination = str(made["ID"])
    moved = seller.post("FulfillmentItems(91)/Move", DestinationFulfillmentID=destination, Quantity=2)
    assert moved.status_code == 204
    assert seller.pieces() == {"81": {"71": 1, "72": 1}, "82": {"71": 1}, destination: {"71": 2}}
    assert seller.post("Fulfillments(82)/Move", DestinationFulfillmentID=destination).status_code == 204
    assert seller.pieces() == {"81": {"71": 1, "72": 1}, "82": {}, destination: {"71": 3}}
    rows = seller.fulfillment(made["ID"])["Items"]
    assert {row["FulfillmentID"] for row in rows} == {made["ID"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("FulfillmentItems(91)/Move", {"DestinationFulfillmentID": 82, "Quantity": 4}),
        ("FulfillmentItems(91)/Move", {"DestinationFulfillmentID": 82, "Quantity": 0}),
        ("FulfillmentItems(91)/Move", {"DestinationFulfillmentID": 81, "Quantity": 1}),
        ("FulfillmentItems(91)/Move", {"DestinationFulfillmentID": 82}),
        ("Fulfillments(81)/Move", {"DestinationFulfillmentID": 99}),
        ("Fulfillments(81)/Move", {"Value": {"DestinationFulfillmentID": 82}}),
        ("Fulfillments", {"OrderID": 555_000_001, "ProfileID": 5}),
        ("Fulfillments", {"ProfileID": 12345678}),
    ],
)
def test_move_that_cannot_be_is_refused_and_moves_nothing(untouched: Seller, path: str, body: dict[str, Any]) -> None:
    before = untouched.pieces()
    assert untouched.post(path, **body).status_code == 400
    assert untouched.pieces() == before


def test_nothing_moves_into_or_out_of_what_has_left(seller: Seller) -> None:
    seller.patch(82)
    assert seller.post("Fulfillments(81)/Move", DestinationFulfillmentID=82).status_code == 400
    assert seller.post("Fulfillments(82)/Move", DestinationFulfillmentID=81).status_code == 400


def test_seller_accepts_a_fulfillment_or_refuses_all_of_an_order(seller: Seller) -> None:
    assert seller.client.post("/v1/Fulfillments(81)/Confirm").status_code == 204
    assert [seller.fulfillment(id_)["DeliveryStatus"] for id_ in (81, 82)] == ["Confirmed", "NoChange"]
    assert seller.client.post(f"/v1/Orders({seller.id})/Deny").status_code == 204
    assert [seller.fulfillment(id_)["ExternalFulfillmentStatus"] for id_ in (81, 82)] == ["Failed", "Failed"]
    for id_ in (81, 82):
        seller.patch(id_)
    assert seller.client.post("/v1/Fulfillments(81)/Deny").status_code == 400
    assert seller.client.post(f"/v1/Orders({seller.id})/Confirm").status_code == 400


def test_marketplace_that_answers_by_hand_accepts_or_refuses_what_was_shipped() -> None:
    with _selling(marketplace_answers="by_hand") as seller:
        seller.patch(81)
        seller.patch(82)
        statuses = [row["marketplace"] for row in seller.story()["fulfillments"].values()]
        assert statuses == [["Pending"], ["Pending"]]
        other = seller.client.post("/_sell", json={"SKU-0001": 1}).json()["ID"]
        answer = {"answer": "refuse", "order": other}
        assert seller.client.post("/_marketplace", json=answer).json() == {"shipments": 0, "adjustments": 0}
        assert seller.client.post("/_marketplace", json={"answer": "accept"}).json() == {
            "shipments": 3,
            "adjustments": 0,
        }
        assert [row["marketplace"] for row in seller.story()["fulfillments"].values()] == [["Complete"]] * 2
        ship = f"/v1/Orders({other})/Ship"
        seller.client.post(ship, json={"Value": {"PreventMarketplaceCommunication": True}}).raise_for_status()
        assert seller.client.post("/_marketplace", json={"answer": "refuse"}).json()["shipments"] == 0
        assert seller.client.post("/_marketplace", json={"answer": "perhaps"}).status_code == 400
