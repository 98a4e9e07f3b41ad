"""Labels that others bought in a simulated account: listed, found and told by webhook; and the plugin itself."""

import json
import random
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import pytest
from pydantic import ValidationError

import crossdock_shipping.easypost
from crossdock import (
    BuysLabels,
    ChecksAddresses,
    ChecksConnection,
    ListsParcels,
    NeedsAuth,
    NeedsConfig,
    ReceivesRecords,
    ShippingProvider,
    Throttled,
    Unavailable,
    Unreadable,
)
from crossdock.hooks import specs
from crossdock_shipping.easypost import plugin
from crossdock_shipping.easypost.parcels import EasyPostParcels
from crossdock_shipping.easypost.push import signature_of
from crossdock_shipping.easypost.settings import CustomsSettings, EasyPostSettings, WebhookSettings

README = Path(crossdock_shipping.easypost.__file__).with_name("README.md")


async def read_all(provider, cursor=None):
    """Every record from a checkpoint on, and the checkpoint of the next reading."""
    records, seen = [], []
    while True:
        page = await provider.fetch_parcels(cursor)
        records += page.records
        seen.append(page.checkpoint)
        if not page.more:
            return records, page.checkpoint, seen
        cursor = page.cursor


def references(records) -> set[str]:
    return {json.loads(record.data)["reference"] for record in records}


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def test_every_label_is_listed_page_by_page(account):
    account.sell(*[{"reference": str(number)} for number in range(7)])
    records, _, seen = account.ask(read_all, page_size=2)
    assert [json.loads(record.data)["reference"] for record in records] == [str(number) for number in range(6, -1, -1)]
    assert len(set(seen[:-1])) == 1
    assert len(seen) == 4


def test_drafts_and_returns_are_not_listed(account, wanted):
    account.ask(lambda provider: provider.draft_label(wanted()))
    account.sell({"reference": "out"}, {"reference": "back", "is_return": True})
    records, *_ = account.ask(read_all)
    assert references(records) == {"out"}


def test_the_first_reading_goes_as_far_back_as_the_settings_say(account):
    account.sell({"reference": "old", "created_at": ago(days=9)}, {"reference": "new", "created_at": ago(days=6)})
    records, *_ = account.ask(read_all)
    assert references(records) == {"new"}
    records, *_ = account.ask(read_all, history=10 * 86400)
    assert references(records) == {"new", "old"}


def test_a_reading_begins_a_little_before_the_newest_label_of_the_last_one(account):
    account.sell(
        {"reference": "morning", "created_at": ago(hours=8)}, {"reference": "noon", "created_at": ago(hours=1)}
    )
    _, checkpoint, _ = account.ask(read_all)
    account.sell({"reference": "late", "created_at": ago(hours=6)})
    records, *_ = account.ask(lambda provider: read_all(provider, checkpoint))
    assert references(records) == {"noon", "late"}


@pytest.mark.parametrize("seed", range(4))
def test_no_label_is_missed_while_rows_come_late(account, seed):
    print(f"seed {seed}")
    dice, found, checkpoint, sold = random.Random(seed), set(), None, set()
    for turn in range(6):
        batch = [
            {
                "reference": f"{turn}-{number}",
                "created_at": ago(minutes=dice.uniform(0, 300)),
                "late": dice.randrange(3),
            }
            for number in range(dice.randrange(6))
        ]
        account.sell(*batch)
        sold |= {label["reference"] for label in batch}
        records, checkpoint, _ = account.ask(lambda provider, at=checkpoint: read_all(provider, at), page_size=3)
        found |= references(records)
    for _ in range(3):
        records, checkpoint, _ = account.ask(lambda provider, at=checkpoint: read_all(provider, at), page_size=3)
        found |= references(records)
    assert found == sold


def test_labels_that_are_sold_while_pages_are_read_come_in_the_next_reading(account):
    account.sell(*[{"reference": str(number)} for number in range(4)])

    async def disturbed(provider):
        first = await provider.fetch_parcels(None)
        account.sell({"reference": "meanwhile"})
        rest, checkpoint, _ = await read_all(provider, first.cursor)
        again, *_ = await read_all(provider, checkpoint)
        return references((*first.records, *rest)), references(again)

    during, after = account.ask(disturbed, page_size=2)
    assert during == {"0", "1", "2", "3"}
    assert "meanwhile" in after


