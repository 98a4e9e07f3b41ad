"""Cancellations and refunds: what is asked for, what is better not asked, and what became of it."""

import json
from decimal import Decimal

import pytest

from crossdock import AdjustsOrders, AlreadyThere, AnswerState, OutcomeUnknown, Rejected, Unavailable
from crossdock.domain import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    ConfirmedLine,
    OrderAdjustment,
    ShipmentConfirmation,
    number_of,
)
from crossdock_channeladvisor.adjustments.adjustable import check_site, check_standing
from crossdock_channeladvisor.adjustments.adjusting import adjust_call, adjust_url, adjustment_answer, check_request
from crossdock_channeladvisor.adjustments.sites import Site
from crossdock_channeladvisor.shipments.standing import OrderStanding

CANCEL, REFUND = AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND
PENDING, ACCEPTED, REFUSED = AnswerState.PENDING, AnswerState.ACCEPTED, AnswerState.REFUSED
WHOLE = OrderAdjustment(
    key="order-5/cancel", number=77, order_external_id="5", order_number="111-1", kind=CANCEL, line_id=""
)


def changed(**fields):
    return OrderAdjustment.model_validate(WHOLE.model_dump() | fields)


def line(**fields):
    return changed(line_id="71", **fields)


@pytest.fixture
def told(ca_settings):
    def body(adjustment, **settings):
        check_request(adjustment)
        return json.loads(adjust_call(adjustment, ca_settings(**settings)), parse_float=Decimal)

    return body


def test_a_whole_order_is_cancelled_at_the_order_with_a_name_and_a_reason(told):
    assert adjust_url(WHOLE) == "/v1/Orders(5)/Adjust"
    assert told(WHOLE) == {
        "SellerAdjustmentID": "order-5/cancel",
        "Reason": "GeneralAdjustment",
        "Restock": False,
    }


def test_some_units_are_refunded_at_the_line_and_the_cart_works_the_money_out(told):
    some = line(kind=REFUND, quantity=1, reason=AdjustmentReason.RETURNED, restock=True)
    assert adjust_url(some) == "/v1/OrderItems(71)/Adjust"
    assert told(some) == {
        "SellerAdjustmentID": "order-5/cancel",
        "Reason": "CustomerReturnedItem",
        "Restock": True,
        "RefundOnly": True,
        "Quantity": 1,
    }


def test_an_explicit_nothing_is_kept_and_the_rest_is_worked_out(told):
    body = told(line(kind=REFUND, quantity=1, amounts=AdjustedAmounts(shipping=Decimal(0))))
    assert (body["ShippingAdjustment"], body["ForceCalculateOmittedAmounts"]) == (0, True)
    assert "ItemAdjustment" not in body


def test_amounts_are_json_numbers_and_exact(told, ca_settings):
    amounts = AdjustedAmounts(item=Decimal("1234567890.10"), tax=Decimal("0.05"))
    text = adjust_call(line(kind=REFUND, amounts=amounts), ca_settings())
    assert b'"ItemAdjustment":1234567890.10,' in text
    assert told(line(kind=REFUND, amounts=amounts))["TaxAdjustment"] == Decimal("0.05")


def test_where_every_amount_is_given_nothing_is_worked_out(told):
    amounts = AdjustedAmounts(**dict.fromkeys(AdjustedAmounts.model_fields, Decimal("1.5")))
    body = told(line(kind=REFUND, amounts=amounts))
    assert "ForceCalculateOmittedAmounts" not in body
    assert [name for name in body if name.endswith("Adjustment")] == [
        "ItemAdjustment",
        "TaxAdjustment",
        "ShippingAdjustment",
        "ShippingTaxAdjustment",
        "GiftWrapAdjustment",
        "GiftWrapTaxAdjustment",
        "RecyclingFeeAdjustment",
    ]


