"""The cancellations and refunds that an order shows, translated; pure."""

from crossdock.domain import AdjustmentKind, RecordedAdjustment
from crossdock_channeladvisor.models import VendorAdjustment, VendorItem, VendorOrder
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


def is_cancelled(item: VendorItem, by: frozenset[str] | None = None) -> bool:
    """Whether cancellations that were not refused cover all units of a line; `by` limits who began them."""
    counted = (one for one in item.adjustments or () if _counts(one, by))
    return sum(item.quantity if one.quantity is None else one.quantity for one in counted) >= item.quantity


def is_cancelled_by_buyer(order: VendorOrder) -> bool:
    """Whether the buyer or the marketplace has asked to cancel the whole order, and nobody has refused."""
    if any(_counts(one, BY_BUYER) for one in order.adjustments or ()):
        return True
    return bool(order.items) and all(is_cancelled(item, BY_BUYER) for item in order.items or ())


def _counts(adjustment: VendorAdjustment, by: frozenset[str] | None) -> bool:
    if ADJUSTMENT_KIND.get(adjustment.type or "") is not AdjustmentKind.CANCELLATION:
        return False
    return adjustment.request_status not in REFUSED_REQUESTS and (by is None or adjustment.created_source in by)
