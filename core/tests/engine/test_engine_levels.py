"""Levels: the cart is told what there is, only what is news, and nothing large without a person's word."""

from dataclasses import replace
from datetime import timedelta

from crossdock.domain import BundleComponent, CenterQuantity, StockChange, StockItem, StockMeaning, StockModel
from crossdock.engine.claims import Sharer
from crossdock.engine.pipeline import Bound
from crossdock.engine.runner import flows_of
from crossdock.mapping import Aliases, AreaRule, Areas
from crossdock.store.queries import list_problems
from crossdock.store.repair import resolve_problem

from .builders import NOON, a_line, an_allocation, an_order, rules_that_map_all
from .closing import retry
from .counting import a_level
from .levelling import HOUR, let_go, put, tell, told, wanting, with_levels
from .remote import Cart, Fault
from .shelf import EAST, WEST
from .world import World, played


async def buy(world: World, sku: str = "A", quantity: int = 1, key: str = "1", center: str = EAST) -> None:
    """A buyer of this cart orders, and the order comes in."""
    shelf = world.changes["inventory_sink"].role
    shelf.sell(sku, quantity, center)
    line = a_line("10", quantity, sku=sku)
    world.cart.sell(an_order(key, line, allocations=[an_allocation("10", center, quantity)]))
    await world.flow("download")


@played
async def test_the_cart_is_told_what_may_be_sold_and_once(world: World) -> None:
    room, shelf = with_levels(world, "A", "B", levels=[a_level("A", 7), a_level("B", 4), a_level("B", 2, "W")])
    report = await tell(world)
    assert shelf.available == {"A": {EAST: 7, WEST: 0}, "B": {EAST: 4, WEST: 2}}
    assert (report.counts["levels compared"], report.counts["levels told"]) == (4, 4)
    assert len(shelf.applied) == 2

    world.clock.advance(HOUR)
    calls = dict(shelf.calls)
    assert "levels told" not in (await tell(world)).counts
    assert (len(shelf.applied), dict(shelf.calls)) == (2, calls)

    put(room, A=7, B=5)
    await tell(world)
    assert [one.item.sku for one in shelf.applied[2:]] == ["B"]
    assert shelf.available["B"] == {EAST: 5, WEST: 0}


@played
async def test_what_open_orders_want_may_not_be_sold(world: World) -> None:
    _, shelf = with_levels(world, "A", levels=[a_level("A", 7)])
    await tell(world)
    await buy(world, quantity=2)
    await tell(world)
    assert (shelf.available["A"][EAST], (await told(world))["A", EAST]) == (5, 5)
    await world.flow("release")
    assert "levels told" not in (await tell(world)).counts


@played
async def test_what_lies_there_is_told_where_the_cart_subtracts_its_own_promises(world: World) -> None:
    theirs = Sharer(rules_that_map_all("other"), {"warehouse"}, {EAST: (EAST,), WEST: (WEST,)}, (EAST, WEST))
    _, shelf = with_levels(world, "A", levels=[a_level("A", 7)], meaning=StockMeaning.ON_HAND, sharers=[theirs])
    await buy(world, quantity=2)
    other, mine = Cart(), world.cart
    other.sell(an_order("9", a_line("10", 3, sku="A"), allocations=[an_allocation("10", EAST, 3)]))
    pipeline = replace(world.pipeline(), rules=rules_that_map_all("other"), order_source=Bound("other-cart", other))
    world.changes, kept = {"rules": pipeline.rules, "order_source": pipeline.order_source}, world.changes
    await world.flow("download")
    world.changes, world.cart = kept, mine
    await tell(world)
    assert (await told(world))["A", EAST] == 4
    assert shelf.applied[0].meaning is StockMeaning.ON_HAND
    assert shelf.calls["read_stock"] == 1  # which product it is; the cart needs no guard


