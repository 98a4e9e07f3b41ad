"""Fields: total, deterministic, lengths kept, required honoured, and each value says where it comes from."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.mapping import FieldRule, FieldRules, MappedField, compiled
from crossdock.mapping.fields import CUSTOM

ROUNDS = settings(deadline=None, print_blob=True)

TARGETS = ("notes", "tags", "source", "area", "custom_fields.CustomField7", "custom_fields.po number")
texts = st.text(max_size=12) | st.sampled_from(("", " ", "é" * 9, "e\u0301" * 6, "👩‍👩‍👧" * 3, "\u0301\u0301\u0301"))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)
rules = st.builds(
    FieldRule,
    target=st.sampled_from(TARGETS),
    source=st.sampled_from(("given", "given.x", "given[0]", "upper(given)", "join(', ', given)")).map(compiled),
    default=texts,
    required=st.booleans(),
    max_length=st.none() | st.integers(1, 8),
    cut=st.booleans(),
)


def mapped(rule: FieldRule, given: Any) -> MappedField:
    (field,) = FieldRules((rule,)).map_fields({"given": given}).fields
    return field


def a_rule(target: str = "notes", expression: str = "given", **more: Any) -> FieldRule:
    return FieldRule(target, compiled(expression), **more)


@ROUNDS
@given(rules, values)
def test_every_rule_has_one_answer_for_every_order(rule: FieldRule, given: Any) -> None:
    field = mapped(rule, given)
    assert field == mapped(rule, given)
    assert field.target == rule.target
    assert field.because or field.flaw
    assert field.target == "tags" or len(field.texts) <= 1


@ROUNDS
@given(rules, values)
def test_a_value_without_a_flaw_fits(rule: FieldRule, given: Any) -> None:
    field = mapped(rule, given)
    if not field.flaw and rule.max_length is not None:
        assert len(field.text) <= rule.max_length
    if rule.cut:
        assert "characters, and" not in field.flaw


@ROUNDS
@given(rules, values)
def test_a_required_field_has_a_value_or_a_flaw(rule: FieldRule, given: Any) -> None:
    field = mapped(rule, given)
    if rule.required and not field.flaw:
        assert field.text


@ROUNDS
@given(rules, values)
def test_what_a_rule_gave_it_gives_again(rule: FieldRule, given: Any) -> None:
    """What stands in the warehouse's order, mapped once more, stays as it is."""
    field = mapped(rule, given)
    again = FieldRule(rule.target, compiled("given"), max_length=rule.max_length, cut=rule.cut)
    if field.texts and not field.flaw and all(one.strip() for one in field.texts):
        assert mapped(again, list(field.texts)).texts == field.texts


@ROUNDS
@given(texts.filter(str.strip), st.integers(1, 12))
def test_a_cut_text_is_the_beginning_of_the_text(text: str, length: int) -> None:
    field = mapped(a_rule(max_length=length, cut=True), text)
    assert field.text
    assert text.startswith(field.text)
    rest = text[len(field.text) :]
    if rest and unicodedata.combining(rest[0]):
        assert all(unicodedata.combining(one) or one in "\u200d\ufe0e\ufe0f" for one in text[1 : len(field.text)])


VALUES = {
    "text": ("as it is", ("as it is",)),
    "list": (["a", "b"], ("a, b",)),
    "nested": ([["a"], None, "", ["b", 2]], ("a, b, 2",)),
    "number": (3, ("3",)),
    "decimal": (12.5, ("12.5",)),
    "yes": (True, ("yes",)),
    "no": (False, ("no",)),
    "zero": (0, ("0",)),
    "nothing": (None, ()),
    "empty": ("", ()),
    "blank": (" \t", ()),
    "empty list": ([], ()),
}


@pytest.mark.parametrize("kind", VALUES)
def test_every_value_becomes_text(kind: str) -> None:
    given, texts = VALUES[kind]
    assert mapped(a_rule(), given).texts == texts


def test_tags_stay_several() -> None:
    assert mapped(a_rule("tags"), ["vip", "", "gift"]).texts == ("vip", "gift")
    assert mapped(a_rule("tags"), "vip").texts == ("vip",)


def test_tags_are_cut_tag_by_tag() -> None:
    assert mapped(a_rule("tags", max_length=10, cut=True), ["vip", "gift", "red"]).texts == ("vip", "gift")
    assert mapped(a_rule("tags", max_length=2, cut=True), ["vip", "gift"]).texts == ("vi",)


def test_a_character_is_not_cut_apart() -> None:
    assert mapped(a_rule(max_length=3, cut=True), "abe\u0301").text == "ab"
    assert mapped(a_rule(max_length=4, cut=True), "ab👩‍👧").text == "ab"


def test_an_object_is_no_text_and_its_fields_are_named() -> None:
    flaw = mapped(a_rule(), {"amount": "1", "currency": "USD"}).flaw
    assert flaw == "notes: `given` gives an object; name one of its fields: amount, currency"


def test_an_expression_that_is_no_value_is_no_text() -> None:
    assert mapped(a_rule(expression="&given"), "x").flaw == "notes: `&given` gives no text"


def test_a_missing_value_takes_the_default_and_says_so() -> None:
    field = mapped(a_rule("source", default="web"), None)
    assert (field.text, field.because, field.flaw) == ("web", "default, since `given` gives nothing", "")


def test_a_missing_value_that_is_required_is_a_flaw() -> None:
    assert mapped(a_rule(required=True), " ").flaw == "notes has no value: `given` gives nothing"
    assert mapped(a_rule(required=True, default="-"), " ").flaw == ""


def test_a_value_that_is_too_long_is_a_flaw_unless_it_is_to_be_cut() -> None:
    assert mapped(a_rule(max_length=3), "abcd").flaw == "notes has 4 characters, and 3 fit"
    cut = mapped(a_rule(max_length=3, cut=True), "abcd")
    assert (cut.text, cut.flaw, cut.because) == ("abc", "", "`given`, cut from 4 to 3 characters")


def test_an_expression_that_cannot_be_worked_out_is_a_flaw_even_with_a_default() -> None:
    flaw = mapped(a_rule(expression="upper(given)", default="-"), 3).flaw
    assert flaw == "notes: `upper(given)` cannot be worked out: upper() takes text or nothing, and was given a number"


def test_custom_fields_go_by_their_names() -> None:
    given = FieldRules((a_rule(f"{CUSTOM}po"), a_rule(f"{CUSTOM}none", "missing"))).map_fields({"given": "7"})
    assert given.custom_fields == {"po": "7", "none": ""}
    assert FieldRules((a_rule(), a_rule("source", "other"))).reads == {"given", "other"}
