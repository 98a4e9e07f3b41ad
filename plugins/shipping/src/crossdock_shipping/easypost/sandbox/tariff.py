"""What carriers offer, and the numbers that they give to parcels."""

from decimal import Decimal
from typing import Any

CENT = Decimal("0.01")
HEAVIEST = {"USPS": 1120.0, "UPS": 2400.0}
"""Ounces: 70 and 150 pounds."""
_SERVICES = {
    "USPS": (
        ("GroundAdvantage", "5.10", "0.060", 3),
        ("Priority", "6.40", "0.065", 2),
        ("Express", "28.00", "0.390", 1),
    ),
    "UPS": (("Ground", "8.20", "0.050", 4), ("2ndDayAir", "17.30", "0.110", 2), ("NextDayAir", "39.90", "0.210", 1)),
}
_ABROAD = {
    "USPS": (
        ("FirstClassPackageInternationalService", "14.25", "0.150", 14),
        ("ExpressMailInternational", "52", "0.4", 5),
    ),
    "UPS": (("UPSStandard", "22.80", "0.120", 6), ("ExpressSaver", "61.50", "0.450", 3)),
}


def offers(carrier: str, ounces: float, *, abroad: bool, with_customs: bool) -> tuple[list[dict[str, Any]], str]:
    """The offers of one carrier, as parts of a rate, and why there is none."""
    if ounces > HEAVIEST[carrier]:
        return [], f"The weight exceeds the limit of {HEAVIEST[carrier] / 16:g} pounds."
    if abroad and not with_customs:
        return [], "Customs information is required for international shipments."
    services = (_ABROAD if abroad else _SERVICES)[carrier]
    return [_offer(carrier, ounces, *service) for service in services], ""


def _offer(carrier: str, ounces: float, service: str, base: str, per_ounce: str, days: int) -> dict[str, Any]:
    cost = (Decimal(base) + Decimal(per_ounce) * Decimal(str(ounces))).quantize(CENT)
    return {"carrier": carrier, "service": service, "rate": str(cost), "currency": "USD", "delivery_days": days}


def tracking_code(carrier: str, number: int) -> str:
    """A number with the right check digit."""
    return _ups(number) if carrier == "UPS" else _usps(number)


def _usps(number: int) -> str:
    digits = f"940011{number:015d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def _ups(number: int) -> str:
    body = f"999AA1{number:09d}"[:15]
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in body]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return f"1Z{body}{-total % 10}"