@played
async def test_what_buyers_got_meanwhile_is_not_sold_twice(world: World) -> None:
    _, shelf = with_levels(world, "A", levels=[a_level("A", 7)])
    shelf.sell("A", 2)  # its order has not come in
    await tell(world)
    assert shelf.available["A"][EAST] == 5
    shelf.ship("A", 2)
    world.clock.advance(HOUR)
    await tell(world)
    assert shelf.available["A"][EAST] == 7


@played
async def test_a_product_is_looked_up_once_for_guard_and_change(world: World) -> None:
    _, shelf = with_levels(world, "A", "B", levels=[a_level("A", 7), a_level("B", 0)])
    await tell(world)
    assert shelf.calls["read_stock"] == 2  # A with the guard; B, of which nothing may be sold, when it is sent


@played
async def test_bundles_are_told_as_what_may_be_sold(world: World) -> None:
    _, shelf = with_levels(world, "A", "SET", levels=[a_level("A", 7)], meaning=StockMeaning.ON_HAND)
    world.rules = replace(world.rules, bundles={"SET": (BundleComponent(sku="A", quantity=2),)})
    await tell(world)
    assert {one.item.sku: one.meaning for one in shelf.applied} == {
        "A": StockMeaning.ON_HAND,
        "SET": StockMeaning.SELLABLE,
    }
    assert shelf.available["SET"][EAST] == 3


@played
async def test_a_cart_that_knows_products_by_alias_is_told_by_alias(world: World) -> None:
    aliases = Aliases("UPC", {"A": "111"})
    _, shelf = with_levels(world, "111", levels=[a_level("A", 7), a_level("B", 3)], alias_type="UPC", aliases=aliases)
    report = await tell(world)
    assert shelf.available["111"][EAST] == 7
    assert report.counts["products without alias"] == 1


@played
async def test_the_first_levels_wait_for_a_person_and_go_once_they_are_let_go(world: World) -> None:
    _, shelf = with_levels(world, "A", levels=[a_level("A", 7)], asks_first=True)
    report = await tell(world)
    assert (report.counts["levels waiting"], shelf.applied) == (2, [])
    assert await world.problems() == [("levels_wait", "main")]
    await let_go(world)
    await tell(world)
    assert (shelf.available["A"][EAST], await world.problems()) == (7, [])
    assert await world.store.seen_plan("main") is None
    assert await world.select("SELECT by, action, subject, after FROM audit") == [
        ("ada", "send levels", "main", "2 of 2 levels, 1 of them to zero")
    ]


@played
async def test_the_word_of_a_person_is_not_for_a_plan_that_grew_meanwhile(world: World) -> None:
    room, shelf = with_levels(world, "A", levels=[a_level("A", 7)], asks_first=True)
    await tell(world)
    await let_go(world)
    put(room, **{f"S{number}": 5 for number in range(20)})
    await tell(world)
    assert shelf.applied == []
    waiting = await world.store.seen_plan("main")
    assert waiting is not None
    assert (waiting.changes, waiting.approved_at) == (40, None)


@played
async def test_an_empty_warehouse_is_asked_about_and_closes_when_it_is_full_again(world: World) -> None:
    skus = {f"S{number}": 5 for number in range(20)}
    room, shelf = with_levels(world, *skus)
    put(room, **skus)
    await tell(world)
    put(room)
    await tell(world)
    assert await world.problems() == [("levels_wait", "main")]
    assert shelf.available["S3"][EAST] == 5
    put(room, **skus)
    await tell(world)
    assert await world.problems() == []


@played
async def test_levels_that_were_counted_long_ago_are_not_used(world: World) -> None:
    room, shelf = with_levels(world, "A", stale_after=timedelta(hours=2))
    room.levels = [a_level("A", 7, counted_at=NOON - timedelta(hours=3)), a_level("B", 1)]
    report = await tell(world)
    assert (shelf.applied, report.counts) == ([], {"levels too old": 2})
    assert await world.problems() == [("stale_levels", "warehouse")]
    put(room, A=7, B=1)
    await tell(world)
    assert (shelf.available["A"][EAST], ("stale_levels", "warehouse") in await world.problems()) == (7, False)


