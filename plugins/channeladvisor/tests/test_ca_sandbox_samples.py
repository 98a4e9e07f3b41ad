"""The simulated ChannelAdvisor answers, and takes bodies, in the shapes that public samples show.

A product page was recorded from the service; the created fulfillment and the adjustments stand in its documentation;
batches, tokens, shipments and quantities in the tests of public clients. No whole order was ever published: its members
are those of the service's metadata. Three members of the recorded products are gone from it since.
"""

from typing import Any

import httpx
import pytest

NUMBER = (int, float)
TEXT, MAYBE_TEXT, MAYBE_NUMBER = (str,), (str, type(None)), (int, float, type(None))
FLAG, MAYBE_FLAG = (bool,), (bool, type(None))
Shape = dict[str, tuple[type, ...]]


def shape(**groups: str) -> Shape:
    """Members by what they hold, in words."""
    kinds = {
        "numbers": NUMBER,
        "maybe_numbers": MAYBE_NUMBER,
        "texts": TEXT,
        "maybe_texts": MAYBE_TEXT,
        "flags": FLAG,
        "maybe_flags": MAYBE_FLAG,
    }
    return {name: kinds[kind] for kind, names in groups.items() for name in names.split()}


PRODUCT = shape(
    numbers="ID ProfileID OpenAllocatedQuantity OpenAllocatedQuantityPooled PendingCheckoutQuantity "
    "PendingCheckoutQuantityPooled PendingPaymentQuantity PendingPaymentQuantityPooled PendingShipmentQuantity "
    "PendingShipmentQuantityPooled TotalQuantity TotalQuantityPooled",
    texts="CreateDateUtc UpdateDateUtc QuantityUpdateDateUtc Condition Description Flag ShortDescription Sku Subtitle "
    "Title BundleType",
    flags="IsAvailableInStore IsBlocked IsExternalQuantityBlocked IsParent IsInRelationship",
    maybe_texts="Brand Manufacturer UPC BlockComment BlockedDateUtc ReceivedDateUtc LastSaleDateUtc ASIN EAN "
    "FlagDescription HarmonizedCode ISBN MPN TaxProductCode WarehouseLocation Warranty SupplierName SupplierCode "
    "SupplierPO Classification StoreTitle StoreDescription RelationshipName",
    maybe_numbers="TotalAvailableQuantity Height Length Width Weight Cost Margin RetailPrice StartingPrice "
    "ReservePrice BuyItNowPrice StorePrice SecondChancePrice ParentProductID",
    maybe_flags="IsDisplayInStore",
)
ADDRESS = (
    *("Title", "FirstName", "LastName", "Suffix", "CompanyName", "CompanyJobTitle", "DaytimePhone", "EveningPhone"),
    *("AddressLine1", "AddressLine2", "City", "StateOrProvince", "StateOrProvinceName", "PostalCode", "Country"),
)
ORDER = shape(
    numbers="ID ProfileID SiteID UserDataPresent TotalPrice TotalTaxPrice TotalShippingPrice TotalInsurancePrice "
    "AdditionalCostOrDiscount PromotionAmount",
    texts="SiteName SiteOrderID Currency CreatedDateUtc ImportDateUtc DistributionCenterTypeRollup CheckoutStatus "
    "PaymentStatus ShippingStatus OrderTaxType ShippingTaxType GiftOptionsTaxType",
    maybe_texts="UserDataRemovalDateUTC SecondarySiteOrderID SellerOrderID UpdatedDateUtc PublicNotes PrivateNotes "
    "SpecialInstructions EstimatedShipDateUtc DeliverByDateUtc RequestedShippingCarrier RequestedShippingClass "
    "ResellerID FlagDescription OrderTags CheckoutDateUtc PaymentDateUtc ShippingDateUtc BuyerUserId BuyerEmailAddress "
    "PaymentMethod PaymentTransactionID PaymentPaypalAccountID PaymentCreditCardLast4 PaymentMerchantReferenceNumber "
    "PromotionCode " + " ".join(f"{side}{part}" for side in ("Shipping", "Billing") for part in ADDRESS),
    maybe_numbers="SiteAccountID CheckoutSourceID TotalShippingTaxPrice TotalGiftOptionPrice TotalGiftOptionTaxPrice "
    "FlagID",
    maybe_flags="BuyerEmailOptIn",
)
LINE = shape(
    numbers="ID ProfileID OrderID ProductID Quantity TaxPrice ShippingPrice ShippingTaxPrice RecyclingFee GiftPrice "
    "GiftTaxPrice",
    maybe_numbers="UnitPrice UnitEstimatedShippingCost ReferenceProductID",
    maybe_texts="SiteOrderItemID SellerOrderItemID SiteListingID Sku Title GiftMessage GiftNotes ItemURL "
    "HarmonizedCode ReferenceSku",
    flags="IsBundle",
)
COMPONENT = shape(
    numbers="OrderID OrderItemID ProductID ProfileID BundleProductID Quantity",
    maybe_texts="Sku BundleSku Title ReferenceSku",
    maybe_numbers="ReferenceProductID",
)
FULFILLMENT = shape(
    numbers="ID ProfileID OrderID DistributionCenterID",
    texts="Type DeliveryStatus CreatedDateUtc UpdatedDateUtc",
    maybe_texts="TrackingNumber TrackingUrl ReturnTrackingNumber ShippingCarrier ShippingClass ShippedDateUtc "
    "ExternalFulfillmentCenterCode ExternalFulfillmentStatus SellerFulfillmentID ExternalFulfillmentNumber "
    "ExternalFulfillmentReferenceNumber",
    maybe_numbers="ShippingCost InsuranceCost TaxCost",
    flags="HasShippingLabel HasChannelPackingSlip HasReturnLabel HasChannelReturnLabel",
)
PIECE = shape(
    numbers="ID ProfileID FulfillmentID OrderID OrderItemID ProductID Quantity",
    texts="MarketplaceShippingStatus",
    maybe_texts="Sku SellerFulfillmentItemID ReferenceSku",
    maybe_numbers="ReferenceProductID",
)
BATCH_HEADERS = {
    "content-type": "application/json; odata.metadata=minimal; odata.streaming=true",
    "odata-version": "4.0",
}


