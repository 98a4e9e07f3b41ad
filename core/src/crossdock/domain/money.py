"""Amounts of money: exact, and never without their currency."""

from decimal import Decimal

from crossdock.domain.document import Document


class Money(Document):
    """An exact amount in one currency (ISO 4217 code, as the cart gave it)."""

    amount: Decimal
    currency: str

    @property
    def in_digits(self) -> str:
        """The amount as people write it: 9.40 for 9.4, and 9 for 9."""
        return f"{self.amount:.2f}" if self.amount.as_tuple().exponent == -1 else f"{self.amount}"

    def __str__(self) -> str:
        return f"{self.in_digits} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(amount=self.amount + other.amount, currency=self.currency)
