"""Laws of ship methods: every code has its one answer, and what goes out can come back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crossdock.engine.problems import Code
from crossdock.engine.unanswered import unanswered
from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.mapping.carriers import carrier_table
from crossdock.testing.mapping.kinds import RULE, WAY, Way, ways_named
from crossdock.testing.mapping.law import mapping_law, names, same
from crossdock.testing.mapping.patterns import is_wild, matches
from crossdock.testing.mapping.subject import MappingSubject
from crossdock.testing.mapping.words import ways_of


def kind_of(rule: ShipMethodRule) -> str:
    """Which of the three kinds a rule is of."""
    parts = (rule.site, rule.carrier, rule.service)
    if not any(map(is_wild, parts)):
        return "exact"
    return "default" if parts == ("*", "*", "*") else "pattern"


def fits(rule: ShipMethodRule, asked: Asked) -> bool:
    """Whether a rule is for what is asked."""
    pairs = ((rule.site, asked.site), (rule.carrier, asked.carrier), (rule.service, asked.service))
    return all(matches(pattern, text) for pattern, text in pairs)


def answering(methods: ShipMethods, asked: Asked) -> ShipMethodRule | None:
    """The rule that is to answer: exact ones first, then patterns as they are written, then the default."""
    rules = (*methods.rules, *methods.saved)
    kinds = [[rule for rule in rules if kind_of(rule) == kind] for kind in ("exact", "pattern", "default")]
    return next((rule for kind in kinds for rule in kind if fits(rule, asked)), None)


def disputed(methods: ShipMethods, rule: ShipMethodRule) -> bool:
    """Whether config and saved rules give two targets for the same thing."""

    def says(rules: Sequence[ShipMethodRule]) -> ShipMethod | None:
        return next((one.to for one in rules if _folded(one) == _folded(rule)), None)

    written, saved = says(methods.rules), says(methods.saved)
    return written is not None and saved is not None and written != saved


def _folded(rule: ShipMethodRule) -> tuple[str, ...]:
    return tuple(part.casefold() for part in (rule.site, rule.carrier, rule.service))


def called(methods: ShipMethods, rule: ShipMethodRule | None, direction: Direction) -> str:
    """A rule by its place in the config."""
    if rule is None:
        return "no rule"
    if rule in methods.rules:
        return f"rule {methods.rules.index(rule) + 1} of ship_methods.{direction} ({rule})"
    return f"the saved rule for {rule}"


@mapping_law("mapping.ship_methods.answer", WAY)
def each_code_has_its_answer(subject: MappingSubject, way: Way) -> None:
    """What is asked is answered by the exact rule for it, else by the first pattern that fits, else by the default;
    what no rule fits is passed on where the config says so, and held everywhere else.

    A parcel that goes out by the wrong service costs money, and nobody sees it.
    """
    methods = subject.rules.ship_methods[way.direction]
    rule, chosen = answering(methods, way.asked), methods.choose(way.asked)
    if rule is not None and disputed(methods, rule):
        same(f"{called(methods, rule, way.direction)}, which a saved rule contradicts", None, chosen)
        assert methods.disagreement(way.asked) is not None, f"nobody says that two rules for {way} disagree"
        return
    assert methods.disagreement(way.asked) is None, f"rules are said to disagree about {way}, and do not"
    if rule is not None:
        same(called(methods, rule, way.direction), str(rule.to), str(chosen.method) if chosen else None)
        assert chosen is not None
        same("the rule that answers", called(methods, rule, way.direction), called(methods, chosen.rule, way.direction))
    elif not (methods.uses_known and methods.suggestion(way.asked)):
        passed = ShipMethod(way.carrier, way.service) if methods.unmapped == "pass" else None
        same(f"no rule fits {way}, and unmapped is {methods.unmapped}", passed, chosen.method if chosen else None)


@mapping_law("mapping.ship_methods.explained", WAY)
def the_reason_is_that_of_the_answer(subject: MappingSubject, way: Way) -> None:
    """What is said of an answer names the rule that gave it, by kind and by what it fits; where there is none, that is
    said.

    At three in the morning the reason is all that there is to go by.
    """
    methods = subject.rules.ship_methods[way.direction]
    rule, told = answering(methods, way.asked), methods.explain(way.asked)
    chosen = methods.choose(way.asked)
    if rule is None:
        usual = methods.suggestion(way.asked) if methods.uses_known else None
        silent = "passed on as the cart gave it" if methods.unmapped == "pass" else "no rule fits"
        same(f"the reason for {way}", f"known name: {usual}" if usual else silent, told)
    elif disputed(methods, rule):
        names(f"what disagrees about {way}", told, "the config says", "the rule that was saved says")
    else:
        kind = kind_of(rule)
        saved = "" if any(_folded(one) == _folded(rule) for one in methods.rules) else "saved "
        said = f"{saved}{kind}" if kind == "default" else f"{saved}{kind} rule: {rule}"
        same(f"the reason for {way}", said, told)
        same(f"the reason for {way}, as it is kept", told, chosen.because if chosen else "")


@mapping_law("mapping.ship_methods.held", WAY)
def what_is_held_says_what_to_do(subject: MappingSubject, way: Way) -> None:
    """What nothing answers is held with a reason that names it and a command that names the pipeline; a rule for just
    that settles it, and for nothing else that was held.

    An order that waits for a rule waits until somebody reads why.
    """
    methods = subject.rules.ship_methods[way.direction]
    if methods.choose(way.asked) is not None or methods.disagreement(way.asked) is not None:
        return
    why = unanswered(subject.rules, way.direction, way.asked)
    expected = Code.UNMAPPED_SHIP_METHOD if way.direction is Direction.INBOUND else Code.UNMAPPED_CARRIER
    same(f"the problem of {way}", expected, why.code)
    wanted = (f"--pipeline {subject.name}", f"--direction {way.direction}", "crossdock ship-methods set")
    names(f"what to do about {way}", why.action, *wanted)
    parts = (("site", way.site), ("carrier", way.carrier), ("service", way.service))
    said = " / ".join(f"{name} '{text}'" for name, text in parts if text) or "nothing in particular"
    names("the reason", why.reason, said)
    to = ShipMethod("a", "b")
    mended = methods.with_saved((*methods.saved, ShipMethodRule(to, way.site, way.carrier, way.service)))
    chosen = mended.choose(way.asked)
    same(f"after a rule for {way} was saved", to, chosen.method if chosen else None)
    stranger = Asked(way.carrier, f"{way.service}~", way.site)
    if methods.choose(stranger) is None and not any(map(is_wild, (way.site, way.carrier, way.service))):
        same(f"after it was saved, {stranger}", None, mended.choose(stranger))


@mapping_law("mapping.ship_methods.named", WAY, judges=True, cases=ways_named)
def what_the_config_names_is_answered(subject: MappingSubject, way: Way) -> None:
    """Every site, carrier and service that a rule names has an answer.

    A code that was answered yesterday and is held today stops all orders that ask for it.
    """
    methods = subject.rules.ship_methods[way.direction]
    assert methods.choose(way.asked) is not None, f"{way} is held: {methods.explain(way.asked)}"


def _rules(subject: MappingSubject) -> Iterator[str]:
    for direction, methods in subject.rules.ship_methods.items():
        yield from (f"ship_methods.{direction} {place}" for place, _ in enumerate(methods.rules, start=1))


@mapping_law("mapping.ship_methods.reached", RULE, judges=True, cases=_rules)
def no_rule_is_in_vain(subject: MappingSubject, name: str) -> None:
    """Every rule answers something that no rule before it answers.

    A rule that nothing reaches looks as if it worked: somebody wrote it for a reason, and orders go another way.
    """
    words, _, place = name.rpartition(" ")
    direction = Direction(words.rpartition(".")[2])
    methods = subject.rules.ship_methods[direction]
    if int(place) > len(methods.rules):
        return
    rule = methods.rules[int(place) - 1]
    others = [answering(methods, asked) for asked in ways_of(rule)]
    if not any(one is rule for one in others):
        raise AssertionError(
            f"{called(methods, rule, direction)} is never asked: before it comes "
            f"{called(methods, others[0], direction)}"
        )


def _inbound(subject: MappingSubject) -> Iterator[Way]:
    return (way for way in ways_named(subject) if way.direction is Direction.INBOUND)


@mapping_law("mapping.ship_methods.round_trip", WAY, judges=True, cases=_inbound)
def what_goes_out_can_come_back(subject: MappingSubject, way: Way) -> None:
    """What an inbound rule tells the warehouse, the outbound rules can tell the cart, for the same site.

    A box of which the warehouse names no carrier counts as sent the way it was asked for. Without an answer the cart
    never hears that it was shipped, and marketplaces count it as late.
    """
    chosen = subject.rules.inbound.choose(way.asked)
    if chosen is not None:
        _must_come_back(subject, chosen.method, way.site, f"{way} goes to the warehouse as '{chosen.method}'")


def _must_come_back(subject: MappingSubject, sent: ShipMethod, site: str, how: str) -> None:
    methods, asked = subject.rules.outbound, Asked(sent.carrier, sent.service, site)
    if methods.choose(asked) is None and not _may_be_known(methods, asked):
        raise AssertionError(
            f"{how}, and ship_methods.outbound has no name for that at the cart: {methods.explain(asked)}. Add a rule "
            f"for carrier '{sent.carrier}' and service '{sent.service}'"
        )


def _may_be_known(methods: ShipMethods, asked: Asked) -> bool:
    """Whether the cart's connector may name it, where nobody has told what it names."""
    known = carrier_table().service_of(asked.carrier, asked.service)
    return methods.uses_known and not methods.known and known is not None