@played
async def test_an_older_count_never_replaces_a_newer_one(world: World) -> None:
    room, shelf = with_levels(world, "A")
    room.levels = [a_level("A", 7, counted_at=NOON - timedelta(minutes=5))]
    await tell(world)
    room.levels = [a_level("A", 9, counted_at=NOON - timedelta(minutes=6))]
    report = await tell(world)
    assert (shelf.available["A"][EAST], report.counts) == (7, {"levels older than those told": 1})
    room.levels = [a_level("A", 9, counted_at=NOON - timedelta(minutes=5))]
    await tell(world)
    assert shelf.available["A"][EAST] == 9


@played
async def test_a_warehouse_whose_clock_goes_before_ours_is_not_believed(world: World) -> None:
    room, shelf = with_levels(world, "A")
    room.levels = [a_level("A", 7, counted_at=NOON + timedelta(days=9))]
    await tell(world)
    world.clock.advance(HOUR)
    room.levels = [a_level("A", 8, counted_at=world.clock.now())]
    await tell(world)
    assert shelf.available["A"][EAST] == 8


@played
async def test_one_level_that_cannot_be_read_leaves_all_as_they_are(world: World) -> None:
    room, shelf = with_levels(world, "A", "B", levels=[a_level("A", 7), a_level("B", 3)])
    room.broken = {"1"}
    report = await tell(world)
    assert "level 1 of warehouse cannot be read" in report.error
    assert (shelf.applied, await told(world)) == ([], {})


@played
async def test_what_the_cart_refuses_waits_for_a_person_and_is_then_told_as_it_is_now(world: World) -> None:
    room, shelf = with_levels(world, "A", levels=[a_level("A", 7), a_level("Z", 3)])
    await tell(world)
    ((_, key),) = await world.problems()
    assert key.startswith("level/main/Z/")

    put(room, A=7, Z=4)
    report = await tell(world)
    assert report.counts["levels refused"] == 1
    assert len(await world.problems()) == 1

    shelf.available["Z"] = shelf.available["A"].copy()
    await retry(world)
    await tell(world)
    assert (shelf.available["Z"], await world.problems()) == ({EAST: 4, WEST: 0}, [])
    assert [one.item.sku for one in shelf.applied].count("Z") == 1
    assert (await world.promises())["stock replaced"] == 1


@played
async def test_once_a_person_has_settled_a_refusal_the_next_change_is_told(world: World) -> None:
    room, shelf = with_levels(world, "A", levels=[a_level("A", 7), a_level("Z", 3)])
    await tell(world)
    (problem,) = await world.store.read(list_problems)
    await world.store.write(resolve_problem, problem.id, "we list it now", now=world.clock.now())
    shelf.available["Z"] = shelf.available["A"].copy()
    put(room, A=7, Z=4)
    await tell(world)
    assert shelf.available["Z"][EAST] == 4


@played
async def test_what_a_person_sets_stays_until_the_warehouse_has_another_number(world: World) -> None:
    room, shelf = with_levels(world, "A", levels=[a_level("A", 7)])
    await tell(world)
    by_hand = StockChange(
        key="set/A",
        item=StockItem(sku="A"),
        meaning=StockMeaning.SELLABLE,
        centers=(CenterQuantity(distribution_center=EAST, quantity=2),),
    )
    await world.store.promise_stock("main", "cart", [by_hand], now=world.clock.now())
    await tell(world)
    assert shelf.available["A"][EAST] == 2
    put(room, A=8)
    await tell(world)
    assert shelf.available["A"][EAST] == 8


@played
async def test_a_newer_level_takes_the_place_of_one_that_was_not_sent(world: World) -> None:
    room, shelf = with_levels(world, "A", levels=[a_level("A", 7)])
    await world.flow("levels")
    put(room, A=8)
    await world.flow("levels")
    await world.flow("stock")
    assert shelf.available["A"][EAST] == 8
    assert (await told(world))["A", EAST] == 8