def test_a_reading_that_broke_off_begins_anew(account):
    account.sell(*[{"reference": str(number), "created_at": ago(days=number)} for number in range(4)])

    async def broken_off(provider):
        first = await provider.fetch_parcels(None)
        return await read_all(provider, first.checkpoint)

    records, *_ = account.ask(broken_off, page_size=2)
    assert references(records) == {"0", "1", "2", "3"}


def test_labels_taken_back_later_are_told_when_all_is_read_again(account):
    sold = account.sell(
        {"reference": "1001", "created_at": ago(days=3)}, {"reference": "1002", "created_at": ago(minutes=1)}
    )
    _, checkpoint, _ = account.ask(read_all)
    account.decide(sold[0]["id"], "refunded")
    records, checkpoint, _ = account.ask(lambda provider: read_all(provider, checkpoint))
    assert references(records) == {"1002"}
    account.clock.forward(hours=13)
    voided, checkpoint, _ = account.ask(lambda provider: told(provider, checkpoint))
    assert voided == {"1001": True, "1002": False}
    records, *_ = account.ask(lambda provider: read_all(provider, checkpoint))
    assert references(records) == {"1002"}


async def told(provider, cursor):
    records, checkpoint, seen = await read_all(provider, cursor)
    parcels = [provider.read_parcel(record) for record in records]
    return {parcel.reference: parcel.voided for parcel in parcels}, checkpoint, seen


def test_an_empty_list_moves_nothing(account):
    records, checkpoint, _ = account.ask(read_all)
    assert records == []
    account.sell({"reference": "1001", "created_at": ago(days=6)})
    records, *_ = account.ask(lambda provider: read_all(provider, checkpoint))
    assert references(records) == {"1001"}


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", '{"since": 7}'])
def test_a_cursor_of_another_kind_begins_from_the_beginning(account, cursor):
    account.sell({"reference": "1001", "created_at": ago(days=6)})
    records, *_ = account.ask(lambda provider: read_all(provider, cursor))
    assert references(records) == {"1001"}


@pytest.mark.parametrize("fault", ["html", "truncated"])
def test_an_answer_that_is_no_list_is_asked_for_again_later(account, fault):
    account.faults(rates={fault: 1})
    with pytest.raises(Unavailable):
        account.ask(read_all)


def test_too_many_lists_in_a_second_are_refused(account_with):
    account = account_with(lists_per_second=2)
    account.sell(*[{"reference": str(number)} for number in range(6)])
    with pytest.raises(Throttled):
        account.ask(read_all, page_size=1)


def test_labels_of_an_order_are_found_by_its_number(account):
    account.sell(
        {"reference": "1001", "options": {"print_custom_2": "1"}},
        {"reference": "1001", "options": {"print_custom_2": "2"}},
        {"reference": "1002"},
    )
    records = account.ask(lambda provider: provider.find_parcels("1001"))
    assert references(records) == {"1001"}
    assert len(records) == 2
    assert account.ask(lambda provider: provider.find_parcels("nobody's")) == []


def test_labels_of_ours_are_found_by_the_number_of_their_order(account, wanted):
    async def bought(provider):
        draft = await provider.draft_label(wanted())
        await provider.buy_label(wanted(), draft, draft.rates[0])
        return [provider.read_parcel(record).key for record in await provider.find_parcels("1001")]

    assert account.ask(bought) == ["1001/1001-1"]


def test_an_old_label_is_found_by_its_reference(account):
    account.sell({"reference": "1001", "created_at": ago(days=30)})
    assert len(account.ask(lambda provider: provider.find_parcels("1001"))) == 1
    assert account.ask(lambda provider: provider.find_parcels("1001"), order_field="invoice_number") == []


def test_a_draft_is_no_label_of_an_order(account, wanted):
    account.ask(lambda provider: provider.draft_label(wanted()))
    reference = "crossdock-1001_2F1001-1"
    assert account.ask(lambda provider: provider.find_parcels(reference)) == []


@pytest.mark.parametrize("number", ["Ä 1/2&x=3", "#7", "a+b", "שלום", "1.5"])
def test_any_order_number_can_be_asked_for(account, number):
    account.sell({"reference": number})
    assert len(account.ask(lambda provider: provider.find_parcels(number))) == 1