def test_an_amount_of_a_whole_order_is_the_sum_of_its_parts(told):
    nothing = dict.fromkeys(AdjustedAmounts.model_fields, Decimal(0))
    amounts = AdjustedAmounts(**nothing | {"item": Decimal("4.99"), "tax": Decimal("0.31")})
    assert told(changed(kind=REFUND, amounts=amounts))["AdjustmentAmount"] == Decimal("5.30")
    assert "AdjustmentAmount" not in told(changed(kind=REFUND, amounts=AdjustedAmounts()))


def test_the_marketplace_need_not_be_told(told):
    assert told(line(tell_marketplace=False))["PreventSiteProcessing"] is True
    assert "PreventSiteProcessing" not in told(line())


def test_the_adjustment_may_be_named_by_its_number(told):
    assert told(WHOLE, seller_adjustment_id="number")["SellerAdjustmentID"] == "77"


@pytest.mark.parametrize(
    ("adjustment", "reason"),
    [
        (changed(kind=AdjustmentKind.UNKNOWN), "say whether units are to be cancelled or money is to be refunded"),
        (changed(key=""), "without a key"),
        (changed(quantity=2), "name the line that 2 units should be of"),
        (changed(quantity=1), "name the line that 1 unit should be of, or leave"),
        *((changed(order_external_id=id_), f"'{id_}' is no id of an order") for id_ in ("", "0", "x", "-5")),
        (line(amounts=AdjustedAmounts(item=Decimal(-1))), "the amount for item is negative"),
        (
            changed(kind=REFUND, amounts=AdjustedAmounts(item=Decimal(5))),
            "give the amounts for tax, shipping, shipping_tax, gift_wrap, gift_wrap_tax, recycling_fee too",
        ),
        (
            changed(kind=REFUND, amounts=AdjustedAmounts(**dict.fromkeys(AdjustedAmounts.model_fields, Decimal(0)))),
            "all amounts are 0",
        ),
    ],
)
def test_what_could_be_taken_for_something_else_is_refused(adjustment, reason):
    with pytest.raises(Rejected, match=reason):
        check_request(adjustment)


def standing(*, still_open=0, shipped=0, void=0, **fields):
    """An order of one line with so many units in each state."""
    rows = (("NoChange", still_open), ("Complete", shipped), ("Canceled", void))
    fulfillments = [
        {"ID": number, "DistributionCenterID": 1, "DeliveryStatus": status, "Items": [held]}
        for number, (status, units) in enumerate(rows, 1)
        if units and (held := {"OrderItemID": 71, "Quantity": units})
    ]
    items = [{"ID": 71, "Quantity": still_open + shipped + void}]
    return OrderStanding.model_validate({"ID": 5, "Items": items, "Fulfillments": fulfillments} | fields)


@pytest.mark.parametrize(
    ("adjustment", "order"),
    [
        (WHOLE, standing(still_open=2)),
        (line(), standing(still_open=2, void=1)),
        (line(quantity=1), standing(still_open=1, shipped=2)),
        (changed(kind=REFUND), standing(shipped=2)),
        (line(kind=REFUND), standing(shipped=2)),
        (line(kind=REFUND, quantity=2), standing(still_open=1, shipped=2)),
    ],
)
def test_what_comes_out_as_it_was_meant_passes(adjustment, order):
    check_standing(adjustment, order)


