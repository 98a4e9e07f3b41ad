"""What the host sees of the connector, and what its README promises."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import pytest
from pydantic import ValidationError

import crossdock_shipping.karrio
from crossdock import (
    ChecksAddresses,
    ChecksConnection,
    ListsParcels,
    NeedsAuth,
    NeedsConfig,
    ShippingProvider,
    Unavailable,
)
from crossdock.hooks import specs
from crossdock_shipping.karrio import plugin
from crossdock_shipping.karrio.labels import KarrioLabels
from crossdock_shipping.karrio.settings import KarrioSettings

README = Path(crossdock_shipping.karrio.__file__).with_name("README.md").read_text("utf-8")


def test_the_plugin_is_found_and_its_hooks_are_those_of_the_contract():
    (found,) = entry_points(group="crossdock.plugins", name="karrio")
    assert found.load() is plugin
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.connector().name == "karrio"


def test_loading_the_plugin_loads_no_http_server():
    code = (
        "import sys, crossdock_shipping.karrio.plugin as p; p.connector(); "
        "import crossdock_shipping.karrio.labels; print({'starlette', 'uvicorn', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("feature", [ShippingProvider, ListsParcels, ChecksConnection])
def test_the_provider_has_its_role_and_its_features(feature):
    assert isinstance(KarrioLabels.__new__(KarrioLabels), feature)


def test_the_provider_checks_no_addresses_as_it_would_keep_them():
    assert not isinstance(KarrioLabels.__new__(KarrioLabels), ChecksAddresses)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "karrio.example"},
        {"api_key": ""},
        {"unheard_of": 1},
        {"number_in": "metadata"},
        {"page_size": 0},
        {"overlap": "-P1D"},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        KarrioSettings(**{"base_url": "https://karrio.example", "api_key": "k", **wrong})


def test_checking_says_what_was_reached_and_who_carries(server):
    first, second = server.use(lambda labels: labels.check())
    assert server.url in first
    assert "live" in first
    assert "own-van" in second


def test_a_key_for_tests_is_named_as_one(server_with):
    first, _ = server_with(test_mode=True).use(lambda labels: labels.check())
    assert "test shipments" in first


def test_a_wrong_key_needs_a_person(server):
    with pytest.raises(NeedsAuth, match="Given token not valid") as refused:
        server.use(lambda labels: labels.check(), api_key="wrong-key")
    assert "wrong-key" not in str(refused.value)


def test_a_wrong_address_is_a_wrong_setting(server):
    with pytest.raises(NeedsConfig, match="base_url"):
        server.use(lambda labels: labels.check(), base_url=f"{server.url}/nope")


def test_a_check_that_breaks_off_is_made_again_later(server):
    server.faults(rates={"html": 1})
    with pytest.raises(Unavailable, match="carrier connections"):
        server.use(lambda labels: labels.check())


def test_a_carrier_that_is_not_connected_is_a_wrong_setting(server):
    with pytest.raises(NeedsConfig, match=r"nope.*own-van"):
        server.use(lambda labels: labels.check(), carriers=["own-van", "nope"])


def test_the_readme_lists_every_setting_with_its_default():
    listed = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert set(KarrioSettings.model_fields) == set(listed)


def test_the_example_of_the_readme_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (connection,) = tomllib.loads(example)["connections"].values()
    assert connection.pop("connector") == "karrio"
    KarrioSettings(**{**connection, "api_key": "k", "webhook_secret": "s"})
