"""Reports are kept, found and corrected once; what is known of a product is found quickly, on both databases."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crossdock.domain import StockItem, StockMeaning, StockReading
from crossdock.engine.evidence import KnownLevel
from crossdock.engine.lease import LeaseLost
from crossdock.engine.ledger import PromiseState, Settlement
from crossdock.engine.level_ports import NewLevel
from crossdock.engine.problems import Code, Problem
from crossdock.engine.reconciliation_ports import AskedProduct
from crossdock.engine.repairs import repairs
from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.engine.run_ports import RunReport
from crossdock.store import NotFound
from crossdock.store.audit import list_deeds
from crossdock.store.purge import Retention, purge
from crossdock.store.reconciliations import (
    NOT_HEARD,
    NotRepairable,
    Repaired,
    left_now,
    list_reports,
    newest_of_each,
    newest_report,
    report_of,
    store_repairs,
)
from crossdock.store.services import pause_services

from .shop import NOON, Shop, done, play, played, refused
from .test_store_movements import a_movement, a_plan, plan, take, waiting
from .test_store_plans import _plan
from .test_store_stock import a_change, claim, promise

A = AskedProduct("A", "A")
LARGE = "promise|movement|problem|orders|told_level|level_read|discrepancy|product"
WALKS = re.compile(rf"SCAN ({LARGE})\b|promise USING .*\(connection=\? AND kind=\?\)")


def row(sku: str = "A", difference: int = 3, center: str = "1", **more: Any) -> Discrepancy:
    cause = more.pop("cause", Cause.MANUAL_CHANGE)
    return Discrepancy(sku, center, sku, cause, "so", difference, expected=10, at_cart=7, on_hand=10, **more)


def a_report(*rows: Discrepancy, pipeline: str = "main", minute: int = 0) -> Report:
    at = NOON + timedelta(minutes=minute)
    return Report(pipeline, at, at, "ada", compared=20, on_the_way=2, discrepancies=rows)


async def keep(shop: Shop, report: Report, **more: Any) -> int:
    return await shop.store.save_report(None, report, more.pop("problem", None), now=shop.now, **more)


async def correct(shop: Shop, report_id: int, **more: Any) -> Repaired:
    saved = await shop.store.read(report_of, report_id)
    changes = repairs(report_id, saved.report, saved.report.discrepancies).changes
    return await shop.store.write(store_repairs, "cart", report_id, changes, by="ada", now=shop.now, **more)


@played
async def test_a_report_is_kept_whole(shop: Shop) -> None:
    report = a_report(row("A", product_id="7", reserved=4), row("B", -2, allocated=1, in_flight=2, on_the_way=5))
    number = await keep(shop, report)
    saved = await shop.store.read(report_of, number)
    assert (saved.report, saved.repaired, saved.error) == (report, {}, "")
    with pytest.raises(NotFound, match="there is no report 99"):
        await shop.store.read(report_of, 99)


@played
async def test_reports_are_listed_the_newest_first_and_found_by_pipeline(shop: Shop) -> None:
    first = await keep(shop, a_report(row()))
    other = await keep(shop, a_report(pipeline="other"))
    broken = await keep(shop, a_report(), error="the warehouse is not there")
    views = await shop.store.read(list_reports)
    assert [(one.id, one.differing, one.error) for one in views] == [
        (broken, 0, "the warehouse is not there"),
        (other, 0, ""),
        (first, 1, ""),
    ]
    assert [one.id for one in await shop.store.read(list_reports, pipelines=["other"])] == [other]
    assert [*await shop.store.read(newest_of_each)] == [broken, other]
    assert [*await shop.store.read(newest_of_each, complete=True)] == [first, other]
    newest = await shop.store.read(newest_report, "main")
    assert newest is not None
    assert newest.id == first
    assert await shop.store.report_before("nobody") is None


@played
async def test_the_problem_opens_and_closes_with_the_reports(shop: Shop) -> None:
    problem = Problem(Code.STOCK_DIFFERS, "main", "they differ")
    await keep(shop, a_report(row()), problem=problem)
    assert await shop.open_problems() == [("stock_differs", "main")]
    await keep(shop, a_report(), error="broken")
    assert await shop.open_problems() == [("stock_differs", "main")]
    await keep(shop, a_report())
    assert await shop.open_problems() == []


@played
async def test_a_run_that_lost_its_lease_keeps_nothing(shop: Shop) -> None:
    lease = await shop.lease("reconcile")
    await shop.crash()
    await shop.lease("reconcile")
    with pytest.raises(LeaseLost):
        await shop.store.save_report(lease, a_report(row()), None, now=shop.now)
    assert await shop.store.read(list_reports) == []


@played
async def test_corrections_are_promised_once_with_who_wanted_them(shop: Shop) -> None:
    number = await keep(shop, a_report(row("A"), row("B", -2), row("B", 2, "2")))
    assert await correct(shop, number, note="count") == Repaired(2)
    assert await shop.promises() == [
        ("stock", f"reconcile/{number}/A", "due"),
        ("stock", f"reconcile/{number}/B", "due"),
    ]
    assert ("main", "stock") in await shop.store.due_flows(now=shop.now)
    (deed,) = await shop.store.read(list_deeds)
    assert (deed.by, deed.action, deed.subject, deed.before, deed.after, deed.note) == (
        *("ada", "correct stock", "2 SKUs", f"report {number}", "3 differences", "count"),
    )
    saved = await shop.store.read(report_of, number)
    assert saved.repaired == {
        ("A", "1"): f"reconcile/{number}/A",
        **{("B", center): f"reconcile/{number}/B" for center in "12"},
    }
    again = await correct(shop, number)
    assert again.noted == 0
    assert again.left["A"] == f"it was corrected already, by reconcile/{number}/A"
    assert len(await shop.store.read(list_deeds)) == 1


@played
async def test_only_the_newest_whole_report_of_a_day_is_corrected(shop: Shop) -> None:
    first = await keep(shop, a_report(row()))
    second = await keep(shop, a_report(row(), minute=1))
    broken = await keep(shop, a_report(minute=2), error="the warehouse is not there")
    with pytest.raises(NotRepairable, match=f"look at report {second}"):
        await correct(shop, first)
    with pytest.raises(NotRepairable, match="did not come to its end"):
        await correct(shop, broken)
    shop.clock.advance(hours=25)
    with pytest.raises(NotRepairable, match="older than 24 hours"):
        await correct(shop, second)
    assert await shop.promises() == []


@played
async def test_skus_that_changed_since_or_are_not_settled_are_left(shop: Shop) -> None:
    await promise(shop, a_change("waiting", "B"), a_change("settled", "C"))
    (waiting_one, settled) = await claim(shop)
    await shop.settle(done(settled), Settlement(waiting_one, PromiseState.DUE, due_at=shop.now))
    shop.clock.advance(minutes=5)
    number = await keep(shop, a_report(row("A"), row("B"), row("C"), row("D"), minute=5))
    shop.clock.advance(minutes=5)
    await promise(shop, a_change("later", "D"))
    for item in await claim(shop):
        if item.key == "later":
            await shop.settle(done(item))
    saved = await shop.store.read(report_of, number)
    changes = repairs(number, saved.report, saved.report.discrepancies).changes
    left = await shop.store.read(left_now, "cart", number, changes, now=shop.now)
    assert left == {
        "B": "the change waiting of it is not settled",
        "D": "a stock change of it was promised or sent since the report: compare again",
    }
    assert await correct(shop, number) == Repaired(2, left)


@played
async def test_what_waits_to_be_told_of_a_movement_is_not_corrected_as_well(shop: Shop) -> None:
    await take(shop, a_movement("1", sku="A"))
    shop.clock.advance(minutes=5)
    number = await keep(shop, a_report(row(), minute=4))
    assert await correct(shop, number) == Repaired(
        0, {"A": "what moved of it in the warehouse waits to be told, and would count twice"}
    )


@played
async def test_nothing_is_corrected_while_the_warehouse_was_not_heard_since_the_report(shop: Shop) -> None:
    await shop.collect()
    shop.clock.advance(minutes=2)
    number = await keep(shop, a_report(row(), minute=1))
    asked = repairs(number, a_report(row()), [row()]).changes
    left = {"A": NOT_HEARD}
    assert await shop.store.read(left_now, "cart", number, asked, now=shop.now) == left
    assert await correct(shop, number) == Repaired(0, left)
    await shop.store.end_run(await shop.lease("collect"), RunReport(), next_due=None, now=shop.now)
    assert (await correct(shop, number)).noted == 1


@played
async def test_a_correction_settles_what_the_cart_had_refused(shop: Shop) -> None:
    await promise(shop, a_change("no"))
    (item,) = await claim(shop)
    await shop.settle(refused(item), problems=[Problem(Code.STOCK_REFUSED, "no", "refused")])
    shop.clock.advance(minutes=1)
    number = await keep(shop, a_report(row("A", cause=Cause.UNSENT), minute=1))
    assert (await correct(shop, number)).noted == 1
    assert await shop.open_problems() == []


@played
async def test_old_reports_go_with_their_rows_and_the_newest_of_each_pipeline_stays(shop: Shop) -> None:
    await keep(shop, a_report(row("A")))
    kept = [await keep(shop, a_report(row("B"), minute=1)), await keep(shop, a_report(pipeline="other"))]
    await keep(shop, a_report(error_free := row("C"), minute=2))
    assert error_free.sku == "C"
    purged = await purge(shop.store, Retention(reports=timedelta(days=30)), now=NOON + timedelta(days=31))
    assert purged.reports == 2
    assert kept[1] in {one.id for one in await shop.store.read(list_reports)}
    assert await shop.rows("SELECT sku FROM discrepancy") == [("C",)]


@played
async def test_all_that_is_known_of_a_product_is_found(shop: Shop) -> None:
    await take(shop, a_movement("1", 5), a_movement("2", 3), a_movement("3", 2, area="DOCK"), a_movement("4", sku="B"))
    some = await waiting(shop)
    await plan(shop, replace(a_plan(*[one for one in some if one.sku == "B"]), unmapped=(some[2].id,)))
    level = NewLevel("A", "1", "A", 8, 9, 0, 1, NOON, "level/1")
    await shop.store.save_levels(
        await shop.lease("levels"), "cart", [a_change("level/1", meaning=StockMeaning.SELLABLE)], [level], now=shop.now
    )
    await keep(shop, a_report(row("A", 3, "1")))
    since = shop.now + timedelta(minutes=1)
    found = await shop.store.evidence(
        "main", "cart", [A, AskedProduct("0012", "B"), AskedProduct("X", "X")], since=since
    )
    known = found["A"]
    assert [(one.quantity, one.destination) for one in known.waiting] == [(8, "MAIN")]
    assert [(one.quantity, one.destination) for one in known.unmapped] == [(2, "DOCK")]
    assert [(one.change.key, one.state) for one in known.changes] == [("level/1", PromiseState.DUE)]
    assert known.told == {"1": KnownLevel(8, NOON, NOON)}
    assert (known.at_cart, known.on_hand) == ({"1": KnownLevel(7, NOON)}, {"1": KnownLevel(10, NOON)})
    assert (known.heard_of, known.moved) == (True, "")
    assert (found["0012"].heard_of, found["X"].heard_of) == (True, False)
    moved = (await shop.store.evidence("main", "cart", [A], since=NOON))["A"].moved
    assert moved == "3 transactions of the warehouse and 1 stock change for the cart"
    assert await shop.store.stock_on_the_way("main") == ({"a", "b"}, {"A"})
    assert await shop.store.skus_at_cart("main", "cart") == {"A"}


@played
async def test_a_refusal_counts_until_a_person_has_settled_it_and_the_last_change_is_known(shop: Shop) -> None:
    before = StockReading(item=StockItem(sku="A"))
    await promise(shop, a_change("1"), a_change("2", before=before, read_at=NOON), a_change("3"))
    for settle in (done, refused):
        (item,) = await claim(shop)
        await shop.settle(settle(item), problems=[Problem(Code.STOCK_REFUSED, "2", "no")] if item.key == "2" else ())
    known = (await shop.store.evidence("main", "cart", [A], since=shop.now))["A"]
    assert [(one.change.key, one.is_refused) for one in known.changes] == [("2", True), ("3", False)]
    assert known.last is not None
    assert known.last.change.key == "1"
    await shop.store.close_problems("main", Code.STOCK_REFUSED, ["2"], now=shop.now)
    known = (await shop.store.evidence("main", "cart", [A], since=shop.now))["A"]
    assert [one.change.key for one in known.changes] == ["3"]


@played
async def test_a_standstill_says_what_keeps_the_cart_from_being_told(shop: Shop) -> None:
    async def why() -> Sequence[str]:
        found = await shop.store.standstill("main", "cart", "collect", now=shop.now)
        return found.changes, found.levels, found.unheard

    assert await why() == ("", "no levels were told yet", "")
    await shop.store.pause_connection("cart", "the password is wrong", now=shop.now)
    assert (await why())[0] == "connection cart is paused: the password is wrong"
    await shop.store.write(pause_services, [("main", "collect")], by="ada", why="", now=shop.now)
    assert (await why())[2].startswith("the service `collect` is paused by ada since ")


def test_nothing_walks_through_the_ledger_or_the_history(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        one_of_many = many and parameters and isinstance(parameters[0], tuple)
        statements[statement] = parameters[0] if one_of_many else parameters

    async def a_night(shop: Shop) -> None:
        await shop.store.stock_on_the_way("main")
        await shop.store.standstill("main", "cart", "collect", now=shop.now)
        await shop.store.evidence("main", "cart", [A], since=shop.now)
        await shop.store.report_before("main")
        await correct(shop, await keep(shop, a_report(row())))
        await shop.store.read(list_reports, pipelines=["main"])

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, a_night)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks = []
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                steps = await shop.store.read(_plan, statement, parameters)
                walks += [(statement, step) for step in steps if WALKS.search(step)]
        assert walks == []

    assert len(statements) > 15
    play(sqlite_url, explain)
