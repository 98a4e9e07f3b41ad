"""What a warehouse takes back counts for nothing, as far as the cart was not told of it."""

import asyncio
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import ConfirmedLine, Shipment, ShipmentReversal
from crossdock.engine.reversal_plan import Box, covers, take_back

from .builders import NOON, a_box, a_line, an_order, planned, rules_that_map_all
from .oracle import whole_units
from .remote import Fault
from .repeatable import RepeatableLoop
from .reversing import ReversingWarehouse, a_reversal
from .world import World, new_database, opened, played

ROAD = ("collect", "confirm")
Facts = list[Shipment | ShipmentReversal]


async def released(world: World, *keys: str, quantity: int = 2) -> ReversingWarehouse:
    """A world whose warehouse takes work back has these orders."""
    warehouse = world.warehouse = ReversingWarehouse()
    world.cart.sell(*(an_order(key, a_line("10", quantity)) for key in keys))
    await world.cycle(("download", "release"))
    return warehouse


async def boxes(world: World) -> dict[str, str]:
    return dict(await world.select("SELECT external_id, state FROM shipment"))  # type: ignore[arg-type]


def told(world: World) -> list[tuple[str, int]]:
    return [(one.key, one.lines[0].quantity) for one in world.cart.confirmed]


@played
async def test_a_box_that_was_taken_back_is_never_told_and_the_next_one_is(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 2), minute=1), a_reversal("r1", "N1"))
    await world.flow("collect")
    await world.flow("confirm")
    assert await boxes(world) == {"b1": "voided"}
    assert world.cart.confirmed == []

    warehouse.tell(a_box("b2", "N1", ("10", 2), minute=40))
    await world.cycle(ROAD)
    assert told(world) == [("N1/b2", 2)]
    assert await world.orders() == {"1": "shipped"}
    assert await world.problems() == []


@played
async def test_a_reversal_that_comes_before_its_box_voids_it_on_arrival(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_reversal("r1", "N1"))
    await world.cycle(ROAD)
    warehouse.tell(a_box("b1", "N1", ("10", 2), minute=1))
    await world.cycle(ROAD)
    assert await boxes(world) == {"b1": "voided"}
    assert world.cart.confirmed == []


@played
async def test_only_the_boxes_that_are_named_are_taken_back(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 1)), a_box("b2", "N1", ("10", 1)), a_reversal("r1", "N1", boxes=["b2"]))
    await world.flow("collect")
    await world.flow("confirm")
    assert await boxes(world) == {"b1": "planned", "b2": "voided"}
    assert told(world) == [("N1/b1", 1)]


@played
async def test_a_box_that_the_cart_was_told_of_is_a_problem_once_and_stays_told(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 2), minute=1))
    await world.cycle(ROAD)
    warehouse.tell(a_reversal("r1", "N1"), a_reversal("r1", "N1"))
    await world.cycle(ROAD)
    assert await world.problems() == [("reversed_after_confirm", "N1/b1")]
    assert await world.select("SELECT count FROM problem") == [(1,)]

    warehouse.tell(a_box("b2", "N1", ("10", 2), minute=40))
    await world.cycle(ROAD)
    assert told(world) == [("N1/b1", 2)]
    assert ("over_picked", "N1/b2/SKU-10") in await world.problems()


@played
async def test_what_was_planned_and_surely_not_sent_is_taken_back_from_the_ledger_too(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 1), minute=1), a_box("b2", "N1", ("10", 1), minute=2))
    world.cart.faults["confirm_shipment"].extend((Fault.BUSY, Fault.BUSY))
    await world.cycle(ROAD)
    assert await world.promises() == {"release done": 1, "acknowledge due": 1, "confirm due": 2}
    warehouse.tell(a_reversal("r1", "N1", boxes=["b1"]))
    await world.cycle(ROAD)
    world.clock.advance(timedelta(hours=1))
    await world.cycle(ROAD)
    assert await boxes(world) == {"b1": "voided", "b2": "planned"}
    assert told(world) == [("N1/b2", 1)]
    assert await world.problems() == []


@played
async def test_what_may_have_been_told_counts_as_told(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 2), minute=1))
    world.cart.faults["confirm_shipment"].append(Fault.LOST_AFTER)
    await world.cycle(ROAD)
    warehouse.tell(a_reversal("r1", "N1"))
    await world.flow("collect")
    assert await boxes(world) == {"b1": "planned"}
    assert await world.problems() == [("reversed_after_confirm", "N1/b1")]
    world.clock.advance(timedelta(minutes=10))
    await world.flow("confirm")
    assert told(world) == [("N1/b1", 2)], "looked up, not sent again"


