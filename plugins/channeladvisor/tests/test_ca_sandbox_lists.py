"""Lists of the simulated ChannelAdvisor: pages, filters, expanded collections, export marks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import ODD_IDS, Odd, sandbox_app

WITH_ROWS = "Items($expand=BundleComponents),Fulfillments($expand=Items),CustomFields"


@contextmanager
def sandbox(orders: int = 5, application: tuple[str, str] = ("a", "1"), **options: Any) -> Iterator[httpx.Client]:
    app = sandbox_app(Scenario(orders=orders, options={"applications": {"a": "1", "b": "2"}, **options}))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        sign_in(client, *application)
        yield client


def sign_in(client: httpx.Client, name: str, secret: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
    token = client.post("/oauth2/token", auth=(name, secret), data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def pages(client: httpx.Client, **params: str) -> Iterator[list[dict[str, Any]]]:
    answer = client.get("/v1/Orders", params=params)
    while True:
        page = answer.raise_for_status().json()
        yield page["value"]
        if "@odata.nextLink" not in page:
            return
        answer = client.get(page["@odata.nextLink"])


def ids(rows: Iterator[list[dict[str, Any]]]) -> list[int]:
    return [row["ID"] for page in rows for row in page]


def test_every_order_comes_once_over_the_pages() -> None:
    with sandbox(orders=250) as client:
        sizes = [len(page) for page in pages(client)]
        assert sizes == [100, 100, 50]
        assert ids(pages(client)) == list(range(555_000_001, 555_000_251))


def test_next_link_keeps_the_question_and_is_absolute() -> None:
    with sandbox(orders=30, page_size=20) as client:
        params = {"$filter": "SiteOrderID ne 'it''s & more'", "$expand": WITH_ROWS, "exported": "false"}
        first = client.get("/v1/Orders", params=params)
        link = httpx.URL(first.json()["@odata.nextLink"])
        assert link.host == "127.0.0.1"
        assert dict(link.params) == {**params, "$skip": "20"}
        assert first.headers["OData-Version"] == "4.0"


@pytest.mark.parametrize(("top", "sizes"), [("7", [7]), ("20", [20]), ("25", [20, 5]), ("500", [20, 20, 10])])
def test_top_limits_the_list_and_above_the_page_size_it_is_cut_silently(top: str, sizes: list[int]) -> None:
    with sandbox(orders=50, page_size=20) as client:
        assert [len(page) for page in pages(client, **{"$top": top})] == sizes


def test_page_beyond_the_end_is_empty_or_by_option_the_first_one_again() -> None:
    with sandbox(orders=30, page_size=20) as client:
        assert client.get("/v1/Orders", params={"$skip": "60"}).json()["value"] == []
    with sandbox(orders=30, page_size=20, first_page_again=True) as client:
        assert len(client.get("/v1/Orders", params={"$skip": "60"}).json()["value"]) == 20


def test_marking_exported_while_paging_shifts_the_list() -> None:
    with sandbox(orders=100, page_size=20) as client:
        seen: list[int] = []
        for page in pages(client, exported="false"):
            seen += [order["ID"] for order in page]
            for order in page:
                client.post(f"/v1/Orders({order['ID']})/Export").raise_for_status()
        assert len(seen) == 60, "every second page was jumped over"
        assert len(ids(pages(client, exported="false"))) == 40


def test_export_mark_belongs_to_one_application_and_can_be_removed() -> None:
    with sandbox(orders=3) as client:
        order = 555_000_002
        for _ in range(2):
            assert client.post(f"/v1/Orders({order})/Export").status_code == 204
        assert ids(pages(client, exported="true")) == [order]
        assert client.get("/_truth").json()["orders"][str(order)]["export_calls"] == {"a": 2}
        sign_in(client, "b", "2")
        assert ids(pages(client, exported="true")) == []
        sign_in(client, "a", "1")
        assert client.delete(f"/v1/Orders({order})/Export").status_code == 204
        assert ids(pages(client, exported="true")) == []
        assert client.post("/v1/Orders(1)/Export").status_code == 404


def test_list_without_expand_shows_no_collections() -> None:
    with sandbox() as client:
        (page,) = pages(client)
        assert not {"Items", "Fulfillments", "Adjustments", "CustomFields"} & page[0].keys()


def test_nested_collections_are_shown_only_when_asked_for() -> None:
    with sandbox(orders=40) as client:
        (page,) = pages(client, **{"$expand": "Items,Fulfillments($expand=Items)"})
        assert all("BundleComponents" not in item for order in page for item in order["Items"])
        assert all(fulfillment["Items"] for order in page for fulfillment in order["Fulfillments"])
        (page,) = pages(client, **{"$expand": WITH_ROWS})
        bundles = [item for order in page for item in order["Items"] if item["IsBundle"]]
        assert bundles
        assert all(bundle["BundleComponents"] for bundle in bundles)


def test_long_order_is_cut_at_twenty_rows_in_a_list_and_whole_by_itself() -> None:
    with sandbox(orders=1, long_orders=1.0) as client:
        (page,) = pages(client, **{"$expand": WITH_ROWS})
        order = page[0]
        whole = client.get(f"/v1/Orders({order['ID']})", params={"$expand": WITH_ROWS}).json()
        assert len(order["Items"]) == 20 < len(whole["Items"])
        assert "Items@odata.nextLink" in order
        assert "Items@odata.nextLink" not in whole
        assert whole["@odata.context"].endswith("/v1/$metadata#Orders/$entity")
        rest = client.get(order["Items@odata.nextLink"]).json()["value"]
        assert order["Items"] + rest == whole["Items"]
        cut = next(f for f in order["Fulfillments"] if "Items@odata.nextLink" in f)
        full = next(f for f in whole["Fulfillments"] if f["ID"] == cut["ID"])
        assert cut["Items"] + client.get(cut["Items@odata.nextLink"]).json()["value"] == full["Items"]


def test_ten_thousand_lines_arrive_whole_by_single_read() -> None:
    with sandbox(orders=0, odd=["ten_thousand_lines"]) as client:
        (page,) = pages(client, **{"$expand": "Items"})
        assert len(page[0]["Items"]) == 20
        order = ODD_IDS[Odd.TEN_THOUSAND_LINES]
        whole = client.get(f"/v1/Orders({order})", params={"$expand": "Items"}).json()
        assert len({item["ID"] for item in whole["Items"]}) == 10_000


FILTERS = [
    ("ID eq 555000003", lambda o: o["ID"] == 555_000_003),
    ("SiteID ne 640", lambda o: o["SiteID"] != 640),
    ("ProfileID eq 12345678 and PaymentStatus eq 'Cleared'", lambda o: o["PaymentStatus"] == "Cleared"),
    ("SiteID eq 996 or SiteID eq 862", lambda o: o["SiteID"] in (996, 862)),
    ("not (SiteID eq 640 or SiteID eq 576)", lambda o: o["SiteID"] not in (640, 576)),
    ("SiteID eq 640 or SiteID eq 576 and TotalPrice gt 50", lambda o: o["SiteID"] == 640
     or (o["SiteID"] == 576 and o["TotalPrice"] > 50)),
    ("SiteID eq 640 OR SiteID eq 576", lambda o: o["SiteID"] in (640, 576)),
    ("TotalPrice ge 60.5 and TotalPrice lt 120", lambda o: 60.5 <= o["TotalPrice"] < 120),
    ("ImportDateUtc gt 2025-01-06T09:00:00Z", lambda o: o["ImportDateUtc"] > "2025-01-06T09:00:00"),
    ("ImportDateUtc le 2025-01-06T09:00:00Z", lambda o: o["ImportDateUtc"][:19] < "2025-01-06T09:00:00"
     or o["ImportDateUtc"] == "2025-01-06T09:00:00Z"),
    ("CreatedDateUtc lt 2025-01-07", lambda o: o["CreatedDateUtc"] < "2025-01-07"),
    ("PublicNotes eq null", lambda o: o["PublicNotes"] is None),
    ("PublicNotes ne null", lambda o: o["PublicNotes"] is not None),
    ("year(CreatedDateUtc) eq 2025 and month(CreatedDateUtc) eq 1 and day(CreatedDateUtc) gt 6",
     lambda o: "2025-01-07" <= o["CreatedDateUtc"] < "2025-02"),
    ("hour(ImportDateUtc) lt 12 and minute(ImportDateUtc) ge 30 and second(ImportDateUtc) eq 0",
     lambda o: int(o["ImportDateUtc"][11:13]) < 12 and int(o["ImportDateUtc"][14:16]) >= 30),
    ("floor(TotalPrice) eq 27", lambda o: 27 <= o["TotalPrice"] < 28),
    ("ceiling(TotalPrice) le 27", lambda o: o["TotalPrice"] <= 27),
    ("not CustomFields/any(c: c/FieldID eq 1) AND SiteID eq 862",
     lambda o: not o["CustomFields"] and o["SiteID"] == 862),
    ("ShippingLastName eq 'O''Brien'", lambda o: o["ShippingLastName"] == "O'Brien"),
    ("startswith(SiteName, 'eBay')", lambda o: o["SiteName"].startswith("eBay")),
    ("startswith(SiteName,'eBay') eq false", lambda o: not o["SiteName"].startswith("eBay")),
    ("BuyerEmailOptIn eq false", lambda o: True),
    ("Fulfillments/Any(f: f/DistributionCenterID eq -2)",
     lambda o: any(f["DistributionCenterID"] == -2 for f in o["Fulfillments"])),
    ("Items/any(i:i/IsBundle eq true and i/Quantity gt 1)",
     lambda o: any(i["IsBundle"] and i["Quantity"] > 1 for i in o["Items"])),
]  # fmt: skip


@pytest.fixture(scope="module")
def three_hundred() -> Iterator[httpx.Client]:
    with sandbox(orders=300, page_size=300, expanded_rows=100, seconds_between=600) as client:
        yield client


@pytest.mark.parametrize(("text", "means"), FILTERS, ids=[text for text, _ in FILTERS])
def test_filter_means_what_it_says(three_hundred: httpx.Client, text: str, means: Any) -> None:
    (everything,) = pages(three_hundred, **{"$expand": WITH_ROWS})
    answer = three_hundred.get("/v1/Orders", params={"$filter": text, "$count": "true"}).raise_for_status().json()
    wanted = [order["ID"] for order in everything if means(order)]
    assert [order["ID"] for order in answer["value"]] == wanted
    assert answer["@odata.count"] == len(wanted) > 0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"$filter": "ID eq"}, "Syntax error at position"),
        ({"$filter": "ID = 5"}, "Syntax error at position"),
        ({"$filter": "contains(SiteName, 'x')"}, "Syntax error at position"),
        ({"$filter": "SiteName eq 'open"}, "Syntax error at position"),
        ({"$filter": "OrderNumber eq 5"}, "Could not find a property named 'OrderNumber'"),
        ({"$filter": "paymentstatus eq 'Cleared'"}, "Could not find a property named 'paymentstatus'"),
        ({"$filter": "SiteID eq '640'"}, "incompatible types"),
        ({"$filter": "ImportDateUtc ge '2025-01-06'"}, "incompatible types"),
        ({"$filter": "ImportDateUtc ge 2025-13-06"}, "is not a date"),
        ({"$filter": "Fulfillments/Any(f: g/ID eq 1)"}, "Could not find a property named 'g/ID'"),
        ({"$filter": "Buyers/Any(b: b/ID eq 1)"}, "not a collection"),
        ({"$expand": "Lines"}, "Could not find a property named 'Lines'"),
        ({"$filter": "Exports/any(e: e/ApplicationID eq 1)"}, "not a collection"),
        ({"$filter": "OrderTags ne null"}, "The property 'OrderTags' cannot be used in the $filter"),
        ({"$filter": "year(SiteName) eq 2025"}, "The function 'year' is not known"),
        ({"$filter": "round(TotalPrice) eq 2025"}, "The function 'round' is not known"),
        ({"$expand": "Items($top=1)"}, "cannot be read"),
        ({"$expand": "Items($filter=ID eq)"}, "Syntax error"),
        ({"$expand": "Items($expand=BundleComponents"}, "do not match"),
        ({"$select": "ID,Number"}, "Could not find a property named 'Number'"),
        ({"$expand": "Items($select=Number)"}, "Could not find a property named 'Number'"),
        ({"$skip": "-1"}, "non-negative integer"),
        ({"$top": "many"}, "non-negative integer"),
        ({"$orderby": "ID down"}, "Syntax error in $orderby"),
        ({"$orderby": "Nothing"}, "Could not find a property named 'Nothing'"),
        ({"$search": "mug"}, "'$search' is not supported"),
        ({"exported": "no"}, "exported must be true or false"),
    ],
)
def test_question_that_cannot_be_read_is_400_of_the_odata_layer(
    three_hundred: httpx.Client, params: dict[str, str], message: str
) -> None:
    answer = three_hundred.get("/v1/Orders", params=params)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == ""
    assert message in answer.json()["error"]["message"]


def test_order_of_rows_can_be_chosen(three_hundred: httpx.Client) -> None:
    (up,) = pages(three_hundred, **{"$orderby": "TotalPrice"})
    (down,) = pages(three_hundred, **{"$orderby": "TotalPrice desc"})
    prices = [order["TotalPrice"] for order in up]
    assert prices == sorted(prices)
    assert [order["TotalPrice"] for order in down] == prices[::-1]


def test_rows_are_ordered_by_several_keys_and_moments_by_time(three_hundred: httpx.Client) -> None:
    (rows,) = pages(three_hundred, **{"$orderby": "SiteID desc, TotalPrice"})
    keys = [(-order["SiteID"], order["TotalPrice"]) for order in rows]
    assert keys == sorted(keys)
    (rows,) = pages(three_hundred, **{"$orderby": "ImportDateUtc"})
    moments = [datetime.fromisoformat(order["ImportDateUtc"]) for order in rows]
    assert moments == sorted(moments)


def test_changed_order_enters_and_leaves_lists_that_are_kept() -> None:
    with sandbox(orders=3) as client:
        question = {"$filter": "PaymentStatus eq 'Failed'"}
        newest = {"$orderby": "UpdatedDateUtc desc"}
        assert ids(pages(client, **question)) == []
        ids(pages(client, **newest))
        client.post("/_orders", json={"id": 555_000_002, "set": {"PaymentStatus": "Failed"}}).raise_for_status()
        assert ids(pages(client, **question)) == [555_000_002]
        assert ids(pages(client, **newest))[0] == 555_000_002
        client.post("/_orders", json={"id": 555_000_002, "set": {"PaymentStatus": "Cleared"}}).raise_for_status()
        assert ids(pages(client, **question)) == []


def test_fulfillments_of_one_order_are_found_by_its_id() -> None:
    with sandbox(orders=40) as client:
        params = {"$filter": "OrderID eq 555000007", "$expand": "Items"}
        found = client.get("/v1/Fulfillments", params=params).json()["value"]
        order = client.get("/v1/Orders(555000007)", params={"$expand": "Fulfillments($expand=Items)"}).json()
        assert found == order["Fulfillments"]
        params = {"$filter": "OrderID eq 555000007 and TrackingNumber eq 'none such'"}
        assert client.get("/v1/Fulfillments", params=params).json()["value"] == []


def test_distribution_centers_are_two_of_ours_and_amazons() -> None:
    with sandbox(page_size=2) as client:
        first = client.get("/v1/DistributionCenters").json()
        second = client.get(first["@odata.nextLink"]).json()
        centers = [(row["ID"], row["Code"], row["IsExternallyManaged"]) for row in first["value"] + second["value"]]
        assert centers == [(1, "EAST", False), (2, "WEST", False), (-2, "FBA", True)]
