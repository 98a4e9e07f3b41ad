"""What carriers offer for a box: those offers that can be bought and followed."""

from crossdock.domain import ShippingRate
from crossdock_shipping.shipstation.models import MoneyTold, RatesTold, RateTold


def offers_of(told: RatesTold, package_code: str) -> tuple[tuple[ShippingRate, ...], tuple[str, ...]]:
    """The rates that can be bought for this kind of box, and the words about the others; pure."""
    rates, words = [], [fault.message for fault in told.errors if fault.message]
    for offer in told.rates:
        obstacle = _obstacle(offer, package_code)
        if obstacle:
            words.append(f"{offer.carrier_code} {offer.service_code}: {obstacle}")
        else:
            rates.append(_rate(offer))
    words += [
        f"{offer.carrier_code} {offer.service_code}: {said}" for offer in told.invalid_rates if (said := _said(offer))
    ]
    return tuple(rates), tuple(words)


def _obstacle(offer: RateTold, package_code: str) -> str:
    """Why an offer cannot be taken, or empty."""
    if offer.validation_status == "invalid" or offer.error_messages:
        return _said(offer) or "not valid"
    if not offer.trackable:
        return "cannot be tracked"
    if offer.package_type and offer.package_type != package_code:
        return f"is for a {offer.package_type}"
    currencies = {part.currency.upper() for part in _parts(offer)}
    return f"asks in several currencies: {', '.join(sorted(currencies))}" if len(currencies) > 1 else ""


def _rate(offer: RateTold) -> ShippingRate:
    first, *others = (part.money() for part in _parts(offer))
    return ShippingRate(
        ref=offer.rate_id,
        carrier=offer.carrier_code,
        service_level=offer.service_code,
        cost=sum(others, start=first),
        days=offer.delivery_days,
    )


def _parts(offer: RateTold) -> list[MoneyTold]:
    """The amounts that make the price together; those of 0 may be told in any currency."""
    parts = offer.insurance_amount, offer.confirmation_amount, offer.other_amount
    return [offer.shipping_amount, *(part for part in parts if part is not None and part.amount)]


def _said(offer: RateTold) -> str:
    return "; ".join(offer.error_messages)
