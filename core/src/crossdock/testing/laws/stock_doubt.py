"""The law that no change of stock takes effect twice, whatever gets lost."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from crossdock.domain import StockChange, StockItem, StockMeaning
from crossdock.engine.settle_stock import Happened, happened
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown
from crossdock.hooks.roles import InventorySink
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.stock_held import Held, breach, held_in, is_same, shown
from crossdock.testing.laws.stock_sink import attempt, change_of
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.stage import AT_WRITES, WRITES
from crossdock.testing.subject import Subject

FAULTS = st.sampled_from((None, *AT_WRITES))
ITEMS = st.integers(0, 2)
CENTERS = st.integers(0, 1)


class StockUnderFaults(RoleMachine):
    """Levels are set and differences added; the write of a step may meet a fault."""

    orders = 0

    def __init__(self) -> None:
        super().__init__()
        self._held: Held = self.run(held_in(self.stage))
        self._changes = 0

    @rule(item=ITEMS, center=CENTERS, level=st.integers(0, 30), fault=FAULTS)
    def set_level(self, item: int, center: int, level: int, fault: FaultName | None) -> None:
        """The cart is told a level."""
        self.run(self._change(item, StockMeaning.SELLABLE, {self._center(center): level}, fault))

    @rule(item=ITEMS, center=CENTERS, pieces=st.sampled_from((1, -1, 7)), fault=FAULTS)
    def add(self, item: int, center: int, pieces: int, fault: FaultName | None) -> None:
        """The cart is told that pieces came or went."""
        self.run(self._change(item, StockMeaning.DIFFERENCE, {self._center(center): pieces}, fault))

    @rule(item=ITEMS, pieces=st.integers(1, 3), fault=FAULTS)
    def carry(self, item: int, pieces: int, fault: FaultName | None) -> None:
        """The cart is told that pieces were carried from its first centre to its last."""
        first, last = self._center(0), self._center(-1)
        if first != last:
            self.run(self._change(item, StockMeaning.DIFFERENCE, {first: -pieces, last: pieces}, fault))

    async def _change(self, item: int, meaning: StockMeaning, numbers: dict[str, int], fault: FaultName | None) -> None:
        change = await self._read_before(item, meaning, numbers)
        error = await self._attempt(change, fault)
        before, self._held = self._held, await held_in(self.stage)
        found = breach(change, before, self._held, error)
        assert not found, found
        if isinstance(error, OutcomeUnknown) and meaning is StockMeaning.DIFFERENCE:
            await self._check_settled(change, done=not is_same(before, self._held))

    async def _read_before(self, item: int, meaning: StockMeaning, numbers: dict[str, int]) -> StockChange:
        """The change as the engine sends it: with what was read just before."""
        self._changes += 1
        skus = self.stage.rehearsal.skus
        [reading] = await self._sink.read_stock([StockItem(sku=skus[item % len(skus)])])
        made = change_of(reading.item, meaning, numbers, f"kit-{self._changes}")
        return made.model_copy(update={"before": reading, "read_at": self.connection.context.clock.now()})

    async def _attempt(self, change: StockChange, fault: FaultName | None) -> CrossdockError | None:
        try:
            if fault is not None:
                await self.stage.faults(fault, only_methods=WRITES)
            error = await attempt(self._sink, change)
        except Exception as odd:
            raise AssertionError(f"{shown(change)}: {odd!r} says nothing of what follows") from odd
        if fault is not None:
            await self.stage.faults()
        return error

    async def _check_settled(self, change: StockChange, *, done: bool) -> None:
        [reading] = await self._sink.read_stock([change.item])
        told = happened(change, reading, self.connection.context.clock.now() + timedelta(seconds=1))
        expected = Happened.YES if done else Happened.NO
        assert told is expected, f"{shown(change)}: it was {'' if done else 'not '}done, and the readings say {told}"

    @property
    def _sink(self) -> InventorySink:
        return self.connection.role(InventorySink)

    def _center(self, number: int) -> str:
        centers = self.stage.rehearsal.centers
        return centers[number % len(centers)]


@law("stock.no_change_twice", Grade.GOLD, of=InventorySink)
def no_change_happens_twice(plugin: Subject) -> None:
    """No difference takes effect twice: doubt is OutcomeUnknown, and readings before and after the change settle it.

    A difference has no key that the cart would know again. One that is repeated after a lost answer sells pieces that
    are not there, and nobody finds out before the next stock taking.
    """
    play(StockUnderFaults, plugin, steps=5, examples=8)
