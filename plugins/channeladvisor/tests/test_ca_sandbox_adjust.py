"""Cancellations and refunds in the simulated ChannelAdvisor: what is taken, what it comes to, what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app
from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.adjustments import adjust_line, adjust_order, buyer_cancels
from crossdock_channeladvisor.sandbox.orders.money import charged, left
from crossdock_channeladvisor.sandbox.orders.pieces import open_quantities, shipped_quantities
from crossdock_channeladvisor.sandbox.orders.shipping import ship

LINES = [
    {
        "ID": 71,
        "Sku": "SKU-0001",
        "Quantity": 3,
        "UnitPrice": 14.95,
        "TaxPrice": 3.59,
        "ShippingPrice": 9.95,
        "ShippingTaxPrice": 0.15,
    },
    {"ID": 72, "Sku": "SKU-0002", "Quantity": 1, "UnitPrice": 5.0},
]
EAST = [{"ID": 91, "OrderItemID": 71, "Quantity": 2}, {"ID": 92, "OrderItemID": 72, "Quantity": 1}]
WEST = [{"ID": 93, "OrderItemID": 71, "Quantity": 1}]
ORDER = {
    "SiteID": 640,
    "SiteName": "Amazon Seller Central - US",
    "CheckoutStatus": "Completed",
    "PaymentStatus": "Cleared",
    "ShippingStatus": "Unshipped",
    "DistributionCenterTypeRollup": "SellerManaged",
    "TotalPrice": 63.54,
    "Items": LINES,
    "Fulfillments": [
        {"ID": 81, "DistributionCenterID": 1, "Items": EAST},
        {"ID": 82, "DistributionCenterID": 2, "Items": WEST},
    ],
}


class Seller:
    """A signed-in caller with an order at hand: 3 pieces of one line, 1 of another, over two centres."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        auth = ("sandbox-application", "sandbox-secret")
        token = client.post("/oauth2/token", auth=auth, data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        self.id = int(client.post("/_orders", json={"set": ORDER}).raise_for_status().json()["ID"])

    def line(self, line: int = 71, **body: Any) -> httpx.Response:
        return self.client.post(f"/v1/OrderItems({line})/Adjust", json=body)

    def whole(self, **body: Any) -> httpx.Response:
        return self.client.post(f"/v1/Orders({self.id})/Adjust", json=body)

    def ship(self, **value: Any) -> None:
        self.client.post(f"/v1/Orders({self.id})/Ship", json={"Value": value}).raise_for_status()

    def rows(self, line: int = 71) -> list[dict[str, Any]]:
        params = {"$filter": f"OrderID eq {self.id} and OrderItemID eq {line}"}
        return self.client.get("/v1/OrderItemAdjustments", params=params).raise_for_status().json()["value"]

    def order(self) -> dict[str, Any]:
        params = {"$expand": "Items($expand=Adjustments),Fulfillments($expand=Items),Adjustments"}
        return self.client.get(f"/v1/Orders({self.id})", params=params).json()

    def story(self) -> dict[str, Any]:
        return self.client.get("/_truth?touched").json()["orders"][str(self.id)]

    def counts(self, line: int = 71) -> tuple[int, int, int, int]:
        row = self.story()["lines"][str(line)]
        return row["open"], row["shipped"], row["cancelled"], row["refunded"]


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


AMOUNTS = ("ItemAdjustment", "TaxAdjustment", "ShippingAdjustment", "ShippingTaxAdjustment")


def amounts(row: dict[str, Any]) -> tuple[float, ...]:
    return tuple(row[name] for name in AMOUNTS)


def test_pieces_that_have_not_left_are_cancelled_and_leave_their_fulfillment(seller: Seller) -> None:
    answer = seller.line(Quantity=2, Reason="ItemNotAvailable", SellerAdjustmentID="A-1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert seller.counts() == (1, 0, 2, 0)
    order = seller.order()
    assert [[row["Quantity"] for row in each["Items"]] for each in order["Fulfillments"]] == [[1], [1]]
    (row,) = seller.rows()
    assert (row["Type"], row["Quantity"], row["Reason"], row["SellerAdjustmentID"]) == (
        "Cancellation",
        2,
        "ItemNotAvailable",
        "A-1",
    )
    assert (row["CreatedSource"], row["IsRestock"]) == ("Api", False)
    assert order["Items"][0]["Adjustments"] == [row]
    assert order["Items"][0]["Quantity"] == 3, "what was ordered stays"
    assert order["ShippingStatus"] == "Unshipped"


def test_fulfillment_without_anything_left_is_cancelled_and_so_is_the_order(seller: Seller) -> None:
    assert seller.line(72).status_code == 204
    assert seller.line(71).status_code == 204
    order = seller.order()
    assert {each["DeliveryStatus"] for each in order["Fulfillments"]} == {"Canceled"}
    assert (order["ShippingStatus"], order["CheckoutStatus"]) == ("Canceled", "Disabled")
    assert seller.line(71).status_code == 400
    assert seller.client.post(f"/v1/Orders({seller.id})/Ship", json={"Value": {}}).status_code == 400


def test_order_is_shipped_once_the_rest_of_it_is_cancelled(seller: Seller) -> None:
    seller.ship(DistributionCenterID=1)
    assert seller.line(71, Quantity=1).status_code == 204
    assert seller.order()["ShippingStatus"] == "Shipped"
    assert seller.counts() == (0, 2, 1, 0)


def test_amounts_are_ignored_before_shipment(seller: Seller) -> None:
    assert seller.line(Quantity=3, ItemAdjustment=1.0, ShippingAdjustment=0).status_code == 204
    assert amounts(seller.rows()[0]) == (44.85, 3.59, 9.95, 0.15)


def test_amounts_left_out_after_shipment_are_prorated_by_quantity(seller: Seller) -> None:
    seller.ship()
    assert seller.line(Quantity=1, Reason="CustomerReturnedItem").status_code == 204
    assert amounts(seller.rows()[0]) == (14.95, 1.2, 3.32, 0.05)
    seller.line(Quantity=2)
    seller_totals = [sum(row[name] for row in seller.rows()) for name in AMOUNTS]
    assert seller_totals == pytest.approx([44.85, 3.59, 9.95, 0.15])


def test_shipping_is_kept_by_an_explicit_zero_and_the_rest_calculated(seller: Seller) -> None:
    seller.ship()
    seller.line(Quantity=1, ShippingAdjustment=0, ForceCalculateOmittedAmounts=True)
    assert amounts(seller.rows()[0]) == (14.95, 1.2, 0.0, 0.05)
    seller.line(Quantity=1, ItemAdjustment=10)
    assert amounts(seller.rows()[1]) == (10.0, 0.0, 0.0, 0.0)


def test_partly_shipped_line_loses_first_what_has_not_left_unless_told_to_refund_only(seller: Seller) -> None:
    seller.ship(DistributionCenterID=1)
    assert seller.line(Quantity=1, RefundOnly=True, Reason="BuyerCancelled").status_code == 204
    assert seller.counts() == (1, 2, 0, 1)
    assert seller.line(Quantity=2, SellerAdjustmentID="A-2").status_code == 204
    assert seller.counts() == (0, 2, 1, 2)
    assert [(row["Type"], row["Quantity"]) for row in seller.rows()] == [
        ("Refund", 1),
        ("Cancellation", 1),
        ("Refund", 1),
    ]
    assert [(entry["kind"], entry["units"], entry["seller_id"]) for entry in seller.story()["adjustments"]] == [
        ("Refund", 1, None),
        ("Cancellation", 1, "A-2"),
        ("Refund", 1, "A-2"),
    ]


def test_money_alone_can_be_given_back_until_none_is_left(seller: Seller) -> None:
    seller.ship()
    assert seller.line(ItemAdjustment=40).status_code == 204
    assert seller.rows()[0]["Quantity"] == 0
    assert seller.counts() == (0, 3, 0, 0)
    assert seller.line(ItemAdjustment=4.86).status_code == 400
    assert seller.line(ItemAdjustment=4.85).status_code == 204


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_empty_body_cancels_the_whole_order(seller: Seller, content: bytes) -> None:
    answer = seller.client.post(f"/v1/Orders({seller.id})/Adjust", content=content)
    assert answer.status_code == 204
    order = seller.order()
    assert (order["ShippingStatus"], order["CheckoutStatus"]) == ("Canceled", "Disabled")
    (row,) = order["Adjustments"]
    assert (row["Type"], row["Reason"], amounts(row)) == (
        "Cancellation",
        "GeneralAdjustment",
        (49.85, 3.59, 9.95, 0.15),
    )
    assert "Quantity" not in row
    params = {"$filter": f"OrderID eq {seller.id}"}
    assert seller.client.get("/v1/OrderAdjustments", params=params).json()["value"] == [row]
    assert seller.client.get(f"/v1/OrderAdjustments({row['ID']})").json()["ID"] == row["ID"]
    assert [(entry["line"], entry["units"]) for entry in seller.story()["adjustments"]] == [(71, 3), (72, 1)]


def test_whole_order_partly_shipped_is_cancelled_and_refunded(seller: Seller) -> None:
    seller.ship(DistributionCenterID=2)
    assert seller.whole(Restock=True).status_code == 204
    assert [row["Type"] for row in seller.order()["Adjustments"]] == ["Cancellation", "Refund"]
    assert seller.counts() == (0, 1, 2, 1)
    assert {entry["restock"] for entry in seller.story()["adjustments"]} == {True}
    assert seller.whole().status_code == 400


def test_amount_of_a_shipped_order_is_refunded_without_pieces(seller: Seller) -> None:
    seller.ship()
    assert seller.whole(AdjustmentAmount=60).status_code == 204
    assert amounts(seller.order()["Adjustments"][0]) == (60.0, 0.0, 0.0, 0.0)
    assert seller.counts() == (0, 3, 0, 0)
    assert seller.whole(AdjustmentAmount=4).status_code == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Quantity": 4}, "not between 1 and the 3 left"),
        ({"Quantity": 0}, "not between 1 and the 3 left"),
        ({"Quantity": -1}, "not between 1 and the 3 left"),
        ({"Quantity": 1.5}, "Expected `int | null`"),
        ({"RefundOnly": True}, "nothing left to adjust"),
        ({"Reason": "Whim"}, "no adjustment reason 'Whim'"),
        ({"Value": {"Quantity": 1}}, "unknown field `Value`"),
        ({"AdjustmentAmount": 1}, "unknown field `AdjustmentAmount`"),
    ],
)
def test_wrong_adjustment_is_refused_with_a_message(untouched: Seller, body: dict[str, Any], message: str) -> None:
    answer = untouched.line(**body)
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (400, True), answer.text
    assert untouched.rows() == []


