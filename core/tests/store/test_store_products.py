"""Products: kept page by page, and due for the sink while it does not hold what they are, on both databases."""

from collections.abc import Sequence
from typing import Any

from crossdock.domain import Product, digest
from crossdock.engine.goods_ports import Published, ReadProduct, StoredProduct
from crossdock.engine.problems import Code, Problem
from crossdock.engine.product_changes import fingerprint
from crossdock.hooks.records import Record
from crossdock.store.goods import list_products, product_stories
from crossdock.store.repair import retry_problem

from .shop import Shop, played


def read(key: str, **fields: Any) -> ReadProduct:
    """A product as a page brings it; without a SKU of its own it is that of its key."""
    product = Product(external_id=key, **({"sku": f"SKU-{key}"} | fields))
    data = product.model_dump_json().encode()
    return ReadProduct(Record(key, data), digest(data), product, fingerprint(product))


def unreadable(key: str) -> ReadProduct:
    return ReadProduct(Record(key, b"<html>"), digest(b"<html>"), None)


async def save(
    shop: Shop, *products: ReadProduct, problems: Sequence[Problem] = (), checkpoint: str | None = None
) -> None:
    lease = await shop.lease("catalog")
    await shop.store.save_products(lease, "pim", products, problems, checkpoint, now=shop.now)


async def claim(shop: Shop, limit: int = 100, *, doubtful: bool = False) -> Sequence[StoredProduct]:
    return await shop.store.claim_products(await shop.lease("publish"), limit, doubtful=doubtful, now=shop.now)


async def settle(shop: Shop, *published: Published, problems: Sequence[Problem] = ()) -> None:
    await shop.store.save_published(await shop.lease("publish"), published, problems, now=shop.now)


async def publish(shop: Shop) -> None:
    """The sink takes everything that is due."""
    await settle(shop, *(Published(item, f"S{item.product.external_id}") for item in await claim(shop)))


@played
async def test_a_page_and_its_checkpoint_are_kept_together(shop: Shop) -> None:
    await save(shop, read("1"), read("2"), checkpoint="page 2")
    known = await shop.store.known_products("main", ["1", "2", "3"])
    assert known == {"1": read("1").digest, "2": read("2").digest}
    await shop.crash()
    assert (await shop.lease("catalog")).checkpoint == "page 2"


@played
async def test_what_is_new_or_changed_is_due_once(shop: Shop) -> None:
    await save(shop, read("1"), read("2"))
    assert await shop.store.products_waiting("main", now=shop.now) == 2
    await publish(shop)
    await save(shop, read("1"), read("2", title="new"))
    (changed,) = await claim(shop)
    assert (changed.product.title, changed.version, changed.sink_id) == ("new", 2, "S2")
    assert changed.published == read("2").product


@played
async def test_what_the_sink_holds_is_not_known_while_a_product_is_on_its_way(shop: Shop) -> None:
    await save(shop, read("1"))
    await publish(shop)
    await save(shop, read("1", title="new"))
    assert (await claim(shop))[0].published
    await shop.crash("publish")
    assert (await claim(shop))[0].published is None


@played
async def test_a_product_that_changed_while_it_was_put_stays_due(shop: Shop) -> None:
    await save(shop, read("1"))
    (item,) = await claim(shop)
    await save(shop, read("1", title="newer"))
    await settle(shop, Published(item, "S1"))
    (again,) = await claim(shop)
    assert (again.product.title, again.published, again.sink_id) == ("newer", read("1").product, "S1")


@played
async def test_what_is_tried_again_is_due_when_it_was_said_and_doubt_is_apart(shop: Shop) -> None:
    await save(shop, read("1"), read("2"))
    first, second = await claim(shop)
    shop.clock.advance(seconds=1)
    later = shop.now
    await settle(shop, Published(first, "", "busy", later), Published(second, "", "lost", later, doubtful=True))
    assert [(item.id, item.attempts) for item in await claim(shop)] == [(first.id, 1)]
    assert [(item.id, item.doubtful) for item in await claim(shop, doubtful=True)] == [(second.id, True)]
    assert await shop.store.products_waiting("main", now=shop.now) == 1


@played
async def test_a_refusal_is_a_problem_until_the_product_changes_or_is_put_again(shop: Shop) -> None:
    await save(shop, read("1"))
    (item,) = await claim(shop)
    problem = Problem(Code.PUBLISH_REFUSED, "1", "refused")
    await settle(shop, Published(item, error="too long"), problems=[problem])
    assert await claim(shop) == []
    assert await shop.store.write(retry_problem, 1, now=shop.now) == "the product is put again"
    await publish(shop)
    assert await shop.open_problems() == []
    (summary,) = await shop.store.read(list_products)
    assert (summary.error, summary.published_at) == ("", shop.now)


@played
async def test_what_cannot_be_read_now_is_not_put_and_loses_nothing(shop: Shop) -> None:
    await save(shop, read("1"), read("2"))
    await publish(shop)
    await save(shop, read("1", title="new"))
    await save(shop, unreadable("1"), problems=[Problem(Code.UNREADABLE_PRODUCT, "1", "unreadable")])
    assert await claim(shop) == []
    (story,) = await shop.store.read(product_stories, "SKU-1")
    assert (story.document, story.raw) == (None, b"<html>")
    await save(shop, read("1", title="newer"))
    assert [item.product.title for item in await claim(shop)] == ["newer"]
    assert await shop.open_problems() == []


@played
async def test_an_unreadable_product_is_read_again_on_a_persons_word(shop: Shop) -> None:
    await save(shop, unreadable("1"), problems=[Problem(Code.UNREADABLE_PRODUCT, "1", "unreadable")])
    assert await shop.store.records_to_reread("main", "product", 10) == []
    await shop.store.write(retry_problem, 1, now=shop.now)
    assert await shop.store.records_to_reread("main", "product", 10) == [Record("1", b"<html>")]
    await save(shop, read("1"))
    assert await shop.store.records_to_reread("main", "product", 10) == []


@played
async def test_two_pipelines_keep_the_same_product_apart(shop: Shop) -> None:
    await save(shop, read("1"))
    other = await shop.store.begin_run("other", "catalog", now=shop.now, seconds=60)
    assert other
    await shop.store.save_products(other, "pim", [read("1", title="other")], [], None, now=shop.now)
    assert [item.product.title for item in await claim(shop)] == [""]
    assert [one.pipeline for one in await shop.store.read(list_products)] == ["main", "other"]


@played
async def test_people_find_products_by_sku_id_or_title(shop: Shop) -> None:
    await save(shop, read("1", title="A red MUG"), read("2", sku="100%", title="a cup"), read("3", sku="sku-1"))

    async def listed(text: str) -> list[str]:
        return sorted(one.external_id for one in await shop.store.read(list_products, text=text))

    assert await listed("mug") == ["1"]
    assert await listed("100%") == ["2"]
    assert await listed("2") == ["2"]
    assert await listed("") == ["1", "2", "3"]
    assert [one.product.external_id for one in await shop.store.read(product_stories, "Sku-1")] == ["1", "3"]


@played
async def test_what_the_sink_was_not_told_yet_is_named(shop: Shop) -> None:
    await save(shop, read("1"))
    await publish(shop)
    await save(shop, read("1", title="new", brand="new"))
    (story,) = await shop.store.read(product_stories, "1")
    assert set(story.untold) == {"title", "brand"}
