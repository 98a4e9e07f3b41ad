"""Amounts of money: exact, and never without their currency."""

from decimal import Decimal

from crossdock.domain.document import Document


class Money(Document):
    """An exact amount in one currency (ISO 4217 code, as the cart gave it)."""

    amount: Decimal
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(amount=self.amount + other.amount, currency=self.currency)
