"""Any life of the ledger, with crashes anywhere, compared step by step with a model that fits on a page."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crossdock.engine.lease import Lease, LeaseLost
from crossdock.engine.ledger import Kind, Promise, PromiseState, Settlement
from crossdock.store import open_store

from .shop import LEASE, Shop, StillClock, a_read, an_order

T = TypeVar("T")
KEYS = st.sampled_from("abcde")
KINDS = st.sampled_from([Kind.RELEASE, Kind.ACKNOWLEDGE])
FINISHED = (PromiseState.DONE, PromiseState.REJECTED)


@dataclass
class Promised:
    """What the model knows of one promise."""

    owner: str
    state: PromiseState
    attempts: int = 0
    due_at: datetime | None = None
    in_hand: Promise | None = None


class LedgerMachine(RuleBasedStateMachine):
    """Orders a to e share three numbers; what the store holds must be what the model says."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        file = shutil.copy(self.template, self.folder.name)
        self.clock = StillClock()
        opened = open_store(f"sqlite:///{file}", clock=self.clock)
        self.shop = Shop(self.run(self.stack.enter_async_context(opened)), self.clock)
        self.orders: dict[str, str] = {}
        self.acknowledged: set[str] = set()
        self.promises: dict[tuple[Kind, str], Promised] = {}
        self.lost: list[tuple[Lease, Promise]] = []
        self.version = 0

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    def run(self, step: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await step

        return self.runner.run(awaited())

    @rule(key=KEYS)
    def the_cart_tells_of_an_order(self, key: str) -> None:
        self.version += 1
        self.run(self.shop.download(a_read(an_order(key, number=number_of(key)), version=self.version)))
        if self.orders.get(key, "held") in ("ready", "held"):
            self.orders[key] = "ready"

    @rule()
    def ready_orders_are_planned(self) -> None:
        rows = self.run(self.shop.rows("SELECT external_id, id FROM orders WHERE state = 'ready' ORDER BY id"))
        promises, taken = self.run(self.shop.plan())
        written = {promise.key: promise for promise in promises}
        expected_taken = {id for key, id in rows if not self._plan(key, written)}
        assert set(taken) == expected_taken
        assert written == {}, "more was written than planned"

    def _plan(self, key: str, written: dict[str, Promise]) -> bool:
        number = number_of(key)
        former = self.promises.get((Kind.RELEASE, number))
        if former and former.owner != key:
            return False
        if former is None:
            promise = written.pop(number)
            self.promises[Kind.RELEASE, number] = Promised(key, PromiseState.SENT, in_hand=promise)
        elif former.state in FINISHED:
            attempts = 0 if former.state is PromiseState.REJECTED else former.attempts
            self.promises[Kind.RELEASE, number] = Promised(
                key, PromiseState.IN_DOUBT, attempts, due_at=self.clock.now()
            )
        self.orders[key] = "releasing"
        return True

    @rule(kind=KINDS, limit=st.integers(1, 3))
    def a_run_claims(self, kind: Kind, limit: int) -> None:
        due = [key for key, item in self.promises.items() if key[0] is kind and self._is_due(item)]
        claimed = self.run(self.shop.claim(kind, limit))
        assert len(claimed) == min(limit, len(due))
        for promise in claimed:
            item = self.promises[kind, promise.key]
            assert (kind, promise.key) in due
            assert promise.attempts == item.attempts
            assert promise.order_external_id == item.owner
            if item.state is PromiseState.DUE:
                item.state = PromiseState.SENT
            assert promise.state is item.state
            item.in_hand = promise

    def _is_due(self, item: Promised) -> bool:
        waits = item.due_at is None or item.due_at > self.clock.now()
        return item.state not in FINISHED and item.in_hand is None and not waits

    @precondition(lambda self: any(item.in_hand for item in self.promises.values()))
    @rule(data=st.data(), became=st.sampled_from(["done", "due", "in_doubt", "rejected"]), seconds=st.integers(0, 90))
    def an_attempt_is_settled(self, data: st.DataObject, became: str, seconds: int) -> None:
        key = data.draw(st.sampled_from([key for key, item in self.promises.items() if item.in_hand]))
        item, state = self.promises[key], PromiseState(became)
        due_at = None if state in FINISHED else self.clock.now() + timedelta(seconds=seconds)
        assert item.in_hand is not None
        promised = self.run(self.shop.settle(Settlement(item.in_hand, state, due_at=due_at)))
        self.promises[key] = replace(item, state=state, attempts=item.attempts + 1, due_at=due_at, in_hand=None)
        assert promised == self._follow(key[0], self.promises[key])

    def _follow(self, kind: Kind, item: Promised) -> int:
        order = item.owner
        if item.state is PromiseState.DONE and kind is Kind.ACKNOWLEDGE:
            self.acknowledged.add(order)
        if kind is Kind.RELEASE and item.state is PromiseState.REJECTED and self.orders[order] == "releasing":
            self.orders[order] = "held"
        if kind is not Kind.RELEASE or item.state is not PromiseState.DONE:
            return 0
        if self.orders[order] in ("releasing", "held"):
            self.orders[order] = "released"
        if order in self.acknowledged or (Kind.ACKNOWLEDGE, order) in self.promises:
            return 0
        self.promises[Kind.ACKNOWLEDGE, order] = Promised(order, PromiseState.DUE, due_at=self.clock.now())
        return 1

    @rule(flow=st.sampled_from(["release", "acknowledge"]))
    def the_process_dies_and_a_new_run_begins(self, flow: str) -> None:
        dead = self.run(self.shop.lease(flow))
        self.run(self.shop.crash(flow))
        self.run(self.shop.lease(flow))
        for (kind, _), item in self.promises.items():
            if kind.value == flow and item.in_hand:
                self.lost.append((dead, item.in_hand))
                item.state, item.in_hand, item.due_at = PromiseState.IN_DOUBT, None, self.clock.now()

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def a_dead_run_comes_back_and_writes(self, data: st.DataObject) -> None:
        lease, promise = data.draw(st.sampled_from(self.lost))
        late = [Settlement(promise, PromiseState.DONE)]
        with pytest.raises(LeaseLost):
            self.run(self.shop.store.settle(lease, late, [], acknowledge_on="cart", now=self.clock.now()))

    @rule(seconds=st.integers(1, int(LEASE) // 2))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        for flow in ("download", "release", "acknowledge"):  # the runs are alive: they write now and then
            if flow in self.shop.leases:
                beat = self.shop.store.claim(self.shop.leases[flow], "nowhere", Kind.RELEASE, 1, now=self.clock.now())
                assert self.run(beat) == []

    @invariant()
    def the_store_holds_what_the_model_says(self) -> None:
        assert self.run(self.shop.states()) == self.orders
        held = {(Kind(kind), key): state for kind, key, state in self.run(self.shop.promises())}
        assert held == {key: item.state.value for key, item in self.promises.items()}
        told = self.run(self.shop.rows("SELECT external_id FROM orders WHERE acknowledged_at IS NOT NULL"))
        assert {key for (key,) in told} == self.acknowledged


def number_of(key: str) -> str:
    return f"N{ord(key) % 3}"


def test_any_life_of_the_ledger(migrated_sqlite: Path) -> None:
    LedgerMachine.template = migrated_sqlite
    case = LedgerMachine.TestCase()
    case.settings = settings(
        max_examples=settings.default.max_examples // 3,
        stateful_step_count=30,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    case.runTest()
