"""Stock changes: one of each SKU at a time, in the order in which they were promised, on both databases."""

from collections.abc import Sequence

import pytest

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.ledger import Promise, PromiseState, Settlement
from crossdock.engine.problems import Code, Problem
from crossdock.store import NothingToRetry
from crossdock.store.goods import list_stock, promised_stock
from crossdock.store.repair import retry_problem

from .shop import NOON, Shop, done, played, refused

DIFFERENCE, ON_HAND = StockMeaning.DIFFERENCE, StockMeaning.ON_HAND


def a_change(
    key: str, sku: str = "A", meaning: StockMeaning = DIFFERENCE, centers: Sequence[str] = ("1",), **more: object
) -> StockChange:
    quantities = [CenterQuantity(distribution_center=center, quantity=1) for center in centers]
    fields = {"key": key, "item": StockItem(sku=sku), "meaning": meaning, "centers": quantities}
    return StockChange.model_validate(fields | more)


async def promise(shop: Shop, *changes: StockChange, pipeline: str = "main") -> int:
    return await shop.store.promise_stock(pipeline, "cart", changes, now=shop.now)


async def claim(shop: Shop, limit: int = 100) -> Sequence[Promise]:
    return await shop.store.claim_stock(await shop.lease("stock"), "cart", limit, now=shop.now)


async def keys(shop: Shop, limit: int = 100) -> list[str]:
    return [item.key for item in await claim(shop, limit)]


def a_refusal(key: str) -> Problem:
    return Problem(Code.STOCK_REFUSED, key, "refused")


@played
async def test_a_key_is_promised_once_for_a_connection(shop: Shop) -> None:
    assert await promise(shop, a_change("1"), a_change("2")) == 2
    assert await promise(shop, a_change("1", "B"), a_change("3")) == 1
    assert await promise(shop) == 0


@played
async def test_the_flow_is_due_at_once_when_something_is_promised(shop: Shop) -> None:
    await promise(shop, a_change("1"))
    assert await shop.store.due_flows(now=shop.now) == [("main", "stock")]


@played
async def test_one_change_of_each_sku_is_handed_out_and_the_next_when_it_is_settled(shop: Shop) -> None:
    await promise(shop, a_change("1"), a_change("2"), a_change("3", "B"), a_change("4", "b"))
    first, other = await claim(shop)
    assert (first.key, other.key) == ("1", "3")
    assert await claim(shop) == []
    await shop.settle(Settlement(first, PromiseState.IN_DOUBT, due_at=NOON.replace(hour=20)), done(other))
    assert await keys(shop) == ["4"], "what is in doubt holds back the next of its SKU and nothing else"


@played
async def test_what_was_refused_or_done_holds_nothing_back(shop: Shop) -> None:
    await promise(shop, *(a_change(str(key)) for key in range(3)))
    for settle in (refused, done, done):
        (item,) = await claim(shop)
        await shop.settle(settle(item))
    assert await claim(shop) == []


@played
async def test_two_pipelines_of_one_cart_take_turns_on_a_sku(shop: Shop) -> None:
    await promise(shop, a_change("1"), pipeline="other")
    await promise(shop, a_change("2"))
    assert await keys(shop) == []


@played
async def test_what_a_dead_run_had_in_hand_is_in_doubt_with_what_was_read(shop: Shop) -> None:
    await promise(shop, a_change("1"), a_change("2", "B"))
    read, _ = await claim(shop)
    before = StockReading(item=StockItem(sku="A", product_id="7"), reserved=3)
    change = a_change("1", before=before, read_at=NOON)
    await shop.store.keep_changes(await shop.lease("stock"), {read.id: change.model_dump_json().encode()}, now=shop.now)
    await shop.crash("stock")
    again, other = await claim(shop)
    assert {again.state, other.state} == {PromiseState.IN_DOUBT}
    assert StockChange.model_validate_json(again.document) == change
    assert StockChange.model_validate_json(other.document).before is None


