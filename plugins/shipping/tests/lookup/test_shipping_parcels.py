"""The parcel look-up: translation, and a simulated service over real sockets."""

import contextlib
import json
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import crossdock_shipping.lookup
from crossdock import (
    ChecksConnection,
    ListsParcels,
    NeedsAuth,
    ReceivesRecords,
    Record,
    Rejected,
    ShippingProvider,
    Unavailable,
    Unreadable,
)
from crossdock.domain import Money, Parcel, Weight, WeightUnit
from crossdock.hooks import specs
from crossdock_shipping.lookup import plugin
from crossdock_shipping.lookup.answers import record_of
from crossdock_shipping.lookup.parcels import ListedParcels, ShippingParcels
from crossdock_shipping.lookup.settings import ShippingSettings

README = Path(crossdock_shipping.lookup.__file__).with_name("README.md")
FULL = {
    "id": "P1",
    "reference": "1001",
    "tracking_number": "1Z999AA10123456784",
    "carrier": "UPS",
    "service": "GROUND",
    "box": "1001-1",
    "shipped_at": "2026-03-01T12:00:00Z",
    "voided": False,
    "cost": {"amount": "12.34", "currency": "USD"},
    "weight": {"value": "2.5", "unit": "lb"},
    "tracking_url": "https://track.example/1Z999AA10123456784",
}
BARE = {"id": "P2", "reference": "1001", "tracking_number": "T2"}


def read(parcel: object) -> Parcel:
    return ShippingParcels(None).read_parcel(Record("P1", json.dumps(parcel).encode()))


def test_a_parcel_keeps_all_it_says():
    assert read(FULL) == Parcel(
        external_id="P1",
        reference="1001",
        tracking_number="1Z999AA10123456784",
        carrier="UPS",
        service_level="GROUND",
        box="1001-1",
        shipped_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        cost=Money(amount="12.34", currency="USD"),
        weight=Weight(value="2.5", unit=WeightUnit.POUND),
        tracking_url="https://track.example/1Z999AA10123456784",
    )


def test_a_parcel_may_say_little():
    assert read({**BARE, "carrier": None, "box": None, "unheard": "of"}) == Parcel(
        external_id="P2", reference="1001", tracking_number="T2"
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tracking_number": " "}, "tracking_number"),
        ({"shipped_at": "2026-03-01T12:00:00"}, "shipped_at"),
        ({"shipped_at": "0001-01-01T00:00:00+14:00"}, "shipped_at"),
        ({"voided": "perhaps"}, "voided"),
        ({"cost": {"amount": "12.34"}}, r"cost\.currency"),
        ({"cost": {"amount": "NaN", "currency": "USD"}}, r"cost\.amount"),
        ({"weight": {"value": 0, "unit": "lb"}}, r"weight\.value"),
        ({"weight": {"value": 1, "unit": "stone"}}, r"weight\.unit"),
    ],
)
def test_what_cannot_be_read_is_named(wrong, named):
    with pytest.raises(Unreadable, match=f"P1.*{named}"):
        read({**FULL, **wrong})


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(FULL)), anything) | anything)
def test_whatever_a_parcel_holds_it_is_a_parcel_or_unreadable(changes):
    told = {**FULL, **changes} if isinstance(changes, dict) else changes
    with contextlib.suppress(Unreadable):
        assert read(told) == read(told)


def test_parcels_are_found_by_the_number_of_their_order(service):
    service.add(FULL, BARE, {**BARE, "id": "P3", "reference": "1002"})
    assert [parcel.tracking_number for parcel in service.found("1001")] == ["1Z999AA10123456784", "T2"]
    assert service.found("nobody's") == []


def test_a_voided_label_is_told_as_voided(service):
    service.add(FULL)
    service.add({**FULL, "voided": True})
    assert [parcel.voided for parcel in service.found("1001")] == [True]