def assert_shaped(row: dict[str, Any], wanted: Shape) -> None:
    wrong = {
        name: row.get(name, "is not there") for name, kinds in wanted.items() if type(row.get(name, ...)) not in kinds
    }
    assert not wrong


def batch(client: httpx.Client, *paths: str) -> httpx.Response:
    parts = "".join(
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number}\r\n\r\nGET {client.base_url}{path} HTTP/1.1\r\n\r\n"
        for number, path in enumerate(paths, 1)
    )
    headers = {"Content-Type": "multipart/mixed; boundary=b", "Accept": "application/json"}
    return client.post("/v1/$batch", content=f"{parts}--b--\r\n", headers=headers)


def open_order(client: httpx.Client, condition: str = "ID gt 0") -> Any:
    ready = "PaymentStatus eq 'Cleared' and ShippingStatus eq 'Unshipped' and CheckoutStatus eq 'Completed'"
    asked = {
        "$filter": f"{ready} and DistributionCenterTypeRollup eq 'SellerManaged' and {condition}",
        "$expand": "Items($expand=BundleComponents,Promotions,Adjustments),Fulfillments($expand=Items),Adjustments,"
        "CustomFields",
    }
    return client.get("/v1/Orders", params=asked).raise_for_status().json()["value"][0]


def test_page_of_products_with_a_link_to_the_next(ca_shared_account) -> None:
    with ca_shared_account() as client:
        page = client.get("/v1/Products").json()
        assert list(page) == ["@odata.context", "value", "@odata.nextLink"]
        assert page["@odata.context"] == f"{client.base_url}/v1/$metadata#Products"
        assert page["@odata.nextLink"] == f"{client.base_url}/v1/Products?$skip=100"
        assert len(page["value"]) == 100
        for row in page["value"]:
            assert_shaped(row, PRODUCT)
            assert "Attributes" not in row
        last = client.get("/v1/Products", params={"$filter": "Sku eq 'nobody'"}).json()
        assert last == {"@odata.context": page["@odata.context"], "value": []}


