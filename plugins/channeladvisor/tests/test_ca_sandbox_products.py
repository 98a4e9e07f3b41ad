"""Products of the simulated ChannelAdvisor: lists, single reads, what can be written and what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import ITEM_SKUS, KITS, sandbox_app
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.products import ALIASES, STYLES, UNSTOCKED_SKU, Products

PROFILE = 12345678
ALL_COLLECTIONS = "Attributes,DCQuantities,Images,Labels,BundleComponents,Children,AliasRelationships"


@contextmanager
def sandbox(orders: int = 0, **options: Any) -> Iterator[httpx.Client]:
    app = sandbox_app(Scenario(orders=orders, options=options))
    with SandboxServer(app) as server, httpx.Client(base_url=server.url) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        answer = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture(scope="module")
def shop() -> Iterator[httpx.Client]:
    """A shop that tests only add to, or put back as it was."""
    with sandbox(products=60, rate_per_minute=0, rate_per_second=0) as client:
        yield client


def rows(client: httpx.Client, path: str = "/v1/Products", **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    answer = client.get(path, params=params)
    while True:
        page = answer.raise_for_status().json()
        found += page["value"]
        if "@odata.nextLink" not in page:
            return found
        answer = client.get(page["@odata.nextLink"])


def skus(client: httpx.Client, condition: str) -> list[str]:
    return [row["Sku"] for row in rows(client, **{"$filter": condition, "$select": "ID,Sku"})]


def product(client: httpx.Client, sku: str, expand: str = ALL_COLLECTIONS) -> dict[str, Any]:
    (row,) = rows(client, **{"$filter": f"Sku eq '{sku}'", "$expand": expand})
    return row


def create(client: httpx.Client, sku: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/Products", json={"Sku": sku, **fields})
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


def refused(answer: httpx.Response, words: str, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]["message"]


def test_every_sku_that_orders_sell_is_a_product_with_the_same_id() -> None:
    with sandbox(orders=200) as client:
        by_sku = {row["Sku"]: row["ID"] for row in rows(client, **{"$select": "ID,Sku"})}
        orders = rows(client, "/v1/Orders", **{"$expand": "Items($expand=BundleComponents)"})
        lines = [line for order in orders for item in order["Items"] for line in (item, *item["BundleComponents"])]
        assert by_sku.keys() >= {*ITEM_SKUS, *KITS, *ALIASES, *STYLES, UNSTOCKED_SKU}
        assert len(lines) > 200
        assert all(by_sku[line["Sku"]] == line["ProductID"] for line in lines)


def test_every_product_comes_once_over_pages_of_a_hundred(shop: httpx.Client) -> None:
    first = shop.get("/v1/Products", params={"$count": "true"}).json()
    assert len(first["value"]) == 100
    listed = rows(shop)
    assert len(listed) == len({row["ID"] for row in listed}) == first["@odata.count"]
    assert shop.get("/v1/Products/$count").text == str(len(listed))
    assert shop.get("/v1/Products/$count").headers["content-type"].startswith("text/plain")


def test_pages_are_larger_only_for_id_and_sku(shop: httpx.Client) -> None:
    def size(**params: str) -> int:
        return len(shop.get("/v1/Products", params=params).json()["value"])

    assert size(**{"$select": "ID,Sku"}) == size(**{"$select": "Sku"}) == 500
    assert size(**{"$select": "ID,Sku,Title"}) == size(**{"$select": "ID", "$expand": "Images"}) == 100


def test_selected_list_names_what_it_shows(shop: httpx.Client) -> None:
    page = shop.get("/v1/Products", params={"$select": "ID,Sku", "$top": "2"}).json()
    assert page["@odata.context"].endswith("/v1/$metadata#Products(ID,Sku)")
    assert page["value"] == [{"ID": 9001, "Sku": "SKU-0001"}, {"ID": 9002, "Sku": "SKU-0002"}]


def test_list_without_expand_shows_no_collections_and_with_it_every_row(shop: httpx.Client) -> None:
    assert not set(ALL_COLLECTIONS.split(",")) & shop.get("/v1/Products").json()["value"][0].keys()
    whole = product(shop, "SKU-0301")
    assert {row["DistributionCenterID"] for row in whole["DCQuantities"]} >= {1, 2}
    assert {row["Name"] for row in whole["Attributes"]} > {"Material", "Colour", "Case size/inner"}
    assert whole["Images"][0]["Url"].endswith("/SKU-0301/1.jpg")


def test_inner_filter_of_an_expanded_collection(shop: httpx.Client) -> None:
    listed = rows(shop, **{"$select": "ID", "$expand": "DCQuantities($filter=DistributionCenterID eq -2)"})
    at_the_external_one = [row for row in listed if row["DCQuantities"]]
    assert 10 < len(at_the_external_one) < len(listed) / 4
    assert all([q["DistributionCenterID"] for q in row["DCQuantities"]] == [-2] for row in at_the_external_one)


FILTERS = [
    ("Brand eq 'O''Neill Works'", lambda p: p["Brand"] == "O'Neill Works"),
    ("ProductType eq 'Parent' or BundleType eq 'BundleItem'", lambda p: p["IsParent"] or p["Sku"] in KITS),
    ("UpdateDateUtc ge 2024-10-01T00:00:00Z", lambda p: p["UpdateDateUtc"] >= "2024-10-01T00:00:00Z"),
    ("Labels/Any(l: l/Name eq 'Clearance')", lambda p: any(row["Name"] == "Clearance" for row in p["Labels"])),
    ("Attributes/Any(a: a/Name eq 'Material' and a/Value eq 'oak')",
     lambda p: any((row["Name"], row["Value"]) == ("Material", "oak") for row in p["Attributes"])),
    ("TotalAvailableQuantity eq null", lambda p: p["TotalAvailableQuantity"] is None),
    ("TotalAvailableQuantity gt 250", lambda p: (p["TotalAvailableQuantity"] or 0) > 250),
    ("DCQuantities/Any(q: q/DistributionCenterID eq -2 and q/AvailableQuantity gt 30)",
     lambda p: any(q["DistributionCenterID"] == -2 and q["AvailableQuantity"] > 30 for q in p["DCQuantities"])),
    ("startswith(Sku, 'kit-')", lambda p: p["Sku"].startswith("KIT-")),
    ("Sku eq 'SKU-0001' or Sku eq 'sku-0002' or Sku eq 'none'", lambda p: p["Sku"] in ("SKU-0001", "SKU-0002")),
    ("ID eq 9501 and ProfileID eq 12345678", lambda p: p["Sku"] == "KIT-001"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "means"), FILTERS, ids=[text for text, _ in FILTERS])
def test_filter_means_what_it_says(shop: httpx.Client, condition: str, means: Any) -> None:
    wanted = [row["Sku"] for row in rows(shop, **{"$expand": ALL_COLLECTIONS}) if means(row)]
    assert skus(shop, condition) == wanted
    assert wanted
    assert shop.get("/v1/Products/$count", params={"$filter": condition}).text == str(len(wanted))


def test_sorted_by_several_keys(shop: httpx.Client) -> None:
    listed = rows(shop, **{"$orderby": "Brand desc,TotalAvailableQuantity", "$filter": "TotalAvailableQuantity gt 0"})
    keys = [(row["Brand"], -row["TotalAvailableQuantity"]) for row in listed]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"$select": "ID,Colour"}, "Could not find a property named 'Colour'"),
        ({"$filter": "Quantity gt 1"}, "Could not find a property named 'Quantity'"),
        ({"$filter": "contains(Sku, 'x')"}, "Syntax error"),
        ({"$expand": "Suppliers"}, "Could not find a property named 'Suppliers'"),
        ({"$orderby": "Labels"}, "Could not find a property named 'Labels'"),
    ],
)
def test_what_cannot_be_read_is_refused(shop: httpx.Client, params: dict[str, str], words: str) -> None:
    refused(shop.get("/v1/Products", params=params), words)


def test_too_long_a_select_is_414(shop: httpx.Client) -> None:
    names = ",".join(name for name in product(shop, "SKU-0001", "") if not name.startswith("@"))
    assert shop.get("/v1/Products", params={"$select": names}).status_code == 200
    assert shop.get("/v1/Products", params={"$select": ",".join([names] * 4)}).status_code == 414


def test_single_product_its_collections_and_their_rows(shop: httpx.Client) -> None:
    whole = shop.get("/v1/Products(9001)", params={"$expand": ALL_COLLECTIONS}).json()
    assert whole["@odata.context"].endswith("/v1/$metadata#Products/$entity")
    for name in ALL_COLLECTIONS.split(","):
        assert rows(shop, f"/v1/Products(9001)/{name}") == whole[name]
    value = shop.get("/v1/Products(9001)/Attributes('Case%20size%2Finner')").json()["Value"]
    same = shop.get("/v1/AttributeValues(ProductID=9001,Name='Case%20size%2Finner')").json()
    assert value == same["Value"] == next(a["Value"] for a in whole["Attributes"] if a["Name"] == "Case size/inner")
    refused(shop.get("/v1/Products(1)"), "Product 1 was not found", 404)
    refused(shop.get("/v1/Products(9001)/Attributes('Nothing')"), "has no 'Nothing'", 404)
    refused(shop.get("/v1/Products(9001)/Attributes(Nothing)"), "cannot be read")
    refused(shop.get("/v1/ProductLabels(Name='x')"), "must be ProductID and Name")
    assert shop.get("/v1/Products(9001)/Nothing").status_code == 404


def test_parents_children_bundles_and_aliases_point_at_each_other(shop: httpx.Client) -> None:
    parent, child = product(shop, "STYLE-01"), product(shop, "SKU-0301")
    assert (parent["ProductType"], parent["IsParent"], parent["TotalAvailableQuantity"]) == ("Parent", True, None)
    assert (child["ProductType"], child["ParentSku"], child["ParentProductID"]) == ("Child", "STYLE-01", parent["ID"])
    assert child["ID"] in [row["ChildProductID"] for row in parent["Children"]]
    assert child["RelationshipName"] == parent["RelationshipName"] == child["VaryBy"]
    alias, reference = product(shop, "ALT-0001"), product(shop, "SKU-0001")
    assert (alias["AliasType"], alias["ReferenceSku"]) == ("Alias", "SKU-0001")
    assert alias["ReferenceProductID"] == reference["ID"]
    assert [row["AliasProductSku"] for row in reference["AliasRelationships"]] == ["ALT-0001"]
    assert alias["TotalAvailableQuantity"] == reference["TotalAvailableQuantity"]
    kit = product(shop, "KIT-003")
    assert (kit["ProductType"], kit["BundleType"]) == ("Bundle", "BundleItem")
    assert [(row["ComponentSku"], row["Quantity"]) for row in kit["BundleComponents"]] == [
        ("SKU-0021", 1), ("SKU-0026", 2), ("SKU-0030", 1)
    ]  # fmt: skip


def test_same_sku_in_two_profiles_is_two_products() -> None:
    with sandbox(orders=60, profiles=(11, 22)) as client:
        one, two = rows(client, **{"$filter": "Sku eq 'SKU-0001'"})
        assert (one["ProfileID"], two["ProfileID"]) == (11, 22)
        assert one["ID"] != two["ID"]
        assert skus(client, "Sku eq 'SKU-0001' and ProfileID eq 22") == ["SKU-0001"]
        kit = rows(client, **{"$filter": "Sku eq 'KIT-001' and ProfileID eq 22", "$expand": "BundleComponents"})[0]
        component = client.get(f"/v1/Products({kit['BundleComponents'][0]['ComponentID']})").json()
        assert component["ProfileID"] == 22
        refused(client.post("/v1/Products", json={"Sku": "X"}), "ProfileID must name one of the profiles")
        refused(client.post("/v1/Products", json={"Sku": "X", "ProfileID": 33}), "ProfileID must name one")
        assert create(client, "X", ProfileID=11)["ID"] != create(client, "X", ProfileID="22")["ID"]


def test_created_product_is_there_with_what_was_sent(shop: httpx.Client) -> None:
    made = create(
        shop,
        "new-1",
        Title="Something",
        UPC="123456789012",
        Weight=1.5,
        Attributes=[{"Name": "Material", "Value": "tin"}],
        Images=[{"PlacementName": "ITEMIMAGEURL1", "Url": "https://images.example.invalid/1.jpg"}],
        Labels=[{"Name": "Fresh"}],
    )
    found = product(shop, "NEW-1")
    assert (found["ID"], found["Sku"], found["Weight"], found["UPC"]) == (made["ID"], "new-1", 1.5, "123456789012")
    assert found["Attributes"] == [{"ProductID": made["ID"], "ProfileID": PROFILE, "Name": "Material", "Value": "tin"}]
    assert [row["Name"] for row in found["Labels"]] == ["Fresh"]
    assert found["TotalAvailableQuantity"] is None
    assert found["DCQuantities"] == []
    assert skus(shop, "Labels/Any(l: l/Name eq 'Fresh')") == ["new-1"]


def test_documented_bundle_body_is_taken() -> None:
    with sandbox() as client:
        for sku in ("BUNDLECOMP_00001", "BUNDLECOMP_00002"):
            create(client, sku)
        components = [
            {"ComponentSku": "bundlecomp_00001", "Quantity": 1},
            {"ComponentSku": "BUNDLECOMP_00002", "Quantity": 2},
        ]
        body = {"ProfileID": "12345678", "Condition": "New", "BuyItNowPrice": 10.0, "RetailPrice": 11.0}
        create(client, "BUNDLESKU_00001", BundleType="BundleItem", BundleComponents=components, **body)
        found = product(client, "BUNDLESKU_00001")
        assert found["ProductType"] == "Bundle"
        assert [row["ComponentSku"] for row in found["BundleComponents"]] == ["BUNDLECOMP_00001", "BUNDLECOMP_00002"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Sku is required"),
        ({"Sku": "x" * 51}, "maximum length of 50"),
        ({"Sku": "sku-0001"}, "already exists"),
        ({"Sku": "x", "Title": "t" * 121}, "maximum length of 120"),
        ({"Sku": "x", "Colour": "red"}, "The property 'Colour' does not exist on type"),
        ({"Sku": "x", "TotalAvailableQuantity": 5}, "'TotalAvailableQuantity' is read-only"),
        ({"Sku": "x", "DCQuantities": []}, "'DCQuantities' is read-only"),
        ({"Sku": "x", "Weight": "heavy"}, "The request is invalid"),
        ({"Sku": "x", "Attributes": [{"Name": "n" * 33, "Value": "v"}]}, "1 to 32 characters"),
        ({"Sku": "x", "Attributes": [{"Name": "n", "Value": "v" * 32_001}]}, "at most 32000 characters"),
        ({"Sku": "x", "Attributes": [{"Name": "n", "Text": "v"}]}, "The property 'Text' does not exist"),
        ({"Sku": "x", "BundleType": "BundleItem"}, "has BundleComponents"),
        ({"Sku": "x", "BundleComponents": [{"ComponentSku": "SKU-0001", "Quantity": 1}]}, "has BundleComponents"),
        ({"Sku": "x", "BundleType": "BundleItem", "BundleComponents": [{"ComponentSku": "KIT-001", "Quantity": 1}]},
         "'KIT-001' is not a product that a bundle can hold"),
        ({"Sku": "x", "BundleType": "BundleItem", "BundleComponents": [{"ComponentSku": "SKU-0001", "Quantity": 0}]},
         "at least 1"),
        ({"Sku": "x", "IsParent": True}, "IsInRelationship is true for parents"),
        ({"Sku": "x", "ParentProductID": 9001, "IsInRelationship": True, "RelationshipName": "Colour"},
         "9001 is not a parent product"),
        ({"Sku": "x", "ParentProductID": 9801, "IsInRelationship": True, "RelationshipName": "Size"},
         "RelationshipName must be 'Colour'"),
        ({"Sku": "x", "AliasType": "Alias", "ReferenceSku": "nothing"}, "'nothing' cannot have aliases"),
        ({"Sku": "x", "AliasType": "Twin"}, "AliasType must be one of"),
        ({"Sku": "x", "CopyToChildren": True}, "cannot be used when a product is created"),
    ],
)  # fmt: skip
def test_wrong_product_is_refused_and_not_made(shop: httpx.Client, fields: dict[str, Any], words: str) -> None:
    refused(shop.post("/v1/Products", json=fields), words)
    assert skus(shop, "Sku eq 'x'") == []


def test_change_moves_the_update_date_and_nothing_else() -> None:
    with sandbox() as client:
        before = product(client, "SKU-0007")
        changed = {"Title": "Another", "Weight": None}
        assert client.patch(f"/v1/Products({before['ID']})", json=changed).status_code == 204
        after = product(client, "SKU-0007")
        assert after == {**before, **changed, "UpdateDateUtc": after["UpdateDateUtc"]}
        assert skus(client, f"UpdateDateUtc gt {before['UpdateDateUtc']} and UpdateDateUtc gt 2026-01-01") == [
            "SKU-0007"
        ]
        assert client.put("/v1/Products(9008)", json={"Title": "By PUT"}).status_code == 204
        assert product(client, "SKU-0008")["Title"] == "By PUT"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"TotalQuantity": 4}, "'TotalQuantity' is read-only"),
        ({"Sku": "OTHER"}, "Sku cannot be changed"),
        ({"ProfileID": 1}, "ProfileID cannot be changed"),
        ({"ID": 1}, "'ID' is read-only"),
        ({"Titel": "x"}, "The property 'Titel' does not exist"),
        ({"Attributes": [{"Name": "a", "Value": "b"}]}, "Attributes have calls of their own"),
        ([1], "must be an object"),
    ],
)
def test_wrong_change_is_refused(shop: httpx.Client, fields: Any, words: str) -> None:
    before = product(shop, "SKU-0009")
    refused(shop.patch("/v1/Products(9009)", json=fields), words)
    assert product(shop, "SKU-0009") == before


def test_standalone_becomes_a_child_and_stands_alone_again(shop: httpx.Client) -> None:
    made = create(shop, "variation")["ID"]
    relation = {"ParentProductID": 9802, "IsInRelationship": True, "RelationshipName": "Colour"}
    assert shop.patch(f"/v1/Products({made})", json=relation).status_code == 204
    assert product(shop, "variation")["ParentSku"] == "STYLE-02"
    assert made in [row["ChildProductID"] for row in product(shop, "STYLE-02")["Children"]]
    shop.patch("/v1/Products(9802)", json={"Brand": "All alike", "CopyToChildren": True}).raise_for_status()
    assert {row["Brand"] for row in rows(shop, **{"$filter": "ParentProductID eq 9802"})} == {"All alike"}
    remove = "/v1/Products(9802)/RemoveChildren"
    refused(shop.post(remove, json={"Value": {"ChildProductIDList": [9001]}}), "9001 is not a child")
    assert shop.post(remove, json={"Value": {"ChildProductIDList": [made]}}).status_code == 204
    assert (product(shop, "variation")["ProductType"], product(shop, "variation")["ParentSku"]) == ("Item", None)
    assert made not in [row["ChildProductID"] for row in product(shop, "STYLE-02")["Children"]]


def test_attributes_images_labels_and_components_are_written_one_by_one(shop: httpx.Client) -> None:
    made = create(shop, "rows", BundleType="BundleItem", BundleComponents=[{"ComponentSku": "SKU-0001", "Quantity": 1}])
    below = f"/v1/Products({made['ID']})"
    for path, body in (
        (f"{below}/Attributes('It''s%20odd')", {"Value": "yes"}),
        (f"/v1/AttributeValues(ProductID={made['ID']},Name='Second')", {"Value": "2"}),
        (f"{below}/Images('ITEMIMAGEURL2')", {"Url": "https://images.example.invalid/2.jpg"}),
        (f"/v1/Images(ProductID={made['ID']},PlacementName='ITEMIMAGEURL1')", {"Url": "https://x.example.invalid"}),
        (f"{below}/Labels('Hot')", {}),
        (f"/v1/ProductLabels(ProductID={made['ID']},Name='New')", {}),
        (f"{below}/BundleComponents(9002)", {"Quantity": 3}),
        (f"/v1/ProductBundleComponents(ProductID={made['ID']},ComponentID=9001)", {"Quantity": 2}),
    ):
        assert shop.put(path, json=body).status_code == 204, path
    whole = product(shop, "rows")
    assert {row["Name"]: row["Value"] for row in whole["Attributes"]} == {"It's odd": "yes", "Second": "2"}
    assert {row["PlacementName"] for row in whole["Images"]} == {"ITEMIMAGEURL1", "ITEMIMAGEURL2"}
    assert {row["Name"] for row in whole["Labels"]} == {"Hot", "New"}
    assert {row["ComponentSku"]: row["Quantity"] for row in whole["BundleComponents"]} == {"SKU-0001": 2, "SKU-0002": 3}
    assert shop.delete(f"{below}/Attributes('SECOND')").status_code == 204
    assert shop.delete(f"/v1/ProductBundleComponents(ProductID={made['ID']},ComponentID=9002)").status_code == 204
    whole = product(shop, "rows")
    assert (len(whole["Attributes"]), len(whole["BundleComponents"])) == (1, 1)
    refused(shop.delete(f"{below}/Labels('Cold')"), "has no 'Cold'", 404)
    refused(shop.put(f"{below}/Labels('Cold')", json={"Value": 1}), "does not exist")
    refused(
        shop.put(f"{below}/BundleComponents(9501)", json={"Quantity": 1}), "is not a product that a bundle can hold"
    )
    refused(shop.put("/v1/Products(9001)/BundleComponents(9002)", json={"Quantity": 1}), "and no other has them")


def test_many_attributes_in_one_call_or_none(shop: httpx.Client) -> None:
    made = create(shop, "many")["ID"]
    path = f"/v1/Products({made})/UpdateAttributes"
    values = [{"Name": f"A{number}", "Value": str(number)} for number in range(30)]
    assert shop.post(path, json={"Value": {"Attributes": values}}).status_code == 204
    assert len(product(shop, "many")["Attributes"]) == 30
    wrong = [{"Name": "A0", "Value": "changed"}, {"Name": "n" * 40, "Value": "x"}]
    refused(shop.post(path, json={"Value": {"Attributes": wrong}}), "1 to 32 characters")
    refused(shop.post(path, json={"Attributes": values}), "The request is invalid")
    assert product(shop, "many")["Attributes"][0]["Value"] == "0"


def test_pages_of_products_are_in_disorder_where_the_scenario_asks_for_it() -> None:
    with sandbox(duplicate_rows=True, shuffled_rows=True) as client:
        for path in ("/v1/Products", "/v1/DCQuantities"):
            page = [str(row) for row in client.get(path, params={"$top": "20"}).json()["value"]]
            assert (len(page), len(set(page))) == (21, 20)


def test_deleted_product_is_gone_from_every_list_and_its_sku_is_free() -> None:
    with sandbox(products=5) as client:
        condition = "startswith(Sku, 'GEN-')"
        listed = skus(client, condition)
        gone = product(client, "GEN-0000003")
        assert client.delete(f"/v1/Products({gone['ID']})").status_code == 204
        assert skus(client, condition) == [sku for sku in listed if sku != "GEN-0000003"]
        assert skus(client, "Sku eq 'GEN-0000003'") == []
        refused(client.get(f"/v1/Products({gone['ID']})"), "was not found", 404)
        refused(client.patch(f"/v1/Products({gone['ID']})", json={"Title": "x"}), "was not found", 404)
        again = create(client, "GEN-0000003")
        assert again["ID"] != gone["ID"]
        assert skus(client, condition)[-1] == "GEN-0000003"
        assert client.get("/v1/Products/$count").text == str(len(rows(client)))


def test_parent_that_is_deleted_leaves_its_children_alone() -> None:
    with sandbox() as client:
        client.delete("/v1/Products(9801)").raise_for_status()
        child = product(client, "SKU-0301")
        assert (child["ParentProductID"], child["IsInRelationship"], child["ProductType"]) == (None, False, "Item")


def test_people_create_change_delete_and_recreate_products() -> None:
    with sandbox() as client:

        def person(**wish: Any) -> int:
            answer = client.post("/_products", json=wish).raise_for_status().json()
            return int(answer["ID"])

        made = person(create={"Sku": "by-hand", "Title": "Typed"})
        person(sku="BY-HAND", set={"Title": "Typed again"})
        assert product(client, "by-hand")["Title"] == "Typed again"
        again = person(sku="SKU-0005", recreate=True)
        assert again not in (9005, made)
        assert product(client, "SKU-0005")["ID"] == again
        assert product(client, "SKU-0005")["TotalAvailableQuantity"] is None
        person(id=made, delete=True)
        assert skus(client, "Sku eq 'by-hand'") == []
        assert client.post("/_products", json={"sku": "by-hand", "delete": True}).status_code == 400


def by_hand(client: httpx.Client, **wish: Any) -> int:
    return int(client.post("/_products", json=wish).raise_for_status().json()["ID"])


def test_people_give_a_product_another_sku_and_all_that_belongs_to_it_follows() -> None:
    with sandbox() as client:
        client.post("/_sell", json={"SKU-0001": 2}).raise_for_status()
        before = product(client, "SKU-0001")
        alias = product(client, "ALT-0001")
        assert by_hand(client, sku="SKU-0001", rename="MUG") == before["ID"]
        after = product(client, "MUG")
        assert after == before | {"Sku": "MUG", "UpdateDateUtc": after["UpdateDateUtc"]}
        assert skus(client, "Sku eq 'SKU-0001'") == []
        assert product(client, "ALT-0001") == alias | {"ReferenceSku": "MUG"}
        style = product(client, "STYLE-01")
        by_hand(client, sku="STYLE-01", rename="STYLE-1")
        children = " or ".join(f"ID eq {row['ChildProductID']}" for row in style["Children"])
        assert {row["ParentSku"] for row in rows(client, **{"$filter": children})} == {"STYLE-1"}


def test_orders_hold_a_product_whatever_its_sku_is_by_now() -> None:
    def held() -> int:
        [story] = client.get("/_truth/stock", params={"sku": "MUG"}).json()["products"].values()
        return sum(level["pending_shipment"] for level in story["centers"].values())

    with sandbox() as client:
        order = client.post("/_sell", json={"SKU-0001": 2}).json()["ID"]
        by_hand(client, sku="SKU-0001", rename="MUG")
        before = held()
        client.post("/_cancel", json={"id": order}).raise_for_status()
        assert (before, held()) == (2, 0)
        by_hand(client, sku="MUG", rename="SKU-0001")
        by_hand(client, sku="SKU-0001", delete=True)
        client.post("/_sell", json={"MUG": 1}).raise_for_status()


def test_a_sku_that_is_taken_is_given_to_no_other_product() -> None:
    with sandbox() as client:
        wish = {"sku": "SKU-0001", "rename": "sku-0002"}
        assert client.post("/_products", json=wish).status_code == 400
        by_hand(client, sku="SKU-0001", rename="sku-0001")
        assert product(client, "SKU-0001")["Sku"] == "sku-0001"


def test_people_make_a_product_once_more() -> None:
    with sandbox(profiles=[111, 222]) as client:
        first = by_hand(client, create={"Sku": "TWICE", "Title": "Mug", "ProfileID": 111})
        second = by_hand(client, sku="TWICE", duplicate={"ProfileID": 222})
        assert first != second
        assert [row["ProfileID"] for row in rows(client, **{"$filter": "Sku eq 'TWICE'"})] == [111, 222]
        assert client.post("/_products", json={"sku": "TWICE", "duplicate": {}}).status_code == 400


def test_products_and_stock_survive_a_restart(tmp_path: Path) -> None:
    options = {"products": 3, "state_file": str(tmp_path / "state")}
    with sandbox(orders=20, **options) as client:
        create(client, "kept", Title="Kept")
        client.patch("/v1/Products(9001)", json={"Title": "Changed"}).raise_for_status()
        client.delete("/v1/Products(9002)").raise_for_status()
        client.post("/_stock", json={"sku": "SKU-0003", "center": 1, "quantity": 77}).raise_for_status()
        client.post("/_sell", json={"SKU-0003": 2}).raise_for_status()
        before, truth = rows(client, **{"$expand": ALL_COLLECTIONS}), client.get("/_truth/stock").json()
        client.post("/_save").raise_for_status()
    with sandbox(orders=20, **options) as client:
        assert rows(client, **{"$expand": ALL_COLLECTIONS}) == before
        assert client.get("/_truth/stock").json() == truth
        assert create(client, "kept-too")["ID"] == product(client, "kept")["ID"] + 1


def test_quarter_of_a_million_products_cost_nothing_until_they_are_touched() -> None:
    options = SandboxOptions(products=250_000)
    products = Products(1, Account(1, 0, options))
    walk = products.select()
    assert [next(walk).Sku for _ in range(3)] == ["SKU-0001", "SKU-0002", "SKU-0003"]
    last = products.by_sku(PROFILE, "gen-0250000")
    assert last is not None
    assert products.find(last.ID) == last
    assert products.by_sku(PROFILE, "GEN-0250001") is None
    assert [found.Sku for found in products.select("Sku eq 'GEN-0123456'")] == ["GEN-0123456"]


def test_walk_through_the_products_is_not_disturbed_by_its_own_changes() -> None:
    products = Products(1, Account(1, 0, SandboxOptions(products=20)))
    seen = [
        found.Sku for found in products.select("startswith(Sku,'GEN')") if products.patch(found.ID, {"Sku": found.Sku})
    ]
    assert len(seen) == 20