def test_a_late_label_appears_after_some_look_ups(service_with):
    service = service_with(late=2)
    service.add(FULL)
    assert [len(service.found("1001")) for _ in range(3)] == [0, 0, 1]
    assert service.http.get("/_truth").json()["look_ups"] == {"1001": 3}


@pytest.mark.parametrize("number", ["Ä 1/2&x=3", "#7", "a+b", "שלום"])
def test_any_order_number_can_be_asked_for(service, number):
    service.add({**BARE, "reference": number})
    assert len(service.found(number)) == 1


def test_a_parcel_is_kept_raw_under_its_id():
    assert record_of(b'{"id": "P1", "odd": 1}') == Record("P1", b'{"id": "P1", "odd": 1}')


@pytest.mark.parametrize("parcel", [b"{}", b'{"id": 7}', b"[]", b'"P1"'])
def test_a_parcel_without_id_is_known_by_its_content(parcel):
    assert record_of(parcel) == record_of(parcel)
    assert record_of(parcel).id != record_of(parcel + b" ").id


def test_a_wrong_key_needs_a_person(service):
    with pytest.raises(NeedsAuth) as refused:
        service.ask(lambda provider: provider.check(), api_key="wrong-key")
    assert "wrong-key" not in str(refused.value)


def test_a_refusal_comes_in_the_words_of_the_service(service):
    with pytest.raises(Rejected, match="reference is required"):
        service.found("")


@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_an_answer_that_is_no_json_is_asked_for_again_later(service_with, fault):
    service = service_with(faults={"rates": {fault: 1}})
    with pytest.raises(Unavailable, match="parcels"):
        service.found("1001")


def test_checking_says_what_was_reached(service):
    (line,) = service.ask(lambda provider: provider.check())
    assert service.settings["base_url"] in line


def test_the_provider_has_its_role_and_its_feature():
    provider = ShippingParcels(None)
    assert isinstance(provider, ShippingProvider)
    assert isinstance(provider, ChecksConnection)
    assert isinstance(provider, ReceivesRecords)
    assert not isinstance(provider, ListsParcels)
    assert isinstance(ListedParcels(None), ListsParcels)


@pytest.mark.parametrize(
    "wrong",
    [{"base_url": "parcels.example"}, {"api_key": ""}, {"unheard_of": 1}, {"overlap": "-PT1H"}, {"webhook_secret": ""}],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        ShippingSettings(**{"base_url": "https://parcels.example", "api_key": "k", **wrong})


def test_the_simulator_refuses_what_is_no_parcel(service):
    assert service.http.post("/_parcels", json=[{"id": "P1"}]).status_code == 400
    assert service.http.post("/_parcels", json=[{**BARE, "traking_url": "https://x"}]).status_code == 400
    assert service.http.get("/parcels?reference=1").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "",
        "reference=",
        "reference=1&changed_since=2026-01-01T00:00:00Z",
        "changed_since=yesterday",
        "changed_since=2026-01-01T00:00:00",
        "changed_since=2026-01-01T00:00:00Z&page=x",
        "page=1",
    ],
)
def test_the_simulator_refuses_what_the_interface_does_not_know(service, query):
    assert service.http.get(f"/parcels?{query}", headers={"X-Api-Key": "sandbox-key"}).status_code == 400


def test_the_plugin_is_found_and_its_hooks_are_those_of_the_contract():
    (found,) = entry_points(group="crossdock.plugins", name="shipping")
    assert found.load() is plugin
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.connector().name == "shipping"


def test_loading_the_plugin_loads_no_http_server():
    code = "import sys, crossdock_shipping.lookup.plugin; print({'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_readme_lists_every_setting():
    listed = re.findall(r"^\| `(\w+)` \|", README.read_text("utf-8"), re.MULTILINE)
    assert list(ShippingSettings.model_fields) == listed


def test_the_example_of_the_readme_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (connection,) = tomllib.loads(example)["connections"].values()
    assert connection.pop("connector") == "shipping"
    ShippingSettings(**{**connection, "api_key": "k", "webhook_secret": "s"})
