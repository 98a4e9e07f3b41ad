"""The cancellations and refunds that an order shows, translated; pure."""

from collections.abc import Callable

from crossdock import AnswerState
from crossdock.domain import AdjustmentKind, RecordedAdjustment
from crossdock_channeladvisor.models import VendorAdjustment, VendorItem, VendorOrder
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.marketplace import ADJUSTMENT
from crossdock_channeladvisor.statuses import ADJUSTMENT_KIND, BY_BUYER, REFUSED_REQUESTS


def adjustments_of(order: VendorOrder) -> tuple[RecordedAdjustment, ...]:
    """Every adjustment of the order and of its lines, as far as the record shows them."""
    of_order = [_recorded(one) for one in order.adjustments or ()]
    of_lines = [_recorded(one, str(item.id)) for item in order.items or () for one in item.adjustments or ()]
    return (*of_order, *of_lines)


def _recorded(adjustment: VendorAdjustment, line_id: str = "") -> RecordedAdjustment:
    words = {
        "type": adjustment.type,
        "reason": adjustment.reason,
        "request": adjustment.request_status,
        "source": adjustment.created_source,
    }
    return RecordedAdjustment(
        external_id="" if adjustment.id is None else str(adjustment.id),
        key=adjustment.seller_adjustment_id or "",
        kind=ADJUSTMENT_KIND.get(adjustment.type or "", AdjustmentKind.UNKNOWN),
        line_id=line_id,
        quantity=adjustment.quantity if line_id else None,
        by_buyer=adjustment.created_source in BY_BUYER,
        refused=adjustment.request_status in REFUSED_REQUESTS,
        source_status={name: word for name, word in words.items() if word},
    )


def cancelled_units(item: VendorItem, order: VendorOrder) -> int:
    """How many units of a line are cancelled or on their way to be, as far as nobody has refused it."""
    return _units_of(item, order, _cancels)


def missing_units(item: VendorItem, order: VendorOrder, settings: ChannelAdvisorSettings) -> int:
    """How many units of a line may be in no fulfillment: those that are cancelled, or that we wanted to cancel.

    A marketplace's refusal of what we asked for ourselves may leave the units out of the fulfillments. The engine holds
    such an order until a person lets it go.
    """
    return _units_of(
        item, order, lambda one: _cancels(one) or (_is_cancellation(one) and _is_ours(one, order, settings))
    )


def cancelled_by(order: VendorOrder, settings: ChannelAdvisorSettings) -> str:
    """Who has cancelled every unit, in ChannelAdvisor's words for them; empty where units are left.

    What we have asked for ourselves counts once the marketplace has agreed: until then the engine holds the order.
    """
    of_order = [one for one in order.adjustments or () if _is_decided(one, order, settings)]
    of_lines = [
        (item, [one for one in item.adjustments or () if _is_decided(one, order, settings)])
        for item in order.items or ()
    ]
    if of_order or (of_lines and all(_units(rows, item) >= item.quantity for item, rows in of_lines)):
        rows = of_order or [one for _, rows in of_lines for one in rows]
        return ", ".join(sorted({one.created_source or "somebody who is not named" for one in rows}))
    return ""


def _units_of(item: VendorItem, order: VendorOrder, counts: Callable[[VendorAdjustment], bool]) -> int:
    if any(counts(one) for one in order.adjustments or ()):
        return item.quantity
    return min(_units([one for one in item.adjustments or () if counts(one)], item), item.quantity)


def _units(rows: list[VendorAdjustment], item: VendorItem) -> int:
    """The units of a line that these cancel; one without a quantity cancels all of them."""
    return sum(item.quantity if one.quantity is None else one.quantity for one in rows)


def _is_cancellation(adjustment: VendorAdjustment) -> bool:
    return ADJUSTMENT_KIND.get(adjustment.type or "") is AdjustmentKind.CANCELLATION


def _cancels(adjustment: VendorAdjustment) -> bool:
    return _is_cancellation(adjustment) and adjustment.request_status not in REFUSED_REQUESTS


def _is_decided(adjustment: VendorAdjustment, order: VendorOrder, settings: ChannelAdvisorSettings) -> bool:
    """Whether a cancellation stands by itself: somebody else's, or one of ours that was accepted."""
    accepted = ADJUSTMENT.get(adjustment.request_status or "") is AnswerState.ACCEPTED
    return _cancels(adjustment) and (accepted or not _is_ours(adjustment, order, settings))


def _is_ours(adjustment: VendorAdjustment, order: VendorOrder, settings: ChannelAdvisorSettings) -> bool:
    """Whether it bears a name as we give them: a key of ours begins with the order's id, a number is one."""
    name = adjustment.seller_adjustment_id or ""
    if settings.seller_adjustment_id == "number":
        return name.isdecimal()
    return name.startswith(f"{order.id}-")
