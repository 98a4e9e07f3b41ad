"""What happened to an order between two looks at it, in the words of webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from crossdock_channeladvisor.sandbox.documents import Fulfillment, Order

EventType = Literal[
    "PaymentCleared",
    "SellerManagedOrderPaymentCleared",
    "SellerFulfillmentStatusChanged",
    "ExternalFulfillmentStatusChanged",
    "CancellationStarted",
    "CancellationFinalized",
    "RefundStarted",
    "RefundFinalized",
    "Unknown",
]
_FINAL = frozenset({"PostProcessingComplete", "Error"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How an order stands: its payment, the statuses of its fulfillments, its adjustments by kind and status."""

    payment: str | None = None
    managed_by: str | None = None
    deliveries: dict[int, str | None] = field(default_factory=dict)
    externals: dict[int, str | None] = field(default_factory=dict)
    adjustments: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)


def snapshot(order: Order) -> Snapshot:
    """How the order stands now."""
    rows = [*order.Adjustments, *(row for item in order.Items for row in item.Adjustments)]
    return Snapshot(
        order.PaymentStatus,
        order.DistributionCenterTypeRollup,
        {each.ID: each.DeliveryStatus for each in order.Fulfillments},
        {each.ID: each.ExternalFulfillmentStatus for each in order.Fulfillments},
        {row.ID: (row.Type, row.RequestStatus) for row in rows},
    )


_NEW = Fulfillment()


def events_between(before: Snapshot | None, now: Snapshot) -> Iterator[str]:
    """The events that lead from one to the other; to an order that was not there before, only its payment."""
    if now.payment == "Cleared" and (before is None or before.payment != "Cleared"):
        yield "PaymentCleared"
        if now.managed_by == "SellerManaged":
            yield "SellerManagedOrderPaymentCleared"
    if before is None:
        return
    if _differ(before.deliveries, now.deliveries, _NEW.DeliveryStatus):
        yield "SellerFulfillmentStatusChanged"
    if _differ(before.externals, now.externals, _NEW.ExternalFulfillmentStatus):
        yield "ExternalFulfillmentStatusChanged"
    for row_id, (kind, status) in now.adjustments.items():
        was = before.adjustments.get(row_id, (kind, None))[1]
        if was is None:
            yield f"{kind}Started"
        if status in _FINAL and was not in _FINAL:
            yield f"{kind}Finalized"


def _differ(before: dict[int, str | None], now: dict[int, str | None], new: str | None) -> bool:
    return any(before.get(row_id, new) != status for row_id, status in now.items())