def test_link_to_the_next_page_keeps_the_options_and_the_token_as_they_were_written(ca_account) -> None:
    with ca_account(page_size=20) as client:
        token = client.headers.pop("Authorization").removeprefix("Bearer ")
        asked = f"{client.base_url}/v1/Orders?access_token={token}&$expand=Items,Fulfillments&exported=false"
        assert client.get(asked).json()["@odata.nextLink"] == f"{asked}&$skip=20"


def test_order_with_a_bundle_and_two_centers(ca_account) -> None:
    with ca_account(orders=400) as client:
        condition = (
            "Items/any(i: i/IsBundle eq true) and Fulfillments/any(f: f/DistributionCenterID eq 1) "
            "and Fulfillments/any(f: f/DistributionCenterID eq 2)"
        )
        order = open_order(client, condition)
        assert_shaped(order, ORDER)
        assert {row["DistributionCenterID"] for row in order["Fulfillments"]} == {1, 2}
        bundles = [line for line in order["Items"] if line["IsBundle"]]
        assert all(line["BundleComponents"] for line in bundles)
        for line in order["Items"]:
            assert_shaped(line, LINE)
            for component in line["BundleComponents"]:
                assert_shaped(component, COMPONENT)
                assert component["Quantity"] % line["Quantity"] == 0
        for fulfillment in order["Fulfillments"]:
            assert_shaped(fulfillment, FULFILLMENT)
            for piece in fulfillment["Items"]:
                assert_shaped(piece, PIECE)
        assert (order["Adjustments"], order["CustomFields"]) == ([], [])
        single = client.get(f"/v1/Orders({order['ID']})").json()
        assert single["@odata.context"] == f"{client.base_url}/v1/$metadata#Orders/$entity"


def test_both_envelopes_of_errors(ca_shared_account) -> None:
    with ca_shared_account() as client:
        lost = client.get("/v1/Products6200201)")
        message = f"No HTTP resource was found that matches the request URI '{client.base_url}/v1/Products6200201)'."
        assert (lost.status_code, lost.json()) == (404, {"$id": "1", "Message": message})
        bad = client.get("/v1/Orders", params={"$filter": "Nonsense eq 1"})
        assert (bad.status_code, bad.json().keys()) == (400, {"error"})
        assert bad.json()["error"] == {"code": "", "message": bad.json()["error"]["message"]}
        stranger = client.get("/v1/Orders", headers={"Authorization": "Bearer nobody's"})
        denied = {"Message": "Authorization has been denied for this request."}
        assert (stranger.status_code, stranger.json()) == (401, denied)


def test_batch_of_two_look_ups(ca_shared_account) -> None:
    with ca_shared_account() as client:
        path = "/v1/Products?$filter=Sku%20eq%20'SKU-000{}'%20or%20Sku%20eq%20'KIT-00{}'&$select=ID,Sku"
        told = batch(client, path.format(1, 1), path.format(2, 2))
        assert told.headers["content-type"].startswith("application/json")
        rows = sorted(told.json()["responses"], key=lambda row: row["id"])
        context = f"{client.base_url}/v1/$metadata#Products(ID,Sku)"
        for number, row in enumerate(rows, 1):
            value = [{"ID": 9000 + number, "Sku": f"SKU-000{number}"}, {"ID": 9500 + number, "Sku": f"KIT-00{number}"}]
            body = {"@odata.context": context, "value": value}
            assert row == {"id": str(number), "status": 200, "headers": BATCH_HEADERS, "body": body}


def test_batch_whose_parts_fare_differently(ca_account) -> None:
    with ca_account(batch_500=0.3, token_calls=20) as client:
        told = batch(client, *["/v1/Products?$filter=Sku%20eq%20'SKU-0001'&$select=ID,Sku"] * 30)
        assert told.status_code == 200
        rows = told.json()["responses"]
        assert {row["status"] for row in rows} == {200, 401, 500}
        for row in rows:
            assert list(row) == ["id", "status", "headers", "body"]
            assert (type(row["id"]), row["headers"]) == (str, BATCH_HEADERS)
            if row["status"] != 200:
                assert row["body"] == {"error": {"code": "", "message": row["body"]["error"]["message"]}}
        denied = {row["body"]["error"]["message"] for row in rows if row["status"] == 401}
        assert denied == {"Authorization has been denied for this request."}


