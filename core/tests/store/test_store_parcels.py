"""Parcels are kept once and used once, whoever heard of them, and go when nobody needs them any more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, event

from crossdock.domain import Money, Parcel, Weight, WeightUnit, digest
from crossdock.engine.facts import FactSource, ReadRecord, RecordKind
from crossdock.engine.ledger import Kind
from crossdock.engine.parcel_match import complete
from crossdock.engine.parcel_ports import ParcelUse
from crossdock.engine.ports import ConfirmPlan, ShipmentState
from crossdock.hooks.records import Record
from crossdock.store.parcel_views import ParcelView, list_parcels
from crossdock.store.purge import Retention, purge
from crossdock.store.queries import the_order
from crossdock.store.stories import order_story

from .shop import NOON, Shop, a_box, an_order, done, play, played

TOLD = FactSource("desk", RecordKind.PARCEL)
DEAR = {
    "cost": Money(amount=Decimal("12.30"), currency="USD"),
    "weight": Weight(value=Decimal("1.5"), unit=WeightUnit.POUND),
}


def a_parcel(number: str, reference: str = "N1", **more: object) -> Parcel:
    return Parcel(tracking_number=number, external_id=f"L-{number}", reference=reference).model_copy(update=more)


async def known(shop: Shop, *parcels: Parcel, pipeline: str = "main") -> int:
    return await shop.store.save_parcels(None, "desk", pipeline, parcels, now=shop.now)


async def waiting(shop: Shop, *boxes: str) -> None:
    """These boxes of an order wait for their numbers, and are not looked at for a while."""
    await shop.release(an_order("1"))
    await shop.collect(*(a_box(box, "N1", "") for box in boxes))
    for case in await shop.store.confirm_cases("main", 10, now=shop.now):
        states = {stored.id: ShipmentState.AWAITING_TRACKING for stored in case.open}
        plan = ConfirmPlan(case.order.id, states, look_again_at=shop.now + timedelta(hours=1))
        await shop.store.save_confirmations(await shop.lease("confirm"), [plan], (), now=shop.now)


async def due(shop: Shop) -> list[str]:
    """The boxes that are looked at now."""
    cases = await shop.store.confirm_cases("main", 10, now=shop.now)
    return [stored.shipment.external_id for case in cases for stored in case.open]


async def told_of(shop: Shop) -> ParcelView:
    [view] = await shop.store.read(list_parcels)
    return view


@played
async def test_a_parcel_is_kept_once_and_wakes_the_box_that_waits_for_it(shop: Shop) -> None:
    await waiting(shop, "A")
    assert await due(shop) == []
    assert await known(shop, a_parcel("T1"), a_parcel("T1", carrier="UPS"), a_parcel("T9", "of others")) == 2
    assert await due(shop) == ["A"]
    assert await shop.rows("SELECT pipeline FROM flow WHERE flow = 'confirm' AND woken_at IS NOT NULL") == [("main",)]
    assert await shop.rows("SELECT tracking_number, carrier FROM parcel ORDER BY 1") == [("T1", "UPS"), ("T9", "")]


@played
async def test_what_is_told_again_changes_nothing(shop: Shop) -> None:
    await waiting(shop, "A")
    await known(shop, a_parcel("T1", voided=True))
    shop.clock.advance(minutes=5)
    await waiting_again(shop)
    assert await known(shop, a_parcel("T1"), a_parcel("T1", voided=True)) == 0
    assert await due(shop) == []


async def waiting_again(shop: Shop) -> None:
    later = shop.now + timedelta(hours=1)
    for case in await shop.store.confirm_cases("main", 10, now=shop.now):
        states = {stored.id: ShipmentState.AWAITING_TRACKING for stored in case.open}
        plan = ConfirmPlan(case.order.id, states, look_again_at=later)
        await shop.store.save_confirmations(await shop.lease("confirm"), [plan], (), now=shop.now)


@played
async def test_a_parcel_that_another_pipeline_heard_of_wakes_the_box_as_well(shop: Shop) -> None:
    await waiting(shop, "A")
    await known(shop, a_parcel("T1"), pipeline="other")
    assert await due(shop) == ["A"]
    assert await known(shop, a_parcel("T1")) == 0
    assert await shop.rows("SELECT pipeline FROM flow WHERE flow = 'confirm'") == [("main",)]


@played
async def test_a_parcel_goes_to_one_box_though_two_plans_want_it(shop: Shop) -> None:
    await waiting(shop, "A")
    await known(shop, a_parcel("T1"))
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    parcels = await shop.store.parcels_of("desk", ["N1"])
    done_case, uses, changed = complete(case, parcels)
    completed = {stored.id: stored.shipment for stored in done_case.open if stored.id in changed}
    states = {stored.id: ShipmentState.HELD for stored in case.open}
    plan = ConfirmPlan(case.order.id, states, completed=completed, uses=tuple(uses))
    stolen = replace(plan, uses=(ParcelUse(parcels[0].id, 4711),))
    lease = await shop.lease("confirm")
    await shop.store.save_confirmations(lease, [plan], (), now=shop.now)
    await shop.store.save_confirmations(lease, [replace(stolen, states={}, completed={})], (), now=shop.now)
    [one] = await shop.store.parcels_of("desk", ["N1"])
    assert one.shipment_id == case.open[0].id
    assert await shop.rows("SELECT state FROM shipment") == [("held",)]


@played
async def test_a_plan_that_counts_on_a_label_taken_back_meanwhile_is_not_written(shop: Shop) -> None:
    await waiting(shop, "A")
    await known(shop, a_parcel("T1"))
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    _, uses, _ = complete(case, await shop.store.parcels_of("desk", ["N1"]))
    await known(shop, a_parcel("T1", voided=True))
    plan = ConfirmPlan(case.order.id, {case.open[0].id: ShipmentState.PLANNED}, uses=tuple(uses))
    await shop.store.save_confirmations(await shop.lease("confirm"), [plan], (), now=shop.now)
    assert await shop.rows("SELECT state FROM shipment") == [("awaiting_tracking",)]


@played
async def test_a_box_that_the_warehouse_takes_back_frees_its_parcel(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1", "T1"))
    await known(shop, a_parcel("T1"))
    [one] = await shop.store.parcels_of("desk", ["N1"])
    assert one.shipment_id is not None
    await shop.take_back("N1", "A")
    [one] = await shop.store.parcels_of("desk", ["N1"])
    assert one.shipment_id is None
    assert await told_of(shop) == replace(await told_of(shop), used_for="", order_number="", told="")


@played
async def test_a_promise_in_somebodys_hands_counts_as_told_when_its_label_is_taken_back(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1", "T1"))
    [promise] = await shop.confirm()
    await known(shop, a_parcel("T1", voided=True))
    assert await shop.open_problems() == [("label_voided", "N1/A")]
    assert (Kind.CONFIRM, "N1/A", "sent") in await shop.promises()
    await shop.settle(done(promise))
    await known(shop, a_parcel("T2"))
    [(detail,)] = await shop.rows("SELECT detail FROM problem")
    assert "T2" in detail
    assert [one.told for one in await shop.store.read(list_parcels)] == ["", "done"]


@played
async def test_an_order_number_of_two_warehouses_is_two_orders(shop: Shop) -> None:
    """A box of the same number that another system labels keeps its own number."""
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1", "W1"))
    await known(shop, a_parcel("T1"), a_parcel("T0", voided=True))
    assert await shop.rows("SELECT state FROM shipment") == [("new",)]
    assert [one.shipment_id for one in await shop.store.parcels_of("desk", ["N1"])] == [None, None]


@played
async def test_the_list_says_what_a_label_cost_and_whose_it_is(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1", "T1"))
    await known(shop, a_parcel("T1", carrier="UPS", box="A", **DEAR), a_parcel("T9", "9", voided=True))
    [gone, used] = await shop.store.read(list_parcels)
    assert (used.cost, used.currency, used.weight, used.weight_unit) == ("12.30", "USD", "1.5", "lb")
    assert (used.order_number, used.used_for, used.told, used.pipeline) == ("N1", "A", "", "main")
    assert (gone.tracking_number, gone.voided_at, gone.used_for) == ("T9", NOON, "")
    for wish, numbers in (
        ({"number": "N1"}, ["T1"]),
        ({"number": "T9"}, ["T9"]),
        ({"number": "N"}, []),
        ({"unused": True}, ["T9"]),
        ({"voided": True}, ["T9"]),
        ({"pipelines": ["other"]}, []),
        ({"limit": 1}, ["T9"]),
    ):
        found = await shop.store.read(list_parcels, **wish)  # type: ignore[arg-type]
        assert [one.tracking_number for one in found] == numbers
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    order = await shop.store.read(the_order, "N1")
    [mine] = (await shop.store.read(order_story, order.id)).parcels
    assert (mine.tracking_number, mine.told) == ("T1", "done")


@played
async def test_raw_parcels_and_those_of_nobody_go_with_the_buyers_data(shop: Shop) -> None:
    lease = await shop.lease("parcels")
    records = [Record(one.external_id, one.model_dump_json().encode()) for one in (a_parcel("T1"), a_parcel("T9", "9"))]
    facts = (a_parcel("T1"), a_parcel("T9", "9"))
    read = [ReadRecord(one, digest(one.data), (fact,)) for one, fact in zip(records, facts, strict=True)]
    assert (await shop.store.save_facts(lease, TOLD, read, (), "5", now=shop.now))["parcels"] == 2
    await shop.release(an_order("1"))
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.ACKNOWLEDGE)))
    await shop.collect(a_box("A", "N1", "T1"))
    await known(shop, a_parcel("T1", **DEAR), a_parcel("OURS", "7", key="7/B"))
    await shop.settle(*(done(promise) for promise in await shop.confirm()))

    assert (await purge(shop.store, Retention(), now=NOON + timedelta(days=29))).parcels == 0
    purged = await purge(shop.store, Retention(), now=NOON + timedelta(days=31))
    assert (purged.orders, purged.parcels, purged.raw_parcels) == (1, 1, 2)
    assert await shop.rows("SELECT tracking_number FROM parcel ORDER BY 1") == [("",), ("OURS",)]
    assert await shop.rows("SELECT kind FROM record") == [("order",), ("shipment",)]
    assert (await shop.store.read(list_parcels))[-1].cost == "12.30"


def test_no_statement_walks_through_parcels_or_shipments(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    async def day(shop: Shop) -> None:
        await shop.release(an_order("1"))
        await shop.collect(a_box("A", "N1", "T1"))
        await shop.confirm()
        await known(shop, a_parcel("T1"), a_parcel("T2"))
        await known(shop, a_parcel("T1", voided=True))
        await shop.store.settle_voided(await shop.lease("confirm"), now=shop.now)
        await shop.store.read(list_parcels, number="T1")
        order = await shop.store.read(the_order, "N1")
        await shop.store.read(order_story, order.id)

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if "parcel" in statement and not statement.startswith(("PRAGMA", "INSERT")):
            statements[statement] = parameters[0] if many else parameters

    async def explain(shop: Shop) -> None:
        def plan(conn: Any, statement: str, values: Any) -> Sequence[str]:
            rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            return [row[3] for row in rows]

        steps = [(step, one) for one, values in statements.items() for step in await shop.store.read(plan, one, values)]
        assert [one for step, one in steps if step.startswith("SCAN") and "INDEX" not in step] == []

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, day)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    assert len(statements) > 5
    play(sqlite_url, explain)
