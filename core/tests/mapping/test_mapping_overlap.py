"""Whether two patterns can mean the same text: a witness is a text that fits both, and none is overlooked."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from crossdock.mapping.overlap import common_text
from crossdock.mapping.ship_methods import fits

PATTERNS = st.text(st.sampled_from("abA*?"), max_size=5)
SHORT_TEXTS = ["".join(letters) for length in range(6) for letters in product("ab", repeat=length)]


@given(PATTERNS, PATTERNS)
def test_a_common_text_fits_both(one: str, other: str) -> None:
    text = common_text(one, other)
    if text is not None:
        assert fits(one, text)
        assert fits(other, text)


@given(PATTERNS, PATTERNS)
def test_where_there_is_none_no_text_fits_both(one: str, other: str) -> None:
    if common_text(one, other) is None:
        assert not [text for text in SHORT_TEXTS if fits(one, text) and fits(other, text)]


@given(PATTERNS, PATTERNS)
def test_it_does_not_matter_which_is_named_first(one: str, other: str) -> None:
    assert (common_text(one, other) is None) == (common_text(other, one) is None)


def test_patterns_that_cross_meet_in_the_middle() -> None:
    assert common_text("ACME-*", "*-BULK") == "acme-bulk"
    assert common_text("ACME-*", "BOLT-*") is None
    assert common_text("MAIN", "main") == "main"