def test_unknown_row_is_404(untouched: Seller) -> None:
    assert untouched.line(5).status_code == 404
    assert untouched.client.post("/v1/Orders(5)/Adjust").status_code == 404


@pytest.mark.parametrize(
    ("able", "path", "body"),
    [
        ({"item_cancellations": False}, "OrderItems(71)", {}),
        ({"order_cancellations": False}, "Orders", {}),
        ({"partial_quantities": False}, "OrderItems(71)", {"Quantity": 1}),
    ],
)
def test_site_that_does_not_support_it_refuses_it_unless_it_is_not_told(
    able: dict[str, bool], path: str, body: dict[str, Any]
) -> None:
    with _selling(site_abilities={640: able}) as seller:
        url = f"/v1/{path if '(' in path else f'Orders({seller.id})'}/Adjust"
        answer = seller.client.post(url, json=body)
        assert (answer.status_code, "does not support" in answer.text) == (400, True)
        assert seller.client.post(url, json={**body, "PreventSiteProcessing": True}).status_code == 204
        assert {entry["prevented"] for entry in seller.story()["adjustments"]} == {True}


def test_site_without_refunds_takes_cancellations() -> None:
    with _selling(site_abilities={640: {"item_refunds": False}}) as seller:
        seller.ship(DistributionCenterID=1)
        assert seller.line(Quantity=2).status_code == 400, "one of the two would be refunded"
        assert seller.line(Quantity=1).status_code == 204


