"""Release: what each distribution centre of ours has to ship goes to the warehouse, each request exactly once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.bundles import Bundles, bundles_there, taken_apart
from crossdock.engine.delivery import BATCH, Delivery, pause
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.engine.ports import OrderState, ReleasePlan, StoredOrder
from crossdock.engine.problems import Code, Problem
from crossdock.engine.release_plan import plan_release
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.records import Receipt

Planned = dict[tuple[int, str], FulfillmentRequest]
"""Requests that were planned in this run and not sent yet, by order and number (two orders may want one number)."""


async def release(run: Run) -> None:
    """Plan every ready order and send what was planned; what a crash left in doubt is looked up first."""
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


async def _batches(run: Run, planned: Planned) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.target.connection
    while not run.stop.is_set():
        due = await pipeline.store.claim(run.lease, connection, Kind.RELEASE, BATCH, now=pipeline.clock.now())
        if due:
            yield due
            continue
        ready = await pipeline.store.ready_orders(pipeline.name, BATCH)
        if ready:
            bundles = await _bundles(run, [stored.order for stored in ready])
            if bundles is None:
                return
            yield await _plan(run, ready, bundles, planned)
        elif not await run.upstream.more():
            return


async def _bundles(run: Run, orders: Sequence[Order]) -> Bundles | None:
    """The bundles among these orders that only the warehouse knows; None if it does not tell, and the orders wait."""
    target = run.pipeline.target
    try:
        return await bundles_there(target.role, orders)
    except (NeedsAuth, NeedsConfig) as error:
        await pause(run, target.connection, str(error))
    except CrossdockError as error:
        run.report.error = str(error)
    return None


async def _plan(run: Run, ready: Sequence[StoredOrder], bundles: Bundles, planned: Planned) -> Sequence[Promise]:
    """Write down what these orders become; the promises come back claimed."""
    pipeline = run.pipeline
    whole = [replace(stored, order=taken_apart(stored.order, bundles)) for stored in ready]
    decided = [plan_release(stored, pipeline.rules) for stored in whole]
    on_save = pipeline.source.connection if pipeline.rules.acknowledge_after == "save" else None
    promises, taken = await _save(
        run,
        [item.plan for item in decided],
        [item.problem for item in decided if item.problem],
        on_save,
    )
    if taken:
        await _hold_taken(run, [stored for stored in ready if stored.id in set(taken)], on_save)
    run.report.add("held", sum(item.problem is not None for item in decided) + len(taken))
    wanted = {(item.plan.order_id, request.number): request for item in decided for request in item.plan.requests}
    planned.update((key, wanted[key]) for key in ((promise.order_id, promise.key) for promise in promises))
    return promises


async def _save(
    run: Run, plans: Sequence[ReleasePlan], problems: Sequence[Problem], acknowledge_on: str | None
) -> tuple[Sequence[Promise], Sequence[int]]:
    pipeline = run.pipeline
    promises, taken = await pipeline.store.save_plans(
        run.lease,
        pipeline.target.connection,
        plans,
        problems,
        acknowledge_on=acknowledge_on,
        now=pipeline.clock.now(),
    )
    return promises, list(taken)


async def _hold_taken(run: Run, orders: Sequence[StoredOrder], acknowledge_on: str | None) -> None:
    """Two orders with one number: the first has it, the second is held for a person."""
    plans = [
        ReleasePlan(stored.id, state=OrderState.HELD, reason=f"{Code.NUMBER_TAKEN.value}: another order has its number")
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
