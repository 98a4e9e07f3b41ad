"""Whether an order, as it stands, and its site allow a cancellation or refund; pure."""

from collections.abc import Mapping

from crossdock import Rejected
from crossdock.domain import AdjustmentKind, AdjustmentReason, OrderAdjustment, OrderStatus
from crossdock_channeladvisor.adjustments.sites import Site
from crossdock_channeladvisor.shipments.standing import OrderStanding, Units, in_units, units_by_line
from crossdock_channeladvisor.statuses import order_status


def check_standing(adjustment: OrderAdjustment, order: OrderStanding) -> None:
    """Refuse what would come out as the other kind, or as nothing at all."""
    status = order_status(checkout=order.checkout_status or "", shipping=order.shipping_status or "")
    if order.shipping_status == "ThirdPartyManaged":
        raise Rejected(f"order {order.id} is managed by a third party: ChannelAdvisor does not pass on what we ask for")
    cancels = adjustment.kind is AdjustmentKind.CANCELLATION
    if cancels and status is OrderStatus.CANCELLED:
        raise Rejected(f"order {order.id} is cancelled already")
    what, units = _concerned(adjustment, units_by_line(order))
    if cancels:
        _check_cancellation(what, units, adjustment.quantity)
    else:
        _check_refund(what, units, adjustment.quantity)


def _concerned(adjustment: OrderAdjustment, units: Mapping[str, Units]) -> tuple[str, Units]:
    """The units that an adjustment is about, and a name for them."""
    if not adjustment.line_id:
        return f"order {adjustment.order_external_id}", sum(units.values(), Units())
    if adjustment.line_id not in units:
        raise Rejected(f"order {adjustment.order_external_id} has no line {adjustment.line_id}")
    return f"line {adjustment.line_id}", units[adjustment.line_id]


def _check_cancellation(what: str, units: Units, quantity: int | None) -> None:
    if not units.open:
        rather = f": refund what has shipped ({in_units(units.shipped)}) instead" if units.shipped else ""
        raise Rejected(f"nothing of {what} is left to cancel{rather}")
    wanted = units.open + units.shipped if quantity is None else quantity
    if wanted > units.open:
        raise Rejected(
            f"{in_units(wanted)} of {what} cannot be cancelled: {units.open} can, and ChannelAdvisor would refund what "
            f"has shipped ({units.shipped}); cancel at most {units.open}, of single lines, and refund the rest"
        )


def _check_refund(what: str, units: Units, quantity: int | None) -> None:
    if not units.shipped:
        rather = f": cancel what is open ({in_units(units.open)}) instead" if units.open else ""
        raise Rejected(f"nothing of {what} has shipped{rather}")
    wanted = units.open + units.shipped if quantity is None else quantity
    if wanted > units.shipped:
        raise Rejected(
            f"{in_units(wanted)} of {what} cannot be refunded: {units.shipped} can, and the others ({units.open}) "
            f"would be cancelled; refund at most {units.shipped}, of single lines, and cancel the rest"
        )


def check_site(adjustment: OrderAdjustment, site: Site | None, name: str, *, try_unknown: bool) -> None:
    """Refuse what the order's site does not take, or what it does not tell about unless that is to be tried."""
    of_line = bool(adjustment.line_id)
    allowed = site.allows(adjustment.kind, of_line=of_line) if site else None
    if allowed is None and not try_unknown:
        raise Rejected(
            f"ChannelAdvisor does not tell whether {name} takes {_wish(adjustment.kind, of_line=of_line)}, and the "
            "setting `unknown_site` says to refuse then"
        )
    if site and allowed is False:
        raise Rejected(f"{name} does not take {_wish(adjustment.kind, of_line=of_line)}; {_instead(site)}")
    if site:
        _check_reason(adjustment.reason, site, name)


def _instead(site: Site) -> str:
    kinds = (AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND)
    taken = [_wish(kind, of_line=line) for kind in kinds for line in (False, True) if site.allows(kind, of_line=line)]
    return f"it takes {' and '.join(taken)}" if taken else "do it in the marketplace's own pages"


def _wish(kind: AdjustmentKind, *, of_line: bool) -> str:
    return f"{kind}s of {'single lines' if of_line else 'whole orders'}"


def _check_reason(reason: AdjustmentReason, site: Site, name: str) -> None:
    """The general reason is ChannelAdvisor's own default and always tried."""
    reasons = site.reasons()
    if reasons and reason is not AdjustmentReason.GENERAL and reason not in reasons:
        raise Rejected(f"{name} does not take the reason '{reason}'; it takes {', '.join(reasons)}")
