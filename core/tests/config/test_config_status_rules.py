"""A rule that would tell a cart what it does not take is refused before anything runs."""

from dataclasses import replace

import pytest

from crossdock.config import survey_config, survey_connections
from crossdock.domain import OrderEvent

RULES = """
    [pipelines.main.status_events]
    rules = [
        {{ event = "tracking_added", notify_cart = true }},
        {{ event = "{event}", site = "Shop*", notify_cart = {tells} }},
    ]
"""


@pytest.fixture
def found(write, good, plugins):
    """The mistakes of a config with this rule, for a cart that is like this."""

    def look(event: str, tells: str = "true", **cart: object):
        carts = {"acme": replace(plugins.connectors["acme"], **cart), "depot": plugins.connectors["depot"]}
        config, mistakes = survey_config(write(good + RULES.format(event=event, tells=tells)))
        assert not mistakes
        return survey_connections(config, replace(plugins, connectors=carts))[1]

    return look


@pytest.mark.parametrize("event", ["picked", "packed", "shipped"])
def test_a_cart_that_needs_tracking_is_not_told_of_what_may_lack_it(found, event):
    [mistake] = found(event, needs_tracking=True)
    assert mistake.key == "pipelines.main.status_events.rules[1]"
    assert mistake.file.name == "crossdock.toml"
    assert mistake.found == (
        f"'{event}' is to be told to Acme, which takes no shipment without a tracking number; "
        f"a package may be {event} without one"
    )
    assert 'Write event = "tracking_added": it always has a number.' in mistake.advice
    assert found(event) == ()
    assert found(event, "false", needs_tracking=True) == ()


def test_a_cart_is_told_of_a_mere_event_only_if_it_hears_of_it(found):
    [mistake] = found("released")
    assert mistake.found == "'released' is to be told to Acme, which cannot hear of it"
    assert "mere events that it hears of: none" in mistake.advice
    assert found("released", hears=frozenset({OrderEvent.RELEASED})) == ()


@pytest.mark.parametrize("event", ["tracking_added", "cancelled"])
def test_what_every_cart_hears_is_allowed(found, event):
    assert found(event, needs_tracking=True) == ()


def test_two_rules_for_one_event_are_refused_with_file_and_key(write, good):
    twice = RULES.format(event="tracking_added", tells="false").replace("Shop*", "*")
    [mistake] = survey_config(write(good + twice))[1]
    assert (mistake.key, mistake.file.name) == ("pipelines.main.status_events", "crossdock.toml")
    assert "one rule an event, and not several for 'tracking_added' of site '*'" in str(mistake)


def test_an_event_that_does_not_exist_is_refused_with_the_nearest_one(write, good):
    [mistake] = survey_config(write(good + RULES.format(event="packd", tells="true")))[1]
    assert (mistake.key, mistake.nearest) == ("pipelines.main.status_events.rules[1].event", "packed")
