"""Levels in the store: noted with the changes that tell them, read in the order of their key, approved by a person."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.lease import Lease, LeaseLost
from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.level_ports import NewLevel, SeenPlan, level_key
from crossdock.engine.problems import Code, Problem
from crossdock.store.audit import list_deeds
from crossdock.store.level_plans import approve_levels, show_plan
from crossdock.store.repair import retry_problem

from .shop import NOON, Shop, play
from .test_store_plans import _plan

EAST, WEST = "0", "-2"
K1 = level_key("main", "A", 1)


def a_change(key: str, sku: str, **centers: int) -> StockChange:
    ids = {"EAST": EAST, "WEST": WEST}
    quantities = tuple(CenterQuantity(distribution_center=ids[name], quantity=n) for name, n in centers.items())
    return StockChange(key=key, item=StockItem(sku=sku), meaning=StockMeaning.SELLABLE, centers=quantities)


def levels_of(change: StockChange) -> list[NewLevel]:
    return [
        NewLevel(change.item.sku, one.distribution_center, "U-1", one.quantity, 9, 2, 1, NOON, change.key)
        for one in change.centers
    ]


async def save(shop: Shop, lease: Lease, *changes: StockChange) -> None:
    told = [level for change in changes for level in levels_of(change)]
    await shop.store.save_levels(lease, "cart", changes, told, now=shop.now)


async def all_told(shop: Shop, limit: int) -> list[tuple[str, str, int]]:
    """What was told, read in parts of this size."""
    found, after = [], None
    while some := await shop.store.told_levels("main", after=after, limit=limit):
        found += [(one.name, one.center, one.quantity) for one in some]
        after = some[-1].name, some[-1].center
    return found


def test_levels_and_the_changes_that_tell_them_are_one_transaction(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        await save(shop, lease, a_change(K1, "A", EAST=3, WEST=0), a_change("k2", "B", EAST=5))
        await save(shop, lease, a_change("k3", "A", EAST=4))
        assert sorted(await all_told(shop, 100)) == [("A", WEST, 0), ("A", EAST, 4), ("B", EAST, 5)]
        (first, *_) = [one for one in await shop.store.told_levels("main", after=None, limit=9) if one.center == EAST]
        assert (first.unit, first.promise_key) == ("U-1", "k3")
        assert ("main", "stock") in await shop.store.due_flows(now=shop.now)
        assert await shop.store.stock_waiting("main", now=shop.now) == 3

    play(database_url, scene)


def test_what_was_told_is_read_once_in_whatever_parts_and_letters(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        skus = ["a", "A", "A-1", "A 1", "É", "z", "Z", "0012", "12", "ünder", "🧦"]
        await save(shop, lease, *(a_change(f"k/{sku}", sku, EAST=1, WEST=2) for sku in skus))
        every = [(sku, center, level) for sku in skus for center, level in ((EAST, 1), (WEST, 2))]
        for limit in (1, 2, 3, 100):
            assert sorted(await all_told(shop, limit)) == sorted(every)

    play(database_url, scene)


def test_a_run_that_lost_its_lease_writes_nothing(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        await shop.crash("levels")
        await shop.lease("levels")
        with pytest.raises(LeaseLost):
            await save(shop, lease, a_change(K1, "A", EAST=3))
        with pytest.raises(LeaseLost):
            await shop.store.end_levels(lease, "x", now=shop.now)
        assert (await all_told(shop, 9), await shop.store.stock_waiting("main", now=shop.now)) == ([], 0)

    play(database_url, scene)


async def refuse(shop: Shop, *keys: str) -> None:
    """The cart refuses these changes."""
    lease = await shop.lease("stock")
    claimed = [one for one in await shop.store.claim_stock(lease, "cart", 10, now=shop.now) if one.key in keys]
    settled = [Settlement(one, PromiseState.REJECTED, error="no such product") for one in claimed]
    problems = [Problem(Code.STOCK_REFUSED, one.key, "refused") for one in claimed]
    await shop.store.settle(lease, settled, problems, acknowledge_on=None, now=shop.now)


def test_what_the_cart_refuses_is_known_until_a_person_has_settled_it(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        await save(shop, lease, a_change(K1, "A", EAST=3, WEST=1), a_change("k2", "B", EAST=5))
        await refuse(shop, K1)
        keys = [K1, "k2", *(f"none-{number}" for number in range(600))]
        assert set(await shop.store.refused_levels("cart", "main", keys)) == {K1}
        assert await shop.store.refused_levels("cart", "other", [K1]) == set()

        ((problem_id,),) = await shop.rows("SELECT id FROM problem")
        done = await shop.store.write(retry_problem, problem_id, by="ada", now=shop.now)
        assert done == "what lies in the warehouse is counted anew, then that level is sent"
        assert await all_told(shop, 9) == [("B", EAST, 5)]
        assert await shop.rows(f"SELECT state FROM promise WHERE key = '{K1}'") == [("replaced",)]
        await shop.crash("levels")
        assert ("main", "levels") in await shop.store.due_flows(now=shop.now)
        assert await shop.store.refused_levels("cart", "main", [K1]) == set()

    play(database_url, scene)


def test_a_refused_change_that_told_no_level_is_sent_as_it_is(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        await shop.store.promise_stock("main", "cart", [a_change("by-hand", "A", EAST=3)], now=shop.now)
        await refuse(shop, "by-hand")
        ((problem_id,),) = await shop.rows("SELECT id FROM problem")
        await shop.store.write(retry_problem, problem_id, by="ada", now=shop.now)
        assert await shop.rows("SELECT kind, state FROM promise") == [(Kind.STOCK.value, "due")]

    play(database_url, scene)


def test_a_plan_waits_for_a_word_and_is_over_when_its_levels_are_promised(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        plan, problem = SeenPlan(100, 40, 3, shop.now), Problem(Code.LEVELS_WAIT, "main", "they wait")
        await shop.store.ask_for_levels(lease, plan, problem, now=shop.now)
        assert await shop.store.seen_plan("main") == plan
        await shop.store.ask_for_levels(lease, None, problem, now=shop.now)
        assert await shop.store.seen_plan("main") == plan

        shop.clock.advance(minutes=5)
        await shop.store.write(approve_levels, "main", plan, by="ada", note="looked at it", now=shop.now)
        approved = await shop.store.seen_plan("main")
        assert approved == SeenPlan(100, 40, 3, NOON, approved_at=NOON + timedelta(minutes=5), approved_by="ada")
        (deed,) = await shop.store.read(list_deeds)
        assert (deed.by, deed.action, deed.note) == ("ada", "send levels", "looked at it")
        assert deed.after == "40 of 100 levels, 3 of them to zero"

        await shop.store.write(show_plan, "main", SeenPlan(100, 41, 3, shop.now))
        shown = await shop.store.seen_plan("main")
        assert shown is not None
        assert shown.approved_at is None

        await shop.store.end_levels(lease, "checkpoint", now=shop.now)
        assert await shop.store.seen_plan("main") is None
        assert await shop.store.open_subjects("main", Code.LEVELS_WAIT) == []
        assert await shop.rows("SELECT checkpoint FROM flow WHERE flow = 'levels'") == [("checkpoint",)]

    play(database_url, scene)


def test_another_cart_was_told_nothing(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        lease = await shop.lease("levels")
        await save(shop, lease, a_change(K1, "A", EAST=3))
        await shop.store.write(show_plan, "main", SeenPlan(1, 1, 0, shop.now))
        await shop.store.forget_levels(lease, now=shop.now)
        assert (await all_told(shop, 9), await shop.store.seen_plan("main")) == ([], None)

    play(database_url, scene)


def test_problems_open_and_close_together_however_many(database_url: str) -> None:
    async def scene(shop: Shop) -> None:
        many = [Problem(Code.OVERSOLD, f"S{number}@0", "oversold") for number in range(700)]
        await shop.store.settle_problems("main", Code.OVERSOLD, many, (), now=shop.now)
        assert len(await shop.store.open_subjects("main", Code.OVERSOLD)) == 700
        gone = {f"S{number}@0" for number in range(699)}
        await shop.store.settle_problems("main", Code.OVERSOLD, (), gone, now=shop.now)
        assert await shop.store.open_subjects("main", Code.OVERSOLD) == ["S699@0"]

    play(database_url, scene)


async def _an_hour(shop: Shop) -> None:
    """All that a run of levels asks of the store."""
    lease = await shop.lease("levels")
    await save(shop, lease, a_change(K1, "A", EAST=3), a_change("k2", "B", EAST=5))
    await refuse(shop, K1)
    await all_told(shop, 1)
    await shop.store.refused_levels("cart", "main", [K1, "k2"])
    problem = Problem(Code.LEVELS_WAIT, "main", "they wait")
    await shop.store.ask_for_levels(lease, SeenPlan(1, 1, 0, shop.now), problem, now=shop.now)
    await shop.store.seen_plan("main")
    await shop.store.open_subjects("main", Code.OVERSOLD)
    found = [Problem(Code.OVERSOLD, "A@0", "oversold")]
    await shop.store.settle_problems("main", Code.OVERSOLD, found, {"B@0"}, now=shop.now)
    await shop.store.end_levels(lease, "checkpoint", now=shop.now)
    ((problem_id,),) = await shop.rows("SELECT id FROM problem WHERE code = 'stock_refused'")
    await shop.store.write(retry_problem, problem_id, by="ada", now=shop.now)


def test_no_statement_of_levels_walks_through_a_table(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        statements[statement] = (
            parameters[0] if many and parameters and isinstance(parameters[0], tuple) else parameters
        )

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, _an_hour)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks = []
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")) and "SELECT id FROM" not in statement:
                steps = await shop.store.read(_plan, statement, parameters)
                walks += [
                    (statement, step) for step in steps if re.search(r"SCAN (told_level|promise|problem)\b", step)
                ]
        assert walks == []

    assert any("told_level" in statement for statement in statements)
    play(sqlite_url, explain)