def test_many_look_ups_read_the_list_once(account):
    account.sell({"reference": "1001"})

    async def many(provider):
        found = [await provider.find_parcels(str(number)) for number in range(1000, 1005)]
        account.clock.forward(seconds=61)
        return [*found, await provider.find_parcels("1001")]

    assert [len(found) for found in account.ask(many)] == [0, 1, 0, 0, 0, 1]
    assert account.truth()["calls"]["list"] == 2


def pushed(account, webhook=None, now=None, **changes):
    (event,) = account.http.get("/_events").json()
    chosen = EasyPostSettings(api_key="k", webhook=webhook or {"secret": "sandbox-secret"})
    headers, body = event["headers"] | changes.pop("headers", {}), changes.pop("body", event["body"]).encode()
    return read_push(chosen, headers, body, now or datetime.now(UTC))


def read_push(chosen, headers, body, now):
    class Context:
        settings = chosen

    provider = EasyPostParcels(Context())
    return [provider.read_parcel(record) for record in provider.read_push(headers, body, now)]


@pytest.fixture
def refunded(account):
    (sold,) = account.sell({"reference": "1001"})
    account.decide(sold["id"], "refunded")
    return account, sold


@pytest.mark.parametrize("signature", ["body", "headers"])
def test_a_refund_is_told_by_webhook(refunded, signature):
    account, sold = refunded
    (parcel,) = pushed(account, {"secret": "sandbox-secret", "signature": signature})
    assert (parcel.external_id, parcel.tracking_number, parcel.voided) == (sold["id"], sold["tracking_code"], True)


@pytest.mark.parametrize("signature", ["body", "headers"])
@pytest.mark.parametrize("forged", ["secret", "body", "header", "none"])
def test_a_forged_event_is_refused(refunded, signature, forged):
    account, _ = refunded
    name = "x-hmac-signature" if signature == "body" else "x-hmac-signature-v2"
    secret = "another" if forged == "secret" else "sandbox-secret"
    changes = {
        "secret": {},
        "body": {"body": '{"description": "refund.successful"}'},
        "header": {"headers": {name: "hmac-sha256-hex=ä" + "0" * 63}},
        "none": {"headers": {name: ""}},
    }[forged]
    with pytest.raises(NeedsAuth, match=r"compare webhook\.secret"):
        pushed(account, {"secret": secret, "signature": signature}, **changes)


def test_a_time_that_was_changed_is_refused(refunded):
    account, _ = refunded
    later = {"x-timestamp": format_datetime(datetime.now(UTC) + timedelta(hours=1))}
    with pytest.raises(NeedsAuth, match="secret"):
        pushed(account, {"secret": "sandbox-secret", "signature": "headers"}, headers=later)


@pytest.mark.parametrize("signature", ["body", "headers"])
@pytest.mark.parametrize("away", [-1, 1])
def test_an_old_event_is_refused(refunded, signature, away):
    account, _ = refunded
    webhook = {"secret": "sandbox-secret", "signature": signature, "tolerance": 300}
    with pytest.raises(NeedsAuth, match="clocks"):
        pushed(account, webhook, datetime.now(UTC) + away * timedelta(seconds=310))
    assert pushed(account, webhook, datetime.now(UTC) + away * timedelta(seconds=280))


def test_no_event_is_taken_without_a_secret(refunded):
    account, _ = refunded
    (event,) = account.http.get("/_events").json()
    with pytest.raises(NeedsAuth, match=r"webhook\.secret is set"):
        read_push(EasyPostSettings(api_key="k"), event["headers"], event["body"].encode(), datetime.now(UTC))


SECRET = "sécret"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def signed(body: bytes):
    chosen = EasyPostSettings(api_key="k", webhook={"secret": SECRET})
    return read_push(chosen, {"x-hmac-signature": signature_of(SECRET, body)}, body, NOW)


def test_the_secret_counts_in_its_normal_form():
    assert signature_of("sécret", b"x") == signature_of("se\u0301cret", b"x")


def test_an_event_of_another_kind_tells_of_no_label():
    assert signed(b'{"description": "tracker.updated", "created_at": "2026-03-01T12:00:00Z", "result": {}}') == []


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff", b"null"])
def test_what_is_no_event_is_unreadable(body):
    with pytest.raises(Unreadable):
        signed(body)


@pytest.mark.parametrize("result", [b"null", b"{}", b"7", b'{"shipment_id": "", "tracking_code": "T"}'])
def test_a_refund_of_no_label_is_unreadable(result):
    with pytest.raises(Unreadable, match="which label"):
        signed(b'{"description": "refund.successful", "created_at": "2026-03-01T12:00:00Z", "result": %b}' % result)


