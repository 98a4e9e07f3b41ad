"""How problems of a catalogue end: products that are gone, renamed, or two of one SKU."""

from collections.abc import AsyncIterator

from crossdock.engine.problems import Code
from crossdock.hooks.errors import Rejected

from .closing import LATER, ends, retry
from .goods import a_product, with_goods
from .listing import with_products
from .world import World

GOODS = ("catalog", "publish")


@ends(Code.PRODUCT_GONE)
async def the_product_is_there_again(world: World) -> AsyncIterator[None]:
    records, _ = with_products(world, "ABC")
    await world.cycle(GOODS)
    world.clock.advance(LATER)
    kept = records.there()["RA"]
    records.delete("RA")
    await world.flow("census")
    yield
    records.write(kept)
    await world.flow("census")


@ends(Code.SKU_RENAMED)
async def the_product_bears_its_old_sku_again(world: World) -> AsyncIterator[None]:
    records, _ = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    records.write(a_product("B", external_id="RA"))
    await world.cycle(GOODS)
    yield
    records.write(a_product("A"))
    await world.cycle(GOODS)


@ends(Code.SKU_RENAMED)
async def a_person_lets_it_go_out_under_the_new_one(world: World) -> AsyncIterator[None]:
    records, _ = with_goods(world, a_product("A"))
    await world.cycle(GOODS)
    records.write(a_product("B", external_id="RA"))
    await world.cycle(GOODS)
    yield
    await retry(world)
    await world.cycle(GOODS)


@ends(Code.SKU_RENAMED)
async def the_renamed_product_is_gone(world: World) -> AsyncIterator[None]:
    records, _ = with_products(world, "ABC")
    await world.cycle(GOODS)
    records.write(a_product("D", external_id="RA"))
    await world.cycle(GOODS)
    yield
    world.clock.advance(LATER)
    records.delete("RA")
    await world.cycle(("catalog", "census", "publish"))


@ends(Code.DUPLICATE_SKU)
async def one_of_the_two_gets_another_sku(world: World) -> AsyncIterator[None]:
    records, _ = with_goods(world, a_product("A"), a_product("A", external_id="R2"))
    await world.cycle(GOODS)
    yield
    records.write(a_product("B", external_id="R2"))
    await world.cycle(GOODS)


@ends(Code.DUPLICATE_SKU)
async def one_of_the_two_is_gone(world: World) -> AsyncIterator[None]:
    records, _ = with_products(world, "ABC")
    records.write(a_product("A", external_id="R2"))
    await world.cycle(GOODS)
    yield
    world.clock.advance(LATER)
    records.delete("R2")
    await world.cycle(("catalog", "census", "publish"))


@ends(Code.PUBLISH_REFUSED)
async def the_refused_product_is_gone(world: World) -> AsyncIterator[None]:
    records, shop = with_products(world, "ABC")
    shop.says["A"] = [Rejected("the title is too long")]
    await world.cycle(GOODS)
    yield
    world.clock.advance(LATER)
    records.delete("RA")
    await world.flow("census")
