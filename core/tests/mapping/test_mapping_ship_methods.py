"""Ship methods: exact before pattern before default before hold, whatever the case, and always with a reason."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crossdock.mapping import Asked, ShipMethod, ShipMethodRule, ShipMethods

ROUNDS = settings(deadline=None, print_blob=True)
TO_GROUND, TO_AIR, TO_SEA = ShipMethod("WH", "ground"), ShipMethod("WH", "air"), ShipMethod("WH", "sea")

words = st.one_of(st.sampled_from(("", "UPS", "DHL Express", "Straße", "[Prime] 2-day", "a*b")), st.text(max_size=6))
plain_words = words.filter(lambda word: not set(word) & set("*?"))
patterns = st.one_of(words, st.sampled_from(("*", "?", "U?S", "*ex*", "[", "[a-", "[!x]*", "\\d", "^$")))
methods = st.builds(ShipMethod, carrier=words, service=words)
asked_for = st.builds(Asked, carrier=words, service=words, site=words)
rules = st.builds(ShipMethodRule, to=methods, site=patterns, carrier=patterns, service=patterns)
tables = st.builds(
    ShipMethods,
    rules=st.lists(rules, max_size=6).map(tuple),
    unmapped=st.sampled_from(("hold", "pass")),
)


def exactly(asked: Asked, to: ShipMethod) -> ShipMethodRule:
    return ShipMethodRule(to, site=asked.site, carrier=asked.carrier, service=asked.service)


def chosen(table: ShipMethods, asked: Asked) -> ShipMethod | None:
    answer = table.choose(asked)
    return answer.method if answer else None


@ROUNDS
@given(tables, asked_for)
def test_every_question_has_the_same_answer_every_time(table: ShipMethods, asked: Asked) -> None:
    fresh = ShipMethods(table.rules, table.unmapped)
    answer = table.choose(asked)

    assert table.choose(asked) == answer
    assert fresh.choose(asked) == answer
    assert answer is None or answer.because


@ROUNDS
@given(tables, asked_for)
def test_only_a_table_that_holds_leaves_a_question_without_an_answer(table: ShipMethods, asked: Asked) -> None:
    if table.choose(asked) is None:
        assert all(rule.kind != "default" for rule in table.rules)
        assert table.unmapped == "hold"


@ROUNDS
@given(tables, plain_words, plain_words, plain_words, methods, st.integers(0, 6))
def test_an_exact_rule_wins_wherever_it_stands(
    table: ShipMethods, site: str, carrier: str, service: str, to: ShipMethod, position: int
) -> None:
    asked = Asked(carrier, service, site)
    assume(not any(rule.kind == "exact" for rule in table.rules))
    rules = (*table.rules[:position], exactly(asked, to), *table.rules[position:])

    answer = ShipMethods(rules).choose(asked)
    assert answer is not None
    assert answer.method == to
    assert answer.because.startswith("exact rule: ")


@ROUNDS
@given(tables, asked_for)
def test_upper_and_lower_case_are_alike(table: ShipMethods, asked: Asked) -> None:
    folded = Asked(asked.carrier.casefold(), asked.service.casefold(), asked.site.casefold())
    assume(table.unmapped == "hold")

    assert table.choose(folded) == table.choose(asked)


@ROUNDS
@given(plain_words, plain_words)
def test_a_rule_without_a_pattern_means_the_text_as_it_stands(written: str, said: str) -> None:
    table = ShipMethods((ShipMethodRule(TO_AIR, site="", carrier=written, service=""),))

    assert (chosen(table, Asked(said, "")) == TO_AIR) == (written.casefold() == said.casefold())


@ROUNDS
@given(st.lists(rules, max_size=5), st.lists(rules, max_size=5), asked_for, methods)
def test_a_catch_all_leaves_no_question_open_and_answers_after_every_other_rule(
    before: list[ShipMethodRule], after: list[ShipMethodRule], asked: Asked, to: ShipMethod
) -> None:
    assume(not any(rule.kind == "default" for rule in (*before, *after)))
    others = ShipMethods((*before, *after)).choose(asked)

    answer = ShipMethods((*before, ShipMethodRule(to), *after)).choose(asked)
    assert answer is not None
    assert answer == others or (others is None and answer.because == "default")


def test_patterns_are_tried_in_the_order_they_were_written() -> None:
    narrow, wide = ShipMethodRule(TO_AIR, carrier="UPS*"), ShipMethodRule(TO_SEA, carrier="U*")
    asked = Asked("UPS Freight", "any")

    assert chosen(ShipMethods((narrow, wide)), asked) == TO_AIR
    assert chosen(ShipMethods((wide, narrow)), asked) == TO_SEA


def test_exact_then_pattern_then_default_then_hold() -> None:
    asked = Asked("UPS", "2nd Day", "eBay")
    exact, pattern = exactly(asked, TO_AIR), ShipMethodRule(TO_GROUND, carrier="ups")

    default = ShipMethodRule(TO_SEA)

    assert chosen(ShipMethods((default, pattern, exact)), asked) == TO_AIR
    assert chosen(ShipMethods((default, pattern)), asked) == TO_GROUND
    assert chosen(ShipMethods((default,)), asked) == TO_SEA
    assert chosen(ShipMethods(), asked) is None


def test_the_words_pass_on_as_they_came_where_the_operator_says_so() -> None:
    answer = ShipMethods(unmapped="pass").choose(Asked("UPS", "2nd Day", "eBay"))

    assert answer is not None
    assert answer.method == ShipMethod("UPS", "2nd Day")
    assert answer.because == "passed on as the cart gave it"


@pytest.mark.parametrize(
    ("pattern", "said", "matches"),
    [
        ("U*", "ups", True),
        ("?PS", "UPS", True),
        ("?PS", "USPS", False),
        ("*", "", True),
        ("?", "", False),
        ("UPS", "UPS ", False),
        ("a*z", "a\nz", True),
        ("[Prime]*", "[Prime] 2-day", True),
        ("[Prime]*", "P", False),
        ("[", "[", True),
        ("a.c*", "abc", False),
        ("*ß*", "STRASSE", True),
    ],
)
def test_a_pattern_has_stars_and_question_marks_and_nothing_else(pattern: str, said: str, matches: bool) -> None:
    assert (chosen(ShipMethods((ShipMethodRule(TO_AIR, carrier=pattern),)), Asked(said, "x")) == TO_AIR) is matches


def test_the_reason_quotes_the_rule_that_answered() -> None:
    asked = Asked("UPS", "Ground", "eBay")
    exact, pattern = exactly(asked, TO_AIR), ShipMethodRule(TO_SEA, carrier="U*")

    answers = [ShipMethods((rule,)).choose(asked) for rule in (exact, pattern)]
    assert [answer.because for answer in answers if answer] == [
        "exact rule: site 'eBay', carrier 'UPS', service 'Ground'",
        "pattern rule: site '*', carrier 'U*', service '*'",
    ]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked("UPS", "Ground", "eBay"), "site 'eBay' / carrier 'UPS' / service 'Ground'"),
        (Asked("UPS", ""), "carrier 'UPS'"),
        (Asked("", ""), "nothing in particular"),
    ],
)
def test_what_was_asked_reads_as_a_sentence(asked: Asked, words: str) -> None:
    assert str(asked) == words
