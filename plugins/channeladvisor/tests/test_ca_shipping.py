"""Shipments, as they are told to ChannelAdvisor and found there again."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from crossdock import Rejected
from crossdock.domain import ConfirmedLine, ShipmentConfirmation
from crossdock_channeladvisor.shipments.carriers import check_pair
from crossdock_channeladvisor.shipments.shipping import (
    check_confirmation,
    check_order,
    find_fulfillments,
    seller_fulfillment_id,
    ship_call,
)
from crossdock_channeladvisor.shipments.standing import OrderStanding

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
PACKAGE = ShipmentConfirmation(
    key="pipeline/555000111/1/box-1",
    number=9_007_199_254_740_993,
    order_external_id="555000111",
    distribution_center="1",
    shipped_at=NOON,
    tracking_number="1Z999",
    carrier="UPS",
    service_level="GROUND",
    lines=(ConfirmedLine(order_line_id="7001", sku="SKU-A", product_id="9001", quantity=2),),
)


def changed(**fields):
    return PACKAGE.model_copy(update=fields)


def told(confirmation, settings, now=LATER):
    body = json.loads(ship_call(confirmation, settings, now))
    assert list(body) == ["Value"]
    return body["Value"]


def test_a_package_is_told_by_line_with_its_tracking(ca_settings):
    assert told(PACKAGE, ca_settings()) == {
        "ShippedDateUtc": "2024-05-01T12:00:00Z",
        "TrackingNumber": "1Z999",
        "ShippingCarrier": "UPS",
        "ShippingClass": "GROUND",
        "DistributionCenterID": 1,
        "SellerFulfillmentID": "9007199254740993",
        "DeliveryStatus": "Complete",
        "FulfillmentType": "Ship",
        "Items": [{"OrderItemID": 7001, "ProductID": 9001, "Quantity": 2}],
    }


def test_a_shipment_from_the_future_is_told_as_now(ca_settings):
    assert told(changed(shipped_at=LATER), ca_settings(), now=NOON)["ShippedDateUtc"] == "2024-05-01T12:00:00Z"


def test_what_is_not_known_is_left_out(ca_settings):
    line = ConfirmedLine(order_line_id="7001", sku="SKU-A", quantity=1)
    bare = changed(tracking_number="", carrier="", service_level="", distribution_center="", lines=(line,))
    assert set(told(bare, ca_settings())) == {
        "ShippedDateUtc", "SellerFulfillmentID", "DeliveryStatus", "FulfillmentType", "Items",
    }  # fmt: skip
    assert told(bare, ca_settings())["Items"] == [{"OrderItemID": 7001, "Quantity": 1}]


@pytest.mark.parametrize(("center", "id_"), [("0", 0), ("-2", -2)])
def test_centres_may_be_zero_or_negative(ca_settings, center, id_):
    assert told(changed(distribution_center=center), ca_settings())["DistributionCenterID"] == id_


def test_a_centre_that_is_no_number_is_a_problem(ca_settings):
    with pytest.raises(Rejected, match="'EAST' is no distribution centre of ChannelAdvisor"):
        ship_call(changed(distribution_center="EAST"), ca_settings(), LATER)


def test_an_empty_package_is_never_told_because_it_would_ship_the_whole_order(ca_settings):
    with pytest.raises(Rejected, match="the package is empty"):
        ship_call(changed(lines=()), ca_settings(), LATER)


def test_the_shipment_may_be_named_by_its_key(ca_settings):
    assert told(PACKAGE, ca_settings(seller_fulfillment_id="key"))["SellerFulfillmentID"] == PACKAGE.key


def test_a_site_that_takes_only_integers_gets_the_number_all_the_same(ca_settings):
    settings = ca_settings(seller_fulfillment_id="key")
    assert seller_fulfillment_id(PACKAGE, settings, site=640) == str(PACKAGE.number)
    assert seller_fulfillment_id(PACKAGE, settings, site=862) == PACKAGE.key
    assert json.loads(ship_call(PACKAGE, settings, LATER, site=640))["Value"]["SellerFulfillmentID"] == str(
        PACKAGE.number
    )


def test_a_centre_of_somebody_else_is_refused_before_any_call(ca_settings):
    with pytest.raises(Rejected, match="distribution centre -2 is managed by somebody else"):
        check_confirmation(changed(distribution_center="-2"), ca_settings())
    check_confirmation(changed(distribution_center="-2"), ca_settings(externally_managed_centers=[]))


def test_an_order_of_a_third_party_is_refused(ca_settings):
    settings = ca_settings()
    with pytest.raises(Rejected, match="order 5 is shipped by a third party"):
        check_order(PACKAGE, OrderStanding(id=5, shipping_status="ThirdPartyManaged"), settings)
    check_order(PACKAGE, OrderStanding(id=5, shipping_status="Unshipped"), settings)


@pytest.fixture
def in_centers(ca):
    """An order with an open part in each of these centres."""

    def make(*centers, **fields):
        parts = [ca.fulfillment(n, center, [(7001, 1)], **fields) for n, center in enumerate(centers, 1)]
        return OrderStanding.model_validate_json(ca.record(Fulfillments=parts).data)

    return make


def test_a_package_without_a_centre_is_told_where_only_one_can_be_meant(ca, ca_settings, in_centers):
    nowhere = changed(distribution_center="")
    check_order(nowhere, in_centers(1), ca_settings())
    check_order(nowhere, in_centers(1, 1, -2), ca_settings())
    check_order(nowhere, in_centers(), ca_settings())
    check_order(PACKAGE, in_centers(1, 2), ca_settings())
    with pytest.raises(
        Rejected, match=r"does not say which distribution centre it left, and order .* has parts in 1, 2"
    ):
        check_order(nowhere, in_centers(1, 2), ca_settings())
    with pytest.raises(Rejected, match="all open parts of order 555000111 are managed by somebody else"):
        check_order(nowhere, in_centers(-2), ca_settings())
    check_order(nowhere, in_centers(-2, DeliveryStatus="Complete"), ca_settings())


CARRIERS = {"UPS": ["GROUND", "2DAY"], "FEDEX": ["2Day"]}


@pytest.mark.parametrize(("carrier", "service"), [("UPS", "GROUND"), ("FEDEX", "2Day"), ("", "")])
def test_a_pair_of_the_list_passes_and_so_does_none_at_all(carrier, service):
    check_pair(carrier, service, CARRIERS)


@pytest.mark.parametrize(
    ("carrier", "service", "nearest"),
    [
        ("UPS", "Ground", "carrier 'UPS' with class 'GROUND'"),
        ("Fedex", "2DAY", "carrier 'FEDEX' with class '2Day'"),
        ("UPS", "", "carrier 'UPS' with class"),
        ("", "GROUND", "carrier 'UPS' with class 'GROUND'"),
    ],
)
def test_a_pair_that_is_not_on_the_list_is_refused_with_the_nearest_one(ca_settings, carrier, service, nearest):
    package = changed(carrier=carrier, service_level=service)
    with pytest.raises(Rejected, match=f"the carrier '{carrier}' with the class '{service}' is not among") as refusal:
        check_confirmation(package, ca_settings(carriers=CARRIERS))
    assert f"the nearest pair there is {nearest}" in str(refusal.value)


@pytest.mark.parametrize(
    ("carrier", "service", "words"),
    [
        ("UPS", "", "the carrier 'UPS' comes without a class, and ChannelAdvisor takes them as a pair"),
        ("", "GROUND", "the class 'GROUND' comes without a carrier, and ChannelAdvisor takes them as a pair"),
    ],
)
def test_half_a_pair_is_refused_without_a_list_too(ca_settings, carrier, service, words):
    with pytest.raises(Rejected, match=f"{words}: correct the outbound ship method"):
        check_confirmation(changed(carrier=carrier, service_level=service), ca_settings())


def test_without_a_list_the_cart_decides(ca_settings):
    check_confirmation(changed(carrier="PIGEON", service_level="FAST"), ca_settings())
    with pytest.raises(Rejected, match="not among the `carriers` of this connection: correct"):
        check_pair("PIGEON", "FAST", {"UPS": []})


@pytest.fixture
def found(ca):
    """Looks for a package among fulfillments; gives the id of the one found, or the ids of several."""

    def look(*fulfillments, confirmation=PACKAGE):
        order = OrderStanding.model_validate_json(ca.record(Fulfillments=list(fulfillments)).data)
        ids = [each.id for each in find_fulfillments(order, confirmation)]
        return ids if len(ids) > 1 else next(iter(ids), None)

    return look


def test_a_package_is_found_by_its_name(ca, found):
    mine = ca.fulfillment(2, 1, [(7001, 2)], SellerFulfillmentID=str(PACKAGE.number), DeliveryStatus="Complete")
    assert found(ca.fulfillment(1, 1, [(7001, 2)]), mine) == 2


def test_a_nameless_fulfillment_is_it_if_tracking_and_contents_agree(ca, found):
    gone = {"TrackingNumber": "1Z999", "DeliveryStatus": "Complete"}
    assert found(ca.fulfillment(1, 1, [(7001, 2)], **gone)) == 1
    assert found(ca.fulfillment(1, 1, [(7001, 1)], **gone)) is None
    assert found(ca.fulfillment(1, 1, [(7001, 2)], **(gone | {"TrackingNumber": "1Z000"}))) is None
    assert found(ca.fulfillment(1, 1, [(7001, 2)], TrackingNumber="1Z999")) is None  # only a label so far


def test_a_twin_that_bears_another_name_is_another_package(ca, found):
    gone = {"TrackingNumber": "1Z999", "DeliveryStatus": "Complete"}
    assert found(ca.fulfillment(1, 1, [(7001, 2)], SellerFulfillmentID="77", **gone)) is None


def test_without_a_tracking_number_only_the_name_tells(ca, found):
    fulfillment = ca.fulfillment(1, 1, [(7001, 2)], TrackingNumber="", DeliveryStatus="Complete")
    assert found(fulfillment, confirmation=changed(tracking_number="")) is None


def test_all_fulfillments_over_which_a_package_was_spread_are_found_by_key_or_number(ca, found):
    parts = [ca.fulfillment(n, n, [(7001, 1)], SellerFulfillmentID=PACKAGE.key) for n in (1, 2)]
    other = ca.fulfillment(3, 1, [(7001, 1)], SellerFulfillmentID="77")
    assert found(*parts, other) == [1, 2]


def test_one_nameless_twin_is_enough(ca, found):
    gone = {"TrackingNumber": "1Z999", "DeliveryStatus": "Complete"}
    assert found(*(ca.fulfillment(n, 1, [(7001, 2)], **gone) for n in (1, 2))) == 1


def test_components_of_a_bundle_beside_it_do_not_count(ca, found):
    kits = ca.fulfillment(1, 1, [(7002, 1)], TrackingNumber="1Z999", DeliveryStatus="Complete")
    kits["Items"].append({"ID": 99, "OrderItemID": 7002, "ProductID": 9103, "Quantity": 1})
    line = ConfirmedLine(order_line_id="7002", sku="KIT-B", quantity=1)
    assert found(kits, confirmation=changed(lines=(line,))) == 1


@pytest.mark.parametrize("broken", [{"order_line_id": "A-1"}, {"product_id": "A-1"}])
def test_a_line_whose_id_is_no_number_is_a_problem(ca_settings, broken):
    lines = tuple(line.model_copy(update=broken) for line in PACKAGE.lines)
    with pytest.raises(Rejected, match="'A-1' is no id of ChannelAdvisor"):
        ship_call(changed(lines=lines), ca_settings(), NOON)
