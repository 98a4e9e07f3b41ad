"""The plugin as the host sees it: hooks, settings, errors, and what its README says."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pluggy
import pytest
from pydantic import ValidationError

import crossdock_shipping.shipstation
from crossdock import ChecksConnection, NeedsAuth, NeedsConfig, Rejected, Scenario, ShippingProvider, Throttled
from crossdock.hooks import specs
from crossdock_shipping.shipstation import plugin
from crossdock_shipping.shipstation.client import encoded
from crossdock_shipping.shipstation.errors import error_of, explain_error
from crossdock_shipping.shipstation.labels import ShipStationLabels
from crossdock_shipping.shipstation.settings import ShipStationSettings

README = Path(crossdock_shipping.shipstation.__file__).parent / "README.md"


def answer(status: int, *codes: str, message: str = "no") -> httpx.Response:
    errors = [{"error_code": code, "message": message} for code in codes]
    request = httpx.Request("GET", "https://api.shipstation.example/v2/labels")
    return httpx.Response(status, json={"request_id": "r-1", "errors": errors}, request=request)


def test_the_plugin_is_found_and_its_hooks_are_those_of_the_contract():
    (found,) = entry_points(group="crossdock.plugins", name="shipstation")
    assert found.load() is plugin
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.connector().name == "shipstation"
    assert manager.hook.sandbox(scenario=Scenario()) is not None


def test_loading_the_plugin_loads_no_http_server():
    code = "import sys, crossdock_shipping.shipstation.plugin; print({'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_provider_has_its_role_and_can_be_checked():
    assert isinstance(ShipStationLabels(None), ShippingProvider)
    assert isinstance(ShipStationLabels(None), ChecksConnection)


def test_checking_says_what_was_reached_and_which_carriers_there_are(account):
    lines = account.ask(lambda provider: provider.check())
    assert account.url in lines[0]
    assert lines[1] == "carriers of the account: stamps_com (se-1), ups (se-2)"


def test_checking_names_carrier_accounts_that_there_are_not(account):
    with pytest.raises(NeedsConfig, match=r"has no se-9; it has stamps_com \(se-1\), ups \(se-2\)"):
        account.ask(lambda provider: provider.check(), carrier_ids=("se-1", "se-9"))


def test_the_readme_lists_every_setting_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", README.read_text("utf-8"), re.MULTILINE)
    shown = ShipStationSettings(api_key="k").model_dump(mode="json")
    assert set(ShipStationSettings.model_fields) == {name for name, _ in rows}
    for name, default in rows:
        if default not in ("–", "all"):
            assert default.strip("`").strip('"') == str(shown[name]).removesuffix(".0")


def test_the_configuration_in_the_readme_is_valid():
    (block,) = re.findall(r"```toml\n(.+?)```", README.read_text("utf-8"), re.DOTALL)
    connection = tomllib.loads(block)["connections"]["shipstation"]
    assert connection.pop("connector") == "shipstation"
    assert ShipStationSettings(**{**connection, "api_key": "k"}).carrier_ids == ("se-123456",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "shipstation.example"},
        {"api_key": ""},
        {"unheard_of": 1},
        {"carrier_ids": ["ups"]},
        {"page_size": 501},
        {"overlap": -1},
        {"reference": "box"},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        ShipStationSettings(**{"api_key": "k", **wrong})


def test_every_setting_is_described():
    assert all(field.description for field in ShipStationSettings.model_fields.values())


def test_a_refusal_names_its_reasons_and_the_number_for_the_support():
    assert explain_error(400, answer(400, "a", "b", message="Bad  weight").content) == (
        "Bad weight; Bad weight (request r-1)"
    )
    assert explain_error(502, b"<h1>Bad Gateway</h1>") == "<h1>Bad Gateway</h1>"


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid_field_value", Rejected),
        (400, "insufficient_funds", Rejected),
        (400, "subscription_inactive", NeedsAuth),
        (400, "terms_not_accepted", NeedsAuth),
        (403, "forbidden", NeedsAuth),
        (400, "rate_limit_exceeded", Throttled),
        (301, "", NeedsConfig),
    ],
)
def test_what_follows_from_a_refusal_is_said_by_its_code(status, code, error):
    assert isinstance(error_of(answer(status, code)), error)


def test_nothing_is_sent_for_what_is_not_known():
    assert encoded({"a": None, "b": [{"c": None, "d": 1}], "e": ""}) == b'{"b":[{"d":1}],"e":""}'
