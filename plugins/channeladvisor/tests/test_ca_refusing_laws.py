"""Laws of what may not be asked after the sale, each refusal with the sentence that an operator reads."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
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
from crossdock_channeladvisor.adjustments.adjustable import check_site, check_standing
from crossdock_channeladvisor.adjustments.adjusting import adjust_call, adjust_url, check_request
from crossdock_channeladvisor.adjustments.sites import Site
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.shipping import check_order
from crossdock_channeladvisor.shipments.standing import OrderStanding

ROUNDS = settings(max_examples=120)
SETTINGS = ChannelAdvisorSettings.model_validate(
    {"application_id": "app", "shared_secret": "s3cret-of-app", "refresh_token": "refresh-me"}
)
CANCELLATION, REFUND = AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND
kinds = st.sampled_from([CANCELLATION, REFUND])
AMOUNTS = [*AdjustedAmounts.model_fields]
some_amounts = st.dictionaries(st.sampled_from(AMOUNTS), st.sampled_from([Decimal("1.25"), Decimal(0), Decimal(-1)]))
all_amounts = st.just(dict.fromkeys(AMOUNTS, Decimal(0))) | st.fixed_dictionaries(
    dict.fromkeys(AMOUNTS, st.sampled_from([Decimal("1.25"), Decimal(0)]))
)


def an_adjustment(kind, line="", quantity=None, amounts=None, key="k1", reason=AdjustmentReason.GENERAL):
    return OrderAdjustment(
        key=key,
        number=5,
        order_external_id="5",
        order_number="",
        kind=kind,
        line_id=line,
        quantity=quantity,
        amounts=None if amounts is None else AdjustedAmounts(**amounts),
        reason=reason,
    )


def said(check, *arguments, **options) -> str:
    """What it refuses, or nothing."""
    try:
        check(*arguments, **options)
    except Rejected as refused:
        return str(refused)
    return ""


def units(number) -> str:
    return "1 unit" if number == 1 else f"{number} units"


@ROUNDS
@given(
    st.sampled_from([*AdjustmentKind]),
    st.sampled_from(["", "11"]),
    st.none() | st.integers(1, 3),
    st.none() | some_amounts | all_amounts,
    st.sampled_from(["k1", "k1", "k1", ""]),
)
def test_what_cannot_be_asked_is_refused_by_the_first_thing_that_is_wrong(kind, line, quantity, amounts, key):
    given_ = {name: amounts[name] for name in AMOUNTS if name in (amounts or {})}
    below = [name for name, amount in given_.items() if amount < 0]
    missing = [name for name in AMOUNTS if name not in given_]
    wrong = [
        (kind is AdjustmentKind.UNKNOWN, "say whether units are to be cancelled or money is to be refunded"),
        (not key, "an adjustment without a key could not be found again after a lost reply"),
        (
            quantity is not None and not line,
            f"name the line that {units(quantity)} should be of, or leave the quantity out",
        ),
        (below, f"the amount for {' and '.join(below)} is negative: an adjustment can only pay back"),
        (
            given_ and not line and missing,
            "for a whole order ChannelAdvisor takes one amount and works nothing out beside it: give the amounts for "
            f"{', '.join(missing)} too (0 for nothing), or adjust line by line",
        ),
        (
            given_ and not line and not sum(given_.values()),
            "all amounts are 0, which ChannelAdvisor may take for the whole order: there is nothing to do",
        ),
    ]
    adjustment = an_adjustment(kind, line, quantity, amounts, key)
    assert said(check_request, adjustment) == next((words for is_wrong, words in wrong if is_wrong), "")


@ROUNDS
@given(kinds, all_amounts | st.just({}))
def test_the_amounts_of_a_whole_order_are_sent_as_one(kind, amounts):
    adjustment = an_adjustment(kind, amounts=amounts)
    body = json.loads(adjust_call(adjustment, SETTINGS), parse_float=Decimal)
    assert body.get("AdjustmentAmount") == (sum(amounts.values()) if amounts else None)
    assert (adjust_url(adjustment), adjust_url(an_adjustment(kind, "11"))) == (
        "/v1/Orders(5)/Adjust",
        "/v1/OrderItems(11)/Adjust",
    )


counts = st.integers(0, 3)


@ROUNDS
@given(
    kinds,
    st.sampled_from(["", "11", "12", "99"]),
    st.none() | st.integers(1, 4),
    st.lists(st.tuples(counts, counts), min_size=2, max_size=2),
    st.sampled_from(["Unshipped", "PartiallyShipped", "Canceled", "ThirdPartyManaged", None]),
)
def test_only_what_is_open_is_cancelled_and_only_what_has_left_is_refunded(kind, line, quantity, pieces, shipping):
    rows = {
        status: [{"OrderItemID": 11 + n, "Quantity": many[place]} for n, many in enumerate(pieces) if many[place]]
        for place, status in enumerate(("NoChange", "Complete"))
    }
    order = {"ID": 5, "CheckoutStatus": "Completed", "ShippingStatus": shipping, "Items": [{"ID": 11, "Quantity": 6}]}
    order["Items"].append({"ID": 12, "Quantity": 6})
    order["Fulfillments"] = [
        {"ID": n, "DistributionCenterID": 1, "DeliveryStatus": status, "Items": held}
        for n, (status, held) in enumerate(rows.items(), 1)
    ]
    concerned = pieces if not line else [pieces[int(line) - 11]] if line in ("11", "12") else []
    opened, left = (sum(one[place] for one in concerned) for place in (0, 1))
    what = f"line {line}" if line else "order 5"
    quantity = quantity if line else None
    wanted = opened + left if quantity is None else quantity
    cancels = kind is CANCELLATION
    can, cannot = (opened, left) if cancels else (left, opened)
    if shipping == "ThirdPartyManaged":
        words = "order 5 is managed by a third party: ChannelAdvisor does not pass on what we ask for"
    elif cancels and shipping == "Canceled":
        words = "order 5 is cancelled already"
    elif not concerned:
        words = f"order 5 has no line {line}"
    elif not can and cancels:
        words = f"nothing of {what} is left to cancel"
        words += f": refund what has shipped ({units(left)}) instead" if left else ""
    elif not can:
        words = f"nothing of {what} has shipped"
        words += f": cancel what is open ({units(opened)}) instead" if opened else ""
    elif wanted > can and cancels:
        words = f"{units(wanted)} of {what} cannot be cancelled: {can} can, and ChannelAdvisor would refund what has "
        words += f"shipped ({cannot}); cancel at most {can}, of single lines, and refund the rest"
    elif wanted > can:
        words = f"{units(wanted)} of {what} cannot be refunded: {can} can, and the others ({cannot}) would be "
        words += f"cancelled; refund at most {can}, of single lines, and cancel the rest"
    else:
        words = ""
    standing = OrderStanding.model_validate_json(json.dumps(order))
    assert said(check_standing, an_adjustment(kind, line, quantity), standing) == words


flags = st.sampled_from([None, True, False])
FLAGS = (
    ("CancellationConfiguration", "SupportsOrderCancellations", "cancellations of whole orders"),
    ("CancellationConfiguration", "SupportsOrderItemCancellations", "cancellations of single lines"),
    ("RefundConfiguration", "SupportsOrderRefunds", "refunds of whole orders"),
    ("RefundConfiguration", "SupportsOrderItemRefunds", "refunds of single lines"),
)
REASON_CODES = {100: "general", 102: "returned", 105: "buyer_cancelled"}


@ROUNDS
@given(
    kinds,
    st.sampled_from(["", "11"]),
    st.sampled_from([*AdjustmentReason]),
    st.none() | st.lists(flags, min_size=4, max_size=4),
    st.none() | st.lists(st.sampled_from([100, 102, 105, 999]), unique=True),
    st.booleans(),
)
def test_a_site_is_asked_only_for_what_it_takes(kind, line, reason, taken, codes, try_unknown):
    document = {"ID": 1, "AdjustmentReasons": None if codes is None else [{"Code": code} for code in codes]}
    for (table, name, _), flag in zip(FLAGS, taken or (), strict=False):
        document.setdefault(table, {})[name] = flag
    site = None if taken is None else Site.model_validate_json(json.dumps(document))
    place = 2 * (kind is REFUND) + bool(line)
    wish, allowed = FLAGS[place][2], taken[place] if taken else None
    known = [REASON_CODES[code] for code in codes or () if code in REASON_CODES]
    understood = known and len(known) == len(codes or ())
    if allowed is None and not try_unknown:
        words = f"ChannelAdvisor does not tell whether eBay takes {wish}, and the setting `unknown_site` says to "
        words += "refuse then"
    elif allowed is False:
        others = [each for (_, _, each), flag in zip(FLAGS, taken, strict=True) if flag]
        instead = f"it takes {' and '.join(others)}" if others else "do it in the marketplace's own pages"
        words = f"eBay does not take {wish}; {instead}"
    elif taken is not None and understood and reason.value != "general" and reason.value not in known:
        words = f"eBay does not take the reason '{reason.value}'; it takes {', '.join(known)}"
    else:
        words = ""
    wished = an_adjustment(kind, line, reason=reason)
    assert said(check_site, wished, site, "eBay", try_unknown=try_unknown) == words


@ROUNDS
@given(
    st.sampled_from(["", "1"]),
    st.sampled_from(["Unshipped", "ThirdPartyManaged"]),
    st.none()
    | st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(["NoChange", "NoChange", "Complete", "Canceled"])), max_size=4
    ),
    st.sampled_from([[], [1], [1, 2]]),
)
def test_a_package_without_a_centre_leaves_only_where_one_centre_can_be_meant(center, shipping, parts, theirs):
    package = ShipmentConfirmation(
        key="k", number=5, order_external_id="5", distribution_center=center, tracking_number="1Z", carrier="UPS",
        service_level="GROUND", shipped_at=datetime(2025, 1, 1, tzinfo=UTC),
        lines=(ConfirmedLine(order_line_id="11", sku="A", quantity=1),),
    )  # fmt: skip
    shown = [
        {"ID": n, "DistributionCenterID": place, "DeliveryStatus": status, "Items": []}
        for n, (place, status) in enumerate(parts or (), 1)
    ]
    order = {"ID": 5, "ShippingStatus": shipping, "Fulfillments": None if parts is None else shown}
    opened = {place for place, status in parts or () if status == "NoChange"}
    ours = sorted(opened - {*theirs})
    if shipping == "ThirdPartyManaged":
        words = "order 5 is shipped by a third party: ChannelAdvisor does not pass on what we tell of it"
    elif center or not opened:
        words = ""
    elif not ours:
        words = "all open parts of order 5 are managed by somebody else, who reports what leaves"
    elif len(ours) > 1:
        words = "the package does not say which distribution centre it left, and order 5 has parts in "
        words += ", ".join(map(str, ours))
    else:
        words = ""
    wanted = SETTINGS.model_copy(update={"externally_managed_centers": theirs})
    assert said(check_order, package, OrderStanding.model_validate_json(json.dumps(order)), wanted) == words