@played
async def test_half_a_bundle_that_is_taken_back_takes_the_unit_along(world: World) -> None:
    warehouse = world.warehouse = ReversingWarehouse()
    world.cart.sell(an_order("1", a_line("10", 1, components=[("CUP", 1), ("TRAY", 1)])))
    await world.cycle(("download", "release"))
    warehouse.tell(a_box("b1", "N1", ("10.1", 1), minute=1), a_box("b2", "N1", ("10.2", 1), minute=2))
    world.cart.faults["confirm_shipment"].append(Fault.BUSY)
    await world.cycle(ROAD)
    assert await boxes(world) == {"b1": "planned", "b2": "planned"}
    warehouse.tell(a_reversal("r1", "N1", boxes=["b1"]))
    await world.flow("collect")
    world.clock.advance(timedelta(hours=1))
    await world.flow("confirm")
    assert world.cart.confirmed == []
    warehouse.tell(a_box("b3", "N1", ("10.1", 1), minute=40))
    await world.cycle(ROAD)
    assert told(world) == [("N1/b3", 1)]


@played
async def test_a_box_of_nobody_that_was_taken_back_is_no_problem_any_more(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "by hand", ("10", 1)))
    await world.flow("collect")
    assert await world.problems() == [("unknown_shipment", "by hand/b1")]
    warehouse.tell(a_reversal("r1", "by hand"))
    await world.flow("collect")
    assert await world.problems() == []


@played
async def test_a_plan_that_rests_on_a_box_taken_back_meanwhile_is_not_written(world: World) -> None:
    warehouse = await released(world, "1")
    warehouse.tell(a_box("b1", "N1", ("10", 2), minute=1))
    await world.flow("collect")
    read = world.store.confirm_cases

    async def read_then_taken_back(*args: object, **kwargs: object) -> object:
        cases = await read(*args, **kwargs)  # type: ignore[arg-type]
        if not warehouse.facts[1:]:
            warehouse.tell(a_reversal("r1", "N1"))
            await world.flow("collect")
        return cases

    world.store.confirm_cases = read_then_taken_back  # type: ignore[method-assign, assignment]
    await world.flow("confirm")
    assert world.cart.confirmed == []
    assert await boxes(world) == {"b1": "voided"}


# Laws