def test_token_of_a_refresh(ca_server) -> None:
    with ca_server() as url:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        told = httpx.post(f"{url}/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form).json()
        assert told == {"access_token": told["access_token"], "token_type": "bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (
            "UpdateQuantity",
            {"Value": {"UpdateType": "InStock", "Updates": [{"DistributionCenterID": 0, "Quantity": 5}]}},
        ),
        ("UpdateAttributes", {"Value": {"Attributes": [{"Name": "inventory_status", "Value": "True"}]}}),
    ],
)
def test_actions_on_products_are_answered_with_nothing(ca_account, action: str, body: Any) -> None:
    with ca_account(orders=0, center_zero=True) as client:
        told = client.post(f"/v1/Products(9001)/{action}", json=body)
        assert (told.status_code, told.content) == (204, b"")


def test_quantity_of_a_center_is_a_row_of_four(ca_shared_account) -> None:
    with ca_shared_account() as client:
        page = client.get("/v1/DCQuantities", params={"$filter": "ProductID eq 9001"}).json()
        assert page["@odata.context"] == f"{client.base_url}/v1/$metadata#DCQuantities"
        for row in page["value"]:
            assert list(row) == ["ProductID", "ProfileID", "DistributionCenterID", "AvailableQuantity"]
            assert {type(value) for value in row.values()} == {int}


def test_created_fulfillment_is_empty_and_changes_nothing_yet(ca_account) -> None:
    with ca_account() as client:
        order = open_order(client)
        told = client.post("/v1/Fulfillments", json={"OrderID": order["ID"], "ProfileID": order["ProfileID"]})
        assert told.status_code == 201
        made = told.json()
        assert_shaped(made, FULFILLMENT)
        plain = {"OrderID": order["ID"], "Type": "Ship", "DeliveryStatus": "NoChange", "DistributionCenterID": 0}
        unset = ("TrackingNumber", "ShippingCarrier", "ShippingClass", "ShippedDateUtc", "SellerFulfillmentID")
        assert made.items() >= {**plain, **dict.fromkeys(unset)}.items()
        # The documentation writes the id as text.
        source = order["Fulfillments"][0]["ID"]
        moved = client.post(f"/v1/Fulfillments({source})/Move", json={"DestinationFulfillmentID": str(made["ID"])})
        assert (moved.status_code, moved.content) == (204, b"")


def test_shipment_and_refunds_as_documented(ca_account) -> None:
    with ca_account() as client:
        order = open_order(client, "Items/any(i: i/Quantity gt 1)")
        line = next(each for each in order["Items"] if each["Quantity"] > 1)["ID"]
        package = {"TrackingNumber": "TRACK-0001", "ShippingCarrier": "UPS", "ShippingClass": "GROUND"}
        ship = {"Value": {**package, "DeliveryStatus": "Complete", "ShippedDateUtc": "2020-01-02T03:04:05Z"}}
        assert client.post(f"/v1/Orders({order['ID']})/Ship", json=ship).status_code == 204
        named = {"SellerAdjustmentID": "ours-1"}
        for body in (
            {"Reason": "CustomerReturnedItem", "Quantity": 1, **named},
            {"Quantity": 1, "ShippingAdjustment": 0, "ForceCalculateOmittedAmounts": True},
        ):
            assert client.post(f"/v1/OrderItems({line})/Adjust", json=body).status_code == 204
        rows = client.get("/v1/OrderItemAdjustments", params={"$filter": f"OrderItemID eq {line}"}).json()["value"]
        assert [(row["Type"], row["Quantity"]) for row in rows] == [("Refund", 1), ("Refund", 1)]
        assert (rows[0]["SellerAdjustmentID"], rows[1]["ShippingAdjustment"]) == ("ours-1", 0)


