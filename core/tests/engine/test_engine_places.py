"""One pipeline with two warehouses: each gets what leaves from its centre, and neither waits for the other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import BundleComponent, ManagedBy
from crossdock.engine.amendment import Purpose
from crossdock.engine.pipeline import Bound
from crossdock.engine.rules import DistributionCenterRule
from crossdock.engine.run_ports import RunReport
from crossdock.engine.runner import flows_of, together
from crossdock.hooks.errors import Rejected, Unavailable
from crossdock.store.queries import last_runs, list_problems, the_order
from crossdock.store.repair import retry_problem
from crossdock.store.withdrawals import NotWithdrawable

from .builders import a_box, a_line, an_allocation, an_order
from .market import with_market
from .remote import Fault, QueueingWarehouse, Warehouse
from .withdrawing import WithdrawingWarehouse, sku_lines, take_back
from .world import World, played

ROAD = ("amend", "sweep", "download", "release", "acknowledge", "collect", "confirm")
BOTH = (an_allocation("10", "5", 2), an_allocation("20", "6", 1))
ACROSS = (an_allocation("10", "5", 2), an_allocation("10", "6", 3))
CENTERS = {"5": DistributionCenterRule("", "warehouse"), "6": DistributionCenterRule("", "west")}


def with_west(world: World, west: Warehouse | None = None, *, own: Warehouse | None = None) -> Warehouse:
    """Centre 5 is at the pipeline's own warehouse, centre 6 at another one; gives the other one."""
    west = west or Warehouse()
    world.warehouse = own or world.warehouse
    world.changes["more_targets"] = (Bound("west", west, world.workers),)
    world.others.append(west)
    world.rules = replace(world.rules, distribution_centers=CENTERS)
    return west


def sell_split(world: World, key: str = "1") -> None:
    world.cart.sell(an_order(key, a_line("10", 2), a_line("20", 1), allocations=BOTH))


async def later(world: World, minutes: int = 10) -> None:
    world.clock.advance(timedelta(minutes=minutes))
    await world.cycle(ROAD)


def told_lines(world: World) -> list[tuple[str, str, dict[str, int]]]:
    """Centre, tracking number and lines of everything that the cart was told."""
    return [
        (one.distribution_center, one.tracking_number, {line.order_line_id: line.quantity for line in one.lines})
        for one in world.cart.confirmed
    ]


# Out


@played
async def test_each_warehouse_gets_what_leaves_from_its_centre_and_the_cart_hears_once_from_us(world: World) -> None:
    west = with_west(world)
    sell_split(world)
    reports = await world.cycle()
    assert [(one.number, one.lines[0].sku) for one in world.warehouse.requests] == [("N1-5", "SKU-10")]
    assert [(one.number, one.lines[0].sku) for one in west.requests] == [("N1-6", "SKU-20")]
    assert reports["release"].counts["done"] == 2
    assert await world.orders() == {"1": "released"}
    assert world.cart.acknowledged == {"1": 1}


@played
async def test_a_line_is_split_over_both_and_what_others_ship_is_left_alone(world: World) -> None:
    west = with_west(world)
    allocations = (*ACROSS, an_allocation("30", "FBA"))
    order = an_order("1", a_line("10", 5), a_line("30"), a_line("40"), allocations=allocations)
    world.cart.sell(order.model_copy(update={"managed_by": ManagedBy.MIXED}))
    await world.cycle()
    assert [line.quantity for one in world.warehouse.requests for line in one.lines] == [2]
    assert [line.quantity for one in west.requests for line in one.lines] == [3]

    world.warehouse.pack(a_box("B1", "N1-5", ("10", 2), tracking="EAST"))
    west.pack(a_box("B1", "N1-6", ("10", 2), tracking="WEST"))
    await world.cycle()
    assert sorted(told_lines(world)) == [("5", "EAST", {"10": 2}), ("6", "WEST", {"10": 2})]
    assert await world.orders() == {"1": "part_shipped"}
    west.pack(a_box("B2", "N1-6", ("10", 1), tracking="WEST-2"))
    await world.cycle()
    assert await world.orders() == {"1": "shipped"}


@played
async def test_the_cart_is_told_that_we_have_an_order_when_the_last_part_is_with_its_warehouse(world: World) -> None:
    west = with_west(world)
    sell_split(world)
    west.faults["submit_order"].append(Fault.REFUSED_BEFORE)
    await world.cycle()
    assert await world.orders() == {"1": "releasing"}
    assert world.cart.acknowledged == {}
    await later(world)
    assert await world.orders() == {"1": "released"}
    assert world.cart.acknowledged == {"1": 1}
    assert (world.warehouse.created(), west.created()) == ({"N1-5": 1}, {"N1-6": 1})