some_facts = st.lists(
    st.one_of(
        st.builds(
            lambda key, line, pieces, minute: a_box(f"b{key}", "N1", (line, pieces), minute=minute),
            st.integers(0, 99),
            st.sampled_from(("10", "20.1", "20.2")),
            st.integers(1, 2),
            st.integers(0, 59),
        ),
        st.builds(
            lambda key, minute: a_reversal(f"r{key}", "N1", minute=minute), st.integers(0, 9), st.integers(0, 59)
        ),
        st.builds(
            lambda key, box: a_reversal(f"n{key}", "N1", minute=60, boxes=[f"b{box}"]),
            st.integers(0, 9),
            st.integers(0, 99),
        ),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda fact: fact.external_id,
)


def the_order():  # type: ignore[no-untyped-def]
    return an_order("1", a_line("10", 3), a_line("20", 2, components=[("CUP", 2), ("TRAY", 1)]))


async def end_of(told_in_turn: list[Facts], *, confirm_between: bool) -> tuple[World, dict[str, str], Facts]:
    with tempfile.TemporaryDirectory(prefix="crossdock-") as folder:
        async with opened(new_database(Path(folder)), warehouse=(warehouse := ReversingWarehouse())) as world:
            world.cart.sell(the_order())
            await world.cycle(("download", "release"))
            for facts in told_in_turn:
                warehouse.tell(*facts)
                await world.flow("collect")
                if confirm_between:
                    await world.flow("confirm")
            await world.flow("confirm")
            return world, await boxes(world), [fact for facts in told_in_turn for fact in facts]


def alive(facts: Facts) -> list[Shipment]:
    back = [fact for fact in facts if isinstance(fact, ShipmentReversal)]
    return [fact for fact in facts if isinstance(fact, Shipment) and not any(covers(one, fact) for one in back)]


def run(scene):  # type: ignore[no-untyped-def]
    with asyncio.Runner(loop_factory=RepeatableLoop) as runner:
        return runner.run(scene)


@settings(max_examples=settings.default.max_examples // 3, deadline=None)
@given(facts=some_facts, data=st.data())
def test_any_order_of_arrival_gives_the_same_end(facts: Facts, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    cut = data.draw(st.integers(0, len(shuffled)))
    world, states, _ = run(end_of([shuffled[:cut], shuffled[cut:], facts], confirm_between=False))
    there = {fact.external_id for fact in facts if isinstance(fact, Shipment)}
    assert {key for key, state in states.items() if state == "voided"} == there - {
        box.external_id for box in alive(facts)
    }
    [plan] = [planned(the_order(), rules_that_map_all())]
    assert units_told(world) == whole_units(plan.requests, alive(facts))


@settings(max_examples=settings.default.max_examples // 3, deadline=None)
@given(
    told_in_turn=st.lists(some_facts, min_size=1, max_size=4),
    busy=st.lists(st.sampled_from((Fault.BUSY, Fault.LOST_AFTER)), max_size=3),
)
def test_nothing_that_was_voided_is_ever_confirmed_and_nothing_twice(
    told_in_turn: list[Facts], busy: list[Fault]
) -> None:
    async def scene() -> None:
        with tempfile.TemporaryDirectory(prefix="crossdock-") as folder:
            async with opened(new_database(Path(folder)), warehouse=(warehouse := ReversingWarehouse())) as world:
                world.cart.sell(the_order())
                await world.cycle(("download", "release"))
                world.cart.faults["confirm_shipment"].extend(busy)
                for facts in told_in_turn:
                    warehouse.tell(*facts)
                    await world.cycle(ROAD)
                    world.clock.advance(timedelta(minutes=7))
                for _ in range(3):
                    world.clock.advance(timedelta(hours=1))
                    await world.cycle(ROAD)
                states = await boxes(world)
                confirmed = [one.key.removeprefix("N1/") for one in world.cart.confirmed]
                assert len(set(confirmed)) == len(confirmed)
                assert not [key for key in confirmed if states[key] == "voided"]
                kept = [fact for facts in told_in_turn for fact in facts if isinstance(fact, Shipment)]
                counted = {box.external_id: box for box in reversed(kept) if states[box.external_id] == "planned"}
                [plan] = [planned(the_order(), rules_that_map_all())]
                whole = whole_units(plan.requests, list(counted.values()))
                assert all(number >= whole[unit] for unit, number in units_told(world).items())
                problems = await world.problems()
                if not any(code == "reversed_after_confirm" for code, _ in problems):
                    assert units_told(world) == whole

    run(scene())


def units_told(world: World) -> Counter[tuple[str, str, str]]:
    units: Counter[tuple[str, str, str]] = Counter()
    for one in world.cart.confirmed:
        for line in one.lines:
            units[one.order_external_id, one.distribution_center, line.order_line_id] += line.quantity
    return units


def test_a_box_whose_half_was_told_with_another_is_named_although_it_is_void() -> None:
    [plan] = [planned(an_order("1", a_line("10", 1, components=[("CUP", 1), ("TRAY", 1)])), rules_that_map_all())]
    line = ConfirmedLine(order_line_id="10", sku="SKU-10", quantity=1)
    half, other = a_box("b1", "N1", ("10.1", 1)), a_box("b2", "N1", ("10.2", 1))
    decided = take_back(
        [Box(1, half, planned=True), Box(2, other, planned=True, told=(line,))],
        [a_reversal("r1", "N1", boxes=["b1"])],
        plan.requests[0],
    )
    assert [box.id for box in decided.void] == [box.id for box in decided.told] == [1]
    assert decided.anew == ()


def test_a_reversal_means_what_was_reported_before_it_of_its_request_alone() -> None:
    back = a_reversal("r1", "N1", minute=5)
    assert covers(back, a_box("b", "N1", ("10", 1), minute=4))
    assert not covers(back, a_box("b", "N1", ("10", 1), minute=5))
    assert not covers(back, a_box("b", "N2", ("10", 1), minute=4))
    assert back.reversed_at == NOON + timedelta(minutes=5)


def test_a_reversal_that_names_a_box_means_every_closing_of_it_that_came_before() -> None:
    back = a_reversal("r1", "N1", minute=5, boxes=["N1-1"])
    assert covers(back, a_box("W7/N1-1", "N1", ("10", 1), minute=4))
    assert covers(back, a_box("N1-1", "N1", ("10", 1), minute=4))
    assert not covers(back, a_box("W9/N1-1", "N1", ("10", 1), minute=5))
    assert not covers(back, a_box("W8/N1-12", "N1", ("10", 1), minute=4))
    assert not covers(back, a_box("W8/IN1-1", "N1", ("10", 1), minute=4))
