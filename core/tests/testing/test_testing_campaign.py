"""Campaigns without a runner: the plan by the seed, the copied config, what invariants find, how a play is saved."""

import runpy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.cli.campaign_page import page
from crossdock.config import load_config
from crossdock.domain import (
    Address,
    ConfirmedLine,
    FulfillmentRequest,
    Package,
    PackedLine,
    RequestLine,
    Shipment,
    ShipmentConfirmation,
)
from crossdock.hooks.errors import NeedsConfig
from crossdock.registry import load_plugins
from crossdock.sandbox import Effect, EffectKind, FaultPlan, Rehearsal
from crossdock.store.books import Books, OrderEntry, PromiseEntry, ShipmentEntry
from crossdock.testing.campaign.again import command_of, saved_test
from crossdock.testing.campaign.evidence import Bindings, Evidence
from crossdock.testing.campaign.invariants import INVARIANTS, Verdict, judge
from crossdock.testing.campaign.lives import IMPATIENT, Life
from crossdock.testing.campaign.plan import SLOW_SECONDS, Death, Moment, Round, round_of
from crossdock.testing.campaign.simulators import Simulator
from crossdock.testing.campaign.story import DEMO, Campaign, Outcome, Played, hold_campaign
from crossdock.testing.campaign.wiring import as_toml, rewire

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | TEXT | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.integers(0, 2**32), st.integers(1, 10_000))
def test_same_seed_plans_the_same_round_whatever_came_before(seed: int, number: int) -> None:
    planned = round_of(seed, number, ["warehouse", "cart"])
    assert planned == round_of(seed, number, ["cart", "warehouse"])
    assert planned.faults.keys() == {"cart", "warehouse"}
    assert all(sum(plan.rates.values()) <= 1 for plan in planned.faults.values())


def test_rounds_of_a_seed_differ_and_some_end_with_a_kill() -> None:
    rounds = [round_of(7, number, ["cart"]) for number in range(1, 40)]
    assert {one.death.moment for one in rounds if one.death} == {*Moment}
    assert any(one.death is None for one in rounds)
    assert len({str(one.faults) for one in rounds}) > 20


def test_what_is_slow_arrives_before_doubt_about_it_is_looked_up() -> None:
    assert IMPATIENT.settle.total_seconds() > 2 * SLOW_SECONDS


@given(st.dictionaries(TEXT, st.dictionaries(TEXT, VALUES, max_size=3), max_size=3))
def test_copied_config_says_what_the_original_said(tables: dict[str, dict[str, object]]) -> None:
    import tomllib

    assert tomllib.loads(as_toml(tables)) == tables


def simulator(connector: str, **settings: object) -> Simulator:
    return Simulator(connector, Rehearsal(settings=settings), None)  # type: ignore[arg-type] # it is not asked


def test_copied_config_leads_to_the_simulators_and_tells_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    config = tmp_path / "real" / "crossdock.toml"
    config.write_text(
        '[store]\nurl = "postgresql+psycopg://crossdock@db.example/crossdock"\n'
        '[webhooks]\nsecret = { env = "REAL_SECRET" }\n'
        '[alerts.webhook.pager]\nurl = { env = "REAL_PAGER" }\n'
        '[connections.wms]\nconnector = "warehouseos"\nbase_url = "https://wms.example"\nqueue_page_size = 5\n'
        'api_key = { env = "REAL_KEY" }\n'
        '[pipelines.main]\ninventory_source = "wms"\ninventory_sink = "cart"\nbundles = "kits.csv"\n'
        'labels = { folder = "/printer" }\n'
        '[connections.cart]\nconnector = "channeladvisor"\n'
    )
    (tmp_path / "real" / "kits.csv").write_text("bundle,component,quantity\nKIT,ONE,2\n")
    registry = load_plugins(["warehouseos", "channeladvisor"])
    simulators = {
        "wms": simulator("warehouseos", base_url="http://127.0.0.1:1", api_key="of the simulator"),
        "cart": simulator(
            "channeladvisor",
            base_url="http://127.0.0.1:2",
            application_id="one",
            shared_secret="two",
            refresh_token="three",
        ),
    }
    (folder := tmp_path / "play").mkdir()

    written = load_config(rewire(config, "main", simulators, registry, folder))

    assert "example" not in (folder / "crossdock.toml").read_text()
    assert "REAL" not in (folder / "crossdock.toml").read_text()
    assert "of the simulator" not in (folder / "crossdock.toml").read_text()
    assert written.connections["wms"].settings["queue_page_size"] == 5
    assert written.store.url == "sqlite:///crossdock.db"
    assert written.webhooks is None
    assert written.alerts.webhook == {}
    assert written.pipelines["main"].labels.folder is None
    assert written.pipelines["main"].bundle_table


