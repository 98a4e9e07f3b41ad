"""Keys that must come out the same tomorrow, on another machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import digest, number_of


@given(st.text())
def test_the_number_of_a_key_fits_a_signed_64_bit_column(key: str) -> None:
    assert 0 <= number_of(key) < 2**63


@given(st.sets(st.text(), max_size=50))
def test_different_keys_have_different_numbers(keys: set[str]) -> None:
    assert len({number_of(key) for key in keys}) == len(keys)


@pytest.mark.parametrize(
    ("key", "number"),
    [("N1/box-1", 3374976542398534018), ("", 8238016292129134938), ("заказ 7", 8036204545884085330)],
)
def test_a_key_has_the_number_it_had_when_it_was_first_written(key: str, number: int) -> None:
    assert number_of(key) == number


def test_a_digest_tells_one_byte_from_none() -> None:
    assert digest(b"").hex() == "cae66941d9efbd404e4d88758ea67670"
    assert digest(b"{}").hex() == "2afb9b83f9314e5d029766197f539792"


@given(st.binary(), st.binary())
def test_records_have_the_same_digest_only_when_they_are_the_same(one: bytes, other: bytes) -> None:
    assert (digest(one) == digest(other)) == (one == other)
