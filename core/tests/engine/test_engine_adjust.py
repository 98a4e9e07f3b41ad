"""Cancellations and refunds: asked of the cart exactly once; nothing leaves before the marketplace has agreed."""

from datetime import timedelta

import pytest

from crossdock.domain import AdjustedAmounts, AdjustmentKind, AdjustmentReason, OrderStatus, PaymentStatus
from crossdock.engine.adjustment_plan import AdjustmentWish, NotAdjustable
from crossdock.engine.runner import flows_of
from crossdock.store.deciding import NotPossible, release_after_all
from crossdock.store.queries import list_problems, the_order
from crossdock.store.repair import retry_problem

from .builders import a_line, an_order
from .market import ask, cancel, refund, wanted, with_market
from .remote import Fault
from .world import World, played

ROAD = ("adjust", "fetch", "download", "release", "acknowledge", "collect", "confirm", "follow")


async def answered(world: World) -> None:
    """Time passes, the marketplace's answer is fetched, and what follows from it is done."""
    world.clock.advance(timedelta(minutes=20))
    await world.flow("follow")
    await world.cycle(ROAD)


@played
async def test_a_cancelled_unit_never_reaches_the_warehouse_and_the_rest_goes_when_the_marketplace_agrees(
    world: World,
) -> None:
    cart = with_market(world, an_order("1", a_line("10", 3)))
    await world.flow("download")
    key = await ask(world, "1", cancel("10", 1))
    await world.cycle(ROAD)
    assert [one.key for one in cart.adjusted] == [key]
    assert await world.orders() == {"1": "held"}
    assert world.warehouse.requests == []

    cart.accept(key)
    await answered(world)
    assert [line.quantity for line in world.warehouse.requests[0].lines] == [2]


