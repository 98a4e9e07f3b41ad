"""Laws of what ChannelAdvisor tells of an order afterwards: units, answers of marketplaces, packages without our id."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock import AnswerState, FinalAnswer
from crossdock.domain import AdjustmentKind, ConfirmedLine, OrderAdjustment, ShipmentConfirmation
from crossdock_channeladvisor.adjustments.adjusting import adjustment_answer, find_rows
from crossdock_channeladvisor.shipments.marketplace import ADJUSTMENT, SHIPMENT
from crossdock_channeladvisor.shipments.shipping import find_fulfillments, shipment_answer
from crossdock_channeladvisor.shipments.standing import OrderStanding, held_units, units_by_line

ROUNDS = settings(max_examples=100)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(["ours", "77", "theirs", None])
"""What a row may be called: our key, our number, another id, nothing."""
few = st.integers(1, 4)
rows = st.fixed_dictionaries(
    {"OrderItemID": st.sampled_from([11, 12, 13]), "Quantity": few, "ProductID": st.sampled_from([None, 1, 2, 3])},
    optional={"MarketplaceShippingStatus": st.sampled_from([None, "Odd", *SHIPMENT])},
)
fulfillments = st.fixed_dictionaries(
    {
        "ID": few,
        "DistributionCenterID": st.just(1),
        "DeliveryStatus": st.sampled_from(["NoChange", "Complete", "Canceled", "InTransit"]),
        "TrackingNumber": st.sampled_from(["1Z", "2Z", None]),
        "SellerFulfillmentID": NAMES,
        "Items": st.none() | st.lists(rows, max_size=3),
    }
)
items = st.builds(
    lambda id_, product, parts: {
        "ID": id_,
        "ProductID": product,
        "Quantity": 9,
        "BundleComponents": None if parts is None else [{"ProductID": part, "Quantity": 1} for part in parts],
    },
    st.integers(11, 13),
    st.sampled_from([None, 1, 2]),
    st.none() | st.lists(st.integers(1, 3), max_size=2, unique=True),
)
orders = st.fixed_dictionaries(
    {
        "ID": st.just(5),
        "Items": st.none() | st.lists(items, max_size=3, unique_by=lambda item: item["ID"]),
        "Fulfillments": st.none() | st.lists(fulfillments, max_size=4),
    }
)


def standing(document) -> OrderStanding:
    return OrderStanding.model_validate_json(json.dumps(document))


def components(document, line):
    """The products of a line that are its components and not the bundle itself."""
    for item in document["Items"] or ():
        if item["ID"] == line:
            return {part["ProductID"] for part in item["BundleComponents"] or ()} - {item["ProductID"]}
    return set()


def pieces(document, part):
    """What one fulfillment holds by line, without the components that stand beside their bundle."""
    held = Counter()
    for row in part["Items"] or ():
        if row["ProductID"] not in components(document, row["OrderItemID"]):
            held[str(row["OrderItemID"])] += row["Quantity"]
    return held


@ROUNDS
@given(orders)
def test_units_are_those_of_all_fulfillments_that_stand_and_left_only_where_the_cart_says_so(document):
    opened, left = Counter(), Counter()
    for part in document["Fulfillments"] or ():
        if part["DeliveryStatus"] != "Canceled":
            (opened if part["DeliveryStatus"] == "NoChange" else left).update(pieces(document, part))
    units = units_by_line(standing(document))
    assert {line: one.open for line, one in units.items() if one.open} == opened
    assert {line: one.shipped for line, one in units.items() if one.shipped} == left
    assert {str(item["ID"]) for item in document["Items"] or ()} <= units.keys()


@ROUNDS
@given(orders)
def test_a_fulfillment_holds_its_rows_by_line(document):
    order = standing(document)
    for part, written in zip(order.fulfillments or (), document["Fulfillments"] or (), strict=True):
        assert held_units(part, order) == pieces(document, written)


def package(lines, tracking="1Z") -> ShipmentConfirmation:
    confirmed = [ConfirmedLine(order_line_id=line, sku="", quantity=number) for line, number in lines]
    return ShipmentConfirmation(
        key="ours", number=77, order_external_id="5", distribution_center="1", shipped_at=NOW, tracking_number=tracking,
        carrier="UPS", service_level="GROUND", lines=tuple(confirmed),
    )  # fmt: skip


packages = st.builds(
    package,
    st.lists(st.tuples(st.sampled_from(["11", "12", "13"]), few), min_size=1, max_size=3),
    st.sampled_from(["1Z", "2Z", ""]),
)


def found(document, confirmation):
    """The places of those that bear our id; else that of the first that has left, bears none and is alike."""
    parts = [*enumerate(document["Fulfillments"] or ())]
    if named := [place for place, part in parts if part["SellerFulfillmentID"] in ("ours", "77")]:
        return named
    told = Counter()
    for line in confirmation.lines:
        told[line.order_line_id] += line.quantity
    return [
        place
        for place, part in parts
        if part["DeliveryStatus"] in ("Complete", "InTransit")
        and not part["SellerFulfillmentID"]
        and confirmation.tracking_number
        and part["TrackingNumber"] == confirmation.tracking_number
        and pieces(document, part) == told
    ][:1]


@st.composite
def told_orders(draw):
    """An order and a package; often one that a fulfillment of it could be."""
    document = draw(orders)
    parts = [part for part in document["Fulfillments"] or () if pieces(document, part)]
    if not parts or draw(st.booleans()):
        return document, draw(packages)
    part = draw(st.sampled_from(parts))
    if draw(st.booleans()):
        part |= {"SellerFulfillmentID": None, "DeliveryStatus": "Complete", "TrackingNumber": "1Z"}
    split = [(line, 1) for line, number in pieces(document, part).items() for _ in range(number)]
    return document, package(draw(st.permutations(split)))


@ROUNDS
@given(told_orders())
def test_a_package_is_found_by_our_id_or_by_number_and_contents(told):
    document, confirmation = told
    order = standing(document)
    parts = find_fulfillments(order, confirmation)
    assert [*parts] == [(order.fulfillments or ())[place] for place in found(document, confirmation)]


def answer(words, meanings):
    """Refused if one is, accepted if all are."""
    states = {meanings.get(word, AnswerState.PENDING) for word in words}
    if AnswerState.REFUSED in states:
        return AnswerState.REFUSED
    return AnswerState.ACCEPTED if states == {AnswerState.ACCEPTED} else AnswerState.PENDING


@ROUNDS
@given(told_orders())
def test_what_a_marketplace_made_of_a_package_is_what_its_rows_say(told):
    document, confirmation = told
    parts = [(document["Fulfillments"] or ())[place] for place in found(document, confirmation)]
    words = [row.get("MarketplaceShippingStatus") or "" for part in parts for row in part["Items"] or ()]
    given_ = shipment_answer(standing(document), confirmation)
    if not parts:
        assert given_ is None
    else:
        said = ", ".join(filter(None, dict.fromkeys(words)))
        assert given_ == FinalAnswer(answer(words, SHIPMENT), said)


adjustment_rows = st.lists(
    st.fixed_dictionaries(
        {"SellerAdjustmentID": NAMES},
        optional={
            "RequestStatus": st.sampled_from([None, "Odd", *ADJUSTMENT]),
            "Comment": st.sampled_from([None, "", "too late", "no"]),
        },
    ),
    max_size=3,
)
wishes = st.builds(
    OrderAdjustment,
    key=st.just("ours"),
    number=st.just(77),
    order_external_id=st.just("5"),
    order_number=st.just(""),
    kind=st.just(AdjustmentKind.REFUND),
    tell_marketplace=st.booleans(),
)


@ROUNDS
@given(wishes, st.none() | adjustment_rows, st.none() | adjustment_rows)
def test_what_a_marketplace_made_of_an_adjustment_is_what_its_rows_say_wherever_they_stand(wish, of_order, of_line):
    item = {"ID": 11, "Quantity": 1, "Adjustments": of_line}
    order = standing({"ID": 5, "Items": [item], "Adjustments": of_order})
    ours = [row for row in (*(of_order or ()), *(of_line or ())) if row["SellerAdjustmentID"] in ("ours", "77")]
    assert len(find_rows(order, wish)) == len(ours)
    given_ = adjustment_answer(order, wish)
    if not ours:
        assert given_ is None
        return
    words = [row.get("RequestStatus") or "" for row in ours]
    remarks = [row.get("Comment") or "" for row in ours]
    parts = [", ".join(filter(None, dict.fromkeys(words))), "; ".join(filter(None, dict.fromkeys(remarks)))]
    state, said = answer(words, ADJUSTMENT), ": ".join(filter(None, parts))
    if state is AnswerState.PENDING and not wish.tell_marketplace:
        state, said = AnswerState.ACCEPTED, f"{said} (the marketplace is not told)".strip()
    assert given_ == FinalAnswer(state, said)


@pytest.mark.parametrize("nothing", [{}, {"Items": None, "Fulfillments": None, "Adjustments": None}])
def test_an_order_of_which_nothing_is_shown_holds_nothing(nothing):
    order = standing({"ID": 5} | nothing)
    assert units_by_line(order) == {}
    assert find_fulfillments(order, package([("11", 1)])) == ()