@played
async def test_what_was_read_is_void_once_it_is_known_that_nothing_was_done(shop: Shop) -> None:
    before = StockReading(item=StockItem(sku="A", product_id="7"))
    await promise(shop, a_change("1", before=before, read_at=NOON))
    (item,) = await claim(shop)
    assert StockChange.model_validate_json(item.document) == a_change("1")
    await shop.crash("stock")
    (item,) = await claim(shop)
    assert StockChange.model_validate_json(item.document) == a_change("1")


@played
async def test_a_stock_change_that_is_done_closes_its_problems(shop: Shop) -> None:
    await promise(shop, a_change("1"))
    (item,) = await claim(shop)
    await shop.settle(refused(item), problems=[a_refusal("1"), Problem(Code.PLUGIN_FAILED, "1", "failed")])
    assert await shop.store.write(retry_problem, 1, now=shop.now) == (
        "what the cart holds is read anew, then the change is sent"
    )
    (item,) = await claim(shop)
    assert item.state is PromiseState.SENT
    await shop.settle(done(item))
    assert await shop.open_problems() == []


@played
async def test_after_a_bug_of_the_plugin_it_is_in_doubt(shop: Shop) -> None:
    await promise(shop, a_change("1"))
    (item,) = await claim(shop)
    await shop.settle(refused(item), problems=[Problem(Code.PLUGIN_FAILED, "1", "failed")])
    await shop.store.write(retry_problem, 1, now=shop.now)
    assert [item.state for item in await claim(shop)] == [PromiseState.IN_DOUBT]


@pytest.mark.parametrize(
    ("refused_one", "later", "overtaken"),
    [
        (a_change("1"), a_change("2"), False),
        (a_change("1"), a_change("2", meaning=ON_HAND), True),
        (a_change("1", meaning=ON_HAND), a_change("2"), True),
        (a_change("1", meaning=ON_HAND), a_change("2", meaning=ON_HAND), True),
        (a_change("1", meaning=ON_HAND), a_change("2", meaning=ON_HAND, centers=("2",)), False),
        (a_change("1", meaning=ON_HAND), a_change("2", "B", meaning=ON_HAND), False),
        (a_change("1", meaning=ON_HAND), a_change("2", "a", meaning=ON_HAND, centers=("2", "1")), True),
    ],
)
def test_a_level_and_a_difference_keep_their_order(
    sqlite_url: str, refused_one: StockChange, later: StockChange, overtaken: bool
) -> None:
    @played
    async def scene(shop: Shop) -> None:
        await promise(shop, refused_one)
        (first,) = await claim(shop)
        await promise(shop, later)
        await shop.settle(refused(first), problems=[a_refusal("1")])
        if overtaken:
            with pytest.raises(NothingToRetry, match="was set or changed again after 1"):
                await shop.store.write(retry_problem, 1, now=shop.now)
        else:
            await shop.store.write(retry_problem, 1, now=shop.now)

    scene(sqlite_url)


@played
async def test_people_see_changes_by_sku_and_state(shop: Shop) -> None:
    await promise(shop, a_change("1"), a_change("2"), a_change("3", "B"))
    (first, other) = await claim(shop)
    await shop.settle(refused(first, "no such product"), done(other))

    async def listed(**asked: object) -> list[str]:
        return [one.change.key for one in await shop.store.read(list_stock, **asked)]  # type: ignore[arg-type]

    assert await listed() == ["3", "2", "1"]
    assert await listed(sku="a") == ["2", "1"]
    assert await listed(state="done") == ["3"]
    assert await listed(limit=1) == ["3"]
    (rejected,) = await shop.store.read(list_stock, state="rejected")
    assert (rejected.error, rejected.settled_at) == ("no such product", NOON)


@played
async def test_what_was_promised_is_found_by_its_keys(shop: Shop) -> None:
    await promise(shop, *(a_change(str(key)) for key in range(1200)))
    found = await shop.store.read(promised_stock, "cart", [str(key) for key in range(-1, 1200)])
    assert len(found) == 1200
    assert found["7"] == a_change("7")
