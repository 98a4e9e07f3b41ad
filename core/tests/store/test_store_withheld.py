"""Products that are kept back, gone or back, on both databases."""

from collections.abc import Sequence

import pytest

from crossdock.engine.goods_ports import ListedProduct, Published, StoredProduct, Withheld
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import hindrance
from crossdock.store.errors import NothingToRetry
from crossdock.store.goods import list_products
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .shop import Shop, played
from .test_store_products import claim, read, save, settle


async def put(shop: Shop) -> Sequence[StoredProduct]:
    """The sink takes what is due, except what is kept back; says what was claimed."""
    due = await claim(shop)
    held = [Withheld(item, problem) for item in due if (problem := hindrance(item))]
    if held:
        await shop.store.save_withheld(await shop.lease("publish"), held, now=shop.now)
    free = [item for item in due if item.id not in {one.stored.id for one in held}]
    await settle(shop, *(Published(one, f"S{one.product.external_id}", known_as=one.product.sku) for one in free))
    return due


async def reconsider(shop: Shop) -> list[str]:
    await shop.store.reconsider_withheld(await shop.lease("publish"), now=shop.now)
    return [item.product.external_id for item in await claim(shop)]


async def codes(shop: Shop) -> list[tuple[str, str]]:
    return sorted((one.code, one.subject) for one in await shop.store.read(list_problems))


async def listed(shop: Shop, *ids: str) -> Sequence[ListedProduct]:
    return await shop.store.note_listed(await shop.lease("census"), "pim", ids, now=shop.now)


async def left(shop: Shop, after: str = "", limit: int = 10) -> list[str]:
    found = await shop.store.products_of("main", "pim", before=shop.now, after=after, limit=limit)
    return [one.external_id for one in found]


async def lose(shop: Shop, *ids: str) -> None:
    rows = [one.row for one in await listed(shop, *ids)]
    await shop.store.save_gone(await shop.lease("census"), rows, now=shop.now)


@played
async def test_a_claimed_product_knows_who_else_bears_its_sku(shop: Shop) -> None:
    await save(
        shop, read("1", sku="A"), read("2", sku="a"), read("3", sku="B"), read("4", sku="ß"), read("5", sku="SS")
    )
    found = {item.product.external_id: item.namesakes for item in await claim(shop)}
    assert found == {"1": ("2",), "2": ("1",), "3": (), "4": ("5",), "5": ("4",)}


@played
async def test_a_namesake_of_another_pipeline_is_none(shop: Shop) -> None:
    await save(shop, read("1", sku="A"))
    other = await shop.store.begin_run("other", "catalog", now=shop.now, seconds=60)
    assert other
    await shop.store.save_products(other, "pim", [read("2", sku="A")], [], None, now=shop.now)
    assert [item.namesakes for item in await claim(shop)] == [()]


@played
async def test_what_is_kept_back_is_as_it_was_before_it_was_claimed(shop: Shop) -> None:
    await save(shop, read("1", sku="A"))
    await put(shop)
    await save(shop, read("1", sku="A", title="new"), read("2", sku="A"))
    await put(shop)
    assert await codes(shop) == [("duplicate_sku", "a")]
    assert await claim(shop) == []
    await save(shop, read("2", sku="B"))
    await shop.store.reconsider_withheld(await shop.lease("publish"), now=shop.now)
    first, second = sorted(await claim(shop), key=lambda item: item.product.external_id)
    assert (first.published, first.sink_id, first.known_as) == (read("1", sku="A").product, "S1", "A")
    assert (second.published, second.known_as) == (None, "")
    assert await codes(shop) == []


@played
async def test_a_namesake_that_had_nothing_to_say_is_kept_back_too(shop: Shop) -> None:
    await save(shop, read("1", sku="A"))
    await put(shop)
    await save(shop, read("2", sku="A"))
    assert [item.product.external_id for item in await put(shop)] == ["2"]
    assert [item.product.external_id for item in await put(shop)] == ["1"]
    assert [one.external_id for one in await shop.store.read(list_products, withheld=True)] == ["1", "2"]


@played
async def test_a_product_that_changes_while_it_is_kept_back_is_looked_at_again(shop: Shop) -> None:
    await save(shop, read("1", sku="A"), read("2", sku="A"))
    (first, *_) = due = await claim(shop)
    await save(shop, read("1", sku="B"))
    held = [Withheld(item, problem) for item in due if (problem := hindrance(item))]
    await shop.store.save_withheld(await shop.lease("publish"), held, now=shop.now)
    assert [(item.id, item.product.sku) for item in await claim(shop)] == [(first.id, "B")]