@pytest.mark.parametrize(
    ("adjustment", "order", "reason"),
    [
        (WHOLE, standing(shipped=2), "nothing of order 5 is left to cancel: refund what has shipped .2 units. instead"),
        (
            WHOLE,
            standing(still_open=1, shipped=2),
            "3 units of order 5 cannot be cancelled: 1 can, and ChannelAdvisor would refund",
        ),
        (WHOLE, standing(shipped=1), "nothing of order 5 is left to cancel: refund what has shipped .1 unit. instead"),
        (
            line(quantity=1, kind=REFUND),
            standing(still_open=1),
            "nothing of line 71 has shipped: cancel what is open .1 unit. instead",
        ),
        (
            line(kind=REFUND, quantity=2),
            standing(still_open=1, shipped=1),
            "2 units of line 71 cannot be refunded: 1 can, and the others",
        ),
        (line(), standing(still_open=1, shipped=2), "would refund what has shipped .2.; cancel at most 1"),
        (line(quantity=2), standing(still_open=1, shipped=2), "2 units of line 71 cannot be cancelled"),
        (line(quantity=3), standing(still_open=2), "3 units of line 71 cannot be cancelled: 2 can"),
        (
            changed(kind=REFUND),
            standing(still_open=2),
            "nothing of order 5 has shipped: cancel what is open .2 units. instead",
        ),
        (changed(kind=REFUND), standing(still_open=1, shipped=2), "refund at most 2, of single lines"),
        (line(kind=REFUND), standing(still_open=1, shipped=2), "3 units of line 71 cannot be refunded: 2 can"),
        (line(kind=REFUND, quantity=3), standing(shipped=2), "3 units of line 71 cannot be refunded"),
        (line(), standing(void=2), "nothing of line 71 is left to cancel$"),
        (line(kind=REFUND), standing(void=2), "nothing of line 71 has shipped$"),
        (changed(line_id="72"), standing(still_open=1), "order 5 has no line 72"),
        (WHOLE, standing(still_open=1, CheckoutStatus="Disabled"), "order 5 is cancelled already"),
        (line(), standing(still_open=1, ShippingStatus="ThirdPartyManaged"), "managed by a third party"),
    ],
)
def test_what_would_come_out_as_the_other_kind_is_refused(adjustment, order, reason):
    with pytest.raises(Rejected, match=reason):
        check_standing(adjustment, order)


LINES_ONLY = Site.model_validate(
    {
        "ID": 1,
        "CancellationConfiguration": {"SupportsOrderCancellations": False, "SupportsOrderItemCancellations": True},
        "RefundConfiguration": {"SupportsOrderRefunds": False, "SupportsOrderItemRefunds": False},
        "AdjustmentReasons": [{"Code": 105, "Description": "Buyer cancelled"}],
    }
)


@pytest.mark.parametrize(
    ("adjustment", "site", "reason"),
    [
        (WHOLE, LINES_ONLY, "Shop X does not take cancellations of whole orders; it takes cancellations of single"),
        (line(kind=REFUND), LINES_ONLY, "Shop X does not take refunds of single lines"),
        (
            line(reason=AdjustmentReason.EXCHANGE),
            LINES_ONLY,
            "Shop X does not take the reason 'exchange'; it takes buyer_cancelled",
        ),
    ],
)
def test_what_the_site_does_not_take_is_refused_with_what_it_does(adjustment, site, reason):
    with pytest.raises(Rejected, match=reason):
        check_site(adjustment, site, "Shop X", try_unknown=True)


def test_a_site_that_takes_nothing_leaves_its_own_pages():
    refuses = {"SupportsOrderCancellations": False, "SupportsOrderItemCancellations": False}
    nothing = Site.model_validate({"ID": 1, "CancellationConfiguration": refuses})
    with pytest.raises(Rejected, match="do it in the marketplace's own pages"):
        check_site(line(), nothing, "Shop X", try_unknown=True)


def test_what_is_not_known_of_a_site_is_tried_or_refused_as_the_setting_says():
    for unknown in (None, Site(id=1)):
        check_site(line(), unknown, "Shop X", try_unknown=True)
        with pytest.raises(Rejected, match="does not tell whether Shop X takes cancellations of single lines"):
            check_site(line(), unknown, "Shop X", try_unknown=False)


def test_the_general_reason_is_always_tried():
    check_site(line(), LINES_ONLY, "Shop X", try_unknown=False)


def recorded(*rows, at_line=()):
    items = [{"ID": 71, "Quantity": 1, "Adjustments": list(at_line)}]
    return OrderStanding.model_validate({"ID": 5, "Adjustments": list(rows), "Items": items})


