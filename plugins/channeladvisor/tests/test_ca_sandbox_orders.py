"""The orders that the simulated ChannelAdvisor plays: the same by seed, as mixed as life, and odd on request."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import ITEM_SKUS, KITS, ODD_IDS, SITES, Odd, SandboxOptions, sandbox_app
from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.orders.generator import generate_order

SEED = 20250106
THOUSAND = range(1000)


def orders(seed: int = SEED, **options: Any) -> list[Order]:
    return [generate_order(seed, index, SandboxOptions(**options)) for index in THOUSAND]


@pytest.fixture(scope="module")
def thousand() -> list[Order]:
    print(f"seed {SEED}")
    return orders()


@contextmanager
def sandbox(count: int, **options: Any) -> Iterator[httpx.Client]:
    app = sandbox_app(Scenario(seed=SEED, orders=count, options=options))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        auth = ("sandbox-application", "sandbox-secret")
        token = client.post("/oauth2/token", auth=auth, data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_the_same_seed_gives_the_same_orders(thousand: list[Order]) -> None:
    assert msgspec.json.encode(orders()) == msgspec.json.encode(thousand)
    assert orders(seed=SEED + 1) != thousand


def test_order_is_of_realistic_size(thousand: list[Order]) -> None:
    assert 4000 < len(msgspec.json.encode(thousand)) / len(thousand) < 5500


def test_every_key_is_unique(thousand: list[Order]) -> None:
    for keys in (
        [order.ID for order in thousand],
        [order.SiteOrderID for order in thousand],
        [item.ID for order in thousand for item in order.Items],
        [fulfillment.ID for order in thousand for fulfillment in order.Fulfillments],
        [row.ID for order in thousand for f in order.Fulfillments for row in f.Items],
    ):
        assert len(set(keys)) == len(keys)


def test_fulfillments_hold_every_piece_of_every_line_once(thousand: list[Order]) -> None:
    for order in thousand:
        pieces: Counter[int] = Counter()
        for fulfillment in order.Fulfillments:
            for row in fulfillment.Items:
                pieces[row.OrderItemID] += row.Quantity
        assert pieces == {item.ID: item.Quantity for item in order.Items}


def test_money_adds_up(thousand: list[Order]) -> None:
    for order in thousand:
        goods = sum((item.UnitPrice or 0) * item.Quantity for item in order.Items)
        total = goods + order.TotalTaxPrice + order.TotalShippingPrice + order.PromotionAmount
        assert order.TotalPrice == pytest.approx(total, abs=0.005)


def test_shares_are_as_promised(thousand: list[Order]) -> None:
    rollups = Counter(order.DistributionCenterTypeRollup for order in thousand)
    unpaid = [o for o in thousand if o.PaymentStatus != "Cleared"]
    both = [o for o in thousand if {f.DistributionCenterID for f in o.Fulfillments} == {1, 2}]
    repeated = [o for o in thousand if len({item.Sku for item in o.Items}) < len(o.Items)]
    assert 20 <= rollups["ExternallyManaged"] <= 60
    assert rollups["Mixed"] > 0
    assert 15 <= len(unpaid) <= 50
    assert any(order.ShippingStatus == "Canceled" for order in thousand)
    assert len(both) > 20
    assert repeated
    assert {order.SiteID for order in thousand} == {site.id for site in SITES}


def test_requested_shipping_is_one_of_the_sites_own_words(thousand: list[Order]) -> None:
    words = {site.id: set(site.requested) for site in SITES}
    asked = {(order.SiteID, order.RequestedShippingCarrier, order.RequestedShippingClass) for order in thousand}
    assert asked == {(site, *pair) for site, pairs in words.items() for pair in pairs}


@pytest.mark.parametrize(("rule", "times_line"), [("multiplied", True), ("per_bundle", False)])
def test_component_quantity_follows_the_rule(rule: str, times_line: bool) -> None:
    bundles = [item for order in orders(bundle_quantity=rule) for item in order.Items if item.IsBundle]
    assert any(bundle.Quantity > 1 for bundle in bundles)
    for bundle in bundles:
        times = bundle.Quantity if times_line else 1
        wanted = [(part.sku, part.quantity * times) for part in KITS[bundle.Sku or ""]]
        assert [(part.Sku, part.Quantity) for part in bundle.BundleComponents] == wanted


def test_goods_are_known_by_rule() -> None:
    assert (ITEM_SKUS[0], ITEM_SKUS[-1], len(ITEM_SKUS)) == ("SKU-0001", "SKU-0400", 400)
    assert all(part.sku in ITEM_SKUS for parts in KITS.values() for part in parts)
    assert [(part.sku, part.quantity) for part in KITS["KIT-003"]] == [
        ("SKU-0021", 1),
        ("SKU-0026", 2),
        ("SKU-0030", 1),
    ]


def test_moments_have_up_to_seven_digits_and_always_a_z(thousand: list[Order]) -> None:
    texts = [text for order in thousand for text in (order.ImportDateUtc or "", order.CreatedDateUtc or "")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z", text) for text in texts)
    assert {len(text) for text in texts} >= {20, 28}


def test_odd_orders_come_under_their_fixed_ids_and_are_as_odd_as_promised() -> None:
    with sandbox(1, odd=[odd.value for odd in Odd]) as client:
        answer = client.get("/v1/Orders", params={"$expand": "Items"})
        first, *odd = answer.json()["value"]
    by_id = {row["ID"]: row for row in odd if isinstance(row, dict)}
    shown = {kind: by_id.get(ODD_IDS[kind]) for kind in Odd}
    assert shown[Odd.NO_LINES]["Items"] == []
    assert shown[Odd.ZERO_QUANTITY]["Items"][0]["Quantity"] == 0
    assert shown[Odd.NEGATIVE_QUANTITY]["Items"][0]["Quantity"] == -1
    assert shown[Odd.MISSING_ADDRESS]["ShippingCity"] is None
    assert b'"UnitPrice":12.3456789' in answer.content
    assert shown[Odd.SAME_NUMBER]["SiteOrderID"] == first["SiteOrderID"]
    assert shown[Odd.UNKNOWN_ENUM]["PaymentStatus"] == "PaidInFull"
    assert shown[Odd.UNKNOWN_SKU]["Items"][0]["Sku"] == "NOT-IN-ANY-WAREHOUSE"
    assert shown[Odd.TRUNCATED].keys() == {"ID", "ProfileID", "SiteID"}
    assert [row for row in odd if not isinstance(row, dict)] == ["order 999000010 is not available"]
    assert (min(ODD_IDS.values()), max(ODD_IDS.values())) == (999_000_001, 999_000_011)


def test_raw_order_is_shown_as_given_until_it_changes() -> None:
    raw = {"ID": 42, "Quantity": "many", "NewField": {"a": 1.50}}
    with sandbox(0) as client:
        client.post("/_orders", json=raw).raise_for_status()
        assert client.get("/v1/Orders").json()["value"] == [raw]
        assert client.post("/_orders", json=raw).status_code == 400, "the id is taken"
        client.post("/_orders", json={"id": 42, "set": {"ShippingCity": "Oslo"}}).raise_for_status()
        assert client.get("/v1/Orders(42)").json()["ShippingCity"] == "Oslo"


def test_field_that_no_order_has_cannot_be_set() -> None:
    with sandbox(1) as client:
        answer = client.post("/_orders", json={"id": 555_000_001, "set": {"Colour": "red"}})
        assert (answer.status_code, "Colour" in answer.text) == (400, True)


def test_payment_is_cleared_for_every_open_order_that_waits() -> None:
    with sandbox(400) as client:
        waiting = {"$filter": "PaymentStatus eq 'NotYetSubmitted' or PaymentStatus eq 'Submitted'", "$count": "true"}
        count = client.get("/v1/Orders", params=waiting).json()["@odata.count"]
        assert count > 0
        assert client.post("/_pay").json() == {"paid": count}
        assert client.get("/v1/Orders", params=waiting).json()["@odata.count"] == 0
        assert client.post("/_pay").json() == {"paid": 0}


def test_truth_counts_calls_by_kind_and_can_leave_out_what_nobody_touched() -> None:
    with sandbox(3) as client:
        client.get("/v1/Orders")
        client.get("/v1/Orders", params={"$filter": "?"})
        client.post("/v1/Orders(555000002)/Export")
        truth = json.loads(client.get("/_truth", params={"touched": ""}).content)
        assert truth["requests"] == {"token": 1, "orders_list": 2, "export": 1}
        assert truth["refused"] == {"orders_list": 1}
        assert list(truth["orders"]) == ["555000002"]