def test_connection_that_would_lead_elsewhere_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "crossdock.toml"
    config.write_text(
        '[connections.wms]\nconnector = "warehouseos"\n[connections.cart]\nconnector = "channeladvisor"\n'
        '[pipelines.main]\ninventory_source = "wms"\ninventory_sink = "cart"\n'
    )
    away = {"wms": simulator("warehouseos", base_url="https://wms.example", api_key="a key")}
    cart = {"application_id": "one", "shared_secret": "two", "refresh_token": "three"}
    away["cart"] = simulator("channeladvisor", base_url="http://127.0.0.1:2", **cart)
    (folder := tmp_path / "play").mkdir()

    with pytest.raises(NeedsConfig, match=r"connection wms would lead to wms\.example and not to its simulator"):
        rewire(config, None, away, load_plugins(["warehouseos", "channeladvisor"]), folder)


def test_what_cannot_be_played_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NeedsConfig, match="there is no such file"):
        hold_campaign(Campaign(tmp_path / "none.toml"), tmp_path)
    with pytest.raises(NeedsConfig, match="no pipeline 'other'; it has main"):
        hold_campaign(Campaign(pipeline="other"), tmp_path)
    with pytest.raises(NeedsConfig, match="shelf is none of cart, warehouse"):
        hold_campaign(Campaign(options={"shelf": {}}), tmp_path)
    with pytest.raises(NeedsConfig, match=r"does not take these options: warehouse\.shelf: "):
        hold_campaign(Campaign(options={"warehouse": {"shelf": 1}}), tmp_path)
    (file := tmp_path / "file").touch()
    with pytest.raises(NeedsConfig, match="cannot be the folder of a campaign: File exists"):
        hold_campaign(Campaign(), file)


def test_campaign_never_writes_over_what_is_there(tmp_path: Path) -> None:
    (own := tmp_path / "crossdock.toml").write_text("# the config of a real shop\n")
    with pytest.raises(NeedsConfig, match="is not empty; name an empty folder"):
        hold_campaign(Campaign(), tmp_path)
    assert own.read_text() == "# the config of a real shop\n"


REQUEST = FulfillmentRequest(
    key="main:5:1",
    number="A-5",
    order_external_id="5",
    order_number="A-5",
    distribution_center="1",
    placed_at=NOW,
    ship_to=Address(),
    carrier="UPS",
    service_level="GROUND",
    lines=(RequestLine(id="1", order_line_id="77", sku="TEE", quantity=2),),
)
BOX = Shipment(
    external_id="A-5/B1",
    request_number="A-5",
    shipped_at=NOW,
    package=Package(lines=(PackedLine(line_id="1", sku="TEE", quantity=2),), tracking_number="1Z"),
)
TOLD = ShipmentConfirmation(
    key="A-5/B1",
    number=1,
    order_external_id="5",
    distribution_center="1",
    shipped_at=NOW,
    tracking_number="1Z",
    carrier="UPS",
    service_level="GROUND",
    lines=(ConfirmedLine(order_line_id="77", sku="TEE", quantity=2),),
)


def promise(
    kind: str, key: str, document: str = "{}", *, connection: str = "cart", state: str = "done"
) -> PromiseEntry:
    return PromiseEntry(1, "main", connection, kind, key, 1, state, "", document.encode())


ORDER = OrderEntry(1, "main", "cart", "5", "A-5", "shipped", "")
RELEASE = promise("release", "A-5", REQUEST.model_dump_json(), connection="wms")
CONFIRM = promise("confirm", "A-5/B1", TOLD.model_dump_json())
HEARD = ShipmentEntry(1, "main", "wms", "A-5/B1", "A-5", 1, "planned", "", BOX.model_dump_json().encode())
MARK = Effect(kind=EffectKind.ACKNOWLEDGEMENT, key="5")
SALE = Effect(kind=EffectKind.SALE, key="5", units={"77": 2})
SHIPPED = Effect(kind=EffectKind.SHIPMENT, key="1Z", of="5", units={"77": 2})
THERE = Effect(kind=EffectKind.ORDER, key="A-5", of="main:5:1", units={"TEE": 2})
PACKED = Effect(kind=EffectKind.PACKAGE, key="B1", of="main:5:1", units={"1": 2})
BOOKS = Books({1: ORDER}, (RELEASE, promise("acknowledge", "5"), CONFIRM), (HEARD,), ())
SOUND = Evidence(
    BOOKS,
    {"main": Bindings("cart", ("wms",), "labels")},
    {"cart": [MARK, SALE, SHIPPED], "wms": [THERE, PACKED], "labels": []},
)


def at(connection: str, *effects: Effect) -> Evidence:
    return replace(SOUND, effects={**SOUND.effects, connection: effects})


def kept(**books: object) -> Evidence:
    return replace(SOUND, books=replace(BOOKS, **books))  # type: ignore[arg-type]


def sold(key: str) -> Effect:
    return Effect(kind=EffectKind.LABEL, key=key)