def test_an_event_without_time_is_refused():
    with pytest.raises(NeedsAuth, match="no time"):
        signed(b'{"description": "refund.successful"}')


@pytest.mark.parametrize("stamp", ["", "noon", "Tue, 99 Aug 2025 20:37:09 -0000"])
def test_a_signed_time_that_is_none_is_refused(stamp):
    chosen = EasyPostSettings(api_key="k", webhook={"secret": SECRET, "signature": "headers"})
    headers = {"x-timestamp": stamp, "x-hmac-signature-v2": signature_of(SECRET, f"{stamp}POST".encode(), b"{}")}
    with pytest.raises(NeedsAuth, match="which is none"):
        read_push(chosen, headers, b"{}", NOW)


def test_checking_says_what_was_reached(account, wanted):
    lines = account.ask(lambda provider: provider.check())
    assert account.url in lines[0]

    async def bought(provider):
        draft = await provider.draft_label(wanted())
        await provider.buy_label(wanted(), draft, draft.rates[0])
        return await provider.check()

    lines = account.ask(bought)
    assert lines[1:] == [
        "its labels are production labels",
        "label crossdock-1001_2F1001-1 is found under its reference",
    ]


def test_checking_finds_a_key_of_the_wrong_mode(account_with):
    account = account_with(mode="test")
    account.sell({"reference": "1001"})
    with pytest.raises(NeedsConfig, match="test labels"):
        account.ask(lambda provider: provider.check())


def test_checking_refuses_a_wrong_key(account):
    with pytest.raises(NeedsAuth) as refused:
        account.ask(lambda provider: provider.check(), api_key="wrong-key")
    assert "wrong-key" not in str(refused.value)


def test_the_provider_has_its_role_and_its_features():
    class Context:
        settings = EasyPostSettings(api_key="k")

    for kind in (ShippingProvider, ListsParcels, BuysLabels, ChecksAddresses, ReceivesRecords, ChecksConnection):
        assert isinstance(EasyPostParcels(Context()), kind)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "easypost"},
        {"api_key": ""},
        {"unheard_of": 1},
        {"reference_prefix": "shp_"},
        {"page_size": 101},
        {"mode": "sandbox"},
        {"webhook": {"secret": ""}},
        {"customs": {}},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        EasyPostSettings(**{"api_key": "k", **wrong})


def test_the_simulator_refuses_what_it_does_not_know(account):
    assert account.http.post("/_labels", json=[{"carrier": "Pigeon"}]).status_code == 400
    assert account.http.post("/_refunds", json=[{"shipment_id": "shp_1", "status": "refunded"}]).status_code == 404
    assert account.http.get("/v2/shipments").status_code == 401
    key = {"Authorization": "Bearer sandbox-key"}
    assert account.http.get("/v2/shipments?page_size=101", headers=key).status_code == 422
    assert account.http.get("/v2/shipments?before_id=shp_0", headers=key).status_code == 404
    refused = account.http.post("/v2/shipments", headers=key, json={})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "PARAMETER.REQUIRED"
    assert "sandbox-key" in account.http.get("/_about").text


def test_the_plugin_is_found_and_its_hooks_are_those_of_the_contract():
    (found,) = entry_points(group="crossdock.plugins", name="easypost")
    assert found.load() is plugin
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin)
    manager.check_pending()
    assert manager.hook.connector().name == "easypost"


def test_loading_the_plugin_loads_no_http_server():
    code = (
        "import sys, crossdock_shipping.easypost.plugin as p, crossdock_shipping.easypost.parcels; p.connector();"
        "print({'starlette', 'uvicorn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_readme_lists_every_setting():
    listed = re.findall(r"^\| `([\w.]+)` \|", README.read_text("utf-8"), re.MULTILINE)
    inner = {f"webhook.{name}" for name in WebhookSettings.model_fields}
    inner |= {f"customs.{name}" for name in CustomsSettings.model_fields}
    whole = set(EasyPostSettings.model_fields) - {"webhook", "customs"}
    assert set(listed) == whole | inner


def test_the_example_of_the_readme_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    told = tomllib.loads(example)["connections"]["parcels"]
    assert told.pop("connector") == "easypost"
    told["api_key"] = told["webhook"]["secret"] = "secret"
    assert EasyPostSettings.model_validate(told)
