"""Laws about fulfillment targets when answers are lost, systems fail, records are broken and programs end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from crossdock.domain import FulfillmentRequest, Shipment
from crossdock.hooks.errors import AlreadyThere, CrossdockError, OutcomeUnknown, Unreadable
from crossdock.hooks.records import Page, Receipt, Record
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.warehouse import require_once, standing
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.outcomes import outcome_of
from crossdock.testing.packed import packages, require_told, shipments_in, submit, told_by, work_a_while
from crossdock.testing.poison import Poison
from crossdock.testing.requests import a_request
from crossdock.testing.scenes import played
from crossdock.testing.stage import AT_WRITES, READS, WRITES, Connected, Stage
from crossdock.testing.subject import Subject

AT_EVERY_READ = (*(FaultName.ERROR_503, FaultName.HTML, FaultName.TRUNCATED, FaultName.THROTTLED, FaultName.DROPPED),)
TROUBLES: Mapping[str, tuple[FaultName, Mapping[str, Any]]] = {
    **{f"{one} at the write": (one, {"times": 1, "only_methods": WRITES}) for one in AT_WRITES},
    **{f"{one} at every read": (one, {"times": None, "only_methods": READS}) for one in AT_EVERY_READ},
}
"""What goes wrong at which requests, the worst for a write first."""


@asynccontextmanager
async def troubled(stage: Stage, trouble: str) -> AsyncIterator[None]:
    """While this lasts, requests go wrong in this way; without a name none does."""
    if trouble:
        fault, plan = TROUBLES[trouble]
        await stage.faults(fault, **plan)
    try:
        yield
    finally:
        await stage.faults()


NUMBERS = st.sampled_from(["1001", "1002"])


class Submissions(RoleMachine):
    """Two requests, submitted and looked for while things go wrong and the program starts anew."""

    orders = 0

    @rule(number=NUMBERS)
    def submit(self, number: str) -> None:
        """Submit it while all goes well."""
        self._submit(number)

    @rule(number=NUMBERS)
    def submit_unanswered(self, number: str) -> None:
        """Submit it, and never hear what became of it."""
        self._submit(number, "lost_reply at the write")

    @rule(number=NUMBERS, trouble=st.sampled_from([*TROUBLES]))
    def submit_in(self, number: str, trouble: str) -> None:
        """Submit it while something goes wrong."""
        self._submit(number, trouble)

    @rule(number=NUMBERS)
    def look(self, number: str) -> None:
        """Look for it while all goes well."""
        self.run(look_for(self.stage, self.connection, a_request(self.stage.rehearsal, number)))

    @rule()
    def start_anew(self) -> None:
        """The program ends and starts again."""
        self.restart()

    @rule()
    def people_work(self) -> None:
        """People pick and pack what is there."""
        self.run(self.stage.work(1))

    def _submit(self, number: str, trouble: str = "") -> None:
        request = a_request(self.stage.rehearsal, number)
        self.run(submit_in_trouble(self.stage, self.connection, request, trouble))


async def submit_in_trouble(
    stage: Stage, connection: Connected, request: FulfillmentRequest, trouble: str = ""
) -> None:
    """Submit a request while something goes wrong; raises `AssertionError` where what is claimed is not so."""
    before = bool(await standing(stage, request))
    async with troubled(stage, trouble):
        outcome = await outcome_of(connection.role(FulfillmentTarget).submit_order(request), "submit_order")
    after = bool(await standing(stage, request))
    if after:
        await require_once(stage, request, f"after submit_order with {trouble or 'no trouble'}")
    require_honest(request, outcome, before=before, after=after)
    if not trouble:
        wanted = AlreadyThere if before else Receipt
        assert isinstance(outcome, wanted), f"nothing went wrong, and submit_order gave {outcome!r}, no {wanted}"


async def look_for(stage: Stage, connection: Connected, request: FulfillmentRequest, trouble: str = "") -> None:
    """Look for a request while something goes wrong, or nothing; raises `AssertionError` where the answer is wrong."""
    there = bool(await standing(stage, request))
    async with troubled(stage, trouble):
        outcome = await outcome_of(connection.role(FulfillmentTarget).find_order(request), "find_order")
    if isinstance(outcome, CrossdockError) and trouble:
        return
    right = isinstance(outcome, Receipt) if there else outcome is None
    where = f"order {request.number} is {'' if there else 'not '}in the warehouse"
    assert right, f"{where}, and find_order gives {outcome!r} with {trouble or 'no trouble'}"


def require_honest(request: FulfillmentRequest, outcome: object, *, before: bool, after: bool) -> None:
    """What submitting claimed is so: a receipt is an order, an error nothing done, doubt OutcomeUnknown."""
    said = f"submit_order gave {outcome!r}"
    if isinstance(outcome, Receipt | AlreadyThere):
        assert after, f"{said}, and order {request.number} is not in the warehouse"
    elif not isinstance(outcome, OutcomeUnknown):
        assert isinstance(outcome, CrossdockError), f"{said}, neither a receipt nor an error"
        assert after == before, (
            f"{said}, which says that nothing was done, and order {request.number} is in the warehouse: "
            "raise OutcomeUnknown where an answer was lost"
        )


@law("warehouse.never_twice", Grade.GOLD, of=FulfillmentTarget)
def an_order_is_never_made_twice(plugin: Subject) -> None:
    """Whatever goes wrong, a request becomes one order at most, and nobody claims what is not so.

    A receipt means that it is there; Unavailable, Throttled and Rejected that nothing was done; where an answer was
    lost, OutcomeUnknown is raised, and find_order settles it. On this rests that goods never leave twice.
    """
    play(Submissions, plugin, steps=6, examples=15)


@law("warehouse.doubt", Grade.GOLD, of=FulfillmentTarget)
async def doubt_is_settled_by_looking(plugin: Subject) -> None:
    """Whatever goes wrong when an order is submitted, a look after a restart tells truly whether it is there.

    And as long as nothing can be read, a look is no answer: "not there" then would send the order twice.
    """
    async with plugin.stage(orders=0) as stage:
        for nth, trouble in enumerate(TROUBLES):
            request = a_request(stage.rehearsal, str(1001 + nth))
            async with stage.connect() as connection:
                await submit_in_trouble(stage, connection, request, trouble)
            async with stage.connect() as later:
                await look_for(stage, later, request)
                await submit_in_trouble(stage, later, request)
                await look_for(stage, later, request, trouble)


@law("warehouse.page_lost", Grade.GOLD, of=FulfillmentTarget)
async def a_lost_page_is_told_again(plugin: Subject) -> None:
    """A page or an acknowledgement that was lost or cut on its way costs no record: it is told again.

    What was removed from a queue before it was safe with us is a parcel that nobody will ever be told of.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        target, checkpoint = connection.role(FulfillmentTarget), None
        told, requests = list[Record](), list[FulfillmentRequest]()
        for nth, (fault, plan) in enumerate(TROUBLES.values()):
            if fault is not FaultName.TOKEN_EXPIRED:
                requests += await submit(stage, connection, str(1001 + nth))
                await stage.work(nth)
                await stage.faults(fault, **{**plan, "times": 7})
                seen = await told_by(target, checkpoint, patience=9)
                told, checkpoint = told + seen.records, seen.checkpoint
                await stage.faults()
        told += (await told_by(target, checkpoint)).records
        require_told(requests, shipments_in(target, told), await packages(stage))