@played
async def test_the_assumed_centre_ships_an_order_of_which_the_cart_says_nothing(world: World) -> None:
    west = with_west(world)
    world.cart.sell(an_order("1"))
    await world.cycle()
    [problem] = await world.store.read(list_problems)
    assert "`default_distribution_center` of the pipeline names one" in problem.title

    world.rules = replace(world.rules, default_distribution_center="6")
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.cycle()
    assert west.created() == {"N1": 1}
    assert west.requests[0].distribution_center == "6"
    assert world.warehouse.requests == []


@played
async def test_two_orders_with_one_number_are_not_taken_although_each_has_a_warehouse_of_its_own(world: World) -> None:
    west = with_west(world)
    first, second = (an_order(key, allocations=[an_allocation("10", at)]) for key, at in (("1", "5"), ("2", "6")))
    world.cart.sell(first, second.model_copy(update={"number": "N1"}))
    await world.cycle()
    assert world.warehouse.created() == {"N1": 1}
    assert west.requests == []
    assert await world.problems() == [("number_taken", "N1 (2)")]


# One is away


@pytest.mark.parametrize("away", ["warehouse", "west"])
def test_a_warehouse_that_is_away_stops_no_order_of_the_other_one(away: str, tmp_path: Path) -> None:
    @played
    async def scene(world: World) -> None:
        west = with_west(world)
        ends = {"warehouse": ("5", world.warehouse), "west": ("6", west)}
        away_at, gone = ends.pop(away)
        [(there_at, there)] = ends.values()
        gone.faults["submit_order"].extend([Fault.REFUSED_BEFORE] * 60)
        gone.faults["fetch_shipments"].extend([Fault.REFUSED_BEFORE] * 2)
        for key in range(1, 31):
            center = away_at if key <= 20 else there_at
            world.cart.sell(an_order(str(key), allocations=[an_allocation("10", center)]))
        reports = await world.cycle()
        assert reports["release"].partly
        assert f"{away} failed 1" in reports["release"].error
        assert reports["collect"].error == "the connection was refused"
        assert set(there.created().values()) == {1}
        assert len(there.requests) == 10
        assert gone.requests == []
        there.pack(a_box("B1", "N25", ("10", 1)))
        await world.cycle()
        assert [one.order_external_id for one in world.cart.confirmed] == ["25"]

        gone.faults.clear()
        for _ in range(3):
            await later(world, 60)
        assert len(gone.created()) == 20
        assert set(gone.created().values()) == {1}

    scene(tmp_path)


@pytest.mark.parametrize("paused", ["warehouse", "west"])
def test_nothing_is_sent_through_a_paused_warehouse_and_the_other_one_goes_on(paused: str, tmp_path: Path) -> None:
    @played
    async def scene(world: World) -> None:
        west = with_west(world)
        await world.store.pause_connection(paused, "the token was revoked", now=world.clock.now())
        east_only = an_order("1", allocations=[an_allocation("10", "5")])
        west_only = an_order("2", allocations=[an_allocation("10", "6")])
        world.cart.sell(east_only, west_only)
        sell_split(world, "3")
        reports = await world.cycle()
        assert f"connection {paused} is paused: the token was revoked" in reports["release"].error
        idle, busy = (world.warehouse, west) if paused == "warehouse" else (west, world.warehouse)
        assert sum(idle.calls.values()) == 0
        assert busy.created().keys() == {"N1" if paused == "west" else "N2"}
        assert sorted((await world.orders()).values()) == ["ready", "ready", "released"]

        await world.store.resume_connection(paused)
        await later(world)
        assert set((await world.orders()).values()) == {"released"}
        assert (world.warehouse.created(), west.created()) == ({"N1": 1, "N3-5": 1}, {"N2": 1, "N3-6": 1})

    scene(tmp_path)


@played
async def test_a_revoked_token_pauses_the_connection_that_it_belongs_to(world: World) -> None:
    west = with_west(world)
    west.faults["submit_order"].append(Fault.LOCKED_OUT)
    sell_split(world)
    await world.cycle()
    assert world.pauses == [("west", "the token was revoked")]
    assert world.warehouse.created() == {"N1-5": 1}


def test_the_reports_of_all_warehouses_are_one_that_says_whether_a_part_went_well() -> None:
    well, away = RunReport({"done": 2}), RunReport({"done": 1, "due": 3}, error="east is away")
    assert together([away, well]) == RunReport({"done": 3, "due": 3}, error="east is away", partly=True)
    assert together([away, RunReport(error="west is away")]).error == "east is away; west is away"
    assert not together([away, away]).partly
    assert together([well, well]) == RunReport({"done": 4})
    assert together([away]) is away


# Each in its own words


