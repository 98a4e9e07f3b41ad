"""Laws of areas: the stock of each area counts at one place, and everybody can see at which."""

from collections.abc import Iterator
from itertools import combinations

from crossdock.mapping import AreaRule, contradictions
from crossdock.mapping.overlap import common_text
from crossdock.testing.mapping.kinds import AREA, PATTERNS, RULE
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.patterns import is_wild, is_within, matches, texts_for
from crossdock.testing.mapping.subject import MappingSubject


def counting(subject: MappingSubject, area: str) -> AreaRule | None:
    """The rule that is to say where an area counts: the exact one, else the first pattern that fits."""
    rules = subject.rules.areas.rules
    ordered = [*(rule for rule in rules if not is_wild(rule.area)), *(rule for rule in rules if is_wild(rule.area))]
    return next((rule for rule in ordered if matches(rule.area, area)), None)


def _place(center: str | None) -> str:
    return "not for sale" if center is None else f"distribution centre {center}"


@mapping_law("mapping.areas.answer", AREA)
def each_area_has_its_place(subject: MappingSubject, area: str) -> None:
    """The stock of an area counts where the exact rule for it says, else where the first pattern that fits says; what
    no rule names counts nowhere unless the one centre has all of the warehouse. What is said of it is just that.

    Stock that counts at the wrong centre is sold where it does not lie.
    """
    areas, rule = subject.rules.areas, counting(subject, area)
    counted = areas.count(area)
    if rule is not None:
        kind = "pattern" if is_wild(rule.area) else "exact"
        same(f"area '{area}' by '{rule.area}'", _place(rule.center), _place(counted.center) if counted else "unmapped")
        told = f"{_place(rule.center)} ({kind} rule '{rule.area}')"
    elif areas.everywhere is not None:
        same(f"area '{area}'", _place(areas.everywhere), _place(counted.center) if counted else "unmapped")
        told = f"{_place(areas.everywhere)} (it is the only centre, and no areas are named)"
    else:
        same(f"area '{area}', which no rule names", None, counted)
        told = "unmapped: no rule names it"
    same(f"what is said of area '{area}'", told, areas.explain(area))
    same(f"area '{area}', asked again", counted, areas.count(area))
    same(f"area '{area}', asked of rules that remember nothing", counted, subject.fresh().areas.count(area))


def _named(subject: MappingSubject) -> Iterator[str]:
    return iter(subject.words.areas if any(subject.words.areas) else ())


@mapping_law("mapping.areas.named", AREA, judges=True, cases=_named)
def areas_of_the_config_are_counted(subject: MappingSubject, area: str) -> None:
    """Every area that the config names has a place, and one in which a centre picks counts at that centre.

    What is picked in an area must be taken from the stock that the cart was told of, or it is sold twice.
    """
    rules = subject.rules
    if not (area and subject.tells_stock):
        return
    counted = rules.areas.count(area)
    assert counted is not None, (
        f"area '{area}' is named, and its stock counts nowhere: add it to `stock_areas` or `unsold_areas`"
    )
    picking = [center for center, one in rules.distribution_centers.items() if one.area == area]
    if picking and counted.center not in picking:
        raise AssertionError(
            f"centre {', '.join(picking)} picks in area '{area}', whose stock counts as {_place(counted.center)} "
            f"({counted.because})"
        )


def _pairs(subject: MappingSubject) -> Iterator[tuple[str, str]]:
    rules = subject.rules.areas.rules
    return ((one.area, other.area) for one, other in combinations(rules, 2))


@mapping_law("mapping.areas.function", PATTERNS, judges=True, cases=_pairs)
def no_area_counts_twice(subject: MappingSubject, pair: tuple[str, str]) -> None:
    """No area is named for two centres: where two patterns of two centres fit the same area, one is a part of the
    other and stands before it.

    Which centre gets the stock would hang on the order in which somebody happened to write them.
    """
    rules = subject.rules.areas.rules
    for at, one in enumerate(rules):
        for other in rules[at + 1 :]:
            if (one.area, other.area) == pair and _clash(one, other):
                both = _fitting_both(one.area, other.area)
                raise AssertionError(
                    f"area '{both}' fits '{one.area}' of {_place(one.center)} and '{other.area}' of "
                    f"{_place(other.center)}: name it, or one of them, exactly"
                )


def _clash(one: AreaRule, other: AreaRule) -> bool:
    if one.center is None or other.center is None or one.center == other.center:
        return one.center != other.center and one.area.casefold() == other.area.casefold()
    if is_wild(one.area) != is_wild(other.area):
        return False
    return _fitting_both(one.area, other.area) is not None and (
        not is_within(one.area, other.area) or is_within(other.area, one.area)
    )


def _fitting_both(one: str, other: str) -> str | None:
    found = [text for text in (*texts_for(one), *texts_for(other)) if matches(one, text) and matches(other, text)]
    return found[0] if found else common_text(one, other)


def _rules(subject: MappingSubject) -> Iterator[str]:
    return (f"areas {place}" for place, _ in enumerate(subject.rules.areas.rules, start=1))


@mapping_law("mapping.areas.reached", RULE, judges=True, cases=_rules)
def no_area_is_in_vain(subject: MappingSubject, name: str) -> None:
    """Every rule for areas says where some area counts that no rule before it has.

    Whoever wrote a rule that nothing reaches believes that the stock counts there.
    """
    place = int(name.rpartition(" ")[2]) - 1
    if place >= len(subject.rules.areas.rules):
        return
    rule = subject.rules.areas.rules[place]
    first = [counting(subject, text) for text in texts_for(rule.area)]
    if not any(one is rule or (one is not None and one == rule) for one in first):
        raise AssertionError(
            f"'{rule.area}' of {_place(rule.center)} is never asked: '{first[0] and first[0].area}' comes first"
        )


@mapping_law("mapping.patterns.overlap", PATTERNS)
def what_fits_both_is_found(subject: MappingSubject, pair: tuple[str, str]) -> None:
    """A text that fits two patterns is found where there is one, fits both, and is not invented where there is none.

    `crossdock check` warns by it of two pipelines that would tell of the same stock.
    """
    one, other = pair
    found = common_text(one, other)
    if found is not None:
        same(f"whether '{found}' fits both '{one}' and '{other}'", True, matches(one, found) and matches(other, found))
        return
    both = [text for text in (*texts_for(one), *texts_for(other)) if matches(one, text) and matches(other, text)]
    assert not both, f"'{both[0]}' fits both '{one}' and '{other}', and nothing was found"


@mapping_law("mapping.areas.contradictions", PATTERNS)
def contradictions_are_named(subject: MappingSubject, pair: tuple[str, str]) -> None:
    """Two rules for one area and two places are named, in whatever letters, and nothing else is.

    What the config check lets pass, the stock of two centres is told by.
    """
    rules = [AreaRule(pair[0], "1"), AreaRule(pair[1], None), AreaRule(pair[1], None)]
    found = contradictions(rules)
    wanted = pair[0].casefold() == pair[1].casefold()
    same(f"whether '{pair[0]}' for sale and '{pair[1]}' not for sale contradict each other", wanted, bool(found))
    if wanted:
        expected = (
            f"area '{pair[0]}' is named for distribution centre 1 and for unsold_areas; its stock can count only once"
        )
        same("what is said of it", [expected], list(found))
