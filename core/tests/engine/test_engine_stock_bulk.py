"""Many stock levels go with one call; whatever comes of it, each level arrives, and differences never go that way."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import StockChange, StockMeaning
from crossdock.engine import lasting
from crossdock.engine.flows import stock
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected
from crossdock.hooks.features import SetsStockInBulk
from crossdock.hooks.records import ProductAnswer

from .remote import Fault
from .shelf import EAST, WEST, Shelf, a_change, promise, with_shelf
from .world import World, new_database, opened, played

SOON = timedelta(minutes=2)
DAY = timedelta(days=1)
LEVEL, ON_HAND = StockMeaning.SELLABLE, StockMeaning.ON_HAND


class BulkShelf(Shelf):
    """A shelf that takes levels in bulk when `bulk` of them wait; `says` are its answers to some keys."""

    def __init__(self, *skus: str) -> None:
        super().__init__(*skus)
        self.bulk = 3
        self.files: list[list[str]] = []
        self.says: dict[str, CrossdockError] = {}
        self.answers_too_few = False
        self.asked = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()

    def bulk_size(self, waiting: int) -> int:
        return self.bulk if waiting >= self.bulk else 0

    async def set_stock_in_bulk(self, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
        assert all(change.meaning is not StockMeaning.DIFFERENCE and change.item.product_id for change in changes)
        assert len({change.item.sku.lower() for change in changes}) == len(changes)
        self.files.append([change.key for change in changes])
        self.asked.set()
        await self.takes.wait()
        answers = await self._carry_out("set_stock_in_bulk", lambda: [self._set(change) for change in changes])
        return answers[1:] if self.answers_too_few else answers

    def _set(self, change: StockChange) -> ProductAnswer:
        if error := self.says.get(change.key):
            return ProductAnswer(error=error)
        return ProductAnswer(self._change(change).ref)

    def singly(self) -> int:
        """How many calls told of one change."""
        return self.calls["change_stock"]


def with_bulk(world: World, *skus: str) -> BulkShelf:
    shelf = with_shelf(world, *skus, kind=BulkShelf)
    assert isinstance(shelf, BulkShelf)
    assert isinstance(shelf, SetsStockInBulk)
    return shelf


def levels(*skus: str, quantity: int = 7) -> list[StockChange]:
    return [a_change(f"{sku} is {quantity}", sku, LEVEL, EAST=quantity) for sku in skus]


@played
async def test_a_few_levels_go_singly(world: World) -> None:
    shelf = with_bulk(world, *"AB")
    await promise(world, *levels(*"AB"))
    await world.flow("stock")
    assert (shelf.files, shelf.singly()) == ([], 2)


@played
async def test_many_levels_go_in_bulk_to_the_last_one_and_other_centres_keep_theirs(world: World) -> None:
    shelf = with_bulk(world, *"ABCDEFGH")
    await promise(world, *levels(*"ABCDEFG"), a_change("h", "H", ON_HAND, EAST=7))
    report = await world.flow("stock")
    assert [len(file) for file in shelf.files] == [3, 3, 2]
    assert shelf.singly() == 0
    assert all((held[EAST], held[WEST]) == (7, 10) for held in shelf.available.values())
    assert await world.promises() == {"stock done": 8}
    assert report.counts["done"] == 8
    assert {ref for (ref,) in await world.select("SELECT ref FROM promise")} == {f"P{sku}.0" for sku in "ABCDEFGH"}


@played
async def test_differences_are_read_and_sent_one_by_one_as_ever(world: World) -> None:
    shelf = with_bulk(world, *"ABCD")
    await promise(world, a_change("1", "A", EAST=3), *levels(*"BC"), a_change("2", "D", EAST=-4, WEST=4))
    await world.flow("stock")
    assert shelf.files == [["B is 7", "C is 7"]]
    assert shelf.singly() == 2
    assert (shelf.available["A"][EAST], shelf.available["D"][WEST]) == (13, 14)
    assert await world.promises() == {"stock done": 4}


@played
async def test_an_unknown_product_never_gets_into_a_file(world: World) -> None:
    shelf = with_bulk(world, *"AB")
    await promise(world, *levels("A", "NOWHERE", "B"))
    await world.flow("stock")
    assert shelf.files == [["A is 7", "B is 7"]]
    assert await world.problems() == [("stock_refused", "NOWHERE is 7")]


@played
async def test_two_levels_of_one_product_go_one_after_the_other(world: World) -> None:
    shelf = with_bulk(world, *"ABC")
    await promise(world, *levels(*"ABC"), *(a_change(f"{sku} west", sku, LEVEL, WEST=9) for sku in "aBC"))
    shelf.available["a"] = shelf.available["A"]
    await world.flow("stock")
    assert [len(file) for file in shelf.files] == [3, 3]
    assert all((held[EAST], held[WEST]) == (7, 9) for held in shelf.available.values())


@played
async def test_of_two_levels_that_wait_only_the_newer_one_is_in_the_file(world: World) -> None:
    shelf = with_bulk(world, *"ABC")
    await promise(world, *levels(*"ABC"))
    await promise(world, *levels(*"ABC", quantity=9))
    await world.flow("stock")
    assert shelf.files == [["A is 9", "B is 9", "C is 9"]]
    assert await world.promises() == {"stock done": 3, "stock replaced": 3}


@pytest.mark.parametrize("error", [OutcomeUnknown("the file had errors"), Rejected("no such code")])
def test_what_a_file_does_not_take_is_set_singly(tmp_path: Path, error: CrossdockError) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            shelf = with_bulk(world, *"ABC")
            shelf.says["B is 7"] = error
            await promise(world, *levels(*"ABC"))
            await world.flow("stock")
            assert await world.promises() == {"stock done": 2, "stock in_doubt": 1}
            world.clock.advance(SOON)
            shelf.bulk = 1
            await world.flow("stock")
            assert (len(shelf.files), shelf.singly()) == (1, 1)
            assert await world.promises() == {"stock done": 3}
            assert await world.problems() == []

    asyncio.run(scene())


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.NO, Fault.BUG, Fault.BUG_AFTER])
def test_a_call_of_which_nobody_knows_is_followed_by_single_ones(tmp_path: Path, fault: Fault) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            shelf = with_bulk(world, *"ABCDEF")
            shelf.faults["set_stock_in_bulk"].append(fault)
            await promise(world, *levels(*"ABCDEF"))
            await world.flow("stock")
            assert await world.promises() == {"stock in_doubt": 3, "stock done": 3}
            world.clock.advance(SOON)
            await world.flow("stock")
            assert (len(shelf.files), shelf.singly()) == (2, 3)
            assert all(held[EAST] == 7 for held in shelf.available.values())
            assert await world.problems() == []

    asyncio.run(scene())


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.REFUSED_BEFORE])
def test_a_call_that_did_nothing_ends_the_run_and_goes_in_bulk_again(tmp_path: Path, fault: Fault) -> None:
    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            shelf = with_bulk(world, *"ABCDEF")
            shelf.faults["set_stock_in_bulk"].append(fault)
            await promise(world, *levels(*"ABCDEF"))
            report = await world.flow("stock")
            assert report.error in ("slower, please", "the connection was refused")
            assert await world.promises() == {"stock due": 6}
            world.clock.advance(SOON)
            await world.flow("stock")
            assert ([len(file) for file in shelf.files], shelf.singly()) == ([3, 3, 3], 0)
            assert await world.promises() == {"stock done": 6}

    asyncio.run(scene())


@played
async def test_refused_credentials_pause_the_connection_and_nothing_is_lost(world: World) -> None:
    shelf = with_bulk(world, *"ABCDEF")
    shelf.faults["set_stock_in_bulk"].append(Fault.LOCKED_OUT)
    await promise(world, *levels(*"ABCDEF"))
    report = await world.flow("stock")
    assert "Connection shop is paused" in report.error
    assert len(shelf.files) == 1
    assert await world.promises() == {"stock due": 6}
    assert world.pauses == [("shop", "the token was revoked")]


@played
async def test_too_few_answers_are_no_answers(world: World) -> None:
    shelf = with_bulk(world, *"ABC")
    shelf.answers_too_few = True
    await promise(world, *levels(*"ABC"))
    await world.flow("stock")
    assert await world.promises() == {"stock in_doubt": 3}


@played
async def test_a_dead_connection_hands_back_what_was_claimed_for_a_file(world: World) -> None:
    skus = [f"S{number}" for number in range(40)]
    shelf = with_bulk(world, *skus)
    shelf.bulk = 45
    shelf.faults["change_stock"] += [Fault.REFUSED_BEFORE] * 40
    differences = [a_change(f"difference {sku}", sku, EAST=1) for sku in skus[:20]]
    wests = [a_change(f"west {sku}", sku, LEVEL, WEST=8) for sku in skus[20:]]
    await promise(world, *differences, *levels(*skus[20:]), *wests)
    await world.flow("stock")
    assert await world.promises() == {"stock due": 60}
    shelf.faults.clear()
    for _ in range(2):
        world.clock.advance(DAY)
        await world.flow("stock")
    assert await world.promises() == {"stock done": 60}
    assert all((shelf.available[sku][EAST], shelf.available[sku][WEST]) == (7, 8) for sku in skus[20:])


@played
async def test_a_stop_breaks_a_long_call_off_and_its_levels_are_set_singly(world: World) -> None:
    shelf = with_bulk(world, *"ABC")
    shelf.takes.clear()
    await promise(world, *levels(*"ABC"))
    work = asyncio.create_task(world.flow("stock"))
    await shelf.asked.wait()
    world.stop.set()
    await work
    assert await world.promises() == {"stock in_doubt": 3}
    world.stop.clear()
    world.clock.advance(SOON)
    await world.flow("stock")
    assert (len(shelf.files), shelf.singly()) == (1, 3)


def test_the_lease_is_kept_for_as_long_as_a_call_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "PROLONG_EVERY", 0.001)

    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:

            async def until() -> list[tuple[int, ...]]:
                return await world.select("SELECT lease_until FROM flow WHERE flow = 'stock'")

            shelf = with_bulk(world, *"ABC")
            shelf.takes.clear()
            await promise(world, *levels(*"ABC"))
            work = asyncio.create_task(world.flow("stock"))
            await shelf.asked.wait()
            for _ in range(3):
                before = await until()
                world.clock.advance(timedelta(seconds=60))
                async with asyncio.timeout(10):
                    while await until() == before:  # noqa: ASYNC110 (what the database holds sets no event)
                        await asyncio.sleep(0)
            shelf.takes.set()
            await work
            assert await world.promises() == {"stock done": 3}

    asyncio.run(scene())


def test_claims_for_a_file_are_made_in_parts_and_fill_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "CLAIMED_AT_ONCE", 8)

    async def scene() -> None:
        async with opened(new_database(tmp_path)) as world:
            skus = [f"S{number}" for number in range(45)]
            shelf = with_bulk(world, *skus)
            shelf.bulk = 20
            await promise(world, *levels(*skus))
            await world.flow("stock")
            assert [len(file) for file in shelf.files] == [20, 20, 5]

    asyncio.run(scene())


@played
async def test_a_process_that_dies_anywhere_leaves_the_cart_with_the_last_level_of_each(world: World) -> None:
    shelf = with_bulk(world, *"ABCD")
    last: dict[str, int] = {}
    chance = random.Random(7)
    for steps in range(1, 60, 3):
        changes = [
            a_change(f"{sku} {steps}", sku, LEVEL, EAST=quantity)
            for sku, quantity in ((sku, chance.randint(0, 99)) for sku in chance.sample("ABCD", 3))
        ]
        await promise(world, *changes)
        last |= {change.item.sku: change.centers[0].quantity for change in changes}
        await world.live(steps, ("stock",))
    for _ in range(2):
        world.clock.advance(DAY)
        await world.flow("stock")
    assert {sku: shelf.available[sku][EAST] for sku in last} == last
    assert set(await world.promises()) <= {"stock done", "stock replaced"}
    assert any(len(file) > 1 for file in shelf.files)
