"""Confirm: the cart is told what left, per line and package, as partial shipments; what was not picked stays open."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

from crossdock.domain import Parcel, Shipment, ShipmentConfirmation
from crossdock.engine.confirm_plan import plan_confirmation, renamed
from crossdock.engine.delivery import BATCH, Delivery, pause, told_nothing
from crossdock.engine.flows.follow import FIRST_LOOK
from crossdock.engine.flows.short_picks import decide_short_picks
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Run
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, StoredShipment
from crossdock.engine.problems import Problem
from crossdock.hooks.errors import NeedsAuth, NeedsConfig, Throttled, Unavailable
from crossdock.hooks.features import FollowsShipments
from crossdock.hooks.records import Receipt
from crossdock.hooks.roles import ShippingProvider

LOOK_AGAIN = timedelta(minutes=5)
"""How long to wait before a missing tracking number is looked for again."""


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
    return renamed(confirmation, case, await run.rules_now())


async def _batches(run: Run) -> AsyncIterator[Sequence[Promise]]:
    pipeline, connection = run.pipeline, run.pipeline.source.connection
    silent: set[str] = set()
    nothing = await told_nothing(run, Kind.CONFIRM, connection)
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
    for case in cases:
        completed = await _tracked(run, case, silent)
        plan, found = plan_confirmation(
            completed, rules, pipeline.source.connection, now=now, look_again_at=now + LOOK_AGAIN
        )
        news = {new.id: new.shipment for old, new in zip(case.open, completed.open, strict=True) if new is not old}
        plans.append(replace(plan, completed=news))
        problems.extend(found)
    return await pipeline.store.save_confirmations(run.lease, plans, problems, methods=rules.saved_methods, now=now)


async def _tracked(run: Run, case: ConfirmCase, silent: set[str]) -> ConfirmCase:
    """The case with tracking numbers of the shipping provider where the warehouse gave none."""
    provider = run.pipeline.shipping_provider
    blank = {stored.shipment.request_number for stored in case.open if not stored.shipment.package.tracking_number}
    if provider is None or provider.connection in silent or not blank:
        return case
    try:
        parcels = {number: await _parcels(provider.role, number) for number in sorted(blank)}
    except Exception as error:  # a shipping system that fails must not hold up boxes with tracking
        await _untracked(run, provider.connection, error, silent)
        return case
    taken = {stored.shipment.package.tracking_number for stored in (*case.planned, *case.open)}
    return replace(case, open=tuple(_complete(stored, parcels, taken) for stored in case.open))


async def _untracked(run: Run, connection: str, error: Exception, silent: set[str]) -> None:
    """The boxes wait; a provider that is not there or does not know us is not asked again in this run."""
    run.pipeline.log.warning("tracking not found", pipeline=run.pipeline.name, reason=repr(error))
    if isinstance(error, NeedsAuth | NeedsConfig | Unavailable | Throttled):
        silent.add(connection)
    if isinstance(error, NeedsAuth | NeedsConfig):
        await pause(run, connection, str(error))


async def _parcels(provider: ShippingProvider, number: str) -> list[Parcel]:
    return [provider.read_parcel(record) for record in await provider.find_parcels(number)]


def _complete(stored: StoredShipment, parcels: dict[str, list[Parcel]], taken: set[str]) -> StoredShipment:
    """The shipment with its own parcel's tracking: the parcel that names its box, else the only one that is free."""
    shipment = stored.shipment
    if shipment.package.tracking_number:
        return stored
    free = [
        parcel
        for parcel in parcels[shipment.request_number]
        if not parcel.voided and parcel.tracking_number not in taken
    ]
    # A warehouse that counts boxes within each order gives shipments the id "ORDER/BOX".
    named = [parcel for parcel in free if parcel.box and f"/{shipment.external_id}".endswith(f"/{parcel.box}")]
    nameless = [parcel for parcel in free if not parcel.box]
    match = named or (nameless if len(nameless) == 1 else [])
    if not match:
        return stored
    taken.add(match[0].tracking_number)
    return replace(stored, shipment=_with_tracking(shipment, match[0]))


def _with_tracking(shipment: Shipment, parcel: Parcel) -> Shipment:
    package = shipment.package.model_copy(
        update={
            "tracking_number": parcel.tracking_number,
            "carrier": parcel.carrier or shipment.package.carrier,
            "service_level": parcel.service_level or shipment.package.service_level,
        }
    )
    return shipment.model_copy(update={"package": package})
