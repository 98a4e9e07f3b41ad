"""Settings and the profile of names."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from crossdock_warehouseos.client import endpoint
from crossdock_warehouseos.profile import Profile, marked_names, with_defaults
from crossdock_warehouseos.settings import WarehouseOSSettings

README = Path(__file__).parents[1] / "README.md"
BARE = {"base_url": "https://wos.example", "api_key": "k"}


def test_every_name_of_the_profile_has_a_mark_and_a_use():
    names = {(section, key): mark for section, of in marked_names().items() for key, (_, mark) in of.items()}
    assert set(names.values()) == {"documented", "assumed"}
    profile = Profile.model_validate(with_defaults({}))
    assert set(names) == {(section, key) for section, of in profile.model_dump().items() for key in of}


def test_only_the_names_that_differ_need_to_be_written():
    settings = WarehouseOSSettings(**BARE, profile={"auth": {"key_header": "X-Key"}})
    assert settings.profile.auth.key_header == "X-Key"
    assert settings.profile.paths.create_order == "/api/OrderApi/AddOrder"


@pytest.mark.parametrize(
    "profile",
    [
        {"paths": {"creat_order": "/x"}},
        {"path": {}},
        {"paths": "x"},
        "x",
        {"paths": {"create_order": ""}},
        {"order": {"custom_field": "Custom"}},
    ],
)
def test_a_profile_that_says_nothing_sensible_is_refused_where_it_stands(profile):
    with pytest.raises(ValidationError) as refused:
        WarehouseOSSettings(**BARE, profile=profile)
    assert all(error["loc"][0] == "profile" for error in refused.value.errors())


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "wos.example"},
        {"api_key": ""},
        {"confirm_at": "ship"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc"},
        {"custom_fields": {"tags": 3}},
        {"custom_fields": {"from_order": {"3": "po"}}},
        {"custom_fields": {"from_order": {"0": "po"}}},
        {"resolve_skus": True},
        {"concurrency": 0},
        {"unheard_of": 1},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        WarehouseOSSettings(**{**BARE, **wrong})


def test_two_custom_fields_may_both_be_left_out():
    chosen = WarehouseOSSettings(**BARE, custom_fields={"tags": 0, "site": 0}).custom_fields
    assert (chosen.tags, chosen.site) == (0, 0)


def test_the_key_is_shown_nowhere_but_in_its_header():
    settings = WarehouseOSSettings(base_url="https://wos.example/", api_key="s3cret-key")
    made = endpoint(settings)
    assert "s3cret-key" not in repr(settings) + str(settings.model_dump()) + repr(made)
    assert made.authentication.headers == {"ApiKey": "s3cret-key"}
    assert made.base_url == "https://wos.example"


def test_the_pace_is_limited_only_when_the_operator_says_so():
    assert endpoint(WarehouseOSSettings(**BARE)).rates == ()
    (rate,) = endpoint(WarehouseOSSettings(**BARE, requests_per_minute=90)).rates
    assert (rate.calls, rate.seconds) == (90, 60.0)


def test_editors_do_not_ask_for_names_that_have_a_default():
    definitions = WarehouseOSSettings.model_json_schema()["$defs"]
    assert "required" not in definitions["Paths"]
    assert "required" not in definitions["Profile"]


def test_the_readme_lists_every_setting():
    settings = set(re.findall(r"^\| `(\w+)` \|", README.read_text("utf-8"), re.MULTILINE))
    assert set(WarehouseOSSettings.model_fields) <= settings


def test_the_readme_lists_every_assumed_name():
    text = README.read_text("utf-8")
    assumed = [name for of in marked_names().values() for name, mark in of.values() if mark == "assumed"]
    assert [name for name in assumed if f"`{name}`" not in text] == []


def test_the_profile_travels_with_the_package():
    assert files("crossdock_warehouseos").joinpath("profile.toml").is_file()
