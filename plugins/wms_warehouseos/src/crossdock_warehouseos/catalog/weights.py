"""Weights from one unit to another, exactly."""

from decimal import Context, Decimal

from crossdock.domain import GRAMS
from crossdock.domain import WeightUnit as Unit
from crossdock_warehouseos.settings import WeightUnit

_SPELLINGS: dict[str, WeightUnit] = {
    "g": "g", "gram": "g", "grams": "g",
    "kg": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg",
    "oz": "oz", "ounce": "oz", "ounces": "oz",
    "lb": "lb", "lbs": "lb", "pound": "lb", "pounds": "lb",
}  # fmt: skip

_DIGITS = Context(prec=15)
"""As many digits as a JSON number keeps in every language."""


def unit_of(text: str) -> WeightUnit | None:
    """The unit that a source names so, or None."""
    return _SPELLINGS.get(text.strip().lower())


def converted(weight: Decimal, source: WeightUnit, target: WeightUnit) -> Decimal:
    """The same weight in another unit, to 15 digits; untouched where the unit is the same."""
    if source == target:
        return weight
    # The product is whole before it is divided, so that only the last step rounds.
    whole = Context(prec=len(weight.as_tuple().digits) + 12).multiply(weight, GRAMS[Unit(source)])
    return _DIGITS.divide(whole, GRAMS[Unit(target)])
