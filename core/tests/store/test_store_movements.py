"""Stock that moved: kept once for each pipeline that hears of it, planned once, and found quickly among a million."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crossdock.domain import (
    CenterQuantity,
    InventoryMovement,
    MovementKind,
    Place,
    Putaway,
    StockChange,
    StockItem,
    StockMeaning,
    digest,
)
from crossdock.engine.facts import Fact, FactSource, ReadRecord, RecordKind
from crossdock.engine.lease import LeaseLost
from crossdock.engine.movement_ports import Hearer, MovementPlan, PlannedChange, WaitingMovement
from crossdock.engine.problems import Code
from crossdock.hooks.records import Record
from crossdock.store.goods import list_movements, list_stock
from crossdock.store.purge import Retention, purge

from .shop import NOON, Shop, a_box, a_read, an_order, done, play, played
from .test_store_plans import _plan
from .test_store_withdrawals import take_back_and_forget

BOTH = (Hearer("main", sells=True), Hearer("other", sells=True), Hearer("books", sells=False))


def a_movement(
    key: str, quantity: int = 1, *, sku: str = "A", area: str = "MAIN", order: str = "", out: bool = False
) -> InventoryMovement:
    place = Place(area=area, location="01-01")
    return InventoryMovement(
        external_id=key,
        kind=MovementKind.PULL if out else MovementKind.PUT,
        sku=sku,
        quantity=quantity,
        origin=place if out else None,
        destination=None if out else place,
        order_number=order,
        moved_at=NOON,
    )


def read(*facts: Fact) -> list[ReadRecord]:
    records = [Record(f"r-{fact.external_id}", fact.model_dump_json().encode()) for fact in facts]
    return [ReadRecord(record, digest(record.data), (fact,)) for record, fact in zip(records, facts, strict=True)]


async def take(shop: Shop, *facts: Fact, hearers: Sequence[Hearer] = BOTH[:1]) -> dict[str, int]:
    """The warehouse tells these facts on one page."""
    source = FactSource("warehouse", RecordKind.SHIPMENT, tuple(hearers))
    return dict(await shop.store.save_facts(await shop.lease("collect"), source, read(*facts), (), None, now=shop.now))


async def waiting(shop: Shop, limit: int = 100, *, pipeline: str = "main") -> Sequence[WaitingMovement]:
    return await shop.store.waiting_movements(pipeline, "cart", limit)


async def plan(shop: Shop, plan: MovementPlan) -> None:
    await shop.store.save_movement_plan(await shop.lease("stock"), "cart", plan, now=shop.now)


def a_plan(*movements: WaitingMovement, key: str = "k1", **more: Any) -> MovementPlan:
    """Everything of one SKU is one change."""
    total = CenterQuantity(distribution_center="0", quantity=sum(one.quantity for one in movements))
    item = StockItem(sku=movements[0].sku)
    change = StockChange(key=key, item=item, meaning=StockMeaning.DIFFERENCE, centers=(total,))
    return MovementPlan((PlannedChange(change, tuple(one.id for one in movements)),), **more)


async def states(shop: Shop, pipeline: str = "main") -> dict[str, str]:
    return dict(await shop.rows(f"SELECT external_id, state FROM movement WHERE pipeline = '{pipeline}'"))


@played
async def test_movement_is_kept_once_for_each_pipeline_that_hears_of_it(shop: Shop) -> None:
    assert (await take(shop, a_movement("1"), a_movement("2"), hearers=BOTH))["movements"] == 2
    assert (await take(shop, a_movement("2", 99), a_movement("3"), hearers=BOTH))["movements"] == 1
    for pipeline, state in (("main", "waiting"), ("other", "waiting"), ("books", "nothing")):
        assert await states(shop, pipeline) == dict.fromkeys("123", state)
    due = await shop.store.due_flows(now=NOON)
    assert due == [("main", "stock"), ("other", "stock")]
    assert [one.quantity for one in await waiting(shop)] == [1, 1, 1]


@played
async def test_movement_that_nobody_hears_of_is_a_raw_record_only(shop: Shop) -> None:
    assert (await take(shop, a_movement("1"), hearers=()))["movements"] == 0
    assert await states(shop) == {}
    assert await shop.rows("SELECT kind, external_id FROM record") == [("shipment", "r-1")]


@played
async def test_two_ends_and_none_are_told_apart(shop: Shop) -> None:
    moved = a_movement("1").model_copy(
        update={"kind": MovementKind.MOVE, "origin": Place(), "destination": Place(area="W", location="9")}
    )
    await take(shop, moved, a_movement("2", out=True))
    assert [(one.origin, one.destination) for one in await waiting(shop)] == [("", "W"), ("MAIN", None)]
    first = (await shop.store.read(list_movements))[-1]
    assert (first.from_area, first.to_area, first.to_location, first.moved_at) == ("", "W", "9", NOON)


@played
async def test_what_is_told_late_of_an_order_that_was_taken_back_is_still_told_apart(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await take_back_and_forget(shop, "1")
    await shop.download(a_read(an_order("1"), version=2))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), done(west))
    assert await shop.states() == {"1": "released"}
    await take(shop, a_movement("1", order="N1"), a_movement("2", order="N1-east", out=True))
    assert [one.of_its_order for one in await waiting(shop)] == [True, True]


@played
async def test_pick_of_an_order_that_came_from_the_cart_is_told_apart(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await take(
        shop,
        a_movement("1", order="N1", out=True),
        a_movement("2", order="W-1", out=True),
        a_movement("3", out=True),
    )
    found = {one.id: one.of_its_order for one in await waiting(shop)}
    assert list(found.values()) == [True, False, False]
    other = await shop.store.waiting_movements("main", "another cart", 100)
    assert not any(one.of_its_order for one in other)


@played
async def test_product_is_planned_whole_unless_it_alone_fills_a_batch(shop: Shop) -> None:
    await take(shop, *(a_movement(f"{sku}{number}", sku=sku) for number in range(3) for sku in "ABC"))
    assert [one.sku for one in await waiting(shop, 7)] == list("AAABBB")
    assert [one.sku for one in await waiting(shop, 3)] == list("AAA")
    assert [one.sku for one in await waiting(shop, 2)] == list("AA")
    assert len(await waiting(shop, 10)) == 9


@played
async def test_planned_movements_are_one_promise_and_wait_no_more(shop: Shop) -> None:
    await take(shop, a_movement("1", 2), a_movement("2", 3), a_movement("3", sku="B"))
    first, second, third = await waiting(shop)
    await plan(shop, a_plan(first, second, nothing=(third.id,)))
    assert await states(shop) == {"1": "planned", "2": "planned", "3": "nothing"}
    (stock,) = await shop.store.read(list_stock)
    assert [one.quantity for one in stock.change.centers] == [5]
    assert {one.promise_key for one in await shop.store.read(list_movements, sku="A")} == {"k1"}
    assert len(await shop.store.read(list_movements, sku="a")) == 2, "however its letters are written"
    assert await waiting(shop) == []


@played
async def test_plan_that_is_written_twice_promises_once(shop: Shop) -> None:
    await take(shop, a_movement("1", 2))
    again = a_plan(*await waiting(shop))
    await plan(shop, again)
    await plan(shop, again)
    assert len(await shop.store.read(list_stock)) == 1


@played
async def test_run_that_lost_its_lease_plans_nothing(shop: Shop) -> None:
    await take(shop, a_movement("1"))
    lease, late = await shop.lease("stock"), a_plan(*await waiting(shop))
    await shop.crash("stock")
    await shop.lease("stock")
    with pytest.raises(LeaseLost):
        await shop.store.save_movement_plan(lease, "cart", late, now=shop.now)
    assert await states(shop) == {"1": "waiting"}
    assert await shop.store.read(list_stock) == []


@played
async def test_unmapped_area_is_one_problem_with_all_that_wait_until_a_rule_comes(shop: Shop) -> None:
    await take(shop, *(a_movement(str(number), area="DOCK") for number in range(3)))
    held = await waiting(shop)
    await plan(shop, MovementPlan(unmapped=tuple(one.id for one in held), unknown_areas=("DOCK",)))
    assert await shop.open_problems() == [("unmapped_area", "DOCK")]
    [(title,)] = await shop.rows("SELECT title FROM problem")
    assert title == "3 movements wait: nobody says where the stock of area 'DOCK' counts"
    assert await waiting(shop) == []

    assert await shop.store.reconsider_held("other", Code.UNMAPPED_AREA, now=NOON) == 0
    assert await shop.store.reconsider_held("main", Code.UNMAPPED_AREA, now=NOON) == 3
    await plan(shop, a_plan(*await waiting(shop), known_areas=("DOCK",)))
    assert await shop.open_problems() == []
    assert set((await states(shop)).values()) == {"planned"}


@played
async def test_putaway_is_kept_once(shop: Shop) -> None:
    fact = Putaway(external_id="p1", purchase_order="PO-1", sku="A", quantity=2, place=Place(area="MAIN"), put_at=NOON)
    assert (await take(shop, fact))["putaways"] == 1
    assert (await take(shop, fact))["putaways"] == 0


@played
async def test_record_that_came_by_itself_waits_to_be_read_and_is_not_changed_by_a_replay(shop: Shop) -> None:
    record, replay = Record("1", b"the first"), Record("1", b"a forgery")
    assert await shop.store.keep_pushed("main", "collect", [record, Record("2", b"b")], now=NOON) == 2
    assert await shop.store.keep_pushed("main", "collect", [replay], now=NOON) == 0
    assert await shop.store.due_flows(now=NOON) == [("main", "collect")]
    unread = await shop.store.records_to_reread("main", "shipment", 10)
    assert sorted(unread, key=lambda one: one.id) == [record, Record("2", b"b")]
    assert await shop.store.records_to_reread("main", "movement", 10) == []

    source = FactSource("warehouse", RecordKind.SHIPMENT)
    done_reading = [ReadRecord(one, digest(one.data)) for one in unread]
    await shop.store.save_facts(await shop.lease("collect"), source, done_reading, (), None, now=NOON)
    await shop.store.keep_pushed("main", "collect", [replay], now=NOON)
    assert await shop.store.records_to_reread("main", "shipment", 10) == []


@played
async def test_two_flows_of_a_pipeline_keep_their_records_apart(shop: Shop) -> None:
    await shop.store.keep_pushed("main", "movements", [Record("1", b"m")], now=NOON)
    await shop.store.keep_pushed("main", "collect", [Record("1", b"s")], now=NOON)
    assert await shop.store.records_to_reread("main", "movement", 10) == [Record("1", b"m")]
    assert await shop.store.records_to_reread("main", "shipment", 10) == [Record("1", b"s")]


@played
async def test_box_that_an_inventory_source_told_is_purged_with_its_order(shop: Shop) -> None:
    await shop.release(an_order("1"))
    lease = await shop.store.begin_run("main", "movements", now=NOON, seconds=60)
    assert lease
    source = FactSource("warehouse", RecordKind.MOVEMENT)
    await shop.store.save_facts(lease, source, read(a_box("A", "N1")), (), None, now=NOON)
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    await purge(shop.store, Retention(), now=NOON + timedelta(days=60))
    assert await shop.rows("SELECT kind, length(data) FROM record WHERE external_id = 'r-A'") == [("movement", 0)]


WALKS = re.compile(
    r"SCAN (record|promise|movement|problem|orders)\b|promise USING .*\(connection=\? AND kind=\?\)"
    r"|movement USING INDEX movement_external_id \(connection=\?\)|record USING .*\(pipeline=\?\)"
)


async def _a_day(shop: Shop) -> None:
    promises = await shop.release(an_order("1"))
    assert promises
    await take(shop, *(a_movement(str(number), order="N1") for number in range(3)), a_movement("4", area="DOCK"))
    first, second, *others = await waiting(shop)
    await plan(shop, a_plan(first, nothing=(second.id,), known_areas=("MAIN",)))
    left = tuple(one.id for one in others)
    await plan(shop, MovementPlan(unmapped=left, unknown_areas=("DOCK",)))
    await shop.store.reconsider_held("main", Code.UNMAPPED_AREA, now=NOON)
    claimed = await shop.store.claim_stock(await shop.lease("stock"), "cart", 10, now=NOON)
    await shop.settle(*(done(promise) for promise in claimed))
    await shop.store.keep_pushed("main", "collect", [Record("p", b"p")], now=NOON)
    await shop.store.read(list_movements, sku="A")


def test_no_statement_walks_through_a_million_old_movements(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        one_of_many = many and parameters and isinstance(parameters[0], tuple)
        statements[statement] = parameters[0] if one_of_many else parameters

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, _a_day)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks, indexed = [], set()
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                explained = await shop.store.read(_plan, statement, parameters)
                walks += [(statement, step) for step in explained if WALKS.search(step)]
                for state in re.findall(
                    r"(?:FROM|UPDATE) movement .*state = '(waiting|unmapped)'", statement, re.DOTALL
                ):
                    assert any(f"movement_{state}" in step for step in explained), (statement, explained)
                    indexed.add(state)
        assert walks == []
        assert indexed == {"waiting", "unmapped"}

    assert sum("movement" in statement for statement in statements) >= 6
    play(sqlite_url, explain)
