"""What becomes of a movement by the operator's rules for stock: by its alias, left out, together, or by a level."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from crossdock.domain import Product, StockMeaning
from crossdock.engine.aliasing import aliases_of
from crossdock.engine.problems import Code
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases, AreaRule, Areas
from crossdock.store.goods import list_movements
from crossdock.store.queries import list_problems

from .builders import an_order
from .goods import a_product, with_goods
from .moving import TWO_CENTRES, a_movement, warehouse_of, with_movements
from .shelf import EAST, WEST, Shelf, a_change, promise
from .world import World, played

WORK = ("collect", "stock")


def by_rules(world: World, *skus: str, **rules: Any) -> Shelf:
    """The cart has these products and is told of movements by these rules."""
    shelf = with_movements(world, *skus)
    world.rules = replace(world.rules, stock=StockRules(**rules))
    return shelf


async def fates(world: World) -> dict[str, tuple[str, str]]:
    """State and outcome of every movement."""
    return {one.external_id: (one.state, one.outcome) for one in await world.store.read(list_movements)}


@played
async def test_where_the_cart_is_told_levels_movements_are_left_to_them(world: World) -> None:
    shelf = by_rules(world, "A", sets=True)
    warehouse_of(world).move(
        a_movement("put", 5, None, "MAIN"),
        a_movement("across", 2, "MAIN", "W"),
        a_movement("inside", 3, "MAIN", "BULK-1"),
        a_movement("aside", 1, None, "QUARANTINE"),
    )
    report = (await world.cycle(WORK))["stock"]
    assert (shelf.applied, await world.promises()) == ([], {})
    assert await fates(world) == {
        "put": ("level", ""),
        "across": ("level", ""),
        "inside": ("nothing", ""),
        "aside": ("nothing", ""),
    }
    assert report.counts == {"movements planned": 2, "movements left to levels": 2}
    assert [one.external_id for one in await world.store.read(list_movements, state="level")] == ["put", "across"]


@played
async def test_a_level_of_what_lies_there_tells_the_pick_of_the_carts_own_order_too(world: World) -> None:
    by_rules(world, "A", sets=True)
    world.changes["inventory_sink"] = replace(world.changes["inventory_sink"], connection="cart")
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    warehouse_of(world).move(a_movement("pick", 2, "MAIN", reason="PICK", order="N1"))
    await world.cycle(WORK)
    assert await fates(world) == {"pick": ("level", "")}


@played
async def test_an_area_that_nobody_maps_is_a_problem_for_levels_too_and_waits_for_a_rule(world: World) -> None:
    by_rules(world, "A", sets=True)
    warehouse_of(world).move(a_movement("m1", 2, None, "DOCK"), a_movement("m2", 2, None, "MAIN"))
    await world.cycle(WORK)
    assert await world.problems() == [("unmapped_area", "DOCK")]
    assert await fates(world) == {"m1": ("unmapped", ""), "m2": ("level", "")}
    world.rules = replace(world.rules, areas=Areas((*TWO_CENTRES.rules, AreaRule("DOCK", EAST))))
    await world.store.reconsider_held("main", Code.UNMAPPED_AREA, now=world.clock.now())
    await world.cycle(WORK)
    assert (await fates(world))["m1"] == ("level", "")
    assert await world.problems() == []


@played
async def test_a_file_of_aliases_says_by_which_name_the_cart_is_told(world: World) -> None:
    shelf = by_rules(world, "0012", alias_type="UPC", aliases=Aliases("UPC", {"A": "0012", "B": "9", "C": "9"}))
    warehouse_of(world).move(
        a_movement("a1", 3, None, "MAIN"),
        a_movement("a2", 1, "MAIN", "W"),
        a_movement("b", 5, None, "MAIN", sku="B"),
        a_movement("d", 5, None, "DOCK", sku="D"),
    )
    report = (await world.cycle(WORK))["stock"]
    assert shelf.available["0012"] == {EAST: 12, WEST: 11}
    assert [change.key for change in shelf.applied] == ["moved/main/A/2"]
    assert await fates(world) == {
        "a1": ("planned", ""),
        "a2": ("planned", ""),
        "b": ("nothing", "its alias 9 of type UPC stands for C too"),
        "d": ("nothing", "it has no alias of type UPC"),
    }
    assert report.counts["movements without alias"] == 2
    assert await world.problems() == [], "of a product that the cart does not know, no area matters"


@played
async def test_the_catalogue_says_it_where_no_file_does(world: World) -> None:
    shelf = by_rules(world, "0012", alias_type="UPC")
    codes: dict[str, dict[str, str]] = {"A": {"UPC": "0012"}, "B": {"UPC": "9"}, "C": {"UPC": "9"}, "D": {"EAN": "1"}}
    with_goods(world, *(a_product(sku, codes=its) for sku, its in codes.items()))
    await world.flow("catalog")
    warehouse_of(world).move(*(a_movement(sku, 3, None, "MAIN", sku=sku) for sku in "ABCD"))
    await world.cycle(WORK)
    assert shelf.available["0012"][EAST] == 13
    assert await fates(world) == {
        "A": ("planned", ""),
        "B": ("nothing", "its alias 9 of type UPC stands for C too"),
        "C": ("nothing", "its alias 9 of type UPC stands for B too"),
        "D": ("nothing", "it has no alias of type UPC"),
    }
    assert (await aliases_of(world.pipeline())).of == {"A": "0012", "B": "9", "C": "9"}


@played
async def test_products_go_by_sku_without_an_alias_type(world: World) -> None:
    by_rules(world, "A")
    assert await aliases_of(world.pipeline()) == Aliases()


@played
async def test_of_what_is_left_out_the_cart_hears_nothing_and_no_area_matters(world: World) -> None:
    shelf = by_rules(world, "A", leave_out=("SAMPLE-*",))
    warehouse_of(world).move(a_movement("s", 3, None, "DOCK", sku="SAMPLE-1"), a_movement("a", 1, None, "MAIN"))
    report = (await world.cycle(WORK))["stock"]
    assert [change.item.sku for change in shelf.applied] == ["A"]
    assert (await fates(world))["s"] == ("nothing", "left out by `stock.leave_out`")
    assert (report.counts["movements left out"], await world.problems()) == (1, [])


@played
async def test_stock_that_is_told_together_is_told_at_its_centre_and_a_move_between_centres_is_nothing(
    world: World,
) -> None:
    shelf = by_rules(world, "A", combined_at=WEST)
    warehouse_of(world).move(
        a_movement("put", 3, None, "MAIN"), a_movement("across", 5, "MAIN", "W"), a_movement("out", 1, "W")
    )
    await world.cycle(WORK)
    assert shelf.available["A"] == {EAST: 10, WEST: 12}
    assert (await fates(world))["across"] == ("nothing", "")


async def with_products(world: World, shelf: Shelf, *products: Product) -> None:
    """The cart is where the catalogue is read, and these are its products."""
    with_goods(world, *products)
    world.changes["catalog_source"] = replace(world.changes["catalog_source"], connection="shop")
    await world.flow("catalog")


@played
async def test_a_difference_goes_to_the_stored_id_of_the_product(world: World) -> None:
    shelf = by_rules(world, "A")
    await with_products(world, shelf, a_product("A", external_id="PA.0"))
    asked: list[str] = []
    read_stock = shelf.read_stock

    async def listen(items: Any) -> Any:
        asked.extend(item.product_id for item in items)
        return await read_stock(items)

    shelf.read_stock = listen  # type: ignore[method-assign]
    warehouse_of(world).move(a_movement("m", 1, None, "MAIN"))
    await world.cycle(WORK)
    assert (asked, [change.item.product_id for change in shelf.applied]) == (["PA.0"], ["PA.0"])


@played
async def test_an_id_that_is_not_stored_is_looked_up_and_a_product_that_is_not_there_is_refused(world: World) -> None:
    shelf = by_rules(world, "A")
    warehouse_of(world).move(a_movement("m", 1, None, "MAIN"), a_movement("n", 1, None, "MAIN", sku="NOWHERE"))
    await world.cycle(WORK)
    assert [change.item.product_id for change in shelf.applied] == ["PA.0"]
    (problem,) = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("stock_refused", "moved/main/NOWHERE/2")
    assert "there is no product NOWHERE" in problem.title


@played
async def test_two_products_of_one_sku_are_looked_up_and_the_cart_may_refuse(world: World) -> None:
    shelf = by_rules(world, "A")
    await with_products(world, shelf, a_product("A", external_id="PA.0"), a_product("A", external_id="PA.9"))
    del shelf.available["A"]
    warehouse_of(world).move(a_movement("m", 1, None, "MAIN"))
    await world.cycle(WORK)
    assert (shelf.applied, await world.problems()) == ([], [("stock_refused", "moved/main/A/1")])


@played
async def test_a_level_of_two_products_of_one_sku_is_looked_up_and_set_once(world: World) -> None:
    shelf = by_rules(world, "A")
    await with_products(world, shelf, a_product("A", external_id="PA.0"), a_product("A", external_id="PA.9"))
    level = StockMeaning.SELLABLE
    await promise(world, a_change("1", "A", level, EAST=5), a_change("2", "NOWHERE", level, EAST=5))
    await world.flow("stock")
    assert [change.item.product_id for change in shelf.applied] == ["PA.0"]
    assert await world.problems() == [("stock_refused", "2")]


@played
async def test_the_id_of_a_product_that_is_gone_is_not_used(world: World) -> None:
    shelf = by_rules(world, "A")
    await with_products(world, shelf, a_product("A", external_id="OLD"), a_product("A", external_id="PA.0"))
    await world.store.write(lambda conn: conn.execute(text("UPDATE product SET gone_at = 1 WHERE external_id = 'OLD'")))
    warehouse_of(world).move(a_movement("m", 1, None, "MAIN"))
    await world.cycle(WORK)
    assert [change.item.product_id for change in shelf.applied] == ["PA.0"]
