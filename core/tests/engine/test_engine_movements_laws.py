"""Laws of what carts are told of movements, through the real store: what is told is the net of what moved.

Nothing is lost or told twice, in whatever order and however often a history is told, cut into runs anywhere, by any
rules, while answers get lost.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import InventoryMovement, StockChange
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases
from crossdock.store.goods import list_movements, list_stock

from .builders import an_order
from .moving import a_movement, warehouse_of, with_movements
from .remote import Fault
from .shelf import EAST, WEST, Shelf
from .world import World, new_database, opened

ROUNDS = settings(deadline=None, max_examples=settings.default.max_examples // 3, print_blob=True)
WORK = ("collect", "stock")
SKUS = "ABCD"
CENTER = {"MAIN": EAST, "BULK-1": EAST, "W": WEST}
ALIASES = Aliases("UPC", {"A": "1", "B": "2"})
PLACES = (None, "MAIN", "BULK-1", "W", "QUARANTINE", "DOCK")
ways = st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)).filter(lambda way: way != (None, None))
drafts = st.tuples(st.sampled_from(SKUS), st.integers(1, 3), ways, st.sampled_from(("", "N1", "W-77")))


@dataclass(frozen=True)
class Story:
    """What moved, in the order in which it was told, after how many of it the flows ran, and the operator's rules."""

    moved: Sequence[InventoryMovement]
    cuts: frozenset[int]
    rules: StockRules


rules = st.builds(
    StockRules,
    combined_at=st.sampled_from((None, None, WEST)),
    leave_out=st.sampled_from(((), ("C",))),
    aliases=st.sampled_from((Aliases(), ALIASES)),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A history, told with repetitions, in any order."""
    some = draw(st.lists(drafts, min_size=1, max_size=8))
    history = [
        a_movement(f"m{number}", quantity, *way, sku=sku, order=order)
        for number, (sku, quantity, way, order) in enumerate(some)
    ]
    again = draw(st.lists(st.sampled_from(history), max_size=4))
    told = draw(st.permutations([*history, *again]))
    return Story(told, draw(st.frozensets(st.integers(1, 12), max_size=4)), draw(rules))


def net(story: Story) -> Counter[tuple[str, str]]:
    """What the cart is to be told in all, by its own name and centre, as a person would add it up."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in {one.external_id: one for one in story.moved}.values():
        name = story.rules.aliases.name_of(one.sku)
        areas = [place.area for place in (one.origin, one.destination) if place]
        if name is None or one.sku in story.rules.leave_out or one.order_number == "N1" or "DOCK" in areas:
            continue
        for place, sign in ((one.origin, -1), (one.destination, +1)):
            if place and place.area in CENTER:
                sums[name, story.rules.combined_at or CENTER[place.area]] += sign * one.quantity
    return Counter({key: number for key, number in sums.items() if number})


async def open_shop(world: World, story: Story) -> Shelf:
    """A cart that knows every product, and one order of its own that was released as N1."""
    shelf = with_movements(world, *SKUS, *ALIASES.of.values(), cart="cart")
    world.rules = replace(world.rules, stock=story.rules)
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    return shelf


async def tell(world: World, story: Story) -> None:
    """The warehouse tells the story, again where it repeats itself, and the flows run where it is cut."""
    warehouse = warehouse_of(world)
    for number, one in enumerate(story.moved, start=1):
        warehouse.saved[:] = [id for id in warehouse.saved if id != f"m-{one.external_id}"]
        warehouse.queue[:] = [record for record in warehouse.queue if record.id != f"m-{one.external_id}"]
        warehouse.move(one)
        if number in story.cuts:
            await world.cycle(WORK)
    await world.cycle(WORK)


def sold(shelf: Shelf) -> Counter[tuple[str, str]]:
    """By how much each level of the cart differs from that of the beginning."""
    sums = {(sku, at): held[at] - 10 for sku, held in shelf.available.items() for at in (EAST, WEST)}
    return Counter({key: number for key, number in sums.items() if number})


async def every_movement_has_a_fate(world: World, story: Story) -> None:
    """None is lost: each is told, or left alone for a reason that can be seen."""
    views = await world.store.read(list_movements, limit=1000)
    assert {one.external_id for one in views} == {one.external_id for one in story.moved}
    for one in views:
        assert one.state in ("planned", "nothing", "unmapped")
        assert (one.state == "planned") == bool(one.promise_key)
        ruled_out = one.sku in story.rules.leave_out or story.rules.aliases.name_of(one.sku) is None
        assert bool(one.outcome) == ruled_out
        assert one.state == "nothing" or not ruled_out
        assert (one.state == "unmapped") <= ("DOCK" in (one.from_area, one.to_area))


@ROUNDS
@given(stories())
def test_what_the_cart_was_told_is_the_net_of_what_moved_cut_and_repeated_in_any_way(story: Story) -> None:
    async def scene(world: World) -> None:
        shelf = await open_shop(world, story)
        await tell(world, story)
        assert sold(shelf) == net(story)
        await every_movement_has_a_fate(world, story)
        told = len(shelf.applied)
        await tell(world, story)
        assert (sold(shelf), len(shelf.applied)) == (net(story), told), "a history that is told again says nothing new"

    played(scene)


FAULTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.BUSY, Fault.BUG_AFTER, Fault.NO)


@ROUNDS
@given(stories(), st.lists(st.sampled_from(FAULTS), max_size=4), st.lists(st.integers(-2, 2), max_size=3))
def test_what_ends_in_doubt_is_told_once_or_a_persons_word_and_never_sent_twice(
    story: Story, faults: list[Fault], sales: list[int]
) -> None:
    async def scene(world: World) -> None:
        shelf = await open_shop(world, story)
        shelf.faults["change_stock"] += faults
        bought = Counter({("A", EAST): 0})

        def buy() -> None:
            if sales and (quantity := sales.pop()) > 0:
                shelf.sell("A", quantity)
                bought["A", EAST] += quantity

        shelf.while_reading = buy
        await tell(world, story)
        for _ in range(12):
            world.clock.advance(timedelta(minutes=30))
            await world.cycle(WORK)
        made = Counter(change.key for change in shelf.applied)
        views = await world.store.read(list_stock, limit=1000)
        assert all(times == 1 for times in made.values())
        assert promised(one.change for one in views) == net(story)
        assert {one.change.key for one in views if one.state == "done"} <= set(made)
        left = {one.change.key for one in views if one.state != "done"}
        assert left == {subject for code, subject in await world.problems() if code != "unmapped_area"}
        told = promised(change for change in shelf.applied)
        told.subtract(bought)
        assert sold(shelf) == Counter({key: number for key, number in told.items() if number})

    played(scene)


def promised(changes: Iterable[StockChange]) -> Counter[tuple[str, str]]:
    """What some changes add up to, by product and centre."""
    sums: Counter[tuple[str, str]] = Counter()
    for change in changes:
        for one in change.centers:
            sums[change.item.sku, one.distribution_center] += one.quantity
    return Counter({key: number for key, number in sums.items() if number})


def played(scene: Callable[[World], Awaitable[None]]) -> None:
    """Play a scene in a world and a database of its own."""

    async def play(database: Path) -> None:
        async with opened(database) as world:
            await scene(world)

    with tempfile.TemporaryDirectory(prefix="crossdock-") as folder:
        asyncio.run(play(new_database(Path(folder))))