def test_cancellation_with_amounts_ignores_them(ca_account) -> None:
    with ca_account() as client:
        line = open_order(client)["Items"][0]
        amounts = {"ItemAdjustment": 0.01, "TaxAdjustment": 0.01, "ShippingAdjustment": 0.01}
        body = {"Reason": "BuyerCancelled", "SellerAdjustmentID": "ours-2", **amounts}
        assert client.post(f"/v1/OrderItems({line['ID']})/Adjust", json=body).status_code == 204
        (row,) = client.get("/v1/OrderItemAdjustments", params={"$filter": f"OrderItemID eq {line['ID']}"}).json()[
            "value"
        ]
        assert (row["Type"], row["Quantity"]) == ("Cancellation", line["Quantity"])
        assert row["ItemAdjustment"] == pytest.approx(line["UnitPrice"] * line["Quantity"], abs=0.01)


def test_mark_of_a_claimed_fulfillment_is_kept(ca_account) -> None:
    with ca_account() as client:
        row = open_order(client)["Fulfillments"][0]["ID"]
        claim = {"ExternalFulfillmentStatus": "Pending", "ExternalFulfillmentNumber": "PO-1"}
        told = client.patch(f"/v1/Fulfillments({row})", json={**claim, "DeliveryStatus": "NoChange"})
        assert told.status_code == 204
        assert client.get(f"/v1/Fulfillments({row})").json().items() >= claim.items()


def test_bundle_is_created_with_a_profile_written_as_text(ca_account) -> None:
    with ca_account() as client:
        parts = [{"ComponentSku": "SKU-0001", "Quantity": 1}, {"ComponentSku": "SKU-0002", "Quantity": 2}]
        fields = {
            "ProfileID": "12345678",
            "Sku": "BUNDLE-1",
            "BundleType": "BundleItem",
            "Title": "Both",
            "BuyItNowPrice": 10,
        }
        told = client.post("/v1/Products", json={**fields, "Condition": "New", "BundleComponents": parts})
        assert (told.status_code, told.json()["ProfileID"]) == (201, 12345678)


def test_what_published_clients_send_is_taken(ca_account) -> None:
    with ca_account(orders=0) as client:
        assert client.post("/v1/ProductExport").status_code == 200
        center = {"UpdateType": "InStock", "Updates": [{"DistributionCenterID": "1", "Quantity": 3}]}
        assert client.post("/v1/Products(9001)/UpdateQuantity", json={"Value": center}).status_code == 204
        whole = {"@odata.type": "ChannelAdvisor.RestApi.V1.Models.Product", "Title": "T", "ProductType": "Item"}
        assert client.put("/v1/Products(9001)", json=whole).status_code == 204
        attribute = {"ProductID": 9001, "Name": "Glaze", "Value": "matt"}
        told = client.post("/v1/AttributeValues", json=attribute)
        assert (told.status_code, told.json().items() >= attribute.items()) == (201, True)
        for sku in ("mug-1", "MUG-2"):
            client.post("/v1/Products", json={"Sku": sku}).raise_for_status()
        asked = {"$filter": "Sku ge 'mug' and Sku lt 'n'", "$orderby": "Sku desc", "$select": "Sku"}
        assert client.get("/v1/Products", params=asked).json()["value"] == [{"Sku": "MUG-2"}, {"Sku": "mug-1"}]


def test_what_is_nearly_that_is_refused(ca_account) -> None:
    with ca_account(orders=0, profiles=(12345678, 87654321)) as client:
        assert client.post("/v1/ProductExport").status_code == 400
        center = {"UpdateType": "InStock", "Updates": [{"DistributionCenterID": "East", "Quantity": 3}]}
        assert client.post("/v1/Products(9001)/UpdateQuantity", json={"Value": center}).status_code == 400
        assert client.put("/v1/Products(9001)", json={"ProductType": "Bundle"}).status_code == 400


@pytest.mark.parametrize(
    "entity_set", ["Orders", "OrderItems", "Fulfillments", "Products", "DCQuantities", "ProductLabels", "Sites"]
)
def test_filter_that_cannot_be_read_is_400_everywhere(ca_shared_account, entity_set: str) -> None:
    with ca_shared_account() as client:
        for condition in ("((", "not ID eq 1"):
            told = client.get(f"/v1/{entity_set}", params={"$filter": condition})
            assert (told.status_code, told.json().keys()) == (400, {"error"})
