"""Whose part of an order a fulfillment is, and how it stands; pure."""

from crossdock.domain import ManagedBy
from crossdock_channeladvisor.models import VendorFulfillment, VendorOrder
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.statuses import AMAZON_CENTER, GONE, MANAGED_BY, THIRD_PARTY, VOID, managed_by


class Refused(Exception):
    """Why an order cannot be read; becomes `Unreadable` with the order's id."""


def is_our_center(center: int, settings: ChannelAdvisorSettings) -> bool:
    """Whether we ship from a distribution centre."""
    if center in settings.externally_managed_centers:
        return False
    return not settings.distribution_centers or center in settings.distribution_centers


def is_ours(part: VendorFulfillment, settings: ChannelAdvisorSettings) -> bool:
    """Whether we ship a fulfillment: never one of another's centre, or one that a third party manages."""
    return part.delivery_status not in THIRD_PARTY and is_our_center(part.distribution_center_id, settings)


def has_left(part: VendorFulfillment) -> bool:
    """Whether the cart counts a fulfillment's goods as gone."""
    return part.delivery_status in GONE or part.shipped_date_utc is not None


def is_void(part: VendorFulfillment) -> bool:
    """Whether a fulfillment asks nobody for anything any more."""
    return part.delivery_status in VOID


def is_to_ship(part: VendorFulfillment, settings: ChannelAdvisorSettings) -> bool:
    """Whether a fulfillment is ours and holds goods that are still here."""
    return holds_goods(part) and is_ours(part, settings) and not has_left(part) and not is_void(part)


def holds_goods(part: VendorFulfillment) -> bool:
    """Whether there is anything in a fulfillment."""
    return any(row.quantity for row in part.items or ())


def manager_of(order: VendorOrder, settings: ChannelAdvisorSettings) -> ManagedBy:
    """Who ships the order, by its roll-up and by each of its parts."""
    parts = order.fulfillments or ()
    said = managed_by(rollup=order.distribution_center_type_rollup or "", shipping=order.shipping_status or "")
    if said is ManagedBy.EXTERNAL:
        return said
    if said is ManagedBy.MIXED and parts and all(is_ours(part, settings) for part in parts):
        raise Refused(
            "others ship a part of it, but by the settings every part is ours; add their distribution centre to "
            "`externally_managed_centers` (`crossdock check --connect` names it)"
        )
    live = [is_ours(part, settings) for part in parts if holds_goods(part) and not is_void(part)]
    if not live or all(live):
        return said
    return ManagedBy.MIXED if any(live) else ManagedBy.EXTERNAL


def unsure_of_manager(order: VendorOrder, settings: ChannelAdvisorSettings) -> str:
    """Why it is not certain that what seems ours is ours; empty where roll-up or settings say it.

    The settings say it where they name the centres that are ours. Otherwise every centre is that they do not call
    another's, and a word that nobody knows may mean one of these.
    """
    word = order.distribution_center_type_rollup
    if word in MANAGED_BY or settings.distribution_centers:
        return ""
    said = f"says with a word that is not known who ships it: {word}" if word else "does not say who ships it"
    return f"ChannelAdvisor {said}; name the centres that are ours in `distribution_centers` if it is yours to ship"


def tells_others_apart(settings: ChannelAdvisorSettings) -> bool:
    """Whether the settings know of centres, beside Amazon's, from which others ship."""
    return bool(settings.distribution_centers or {*settings.externally_managed_centers} - {AMAZON_CENTER})
