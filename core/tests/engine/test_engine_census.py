"""What the source does not have any more is found, and never guessed."""

import asyncio
from datetime import timedelta
from functools import partial

from crossdock.hooks.records import Cursor, Page
from crossdock.store.goods import list_products
from crossdock.store.queries import list_problems

from .goods import Records, a_product, with_goods
from .listing import Listing, with_products
from .remote import Fault
from .world import World, played

GOODS = ("catalog", "publish")
SOME = timedelta(minutes=5)


async def carried(world: World) -> None:
    """Everything is read and put; time passes."""
    await world.cycle(GOODS)
    world.clock.advance(SOME)


async def gone(world: World) -> list[str]:
    return [one.external_id for one in await world.store.read(list_products, gone=True)]


@played
async def test_a_product_that_was_deleted_is_a_problem_and_stays_at_the_sink(world: World) -> None:
    records, shop = with_products(world, "ABCDEFG")
    await carried(world)
    records.delete("RC")
    report = await world.flow("census")
    assert (report.error, report.counts) == ("", {"products listed": 6, "gone": 1})
    assert await gone(world) == ["RC"]
    (problem,) = await world.store.read(list_problems)
    assert problem.title == "Product C (RC) is not at its source any more"
    assert problem.action.startswith("Where nobody wants C in the other system any more, take it out there by hand")
    assert "C" in shop.products
    assert (await world.flow("census")).counts == {"products listed": 6}, "told once"


@played
async def test_a_product_that_is_there_again_closes_its_problem_and_is_put_as_it_is(world: World) -> None:
    records, shop = with_products(world, "ABCDEF")
    await carried(world)
    kept = records.there()["RC"]
    for again in (kept, kept.model_copy(update={"title": "New"})):
        records.delete("RC")
        await world.flow("census")
        assert await world.problems() == [("product_gone", "RC")]
        world.clock.advance(SOME)
        records.write(again)
        await world.flow("census")
        assert (await world.problems(), await gone(world)) == ([], [])
        await world.cycle(GOODS)
        world.clock.advance(SOME)
    assert shop.products["C"]["title"] == "New"


@played
async def test_a_product_that_is_read_again_is_not_gone_any_more(world: World) -> None:
    records, _ = with_products(world, "ABC")
    await carried(world)
    kept = records.there()["RA"]
    records.delete("RA")
    await world.flow("census")
    records.write(kept.model_copy(update={"title": "New"}))
    await world.flow("catalog")
    assert (await world.problems(), await gone(world)) == ([], [])


@played
async def test_what_was_never_put_is_gone_without_a_word(world: World) -> None:
    records, shop = with_products(world, "ABC")
    await world.flow("catalog")
    world.clock.advance(SOME)
    records.delete("RA")
    await world.flow("census")
    assert (await world.problems(), await gone(world)) == ([], ["RA"])
    await world.flow("publish")
    assert set(shop.products) == {"B", "C"}, "and it is not put any more"


@played
async def test_a_list_that_shifts_while_it_is_read_makes_nothing_gone_that_is_there(world: World) -> None:
    records, _ = with_products(world, "ABCDEFG")
    await carried(world)
    records.meanwhile = [lambda: records.delete("RA")]
    assert (await world.flow("census")).counts == {"products listed": 6}
    assert records.calls["fetch_identities"] == 4
    assert await gone(world) == [], "D slipped through the first list, and was in the second"
    await world.flow("census")
    assert await gone(world) == ["RA"]


@played
async def test_what_comes_while_the_list_is_read_is_not_missed(world: World) -> None:
    class Busy(Listing):
        async def fetch_identities(self, cursor: Cursor | None) -> Page:
            page = await super().fetch_identities(cursor)
            if cursor is None:
                self.write(a_product("0"))
                await world.flow("catalog")
            return page

    with_goods(world, *map(a_product, "ABCDE"), source=Busy)
    await carried(world)
    await world.flow("census")
    assert await gone(world) == []
    assert "R0" in dict(await world.select("SELECT external_id, id FROM product"))


