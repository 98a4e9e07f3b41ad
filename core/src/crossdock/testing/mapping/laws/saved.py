"""Laws of the rules that people save beside the config's: nothing is lost, and what disagrees answers nothing."""

from collections.abc import Mapping

from crossdock.mapping import Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.method_table import (
    Entry,
    by_direction,
    compare,
    contradicted,
    put,
    replaced,
    without,
    written_table,
)
from crossdock.testing.mapping.kinds import WAY, Way
from crossdock.testing.mapping.law import mapping_law, names, same
from crossdock.testing.mapping.laws.ship_methods import answering
from crossdock.testing.mapping.subject import MappingSubject
from crossdock.testing.mapping.words import ways_of

ONE, OTHER = ShipMethod("saved", "one"), ShipMethod("saved", "other")


def _written(subject: MappingSubject) -> Mapping[Direction, ShipMethods]:
    return {one: ShipMethods(methods.rules) for one, methods in subject.rules.ship_methods.items()}


def _entry(way: Way, to: ShipMethod, **other: str) -> Entry:
    parts = {"site": way.site, "carrier": way.carrier, "service": way.service} | other
    return Entry(way.direction, ShipMethodRule(to, **parts))


@mapping_law("mapping.saved.table", WAY, most=40)
def saved_rules_stay_where_they_stand(subject: MappingSubject, way: Way) -> None:
    """What a person saves is in the table once, whatever its letters, where it stood or last; what the config says
    already is not saved; the others stay, and the difference of two tables is named to the last rule.

    A table in which a rule vanishes, or moves before another one, sends parcels another way.
    """
    written = _written(subject)
    first, second = _entry(way, ONE), _entry(way, ONE, site="another")
    table = put((), (first, second), written)
    same("the table after two rules were saved", (first, second), table)
    changed = _entry(way, OTHER)
    folded = Entry(way.direction, ShipMethodRule(OTHER, way.site.swapcase(), way.carrier, way.service))
    now = put(table, (changed,), written)
    same("the table after the first of them was changed", (changed, second), now)
    if folded.key == changed.key:
        same("the table after the same was saved in other letters", now, put(now, (folded,), written))
    same("the table without the first", (second,), without(now, folded if folded.key == changed.key else changed))
    same("the table after all was replaced", (second, changed), replaced(now, (second, changed), written))
    _must_be_named(table, now, second, first, changed)
    for entry in written_table(written):
        if entry.key in {one.key for one in table}:
            continue
        same(f"a rule that the config has ({entry})", table, put(table, (entry,), written))
        same(f"the same in the place of all ({entry})", (), replaced((), (entry,), written))


def _must_be_named(
    table: tuple[Entry, ...], now: tuple[Entry, ...], second: Entry, first: Entry, changed: Entry
) -> None:
    change = compare(table, now)
    same("what was changed", ((first, changed),), change.changed)
    same("what was added, removed, moved", ((), (), False), (change.added, change.removed, change.reordered))
    same("whether that is a change", True, bool(change))
    same("whether nothing is a change", False, bool(compare(now, now)))
    turned = compare(now, now[::-1])
    same("two rules in another order", (True, (), ()), (turned.reordered, turned.added, turned.removed))
    shrunk, grown = compare(now, now[1:]), compare(now[1:], now)
    same("a rule that is gone", ((changed,), (), ()), (shrunk.removed, shrunk.added, shrunk.changed))
    same("a rule that is new", ((changed,), (), now), (grown.added, grown.removed, grown.after))
    same("whether one rule less is another order", (False, True), (shrunk.reordered, bool(shrunk)))
    same("whether one rule more is another order", (False, True), (grown.reordered, bool(grown)))


@mapping_law("mapping.saved.disagreement", WAY, most=40)
def what_disagrees_answers_nothing(subject: MappingSubject, way: Way) -> None:
    """Where a person saved another target for what a rule of the config names, neither answers, both are named, and all
    that the rule would have answered is held; a rule for something else changes nothing of that.

    Two people who do not know of each other must not decide by who was last.
    """
    methods = subject.rules.ship_methods[way.direction]
    for rule in methods.rules[:12]:
        own = methods.written(rule.key)
        assert own is not None, f"the config's rule for {rule} is not found"
        same(f"which rule the config has for {rule}", own.key, rule.key)
        saved = ShipMethodRule(ONE, rule.site.swapcase(), rule.carrier.upper(), rule.service)
        if saved.key != rule.key:
            continue
        both = methods.with_saved((saved,))
        assert both.disagreements[rule.key].saved == ONE, f"nobody says that two rules for {rule} disagree"
        told = str(both.disagreements[rule.key])
        names("what disagrees", told, str(own.to), str(ONE), str(own))
        for asked in ways_of(rule):
            if answering(both, asked) is own:
                same(f"the answer for {asked}, for which two rules disagree", None, both.choose(asked))
                same(f"what disagrees about {asked}", both.disagreements[rule.key], both.disagreement(asked))
                same(f"what is said of {asked}", told, both.explain(asked))
        same(f"the rule that {saved} contradicts", own, contradicted(Entry(way.direction, saved), _written(subject)))
        agreeing = ShipMethodRule(own.to, rule.site, rule.carrier, rule.service)
        same("a rule that says the same", None, contradicted(Entry(way.direction, agreeing), _written(subject)))
        assert not methods.with_saved((agreeing,)).disagreements, f"the same rule twice for {rule} is a disagreement"
    same("rules without any that are saved", methods, methods.with_saved(methods.saved))
    entry = _entry(way, ONE)
    grouped = by_direction((entry,))
    same("the saved rules of its direction", (entry.rule,), grouped[way.direction])
    same("those of the other one", ((),), tuple(rules for one, rules in grouped.items() if one is not way.direction))
    same(
        "how it is called",
        f"{way.direction}: site '{way.site}', carrier '{way.carrier}', service '{way.service}'",
        str(entry),
    )
    table = written_table(_written(subject))
    keys = [entry.key for entry in table]
    same("the config's rules, each once", len({*keys}), len(keys))
    same(
        "the config's rules",
        {(one, rule.key) for one, each in _written(subject).items() for rule in each.rules},
        {*keys},
    )