def test_adjustment_waits_for_a_marketplace_that_answers_by_hand() -> None:
    with _selling(marketplace_answers="by_hand") as seller:
        seller.line(72)
        seller.line(71, PreventSiteProcessing=True)
        assert [row["RequestStatus"] for row in seller.rows(72)] == ["SubmittedNotProcessed"]
        assert [row["RequestStatus"] for row in seller.rows(71)] == ["PostProcessingComplete"]
        refusal = {"answer": "refuse", "order": seller.id, "what": "adjustments", "comment": "Too late."}
        assert seller.client.post("/_marketplace", json=refusal).json() == {"shipments": 0, "adjustments": 1}
        (row,) = seller.rows(72)
        assert (row["RequestStatus"], row["Comment"], row["LastUpdatedSource"]) == ("Error", "Too late.", "Channel")


def test_buyer_cancels_pieces_a_line_or_the_order(seller: Seller) -> None:
    seller.client.post("/_cancel", json={"id": seller.id, "line": 71, "quantity": 1}).raise_for_status()
    (row,) = seller.rows()
    assert (row["CreatedSource"], row["Type"], row["Reason"], row["Quantity"]) == (
        "Channel",
        "Cancellation",
        "BuyerCancelled",
        1,
    )
    seller.client.post("/_cancel", json={"id": seller.id, "line": 72}).raise_for_status()
    assert seller.order()["ShippingStatus"] == "Unshipped"
    seller.client.post("/_cancel", json={"id": seller.id}).raise_for_status()
    order = seller.order()
    assert (order["ShippingStatus"], order["CheckoutStatus"]) == ("Canceled", "Disabled")
    assert [row["CreatedSource"] for row in order["Adjustments"]] == ["Channel"]
    assert seller.client.post("/_cancel", json={"id": seller.id}).status_code == 400


