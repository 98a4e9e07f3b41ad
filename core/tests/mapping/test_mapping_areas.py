"""Areas: the stock of each counts at one place, at none, or is nobody's until a person says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.mapping import AreaRule, Areas, contradictions

ROUNDS = settings(deadline=None, print_blob=True)

names = st.one_of(st.sampled_from(("", "MAIN", "main", "BULK-1", "Straße", "[A]", "a*b")), st.text(max_size=5))
plain = names.filter(lambda name: not set(name) & set("*?"))
patterns = st.one_of(names, st.sampled_from(("*", "?", "BULK*", "*a*", "[", "[!x]*")))
centers = st.sampled_from((None, "0", "-2", "17"))
rules = st.lists(st.builds(AreaRule, area=patterns, center=centers), max_size=6).map(tuple)
wild = st.sampled_from(("*", "?", "BULK*", "*a*", "[!x]*"))
pattern_rules = st.lists(st.builds(AreaRule, area=wild, center=centers), max_size=6)
tables = st.builds(Areas, rules=rules, everywhere=st.none() | st.just("17"))


@ROUNDS
@given(tables, names)
def test_every_area_has_the_same_answer_every_time(table: Areas, area: str) -> None:
    fresh = Areas(table.rules, table.everywhere)
    assert table.count(area) == table.count(area) == fresh.count(area)
    assert table.explain(area)


@ROUNDS
@given(pattern_rules, plain, centers, st.integers(0, 6))
def test_an_exact_rule_wins_wherever_it_stands(
    patterns: list[AreaRule], area: str, center: str | None, position: int
) -> None:
    counted = Areas((*patterns[:position], AreaRule(area, center), *patterns[position:])).count(area)
    assert counted
    assert (counted.center, counted.because) == (center, f"exact rule '{area}'")


@ROUNDS
@given(tables, names)
def test_an_answer_comes_from_a_rule_or_from_the_only_centre(table: Areas, area: str) -> None:
    counted = table.count(area)
    if counted is None:
        assert table.everywhere is None
    else:
        assert counted.center in {rule.center for rule in table.rules} | {table.everywhere}


@ROUNDS
@given(tables, names)
def test_upper_and_lower_case_are_alike(table: Areas, area: str) -> None:
    assert table.count(area.casefold()) == table.count(area)


@ROUNDS
@given(rules.filter(lambda some: not contradictions(some)), plain)
def test_without_contradictions_the_order_of_exact_rules_does_not_matter(some: tuple[AreaRule, ...], area: str) -> None:
    exact = tuple(rule for rule in some if rule.kind == "exact")
    before, after = Areas(exact).count(area), Areas(exact[::-1]).count(area)
    assert (before and before.center) == (after and after.center)


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ("MAIN", "distribution centre 17 (exact rule 'MAIN')"),
        ("bulk-9", "distribution centre 17 (pattern rule 'BULK*')"),
        ("BULK-Q", "not for sale (exact rule 'BULK-Q')"),
        ("DOCK", "unmapped: no rule names it"),
        ("", "unmapped: no rule names it"),
    ],
)
def test_the_words_say_which_rule_decided(area: str, told: str) -> None:
    table = Areas((AreaRule("BULK-Q", None), AreaRule("MAIN", "17"), AreaRule("BULK*", "17")))
    assert table.explain(area) == told


def test_the_only_centre_has_everything_where_nothing_is_said() -> None:
    assert (
        Areas(everywhere="17").explain("") == "distribution centre 17 (it is the only centre, and no areas are named)"
    )


def test_an_area_of_two_places_is_named_with_both() -> None:
    twice = (AreaRule("main", None), AreaRule("MAIN", "17"), AreaRule("B*", "17"), AreaRule("b*", "18"))
    assert contradictions(twice) == [
        "area 'main' is named for unsold_areas and for distribution centre 17; its stock can count only once",
        "area 'B*' is named for distribution centre 17 and for distribution centre 18; its stock can count only once",
    ]
    assert contradictions((AreaRule("A", "17"), AreaRule("a", "17"), AreaRule("*", None))) == []