@law("warehouse.disorder", Grade.GOLD, of=FulfillmentTarget)
async def work_told_again_and_in_disorder_is_the_same(plugin: Subject) -> None:
    """Records that come again, and in any order, tell the same packages.

    Queues deliver at least once and in any order: a package told twice is a buyer told twice, and a cart that says
    more was sent than was bought.
    """
    async with played(plugin, "disorder", "small_pages") as (stage, connection):
        requests = await submit(stage, connection, "1001", "1002", "1003", "1004")
        await work_a_while(stage)
        target = connection.role(FulfillmentTarget)
        shipments = shipments_in(target, (await told_by(target)).records)
        require_told(requests, shipments, await packages(stage))


@law("warehouse.poison", Grade.GOLD, of=FulfillmentTarget)
async def a_broken_record_blocks_nothing(plugin: Subject) -> None:
    """One record that cannot be read stands in its page beside the others, which are told as ever.

    A page that fails as a whole comes back as a whole: from then on no parcel is told, for days, for one typing error.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        await submit(stage, connection, "1001", "1002", "1003")
        await work_a_while(stage)
        target = connection.role(FulfillmentTarget)
        well = (await target.fetch_shipments(None)).records
        shipments = [record for record in well if isinstance(target.read_shipment(record), Shipment)]
        assert len(shipments) > 1, f"people worked for four shifts, and {len(shipments)} records tell of packages"
        for poison in Poison.all_of(shipments[len(shipments) // 2]):
            what = f"record {poison.record.id} arrives with {poison.change}"
            with poison.served_by(stage.theatre):
                page = await outcome_of(target.fetch_shipments(None), f"{what}, and fetch_shipments")
            assert isinstance(page, Page), f"{what}, and the whole page is lost: {page!r}"
            assert poison.times, f"record {poison.record.id} stands in no answer of the simulator: a record is raw"
            _require_others(target, well, page.records, what)


def _require_others(target: FulfillmentTarget, well: Sequence[Record], told: Sequence[Record], what: str) -> None:
    assert len(told) == len(well), f"{what}, and of {len(well)} records {len(told)} are told: it must not be left out"
    ill = [_read(target, record) for record in told]
    lost = [fact for fact in (_read(target, record) for record in well) if fact not in ill]
    assert len(lost) <= 1, f"{what}, and {len(lost)} records are read otherwise than before"


def _read(target: FulfillmentTarget, record: Record) -> object:
    try:
        return target.read_shipment(record)
    except Unreadable:
        return Unreadable