@played
async def test_what_was_on_its_way_under_a_sku_may_be_there_under_it(shop: Shop) -> None:
    await save(shop, read("1", sku="A"), read("2", sku="B"))
    first, second = await claim(shop)
    await shop.crash("publish")
    await save(shop, read("1", sku="Z"))
    for _ in range(2):
        assert sorted(item.known_as for item in await claim(shop)) == ["A", "B"]
        await shop.crash("publish")
    await settle(shop, Published(first, error="refused", known_as=""), Published(second, error="lost", known_as="B"))
    names = await shop.store.read(list_products)
    assert [(one.sku, one.known_as) for one in names] == [("B", "B"), ("Z", "")]


@played
async def test_a_renamed_product_goes_by_a_persons_word_or_under_its_old_sku(shop: Shop) -> None:
    await save(shop, read("1", sku="A"), read("2", sku="B"))
    await put(shop)
    await save(shop, read("1", sku="A2"), read("2", sku="B2"))
    await put(shop)
    assert await codes(shop) == [("sku_renamed", "1"), ("sku_renamed", "2")]
    assert await reconsider(shop) == []
    problem = next(one for one in await shop.store.read(list_problems) if one.subject == "1")
    assert "under its new SKU" in await shop.store.write(retry_problem, problem.id, now=shop.now)
    (item,) = await claim(shop)
    assert (item.published, item.sink_id, item.known_as) == (None, "", "")
    await settle(shop, Published(item, "S9", known_as="A2"))
    await save(shop, read("2", sku="B"))
    await put(shop)
    await reconsider(shop)
    assert await codes(shop) == []


@played
async def test_a_person_has_namesakes_looked_at_again_and_the_census_run_where_there_is_one(shop: Shop) -> None:
    await save(shop, read("1", sku="A"), read("2", sku="A"))
    await put(shop)
    (problem,) = await shop.store.read(list_problems)
    await shop.store.write(retry_problem, problem.id, now=shop.now)
    assert ("main", "census") not in await shop.store.due_flows(now=shop.now)
    assert len(await put(shop)) == 2

    await shop.store.schedule("main", "census", None)
    (problem,) = await shop.store.read(list_problems)
    await shop.store.write(retry_problem, problem.id, now=shop.now)
    assert ("main", "census") in await shop.store.due_flows(now=shop.now)


@played
async def test_only_products_of_the_source_that_rested_for_a_while_are_counted_page_by_page(shop: Shop) -> None:
    await save(shop, *(read(str(number)) for number in range(1, 6)))
    assert await left(shop) == []
    shop.clock.advance(seconds=1)
    await save(shop, read("4", title="new"))
    assert (await left(shop, limit=2), await left(shop, "2", 2)) == (["1", "2"], ["3", "5"])
    assert await shop.store.products_of("main", "other", before=shop.now, after="", limit=9) == []


@played
async def test_what_is_gone_is_not_put_and_is_a_problem_if_it_was(shop: Shop) -> None:
    await save(shop, read("1"), read("2"))
    await put(shop)
    shop.clock.advance(seconds=1)
    await save(shop, read("1", title="new"), read("3"))
    await lose(shop, "1", "3")
    assert await codes(shop) == [("product_gone", "1")]
    assert await claim(shop) == []
    assert await left(shop) == ["2"]
    (problem,) = await shop.store.read(list_problems)
    with pytest.raises(NothingToRetry, match="take it out there by hand"):
        await shop.store.write(retry_problem, problem.id, now=shop.now)


@played
async def test_what_is_listed_again_is_back_and_put_as_it_is(shop: Shop) -> None:
    await save(shop, read("1"), read("2"))
    await put(shop)
    await lose(shop, "1")
    assert [one.external_id for one in await listed(shop, "1", "2", "9")] == ["1", "2"]
    assert await codes(shop) == []
    assert [item.product.external_id for item in await claim(shop)] == ["1"]


@played
async def test_a_gone_product_whose_sku_another_one_bears_is_no_problem_and_frees_it(shop: Shop) -> None:
    await save(shop, read("1", sku="A"))
    await put(shop)
    await save(shop, read("2", sku="A"))
    await put(shop)
    await put(shop)
    await lose(shop, "1")
    assert await codes(shop) == [("duplicate_sku", "a")]
    assert await reconsider(shop) == ["2"]
    assert await codes(shop) == []


@played
async def test_a_refusal_of_a_product_that_is_gone_is_over(shop: Shop) -> None:
    await save(shop, read("1"))
    (item,) = await claim(shop)
    await settle(shop, Published(item, error="no"), problems=[Problem(Code.PUBLISH_REFUSED, "1", "refused")])
    await lose(shop, "1")
    assert await codes(shop) == []
