"""Ship methods that people saved beside those of the config: one table, and what disagrees answers nothing."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.method_table import Entry, compare, put, replaced, without

ROUNDS = settings(deadline=None, print_blob=True)
GROUND, AIR, SEA = ShipMethod("WH", "ground"), ShipMethod("WH", "air"), ShipMethod("WH", "sea")

words = st.sampled_from(("", "UPS", "ups", "Straße", "STRASSE", "2nd Day", "*", "U*", "?PS"))
asked_for = st.builds(Asked, carrier=words, service=words, site=words)
rules = st.builds(ShipMethodRule, to=st.sampled_from((GROUND, AIR, SEA)), site=words, carrier=words, service=words)
one_each = st.lists(rules, max_size=6, unique_by=lambda rule: rule.key).map(tuple)
entries = st.builds(Entry, direction=st.sampled_from(Direction), rule=rules)
tables = st.lists(entries, max_size=8, unique_by=lambda entry: entry.key)
written = st.fixed_dictionaries({one: st.builds(ShipMethods, rules=one_each) for one in Direction})


@ROUNDS
@given(one_each, one_each, asked_for)
def test_rules_that_agree_answer_as_one_table_with_the_configs_rules_first(
    config: tuple[ShipMethodRule, ...], saved: tuple[ShipMethodRule, ...], asked: Asked
) -> None:
    keys = {rule.key for rule in config}
    agreeing = tuple(rule for rule in saved if rule.key not in keys)
    both, one = ShipMethods(config, saved=agreeing).choose(asked), ShipMethods((*config, *agreeing)).choose(asked)

    assert (both and both.method) == (one and one.method)


@ROUNDS
@given(one_each, one_each, asked_for, st.sampled_from(("hold", "pass")))
def test_nothing_is_ever_answered_by_a_rule_that_another_contradicts(
    config: tuple[ShipMethodRule, ...], saved: tuple[ShipMethodRule, ...], asked: Asked, unmapped: str
) -> None:
    methods = ShipMethods(config, unmapped, saved)
    chosen, disagreement = methods.choose(asked), methods.disagreement(asked)

    assert chosen is None or disagreement is None
    if chosen and chosen.rule:
        targets = {rule.to for rule in (*config, *saved) if rule.key == chosen.rule.key}
        assert targets == {chosen.method}
    if disagreement:
        assert disagreement.saved != disagreement.rule.to
        assert all(str(to) in methods.explain(asked) for to in (disagreement.saved, disagreement.rule.to))


def test_the_same_rule_in_both_is_one_rule() -> None:
    rule = ShipMethodRule(AIR, carrier="UPS")
    methods = ShipMethods((rule,), saved=(replace(rule, carrier="ups"),))

    assert methods.choose(Asked("UPS", "any")) == ShipMethods((rule,)).choose(Asked("UPS", "any"))
    assert not methods.disagreements


def test_a_contradicted_exact_rule_is_not_replaced_by_a_pattern_that_would_fit() -> None:
    exact, default = ShipMethodRule(AIR, site="", carrier="UPS", service="Next Day"), ShipMethodRule(GROUND)
    methods = ShipMethods((exact, default), "pass", saved=(replace(exact, to=SEA),))

    assert methods.choose(Asked("UPS", "Next Day")) is None
    assert methods.disagreement(Asked("ups", "next day")) is not None
    assert methods.choose(Asked("UPS", "Standard")) is not None


def test_an_exact_rule_that_was_saved_and_a_pattern_of_the_config_do_not_disagree() -> None:
    pattern = ShipMethodRule(GROUND, service="Stand*")
    exact = ShipMethodRule(AIR, site="", carrier="", service="Standard")
    chosen = ShipMethods((pattern,), saved=(exact,)).choose(Asked("", "standard"))

    assert chosen is not None
    assert (chosen.method, chosen.because) == (AIR, f"saved exact rule: {exact}")


def test_what_nobody_saved_anew_keeps_its_compiled_table() -> None:
    rule = ShipMethodRule(AIR)
    methods = ShipMethods(saved=(rule,))

    assert methods.with_saved((rule,)) is methods
    assert methods.with_saved(()).choose(Asked("UPS", "any")) is None


@ROUNDS
@given(tables, tables, written)
def test_putting_rules_twice_changes_nothing_the_second_time(
    table: list[Entry], wanted: list[Entry], config: dict[Direction, ShipMethods]
) -> None:
    for make in (put, replaced):
        once = make(table, wanted, config)
        assert not compare(once, make(once, wanted, config))


@ROUNDS
@given(tables, tables, written)
def test_after_a_put_each_wanted_rule_says_what_was_wanted(
    table: list[Entry], wanted: list[Entry], config: dict[Direction, ShipMethods]
) -> None:
    after = {entry.key: entry.rule.to for entry in put(table, wanted, config)}
    for entry in wanted:
        in_config = config[entry.direction].written(entry.rule.key)
        assert after.get(entry.key, in_config and in_config.to) == entry.rule.to
    assert {entry.key for entry in table} <= set(after)


@ROUNDS
@given(tables, tables)
def test_what_differs_is_all_that_differs(before: list[Entry], after: list[Entry]) -> None:
    change = compare(before, after)
    undone = {entry.key: entry for entry in after}
    for entry in change.added:
        del undone[entry.key]
    undone |= {old.key: old for old, _ in change.changed} | {entry.key: entry for entry in change.removed}

    assert {key: entry.rule.to for key, entry in undone.items()} == {entry.key: entry.rule.to for entry in before}
    assert bool(change) or [entry.key for entry in before] == [entry.key for entry in after]


def test_a_rule_is_removed_whatever_the_case_it_is_named_in() -> None:
    entry = Entry(Direction.INBOUND, ShipMethodRule(AIR, service="Standard"))
    named = Entry(Direction.INBOUND, ShipMethodRule(SEA, service="STANDARD"))

    assert without([entry], named) == ()
    assert without([entry], replace(named, direction=Direction.OUTBOUND)) == (entry,)


def test_the_order_of_the_file_is_the_order_in_which_patterns_are_tried() -> None:
    first, second = (Entry(Direction.INBOUND, ShipMethodRule(to, service=s)) for to, s in ((AIR, "a*"), (SEA, "*b")))
    nothing = {one: ShipMethods() for one in Direction}
    change = compare([first, second], replaced([first, second], [second, first], nothing))

    assert (change.after, change.reordered) == ((second, first), True)