@played
async def test_a_list_that_breaks_off_says_nothing(world: World) -> None:
    records, _ = with_products(world, "ABCDEFG")
    await carried(world)
    records.delete("RA")
    for fault in (Fault.REFUSED_BEFORE, Fault.BUSY, Fault.BUG):
        records.meanwhile = [partial(records.faults["fetch_identities"].append, fault)]
        assert (await world.flow("census")).error
        assert await gone(world) == []


@played
async def test_an_empty_list_or_half_a_list_is_not_believed(world: World) -> None:
    records, _ = with_products(world, "ABCDEF")
    await carried(world)
    for left, deleted in ((2, "ABCD"), (1, "ABCDE"), (0, "ABCDEF")):
        records.delete(*(f"R{sku}" for sku in deleted))
        report = await world.flow("census")
        assert f"lists {left} of the 6 products that were read from it: none was taken for gone" in report.error
        assert (await gone(world), await world.problems()) == ([], [])
    records.deleted = {"RA", "RB", "RC"}
    assert (await world.flow("census")).counts["gone"] == 3


@played
async def test_a_product_that_is_listed_unreadably_makes_no_other_gone(world: World) -> None:
    records, _ = with_products(world, "ABC")
    await carried(world)
    records.delete("RC")
    records.write(a_product("", external_id="RZ"))
    report = await world.flow("census")
    assert report.error == "product RZ is listed without a SKU"
    assert await gone(world) == []


@played
async def test_what_the_list_shows_and_the_catalogue_has_not_read_yet_is_counted(world: World) -> None:
    records, _ = with_products(world, "ABC")
    await carried(world)
    records.write(a_product("D"), a_product("X", external_id="RA"))
    report = await world.flow("census")
    assert report.counts == {"products listed": 4, "not read yet": 1, "under another SKU": 1}


@played
async def test_a_source_that_lists_nothing_has_no_census(world: World) -> None:
    with_goods(world, a_product("A"), source=Records)
    assert "census" not in await world.cycle(("catalog", "census", "publish"))


@played
async def test_products_of_another_connection_are_nobodys_business(world: World) -> None:
    with_products(world, "AB")
    await carried(world)
    records = Listing()
    records.write(a_product("C"))
    world.changes["catalog_source"] = type(world.changes["catalog_source"])("other", records)
    await carried(world)
    await world.flow("census")
    assert await gone(world) == []


@played
async def test_a_stop_ends_the_wait_for_a_list_and_says_nothing(world: World) -> None:
    records, _ = with_products(world, "ABCDEFG")
    await carried(world)
    records.delete("RA")
    records.waits = 3600.0
    running = asyncio.create_task(world.flow("census"))
    while not records.calls["fetch_identities"]:  # noqa: ASYNC110 - the records ring no bell
        await asyncio.sleep(0)
    world.stop.set()
    assert (await running).error == ""
    assert await gone(world) == []


@played
async def test_a_census_in_pieces_ends_as_one_at_a_stretch(world: World) -> None:
    records, _ = with_products(world, "ABCDEFG")
    await carried(world)
    records.delete("RA", "RE")
    for steps in range(1, 25, 2):
        await world.live(steps, ("census",))
    await world.flow("census")
    assert await gone(world) == ["RA", "RE"]
    assert sorted(await world.problems()) == [("product_gone", "RA"), ("product_gone", "RE")]


@played
async def test_a_product_made_anew_under_its_sku_takes_the_place_of_the_one_that_is_gone(world: World) -> None:
    records, shop = with_products(world, "ABC")
    await carried(world)
    records.delete("RA")
    records.write(a_product("A", external_id="R2", title="Anew"))
    await world.cycle(GOODS)
    assert await world.problems() == [("duplicate_sku", "a")]
    assert ("main", "census") in await world.store.due_flows(now=world.clock.now())
    await world.cycle(("catalog", "census", "publish"))
    assert await world.problems() == []
    assert await gone(world) == ["RA"]
    assert shop.products["A"]["title"] == "Anew"
