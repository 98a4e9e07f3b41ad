"""Shipments, as they are told to ChannelAdvisor and found there again."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from crossdock import Rejected
from crossdock.domain import ConfirmedLine, ShipmentConfirmation
from crossdock_channeladvisor.reading import parse_order
from crossdock_channeladvisor.shipping import find_fulfillment, ship_call

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


@pytest.fixture
def found(ca, ca_settings):
    """Looks for a package among fulfillments; gives the id of the one found."""

    def look(*fulfillments, confirmation=PACKAGE):
        order = parse_order(ca.record(Fulfillments=list(fulfillments)).data)
        fulfillment = find_fulfillment(order, confirmation, ca_settings())
        return fulfillment and fulfillment.id

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
