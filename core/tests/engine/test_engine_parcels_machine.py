"""Labels are made and taken back at any moment while replies get lost and the process dies anywhere.

The cart is told of every box at most once, never of a number that was known to be taken back, and at the end of the
number that the box has, or a problem names the box.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import Parcel, ShipmentConfirmation
from crossdock.hooks.records import Receipt

from .builders import a_box, a_line, an_order
from .parcelling import with_desk
from .remote import Cart, Fault
from .world import World, new_database, opened

BOXES = ("b1", "b2", "b3")
ROAD = ("collect", "parcels", "confirm")
PASSING = (Fault.REFUSED_BEFORE, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUSY)
LATER = timedelta(hours=2)
boxes = st.sampled_from(BOXES)
acts = st.one_of(
    st.tuples(st.just("pack"), boxes, st.booleans()),
    st.tuples(st.just("make"), boxes),
    st.tuples(st.just("void"), boxes),
    st.tuples(st.just("fail"), st.sampled_from(PASSING)),
    st.tuples(st.just("hear")),
    st.tuples(st.just("run")),
    st.tuples(st.just("later")),
    st.tuples(st.just("die"), st.integers(1, 60)),
)


class Cashier(Cart):
    """Notices when it is told of a number that was known to be taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.known_void: set[str] = set()
        self.wrong: list[str] = []

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        if confirmation.tracking_number in self.known_void:
            self.wrong.append(confirmation.tracking_number)
        return await super().confirm_shipment(confirmation)


class House:
    """What people do with boxes and labels, and what the flows do; each act is a method."""

    def __init__(self, world: World, cart: Cashier) -> None:
        self.world, self.cart, self.desk = world, cart, with_desk(world)
        self.packed: set[str] = set()
        self.labels: dict[str, Parcel] = {}
        self._made = 0

    async def make(self, box: str) -> None:
        """A box has one label at a time."""
        if box not in self.labels:
            self._made += 1
            self.labels[box] = self.desk.make(f"T{self._made}", "N1", box=box)

    async def void(self, box: str) -> None:
        if box in self.labels:
            self.desk.void(self.labels.pop(box))

    async def pack(self, box: str, knows_number: bool = False) -> None:
        """The box is closed; the warehouse may have copied its number."""
        if box not in self.packed:
            self.packed.add(box)
            label = self.labels.get(box) if knows_number else None
            self.world.warehouse.pack(a_box(box, "N1", ("10", 2), tracking=label.tracking_number if label else ""))

    async def fail(self, fault: Fault) -> None:
        self.cart.faults["confirm_shipment"].append(fault)

    async def hear(self) -> None:
        await self.world.flow("parcels")
        self.cart.known_void = {one.tracking_number for one in self.desk.happened if one.voided}

    async def run(self) -> None:
        await self.world.cycle(("collect", "confirm"))

    async def later(self) -> None:
        self.world.clock.advance(LATER)

    async def die(self, steps: int) -> None:
        await self.world.live(steps, ROAD)

    async def end(self) -> None:
        """Every box is closed and has a label, and all is heard and told."""
        for box in BOXES:
            await self.make(box)
            await self.pack(box)
        self.cart.faults.clear()
        for _ in range(4):
            await self.later()
            await self.world.cycle(ROAD)

    async def check(self) -> None:
        assert Counter(item.key for item in self.cart.confirmed) == Counter(f"N1/{box}" for box in BOXES)
        voided = {subject for code, subject in await self.world.problems() if code == "label_voided"}
        wrong = {item.key for item in self.cart.confirmed if item.tracking_number != self._number_of(item.key)}
        assert wrong == voided
        assert await self.world.orders() == {"1": "shipped"}

    def _number_of(self, key: str) -> str:
        return self.labels[key.removeprefix("N1/")].tracking_number


def play(script: Sequence[tuple[Any, ...]]) -> None:
    """Do what the script says, then bring all of it to its end."""

    async def live(database: Path) -> None:
        cart = Cashier()
        async with opened(database, cart) as world:
            house = House(world, cart)
            world.cart.sell(an_order("1", a_line("10", 6)))
            await world.cycle(("download", "release"))
            for act, *words in script:
                await getattr(house, act)(*words)
                assert cart.wrong == []
            await house.end()
            await house.check()

    with tempfile.TemporaryDirectory(prefix="crossdock-") as folder:
        database = new_database(Path(folder))
        asyncio.run(live(database))


@settings(deadline=None, max_examples=6, print_blob=True)
@given(st.lists(acts, min_size=4, max_size=14))
def test_every_box_is_told_once_and_never_of_a_number_known_to_be_gone(script: list[tuple[Any, ...]]) -> None:
    play(script)


@pytest.mark.slow
@settings(deadline=None, max_examples=250, print_blob=True)
@given(st.lists(acts, min_size=4, max_size=40))
def test_so_it_is_in_a_long_campaign(script: list[tuple[Any, ...]]) -> None:
    play(script)
