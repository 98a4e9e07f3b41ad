"""What ChannelAdvisor is asked when units are cancelled or refunded, and when it is better not asked; pure.

One call has two meanings there: units that have not left are cancelled, units that have left are refunded. What is
asked for here is one of the two, so an order whose state would turn it into the other is refused.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from crossdock import AnswerState, FinalAnswer, Rejected
from crossdock.domain import AdjustedAmounts, AdjustmentKind, AdjustmentReason, OrderAdjustment
from crossdock_channeladvisor.errors import check_order_id
from crossdock_channeladvisor.models import VendorAdjustment, VendorDocument
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.marketplace import ADJUSTMENT, answer_of
from crossdock_channeladvisor.shipments.standing import OrderStanding, in_units

REASONS = {
    AdjustmentReason.GENERAL: "GeneralAdjustment",
    AdjustmentReason.NOT_AVAILABLE: "ItemNotAvailable",
    AdjustmentReason.RETURNED: "CustomerReturnedItem",
    AdjustmentReason.COULD_NOT_SHIP: "CouldNotShip",
    AdjustmentReason.ALTERNATE_ITEM: "AlternateItemProvided",
    AdjustmentReason.BUYER_CANCELLED: "BuyerCancelled",
    AdjustmentReason.EXCHANGE: "CustomerExchange",
    AdjustmentReason.NOT_RECEIVED: "MerchandiseNotReceived",
    AdjustmentReason.UNDELIVERABLE: "ShippingAddressUndeliverable",
}
"""ChannelAdvisor's words (metadata), which it translates into those of each site."""

_json = msgspec.json.Encoder(decimal_format="number")


class AdjustCall(VendorDocument):
    """What both calls have in common; nothing of it is left to a default, so that no body is ever empty.

    An empty body would cancel or refund everything.
    """

    seller_adjustment_id: str
    reason: str
    restock: bool
    refund_only: bool | None = None
    prevent_site_processing: bool | None = None


class OrderAdjustCall(AdjustCall):
    """The body of an order's Adjust action; without an amount it concerns all of the order's money."""

    adjustment_amount: Decimal | None = None


class LineAdjustCall(AdjustCall):
    """The body of a line's Adjust action; without a quantity it concerns all units of the line."""

    quantity: int | None = None
    item_adjustment: Decimal | None = None
    tax_adjustment: Decimal | None = None
    shipping_adjustment: Decimal | None = None
    shipping_tax_adjustment: Decimal | None = None
    gift_wrap_adjustment: Decimal | None = None
    gift_wrap_tax_adjustment: Decimal | None = None
    recycling_fee_adjustment: Decimal | None = None
    force_calculate_omitted_amounts: bool | None = None


def check_request(adjustment: OrderAdjustment) -> None:
    """Refuse what ChannelAdvisor could not be told, or would take for something else."""
    if adjustment.kind is AdjustmentKind.UNKNOWN:
        raise Rejected("say whether units are to be cancelled or money is to be refunded")
    if not adjustment.key:
        raise Rejected("an adjustment without a key could not be found again after a lost reply")
    check_order_id(adjustment.order_external_id)
    if adjustment.quantity is not None and not adjustment.line_id:
        raise Rejected(f"name the line that {in_units(adjustment.quantity)} should be of, or leave the quantity out")
    given = _given(adjustment.amounts)
    negative = [name for name, amount in given.items() if amount < 0]
    if negative:
        raise Rejected(f"the amount for {' and '.join(negative)} is negative: an adjustment can only pay back")
    if given and not adjustment.line_id:
        _check_order_amounts(given)


def _check_order_amounts(given: dict[str, Decimal]) -> None:
    missing = [name for name in AdjustedAmounts.model_fields if name not in given]
    if missing:
        raise Rejected(
            "for a whole order ChannelAdvisor takes one amount and works nothing out beside it: give the amounts for "
            f"{', '.join(missing)} too (0 for nothing), or adjust line by line"
        )
    if not sum(given.values()):
        raise Rejected("all amounts are 0, which ChannelAdvisor may take for the whole order: there is nothing to do")


def seller_adjustment_id(adjustment: OrderAdjustment, settings: ChannelAdvisorSettings) -> str:
    """What the adjustment is called at the cart."""
    return str(adjustment.number) if settings.seller_adjustment_id == "number" else adjustment.key


def adjust_url(adjustment: OrderAdjustment) -> str:
    """Where the adjustment is sent to: the order, or the one line."""
    if adjustment.line_id:
        return f"/v1/OrderItems({adjustment.line_id})/Adjust"
    return f"/v1/Orders({adjustment.order_external_id})/Adjust"


def adjust_call(adjustment: OrderAdjustment, settings: ChannelAdvisorSettings) -> bytes:
    """The body that asks for one cancellation or refund; unlike that of Ship it is not wrapped."""
    call = _line_call(adjustment, settings) if adjustment.line_id else _order_call(adjustment, settings)
    return _json.encode(call.model_dump(by_alias=True, exclude_none=True))


def _order_call(adjustment: OrderAdjustment, settings: ChannelAdvisorSettings) -> AdjustCall:
    given = _given(adjustment.amounts)
    amount = sum(given.values(), Decimal(0)) if given else None
    return OrderAdjustCall(adjustment_amount=amount, **_shared(adjustment, settings).model_dump())


def _line_call(adjustment: OrderAdjustment, settings: ChannelAdvisorSettings) -> AdjustCall:
    given = _given(adjustment.amounts)
    some_left_out = 0 < len(given) < len(AdjustedAmounts.model_fields)
    return LineAdjustCall(
        quantity=adjustment.quantity,
        force_calculate_omitted_amounts=some_left_out or None,
        **{f"{name}_adjustment": amount for name, amount in given.items()},
        **_shared(adjustment, settings).model_dump(),
    )


def _shared(adjustment: OrderAdjustment, settings: ChannelAdvisorSettings) -> AdjustCall:
    return AdjustCall(
        seller_adjustment_id=seller_adjustment_id(adjustment, settings),
        reason=REASONS[adjustment.reason],
        restock=adjustment.restock,
        refund_only=adjustment.kind is AdjustmentKind.REFUND or None,
        prevent_site_processing=not adjustment.tell_marketplace or None,
    )


def _given(amounts: AdjustedAmounts | None) -> dict[str, Decimal]:
    """The amounts that somebody decided, 0 among them; the others are left to the cart."""
    every = amounts.model_dump() if amounts else {}
    return {name: amount for name, amount in every.items() if amount is not None}


def find_rows(order: OrderStanding, adjustment: OrderAdjustment) -> Sequence[VendorAdjustment]:
    """The rows that an adjustment has made, of the order and of its lines: those that bear our id.

    Which rows an adjustment of a whole order makes is not documented, so all are looked through.
    """
    names = {adjustment.key, str(adjustment.number)}
    lines = [row for item in order.items or () for row in item.adjustments or ()]
    return [row for row in (*(order.adjustments or ()), *lines) if row.seller_adjustment_id in names]


def adjustment_answer(order: OrderStanding, adjustment: OrderAdjustment) -> FinalAnswer | None:
    """What the marketplace has made of an adjustment so far, or None if the cart does not show it."""
    rows = find_rows(order, adjustment)
    if not rows:
        return None
    answer = answer_of((row.request_status or "" for row in rows), ADJUSTMENT, (row.comment or "" for row in rows))
    if answer.state is AnswerState.PENDING and not adjustment.tell_marketplace:
        return FinalAnswer(AnswerState.ACCEPTED, f"{answer.words} (the marketplace is not told)".strip())
    return answer
