"""Laws of what may leave: by the settings' words, by tags and flags, and by what fulfillments of bundles hold."""

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock import Record, Unreadable
from crossdock.domain import OrderStatus, PaymentStatus
from crossdock_channeladvisor.orders.reading import read_order
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

ROUNDS = settings(max_examples=150)
SECRETS = {"application_id": "app", "shared_secret": "s3cret-of-app", "refresh_token": "refresh-me"}


def an_order(**fields) -> dict:
    rows = [{"OrderItemID": 11, "Quantity": 1}]
    part = {"ID": 21, "DistributionCenterID": 1, "DeliveryStatus": "NoChange", "Items": rows}
    document = {"ID": 5, "CreatedDateUtc": "2024-05-01T12:00:00Z", "CheckoutStatus": "Completed", "Currency": "USD"}
    document |= {"PaymentStatus": "Cleared", "ShippingStatus": "Unshipped", "SiteOrderID": "N5", "ProfileID": 1}
    document |= {"DistributionCenterTypeRollup": "SellerManaged", "Adjustments": []}
    line = {"ID": 11, "Sku": "A", "Quantity": 1, "Adjustments": [], "BundleComponents": []}
    return document | {"Items": [line], "Fulfillments": [part]} | fields


def read(document, **chosen):
    wanted = ChannelAdvisorSettings.model_validate(SECRETS | chosen)
    return read_order(Record("5", json.dumps(document).encode()), wanted)


OPEN_CHECKOUT = ("Completed", "CompletedAndVisited")


@ROUNDS
@given(
    st.sampled_from([*OPEN_CHECKOUT, "OnHold"]),
    st.sampled_from(["Cleared", "Deposited", "Submitted", "Failed", None]),
    st.sampled_from(["Unshipped", "PendingShipment", "PartiallyShipped", "Shipped"]),
    st.sampled_from([0, 3, 7]),
    st.sampled_from([None, "", "vip", " VIP , new", "test,vip"]),
    st.fixed_dictionaries(
        {},
        optional={
            "checkout_status": st.sampled_from([[], ["Completed"]]),
            "payment_status": st.sampled_from([[], ["Cleared", "Deposited"]]),
            "shipping_status": st.sampled_from([[], ["Unshipped"], ["PendingShipment", "PartiallyShipped"]]),
            "flag_ids": st.sampled_from([[], [3], [0, 7]]),
            "tags_any": st.sampled_from([[], ["Vip"]]),
            "tags_none": st.sampled_from([[], ["TEST"]]),
        },
    ),
)
def test_what_the_settings_do_not_want_is_not_ready_and_says_by_which(checkout, payment, shipping, flag, tags, chosen):
    order = read(
        an_order(CheckoutStatus=checkout, PaymentStatus=payment, ShippingStatus=shipping, FlagID=flag, OrderTags=tags),
        **chosen,
    )
    wanted = ChannelAdvisorSettings.model_validate(SECRETS | chosen)
    borne = [tag.strip().lower() for tag in (tags or "").split(",")]
    reasons = [
        ("by `checkout_status`", wanted.checkout_status and checkout not in wanted.checkout_status),
        ("by `shipping_status`", wanted.shipping_status and shipping not in wanted.shipping_status),
        ("by `flag_ids`", wanted.flag_ids and flag not in wanted.flag_ids),
        ("it bears the tag TEST of `tags_none`", wanted.tags_none and "test" in borne),
        ("it bears no tag of `tags_any`", wanted.tags_any and "vip" not in borne),
    ]
    reason = next((words for words, is_so in reasons if is_so), "")
    if shipping == "Shipped":
        assert (order.status, order.source_status.get("not wanted")) == (OrderStatus.SHIPPED, None)
    elif checkout not in OPEN_CHECKOUT:
        assert (order.status, order.source_status.get("not wanted")) == (OrderStatus.PENDING, None)
    elif reason:
        assert (order.status, order.source_status["not wanted"]) == (OrderStatus.PENDING, reason)
    else:
        is_begun = shipping == "PartiallyShipped"
        assert order.status is (OrderStatus.PARTIALLY_SHIPPED if is_begun else OrderStatus.OPEN)
        assert "not wanted" not in order.source_status
    paid = {"Cleared": PaymentStatus.PAID, "Deposited": PaymentStatus.PAID, "Submitted": PaymentStatus.PENDING}
    paid |= {"Failed": PaymentStatus.FAILED}
    expected = paid.get(payment, PaymentStatus.UNKNOWN)
    if expected is PaymentStatus.PAID and wanted.payment_status and payment not in wanted.payment_status:
        expected = PaymentStatus.PENDING
    assert order.payment is expected


