"""Laws of status events: of what the cart is told is what somebody wrote, or the default."""

from collections.abc import Iterator

from crossdock.domain import AdjustmentReason, OrderEvent
from crossdock.mapping import StatusEvents, StatusRule
from crossdock.testing.mapping.kinds import HAPPENING, RULE, Happening
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.patterns import is_wild, matches, texts_for
from crossdock.testing.mapping.subject import MappingSubject

DEFAULT = {"tracking_added", "cancelled"}


def _ruling(rules: tuple[StatusRule, ...], it: Happening) -> StatusRule | None:
    own = [rule for rule in rules if rule.event.value == it.event.value and matches(rule.site, it.site)]
    exact = [rule for rule in own if not is_wild(rule.site)]
    return next(iter([*exact, *own]), None)


@mapping_law("mapping.events.answer", HAPPENING)
def the_cart_is_told_what_was_written(subject: MappingSubject, it: Happening) -> None:
    """The cart is told of an event as the exact rule for its site says, else the first pattern that fits, else of
    tracking numbers and cancellations only; and of nothing while the switch is off.

    A marketplace that is not told counts the order as late; one that is told too early has the buyer on the phone.
    """
    events = subject.rules.status_events
    for switched in (events, StatusEvents(True, events.rules), StatusEvents(False, events.rules)):
        rule, told = _ruling(switched.rules, it), switched.tells(it.event, it.site)
        expected = switched.notify_cart and (rule.tells if rule else it.event.value in DEFAULT)
        same(f"whether the cart is told of {it.event} of site '{it.site}'", expected, bool(told))
        words = "notify_cart is false" if not switched.notify_cart else "a rule says" if rule else "without a rule"
        assert words in told.because, f"why is told as '{told.because}', and not as '{words}'"
        if rule and switched.notify_cart:
            assert f"(site '{rule.site}')" in told.because, (
                f"the reason names another rule than '{rule.site}': {told.because}"
            )
        if switched.notify_cart:
            said = f"the cart is {'' if expected else 'not '}told of {it.event.value}"
            assert said in told.because, f"'{told.because}' does not say that {said}"
        if told:
            assert switched.may_tell(it.event), f"the cart is told of {it.event}, and it is said that it never is"
    same("the rules with the switch on", StatusEvents(True, events.rules), StatusEvents(False, events.rules).when_on)


@mapping_law("mapping.events.first", HAPPENING)
def the_first_event_that_tells_counts(subject: MappingSubject, it: Happening) -> None:
    """Of several events the first of which the cart is told gives the reason; if it is told of none, each says why.

    A box is told once, and it must be clear by what.
    """
    events = subject.rules.status_events
    for several in ((), (it.event,), (OrderEvent.RELEASED, it.event), (it.event, OrderEvent.TRACKING_ADDED)):
        found = events.first_told(several, it.site)
        each = [events.tells(event, it.site) for event in several]
        same(f"whether the cart is told of one of {', '.join(several)}", any(map(bool, each)), bool(found))
        if found:
            same("the reason", next(one.because for one in each if one), found.because)
        elif events.notify_cart:
            reasons = "; ".join(one.because for one in each) or "nothing of which the cart is told happened"
            same("the reasons", reasons, found.because)
    for event in OrderEvent:
        own = [rule.tells for rule in events.rules if rule.event is event]
        may = events.notify_cart and (any(own) or event.value in DEFAULT)
        same(f"whether the cart may be told of {event}", may, events.may_tell(event))


def _rules(subject: MappingSubject) -> Iterator[str]:
    return (f"status_events {place}" for place, _ in enumerate(subject.rules.status_events.rules, start=1))


@mapping_law("mapping.events.reached", RULE, judges=True, cases=_rules)
def no_event_rule_is_in_vain(subject: MappingSubject, name: str) -> None:
    """Every rule for events says something of some site that no rule before it says.

    Whoever wrote it believes that the cart is told, or not told, by it.
    """
    rules, place = subject.rules.status_events.rules, int(name.rpartition(" ")[2]) - 1
    if place >= len(rules):
        return
    rule = rules[place]
    asked = [_ruling(rules, Happening(rule.event, site)) for site in texts_for(rule.site)]
    first = asked[0]
    if rule not in asked:
        raise AssertionError(
            f"rule {place + 1} of status_events ({rule.event}, site '{rule.site}') is never asked: "
            f"site '{first.site if first else ''}' comes before it"
        )


@mapping_law("mapping.events.reasons", RULE, judges=True, cases=lambda subject: subject.words.reasons)
def reasons_are_words_of_the_cart(subject: MappingSubject, word: str) -> None:
    """Every reason of the warehouse that the config names, in whatever letters, stands for a reason that carts know.

    A reason that is not found is told as another one, and the marketplace blames the seller.
    """
    reasons = subject.rules.cancel_reasons
    assert isinstance(reasons.get(word.casefold()), AdjustmentReason), f"'{word}' is found under no reason of carts"
