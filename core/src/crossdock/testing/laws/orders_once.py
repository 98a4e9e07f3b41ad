"""Writes to a cart that must not happen twice, tried under faults as the engine does them: doubt is looked up first."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from crossdock.hooks.errors import AlreadyThere, CrossdockError, OutcomeUnknown, Rejected
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import OrderSource
from crossdock.sandbox import Effect, EffectKind, FaultName
from crossdock.testing.machine import RoleMachine
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.stage import AT_WRITES, WRITES

ON_READS = (None, FaultName.DROPPED, FaultName.ERROR_503, FaultName.THROTTLED, FaultName.HTML, FaultName.TRUNCATED)

Outcome = Receipt | CrossdockError | None


@dataclass(frozen=True)
class Deed:
    """One write: what is done, how it is looked up, and the effect that it is to have."""

    name: str
    of: str
    key: str
    units: Mapping[str, int]
    do: Callable[[OrderSource], Awaitable[Receipt]]
    find: Callable[[OrderSource], Awaitable[Receipt | None]]

    def is_effect(self, effect: Effect) -> bool:
        """Whether an effect came of this deed, rightly or not."""
        return effect.of == self.of and effect.key == self.key


class OnceMachine(RoleMachine):
    """Deeds are done once each: a deed in doubt is looked up, and done again only when it was not found."""

    kind: ClassVar[EffectKind]
    may_be_refused: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._deeds = self.run(self.deeds(self._source))
        self._before = self.run(self.stage.effects(self.kind))
        self._happened = dict.fromkeys(range(len(self._deeds)), 0)
        self._in_doubt: set[int] = set()
        self._settled: set[int] = set()

    @abstractmethod
    async def deeds(self, source: OrderSource) -> Sequence[Deed]:
        """What is to be done, the first one so that its repetition would be possible."""

    @rule(which=st.integers(0, 2), fault=st.sampled_from((None, *AT_WRITES)), lasting=st.booleans())
    def do(self, which: int, fault: FaultName | None, lasting: bool) -> None:
        """A deed that is due is done, and its write may meet a fault; one in doubt is looked up before."""
        number = which % len(self._deeds)
        if number in self._in_doubt:
            self.run(self._look(number, None))
        if number not in self._in_doubt and number not in self._settled:
            self.run(self._do(number, fault, None if lasting else 1))

    @rule(which=st.integers(0, 2), fault=st.sampled_from(ON_READS))
    def look_up(self, which: int, fault: FaultName | None) -> None:
        """A deed is looked up, done or not; the look-up may meet a fault."""
        self.run(self._look(which % len(self._deeds), fault))

    @rule()
    def start_again(self) -> None:
        """The program ends and starts again: what it remembered is gone."""
        self.restart()

    @property
    def _source(self) -> OrderSource:
        return self.connection.role(OrderSource)

    async def _do(self, number: int, fault: FaultName | None, times: int | None) -> None:
        deed, before = self._deeds[number], self._happened[number]
        if fault:
            await self.stage.faults(fault, times=times, only_methods=WRITES)
        outcome = await outcome_of(deed.do(self._source), deed.name)
        await self.stage.faults()
        after, what = await self._times(number), f"{deed.name} {f'met {fault} and ' if fault else ''}{_told(outcome)}"
        assert after <= 1, (
            f"{what}, and has happened {after} times: a write that is not `repeatable` is never sent twice"
        )
        if isinstance(outcome, Receipt | AlreadyThere):
            assert after == 1, f"{what}, and nothing has happened in the remote system"
            self._settled.add(number)
        elif isinstance(outcome, OutcomeUnknown):
            self._in_doubt.add(number)
        else:
            assert after == before, (
                f"{what}, which says that nothing was done, and it has happened: raise OutcomeUnknown"
            )
            assert fault or self._may_refuse(outcome), f"{what} although all goes well"
            self._settled |= {number} if isinstance(outcome, Rejected) else set()

    def _may_refuse(self, outcome: Outcome) -> bool:
        return self.may_be_refused and isinstance(outcome, Rejected)

    async def _look(self, number: int, fault: FaultName | None) -> None:
        deed = self._deeds[number]
        if fault:
            await self.stage.faults(fault, times=None)
        outcome = await outcome_of(deed.find(self._source), f"the look-up of {deed.name}")
        await self.stage.faults()
        there = await self._times(number)
        met = f" met {fault} and" if fault else ""
        if isinstance(outcome, CrossdockError):
            assert fault, f"the look-up of {deed.name} {_told(outcome)} although all goes well"
            return
        assert bool(outcome) == bool(there), (
            f"the look-up of {deed.name}{met} {_told(outcome)}, and it has {'' if there else 'not '}happened"
        )
        self._in_doubt.discard(number)
        self._settled |= {number} if there else set()

    async def _times(self, number: int) -> int:
        """How often a deed has happened; fails when something else has happened, or other units are told."""
        new = [effect for effect in await self.stage.effects(self.kind) if effect not in self._before]
        strange = [effect for effect in new if not any(deed.is_effect(effect) for deed in self._deeds)]
        assert not strange, f"nobody asked for {strange[0]!r}"
        mine = [effect for effect in new if self._deeds[number].is_effect(effect)]
        wanted = {**self._deeds[number].units}
        for effect in mine:
            assert effect.times > 1 or effect.units == wanted, (
                f"{self._deeds[number].name} has the effect {dict(effect.units)}, and {wanted} was asked for"
            )
        self._happened[number] = sum(effect.times for effect in mine)
        return self._happened[number]


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, CrossdockError):
        return f"raised {type(outcome).__name__} ({outcome})"
    return f"gave {outcome!r}"