MOVES = st.one_of(
    st.tuples(st.just("ship"), st.sampled_from((71, 72)), st.integers(1, 3)),
    st.tuples(st.sampled_from(("adjust", "refund", "buyer")), st.sampled_from((71, 72, None)), st.integers(1, 3)),
)


def _do(account: Account, order_id: int, move: tuple[str, int | None, int]) -> None:
    what, line, quantity = move
    if what == "ship":
        ship(account, order_id, b'{"Value":{"Items":[{"OrderItemID":%d,"Quantity":%d}]}}' % (line or 0, quantity))
    elif what == "buyer":
        buyer_cancels(account, order_id, line, quantity)
    elif line is None:
        adjust_order(account, order_id, b'{"RefundOnly":true}' if what == "refund" else b"")
    else:
        body = b'{"Quantity":%d,"RefundOnly":%s}' % (quantity, b"true" if what == "refund" else b"false")
        adjust_line(account, line, body)


@given(st.lists(MOVES, max_size=8))
@settings(deadline=None)
def test_no_piece_and_no_cent_is_lost_or_made_by_any_sequence(moves: list[tuple[str, int | None, int]]) -> None:
    account = Account(1, 0, SandboxOptions())
    order_id = account.add_generated(ORDER).ID
    sale = account.sale(order_id)
    for move in moves:
        try:
            _do(account, order_id, move)
        except Refused:
            continue
        still_open, shipped = open_quantities(sale.order), shipped_quantities(sale.order)
        cancelled, refunded = sale.units("Cancellation"), sale.units("Refund")
        for item in sale.order.Items:
            assert still_open[item.ID] + shipped[item.ID] + cancelled[item.ID] == item.Quantity
            assert refunded[item.ID] <= shipped[item.ID]
            assert all(0 <= amount <= charged(item)[name] for name, amount in left(item).items())
        assert (sale.order.CheckoutStatus == "Disabled") == (not +still_open and not +shipped)
