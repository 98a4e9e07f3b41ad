"""Money is exact and never without its currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import Money

cents = st.decimals(-(10**12), 10**12, places=2)


def euros(amount: Decimal | str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


@given(cents, cents, cents)
def test_a_sum_does_not_depend_on_the_order_it_is_added_in(first: Decimal, second: Decimal, third: Decimal) -> None:
    left = euros(first) + euros(second) + euros(third)
    assert left == euros(first) + (euros(third) + euros(second))
    assert left.amount == first + second + third


def test_ten_dimes_are_a_dollar() -> None:
    total = euros("0.00")
    for _ in range(10):
        total += euros("0.10")
    assert total == euros("1.00")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot add USD to EUR"):
        euros("1") + Money(amount=Decimal(1), currency="USD")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**9), max_value=10**9))
def test_an_amount_with_seven_decimals_survives_being_written_down(amount: Decimal) -> None:
    assert Money.model_validate_json(euros(amount).model_dump_json()).amount == amount
