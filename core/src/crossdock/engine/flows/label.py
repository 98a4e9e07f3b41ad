"""Label: each packed box without a tracking number gets a label of the shipping provider, bought exactly once."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import cast

from crossdock.domain import LabelRequest, Parcel
from crossdock.engine.delivery import BATCH, Delivery
from crossdock.engine.label_plan import AGAIN, key_of, plan_label
from crossdock.engine.label_ports import LabelCase, LabelWork
from crossdock.engine.label_purchase import LabelSeller, Purchase
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.pipeline import Bound, Pipeline, Run
from crossdock.hooks.errors import NeedsAuth, NeedsConfig, Rejected, Throttled, Unavailable, Unsupported
from crossdock.hooks.features import BuysLabels
from crossdock.hooks.records import LabelFile, Receipt

FILE_PATIENCE = timedelta(days=1)
"""So long the file of a label is asked for that could not be fetched at once."""

_Cases = dict[int, tuple[LabelWork, LabelCase | None]]
"""What is known of the boxes of claimed promises, by promise."""


async def label(run: Run) -> None:
    """Promise a label to every box that needs one, and buy what was promised; doubt is looked up first.

    The files of labels that could not be fetched before are fetched.
    """
    bound = seller_of(run)
    await run.pipeline.store.close_labelled(run.lease, bound.connection, now=run.pipeline.clock.now())
    await _fetch_files(run, bound)
    purchase, cases = Purchase(run, bound.connection, bound.role), _Cases()

    async def send(promise: Promise) -> Receipt:
        work, case = cases.pop(promise.id)
        bought = await purchase.label(promise, work, case)
        if bought is None:
            return Receipt("", "the box needs no label any more")
        printed = bought.voided or bought == (case and case.used)  # before, or never again
        if bought.key == promise.key and not printed:
            await _fetch_file(run, bound, bought)
        return Receipt(bought.external_id)

    delivery = Delivery(run, Kind.LABEL, bound.connection, bound.workers, send, None)
    await delivery.deliver(_batches(run, bound.connection, cases))


def buys_labels(pipeline: Pipeline) -> bool:
    """Whether the operator wants labels to be bought."""
    return pipeline.rules.labels.buy


def seller_of(run: Run) -> Bound[LabelSeller]:
    """The shipping provider of a pipeline, which sells labels."""
    bound = run.pipeline.need(run.pipeline.shipping_provider, "shipping provider")
    if not isinstance(bound.role, BuysLabels):
        raise Unsupported(f"connection {bound.connection} sells no labels")
    return cast(Bound[LabelSeller], bound)


async def _batches(run: Run, connection: str, cases: _Cases) -> AsyncIterator[Sequence[Promise]]:
    store, clock, after = run.pipeline.store, run.pipeline.clock, 0
    while not run.stop.is_set():
        due = await store.claim(run.lease, connection, Kind.LABEL, BATCH, now=clock.now())
        if due:
            works = {one.id: LabelWork.model_validate_json(one.document) for one in due}
            found = await store.label_cases(connection, [work.shipment_id for work in works.values()])
            cases.update({id: (work, found.get(work.shipment_id)) for id, work in works.items()})
            yield due
            continue
        boxes, further = await store.boxes_without_label(run.pipeline.name, connection, BATCH, after=after)
        if boxes:
            yield await _promise(run, connection, boxes, cases)
        if further is None and not await run.upstream.more():
            return
        after = further or 0


async def _promise(run: Run, connection: str, boxes: Sequence[LabelCase], cases: _Cases) -> Sequence[Promise]:
    """Write down that these boxes get a label; the promises come back claimed."""
    store, now = run.pipeline.store, run.pipeline.clock.now()
    wanted = {key_of(case.shipment): (case, _work(run, case)) for case in boxes}
    works = {key: (case.order_id, work) for key, (case, work) in wanted.items()}
    promises = await store.promise_labels(run.lease, connection, works, now=now)
    for promise in promises:
        case, work = wanted[promise.key]
        cases[promise.id] = (work, case)
    return promises


def _work(run: Run, case: LabelCase) -> LabelWork:
    """What is promised; a box for which no label can be wanted is promised one all the same, and then refused."""
    planned = None
    if case.request:
        rules = run.pipeline.rules.labels
        planned = plan_label(key_of(case.shipment), case.shipment, case.request, case.weights, rules)
    wanted = planned if isinstance(planned, LabelRequest) else None
    return LabelWork(shipment_id=case.shipment_id, wanted=wanted)


async def _fetch_files(run: Run, bound: Bound[LabelSeller]) -> None:
    store, now = run.pipeline.store, run.pipeline.clock.now()
    since = now - FILE_PATIENCE
    for parcel in await store.labels_without_file(run.pipeline.name, bound.connection, BATCH, since=since):
        if run.stop.is_set() or not await _fetch_file(run, bound, parcel):
            return


async def _fetch_file(run: Run, bound: Bound[LabelSeller], parcel: Parcel) -> bool:
    """Fetch and keep what a label is printed from; says whether it makes sense to fetch another one.

    A label was paid for: what goes wrong here is tried again by the next run, and never loses it.
    """
    pipeline, rules = run.pipeline, run.pipeline.rules.labels
    try:
        file = await _file_of(bound.role, parcel, run)
        if file.content and pipeline.print_label:
            await pipeline.print_label(file_name(parcel, file), file.content)
        await pipeline.store.keep_label_file(bound.connection, parcel, file, rules.keep, now=pipeline.clock.now())
    except Exception as error:
        pipeline.log.warning("label file not fetched", pipeline=pipeline.name, key=parcel.key, reason=repr(error))
        run.report.add("label files to fetch later")
        return not isinstance(error, Throttled | Unavailable | NeedsAuth | NeedsConfig)
    return True


async def _file_of(provider: LabelSeller, parcel: Parcel, run: Run) -> LabelFile:
    """The file; an empty one where the provider says that it has none."""
    wanted = run.pipeline.rules.labels.format
    try:
        return await provider.fetch_label(parcel, wanted)
    except (Rejected, Unsupported) as error:
        run.pipeline.log.warning("label without a file", pipeline=run.pipeline.name, key=parcel.key, reason=str(error))
        return LabelFile(b"", wanted)


def file_name(parcel: Parcel, file: LabelFile) -> str:
    """What the file of a label is called: NUMBER-BOX.pdf, safe on every machine."""
    name = f"{parcel.reference}-{parcel.box}" if parcel.box else parcel.reference
    name += parcel.key.partition(AGAIN)[2] and f"-{parcel.key.rpartition(AGAIN)[2]}"
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    return f"{safe.lstrip('.') or 'label'}.{file.format.value.lower()}"
