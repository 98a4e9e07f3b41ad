"""Both ends are compared by night or for a person: reports are kept, one problem says it, small ones are corrected."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.domain import StockChange, StockItem, StockReading
from crossdock.engine.flows.reconcile import reconcile_now
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound
from crossdock.engine.repairs import repairs
from crossdock.engine.report import Cause
from crossdock.engine.runner import FLOWS, flows_of
from crossdock.engine.stock_rules import RepairRules
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Cursor, Page, Record
from crossdock.store import NothingToRetry
from crossdock.store.audit import list_deeds
from crossdock.store.queries import list_problems
from crossdock.store.reconciliations import SavedReport, list_reports, newest_report, store_repairs
from crossdock.store.repair import reopen_problem, retry_problem
from crossdock.store.services import pause_services

from .builders import a_line, an_allocation, an_order
from .counting import CountingRoom, a_level, with_counting
from .levelling import put, tell, with_levels
from .moving import a_movement
from .remote import Fault
from .shelf import EAST, WEST, Shelf, a_change
from .world import World, played

NIGHT = timedelta(hours=24)
SMALL = RepairRules(small=True, causes=("unsent", "manual_change"))


class ListedShelf(Shelf):
    """A cart that lists what it has, two products a page."""

    async def fetch_stock(self, cursor: Cursor | None) -> Page:
        start, skus = int(cursor or 0), sorted(self.available)
        return await self._carry_out("fetch_stock", lambda: self._page(skus, start))

    def _page(self, skus: Sequence[str], start: int) -> Page:
        readings = [self._reading(StockItem(sku=sku)) for sku in skus[start : start + 2]]
        records = tuple(Record(one.item.product_id, one.model_dump_json().encode()) for one in readings)
        return Page(records, cursor=str(start + 2), more=start + 2 < len(skus))

    def read_listed_stock(self, record: Record) -> StockReading:
        return StockReading.model_validate_json(record.data)


def with_ends(world: World, *skus: str, kind: type[Shelf] = ListedShelf) -> tuple[CountingRoom, Shelf]:
    """Ten pieces of each SKU at each of two centres, on both sides; differences are told."""
    room = with_counting(world, *(a_level(sku, 10, area) for sku in skus for area in ("MAIN", "W")))
    shelf = kind(*skus)
    world.others.append(shelf)
    world.changes["inventory_sink"] = Bound("cart", shelf, 4)
    return room, shelf


async def night(world: World) -> SavedReport:
    """The report of a night."""
    world.clock.advance(NIGHT)
    report = await world.flow("reconcile")
    assert not report.error, report.error
    return await newest(world)


async def newest(world: World) -> SavedReport:
    saved = await world.store.read(newest_report, "main")
    assert saved is not None
    return saved


def rows(saved: SavedReport) -> list[tuple[str, str, int, Cause]]:
    return [(one.sku, one.center, one.difference, one.cause) for one in saved.report.discrepancies]


@played
async def test_ends_that_agree_are_a_report_without_a_problem(world: World) -> None:
    _, shelf = with_ends(world, "A", "B", "C")
    saved = await night(world)
    assert (saved.report.compared, saved.report.on_the_way, rows(saved)) == (6, 0, [])
    assert await world.problems() == []
    assert shelf.calls == {"fetch_stock": 2}


async def _found_and_gone(world: World, kind: type[Shelf]) -> None:
    _, shelf = with_ends(world, "A", "B", kind=kind)
    shelf.available["A"][EAST] = 7
    assert rows(await night(world)) == [("A", EAST, 3, Cause.MANUAL_CHANGE)]
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("stock_differs", "main")
    assert problem.title == "The stock of the warehouse and the cart differs at 1 place: 1 manual change"
    shelf.available["A"][EAST] = 10
    assert rows(await night(world)) == []
    assert await world.problems() == []


@played
async def test_a_change_by_hand_is_found_and_the_problem_closes_when_it_is_gone(world: World) -> None:
    await _found_and_gone(world, ListedShelf)


@played
async def test_a_cart_without_a_list_is_asked_for_all_that_is_known(world: World) -> None:
    await _found_and_gone(world, Shelf)


@played
async def test_the_next_report_tells_which_side_was_changed(world: World) -> None:
    _, shelf = with_ends(world, "A")
    shelf.available["A"][EAST] = 7
    await night(world)
    shelf.available["A"][EAST] = 6
    (row,) = (await night(world)).report.discrepancies
    assert row.because == (
        "The cart had 7 when it was read on 2024-03-02 12:00 UTC, the warehouse 10 on 2024-03-02 12:00 UTC: the "
        "cart's number changed since without a word."
    )


@played
async def test_orders_are_claims_on_both_sides_wherever_they_stand(world: World) -> None:
    _, shelf = with_ends(world, "A")
    line = a_line("10", 3, sku="A")
    shelf.sell("A", 3)
    (row,) = (await night(world)).report.discrepancies
    assert (row.cause, row.difference, row.reserved) == (Cause.SOLD_MEANWHILE, 3, 3)
    world.cart.sell(an_order("1", line, allocations=[an_allocation("10", EAST, 3)]))
    for flow in ("download", "release"):
        await world.cycle((flow,))
        assert rows(await night(world)) == []


@played
async def test_what_is_promised_to_the_cart_is_on_its_way_and_what_it_refused_is_unsent(world: World) -> None:
    room, shelf = with_ends(world, "A")
    room.levels.append(a_level("A", 4, "BULK-1"))
    world.clock.advance(NIGHT)
    await tell_cart(world, a_change("more", "A", EAST=4))
    assert (await world.flow("reconcile")).counts == {"levels compared": 2, "agree with what is on the way": 1}
    shelf.faults["change_stock"].append(Fault.NO)
    await world.flow("stock")
    (row,) = (await night(world)).report.discrepancies
    assert (row.cause, row.difference, row.on_the_way) == (Cause.UNSENT, 4, 0)
    assert row.because.startswith("The cart was not told of +4 (more): ")


@played
async def test_a_lost_answer_is_in_doubt_and_no_longer_once_the_report_can_tell(world: World) -> None:
    room, shelf = with_ends(world, "A")
    room.levels.append(a_level("A", 4, "BULK-1"))
    world.clock.advance(NIGHT)
    shelf.faults["change_stock"].append(Fault.LOST_BEFORE)
    await tell_cart(world, a_change("more", "A", EAST=4))
    await world.flow("stock")
    await world.flow("reconcile")
    saved = await newest(world)
    assert rows(saved) == [("A", EAST, 4, Cause.IN_DOUBT)]
    changes = repairs(saved.id, saved.report, saved.report.discrepancies)
    assert (changes.changes, changes.left) == ((), {"A": "something of it is in doubt, and would count twice"})
    world.clock.advance(timedelta(minutes=10))
    await world.flow("stock")
    assert rows(await night(world)) == []


@played
async def test_what_moved_in_the_warehouse_and_was_not_told_yet_is_on_its_way(world: World) -> None:
    room, _ = with_ends(world, "A")
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True),)}
    room.moved.append(a_movement("m1", 4, "MAIN", "W"))
    room.levels = [a_level("A", 6), a_level("A", 14, "W")]
    world.clock.advance(NIGHT)
    await world.flow("movements")
    await world.flow("reconcile")
    assert ((await newest(world)).report.on_the_way, rows(await newest(world))) == (2, [])
    await world.store.write(pause_services, [("main", "stock")], by="ada", why="stocktaking", now=world.clock.now())
    saved = await night(world)
    assert [one[3] for one in rows(saved)] == [Cause.UNSENT] * 2
    assert saved.report.discrepancies[0].because == (
        "The cart was not told of +4 that moved in the warehouse: the service `stock` is paused by ada since "
        "2024-03-02 12:00 UTC: stocktaking."
    )


@played
async def test_movements_of_areas_that_nobody_maps_are_named(world: World) -> None:
    room, _ = with_ends(world, "A")
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True),)}
    room.moved.append(a_movement("m1", 4, "MAIN", "DOCK"))
    room.levels = [a_level("A", 6), a_level("A", 10, "W"), a_level("A", 4, "DOCK")]
    await world.cycle(("movements", "stock"))
    assert rows(await night(world)) == [("A", EAST, -4, Cause.UNMAPPED_AREA)]


@played
async def test_what_was_picked_and_has_no_box_yet_is_no_difference(world: World) -> None:
    room, shelf = with_ends(world, "A")
    world.changes["hearers"] = {"warehouse": (Hearer("main", sells=True),)}
    world.cart.sell(an_order("1", a_line("10", 3, sku="A"), allocations=[an_allocation("10", EAST, 3)]))
    shelf.sell("A", 3)
    for flow in ("download", "release"):
        await world.cycle((flow,))
    room.moved.append(a_movement("pick", 3, "MAIN", order="N1", reason="PICK"))
    room.levels[0] = a_level("A", 7)
    await world.cycle(("movements", "stock"))
    saved = await night(world)
    assert (saved.report.on_the_way, rows(saved), shelf.applied) == (1, [], [])


@played
async def test_a_bug_in_the_plugin_of_the_cart_is_a_report_that_says_so(world: World) -> None:
    _, shelf = with_ends(world, "A", kind=Shelf)
    shelf.faults["read_stock"].append(Fault.BUG)
    with pytest.raises(CrossdockError, match="the stock of cart cannot be read"):
        await reconcile_now(world.pipeline(), "ada")


@played
async def test_a_sale_between_both_readings_is_no_change_by_hand(world: World) -> None:
    _, shelf = with_ends(world, "A")
    shelf.available["A"][EAST] = 7
    shelf.while_reading = lambda: shelf.sell("A", 1)
    (row,) = (await night(world)).report.discrepancies
    assert (row.cause, row.because) == (
        Cause.SOLD_MEANWHILE,
        "It moved while both sides were read: the cart's numbers changed between two readings.",
    )


@played
async def test_small_differences_that_stay_are_corrected_by_themselves_once(world: World) -> None:
    _, shelf = with_ends(world, "A", "B")
    world.rules = replace(world.rules, repair=SMALL)
    shelf.available["A"][EAST], shelf.available["B"][EAST] = 7, 1
    await night(world)
    assert (await world.promises(), shelf.applied) == ({}, [])
    second = await night(world)
    (problem,) = await world.store.read(list_problems)
    assert "2 manual change; 1 was corrected by itself" in problem.title
    assert second.repaired == {("A", EAST): f"reconcile/{second.id}/A"}
    await world.flow("stock")
    assert (shelf.available["A"][EAST], shelf.available["B"][EAST]) == (10, 1)
    assert rows(await night(world)) == [("B", EAST, 9, Cause.MANUAL_CHANGE)]
    (deed,) = await world.store.read(list_deeds)
    assert (deed.by, deed.action, deed.subject, deed.after) == (
        "crossdock, by the config", "correct stock", "A", "+3 at 0",
    )  # fmt: skip


@played
async def test_what_the_policy_has_to_leave_after_all_stays_a_problem(world: World) -> None:
    room, shelf = with_ends(world, "A")
    world.rules = replace(world.rules, repair=SMALL)
    shelf.available["A"][EAST] = 7
    await night(world)
    world.clock.advance(NIGHT)
    room.levels.append(a_level("A", 1, "W"))
    await tell_cart(world, a_change("more", "A", WEST=1))
    world.clock.advance(timedelta(minutes=1))
    assert "corrected" not in (await world.flow("reconcile")).counts
    (problem,) = await world.store.read(list_problems)
    assert problem.title == "The stock of the warehouse and the cart differs at 1 place: 1 manual change"
    assert "Not corrected by itself: A: the change more of it is not settled." in problem.detail


@played
async def test_a_person_corrects_what_was_shown_and_only_once(world: World) -> None:
    _, shelf = with_ends(world, "A", "B")
    shelf.available["A"][EAST], shelf.available["B"][EAST] = 7, 12
    saved = await night(world)
    changes = repairs(saved.id, saved.report, saved.report.discrepancies).changes
    for expected in (2, 0):
        now = world.clock.now()
        done = await world.store.write(store_repairs, "cart", saved.id, changes, by="ada", note="", now=now)
        assert done.noted == expected
    assert done.left == {sku: f"it was corrected already, by reconcile/{saved.id}/{sku}" for sku in "AB"}
    await world.flow("stock")
    assert (shelf.available["A"][EAST], shelf.available["B"][EAST]) == (10, 10)
    assert rows(await night(world)) == []
    assert await world.problems() == []


@played
async def test_what_was_refused_and_is_corrected_is_not_sent_again_by_a_retry(world: World) -> None:
    room, shelf = with_ends(world, "A")
    room.levels.append(a_level("A", 4, "BULK-1"))
    shelf.faults["change_stock"].append(Fault.NO)
    await tell_cart(world, a_change("more", "A", EAST=4))
    await world.flow("stock")
    (refused,) = await world.store.read(list_problems)
    saved = await night(world)
    changes, now = repairs(saved.id, saved.report, saved.report.discrepancies).changes, world.clock.now()
    await world.store.write(store_repairs, "cart", saved.id, changes, by="ada", note="", now=now)
    assert [code for code, _ in await world.problems()] == ["stock_differs"]
    await world.flow("stock")
    await world.store.write(reopen_problem, refused.id, now=now)
    with pytest.raises(NothingToRetry, match="set or changed again"):
        await world.store.write(retry_problem, refused.id, now=now)
    assert shelf.available["A"][EAST] == 14


@played
async def test_a_person_compares_beside_whatever_runs(world: World) -> None:
    _, shelf = with_ends(world, "A")
    shelf.available["A"][EAST] = 7
    number = await reconcile_now(world.pipeline(), "ada")
    assert rows(await newest(world)) == [("A", EAST, 3, Cause.MANUAL_CHANGE)]
    assert ((await newest(world)).id, (await newest(world)).report.asked_by) == (number, "ada")


@played
async def test_a_report_that_does_not_come_to_its_end_says_why_and_closes_nothing(world: World) -> None:
    room, shelf = with_ends(world, "A")
    shelf.available["A"][EAST] = 7
    await night(world)
    room.broken.add("0")
    with pytest.raises(CrossdockError, match="none of its levels is used"):
        await reconcile_now(world.pipeline(), "ada")
    newest_view, *_ = await world.store.read(list_reports)
    assert (newest_view.differing, "none of its levels is used" in newest_view.error) == (0, True)
    assert rows(await newest(world)) == [("A", EAST, 3, Cause.MANUAL_CHANGE)]
    assert [code for code, _ in await world.problems()] == ["stock_differs"]


@played
async def test_a_warehouse_that_wants_other_credentials_pauses_and_not_the_cart(world: World) -> None:
    room, _ = with_ends(world, "A")
    room.faults["fetch_levels"].append(Fault.LOCKED_OUT)
    await world.flow("reconcile")
    assert [connection for connection, _ in world.pauses] == ["warehouse"]
    with pytest.raises(CrossdockError, match="connection warehouse is paused"):
        await reconcile_now(world.pipeline(), "ada")


@played
async def test_levels_that_were_counted_long_ago_are_not_compared(world: World) -> None:
    room, _ = with_ends(world, "A")
    room.levels = [a_level("A", 3, counted_at=world.clock.now() - timedelta(days=3))]
    with pytest.raises(CrossdockError, match=r"longer ago than `stock\.stale_after` allows"):
        await reconcile_now(world.pipeline(), "ada")


@played
async def test_where_levels_are_told_the_next_one_is_on_its_way_and_a_waiting_plan_is_not(world: World) -> None:
    room, shelf = with_levels(world, "A", "B")
    put(room, A=7, B=4)
    await tell(world)
    assert rows(await night(world)) == []
    put(room, A=9, B=4)
    await world.flow("reconcile")
    assert ((await newest(world)).report.on_the_way, rows(await newest(world))) == (1, [])
    shelf.available["B"][EAST] = 1
    await tell(world)
    assert rows(await night(world)) == [("B", EAST, 3, Cause.MANUAL_CHANGE)]


@played
async def test_where_no_level_was_told_yet_all_is_unsent(world: World) -> None:
    room, _ = with_levels(world, "A")
    put(room, A=7)
    saved = await night(world)
    assert {(center, cause) for _, center, _, cause in rows(saved)} == {(EAST, Cause.UNSENT), (WEST, Cause.UNSENT)}
    assert "no levels were told yet" in saved.report.discrepancies[0].because


@played
async def test_the_service_is_there_with_both_ends_and_rests_in_between(world: World) -> None:
    with_ends(world, "A")
    assert "reconcile" in flows_of(world.pipeline())
    assert FLOWS["reconcile"].rests
    del world.changes["inventory_source"]
    assert "reconcile" not in flows_of(world.pipeline())


async def tell_cart(world: World, change: StockChange) -> None:
    await world.store.promise_stock("main", "cart", [change], now=world.clock.now())
