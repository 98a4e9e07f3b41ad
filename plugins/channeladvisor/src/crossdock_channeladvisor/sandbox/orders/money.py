"""What a line costs, what of it was given back, and what so many of its pieces come to.

Promotions are left out of it, and no more than was charged is ever given back (both assumed).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from crossdock_channeladvisor.sandbox.documents import OrderItem

CHARGES = {
    "TaxAdjustment": "TaxPrice",
    "ShippingAdjustment": "ShippingPrice",
    "ShippingTaxAdjustment": "ShippingTaxPrice",
    "GiftWrapAdjustment": "GiftPrice",
    "GiftWrapTaxAdjustment": "GiftTaxPrice",
    "RecyclingFeeAdjustment": "RecyclingFee",
}
"""Which price of a line, each for all its pieces, an amount gives back; `ItemAdjustment` gives back unit prices."""

AMOUNTS = ("ItemAdjustment", *CHARGES)
Amounts = Mapping[str, Decimal]
_CENT = Decimal("0.01")


def exact(number: float | None) -> Decimal:
    """The number as it was written."""
    return Decimal(str(number or 0))


def charged(item: OrderItem) -> Amounts:
    """What the buyer paid for the line."""
    goods = exact(item.UnitPrice) * item.Quantity
    return {"ItemAdjustment": goods, **{amount: exact(getattr(item, price)) for amount, price in CHARGES.items()}}


def left(item: OrderItem) -> Amounts:
    """What of it was not given back yet."""
    back = {name: sum((exact(getattr(row, name)) for row in item.Adjustments), Decimal()) for name in AMOUNTS}
    return {name: amount - back[name] for name, amount in charged(item).items()}


def share(item: OrderItem, units: int) -> Amounts:
    """What so many pieces of the line come to, to the cent."""
    remaining = left(item)
    part = Decimal(units) / item.Quantity if item.Quantity > 0 else Decimal()
    shares = {name: (amount * part).quantize(_CENT, ROUND_HALF_UP) for name, amount in charged(item).items()}
    return {name: min(amount, remaining[name]) for name, amount in shares.items()}
