"""What the marketplace makes of what the cart accepted is a fact of its own."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from crossdock.domain import ShipmentConfirmation
from crossdock.engine.flows.follow import FIRST_LOOK, LONGEST_WAIT, PATIENCE
from crossdock.hooks.records import FinalAnswer
from crossdock.store.moments import moment
from crossdock.store.queries import list_problems
from crossdock.store.repair import retry_problem

from .builders import a_box, an_order
from .market import ACCEPTED, REFUSED, MarketCart, ask, cancel, wanted, with_market
from .remote import Fault
from .world import World, played


async def shipped(world: World, count: int = 1) -> MarketCart:
    """So many orders are shipped, each in one box, and the cart was told."""
    cart = with_market(world, *(an_order(str(key)) for key in range(count)))
    await world.cycle()
    world.warehouse.pack(*(a_box(f"b{key}", f"N{key}", ("10", 1)) for key in range(count)))
    await world.cycle()
    return cart


async def answers(world: World) -> list[str]:
    return [answer for (answer,) in await world.select("SELECT answer FROM promise WHERE kind = 'confirm' ORDER BY id")]


@played
async def test_nobody_is_asked_before_the_marketplace_had_time(world: World) -> None:
    cart = await shipped(world)
    await world.flow("follow")
    assert cart.calls["shipment_answers"] == 0
    world.clock.advance(FIRST_LOOK)
    await world.flow("follow")
    assert cart.calls["shipment_answers"] == 1


@played
async def test_many_are_asked_for_at_once_and_an_accepted_one_never_again(world: World) -> None:
    cart = await shipped(world, 20)
    cart.says = {f"N{key}/b{key}": ACCEPTED for key in range(20)}
    world.clock.advance(FIRST_LOOK)
    report = await world.flow("follow")
    assert report.counts == {"marketplace accepted": 20}
    world.clock.advance(PATIENCE)
    await world.flow("follow")
    assert cart.calls["shipment_answers"] == 1
    assert await world.problems() == []


@played
async def test_a_pending_one_is_asked_for_later_and_later_and_is_a_problem_after_a_week(world: World) -> None:
    asked: list[timedelta] = []
    cart = await shipped(world)
    began, answer = world.clock.now(), cart.shipment_answers

    async def watched(confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        asked.append(world.clock.now() - began)
        return await answer(confirmations)

    cart.shipment_answers = watched  # type: ignore[method-assign]
    while next_looks := await world.select("SELECT follow_at FROM promise WHERE follow_at IS NOT NULL"):
        world.clock.advance(moment(next_looks[0][0]) - world.clock.now())
        await world.flow("follow")

    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert asked[0] == FIRST_LOOK
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    assert PATIENCE <= asked[-1] < PATIENCE + LONGEST_WAIT
    assert len(asked) < 30
    assert await answers(world) == ["silent"]
    assert await world.problems() == [("marketplace_silent", "N0/b0")]


@played
async def test_a_refused_shipment_is_a_problem_of_its_own_and_stays_shipped(world: World) -> None:
    cart = await shipped(world, 2)
    cart.says = {"N0/b0": REFUSED, "N1/b1": ACCEPTED}
    world.clock.advance(FIRST_LOOK)
    await world.flow("follow")

    [problem] = await world.store.read(list_problems)
    assert (problem.code, problem.subject) == ("marketplace_refused", "N0/b0")
    assert "too late" in problem.title
    assert await world.orders() == {"0": "shipped", "1": "shipped"}


@played
async def test_a_person_who_settled_it_there_has_it_asked_once_more(world: World) -> None:
    cart = await shipped(world)
    cart.says = {"N0/b0": REFUSED}
    world.clock.advance(FIRST_LOOK)
    await world.flow("follow")
    [problem] = await world.store.read(list_problems)
    cart.says = {"N0/b0": ACCEPTED}
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    assert ("main", "follow") in await world.store.due_flows(now=world.clock.now())
    await world.flow("follow")

    assert await world.problems() == []
    assert await answers(world) == ["accepted"]


@played
async def test_a_late_word_closes_what_silence_had_opened(world: World) -> None:
    cart = await shipped(world)
    for waited in (FIRST_LOOK, PATIENCE):
        world.clock.advance(waited)
        await world.flow("follow")
    assert await world.problems() == [("marketplace_silent", "N0/b0")]
    [problem] = await world.store.read(list_problems)
    cart.says = {"N0/b0": ACCEPTED}
    await world.store.write(retry_problem, problem.id, now=world.clock.now())
    await world.flow("follow")
    assert await world.problems() == []


@played
async def test_an_answer_that_is_lost_is_asked_for_again(world: World) -> None:
    cart = await shipped(world)
    cart.says = {"N0/b0": ACCEPTED}
    cart.faults["shipment_answers"].append(Fault.REFUSED_BEFORE)
    world.clock.advance(FIRST_LOOK)
    assert (await world.flow("follow")).error == "the connection was refused"
    assert not (await world.flow("follow")).error
    assert await answers(world) == ["accepted"]


@played
async def test_an_order_of_which_something_was_cancelled_is_fetched_again_whatever_the_answer(world: World) -> None:
    cart = with_market(world, an_order("0"), an_order("1"), an_order("2"))
    await world.flow("download")
    keys = [await ask(world, str(key), cancel()) for key in range(3)]
    await world.flow("adjust")
    cart.accept(keys[0])
    cart.refuse(keys[1])
    world.clock.advance(FIRST_LOOK)
    await world.flow("follow")
    assert await wanted(world) == ["0", "1"]
    await world.cycle(("fetch", "release"))
    assert await world.orders() == {"0": "skipped", "1": "held", "2": "held"}
    assert await world.problems() == [("marketplace_refused", keys[1])]
