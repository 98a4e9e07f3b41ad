"""Stock of the simulated ChannelAdvisor: what an update means, what orders reserve, and what the ledger tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import KITS, sandbox_app

EAST, WEST, FBA = 1, 2, -2


@contextmanager
def sandbox(orders: int = 0, **options: Any) -> Iterator[httpx.Client]:
    app = sandbox_app(Scenario(orders=orders, options={"rate_per_minute": 0, **options}))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        answer = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture(scope="module")
def shop() -> Iterator[httpx.Client]:
    """A shop in which every test has products of its own."""
    with sandbox() as client:
        yield client


class Goods:
    """One product of the shop, made for a test."""

    def __init__(self, client: httpx.Client, sku: str, **fields: Any) -> None:
        self._client = client
        self.sku = sku
        self.id = client.post("/v1/Products", json={"Sku": sku, **fields}).raise_for_status().json()["ID"]

    def update(self, kind: str, *numbers: tuple[int, int], complete: bool = False) -> httpx.Response:
        updates = [{"DistributionCenterID": center, "Quantity": quantity} for center, quantity in numbers]
        value = {"UpdateType": kind, "Updates": updates, "CompleteDCList": complete}
        return self._client.post(f"/v1/Products({self.id})/UpdateQuantity", json={"Value": value})

    def set(self, kind: str, *numbers: tuple[int, int], complete: bool = False) -> None:
        answer = self.update(kind, *numbers, complete=complete)
        assert answer.status_code == 204, answer.text

    def available(self) -> dict[int, int]:
        page = self._client.get(f"/v1/Products({self.id})/DCQuantities").raise_for_status().json()
        return {row["DistributionCenterID"]: row["AvailableQuantity"] for row in page["value"]}

    def shown(self) -> dict[str, Any]:
        row: dict[str, Any] = self._client.get(f"/v1/Products({self.id})").raise_for_status().json()
        return row

    def truth(self) -> dict[str, Any]:
        story: dict[str, Any] = self._client.get("/_truth/stock", params={"sku": self.sku}).json()["products"]
        return story[str(self.id)]

    def pending(self) -> tuple[int, int, int]:
        shown = self.shown()
        return shown["PendingCheckoutQuantity"], shown["PendingPaymentQuantity"], shown["PendingShipmentQuantity"]

    def total(self) -> int:
        return int(self.shown()["TotalAvailableQuantity"])


class Sale:
    """An order of one line, sold for a test."""

    def __init__(self, client: httpx.Client, sku: str, pieces: int) -> None:
        self._client = client
        self.id = client.post("/_sell", json={sku: pieces}).raise_for_status().json()["ID"]
        order = client.get(f"/v1/Orders({self.id})", params={"$expand": "Items,Fulfillments($expand=Items)"}).json()
        self.line = order["Items"][0]["ID"]
        self.centers = {row["DistributionCenterID"] for row in order["Fulfillments"]}

    def set(self, **fields: Any) -> None:
        self._client.post("/_orders", json={"id": self.id, "set": fields}).raise_for_status()

    def ship(self, pieces: int) -> None:
        items = [{"OrderItemID": self.line, "Quantity": pieces}]
        value = {"ShippingCarrier": "UPS", "ShippingClass": "GROUND", "Items": items}
        self._client.post(f"/v1/Orders({self.id})/Ship", json={"Value": value}).raise_for_status()

    def adjust(self, pieces: int, *, restock: bool) -> None:
        body = {"Quantity": pieces, "Restock": restock, "PreventSiteProcessing": True}
        self._client.post(f"/v1/OrderItems({self.line})/Adjust", json=body).raise_for_status()


def refused(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "number", "available"),
    [("Absolute", 50, 50), ("Relative", -3, 19), ("Available", 50, 48), ("InStock", 50, 41), ("UnShipped", 50, 34)],
)
def test_update_type_says_what_is_subtracted(shop: httpx.Client, kind: str, number: int, available: int) -> None:
    goods = Goods(shop, f"types-{kind}")
    for center in (EAST, WEST):
        goods.set("Absolute", (center, 40))
    checkout, unpaid, paid = (Sale(shop, goods.sku, pieces) for pieces in (4, 3, 7))
    for sale in (checkout, unpaid, paid):
        sale.set(Fulfillments=[_fulfillment(sale, EAST, {checkout: 4, unpaid: 3, paid: 7}[sale])])
    checkout.set(CheckoutStatus="NotVisited", PaymentStatus="NotYetSubmitted")
    unpaid.set(PaymentStatus="Submitted")
    shop.post("/_stock", json={"sku": goods.sku, "center": EAST, "open_listings": 2}).raise_for_status()
    goods.set("Absolute", (EAST, 22))
    assert goods.pending() == (4, 3, 7)
    goods.set(kind, (EAST, number))
    assert goods.available() == {EAST: available, WEST: 40}
    level = goods.truth()["centers"]["1"]
    assert level["on_hand"] == available + 2 + 4 + 3 + 7
    assert goods.shown()["OpenAllocatedQuantity"] == 2


def _fulfillment(sale: Sale, center: int, pieces: int) -> dict[str, Any]:
    items = [{"ID": sale.line + 1, "OrderItemID": sale.line, "Quantity": pieces}]
    return {"ID": sale.line, "DistributionCenterID": center, "Items": items}


def test_several_centres_in_one_update(shop: httpx.Client) -> None:
    goods = Goods(shop, "several")
    assert (goods.shown()["TotalAvailableQuantity"], goods.available()) == (None, {})
    goods.set("UnShipped", (EAST, 5), (WEST, 0))
    assert goods.available() == {EAST: 5, WEST: 0}
    goods.set("Relative", (EAST, -2), (WEST, 2))
    assert goods.available() == {EAST: 3, WEST: 2}
    assert goods.total() == goods.shown()["TotalQuantity"] == 5


def test_only_a_complete_list_empties_the_other_centres(shop: httpx.Client) -> None:
    goods = Goods(shop, "complete")
    goods.set("Absolute", (EAST, 5), (WEST, 6))
    goods.set("Absolute", (EAST, 4))
    assert goods.available() == {EAST: 4, WEST: 6}
    goods.set("Relative", (EAST, 1), complete=True)
    assert goods.available() == {EAST: 5, WEST: 0}


def test_externally_managed_centre_is_shown_and_never_written() -> None:
    with sandbox() as client:
        params = {"$filter": f"DistributionCenterID eq {FBA}"}
        row = client.get("/v1/DCQuantities", params=params).json()["value"][0]
        path = f"/v1/Products({row['ProductID']})/UpdateQuantity"
        value = {"UpdateType": "Absolute", "Updates": [{"DistributionCenterID": FBA, "Quantity": 1}]}
        refused(client.post(path, json={"Value": value}), "is externally managed")
        value = {"UpdateType": "Absolute", "Updates": [{"DistributionCenterID": EAST, "Quantity": 1}]}
        client.post(path, json={"Value": {**value, "CompleteDCList": True}}).raise_for_status()
        assert client.get("/v1/DCQuantities", params=params).json()["value"][0] == row


@pytest.mark.parametrize(
    ("kind", "numbers", "words"),
    [
        ("Unshipped", [(EAST, 1)], "UpdateType 'Unshipped' is not one of"),
        ("absolute", [(EAST, 1)], "UpdateType 'absolute' is not one of"),
        ("Absolute", [(77, 1)], "DistributionCenterID 77 does not exist"),
        ("Absolute", [(0, 1)], "DistributionCenterID 0 does not exist"),
        ("Absolute", [(3, 1)], "DistributionCenterID 3 does not exist"),
        ("Absolute", [(EAST, 1), (77, 1)], "DistributionCenterID 77 does not exist"),
        ("Absolute", [(EAST, -1)], "must not be negative"),
        ("Absolute", [(EAST, 1), (EAST, 2)], "each once"),
        ("Absolute", [], "one or more"),
    ],
)
def test_wrong_update_is_refused_whole(shop: httpx.Client, kind: str, numbers: list[Any], words: str) -> None:
    goods = Goods(shop, f"wrong-{kind}-{len(numbers)}-{words[:30]}"[:50])
    refused(goods.update(kind, *numbers), words)
    assert goods.available() == {}
    assert goods.truth()["ledger"] == []


@pytest.mark.parametrize(
    ("sku", "words"), [("STYLE-01", "parent"), ("KIT-001", "bundle"), ("ALT-0001", "alias of SKU")]
)
def test_computed_quantities_cannot_be_written(shop: httpx.Client, sku: str, words: str) -> None:
    refused(shop.post("/_stock", json={"sku": sku, "center": EAST, "quantity": 5}), words)


def test_body_must_be_as_documented(shop: httpx.Client) -> None:
    path = f"/v1/Products({Goods(shop, 'body').id})/UpdateQuantity"
    value = {"UpdateType": "InStock", "Updates": [{"DistributionCenterID": EAST, "Quantity": 5}]}
    assert shop.post(path, json={"Value": value}).status_code == 204
    refused(shop.post(path, json=value), "The request is invalid")
    refused(shop.post(path, json={"Value": {**value, "Sku": "body"}}), "The request is invalid")
    refused(shop.patch(path.removesuffix("/UpdateQuantity"), json={"TotalQuantity": 4}), "read-only")
    assert shop.post("/v1/Products(1)/UpdateQuantity", json={"Value": value}).status_code == 404


def test_blocked_product_takes_no_quantity_from_outside(shop: httpx.Client) -> None:
    goods = Goods(shop, "blocked", IsExternalQuantityBlocked=True)
    refused(goods.update("Absolute", (EAST, 1)), "is blocked")


def test_order_reserves_moves_on_and_leaves(shop: httpx.Client) -> None:
    goods = Goods(shop, "life")
    goods.set("Absolute", (EAST, 10), (WEST, 10))
    sale = Sale(shop, goods.sku, 3)
    assert (goods.pending(), goods.total()) == ((0, 0, 3), 17)
    sale.set(PaymentStatus="Submitted")
    assert (goods.pending(), goods.total()) == ((0, 3, 0), 17)
    sale.set(CheckoutStatus="OnHold")
    assert (goods.pending(), goods.total()) == ((3, 0, 0), 17)
    shop.post("/_pay").raise_for_status()
    assert (goods.pending(), goods.total(), goods.shown()["TotalQuantity"]) == ((0, 0, 3), 17, 20)
    sale.ship(2)
    assert (goods.pending(), goods.total(), goods.shown()["TotalQuantity"]) == ((0, 0, 1), 17, 18)
    sale.ship(1)
    assert (goods.pending(), goods.total(), goods.shown()["TotalQuantity"]) == ((0, 0, 0), 17, 17)


@pytest.mark.parametrize(("restock", "after"), [(True, 20), (False, 16)])
def test_cancelled_pieces_come_back_only_when_restocked(shop: httpx.Client, restock: bool, after: int) -> None:
    goods = Goods(shop, f"cancelled-{restock}")
    goods.set("Absolute", (EAST, 10), (WEST, 10))
    sale = Sale(shop, goods.sku, 4)
    sale.adjust(1, restock=restock)
    sale.adjust(3, restock=restock)
    assert (goods.pending(), goods.total()) == ((0, 0, 0), after)


@pytest.mark.parametrize(("restock", "after"), [(True, 18), (False, 16)])
def test_refunded_pieces_come_back_only_when_restocked(shop: httpx.Client, restock: bool, after: int) -> None:
    goods = Goods(shop, f"refunded-{restock}")
    goods.set("Absolute", (EAST, 10), (WEST, 10))
    sale = Sale(shop, goods.sku, 4)
    sale.ship(4)
    sale.adjust(2, restock=restock)
    assert goods.total() == after


def test_order_that_the_marketplace_calls_off_reserves_nothing(shop: httpx.Client) -> None:
    goods = Goods(shop, "called-off")
    goods.set("Absolute", (EAST, 10), (WEST, 10))
    Sale(shop, goods.sku, 4).set(CheckoutStatus="Disabled", ShippingStatus="Canceled")
    assert (goods.pending(), goods.total()) == ((0, 0, 0), 20)


def test_changing_the_centre_of_a_fulfillment_moves_the_reservation(shop: httpx.Client) -> None:
    goods = Goods(shop, "moved")
    goods.set("Absolute", (EAST, 10), (WEST, 10))
    sale = Sale(shop, goods.sku, 4)
    for center, left in ((EAST, {EAST: 6, WEST: 10}), (WEST, {EAST: 10, WEST: 6})):
        sale.set(Fulfillments=[_fulfillment(sale, center, 4)])
        assert goods.available() == left


def test_bundle_is_computed_from_its_components_and_reserves_them(shop: httpx.Client) -> None:
    one, two = Goods(shop, "part-1"), Goods(shop, "part-2")
    parts = [{"ComponentSku": "part-1", "Quantity": 1}, {"ComponentSku": "part-2", "Quantity": 2}]
    bundle = Goods(shop, "whole", BundleType="BundleItem", BundleComponents=parts)
    one.set("Absolute", (EAST, 10), (WEST, 10))
    two.set("Absolute", (EAST, 11), (WEST, 30))
    assert bundle.available() == {EAST: 5, WEST: 10}
    sale = Sale(shop, "whole", 2)
    assert (one.pending()[2], two.pending()[2], bundle.pending()[2]) == (2, 4, 0)
    sale.ship(2)
    assert (one.total(), two.total(), one.pending()[2]) == (18, 37, 0)
    assert (one.shown()["TotalQuantity"], two.shown()["TotalQuantity"]) == (18, 37)


@pytest.mark.parametrize("quantity", ["multiplied", "per_bundle"])
def test_kit_of_an_order_reserves_its_components_however_they_are_counted(quantity: str) -> None:
    with sandbox(bundle_quantity=quantity) as client:
        Sale(client, "KIT-003", 2)
        reserved = {
            story["sku"]: sum(level["pending_shipment"] for level in story["centers"].values())
            for story in client.get("/_truth/stock").json()["products"].values()
        }
        assert reserved == {component.sku: component.quantity * 2 for component in KITS["KIT-003"]}


def test_alias_sells_what_it_refers_to() -> None:
    with sandbox() as client:
        before = client.get("/v1/Products(9001)").json()["TotalAvailableQuantity"]
        Sale(client, "ALT-0001", 2)
        assert client.get("/v1/Products(9001)").json()["TotalAvailableQuantity"] == before - 2
        assert client.get("/v1/Products(9701)").json()["TotalAvailableQuantity"] == before - 2


def test_orders_of_the_beginning_are_reserved_and_not_in_the_ledger() -> None:
    with sandbox(orders=300) as client:
        orders: list[dict[str, Any]] = []
        link = "/v1/Orders?$expand=Items,Fulfillments($expand=Items)"
        while link:
            page = client.get(link).raise_for_status().json()
            orders += page["value"]
            link = page.get("@odata.nextLink", "")
        wanted = sum(
            row["Quantity"]
            for order in orders
            for fulfillment in order["Fulfillments"]
            if fulfillment["DeliveryStatus"] == "NoChange" and order["ShippingStatus"] != "Canceled"
            for row in fulfillment["Items"]
            if not row["Sku"].startswith("KIT")
        )
        parts = sum(
            row["Quantity"] * sum(component.quantity for component in KITS[row["Sku"]])
            for order in orders
            for fulfillment in order["Fulfillments"]
            if fulfillment["DeliveryStatus"] == "NoChange" and order["ShippingStatus"] != "Canceled"
            for row in fulfillment["Items"]
            if row["Sku"].startswith("KIT")
        )
        listed = [row for number in range(0, 500, 100) for row in _page(client, number)]
        names = ("PendingCheckoutQuantity", "PendingPaymentQuantity", "PendingShipmentQuantity")
        assert sum(row[name] for row in listed for name in names) == wanted + parts > 300
        assert all(
            row["TotalQuantity"] == (row["TotalAvailableQuantity"] or 0) + sum(row[name] for name in names)
            for row in listed
            if row["ProductType"] in ("Item", "Child")
        )
        assert client.get("/_truth/stock").json()["products"] == {}


def _page(client: httpx.Client, skip: int) -> list[dict[str, Any]]:
    params = {"$filter": "AliasType ne 'Alias'", "$skip": str(skip)}
    rows: list[dict[str, Any]] = client.get("/v1/Products", params=params).json()["value"]
    return rows


def test_quantities_of_all_products_are_one_list() -> None:
    with sandbox(products=40) as client:

        def rows(**params: str) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            answer = client.get("/v1/DCQuantities", params=params)
            while True:
                page = answer.raise_for_status().json()
                found += page["value"]
                if "@odata.nextLink" not in page:
                    return found
                answer = client.get(page["@odata.nextLink"])

        everything = rows()
        assert len({(row["ProductID"], row["DistributionCenterID"]) for row in everything}) == len(everything) > 900
        assert rows(**{"$filter": "ProductID eq 9001 or ProductID eq 9002"}) == everything[:4]
        empty = [row for row in everything if row["AvailableQuantity"] == 0 and row["DistributionCenterID"] == WEST]
        condition = f"AvailableQuantity eq 0 and DistributionCenterID eq {WEST}"
        assert rows(**{"$filter": condition}) == empty != []
        client.post("/_stock", json={"sku": "SKU-0001", "center": WEST, "quantity": 0}).raise_for_status()
        assert len(rows(**{"$filter": condition})) > len(empty)
        most = rows(**{"$orderby": "AvailableQuantity desc", "$top": "3"})
        assert [row["AvailableQuantity"] for row in most] == sorted(
            (row["AvailableQuantity"] for row in everything), reverse=True
        )[:3]


def test_ledger_tells_who_changed_what_and_when(shop: httpx.Client) -> None:
    goods = Goods(shop, "told")
    goods.set("UnShipped", (EAST, 9))
    shop.post("/_stock", json={"sku": "TOLD", "center": EAST, "quantity": 12}).raise_for_status()
    sale = Sale(shop, goods.sku, 1)
    told = goods.truth()["ledger"]
    assert [(line["cause"], line["quantity"], line["before"], line["after"]) for line in told[:2]] == [
        ("UnShipped", 9, 0, 9),
        ("Person", 12, 9, 12),
    ]
    assert (told[2]["cause"], told[2]["quantity"], len(told)) == (f"Order {sale.id}", -1, 3)
    assert goods.shown()["QuantityUpdateDateUtc"] == goods.shown()["UpdateDateUtc"] == told[-1]["at"]


def test_list_of_what_changed_shows_a_new_quantity(shop: httpx.Client) -> None:
    goods = Goods(shop, "fresh")
    condition = f"UpdateDateUtc gt {goods.shown()['UpdateDateUtc']} and Brand eq null"
    assert shop.get("/v1/Products", params={"$filter": condition}).json()["value"] == []
    goods.set("Absolute", (EAST, 1))
    changed = shop.get("/v1/Products", params={"$filter": condition}).json()["value"]
    assert [row["Sku"] for row in changed] == ["fresh"]


updates = st.tuples(st.sampled_from(["Absolute", "Relative", "Available", "InStock", "UnShipped"]), st.integers(0, 40))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("update"), updates),
        st.tuples(st.just("sell"), st.integers(1, 5)),
        st.tuples(st.just("ship"), st.integers(1, 3)),
        st.tuples(st.just("cancel"), st.booleans()),
        st.tuples(st.just("unpay"), st.none()),
    ),
    max_size=9,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_no_piece_is_ever_lost_or_invented(shop: httpx.Client, steps: list[tuple[str, Any]]) -> None:
    """Whatever happens: what lies there is what was put there, minus what was shipped and written off."""
    number = len(shop.get("/_truth/stock").json()["products"])
    goods = Goods(shop, f"law-{number}")
    goods.set("Absolute", (EAST, 30), (WEST, 30))
    open_sales: list[list[Any]] = []
    on_hand = 60
    for step, detail in steps:
        if step == "update":
            kind, quantity = detail
            before = goods.truth()["centers"]["1"]["on_hand"]
            goods.set(kind, (EAST, quantity))
            after = goods.truth()["centers"]["1"]
            on_hand += after["on_hand"] - before
            if kind == "UnShipped":
                assert after["on_hand"] == quantity
        elif step == "sell":
            open_sales.append([Sale(shop, goods.sku, detail), detail])
        elif step == "ship" and open_sales:
            sale, left = open_sales[0]
            pieces = min(detail, left)
            sale.ship(pieces)
            on_hand -= pieces
            open_sales[0][1] -= pieces
        elif step == "cancel" and open_sales:
            sale, left = open_sales[0]
            sale.adjust(left, restock=detail)
            on_hand -= 0 if detail else left
            open_sales[0][1] = 0
        elif step == "unpay" and open_sales:
            open_sales[-1][0].set(PaymentStatus="Submitted")
        open_sales = [entry for entry in open_sales if entry[1]]
        shown, truth = goods.shown(), goods.truth()
        reserved = sum(left for _, left in open_sales)
        assert shown["TotalQuantity"] == on_hand
        assert shown["TotalAvailableQuantity"] == on_hand - reserved
        assert sum(goods.pending()) == reserved
        assert all(level["on_hand"] - level["pending_payment"] - level["pending_shipment"] == level["available"]
                   for level in truth["centers"].values())  # fmt: skip
    _check_chain(goods.truth())


def _check_chain(truth: dict[str, Any]) -> None:
    now: dict[str, int] = {}
    for line in truth["ledger"]:
        assert line["before"] == now.get(str(line["center"]), 0)
        now[str(line["center"])] = line["after"]
    assert now == {center: level["available"] for center, level in truth["centers"].items()}