def row(status, name="order-5/cancel", comment=None):
    return {"ID": 9, "SellerAdjustmentID": name, "RequestStatus": status, "Comment": comment}


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (recorded(), None),
        (recorded(row("Error", name="somebody else's")), None),
        (recorded(row("SubmittedNotProcessed")), PENDING),
        (recorded(row("PostProcessingComplete")), ACCEPTED),
        (recorded(at_line=[row("PostProcessingComplete", name="77")]), ACCEPTED),
        (recorded(row("PostProcessingComplete"), at_line=[row("Error")]), REFUSED),
        (recorded(row("ANewWord")), PENDING),
    ],
)
def test_the_answer_is_that_of_all_rows_that_bear_our_name(order, state):
    answer = adjustment_answer(order, WHOLE)
    assert (answer and answer.state) == state


def test_what_no_marketplace_is_told_waits_for_no_answer():
    silent = changed(tell_marketplace=False)
    answer = adjustment_answer(recorded(row("SubmittedNotProcessed")), silent)
    assert (answer.state, answer.words) == (ACCEPTED, "SubmittedNotProcessed (the marketplace is not told)")
    assert adjustment_answer(recorded(row("Error")), silent).state is REFUSED


# --- over HTTP, against the simulator


@pytest.fixture(scope="module")
def long_open(ca_shop):
    with ca_shop() as shop:
        yield shop


@pytest.fixture
def shop(long_open):
    return long_open.open_again()


def asked(order, kind=CANCEL, name="a", **fields):
    key = f"{order.id}/{name}"
    plain = {"order_external_id": order.id, "order_number": "1", "kind": kind, "key": key, "number": number_of(key)}
    return OrderAdjustment(**plain | fields)


def parcel(order, pieces=(2, 1), center="1"):
    key = f"{order.id}/{center}"
    lines = [
        ConfirmedLine(order_line_id=id_, sku="", quantity=many)
        for id_, many in zip(order.lines, pieces, strict=True)
        if many
    ]
    return ShipmentConfirmation(
        key=key, number=number_of(key), order_external_id=order.id, distribution_center=center,
        shipped_at="2025-01-10T00:00:00Z", tracking_number="1Z", carrier="UPS", service_level="GROUND", lines=lines,
    )  # fmt: skip


def test_units_that_have_not_left_are_cancelled_and_units_that_have_are_refunded(shop, ca_run):
    order = shop.order()

    async def deeds(cart):
        assert isinstance(cart, AdjustsOrders)
        await cart.confirm_shipment(parcel(order))
        await cart.adjust_order(asked(order, line_id=order.lines[0], reason=AdjustmentReason.NOT_AVAILABLE))

    with pytest.raises(Rejected, match="cannot be cancelled: 1 can"):
        ca_run(shop, deeds)

    async def more(cart):
        return [
            await cart.adjust_order(asked(order, name="c", line_id=order.lines[0], quantity=1)),
            await cart.adjust_order(asked(order, REFUND, "r", line_id=order.lines[0], quantity=2, restock=True)),
            await cart.adjust_order(asked(order, REFUND, "s", line_id=order.lines[1])),
        ]

    receipts = ca_run(shop, more)
    assert [receipt.ref for receipt in receipts] == [f"{order.id}/c", f"{order.id}/r", f"{order.id}/s"]
    assert [shop.counted(order, what) for what in ("shipped", "open", "cancelled", "refunded")] == [
        [2, 1], [0, 0], [1, 0], [2, 1],
    ]  # fmt: skip
    assert shop.calls("adjust") == 3


def test_a_whole_order_is_cancelled_with_three_calls_and_the_next_with_two(shop, ca_run):
    first, second = shop.order(), shop.order()

    async def deeds(cart):
        for order in (first, second):
            await cart.adjust_order(asked(order))

    ca_run(shop, deeds)
    assert (shop.calls("order"), shop.calls("site"), shop.calls("adjust")) == (2, 1, 2)
    assert {shop.story(order)["shipping"] for order in (first, second)} == {"Canceled"}


