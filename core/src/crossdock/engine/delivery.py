"""Delivery: promises are sent by a fixed number of workers and settled in batches.

A promise in doubt is looked up before anything else. Memory stays flat: a bounded queue between the claims and the
workers, at most a batch of outcomes between the workers and the store.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from crossdock.domain import OrderEvent
from crossdock.engine.ledger import Kind, Notices, Promise, PromiseState
from crossdock.engine.outcome import Outcome, done, follow, handed_back
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.engine.problems import Code, Problem
from crossdock.engine.trace import subject
from crossdock.hooks.features import HearsEvents
from crossdock.hooks.records import Receipt
from crossdock.mapping.status_events import SWITCHED_OFF

BATCH = 100
LINGER = 0.05
"""Outcomes are stored when there are BATCH of them, or after LINGER seconds."""
FAILURES_IN_A_ROW = 12
"""So many attempts without an answer end the run: the remote system is not there."""

Send = Callable[[Promise], Awaitable[Receipt]]
Find = Callable[[Promise], Awaitable[Receipt | None]]


class Delivery:
    """One run's delivery of one kind of promise through one connection."""

    def __init__(
        self,
        run: Run,
        kind: Kind,
        connection: str,
        workers: int,
        send: Send,
        find: Find | None,
        *,
        follow_after: timedelta | None = None,
    ) -> None:
        self._run, self._kind, self._connection, self._workers = run, kind, connection, workers
        self._send, self._find, self._follow_after = send, find, follow_after
        self._queue: asyncio.Queue[Promise | None] = asyncio.Queue(maxsize=2 * workers)
        self._outcomes: list[Outcome] = []
        self._enough = asyncio.Event()
        self._over = False
        self._paused = ""
        self._gone = ""
        self._failures = 0

    @property
    def stopping(self) -> bool:
        """Whether what is claimed and not tried yet must be handed back."""
        return self._run.stop.is_set() or bool(self._paused or self._gone)

    async def deliver(self, batches: AsyncIterator[Sequence[Promise]]) -> None:
        """Send everything that `batches` claims; returns when it ends, or early when there is no point in going on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settle_in_time())
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._workers):
                    workers.create_task(self._work())
                await self._feed(batches)
            self._over = True
            self._enough.set()
        if self._gone:
            self._run.report.error = self._gone
        if self._paused:
            await pause(self._run, self._connection, self._paused)

    async def _feed(self, batches: AsyncIterator[Sequence[Promise]]) -> None:
        async for batch in batches:
            for promise in batch:
                await self._queue.put(promise)
            if self.stopping:
                break
        for _ in range(self._workers):
            await self._queue.put(None)

    async def _work(self) -> None:
        while (promise := await self._queue.get()) is not None:
            outcome = handed_back(promise, self._now()) if self.stopping else await self._attempt(promise)
            self._outcomes.append(outcome)
            if len(self._outcomes) >= BATCH:
                self._enough.set()

    async def _attempt(self, promise: Promise) -> Outcome:
        outcome = await self._outcome(promise)
        self._paused = self._paused or outcome.pause
        self._failures = self._failures + 1 if outcome.failed else 0
        if self._failures >= FAILURES_IN_A_ROW:
            reason = outcome.settlement.error
            self._gone = f"{self._connection} failed {self._failures} times in a row, the last time: {reason}"
        return outcome

    async def _outcome(self, promise: Promise) -> Outcome:
        token = subject.set(promise.order_id or None)
        try:
            if promise.state is PromiseState.IN_DOUBT and self._find:
                found = await self._find(promise)
                if found:
                    self._run.report.add("settled by look-up")
                    return done(promise, found.ref, self._follow_at(), found=True)
                promise = replace(promise, state=PromiseState.SENT)
            return done(promise, (await self._send(promise)).ref, self._follow_at())
        except Exception as error:
            return follow(error, promise, self._run.pipeline.retry, self._now())
        finally:
            subject.reset(token)

    def _follow_at(self) -> datetime | None:
        return self._now() + self._follow_after if self._follow_after else None

    async def _settle_in_time(self) -> None:
        while not self._over:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):  # wait_for of Python 3.11 can lose a cancellation, and hang
                    await self._enough.wait()
            self._enough.clear()
            await self._store_outcomes()
        await self._store_outcomes()

    async def _store_outcomes(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        if outcomes:
            await store_outcomes(self._run, outcomes)

    def _now(self) -> datetime:
        return self._run.pipeline.clock.now()


async def store_outcomes(run: Run, outcomes: Sequence[Outcome]) -> None:
    """Store what became of attempts with what follows, and count them."""
    pipeline, settlements = run.pipeline, [outcome.settlement for outcome in outcomes]
    await pipeline.store.settle(
        run.lease,
        settlements,
        [outcome.problem for outcome in outcomes if outcome.problem],
        acknowledge_on=_acknowledge_on(pipeline),
        notices=_notices(pipeline),
        now=pipeline.clock.now(),
    )
    for settlement in settlements:
        if settlement.counts:
            run.report.add(settlement.state.value)
    run.downstream.ring()


def _acknowledge_on(pipeline: Pipeline) -> str | None:
    after_release = pipeline.rules.acknowledge_after == "release"
    return pipeline.order_source.connection if after_release and pipeline.order_source else None


def _notices(pipeline: Pipeline) -> Notices | None:
    """Who is told of orders that the warehouse has; while the cart is told of nothing, it is promised all the same."""
    source, events = pipeline.order_source, pipeline.rules.status_events.when_on
    if source is None or not events.may_tell(OrderEvent.RELEASED) or not isinstance(source.role, HearsEvents):
        return None
    return Notices(source.connection, lambda site: bool(events.tells(OrderEvent.RELEASED, site)))


async def told_nothing(run: Run, kind: Kind, connection: str) -> bool:
    """Whether the cart is to be told of nothing for now; what is promised to it then says so."""
    pipeline = run.pipeline
    if pipeline.rules.status_events.notify_cart:
        return False
    await pipeline.store.note_waiting(run.lease, connection, kind, SWITCHED_OFF, now=pipeline.clock.now())
    return True


async def pause(run: Run, connection: str, reason: str) -> None:
    """Pause a connection: one problem, nothing more is sent through it until a person has acted."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    await pipeline.store.pause_connection(connection, reason, now=now)
    title = f"Connection {connection} is paused: {reason}"
    action = "Correct the setting or renew the credentials and restart, or `crossdock problems retry`."
    problem = Problem(Code.CONNECTION_PAUSED, connection, title, action=action, cause=connection)
    await pipeline.store.report_problems("", [problem], now=now)
    run.report.error = title
    pipeline.connection_paused(connection, reason)