class Assembler(Warehouse):
    """Knows what some bundles are made of."""

    def __init__(self, **parts: int) -> None:
        super().__init__()
        self.parts = tuple(BundleComponent(sku=sku, quantity=quantity) for sku, quantity in parts.items())

    async def bundle_parts(self, skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        return await self._carry_out("bundle_parts", lambda: {sku: self.parts for sku in skus if sku == "SET"})


@played
async def test_each_warehouse_takes_bundles_apart_in_its_own_way(world: World) -> None:
    world.warehouse = Assembler(CUP=2)
    west = with_west(world, Assembler(MUG=1, LID=1))
    order = an_order("1", a_line("10", 5, sku="SET"), a_line("30"), allocations=(*ACROSS, an_allocation("30", "5")))
    world.cart.sell(order)
    await world.cycle()
    asked = [[(line.sku, line.quantity) for line in one.lines] for one in (*world.warehouse.requests, *west.requests)]
    assert asked == [[("CUP", 4), ("SKU-30", 1)], [("MUG", 3), ("LID", 3)]]
    west.pack(a_box("B1", "N1-6", ("10.1", 3), ("10.2", 2)))
    await world.cycle()
    assert told_lines(world) == [("6", "1Z", {"10": 2})]


@played
async def test_orders_wait_for_a_warehouse_that_does_not_tell_its_bundles_and_the_others_pass_them(
    world: World,
) -> None:
    world.warehouse = Assembler(CUP=2)
    west = with_west(world, Assembler(MUG=1))

    async def refuse(skus: Collection[str]) -> Mapping[str, Sequence[BundleComponent]]:
        west.calls["bundle_parts"] += 1
        raise Unavailable("not now")

    west.bundle_parts = refuse  # type: ignore[method-assign, attr-defined]
    for key in range(1, 106):
        world.cart.sell(an_order(str(key), allocations=[an_allocation("10", "6")]))
    world.cart.sell(an_order("106", allocations=[an_allocation("10", "5")]))
    world.cart.page_size = 200
    await world.flow("download")
    report = await world.flow("release")
    assert "not now" in report.error
    assert world.warehouse.created() == {"N106": 1}
    assert west.calls["bundle_parts"] == 2, "asked once in each of the two runs"
    del west.bundle_parts  # type: ignore[attr-defined]
    await world.flow("release")
    assert len(west.created()) == 105


@played
async def test_records_that_two_warehouses_count_alike_are_two_records(world: World) -> None:
    west = with_west(world)
    for warehouse in (world.warehouse, west):
        reads = warehouse.read_shipment

        def unreadable(record: object, reads: object = reads) -> object:
            raise Rejected("no such box")

        warehouse.read_shipment = unreadable  # type: ignore[method-assign, assignment]
    world.warehouse.pack(a_box("B1", "N1-5", ("10", 2)))
    west.pack(a_box("B1", "N1-6", ("20", 1)))
    sell_split(world)
    await world.cycle()
    assert await world.problems() == [("unreadable_shipment", "B1"), ("unreadable_shipment", "west/B1")]

    for warehouse in (world.warehouse, west):
        del warehouse.read_shipment  # type: ignore[attr-defined]
    for problem in await world.store.read(list_problems):
        await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.cycle()
    assert sorted(told_lines(world)) == [("5", "1Z", {"10": 2}), ("6", "1Z", {"20": 1})]
    assert await world.problems() == []


@played
async def test_each_queue_is_acknowledged_where_it_stands(world: World) -> None:
    world.warehouse, west = QueueingWarehouse(), QueueingWarehouse()
    with_west(world, west)
    sell_split(world)
    await world.cycle()
    world.warehouse.pack(a_box("7", "N1-5", ("10", 2)))
    west.pack(a_box("7", "N1-6", ("20", 1)))
    await world.cycle()
    assert (world.warehouse.saved, west.saved) == (["7"], ["7"])
    assert await world.orders() == {"1": "shipped"}


@played
async def test_each_list_goes_on_where_it_was_left_and_only_the_first_run_is_ever_due(world: World) -> None:
    west = with_west(world)
    west.pack(a_box("1", "X", ("10", 1)), a_box("2", "Y", ("10", 1)))
    await world.cycle(["collect"])
    rows = await world.select("SELECT flow, checkpoint, due_at FROM flow ORDER BY flow")
    assert [(flow, checkpoint) for flow, checkpoint, _ in rows] == [("collect", "0"), ("collect@west", "2")]
    assert rows[1][2] is None
    assert {one.flow for one in await world.store.read(last_runs)} == {"collect", "collect@west"}


# Back


async def with_both(world: World) -> tuple[WithdrawingWarehouse, WithdrawingWarehouse]:
    """Order 1 is released to two warehouses that can forget it."""
    own, west = WithdrawingWarehouse(), WithdrawingWarehouse()
    with_west(world, west, own=own)
    with_market(world, an_order("1", a_line("10", 2), a_line("20", 1), allocations=BOTH))
    world.rules = replace(world.rules, changes_after_release="replace")
    await world.cycle(ROAD)
    return own, west


@played
async def test_an_order_is_taken_back_from_both_and_sent_anew_to_both(world: World) -> None:
    own, west = await with_both(world)
    assert own.there().keys() | west.there().keys() == {"N1-5", "N1-6"}
    shorter = (an_allocation("10", "5", 1), an_allocation("20", "6", 1))
    world.cart.change("1", lines=(a_line("10", 1), a_line("20", 1)), allocations=shorter)
    await later(world)
    assert list(sku_lines(own, "N1-5")) == [("SKU-10", 1)]
    assert west.there().keys() == {"N1-6"}
    assert await world.orders() == {"1": "released"}
    assert await world.problems() == []


@played
async def test_an_order_whose_part_is_locked_at_one_warehouse_stays_at_both(world: World) -> None:
    own, west = await with_both(world)
    west.begin("N1-6")
    await take_back(world, "1")
    await later(world)
    await later(world)
    assert (own.there().keys(), west.there().keys()) == ({"N1-5"}, {"N1-6"})
    [problem] = await world.store.read(list_problems)
    assert "work on N1-6 has begun (In Process); N1-5, which was taken back already, is sent again" in problem.title
    assert await world.orders() == {"1": "released"}


@played
async def test_nothing_is_taken_back_while_one_of_the_warehouses_is_paused(world: World) -> None:
    own, _ = await with_both(world)
    await world.store.pause_connection("west", "the token was revoked", now=world.clock.now())
    await take_back(world, "1", Purpose.KEEP)
    await later(world)
    assert own.there().keys() == {"N1-5"}
    await world.store.resume_connection("west")
    await later(world)
    assert own.there() == {}
    assert await world.orders() == {"1": "held"}


@played
async def test_a_person_is_asked_where_one_of_the_warehouses_cannot_forget(world: World) -> None:
    with_west(world, Warehouse(), own=WithdrawingWarehouse())
    with_market(world, an_order("1", a_line("10", 2), a_line("20", 1), allocations=BOTH))
    world.rules = replace(world.rules, changes_after_release="replace")
    await world.cycle(ROAD)
    assert "amend" in flows_of(world.pipeline())
    world.cart.change("1", lines=(a_line("10", 1), a_line("20", 1)))
    await later(world)
    assert await world.problems() == [("changed_after_release", "N1")]
    assert await world.orders() == {"1": "released"}


@played
async def test_a_part_that_moves_to_the_other_warehouse_leaves_the_first_one(world: World) -> None:
    own, west = await with_both(world)
    moved = (an_allocation("10", "6", 2), an_allocation("20", "6", 1))
    world.cart.change("1", allocations=moved)
    await later(world)
    assert own.there() == {}
    assert list(sku_lines(west, "N1")) == [("SKU-10", 2), ("SKU-20", 1)]
    assert await world.orders() == {"1": "released"}


@played
async def test_an_order_at_a_warehouse_that_is_not_used_any_more_is_not_taken_back(world: World) -> None:
    await with_both(world)
    world.changes["more_targets"] = ()
    with pytest.raises(NotWithdrawable, match="is with west, which the pipeline does not use any more"):
        await take_back(world, "1")
    assert (await world.store.read(the_order, "1")).state == "released"


# A process that dies


@pytest.mark.parametrize("steps", range(2, 62, 6))
def test_a_process_that_dies_anywhere_leaves_each_part_once_at_its_warehouse(steps: int, tmp_path: Path) -> None:
    @played
    async def scene(world: World) -> None:
        west = with_west(world)
        for key in ("1", "2", "3"):
            sell_split(world, key)
        await world.live(steps)
        await world.cycle()
        await later(world, 60)
        world.warehouse.pack(*(a_box(f"B{key}", f"N{key}-5", ("10", 2)) for key in (1, 2, 3)))
        west.pack(*(a_box(f"B{key}", f"N{key}-6", ("20", 1)) for key in (1, 2, 3)))
        await world.live(steps)
        await later(world, 60)
        assert world.warehouse.created() == {"N1-5": 1, "N2-5": 1, "N3-5": 1}
        assert west.created() == {"N1-6": 1, "N2-6": 1, "N3-6": 1}
        assert len(world.cart.confirmed) == 6
        assert set((await world.orders()).values()) == {"shipped"}
        assert await world.problems() == []

    scene(tmp_path)
