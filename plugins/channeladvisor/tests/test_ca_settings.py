"""What an operator may write, and what the transport is told."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from crossdock import Rate
from crossdock_channeladvisor.client import endpoint
from crossdock_channeladvisor.plugin import connector
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


def test_three_secrets_are_enough(ca_settings):
    settings = ca_settings()
    assert settings.retrieval == "not_exported"
    assert settings.overlap == timedelta(minutes=15)
    assert settings.payment_status == ["Cleared"]
    assert settings.shipping_status == ["PartiallyShipped", "PendingShipment", "Unshipped"]
    assert settings.checkout_status == ["Completed", "CompletedAndVisited", "CompletedOffline"]


def test_every_setting_is_described():
    assert [name for name, field in ChannelAdvisorSettings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"refresh_tokn": "x"},
        {"retrieval": "everything"},
        {"base_url": "api.channeladvisor.com"},
        {"base_url": "https://api.channeladvisor.com/v1"},
        {"payment_status": ["Cleared' or 1 eq 1"]},
        {"overlap": "-PT1M"},
        {"first_run_since": "2024-05-01T00:00:00"},
        {"profile_ids": [0]},
        {"concurrency": 0},
        {"order_number": "site"},
        {"claim": "both"},
        {"claimable": []},
        {"claimable": ["New", "Pending"]},
        {"list_details": ["Items"]},
        {"notes": ["secret"]},
        {"tags_any": ["vip, gift"]},
        {"tags_none": [" "]},
        {"sweep_days": 0},
    ],
)
def test_mistakes_are_refused(ca_settings, wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ca_settings(**wrong)


def test_a_distribution_centre_is_ours_or_somebody_elses(ca_settings):
    with pytest.raises(ValidationError, match="both name -2: take it out of the first if others ship from there"):
        ca_settings(distribution_centers=[1, -2])
    assert ca_settings(distribution_centers=[1, -2], externally_managed_centers=[]).distribution_centers == [1, -2]


def test_the_transport_is_told_the_limits_of_the_account(ca_settings):
    told = endpoint(ca_settings())
    assert (told.base_url, told.concurrency, told.timeout) == ("https://api.channeladvisor.com", 5, 600)
    assert told.rates == (Rate(calls=2000, seconds=60),)
    by_second = endpoint(ca_settings(requests_per_second=30))
    assert by_second.rates == (Rate(calls=2000, seconds=60), Rate(calls=30, seconds=1))


def test_no_secret_shows_in_what_is_printed(ca_settings):
    settings = ca_settings()
    for shown in (repr(settings), repr(endpoint(settings)), settings.model_dump_json()):
        assert "s3cret-of-app" not in shown
        assert "refresh-me" not in shown


def test_the_readme_explains_every_setting_and_no_other():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    table = readme.partition("## Settings")[2].partition("**Which method?**")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(ChannelAdvisorSettings.model_fields)


def test_the_connector_says_what_it_is():
    info = connector()
    assert (info.name, info.settings, info.endpoint) == ("channeladvisor", ChannelAdvisorSettings, endpoint)