def _labels(subject: MappingSubject) -> Iterator[Way]:
    """What labels may be bought, one service after the other."""
    labels = subject.rules.labels
    services = dict.fromkeys([*labels.services, *(one for method in labels.methods for one in method.services)])
    for service in services if labels.buy else ():
        carrier, _, code = service.partition("/")
        if not is_wild(service):
            yield Way(Direction.OUTBOUND, carrier, code)


@mapping_law("mapping.ship_methods.labels", WAY, judges=True, cases=_labels)
def what_is_bought_can_be_told(subject: MappingSubject, way: Way) -> None:
    """Each service of which labels may be bought has a name at the cart.

    The label is paid, the box is gone, and the cart cannot be told of either.
    """
    _must_come_back(subject, ShipMethod(way.carrier, way.service), way.site, f"labels of {way.asked} may be bought")


@mapping_law("mapping.ship_methods.same", WAY)
def the_same_question_has_the_same_answer(subject: MappingSubject, way: Way) -> None:
    """The same question has the same answer, asked again, asked of rules that remember nothing, and in other letters.

    Two orders for the same thing must not go two ways because one came later.
    """
    methods, fresh = subject.rules.ship_methods[way.direction], subject.fresh().ship_methods[way.direction]
    first = methods.choose(way.asked)
    same(f"{way}, asked again", first, methods.choose(way.asked))
    same(f"{way}, asked of the same rules before anything else", first, fresh.choose(way.asked))
    folded = Asked(way.carrier.casefold(), way.service.casefold(), way.site.casefold())
    if first is None or first.rule is not None:
        same(
            f"{way}, in small letters",
            first,
            replace(methods, unmapped="hold", _answers={}).choose(folded)
            if methods.unmapped == "hold"
            else methods.choose(folded),
        )
