"""Products under one SKU, or under another one than before, are kept back until it is clear which is which."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.engine.goods_ports import StoredProduct
from crossdock.engine.problems import Code
from crossdock.engine.product_changes import hindrance
from crossdock.hooks.errors import OutcomeUnknown, Rejected
from crossdock.hooks.records import ProductAnswer
from crossdock.store.goods import list_products, product_stories
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .goods import Shop, a_product, with_goods
from .listing import with_listing, with_products
from .world import World, played

DAY = timedelta(days=1)
GOODS = ("catalog", "publish")


async def withheld(world: World) -> list[str]:
    return sorted(one.external_id for one in await world.store.read(list_products, withheld=True))


async def retried(world: World) -> None:
    for problem in await world.store.read(list_problems):
        await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.cycle(GOODS)


@played
async def test_two_products_with_one_sku_are_both_kept_back_and_one_problem(world: World) -> None:
    records, shop = with_goods(world, a_product("A"), a_product("a", external_id="R2"), *map(a_product, "BCDE"))
    report = await world.cycle(GOODS)
    assert report["publish"].counts == {"withheld": 2, "published": 4}
    assert set(shop.products) == {"B", "C", "D", "E"}
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.count) == ("duplicate_sku", 1)
    assert problem.title.casefold() == "the sku a is that of several products at their source: r2, ra"
    assert await withheld(world) == ["R2", "RA"]
    (story, _) = await world.store.read(product_stories, "A")
    assert story.product.withheld == problem.code

    records.write(a_product("A2", external_id="R2"))
    await world.cycle(GOODS)
    assert (await world.problems(), await withheld(world)) == ([], [])
    assert set(shop.products) == {"A", "A2", "B", "C", "D", "E"}


@played
async def test_a_product_of_an_earlier_page_or_run_is_kept_back_with_the_newcomer(world: World) -> None:
    records, shop = with_goods(world, *map(a_product, "ABCDEF"))
    await world.cycle(GOODS)
    records.write(a_product("A", external_id="R2", title="Intruder"))
    await world.cycle(GOODS)
    assert await withheld(world) == ["R2", "RA"]

    records.write(a_product("A", title="Changed meanwhile"))
    await world.cycle(GOODS)
    assert shop.products["A"]["title"] == "The A"
    assert await world.problems() == [("duplicate_sku", "a")]

    records.write(a_product("Z", external_id="R2"))
    await world.cycle(GOODS)
    assert (shop.products["A"]["title"], shop.products["Z"]["title"]) == ("Changed meanwhile", "The Z")
    assert shop.told[-2:] == [("A", ("title",)), shop.told[-1]], "told by what changed since it was put"
    assert await world.problems() == []


@played
async def test_the_word_of_a_person_has_both_looked_at_again(world: World) -> None:
    with_goods(world, a_product("A"), a_product("A", external_id="R2"))
    await world.cycle(GOODS)
    await retried(world)
    assert await world.problems() == [("duplicate_sku", "a")]
    assert await withheld(world) == ["R2", "RA"]


@played
async def test_a_thousand_products_without_a_sku_of_their_own_are_one_problem(world: World) -> None:
    with_goods(world, *(a_product("none", external_id=f"R{number:04}") for number in range(300)))
    await world.cycle(GOODS)
    (problem,) = await world.store.read(list_problems)
    assert len(problem.title) < 200
    assert len(await world.select("SELECT id FROM product WHERE withheld <> ''")) == 300


@played
async def test_a_product_under_another_sku_is_kept_back_until_it_bears_its_old_one(world: World) -> None:
    records, shop = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    records.write(a_product("B", external_id="RA", brand="new"))
    await world.cycle(GOODS)
    assert set(shop.products) == {"A"}
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("sku_renamed", "RA")
    assert problem.title == "Product RA was put under the SKU A, and bears B now"

    records.write(a_product("A", brand="new"))
    await world.cycle(GOODS)
    assert await world.problems() == []
    assert shop.told[1:] == [("A", ("brand",))]
    assert await withheld(world) == []


@played
async def test_a_person_lets_a_renamed_product_go_and_to_the_sink_it_is_a_new_one(world: World) -> None:
    records, shop = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    records.write(a_product("B", external_id="RA"))
    await world.cycle(GOODS)
    await retried(world)
    assert set(shop.products) == {"A", "B"}, "what is there under the old SKU stays"
    assert "title" in shop.told[-1][1], "told whole"
    assert await world.problems() == []
    (story,) = await world.store.read(product_stories, "B")
    assert story.product.sink_id == "SB"

    records.write(a_product("A", external_id="RA"))
    await world.cycle(GOODS)
    assert await world.problems() == [("sku_renamed", "RA")], "from then on it is the new SKU that it was put under"


@played
async def test_a_swap_of_skus_is_two_problems_and_overwrites_nothing(world: World) -> None:
    records, shop = with_goods(world, a_product("A"), a_product("B"))
    await world.cycle(GOODS)
    records.write(a_product("B", external_id="RA"), a_product("A", external_id="RB"))
    await world.cycle(GOODS)
    assert sorted(await world.problems()) == [("sku_renamed", "RA"), ("sku_renamed", "RB")]
    assert {sku: it["title"] for sku, it in shop.products.items()} == {"A": "The A", "B": "The B"}


@pytest.mark.parametrize("answer", [OutcomeUnknown("no answer"), Rejected("no")])
def test_a_product_that_may_have_arrived_is_renamed_and_one_that_was_refused_is_not(
    tmp_path: object, answer: Exception
) -> None:
    @played
    async def scene(world: World) -> None:
        records, shop = with_goods(world, a_product("A"))
        shop.says["A"] = [answer]  # type: ignore[list-item]
        await world.cycle(GOODS)
        records.write(a_product("B", external_id="RA"))
        world.clock.advance(DAY)
        await world.cycle(GOODS)
        renamed = isinstance(answer, OutcomeUnknown)
        assert (("sku_renamed", "RA") in await world.problems()) == renamed
        assert ("B" in shop.products) != renamed

    scene(tmp_path)  # type: ignore[arg-type]


@played
async def test_a_process_that_died_while_it_put_a_product_may_have_put_it(world: World) -> None:
    records, shop = with_goods(world, a_product("A"))
    steps = 0
    while not shop.products:
        steps += 1
        await world.live(steps, GOODS)
    records.write(a_product("B", external_id="RA"))
    await world.cycle(GOODS)
    assert set(shop.products) == {"A"}
    assert await world.problems() == [("sku_renamed", "RA")]


@played
async def test_what_the_sink_has_no_place_for_may_be_renamed_and_deleted_without_a_word(world: World) -> None:
    class Shelves(Shop):
        def _put(self, change):  # type: ignore[no-untyped-def]
            parent = change.product.kind == "parent"
            return ProductAnswer(left_out=True) if parent else super()._put(change)

    records, _ = with_listing(world, a_product("STYLE", kind="parent"), *map(a_product, "ABC"), sink=Shelves)
    await world.cycle(GOODS)
    records.write(a_product("STYLE-2", external_id="RSTYLE", kind="parent"))
    await world.cycle(GOODS)
    assert (await world.problems(), await withheld(world)) == ([], [])
    world.clock.advance(DAY)
    records.delete("RSTYLE")
    await world.flow("census")
    assert await world.problems() == []


@played
async def test_what_is_kept_back_keeps_nothing_else_waiting_and_is_not_put_in_bulk(world: World) -> None:
    _, shop = with_goods(
        world,
        *(a_product("A", external_id=f"R{number}") for number in range(4)),
        *(a_product(f"B{number}") for number in range(4)),
    )
    shop.bulk = 4
    await world.cycle(GOODS)
    assert {sku for sku, _ in shop.told} == {"B0", "B1", "B2", "B3"}
    assert (await world.flow("publish")).counts == {}


@played
async def test_one_of_two_that_is_gone_lets_the_other_go(world: World) -> None:
    records, shop = with_products(world, "ABCD")
    records.write(a_product("A", external_id="R2", title="The other A"))
    await world.cycle(GOODS)
    assert "A" not in shop.products
    world.clock.advance(DAY)
    records.delete("RA")
    await world.cycle(("catalog", "census", "publish"))
    assert shop.products["A"]["title"] == "The other A"
    assert await world.problems() == []


skus = st.sampled_from(("", "A", "a", "B"))


@given(sku=skus, known_as=skus, namesakes=st.lists(st.sampled_from(("1", "2")), unique=True))
def test_only_a_product_alone_under_the_sku_it_always_bore_is_put(
    sku: str, known_as: str, namesakes: list[str]
) -> None:
    item = StoredProduct(1, 1, a_product(sku), None, "", 0, False, known_as, tuple(namesakes))
    problem = hindrance(item)
    assert (problem is None) == (not namesakes and known_as in ("", sku))
    if problem:
        assert (problem.code is Code.DUPLICATE_SKU) == bool(namesakes)
        assert all(one in problem.title for one in namesakes)


@played
async def test_two_that_bore_one_sku_and_are_both_under_another_one_by_then_are_renamed(world: World) -> None:
    records, shop = with_goods(world, a_product("A"), a_product("C"))
    await world.cycle(GOODS)
    records.write(a_product("C", external_id="RA"))
    await world.cycle(GOODS)
    assert await world.problems() == [("duplicate_sku", "c")]
    records.write(a_product("A", external_id="RC"))
    await world.cycle(GOODS)
    assert sorted(await world.problems()) == [("sku_renamed", "RA"), ("sku_renamed", "RC")]
    assert len(shop.told) == 2
