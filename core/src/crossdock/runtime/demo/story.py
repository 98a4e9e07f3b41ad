"""What happens in the demo: orders go out, people work, shipments come back, and then nothing may happen any more."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from time import monotonic
from typing import Protocol

from crossdock.engine.ledger import Kind
from crossdock.engine.retry import RetryPolicy
from crossdock.hooks.errors import Unavailable
from crossdock.runtime.demo.truth import Finding, Truths, compare, spent, unchanged
from crossdock.runtime.demo.world import PIPELINE, State, World
from crossdock.runtime.host import Host, open_host, store_of
from crossdock.runtime.worker import run_once, stop_on_signals
from crossdock.store.standing import Standing, standing

CART_CALLS = {
    "token": "tokens",
    "orders_list": "pages of orders read",
    "order": "single orders read",
    "export": "orders marked as taken",
    "ship": "packages reported",
}
WAREHOUSE_CALLS = {
    "GetItems": "pages of items read",
    "AddOrder": "orders created",
    "GetOrder": "orders looked up",
    "GetMessages": "pages of messages read",
    "AcknowledgeMessages": "pages of messages acknowledged",
}
SHIPPING_CALLS = {
    "list": "lists of labels read",
    "draft": "labels drafted",
    "purchase": "labels bought",
    "label": "label files fetched",
}
IMPATIENT = RetryPolicy(first=timedelta(milliseconds=200), settle=timedelta(milliseconds=200))
SHIFTS = 2
GLANCE = 0.2
"""Seconds between two looks at how far the work is."""
REST = 30.0
"""Seconds in which what was in doubt must be settled."""


class Watch(Protocol):
    """Sees the demo as it goes."""

    def chapter(self, title: str) -> None:
        """Something new begins."""

    def packed(self, boxes: int) -> None:
        """So many boxes were closed in the warehouse."""

    def standing(self, now: Standing) -> None:
        """How far the work is."""


@dataclass(frozen=True)
class FirstLeg:
    """Download, release and mark: how many orders, in how many requests to both ends, and how long it took."""

    orders: int
    requests: int
    seconds: float


@dataclass(frozen=True)
class Ending:
    """How the demo ended: whether all systems agree, where everything stands, and what each was asked.

    `spent` is what carriers took for the labels that crossdock bought, by currency.
    """

    findings: tuple[Finding, ...]
    standing: Standing
    requests: Mapping[str, Mapping[str, int]]
    seconds: float
    lost_replies: Mapping[str, int]
    spent: Mapping[str, Decimal]
    first_leg: FirstLeg | None = None
    stopped: bool = False

    @property
    def well(self) -> bool:
        """Whether everything was as it must be."""
        return all(finding.holds for finding in self.findings)


async def play(world: World, watch: Watch) -> Ending:
    """Run the pipeline through the story, or where that was told already once more; then ask all of them."""
    async with open_host(world.config, retry=IMPATIENT, quiet=True) as host:
        with stop_on_signals() as stop:
            telling = _Telling(host, world, watch, stop)
            async with telling.watched():
                return await telling.tell()


@dataclass
class _Telling:
    host: Host
    world: World
    watch: Watch
    stop: asyncio.Event

    async def tell(self) -> Ending:
        began, leg = monotonic(), None
        if self.world.state is not State.FINISHED:
            self.world.note(State.UNFINISHED)
            leg = await self._orders_go_out()
            await self._people_work()
            await self._come_to_rest()
        seconds, truth = monotonic() - began, self.world.truth()
        return Ending(
            findings=await self._checked(),
            standing=await self._standing(),
            requests=_requests(truth),
            seconds=seconds,
            lost_replies=self.world.lost_replies(),
            spent=spent(truth.shipping),
            first_leg=leg if self.world.state is State.NEW else None,
            stopped=self.stop.is_set(),
        )

    async def _checked(self) -> tuple[Finding, ...]:
        """Run it all once more, and ask all systems; nothing is found where the story was not told to its end."""
        if self.stop.is_set():
            return ()
        before = self.world.truth()
        await self._begin("The same once more: nothing may change")
        await self._run()
        after = self.world.truth()
        self.world.note(State.FINISHED)
        return (*compare(after), unchanged(before, after))

    async def _orders_go_out(self) -> FirstLeg:
        await self._begin("The cart's orders go to the warehouse")
        began = monotonic()
        await self._run()
        seconds = monotonic() - began
        requests = sum(sum(counts.values()) for counts in _requests(self.world.truth()).values())
        return FirstLeg((await self._standing()).done(Kind.ACKNOWLEDGE), requests, seconds)

    async def _begin(self, title: str) -> None:
        self.watch.standing(await self._standing())
        self.watch.chapter(title)

    async def _people_work(self) -> None:
        """Shifts in the warehouse; before the first one ends, buyers whose payment was pending have paid."""
        for shift in range(1, SHIFTS + 1):
            if self.stop.is_set():
                return
            paid = self.world.clear_payments()
            done = self.world.work_a_shift(seed=shift)
            boxes, labels = done["boxes"], f", printed {done['printed']:,} labels"
            news = f", and {paid:,} payments have cleared" if paid else ""
            await self._begin(f"Shift {shift} packed {boxes:,} boxes{labels}{news}")
            self.watch.packed(boxes)
            await self._run()

    async def _come_to_rest(self) -> None:
        """Run until nothing is in doubt any more: answers were lost on purpose."""
        deadline = monotonic() + REST
        while (await self._standing()).unfinished and not self.stop.is_set():
            if monotonic() > deadline:
                raise Unavailable(
                    f"the pipeline did not come to rest in {REST:.0f} s; look at `crossdock problems list`"
                )
            await asyncio.sleep(GLANCE)
            await self._run()

    async def _run(self) -> None:
        reports = (await run_once(self.host, self.stop))[PIPELINE]
        failed = [f"{flow}: {report.error}" for flow, report in reports.items() if report.error]
        if failed:
            raise Unavailable("; ".join(failed))

    async def _standing(self) -> Standing:
        return await store_of(self.host).read(standing)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While the block runs, the watch is told how far the work is."""
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            self.watch.standing(await self._standing())

    async def _look(self) -> None:
        while True:
            self.watch.standing(await self._standing())
            await asyncio.sleep(GLANCE)


def _requests(truth: Truths) -> Mapping[str, Mapping[str, int]]:
    return {
        "cart": _named(truth.cart["requests"], CART_CALLS),
        "warehouse": _named(truth.warehouse["counts"], WAREHOUSE_CALLS),
        "shipping": _named(truth.shipping["counts"], SHIPPING_CALLS),
    }


def _named(counts: Mapping[str, int], names: Mapping[str, str]) -> Mapping[str, int]:
    return {name: counts[call] for call, name in names.items() if counts.get(call)}
