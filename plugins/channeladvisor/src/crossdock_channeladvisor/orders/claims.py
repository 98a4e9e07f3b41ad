"""Claim by fulfillment: a mark of ours on each part of an order, which everybody sees at the cart; pure.

A fulfillment goes from a claimable status (New) to Pending with our order number, and to Complete once it is shipped.
Every change says `"DeliveryStatus": "NoChange"`: a change that leaves it out ships the goods (documented).
"""

from crossdock import Rejected
from crossdock_channeladvisor.models import VendorDocument, VendorFulfillment, VendorOrder
from crossdock_channeladvisor.orders.parts import is_to_ship
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

CLAIMED = "Pending"
COMPLETE = "Complete"


class ClaimChange(VendorDocument):
    """What a fulfillment is told about our claim, and nothing else."""

    delivery_status: str = "NoChange"
    external_fulfillment_status: str
    external_fulfillment_number: str | None = None


def fulfillment_url(fulfillment: VendorFulfillment) -> str:
    """Where a fulfillment is changed."""
    return f"/v1/Fulfillments({fulfillment.id})"


def status_patch(status: str, number: str | None = None) -> bytes:
    """Another status and perhaps our order number; without one, what stands there stays."""
    change = ClaimChange(external_fulfillment_status=status, external_fulfillment_number=number)
    return change.model_dump_json(by_alias=True, exclude_none=True).encode()


def free_patch(settings: ChannelAdvisorSettings) -> bytes:
    """Ours no more: free to take again, without a number."""
    return ClaimChange(external_fulfillment_status=settings.claimable[0]).model_dump_json(by_alias=True).encode()


def to_claim(order: VendorOrder, number: str, settings: ChannelAdvisorSettings) -> list[VendorFulfillment]:
    """The parts of ours that are free to take; raises `Rejected` when somebody else holds one of them."""
    if part := taken_by_others(order, number, settings):
        raise Rejected(
            f"fulfillment {part.id} of order {order.id} {holder_of(part, settings)}; ours would be '{number}': find "
            "out which system ships it before both do"
        )
    return [part for part in _to_ship(order, settings) if part.external_fulfillment_status in settings.claimable]


def taken_by_others(order: VendorOrder, number: str, settings: ChannelAdvisorSettings) -> VendorFulfillment | None:
    """A part of ours that is still to ship, is not free to take and does not bear our number."""
    for part in _to_ship(order, settings):
        if part.external_fulfillment_status not in settings.claimable and part.external_fulfillment_number != number:
            return part
    return None


def holder_of(part: VendorFulfillment, settings: ChannelAdvisorSettings) -> str:
    """What a part that is not free to take says of who holds it."""
    status, number = part.external_fulfillment_status, part.external_fulfillment_number
    if not status:
        free = " and ".join(settings.claimable)
        return f"has no ExternalFulfillmentStatus, and `claimable` names only {free} as free to take"
    return f"is taken: {status} as '{number}'" if number else f"is taken: {status}, and does not say by whom"


def to_free(order: VendorOrder, number: str, settings: ChannelAdvisorSettings) -> list[VendorFulfillment]:
    """The parts that bear our claim and are not shipped yet."""
    ours = (part for part in _to_ship(order, settings) if part.external_fulfillment_number == number)
    return [part for part in ours if part.external_fulfillment_status == CLAIMED]


def is_claimed(order: VendorOrder, number: str, settings: ChannelAdvisorSettings) -> bool:
    """Whether every part of ours that is still to ship bears our claim, or one that has left does."""
    open_parts = _to_ship(order, settings)
    if not open_parts:
        return any(part.external_fulfillment_number == number for part in order.fulfillments or ())
    free = any(part.external_fulfillment_status in settings.claimable for part in open_parts)
    return not free and taken_by_others(order, number, settings) is None


def _to_ship(order: VendorOrder, settings: ChannelAdvisorSettings) -> list[VendorFulfillment]:
    return [part for part in order.fulfillments or () if is_to_ship(part, settings)]
