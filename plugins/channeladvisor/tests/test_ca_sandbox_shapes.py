"""What the simulated ChannelAdvisor shows of a document: chosen members, nested collections, rows that match."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app

EVERYTHING = (
    "Items($expand=FulfillmentItems,Promotions,Adjustments,BundleComponents),Fulfillments($expand=Items),"
    "Adjustments,CustomFields,Exports"
)


@contextmanager
def sandbox(orders: int = 40, **options: Any) -> Iterator[httpx.Client]:
    with (
        SandboxServer(sandbox_app(Scenario(orders=orders, options=options))) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        token = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield client


@pytest.fixture(scope="module")
def forty() -> Iterator[httpx.Client]:
    with sandbox() as client:
        yield client


def listed(client: httpx.Client, path: str = "/v1/Orders", **params: str) -> list[dict[str, Any]]:
    return (
        client.get(path, params={f"${name}": text for name, text in params.items()}).raise_for_status().json()["value"]
    )


def test_selected_members_are_shown_and_no_others(forty: httpx.Client) -> None:
    rows = listed(forty, select="ID,SiteOrderID,Items", expand="Items($select=ID,Sku;$expand=FulfillmentItems)")
    assert all(row.keys() == {"ID", "SiteOrderID", "Items"} for row in rows)
    assert all(item.keys() == {"ID", "Sku", "FulfillmentItems"} for row in rows for item in row["Items"])
    single = forty.get("/v1/Orders(555000001)", params={"$select": "ID"}).json()
    assert single == {"@odata.context": single["@odata.context"], "ID": 555_000_001}


def test_every_collection_can_be_expanded_at_once(forty: httpx.Client) -> None:
    for row in listed(forty, expand=EVERYTHING):
        assert {"Items", "Fulfillments", "Adjustments", "CustomFields", "Exports"} <= row.keys()
        for item in row["Items"]:
            assert {"FulfillmentItems", "Promotions", "Adjustments", "BundleComponents"} <= item.keys()


def test_lines_know_the_rows_of_the_fulfillments_that_hold_their_pieces(forty: httpx.Client) -> None:
    for row in listed(forty, expand="Items($expand=FulfillmentItems),Fulfillments($expand=Items)"):
        by_fulfillment = [each for fulfillment in row["Fulfillments"] for each in fulfillment["Items"]]
        by_line = [each for item in row["Items"] for each in item["FulfillmentItems"]]
        assert sorted(each["ID"] for each in by_line) == sorted(each["ID"] for each in by_fulfillment)
        pieces: Counter[int] = Counter()
        for each in by_line:
            pieces[each["OrderItemID"]] += each["Quantity"]
        assert pieces == {item["ID"]: item["Quantity"] for item in row["Items"]}


def test_rows_of_an_expanded_collection_are_those_that_match(forty: httpx.Client) -> None:
    rows = listed(forty, expand="Fulfillments($filter=DistributionCenterID eq 2;$expand=Items)")
    centers = {each["DistributionCenterID"] for row in rows for each in row["Fulfillments"]}
    assert centers == {2}
    assert any(not row["Fulfillments"] for row in rows)


def test_link_to_the_rest_of_a_cut_collection_keeps_its_options() -> None:
    with sandbox(orders=1, long_orders=1.0) as client:
        (row,) = listed(client, expand="Items($filter=Quantity ge 1;$select=ID,Sku;$expand=FulfillmentItems)")
        rest = client.get(row["Items@odata.nextLink"]).json()["value"]
        assert all(item.keys() == {"ID", "Sku", "FulfillmentItems"} for item in rest)
        whole = client.get("/v1/Orders(555000001)/Items", params={"$select": "ID"}).json()["value"]
        assert [item["ID"] for item in row["Items"] + rest] == [item["ID"] for item in whole]


def test_rows_of_orders_are_entity_sets_of_their_own(forty: httpx.Client) -> None:
    order = forty.get("/v1/Orders(555000007)", params={"$expand": "Items,Fulfillments($expand=Items)"}).json()
    fulfillment = order["Fulfillments"][0]
    assert listed(forty, "/v1/OrderItems", filter="OrderID eq 555000007") == order["Items"]
    rows = listed(forty, "/v1/FulfillmentItems", filter=f"FulfillmentID eq {fulfillment['ID']}")
    assert rows == fulfillment["Items"]
    for entity_set, row in (("OrderItems", order["Items"][0]), ("FulfillmentItems", rows[0])):
        single = forty.get(f"/v1/{entity_set}({row['ID']})").json()
        assert {"@odata.context": single["@odata.context"], **row} == single
        assert forty.get(f"/v1/{entity_set}(1)").status_code == 404
    both = listed(forty, "/v1/Fulfillments", orderby="DistributionCenterID,ID desc", select="ID,DistributionCenterID")
    assert both == sorted(both, key=lambda row: (row["DistributionCenterID"], -row["ID"]))


def test_export_marks_are_rows_of_the_order_one_for_each_application() -> None:
    with sandbox(orders=2) as client:
        client.post("/v1/Orders(555000001)/Export").raise_for_status()
        marked = client.post("/_export", json={"id": 555_000_001}).json()
        assert marked == {"exported_for": ["another-tool", "sandbox-application"]}
        (row, other) = listed(client, expand="Exports")
        assert other["Exports"] == []
        assert len({each["ApplicationID"] for each in row["Exports"]}) == 2
        assert all(
            each.keys() == {"ID", "ProfileID", "OrderID", "ApplicationID", "DeveloperKey", "Override"}
            for each in row["Exports"]
        )
        assert client.get("/v1/Orders(555000001)/Exports").json()["value"] == row["Exports"]
        own = {"id": 555_000_001, "application": "sandbox-application", "removed": True}
        client.post("/_export", json=own).raise_for_status()
        assert len(listed(client)) == 2
        assert client.get("/v1/Orders", params={"exported": "true"}).json()["value"] == []


def test_url_that_is_too_long_is_414_and_not_json() -> None:
    with sandbox(orders=1) as client:
        condition = " or ".join(f"ID eq {number}" for number in range(500))
        answer = client.get("/v1/Orders", params={"$filter": condition})
        assert answer.status_code == 414
        assert answer.headers["content-type"].startswith("text/html")
    with sandbox(orders=1, url_limit=20_000) as client:
        assert client.get("/v1/Orders", params={"$filter": condition}).status_code == 200


def test_disorder_comes_only_when_asked_for() -> None:
    with sandbox(orders=30, page_size=10, duplicate_rows=True, shuffled_rows=True) as client:
        ids = [row["ID"] for row in listed(client)]
        assert len(ids) == 11
        assert set(ids) == set(range(555_000_001, 555_000_011))
        assert ids != sorted(ids)
    words = {"Unshipped": "AwaitingShipment"}
    with sandbox(orders=5, unknown_members=True, renamed_words=words) as client:
        rows = listed(client)
        assert all("AddedLater" in row for row in rows)
        assert "AwaitingShipment" in {row["ShippingStatus"] for row in rows}
        assert "AddedLater" in client.get("/v1/Orders(555000001)").json()


def test_clock_of_the_service_may_be_ahead() -> None:
    with sandbox(orders=1, clock_skew=86_400) as client:
        before = client.get("/v1/Orders(555000001)").json()["UpdatedDateUtc"]
        client.post("/_orders", json={"id": 555_000_001, "set": {"ShippingCity": "Oslo"}}).raise_for_status()
        after = client.get("/v1/Orders(555000001)").json()["UpdatedDateUtc"]
        client.post("/_sell", json={"SKU-0001": 1}).raise_for_status()
        now = client.get("/v1/Orders", params={"$orderby": "ID desc"}).json()["value"][0]["ImportDateUtc"]
        assert before < after[:10] == now[:10]
