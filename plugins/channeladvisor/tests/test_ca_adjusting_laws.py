"""Laws of what ChannelAdvisor is told after the sale, against the simulator's own readers and rules."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from crossdock import Rejected
from crossdock.domain import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    ConfirmedLine,
    OrderAdjustment,
    ShipmentConfirmation,
)
from crossdock_channeladvisor.adjustments.adjustable import check_standing
from crossdock_channeladvisor.adjustments.adjusting import (
    REASONS,
    adjust_call,
    check_request,
    find_rows,
    seller_adjustment_id,
)
from crossdock_channeladvisor.adjustments.sites import REASON_BY_CODE
from crossdock_channeladvisor.errors import check_order_id, is_order_id
from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.odata.bodies import read_body
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.adjustments import LineWish, OrderWish, adjust_line, adjust_order
from crossdock_channeladvisor.sandbox.orders.pieces import open_quantities, shipped_quantities
from crossdock_channeladvisor.sandbox.orders.shipping import ShipCall, ship
from crossdock_channeladvisor.sandbox.orders.sites import REASONS as CODES
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.carriers import check_pair
from crossdock_channeladvisor.shipments.shipping import find_fulfillments, seller_fulfillment_id, ship_call
from crossdock_channeladvisor.shipments.standing import OrderStanding, units_by_line

SECRETS = {"application_id": "app", "shared_secret": "s3cret-of-app", "refresh_token": "refresh-me"}
NAMINGS = [
    ChannelAdvisorSettings.model_validate(SECRETS | {"seller_adjustment_id": name, "seller_fulfillment_id": name})
    for name in ("key", "number")
]
NOW = datetime(2025, 1, 10, tzinfo=UTC)

ids = st.integers(1, 2**40).map(str)
money = st.decimals(min_value=0, max_value=Decimal("9999999.99"), places=2)
amounts = st.builds(AdjustedAmounts, **{name: st.none() | money for name in AdjustedAmounts.model_fields})
adjustments = st.builds(
    OrderAdjustment,
    key=st.text(min_size=1, max_size=40),
    number=st.integers(0, 2**63 - 1),
    order_external_id=ids,
    order_number=st.text(max_size=10),
    kind=st.sampled_from([AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND]),
    reason=st.sampled_from(AdjustmentReason),
    line_id=st.just("") | ids,
    quantity=st.none() | st.integers(1, 10**6),
    amounts=st.none() | amounts,
    restock=st.booleans(),
    tell_marketplace=st.booleans(),
)
lines = st.builds(
    ConfirmedLine,
    order_line_id=ids,
    sku=st.text(max_size=10),
    product_id=st.just("") | ids,
    quantity=st.integers(1, 10**6),
)
confirmations = st.builds(
    ShipmentConfirmation,
    key=st.text(min_size=1, max_size=40),
    number=st.integers(0, 2**63 - 1),
    order_external_id=ids,
    distribution_center=st.just("") | st.integers(-9, 999).map(str),
    shipped_at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    tracking_number=st.text(max_size=20),
    carrier=st.text(max_size=10),
    service_level=st.text(max_size=10),
    lines=st.lists(lines, min_size=1, max_size=5).map(tuple),
)


@given(st.text(max_size=4) | st.integers(-5, 5).map(str) | st.sampled_from(["5)/Items", "٣", "1e3", "05", "10" * 10]))
def test_only_positive_numbers_are_ids_of_orders(text):
    assert is_order_id(text) == (text.isascii() and text.isdecimal() and text[0] != "0" and len(text) < 19)
    if is_order_id(text):
        check_order_id(text)
    else:
        with pytest.raises(Rejected, match="is no id of an order at ChannelAdvisor, where they are numbers") as refused:
            check_order_id(text)
        assert str(refused.value).startswith(f"'{text}'")


@given(st.text(max_size=2), st.text(max_size=2), st.dictionaries(st.text(max_size=2), st.lists(st.text(max_size=2))))
def test_a_pair_passes_exactly_where_it_is_whole_and_not_off_the_list(carrier, service, carriers):
    try:
        check_pair(carrier, service, carriers)
    except Rejected:
        passes = False
    else:
        passes = True
    is_listed = not carriers or service in carriers.get(carrier, ())
    assert passes == (not (carrier or service) or (is_listed and (bool(carriers) or bool(carrier and service))))


def is_allowed(adjustment):
    try:
        check_request(adjustment)
    except Rejected:
        return False
    return True


@given(adjustments.filter(is_allowed), st.sampled_from(NAMINGS))
def test_every_allowed_adjustment_makes_a_body_that_is_read_as_it_was_meant(adjustment, settings):
    wish = read_body(adjust_call(adjustment, settings), LineWish if adjustment.line_id else OrderWish)
    assert wish.SellerAdjustmentID == seller_adjustment_id(adjustment, settings)
    assert wish.Reason == REASONS[adjustment.reason]
    assert wish.Restock is adjustment.restock
    assert wish.PreventSiteProcessing is not adjustment.tell_marketplace
    assert wish.RefundOnly is (adjustment.kind is AdjustmentKind.REFUND)
    if adjustment.line_id:
        assert wish.Quantity == adjustment.quantity


@given(adjustments.filter(lambda adjustment: adjustment.amounts and is_allowed(adjustment)))
def test_amounts_are_conserved_to_the_cent(adjustment):
    body = json.loads(adjust_call(adjustment, NAMINGS[0]), parse_float=Decimal)
    sent = {name: Decimal(amount) for name, amount in body.items() if name.endswith(("Adjustment", "Amount"))}
    given_ = [amount for amount in adjustment.amounts.model_dump().values() if amount is not None]
    assert sum(sent.values(), Decimal(0)) == sum(given_, Decimal(0))
    if adjustment.line_id:
        assert sorted(sent.values()) == sorted(given_)
        assert body.get("ForceCalculateOmittedAmounts", False) is (0 < len(given_) < 7)


def test_reasons_and_their_words_and_numbers_belong_together_one_by_one():
    assert set(REASONS) == set(AdjustmentReason)
    assert {REASONS[reason]: code for code, reason in REASON_BY_CODE.items()} == CODES


@given(confirmations, st.sampled_from(NAMINGS), st.none() | st.sampled_from([640, 862]))
def test_every_confirmation_makes_a_body_that_is_read_as_it_was_meant(confirmation, settings, site):
    request = read_body(ship_call(confirmation, settings, NOW, site), ShipCall).Value
    assert request.SellerFulfillmentID == seller_fulfillment_id(confirmation, settings, site)
    assert site != 640 or request.SellerFulfillmentID.isdecimal()
    assert (request.TrackingNumber or "") == confirmation.tracking_number
    assert datetime.fromisoformat(request.ShippedDateUtc) <= NOW
    sent = [(str(item.OrderItemID), item.Quantity) for item in request.Items]
    assert sent == [(line.order_line_id, line.quantity) for line in confirmation.lines]


ACCOUNT = Account(7, 0, SandboxOptions())
which_line, how_many = st.integers(0, 1), st.integers(1, 3)
deeds = st.lists(
    st.tuples(st.just("ship"), which_line, how_many)
    | st.tuples(st.sampled_from(["cancellation", "refund"]), st.none() | which_line, st.none() | how_many),
    min_size=2,
    max_size=10,
)


def standing_of(order):
    return OrderStanding.model_validate_json(msgspec.json.encode(order))


def pieces(sale, what):
    counts = {
        "open": open_quantities(sale.order),
        "shipped": shipped_quantities(sale.order),
        "cancellation": sale.units("Cancellation"),
        "refund": sale.units("Refund"),
    }
    return Counter({str(line): many for line, many in counts[what].items() if many})


def pack(sale, number, line, many):
    confirmed = ConfirmedLine(order_line_id=str(sale.order.Items[line].ID), sku="", quantity=many)
    return ShipmentConfirmation(
        key=f"ship/{number}", number=1000 + number, order_external_id=str(sale.order.ID), distribution_center="",
        shipped_at=NOW, tracking_number="1Z", carrier="UPS", service_level="GROUND", lines=(confirmed,),
    )  # fmt: skip


def wish_for(sale, number, kind, line, many):
    return OrderAdjustment(
        key=f"adjust/{number}",
        number=2000 + number,
        order_external_id=str(sale.order.ID),
        order_number="",
        kind=AdjustmentKind(kind),
        line_id="" if line is None else str(sale.order.Items[line].ID),
        quantity=None if line is None else many,
    )


def do(sale, number, kind, line, many):
    """Carry one deed out as the plugin would; what was told is found afterwards, and not before."""
    settings = NAMINGS[number % 2]
    if kind == "ship":
        package = pack(sale, number, line, many)
        assert not find_fulfillments(standing_of(sale.order), package)
        ship(ACCOUNT, sale.order.ID, ship_call(package, settings, NOW, sale.order.SiteID))
        assert find_fulfillments(standing_of(sale.order), package)
        return
    wish = wish_for(sale, number, kind, line, many)
    check_request(wish)
    check_standing(wish, standing_of(sale.order))
    assert not find_rows(standing_of(sale.order), wish)
    body = adjust_call(wish, settings)
    if wish.line_id:
        adjust_line(ACCOUNT, int(wish.line_id), body)
    else:
        adjust_order(ACCOUNT, sale.order.ID, body)
    assert find_rows(standing_of(sale.order), wish)


@given(deeds)
def test_over_any_deeds_units_are_conserved_and_no_wish_comes_out_as_the_other_kind(sequence):
    order = ACCOUNT.sell({"SKU-0001": 3, "KIT-001": 2})
    sale = ACCOUNT.sale(order.ID)
    ordered = Counter({str(item.ID): item.Quantity for item in order.Items})
    for number, (kind, line, many) in enumerate(sequence):
        before = {what: pieces(sale, what) for what in ("open", "shipped", "cancellation", "refund")}
        try:
            do(sale, number, kind, line, many)
            event(f"{kind} done")
        except (Rejected, BadQuery) as refusal:
            event(f"{kind} refused by {type(refusal).__name__}")
            assert {what: pieces(sale, what) for what in before} == before
        after = {what: pieces(sale, what) for what in before}
        assert after["open"] + after["shipped"] + after["cancellation"] == ordered
        other = {"cancellation": ("refund", "shipped"), "refund": ("cancellation", "open", "shipped")}
        for untouched in other.get(kind, ("cancellation", "refund")):
            assert after[untouched] == before[untouched]
        units = units_by_line(standing_of(sale.order))
        assert {line: each.shipped for line, each in units.items() if each.shipped} == after["shipped"]
        assert {line: each.open for line, each in units.items() if each.open} == after["open"]


@given(deeds)
def test_what_passes_our_checks_is_refused_only_where_everything_was_refunded_already(sequence):
    order = ACCOUNT.sell({"SKU-0001": 3, "KIT-001": 2})
    sale = ACCOUNT.sale(order.ID)
    for number, (kind, line, many) in enumerate(sequence):
        try:
            do(sale, number, kind, line, many)
        except Rejected:
            continue
        except BadQuery:
            assert kind == "ship" or (kind == "refund" and pieces(sale, "refund"))