WRONG = {
    "effects.once": at("cart", MARK, SHIPPED.model_copy(update={"times": 2})),
    "orders.asked_once": at("wms", THERE, PACKED, THERE.model_copy(update={"key": "A-5-2"})),
    "orders.ours": at("wms", THERE.model_copy(update={"units": {"TEE": 4}}), PACKED),
    "orders.there": at("wms", PACKED),
    "orders.named": kept(orders={1: ORDER, 2: replace(ORDER, id=2, external_id="6", number="A-6", state="ready")}),
    "orders.taken": at("cart", MARK, SHIPPED, SALE, SALE.model_copy(update={"key": "6"})),
    "orders.seen": at("cart", MARK, SHIPPED, MARK.model_copy(update={"key": "6"})),
    "orders.acknowledged": at("cart", SHIPPED),
    "packages.heard": kept(shipments=()),
    "shipments.packed": at("wms", THERE, PACKED.model_copy(update={"units": {"1": 1}})),
    "shipments.told": at("cart", MARK),
    "shipments.named": kept(shipments=(replace(HEARD, state="new"),)),
    "labels.one": at("labels", sold("A-5/B1"), sold("A-5/B1~2")),
    "doubt.settled": kept(promises=(RELEASE, replace(CONFIRM, state="in_doubt"))),
    "refusals.named": kept(promises=(RELEASE, replace(CONFIRM, state="rejected", key="other"))),
    "work.at_rest": replace(SOUND, owed=["1 confirm due"]),
    "runner.steady": replace(SOUND, troubles=["round 1: it ended by itself with 1"]),
    "store.sound": kept(unsound="row 5 missing from index orders_number"),
}


def test_nothing_is_found_where_all_sides_agree() -> None:
    assert [one.findings for one in judge(SOUND) if not one.holds] == []


@pytest.mark.parametrize("id", INVARIANTS)
def test_every_invariant_can_be_broken_and_says_how(id: str) -> None:
    [verdict] = [one for one in judge(WRONG[id]) if one.id == id]
    print(verdict.findings)
    assert not verdict.holds
    assert verdict.sentence.endswith(".")
    assert all(verdict.findings)


def test_how_to_names_every_invariant_as_it_is() -> None:
    told = (Path(__file__).parents[3] / "docs/howto/fault-campaigns.md").read_text(encoding="utf-8")
    rows = [line for line in told.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{one.id}` | {one.sentence} |" for one in INVARIANTS.values()]


def test_cart_of_which_not_every_order_is_wanted_is_not_asked_for_all() -> None:
    evidence = replace(WRONG["orders.taken"], choosy=frozenset({"cart"}))
    assert [one.id for one in judge(evidence) if not one.holds] == []


def outcome(campaign: Campaign) -> Outcome:
    death = Death(Moment.ANSWER, 3)
    played = Played(Round(1, {}, {"cart": FaultPlan()}, death), {"cart": {"bought": 2}}, Life(died=True), {}, 0.5)
    broken = Verdict("effects.once", "Nothing took effect twice.", 2, ("cart: <b>1Z</b> took effect 2 times",))
    rest = {"orders": {"shipped": 3}, "problems": {}, "effects": {"cart": {"shipment": 3}}}
    return Outcome(campaign, {"cart": "minicart"}, (played,), (broken,), began_at=NOW, seconds=3.0, **rest)  # type: ignore[arg-type]


def test_page_names_what_is_broken_and_how_to_play_it_again() -> None:
    shown = page(outcome(Campaign(seed=7)))
    assert "1 of 1 invariants are broken" in shown
    assert "cart: &lt;b&gt;1Z&lt;/b&gt; took effect 2 times" in shown
    assert "killed when the answer to its request 3 had come, before it was noted" in shown
    assert "crossdock campaign --seed 7 --rounds 1" in shown


def test_saved_test_plays_the_same_from_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"warehouse": {"areas": ["EAST", "WEST"]}}
    campaign = Campaign(tmp_path / "shop" / "crossdock.toml", "main", 7, orders=50, options=options)
    (file := tmp_path / "tests" / "test_seed_7.py").parent.mkdir()
    file.write_text(saved_test(campaign, 9, file))
    played: dict[str, object] = {}
    monkeypatch.setattr("crossdock.testing.campaign.story.replay", lambda folder, **wish: played.update(wish))

    runpy.run_path(str(file))["test_campaign_of_seed_7_holds"](tmp_path)

    again = Campaign(**played)  # type: ignore[arg-type]
    assert again.config.resolve() == campaign.config
    assert replace(again, config=campaign.config) == replace(campaign, rounds=9)
    assert command_of(campaign, 9).endswith(
        """--pipeline main --seed 7 --rounds 9 --orders 50 --option 'warehouse.areas=["EAST", "WEST"]'"""
    )
    assert command_of(Campaign(DEMO, seed=3), 12) == "crossdock campaign --seed 3 --rounds 12"
