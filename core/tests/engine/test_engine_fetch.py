"""Single orders: fetched when somebody wants them, forgotten only when they are stored."""

from datetime import timedelta

from crossdock.domain import OrderStatus, PaymentStatus
from crossdock.engine.problems import Code
from crossdock.engine.runner import flows_of
from crossdock.hooks.errors import Unavailable
from crossdock.hooks.records import Record
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import NOON, an_order
from .market import MarketCart, want, wanted, with_market
from .remote import Fault
from .world import World, played

LATER = NOON + timedelta(hours=1)


@played
async def test_a_wanted_order_is_stored_and_released_without_any_list(world: World) -> None:
    with_market(world, an_order("1"), an_order("2"))
    await want(world, "1")
    report = await world.flow("fetch")

    assert report.counts == {"pages": 1, "orders seen": 1, "ready": 1}
    assert await world.orders() == {"1": "ready"}
    assert await wanted(world) == []


@played
async def test_an_order_that_is_wanted_twice_is_fetched_once(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await want(world, "1", "1")
    await want(world, "1")
    await world.flow("fetch")

    assert cart.calls["fetch_order"] == 1


@played
async def test_more_wishes_than_workers_are_all_fulfilled(world: World) -> None:
    with_market(world, *(an_order(str(key)) for key in range(11)))
    await want(world, *map(str, range(11)))
    report = await world.flow("fetch")

    assert (report.counts["pages"], report.counts["orders seen"]) == (3, 11)
    assert await wanted(world) == []


@played
async def test_a_wish_is_kept_until_its_order_is_stored(world: World) -> None:
    with_market(world, an_order("1"))
    await want(world, "1")

    async def full(*args: object, **kwargs: object) -> None:
        raise Unavailable("the disk is full")

    world.store.save_orders = full  # type: ignore[method-assign]
    assert (await world.flow("fetch")).error == "the disk is full"
    assert await wanted(world) == ["1"]

    del world.store.save_orders
    await world.flow("fetch")
    assert await world.orders() == {"1": "ready"}


@played
async def test_a_wish_that_comes_while_its_order_is_fetched_is_not_forgotten(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await want(world, "1")
    save, times = world.store.save_orders, 0

    async def changed_meanwhile(*args: object, **kwargs: object) -> None:
        nonlocal times
        times += 1
        if times == 1:
            cart.change("1", status=OrderStatus.CANCELLED)
            world.clock.advance(timedelta(seconds=1))
            await want(world, "1")
        await save(*args, **kwargs)  # type: ignore[arg-type]

    world.store.save_orders = changed_meanwhile  # type: ignore[method-assign]
    await world.flow("fetch")

    assert await world.orders() == {"1": "skipped"}
    assert await wanted(world) == []


@played
async def test_an_order_that_the_cart_does_not_give_is_a_problem_and_the_others_come(world: World) -> None:
    with_market(world, an_order("1"), an_order("3"))
    await want(world, "1", "2", "3")
    report = await world.flow("fetch")

    assert not report.error
    assert report.counts["refused"] == 1
    assert await world.orders() == {"1": "ready", "3": "ready"}
    assert await world.problems() == [("unfetchable_order", "2")]
    assert await wanted(world) == []


@played
async def test_an_order_that_comes_after_all_closes_its_problem(world: World) -> None:
    cart = with_market(world)
    await want(world, "2")
    await world.flow("fetch")
    [problem] = await world.store.read(list_problems)

    cart.sell(an_order("2"))
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    assert await world.problems() == []
    assert ("main", "fetch") in await world.store.due_flows(now=world.clock.now())
    await world.flow("fetch")
    assert await world.orders() == {"2": "ready"}

    await want(world, "9")
    await world.flow("fetch")
    cart.sell(an_order("9"))
    await want(world, "9")
    await world.flow("fetch")
    assert await world.problems() == []


@played
async def test_one_order_that_fails_keeps_no_other_one_waiting(world: World) -> None:
    class Stumbling(MarketCart):
        async def fetch_order(self, order_external_id: str) -> Record:
            if order_external_id == "0":
                raise ZeroDivisionError("a bug of the plugin")
            return await super().fetch_order(order_external_id)

    world.cart = cart = Stumbling()
    cart.sell(*(an_order(str(key)) for key in range(10)))
    await want(world, *map(str, range(10)))
    for _ in range(3):
        world.clock.advance(timedelta(minutes=1))
        assert "a bug of the plugin" in (await world.flow("fetch")).error

    assert set(await world.orders()) == {str(key) for key in range(1, 10)}
    assert await wanted(world) == ["0"]
    assert await world.problems() == [("plugin_failed", "main/fetch")]


@played
async def test_a_refused_token_pauses_the_connection_and_loses_no_wish(world: World) -> None:
    cart = with_market(world, an_order("1"))
    cart.faults["fetch_order"].append(Fault.LOCKED_OUT)
    await want(world, "1")
    await world.flow("fetch")

    assert world.pauses == [("cart", "the token was revoked")]
    assert await wanted(world) == ["1"]


@played
async def test_an_order_is_not_released_while_it_is_to_be_fetched_again(world: World) -> None:
    cart = with_market(world, an_order("1"), an_order("2"))
    await world.flow("download")
    await want(world, "1")
    await world.flow("release")
    assert world.warehouse.created() == {"N2": 1}

    cart.change("1", status=OrderStatus.CANCELLED)
    await world.cycle()
    assert world.warehouse.created() == {"N2": 1}
    assert (await world.orders())["1"] == "skipped"


@played
async def test_a_page_that_was_on_its_way_does_not_replace_what_was_fetched_since(world: World) -> None:
    cart = with_market(world, an_order("1").model_copy(update={"updated_at": NOON}))
    fetch = cart.fetch_orders

    async def slow(cursor: str | None) -> object:
        page = await fetch(cursor)
        cart.change("1", status=OrderStatus.CANCELLED, updated_at=LATER)
        await want(world, "1")
        await world.flow("fetch")
        return page

    cart.fetch_orders = slow  # type: ignore[method-assign, assignment]
    await world.flow("download")

    assert await world.orders() == {"1": "skipped"}


@played
async def test_a_change_after_the_release_is_told_once_whoever_finds_it(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.cycle()
    cart.change("1", status=OrderStatus.CANCELLED)
    for flow in ("fetch", "sweep", "fetch"):
        await want(world, "1")
        await world.flow(flow)
    [problem] = await world.store.read(list_problems)
    assert (problem.code, problem.count) == (Code.CHANGED_AFTER_RELEASE, 1)
    assert problem.order_id is not None, "the order's story tells it"

    await world.store.close_problems("main", Code.CHANGED_AFTER_RELEASE, ["N1"], now=world.clock.now())
    cart.change("1", notes="the cart writes something else")
    await want(world, "1")
    await world.flow("fetch")
    assert await world.problems() == [], "a person has settled it, and nothing of it has changed since"


@played
async def test_a_cart_that_gives_no_single_orders_has_no_such_flow(world: World) -> None:
    assert "fetch" not in flows_of(world.pipeline())
    assert "connection cart cannot give a single order" in (await _wish_for_what_cannot_be(world))


async def _wish_for_what_cannot_be(world: World) -> str:
    await want(world, "1")
    return (await world.flow("fetch")).error


@played
async def test_an_unpaid_order_is_fetched_and_goes_when_its_payment_is_told(world: World) -> None:
    cart = with_market(world, an_order("1").model_copy(update={"payment": PaymentStatus.PENDING}))
    await world.cycle()
    cart.change("1", payment=PaymentStatus.PAID)
    await want(world, "1")
    await world.cycle(("fetch", "release"))
    assert world.warehouse.created() == {"N1": 1}