@played
async def test_what_is_oversold_is_named_with_its_orders_until_there_is_enough(world: World) -> None:
    room, _ = with_levels(world, "A", levels=[a_level("A", 2)])
    await buy(world, quantity=3, key="7")
    await tell(world)
    assert await world.problems() == [("oversold", f"A@{EAST}")]
    ((title, detail),) = await world.select("SELECT title, detail FROM problem")
    assert title == "A is oversold at centre 0: open orders ask for 3, and 2 lie there"
    assert detail.startswith("1 piece is missing: 2 on hand")
    assert detail.endswith("Orders: N7.")
    assert (await told(world))["A", EAST] == 0
    put(room, A=3)
    await tell(world)
    assert await world.problems() == []


@played
async def test_stock_in_an_area_that_nobody_maps_is_a_problem_and_the_rest_is_told(world: World) -> None:
    found = [a_level("A", 7), a_level("A", 5, "DOCK"), a_level("B", 1, "DOCK")]
    _, shelf = with_levels(world, "A", "B", levels=found)
    await tell(world)
    assert shelf.available["A"][EAST] == 7
    assert await world.problems() == [("unmapped_area", "DOCK")]
    world.rules = replace(world.rules, areas=Areas((AreaRule("MAIN", EAST), AreaRule("DOCK", EAST))))
    await tell(world)
    assert (await world.problems(), shelf.available["A"][EAST]) == ([], 12)


@played
async def test_another_cart_is_told_everything(world: World) -> None:
    with_levels(world, "A", levels=[a_level("A", 7)])
    await tell(world)
    wanting(world, asks_first=True)
    bound = world.changes["inventory_sink"]
    world.changes["inventory_sink"] = Bound("another", bound.role, 4)
    report = await tell(world)
    assert report.counts["levels waiting"] == 2


@played
async def test_a_cart_that_locks_us_out_is_paused_and_the_warehouse_is_not(world: World) -> None:
    _, shelf = with_levels(world, "A", levels=[a_level("A", 7)])
    shelf.faults["read_stock"].append(Fault.LOCKED_OUT)
    await world.flow("levels")
    assert [connection for connection, _ in world.pauses] == ["cart"]


@played
async def test_levels_that_do_not_say_what_lies_there_are_refused_and_orders_go_on(world: World) -> None:
    with_levels(world, "A", levels=[a_level("A", 7, model=StockModel.FULFILLED)])
    assert "fall only when something is shipped" in (await tell(world)).error
    assert world.pauses == []


@played
async def test_a_bug_at_one_product_keeps_no_other_one_from_being_told(world: World) -> None:
    _, shelf = with_levels(world, "A", "B", levels=[a_level("A", 7), a_level("B", 3)])
    shelf.faults["read_stock"] += [Fault.BUG, Fault.BUG]
    report = await tell(world)
    assert (shelf.available["A"][EAST], shelf.available["B"][EAST]) == (10, 3)
    assert report.error == "the stock of A cannot be read: ZeroDivisionError: a bug of the plugin"
    assert (await tell(world)).error == ""
    assert shelf.available["A"][EAST] == 7


@played
async def test_a_run_that_dies_anywhere_is_made_up_for_by_the_next_one(world: World) -> None:
    skus = {f"S{number}": number for number in range(4)}
    room, shelf = with_levels(world, *skus)
    put(room, **skus)
    for steps in range(1, 60, 3):
        put(room, **{sku: quantity + steps for sku, quantity in skus.items()})
        await world.live(steps, ("levels", "stock"))
    await tell(world)
    assert {sku: held[EAST] for sku, held in shelf.available.items()} == {
        sku: quantity + 58 for sku, quantity in skus.items()
    }
    assert await world.problems() == []


@played
async def test_only_a_pipeline_that_tells_levels_has_the_service(world: World) -> None:
    with_levels(world, "A")
    assert "levels" in flows_of(world.pipeline())
    wanting(world, sets=False)
    assert "levels" not in flows_of(world.pipeline())
