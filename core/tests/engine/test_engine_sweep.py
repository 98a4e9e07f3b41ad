"""The second list: a checkpoint and a rhythm of its own, and orders that somebody else has marked."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from crossdock.config import load_config
from crossdock.domain import Order, OrderStatus
from crossdock.engine.problems import Code
from crossdock.engine.runner import FLOWS, flows_of
from crossdock.hooks.records import Page, Record
from crossdock.runtime.host import Host
from crossdock.runtime.worker import run_once
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import an_allocation, an_order
from .market import MarketCart, with_market
from .remote import Fault
from .world import World, played


def marked(key: str, mark: bool | None = True) -> Order:
    return an_order(key).model_copy(update={"acknowledged": mark})


@played
async def test_a_late_import_that_the_first_list_left_out_is_found(world: World) -> None:
    class Forgetful(MarketCart):
        def _page(self, offset: int) -> Page:
            return Page(())

    world.cart = Forgetful()
    world.cart.sell(an_order("1"), an_order("2"))
    await world.flow("download")
    assert await world.orders() == {}
    await world.flow("sweep")
    assert await world.orders() == {"1": "ready", "2": "ready"}


@played
async def test_it_goes_on_where_it_was_left_and_not_where_the_first_list_was(world: World) -> None:
    cart = with_market(world, *(an_order(str(key)) for key in range(7)))
    await world.flow("sweep")
    assert cart.calls["sweep_orders"] == 3
    cart.sell(an_order("7"))
    report = await world.flow("sweep")
    assert report.counts["orders seen"] == 1, "from the checkpoint on"
    assert dict(await world.select("SELECT flow, checkpoint FROM flow")) == {"sweep": "8"}


@played
async def test_a_sweep_that_breaks_keeps_the_pages_it_stored(world: World) -> None:
    cart = with_market(world, *(an_order(str(key)) for key in range(7)))
    cart.faults["sweep_orders"].append(Fault.REFUSED_BEFORE)
    assert (await world.flow("sweep")).error == "the connection was refused"
    assert not (await world.flow("sweep")).error
    assert len(await world.orders()) == 7


@played
async def test_an_order_that_bears_our_mark_and_is_unknown_here_is_held(world: World) -> None:
    with_market(world, marked("1"), marked("2", None), marked("3", False))
    await world.cycle()

    assert await world.orders() == {"1": "held", "2": "released", "3": "released"}
    assert await world.problems() == [("marked_elsewhere", "N1")]


@played
async def test_a_person_who_looked_releases_it_and_it_stays_released(world: World) -> None:
    cart = with_market(world, marked("1"))
    await world.flow("sweep")
    [problem] = await world.store.read(list_problems)
    assert problem.order_id is not None
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    cart.change("1", notes="changed meanwhile")
    await world.flow("sweep")
    await world.cycle()

    assert world.warehouse.created() == {"N1": 1}
    assert await world.problems() == []


@played
async def test_it_is_held_as_well_when_it_was_first_seen_unpaid_or_unreadable(world: World) -> None:
    class Picky(MarketCart):
        def read_order(self, record: Record) -> Order:
            if b"typo" in record.data:
                raise ValueError("a typo")
            return super().read_order(record)

    world.cart = cart = Picky()
    pending = {"acknowledged": True, "status": OrderStatus.PENDING}
    cart.sell(an_order("1").model_copy(update=pending), an_order("2").model_copy(update={"notes": "typo"}))
    await world.flow("sweep")
    assert await world.orders() == {"1": "waiting", "2": "unreadable"}
    cart.change("1", status=OrderStatus.OPEN)
    cart.change("2", notes="", acknowledged=True)
    await world.flow("download")

    assert await world.orders() == {"1": "held", "2": "held"}


@played
async def test_our_own_mark_holds_nothing(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.cycle()
    cart.change("1", acknowledged=True)
    await world.flow("sweep")
    assert await world.problems() == []


@played
async def test_an_order_that_is_moved_or_cancelled_after_its_release_is_told(world: World) -> None:
    with_market(world, an_order("1", allocations=[an_allocation("10", "5")]), an_order("2"), an_order("3"))
    await world.cycle()
    world.cart.change("1", allocations=(an_allocation("10", "6"),))
    world.cart.change("2", status=OrderStatus.CANCELLED)
    lists = await world.flow("download"), await world.flow("sweep")

    assert not any(report.error for report in lists)
    assert sorted(await world.problems()) == [("changed_after_release", "N1"), ("changed_after_release", "N2")]
    assert {one.count for one in await world.store.read(list_problems)} == {1}


@played
async def test_a_cart_without_a_second_list_has_no_such_flow(world: World) -> None:
    assert "sweep" not in flows_of(world.pipeline())
    assert "no second list of orders" in (await world.flow("sweep")).error
    assert FLOWS["sweep"].rests


@played
async def test_a_held_order_that_is_cancelled_at_the_cart_closes_its_problem(world: World) -> None:
    cart = with_market(world, marked("1"))
    await world.flow("sweep")
    assert await world.problems() == [(Code.MARKED_ELSEWHERE, "N1")]
    cart.change("1", status=OrderStatus.CANCELLED)
    world.clock.advance(timedelta(hours=6))
    await world.flow("download")

    assert await world.orders() == {"1": "skipped"}
    assert await world.problems() == []


CONFIG = """
[connections.cart]
connector = "cart"

[connections.warehouse]
connector = "warehouse"

[pipelines.main]
order_source = "cart"
fulfillment_target = "warehouse"
services.sweep = "6h"
"""


def test_single_runs_sweep_when_the_time_has_come_and_again_when_it_failed(tmp_path: Path) -> None:
    (tmp_path / "crossdock.toml").write_text(CONFIG)
    config = load_config(tmp_path / "crossdock.toml")

    @played
    async def scene(world: World) -> None:
        cart = with_market(world, an_order("1"))

        async def swept() -> int:
            host = Host(config, cast(Any, None), world.log, world.clock, {}, world.store, {"main": world.pipeline()})
            before = cart.calls["sweep_orders"]
            await run_once(host, world.stop)
            return cart.calls["sweep_orders"] - before

        assert [await swept(), await swept()] == [0, 0]
        world.clock.advance(timedelta(hours=6))
        cart.faults["sweep_orders"].append(Fault.REFUSED_BEFORE)
        assert [await swept(), await swept(), await swept()] == [1, 1, 0]
        world.clock.advance(timedelta(hours=5))
        assert await swept() == 0
        world.clock.advance(timedelta(hours=1))
        assert await swept() == 1
        world.clock.advance(timedelta(hours=6))
        assert await swept() == 1, "though no run in between could say when the next one is"

    scene(tmp_path)