@given(st.lists(st.sampled_from(["Canceled", "NoChange"]), min_size=1, max_size=3))
def test_an_order_of_which_every_fulfillment_is_cancelled_is_cancelled(statuses):
    rows = [{"OrderItemID": 11, "Quantity": 1}]
    parts = [
        {"ID": n, "DistributionCenterID": 1, "DeliveryStatus": status, "Items": rows}
        for n, status in enumerate(statuses, 1)
    ]
    lines = [{"ID": 11, "Sku": "A", "Quantity": max(statuses.count("NoChange"), 1), "Adjustments": []}]
    order = read(an_order(Fulfillments=parts, Items=lines))
    if "NoChange" in statuses:
        assert order.status is OrderStatus.OPEN
    else:
        assert (order.status, order.source_status["cancelled"]) == (OrderStatus.CANCELLED, "every fulfillment is")


rows = st.lists(
    st.fixed_dictionaries(
        {"ProductID": st.sampled_from([None, 1, 2, 3, 9]), "Quantity": st.integers(0, 2)},
        optional={"OrderItemID": st.sampled_from([11, 11, 11, 11, 11, 12, None])},
    ),
    max_size=3,
)


def outcome(document):
    try:
        return read(document)
    except Unreadable as refused:
        return str(refused)


@ROUNDS
@given(st.lists(rows, min_size=1, max_size=2))
def test_components_beside_their_bundle_are_passed_over_and_alone_they_are_refused(held):
    """A bundle 11 of product 1, whose components are 2 and 3; product 9 is neither, and counts as the line's own."""
    parts = [
        {"ID": n, "DistributionCenterID": 1, "DeliveryStatus": "NoChange", "Items": each}
        for n, each in enumerate(held, 1)
    ]
    total, words = Counter(), ""
    for part in parts:
        for row in part["Items"]:
            line = row.get("OrderItemID")
            if not words and line is None:
                words = f"fulfillment {part['ID']} holds a row without OrderItemID"
            elif not words and line != 11:
                words = f"fulfillment {part['ID']} holds line {line}, which the order does not have"
        whole = [row for row in part["Items"] if row["ProductID"] not in (2, 3) and row["Quantity"]]
        if not words and not whole and any(row["ProductID"] in (2, 3) for row in part["Items"]):
            words = f"line 11 is a bundle, but fulfillment {part['ID']} holds only components of it"
        total[part["ID"]] = sum(row["Quantity"] for row in whole)
    quantity = sum(total.values()) or 1
    components = [{"ProductID": n, "Sku": f"C{n}", "Quantity": quantity} for n in (2, 3)]
    line = {"ID": 11, "ProductID": 1, "Sku": "KIT", "Quantity": quantity, "Adjustments": [], "IsBundle": True}
    given_ = outcome(an_order(Fulfillments=parts, Items=[line | {"BundleComponents": components}]))
    if words:
        assert words in given_
    elif not sum(total.values()):
        assert "its fulfillments hold nothing of it" in given_
    else:
        units = Counter()
        for one in given_.allocations:
            units[int(one.reference)] += one.quantity
        assert units == +total
