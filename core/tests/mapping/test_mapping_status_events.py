"""Of which events a cart is told: exact sites before patterns, a default for each event, one switch above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import OrderEvent
from crossdock.mapping import StatusEvents, StatusRule

RULES = st.lists(
    st.builds(
        StatusRule, st.sampled_from(OrderEvent), st.booleans(), st.sampled_from(["*", "Amazon*", "Amazon US", "Shop"])
    ),
    max_size=6,
)
SITES = st.sampled_from(["Amazon US", "amazon us", "Amazon UK", "Shop", ""])


@pytest.mark.parametrize("event", OrderEvent)
def test_without_a_rule_the_cart_hears_of_tracking_and_of_cancellations_only(event: OrderEvent) -> None:
    told = StatusEvents().tells(event, "Amazon US")
    assert bool(told) is (event in (OrderEvent.TRACKING_ADDED, OrderEvent.CANCELLED))
    assert told.because == f"without a rule the cart is {'' if told else 'not '}told of {event.value}"


def test_an_exact_site_wins_over_a_pattern_whatever_is_written_first() -> None:
    events = StatusEvents(
        rules=(StatusRule(OrderEvent.PACKED, True, "Amazon*"), StatusRule(OrderEvent.PACKED, False, "amazon us"))
    )
    assert not events.tells(OrderEvent.PACKED, "Amazon US")
    assert events.tells(OrderEvent.PACKED, "Amazon UK")
    assert not events.tells(OrderEvent.PACKED, "Shop")
    assert events.tells(OrderEvent.PACKED, "Amazon UK").because == (
        "a rule says that the cart is told of packed (site 'Amazon*')"
    )


def test_a_rule_can_silence_what_is_told_without_one() -> None:
    events = StatusEvents(rules=(StatusRule(OrderEvent.CANCELLED, False),))
    assert not events.tells(OrderEvent.CANCELLED, "")


@given(RULES, SITES, st.lists(st.sampled_from(OrderEvent), max_size=4))
def test_nothing_is_told_while_the_switch_is_off(rules: list[StatusRule], site: str, events: list[OrderEvent]) -> None:
    off = StatusEvents(notify_cart=False, rules=tuple(rules))
    assert not off.first_told(events, site)
    assert off.first_told(events, site).because == "status_events.notify_cart is false"
    assert not any(off.may_tell(event) or off.tells(event, site) for event in OrderEvent)


@given(RULES, SITES, st.lists(st.sampled_from(OrderEvent), max_size=4))
def test_the_first_event_that_tells_decides_and_it_is_said_why(
    rules: list[StatusRule], site: str, events: list[OrderEvent]
) -> None:
    compiled = StatusEvents(rules=tuple(rules))
    telling = [event for event in events if compiled.tells(event, site)]
    first = compiled.first_told(events, site)
    assert bool(first) is bool(telling)
    assert first.because == compiled.tells(telling[0], site).because if telling else first.because


@given(RULES, SITES, st.sampled_from(OrderEvent))
def test_what_is_told_of_some_site_may_be_told(rules: list[StatusRule], site: str, event: OrderEvent) -> None:
    compiled = StatusEvents(rules=tuple(rules))
    assert compiled.may_tell(event) or not compiled.tells(event, site)