@played
async def test_an_order_that_is_cancelled_whole_is_never_released(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    key = await ask(world, "1", cancel())
    await world.cycle(ROAD)
    cart.accept(key)
    await answered(world)

    assert await world.orders() == {"1": "skipped"}
    assert world.warehouse.requests == []
    assert await world.problems() == []


@played
async def test_a_change_at_the_cart_does_not_release_what_is_being_cancelled(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    await ask(world, "1", cancel())
    cart.change("1", notes="leave at the door")
    await world.cycle()
    await world.cycle()

    assert await world.orders() == {"1": "held"}
    assert world.warehouse.requests == []


@played
async def test_an_old_version_is_not_released_between_the_answer_and_the_next_look(world: World) -> None:
    cart = with_market(world, an_order("1", a_line("10", 3)))
    await world.flow("download")
    key = await ask(world, "1", cancel("10", 1))
    await world.flow("adjust")
    cart.accept(key)
    world.clock.advance(timedelta(minutes=20))
    await world.flow("follow")
    await world.flow("release")
    assert world.warehouse.requests == []
    assert await wanted(world) == ["1"]

    await world.cycle(ROAD)
    assert [line.quantity for line in world.warehouse.requests[0].lines] == [2]


@played
async def test_an_order_that_is_paid_while_it_is_being_cancelled_is_not_released(world: World) -> None:
    cart = with_market(world, an_order("1").model_copy(update={"payment": PaymentStatus.PENDING}))
    await world.flow("download")
    await ask(world, "1", cancel())
    cart.change("1", payment=PaymentStatus.PAID)
    await world.cycle()

    assert await world.orders() == {"1": "held"}
    assert world.warehouse.requests == []


@played
async def test_an_order_that_was_planned_at_that_moment_is_not_sent(world: World) -> None:
    with_market(world, an_order("1"))
    await world.flow("download")
    save = world.store.save_plans

    async def cancelled_meanwhile(*args: object, **kwargs: object) -> object:
        await ask(world, "1", cancel())
        return await save(*args, **kwargs)  # type: ignore[arg-type]

    world.store.save_plans = cancelled_meanwhile  # type: ignore[method-assign, assignment]
    await world.flow("release")
    assert world.warehouse.requests == []


@played
async def test_a_refusal_of_the_cart_holds_the_order_until_a_person_decides(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    cart.faults["adjust_order"].append(Fault.NO)
    key = await ask(world, "1", cancel())
    await world.cycle(ROAD)
    cart.change("1", notes="changed")
    await world.cycle(ROAD)

    assert await world.problems() == [("adjust_refused", key)]
    assert await world.orders() == {"1": "held"}
    [problem] = await world.store.read(list_problems)
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.cycle(ROAD)
    assert await world.problems() == []
    cart.accept(key)
    await answered(world)
    assert await world.orders() == {"1": "skipped"}
    assert len(cart.adjusted) == 1


@played
async def test_a_person_ships_an_order_after_all_whose_cancellation_was_refused(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    key = await ask(world, "1", cancel())
    order = await world.store.read(the_order, "1")
    with pytest.raises(NotPossible, match=f"{key} of order N1 is under way"):
        await world.store.write(release_after_all, order.id, now=world.clock.now())
    await world.cycle(ROAD)
    cart.refuse(key)
    await answered(world)
    assert await world.orders() == {"1": "held"}
    assert await world.problems() == [("marketplace_refused", key)]

    await world.store.write(release_after_all, order.id, now=world.clock.now())
    await world.cycle(ROAD)
    assert world.warehouse.created() == {"N1": 1}
    assert await world.problems() == []


@played
async def test_what_waits_for_other_reasons_goes_on_waiting_for_them(world: World) -> None:
    cart = with_market(world, an_order("1").model_copy(update={"acknowledged": True}))
    await world.flow("sweep")
    key = await ask(world, "1", cancel("10", 1), anyway=True)
    await world.flow("adjust")
    cart.accept(key)
    cart.change("1", status=OrderStatus.OPEN, lines=(a_line("10", 1),))
    await answered(world)
    assert await world.orders() == {"1": "held"}
    assert ("marked_elsewhere", "N1") in await world.problems()


@played
async def test_a_lost_answer_is_looked_up_and_nothing_is_asked_twice(world: World) -> None:
    cart = with_market(world, *(an_order(str(key)) for key in range(3)))
    await world.flow("download")
    for key in range(3):
        await ask(world, str(key), cancel())
    cart.faults["adjust_order"].extend((Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.REFUSED_BEFORE))
    for _ in range(3):
        world.clock.advance(timedelta(minutes=1))
        await world.flow("adjust")

    assert sorted(one.order_external_id for one in cart.adjusted) == ["0", "1", "2"]
    assert await world.promises() == {"adjust done": 3}


@pytest.mark.parametrize("steps", range(1, 28, 3))
def test_a_process_that_dies_anywhere_asks_once(steps: int, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        cart = with_market(world, an_order("1", a_line("10", 2)), an_order("2"))
        await world.flow("download")
        key, _ = await ask(world, "1", cancel("10", 1)), await ask(world, "2", cancel())
        await world.live(steps, ("adjust",))
        await world.flow("adjust")
        cart.accept(key)
        world.clock.advance(timedelta(minutes=20))
        await world.live(steps, ("follow", "fetch", "release"))
        for _ in range(2):
            await answered(world)

        assert sorted(one.order_external_id for one in cart.adjusted) == ["1", "2"]
        assert [(request.number, request.lines[0].quantity) for request in world.warehouse.requests] == [("N1", 1)]

    scene(tmp_path)  # type: ignore[arg-type]


@played
async def test_a_refund_of_a_shipped_order_is_asked_and_followed(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.cycle()
    wish = AdjustmentWish(
        AdjustmentKind.REFUND, AdjustmentReason.RETURNED, "10", amounts=AdjustedAmounts.model_validate({"shipping": 0})
    )
    key = await ask(world, "1", wish)
    await world.cycle(ROAD)
    cart.accept(key)
    await answered(world)

    assert [(one.kind, one.amounts.shipping if one.amounts else None) for one in cart.adjusted] == [("refund", 0)]
    assert await world.select("SELECT answer FROM promise WHERE kind = 'adjust'") == [("accepted",)]


@played
async def test_the_warehouse_comes_first_when_it_has_the_order(world: World) -> None:
    with_market(world, an_order("1"))
    await world.cycle()
    with pytest.raises(NotAdjustable, match="the warehouse has order N1 already: delete or shorten it there first"):
        await ask(world, "1", cancel())
    assert await ask(world, "1", cancel(), anyway=True)
    assert await ask(world, "1", refund("10")), "what is paid back does not concern the warehouse"


@played
async def test_the_same_command_twice_asks_once_unless_it_is_meant(world: World) -> None:
    cart = with_market(world, an_order("1", a_line("10", 3)))
    await world.flow("download")
    first = await ask(world, "1", cancel("10", 1))
    with pytest.raises(NotAdjustable, match=f"the same was asked for on 2024-03-01 12:00 UTC .{first}; .* add --again"):
        await ask(world, "1", cancel("10", 1))
    second = await ask(world, "1", cancel("10", 1), again=True)
    with pytest.raises(NotAdjustable, match="2 of 3 units were asked to be cancelled before; 1 can be"):
        await ask(world, "1", cancel("10", 2))
    await world.flow("adjust")
    assert [one.key for one in cart.adjusted] == [first, second]


@played
async def test_a_cart_that_cannot_adjust_has_no_such_flow(world: World) -> None:
    assert not {"adjust", "follow"} & set(flows_of(world.pipeline()))
    assert "no way to cancel or refund" in (await world.flow("adjust")).error
