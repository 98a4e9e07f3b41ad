"""Levels that wait and were never tried give way to a newer one of all their centres; nothing else does."""

from collections.abc import Sequence

import pytest

from crossdock.domain import StockChange, StockItem, StockMeaning
from crossdock.engine.ledger import PromiseState, Settlement
from crossdock.store import NothingToRetry
from crossdock.store.goods import list_stock
from crossdock.store.queries import list_problems
from crossdock.store.repair import reopen_problem, retry_problem

from .shop import NOON, Shop, done, played, refused
from .test_store_stock import DIFFERENCE, ON_HAND, a_change, a_refusal, claim, keys, promise

SELLABLE = StockMeaning.SELLABLE


async def states(shop: Shop) -> dict[str, str]:
    return {one.change.key: one.state for one in await shop.store.read(list_stock)}


def a_level(key: str, *centers: str, sku: str = "A", meaning: StockMeaning = ON_HAND, **more: object) -> StockChange:
    return a_change(key, sku, meaning, centers or ("1",), **more)


@played
async def test_the_newest_level_is_sent_and_the_others_say_by_which_they_were_replaced(shop: Shop) -> None:
    for key in "123":
        await promise(shop, a_level(key))
    assert await states(shop) == {"3": "due", "2": "replaced", "1": "replaced"}
    newest, second, first = await shop.store.read(list_stock)
    assert (first.error, second.error) == ("replaced by the newer level 2", "replaced by the newer level 3")
    assert (first.due_at, first.settled_at, first.attempts, newest.error) == (None, NOON, 0, "")
    assert [one.change.key for one in await shop.store.read(list_stock, state="replaced")] == ["2", "1"]
    assert await keys(shop) == ["3"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (a_level("1", "1", "2"), a_level("2", "2", "1", "3")),
        (a_level("1"), a_level("2", meaning=SELLABLE)),
        (a_level("1", sku="a"), a_level("2", sku="A")),
        (a_level("1", item=StockItem(sku="A", product_id="7")), a_level("2")),
    ],
    ids=["all its centres and more", "of another meaning", "in other letters", "of the same product, as far as known"],
)
def test_a_newer_level_of_all_its_centres_replaces_it(sqlite_url: str, older: StockChange, newer: StockChange) -> None:
    @played
    async def scene(shop: Shop) -> None:
        await promise(shop, older)
        await promise(shop, newer)
        assert await states(shop) == {"1": "replaced", "2": "due"}

    scene(sqlite_url)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (a_level("1", "1", "2"), a_level("2", "1")),
        (a_level("1"), a_level("2", sku="B")),
        (a_level("1"), a_level("2", meaning=DIFFERENCE)),
        (a_level("1", meaning=DIFFERENCE), a_level("2")),
        (
            a_level("1", item=StockItem(sku="A", product_id="7")),
            a_level("2", item=StockItem(sku="A", product_id="8")),
        ),
    ],
    ids=["one of its centres", "of another SKU", "a difference", "of a difference", "of another product"],
)
def test_anything_less_leaves_it_waiting(sqlite_url: str, older: StockChange, newer: StockChange) -> None:
    @played
    async def scene(shop: Shop) -> None:
        await promise(shop, older)
        await promise(shop, newer)
        assert await states(shop) == {"1": "due", "2": "due"}

    scene(sqlite_url)


@played
async def test_what_was_tried_is_in_doubt_or_in_hand_is_not_replaced(shop: Shop) -> None:
    def once_more(number: int) -> Sequence[StockChange]:
        return [a_level(f"{sku}{number}", sku=sku) for sku in "ABC"]

    await promise(shop, *once_more(1))
    tried, doubtful, _ = await claim(shop)
    await shop.settle(
        Settlement(tried, PromiseState.DUE, error="throttled", due_at=NOON.replace(hour=20)),
        Settlement(doubtful, PromiseState.IN_DOUBT, due_at=NOON.replace(hour=20)),
    )
    await promise(shop, *once_more(2))
    assert {state for key, state in (await states(shop)).items() if key.endswith("1")} == {"due", "in_doubt", "sent"}
    await promise(shop, *once_more(3))
    assert {state for key, state in (await states(shop)).items() if key.endswith("2")} == {"replaced"}


@played
async def test_what_was_handed_back_untried_is_replaced(shop: Shop) -> None:
    await promise(shop, a_level("1"))
    (item,) = await claim(shop)
    await shop.settle(Settlement(item, PromiseState.DUE, due_at=NOON, counts=False))
    await promise(shop, a_level("2"))
    assert await states(shop) == {"1": "replaced", "2": "due"}


@played
async def test_another_pipelines_level_and_another_carts_level_stay(shop: Shop) -> None:
    await promise(shop, a_level("1"), pipeline="other")
    await shop.store.promise_stock("main", "another cart", [a_level("2")], now=NOON)
    await promise(shop, a_level("3"))
    assert set((await states(shop)).values()) == {"due"}


@played
async def test_levels_that_are_promised_together_replace_each_other_in_their_order(shop: Shop) -> None:
    await promise(shop, a_level("1", "1", "2"), a_level("2", "1"), a_level("3", "1"), a_level("4", "3"))
    assert await states(shop) == {"4": "due", "3": "due", "2": "replaced", "1": "due"}


@played
async def test_a_key_that_was_promised_before_replaces_nothing_newer(shop: Shop) -> None:
    await promise(shop, a_level("1"))
    (item,) = await claim(shop)
    await shop.settle(done(item))
    await promise(shop, a_level("2"))
    assert await promise(shop, a_level("1")) == 0
    assert await states(shop) == {"1": "done", "2": "due"}


@played
async def test_a_difference_between_two_levels_is_still_made(shop: Shop) -> None:
    await promise(shop, a_level("1"), a_change("2"), a_level("3"))
    assert await states(shop) == {"1": "replaced", "2": "due", "3": "due"}
    assert await keys(shop) == ["2"]


@played
async def test_what_was_replaced_is_not_tried_again_and_says_why(shop: Shop) -> None:
    await promise(shop, a_level("1"))
    (item,) = await claim(shop)
    await shop.settle(refused(item), problems=[a_refusal("1")])
    (problem,) = await shop.store.read(list_problems)
    await shop.store.write(retry_problem, problem.id, now=NOON)
    await promise(shop, a_level("2"))
    await shop.store.write(reopen_problem, problem.id, now=NOON)
    with pytest.raises(NothingToRetry) as refusal:
        await shop.store.write(retry_problem, problem.id, now=NOON)
    assert str(refusal.value) == (
        "the stock change 1 was replaced by the newer level 2, so that nothing is left to send of it; look at that "
        f"one, then `crossdock problems resolve {problem.id}`"
    )


@played
async def test_a_replaced_level_does_not_overtake_a_refused_one(shop: Shop) -> None:
    await promise(shop, a_level("1"))
    (first,) = await claim(shop)
    await shop.settle(refused(first), problems=[a_refusal("1")])
    await promise(shop, a_level("2"))
    await promise(shop, a_level("3"))
    (third,) = await claim(shop)
    await shop.settle(refused(third), problems=[a_refusal("3")])
    first_problem = min(await shop.store.read(list_problems), key=lambda one: one.id)
    await shop.store.write(retry_problem, first_problem.id, now=NOON)
    assert await keys(shop) == ["1"]
