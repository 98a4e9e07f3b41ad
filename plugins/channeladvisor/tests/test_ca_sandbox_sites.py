"""Profiles, sites and distribution centres of the simulated ChannelAdvisor, and what people do there by hand."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app


@contextmanager
def sandbox(orders: int = 0, **options: Any) -> Iterator[httpx.Client]:
    with (
        SandboxServer(sandbox_app(Scenario(orders=orders, options=options))) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        token = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield client


def listed(client: httpx.Client, path: str, **params: str) -> list[dict[str, Any]]:
    return (
        client.get(path, params={f"${name}": text for name, text in params.items()}).raise_for_status().json()["value"]
    )


def test_orders_are_spread_over_the_profiles_and_come_mixed_unless_one_is_asked_for() -> None:
    with sandbox(orders=30, profiles=[11, 22, 33]) as client:
        assert [row["ID"] for row in listed(client, "/v1/Profiles")] == [11, 22, 33]
        assert Counter(row["ProfileID"] for row in listed(client, "/v1/Orders")) == {11: 10, 22: 10, 33: 10}
        mine = listed(client, "/v1/Orders", filter="ProfileID eq 22", expand="Items,Fulfillments($expand=Items)")
        below = [*(row for order in mine for row in order["Items"] + order["Fulfillments"])]
        below += [row for order in mine for each in order["Fulfillments"] for row in each["Items"]]
        assert {row["ProfileID"] for row in mine + below} == {22}


def test_profile_shows_its_accounts_on_the_sites_when_asked() -> None:
    with sandbox() as client:
        (plain,) = listed(client, "/v1/Profiles")
        assert "SiteAccounts" not in plain
        (row,) = listed(client, "/v1/Profiles", expand="SiteAccounts")
        assert {account["SiteID"] for account in row["SiteAccounts"]} == {640, 576, 996, 862}
        assert client.get("/v1/Profiles(1)").status_code == 404
    with sandbox(expanded_rows=3) as client:
        (cut,) = listed(client, "/v1/Profiles", expand="SiteAccounts")
        rest = client.get(cut["SiteAccounts@odata.nextLink"]).json()["value"]
        assert cut["SiteAccounts"] + rest == row["SiteAccounts"]


def test_sites_say_what_they_support() -> None:
    with sandbox(site_abilities={862: {"item_refunds": False}}) as client:
        rows = {row["ID"]: row for row in listed(client, "/v1/Sites")}
        assert rows[640]["CancellationConfiguration"] == {
            "SupportsOrderCancellations": True,
            "SupportsOrderItemCancellations": True,
            "SupportsOrderItemRMACancellations": False,
        }
        assert rows[862]["RefundConfiguration"]["SupportsOrderItemRefunds"] is False
        assert {"Code": 105, "Description": "BuyerCancelled"} in rows[640]["AdjustmentReasons"]
        single = client.get("/v1/Sites(862)").json()
        assert single == {"@odata.context": single["@odata.context"], **rows[862]}
        assert client.get("/v1/Sites(1)").status_code == 404


def test_deleted_centre_stands_in_no_list_but_answers_by_its_id() -> None:
    with sandbox() as client:
        assert [row["ID"] for row in listed(client, "/v1/DistributionCenters")] == [1, 2, -2]
        old = client.get("/v1/DistributionCenters(3)").json()
        assert (old["Code"], old["IsDeleted"]) == ("OLD", True)
        assert client.get("/v1/DistributionCenters(-2)").json()["IsExternallyManaged"] is True
        assert client.get("/v1/DistributionCenters(9)").status_code == 404
        assert client.get("/v1/DistributionCenters(x)").status_code == 404


def test_share_of_orders_can_be_managed_by_a_third_party() -> None:
    with sandbox(orders=60, third_party=0.3) as client:
        rows = listed(client, "/v1/Orders", filter="ShippingStatus eq 'ThirdPartyManaged'", expand="Fulfillments")
        assert 5 < len(rows) < 35
        assert {each["DeliveryStatus"] for row in rows for each in row["Fulfillments"]} == {"ThirdPartyManaged"}
        answer = client.post(f"/v1/Orders({rows[0]['ID']})/Ship", json={"Value": {}})
        assert (answer.status_code, "external fulfillment service" in answer.text) == (400, True)


def test_order_is_sold_of_exactly_these_lines() -> None:
    with sandbox(orders=2) as client:
        order_id = client.post("/_sell", json={"SKU-0001": 3, "KIT-003": 2, "UNHEARD-OF": 1}).json()["ID"]
        order = client.get(f"/v1/Orders({order_id})", params={"$expand": "Items,Fulfillments($expand=Items)"}).json()
        assert {item["Sku"]: item["Quantity"] for item in order["Items"]} == {
            "SKU-0001": 3,
            "KIT-003": 2,
            "UNHEARD-OF": 1,
        }
        assert (order["PaymentStatus"], order["ShippingStatus"]) == ("Cleared", "Unshipped")
        assert sum(row["Quantity"] for each in order["Fulfillments"] for row in each["Items"]) == 6
        assert order["UpdatedDateUtc"] > "2025-06"
        for wrong in ({}, {"SKU-0001": 0}):
            assert client.post("/_sell", json=wrong).status_code == 400


@pytest.fixture(scope="module")
def untouched() -> Iterator[httpx.Client]:
    with sandbox(orders=1) as client:
        yield client


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SellerOrderID": "x" * 26}, "length <= 25"),
        ({"SpecialInstructions": "x" * 256}, "length <= 255"),
        ({"ShippingStatus": "Shipped"}, "unknown field `ShippingStatus`"),
        ({"Items": []}, "unknown field `Items`"),
        ({"FlagID": 99}, "no flag 99"),
        ({"EstimatedShipDateUtc": "soon"}, "is not a date"),
        ({"ShippingCity": 5}, "Expected `str | null`"),
    ],
)
def test_order_refuses_changes_that_are_not_for_its_seller_to_make(
    untouched: httpx.Client, changes: dict[str, Any], message: str
) -> None:
    before = untouched.get("/v1/Orders(555000001)").json()
    answer = untouched.patch("/v1/Orders(555000001)", json={"PublicNotes": "never kept", **changes})
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (400, True), answer.text
    assert untouched.get("/v1/Orders(555000001)").json() == before


def test_order_takes_number_notes_flag_and_address_of_its_seller() -> None:
    changes = {
        "SellerOrderID": "WMS-1",
        "PrivateNotes": "batch 7",
        "FlagID": 1,
        "FlagDescription": "hold",
        "ShippingAddressLine1": "2 New Street",
        "EstimatedShipDateUtc": "2025-02-01T00:00:00Z",
    }
    with sandbox(orders=1) as client:
        before = client.get("/v1/Orders(555000001)").json()
        assert client.patch("/v1/Orders(555000001)", json=changes).status_code == 204
        after = client.get("/v1/Orders(555000001)").json()
        assert {name for name in after if after[name] != before[name]} == {*changes, "UpdatedDateUtc"}
        assert client.patch("/v1/Orders(1)", json=changes).status_code == 404


def test_everything_that_happened_outlives_the_process(tmp_path: Path) -> None:
    options = {"state_file": str(tmp_path / "state"), "webhook_loopback": True}
    with sandbox(orders=3, **options) as client:
        order_id = client.post("/_sell", json={"SKU-0001": 3}).json()["ID"]
        item = client.get(f"/v1/Orders({order_id})/Items").json()["value"][0]["ID"]
        client.post(f"/v1/OrderItems({item})/Adjust", json={"Quantity": 1}).raise_for_status()
        client.post("/_export", json={"id": order_id}).raise_for_status()
        hook = {"WebhookUri": "https://example.invalid/hook", "EventTypes": ["PaymentCleared"], "Status": "Disabled"}
        client.post("/v1/Webhooks", json=hook).raise_for_status()
        client.post("/_save").raise_for_status()
        seen = [client.get("/_truth").json()["orders"], client.get("/v1/Webhooks").json()["value"]]
    with sandbox(orders=0, **options) as client:
        assert [client.get("/_truth").json()["orders"], client.get("/v1/Webhooks").json()["value"]] == seen
        assert client.post(f"/v1/OrderItems({item})/Adjust", json={"Quantity": 2}).status_code == 204
