"""What many problems have in common: laws of the mask, and the words for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.engine.causes import LONGEST, cause_of, for_all, for_one
from crossdock.engine.closing import ENDINGS
from crossdock.engine.problems import Code

from .strategies import ROUNDS

REASONS = st.one_of(
    st.text(max_size=60),
    st.text("ab12 '\"`#,.-_/:AND", max_size=40),
    st.lists(
        st.sampled_from(["no such SKU", "'A-1'", '"x y"', "12", "SKU-7", "AB-CD", ", ", " and ", "line1", "it's"])
    ).map(" ".join),
)
TEMPLATES = st.sampled_from(
    (
        "item {} is not known",
        "line 3 ({}): the item does not exist (code 1042)",
        'HTTP 422: {} of "{}" cannot be shipped',
        "{}",
        "the order {}, sent before, is locked",
    )
)
NUMBERS = st.integers(0, 10**9).map(str)
QUOTED = st.text("abc XYZ-._é", max_size=9).map("'{}'".format)
SKUS = st.from_regex(r"[A-Z]{1,4}-[0-9]{1,6}(-[a-z]{1,3})?", fullmatch=True)


@ROUNDS
@given(REASONS)
def test_masking_twice_is_masking_once(reason: str) -> None:
    once = cause_of(reason)
    assert cause_of(once) == once
    assert len(once) <= LONGEST


@ROUNDS
@given(TEMPLATES, st.one_of(*(st.tuples(kind, kind) for kind in (NUMBERS, QUOTED, SKUS))))
def test_texts_that_differ_only_in_numbers_quotes_or_skus_have_one_cause(template: str, names: tuple[str, str]) -> None:
    one, other = (template.replace("{}", name) for name in names)
    assert cause_of(one) == cause_of(other)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("NOT-IN-ANY-WAREHOUSE is no item there; add it there", "# is no item there; add it there"),
        ("items 1, 2 and 3 are unknown to UPS", "items # are unknown to UPS"),
        ("its address has no line1, no city", "its address has no line1, no city"),
        ("it doesn't know what it isn't told", "it doesn't know what it isn't told"),
        ("  two\nlines ", "two lines"),
    ],
)
def test_what_is_of_one_case_only_is_masked_and_words_stay(reason: str, cause: str) -> None:
    assert cause_of(reason) == cause


def test_what_to_do_about_one_is_told_for_all() -> None:
    action = "`crossdock orders replace N-12` takes it back; else `crossdock problems retry`, or `problems resolve`."
    told = for_all(action, 17)
    assert "`crossdock orders replace NUMBER`" in told
    assert "`crossdock problems retry --like 17`" in told
    assert for_all("`crossdock orders edit` corrects it", 17) == "`crossdock orders edit` corrects it"
    assert for_all("`crossdock orders list --state held`", 17) == "`crossdock orders list --state held`"


def test_commands_of_a_problem_can_be_typed_as_they_stand() -> None:
    action = "Look with `crossdock problems show`; then `crossdock problems retry`, or `crossdock problems resolve`."
    told = for_one(action, 17)
    assert told == action.replace("`;", " 17`;").replace("`,", " 17`,").replace("`.", " 17`.")
    assert for_one(told, 17) == told
    assert for_all(told, 17) == told.replace("retry", "retry --like").replace("resolve", "resolve --like")


def test_every_kind_of_problem_says_how_it_ends() -> None:
    assert set(ENDINGS) == set(Code)