def test_the_sites_abilities_are_asked_before_the_cart_is(ca_shop, ca_run):
    with ca_shop(site_abilities={640: {"item_refunds": False, "order_cancellations": False}}) as shop:
        order = shop.order()
        with pytest.raises(Rejected, match="Amazon Seller Central - US does not take cancellations of whole orders"):
            ca_run(shop, lambda cart: cart.adjust_order(asked(order)))
        assert shop.calls("adjust") == 0
        ca_run(shop, lambda cart: cart.adjust_order(asked(order, tell_marketplace=False)))
        assert shop.story(order)["adjustments"][0]["prevented"] is True


def test_of_a_site_that_is_not_known_the_cart_decides_or_nobody_asks(shop, ca_run):
    order = shop.order(SiteID=999_999, SiteName="Corner shop")
    with pytest.raises(Rejected, match="does not tell whether Corner shop takes cancellations of whole orders"):
        ca_run(shop, lambda cart: cart.adjust_order(asked(order)), unknown_site="refuse")
    assert shop.calls("adjust") == 0
    ca_run(shop, lambda cart: cart.adjust_order(asked(order)))
    assert shop.calls("adjust") == 1


def test_the_carts_own_refusal_is_shown(shop, ca_run):
    order = shop.order()

    async def deeds(cart):
        await cart.confirm_shipment(parcel(order))
        too_much = AdjustedAmounts(item=Decimal("999"))
        await cart.adjust_order(asked(order, REFUND, line_id=order.lines[1], amounts=too_much))

    with pytest.raises(Rejected, match="999"):
        ca_run(shop, deeds)


def test_the_same_adjustment_is_made_once(shop, ca_run):
    order = shop.order()
    once = asked(order, line_id=order.lines[0], quantity=1)

    async def deeds(cart):
        assert await cart.find_adjustment(once) is None
        await cart.adjust_order(once)
        found = await cart.find_adjustment(once)
        with pytest.raises(AlreadyThere):
            await cart.adjust_order(once)
        return found

    assert ca_run(shop, deeds).ref == once.key
    assert shop.counted(order, "cancelled") == [1, 0]


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped", "error_500", "html"])
@pytest.mark.parametrize("by_line", [True, False])
def test_after_a_lost_answer_the_adjustment_is_found_again_and_made_once(shop, ca_run, fault, by_line):
    order = shop.order()
    once = asked(order, line_id=order.lines[0], quantity=1) if by_line else asked(order)
    shop.faults(rates={fault: 1.0}, only_paths="Adjust", only_methods=("POST",), max_faults=1)

    async def deeds(cart):
        for _ in range(3):
            if await cart.find_adjustment(once):
                return
            try:
                await cart.adjust_order(once)
            except (OutcomeUnknown, Unavailable):
                continue

    ca_run(shop, deeds, retries=0)
    assert shop.counted(order, "cancelled") == ([1, 0] if by_line else [3, 1])
    assert len({entry["seller_id"] for entry in shop.story(order)["adjustments"]}) == 1


def test_the_marketplaces_answers_are_followed(shop, ca_run):
    orders = [shop.order() for _ in range(30)]
    wishes = [asked(order) for order in orders[:-1]] + [asked(orders[-1], line_id=orders[-1].lines[0], quantity=1)]
    never = asked(orders[0], name="never")

    async def deeds(cart):
        for wish in wishes:
            await cart.adjust_order(wish)
        waiting = await cart.adjustment_answers([*wishes, never])
        shop.answer("accept", orders[-1])
        shop.answer("refuse", orders[0], comment="Too late to cancel.")
        before = shop.calls("orders_list")
        return waiting, await cart.adjustment_answers([*wishes, never]), shop.calls("orders_list") - before

    waiting, answers, lists = ca_run(shop, deeds)
    assert {answer.state for answer in waiting.values()} == {PENDING}
    assert set(waiting) == {wish.key for wish in wishes}
    assert answers[wishes[-1].key].state is ACCEPTED
    assert answers[wishes[0].key].state is REFUSED
    assert answers[wishes[0].key].words == "Error: Too late to cancel."
    assert {answers[wish.key].state for wish in wishes[1:-1]} == {PENDING}
    assert lists == 2
