"""How long boxes wait for their numbers, as operators write it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from crossdock.config import Pipeline
from crossdock.engine.rules import PipelineRules
from crossdock.runtime.rules import rules_of

ROAD = {"order_source": "cart", "fulfillment_target": "warehouse", "shipping_provider": "desk"}


def rules(**keys: object) -> PipelineRules:
    return rules_of("main", Pipeline.model_validate(ROAD | keys))


def test_a_box_waits_a_day_and_a_person_is_asked_unless_something_else_is_written() -> None:
    known = rules()
    assert (known.tracking_patience, known.tracking_look_again) == (timedelta(days=1), timedelta(minutes=5))
    assert (known.tells_untracked, known.look_up_after) == (False, timedelta(hours=12))
    assert known == rules(tracking={"wait": "24h", "look_again": "5m", "then": "ask"})


def test_what_is_written_counts() -> None:
    known = rules(tracking={"wait": "2h", "look_again": "1m", "then": "tell"})
    assert (known.tracking_patience, known.tracking_look_again) == (timedelta(hours=2), timedelta(minutes=1))
    assert (known.tells_untracked, known.look_up_after) == (True, timedelta(hours=1))


def test_where_parcels_are_not_listed_each_box_is_looked_up_at_once() -> None:
    assert rules(services={"parcels": "off"}).look_up_after == timedelta()


@pytest.mark.parametrize(
    ("tracking", "words"),
    [
        ({"then": "wait"}, "'ask' or 'tell'"),
        ({"wait": "tomorrow"}, "30s"),
        ({"wait": "0 6 * * *"}, "an interval"),
        ({"limit": "1h"}, "limit"),
    ],
    ids=str,
)
def test_what_would_never_work_is_a_mistake_when_it_is_written(tracking: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError) as mistakes:
        rules(tracking=tracking)
    assert words in str(mistakes.value)
