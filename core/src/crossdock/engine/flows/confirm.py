"""Confirm: the cart is told what left, per line and package, as partial shipments; what was not picked stays open."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

from crossdock.domain import Parcel, ShipmentConfirmation
from crossdock.engine.confirm_plan import plan_confirmation, renamed
from crossdock.engine.delivery import BATCH, Delivery, pause, told_nothing
from crossdock.engine.flows.follow import FIRST_LOOK
from crossdock.engine.flows.short_picks import decide_short_picks
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.parcel_match import complete, identified, voided_numbers
from crossdock.engine.parcel_ports import StoredParcel
from crossdock.engine.pipeline import Bound, Pipeline, Run
from crossdock.engine.ports import ConfirmCase, ConfirmPlan
from crossdock.engine.problems import Problem
from crossdock.hooks.errors import NeedsAuth, NeedsConfig, Throttled, Unavailable
from crossdock.hooks.features import FollowsShipments, ListsParcels
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import ShippingProvider


async def confirm(run: Run) -> None:
    """Plan what the cart is told about every new shipment and send it; doubt is looked up first.

    What will not be shipped is decided before.
    """
    await decide_short_picks(run)
    source, workers = run.pipeline.source.role, run.pipeline.source.workers

    missing: set[int] = set()

    async def send(promise: Promise) -> Receipt:
        confirmation = ShipmentConfirmation.model_validate_json(promise.document)
        if promise.id in missing:
            confirmation = await _renamed(run, promise.order_id, confirmation)
        return await source.confirm_shipment(confirmation)

    async def find(promise: Promise) -> Receipt | None:
        found = await source.find_shipment(ShipmentConfirmation.model_validate_json(promise.document))
        if found is None:
            missing.add(promise.id)
        return found

    connection = run.pipeline.source.connection
    follow_after = FIRST_LOOK if isinstance(source, FollowsShipments) else None
    delivery = Delivery(run, Kind.CONFIRM, connection, workers, send, find, follow_after=follow_after)
    await delivery.deliver(_batches(run))


async def _renamed(run: Run, order_id: int, confirmation: ShipmentConfirmation) -> ShipmentConfirmation:
    """What is sent again goes by the rules of now: a person who retries a refusal may have corrected them."""
    pipeline = run.pipeline
    case = await pipeline.store.confirm_case(order_id, now=pipeline.clock.now())
    await _refuse_voided(pipeline, case, confirmation.tracking_number)
    return renamed(confirmation, case, await run.rules_now())


async def _refuse_voided(pipeline: Pipeline, case: ConfirmCase, number: str) -> None:
    """A number whose label was taken back is not sent again: the next run takes it off the box."""
    if provider := pipeline.shipping_provider:
        parcels = await pipeline.store.parcels_of(provider.connection, [one.number for one in case.requests])
        if number and any(number in numbers for numbers in voided_numbers(parcels).values()):
            raise Unavailable(f"label {number} was taken back; the box waits for another one")


async def _batches(run: Run) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    silent: set[str] = set()
    nothing = await told_nothing(run, Kind.CONFIRM, connection)
    if pipeline.shipping_provider:
        await pipeline.store.settle_voided(run.lease, now=pipeline.clock.now())
    while not run.stop.is_set():
        now = pipeline.clock.now()
        due = () if nothing else await pipeline.store.claim(run.lease, connection, Kind.CONFIRM, BATCH, now=now)
        if due:
            yield due
            continue
        cases = await pipeline.store.confirm_cases(pipeline.name, BATCH, now=pipeline.clock.now())
        if cases:
            yield await _plan(run, cases, silent)
        elif not await run.upstream.more():
            return


async def _plan(run: Run, cases: Sequence[ConfirmCase], silent: set[str]) -> Sequence[Promise]:
    """Write down what the cart will be told; the promises come back claimed. `silent` providers are not asked."""
    pipeline, now = run.pipeline, run.pipeline.clock.now()
    plans: list[ConfirmPlan] = []
    problems: list[Problem] = []
    rules = await run.rules_now()
    later = now + rules.tracking_look_again
    parcels = await _parcels(run, cases, silent)
    for case in cases:
        completed, uses, changed = complete(case, parcels)
        plan, found = plan_confirmation(completed, rules, pipeline.source.connection, now=now, look_again_at=later)
        news = {stored.id: stored.shipment for stored in completed.open if stored.id in changed}
        plans.append(replace(plan, completed=news, uses=tuple(uses)))
        problems.extend(found)
    return await pipeline.store.save_confirmations(run.lease, plans, problems, methods=rules.saved_methods, now=now)


async def _parcels(run: Run, cases: Sequence[ConfirmCase], silent: set[str]) -> Sequence[StoredParcel]:
    """What the shipping provider knows of these orders' boxes, as far as it told; else it is looked up there."""
    pipeline, provider = run.pipeline, run.pipeline.shipping_provider
    if provider is None:
        return ()
    numbers = {stored.shipment.request_number for case in cases for stored in case.open}
    known = await pipeline.store.parcels_of(provider.connection, numbers)
    wanted = () if provider.connection in silent else _to_look_up(pipeline, provider.role, cases, known)
    found = [parcel for number in wanted for parcel in await _look_up(run, provider, number, silent)]
    if not found:
        return known
    await pipeline.store.save_parcels(run.lease, provider.connection, pipeline.name, found, now=pipeline.clock.now())
    return await pipeline.store.parcels_of(provider.connection, numbers)


def _to_look_up(
    pipeline: Pipeline, provider: ShippingProvider, cases: Sequence[ConfirmCase], known: Sequence[StoredParcel]
) -> Sequence[str]:
    """The order numbers of boxes that are still without; a provider that lists its parcels is asked for old ones only,
    which it may have forgotten to list."""
    patience = pipeline.rules.look_up_after if isinstance(provider, ListsParcels) else timedelta()
    blank = (stored for case in cases for stored in complete(case, known)[0].open)
    blank = (stored for stored in blank if not stored.shipment.package.tracking_number)
    since = pipeline.clock.now() - patience
    return sorted({stored.shipment.request_number for stored in blank if stored.first_seen <= since})


async def _look_up(run: Run, provider: Bound[ShippingProvider], number: str, silent: set[str]) -> Sequence[Parcel]:
    """The parcels of one order number, by the provider's word; none where it fails, so that the boxes wait."""
    if provider.connection in silent:
        return ()
    try:
        records = await provider.role.find_parcels(number)
        return [identified(provider.role.read_parcel(record), record, number) for record in records]
    except Exception as error:  # a shipping system that fails must not hold up boxes with tracking
        await _untracked(run, provider.connection, error, silent)
        return ()


async def _untracked(run: Run, connection: str, error: Exception, silent: set[str]) -> None:
    """The boxes wait; a provider that is not there or does not know us is not asked again in this run."""
    run.pipeline.log.warning("tracking not found", pipeline=run.pipeline.name, reason=repr(error))
    if isinstance(error, NeedsAuth | NeedsConfig | Unavailable | Throttled):
        silent.add(connection)
    if isinstance(error, NeedsAuth | NeedsConfig):
        await pause(run, connection, str(error))
