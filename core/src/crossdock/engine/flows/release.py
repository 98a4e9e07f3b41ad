"""Release: what each distribution centre of ours has to ship goes to the warehouse, each request exactly once."""

from collections.abc import AsyncIterator, Collection, Sequence

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.bundles import Bundles, bundles_there, by_table
from crossdock.engine.delivery import BATCH, Delivery, pause
from crossdock.engine.flows.download import end_holds, read_again
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.engine.release_plan import KnownBundles, plan_now, warehouses_of
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.records import Receipt
from crossdock.mapping import Saved

Planned = dict[tuple[int, str], FulfillmentRequest]
"""Requests that were planned in this run and not sent yet, by order and number (two orders may want one number)."""


async def release(run: Run) -> None:
    """Plan every ready order and send what was planned; what a crash left in doubt is looked up first.

    What a person has corrected, or held until now, is read again before.
    """
    await end_holds(run)
    await read_again(run)
    target, workers = run.pipeline.target.role, run.pipeline.target.workers
    planned: Planned = {}

    def request(promise: Promise) -> FulfillmentRequest:
        """What was planned a moment ago need not be read from the ledger again."""
        kept = planned.pop((promise.order_id, promise.key), None)
        return kept or FulfillmentRequest.model_validate_json(promise.document)

    async def send(promise: Promise) -> Receipt:
        return await target.submit_order(request(promise))

    async def find(promise: Promise) -> Receipt | None:
        return await target.find_order(request(promise))

    delivery = Delivery(run, Kind.RELEASE, run.pipeline.target.connection, workers, send, find)
    await delivery.deliver(_batches(run, planned))
    if ends := await run.pipeline.store.next_hold_end(run.pipeline.name):
        await run.pipeline.store.schedule(run.pipeline.name, "release", ends)


async def _batches(run: Run, planned: Planned) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.target.connection
    asking, after = _Asking(run), 0
    while not run.stop.is_set():
        due = await pipeline.store.claim(run.lease, connection, Kind.RELEASE, BATCH, now=pipeline.clock.now())
        if due:
            yield due
            continue
        ready = await pipeline.store.ready_orders(pipeline.name, BATCH, after=after)
        if ready:
            known, able = await asking.about(ready)
            if connection in asking.silent:
                return
            run.report.add("waiting for a warehouse that does not answer", len(ready) - len(able))
            after = after if len(able) == len(ready) else ready[-1].id  # what waits for another one is passed over
            yield await _plan(run, able, known, planned)
        elif not await run.upstream.more():
            return


class _Asking:
    """Asks the warehouses which bundles they know; orders with a part for one that does not tell wait for it."""

    def __init__(self, run: Run) -> None:
        self._run, self._rules = run, run.pipeline.rules
        self._own = run.pipeline.target.connection
        self._alone = set(self._rules.warehouses.values()) <= {self._own}
        self.silent: set[str] = set()

    async def about(self, ready: Sequence[StoredOrder]) -> tuple[KnownBundles, Sequence[StoredOrder]]:
        """What each warehouse knows, and the orders of which everyone has told who ships a part of them."""
        asked: dict[str, list[Order]] = {self._own: []}
        where = {stored.id: self._places(stored.order) for stored in ready}
        for stored in ready:
            for connection in where[stored.id]:
                asked.setdefault(connection, []).append(by_table(stored.order, self._rules.bundles))
        known = {connection: await self._ask(connection, orders) for connection, orders in asked.items()}
        able = [stored for stored in ready if self.silent.isdisjoint(where[stored.id])]
        return known | {"": known[self._own]}, able

    def _places(self, order: Order) -> Collection[str]:
        if self._alone:
            return (self._own,)
        return {connection or self._own for connection in warehouses_of(order, self._rules)}

    async def _ask(self, connection: str, orders: Sequence[Order]) -> Bundles:
        target = self._run.pipeline.targets.get(connection)
        if target is None:  # it is paused
            self.silent.add(connection)
        if target is None or connection in self.silent or not orders:
            return {}
        before = self._run.report.error
        try:
            return await bundles_there(target.role, orders)
        except (NeedsAuth, NeedsConfig) as error:
            await pause(self._run, connection, str(error))
        except CrossdockError as error:
            self._run.report.error = str(error)
        if connection != self._own:  # its own run says so
            self._run.report.error = before
        self.silent.add(connection)
        return {}


async def _plan(run: Run, ready: Sequence[StoredOrder], known: KnownBundles, planned: Planned) -> Sequence[Promise]:
    """Write down what these orders become; the promises to the warehouse of this run come back claimed."""
    pipeline = run.pipeline
    rules = await run.rules_now()
    now = pipeline.clock.now()
    decided = [plan_now(stored, rules, now, known) for stored in ready]
    on_save = pipeline.source.connection if pipeline.rules.acknowledge_after == "save" else None
    promises, taken = await _save(
        run,
        [item.plan for item in decided],
        [item.problem for item in decided if item.problem],
        on_save,
        rules.saved_methods,
    )
    if taken:
        await _hold_taken(run, [stored for stored in ready if stored.id in set(taken)], on_save)
    run.report.add("held", sum(item.plan.state is OrderState.HELD for item in decided) + len(taken))
    run.report.add("orders with lines left out", sum(bool(item.plan.left_out) for item in decided))
    wanted = {(item.plan.order_id, request.number): request for item in decided for request in item.plan.requests}
    planned.update((key, wanted[key]) for key in ((promise.order_id, promise.key) for promise in promises))
    return promises


async def _save(
    run: Run,
    plans: Sequence[ReleasePlan],
    problems: Sequence[Problem],
    acknowledge_on: str | None,
    methods: Saved | None = None,
) -> tuple[Sequence[Promise], Sequence[int]]:
    pipeline = run.pipeline
    promises, taken = await pipeline.store.save_plans(
        run.lease,
        pipeline.target.connection,
        plans,
        problems,
        elsewhere=pipeline.rules.warehouses,
        acknowledge_on=acknowledge_on,
        methods=methods,
        now=pipeline.clock.now(),
    )
    return promises, list(taken)


async def _hold_taken(run: Run, orders: Sequence[StoredOrder], acknowledge_on: str | None) -> None:
    """Two orders with one number: the first has it, the second is held for a person."""
    plans = [
        ReleasePlan(
            stored.id,
            state=OrderState.HELD,
            reason=f"{Code.NUMBER_TAKEN.value}: another order has its number",
            held_by="another order",
        )
        for stored in orders
    ]
    problems = [
        Problem(
            Code.NUMBER_TAKEN,
            f"{stored.order.number} ({stored.external_id})",
            f"Order {stored.external_id} has the number {stored.order.number}, which another order has already",
            action="Give it another number at the cart, or set `order_number` of the connection to the cart's own id.",
            order_id=stored.id,
        )
        for stored in orders
    ]
    await _save(run, plans, problems, acknowledge_on)
