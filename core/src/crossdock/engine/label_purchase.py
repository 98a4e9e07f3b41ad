"""The purchase of one label, step by step: of all of them only one costs money, and it is never taken in doubt.

    look under our key -> look for what others bought -> draft -> offer chosen -> NOTED -> bought -> seen -> kept

What is noted before money is spent says which draft is bought, and since when. An attempt of which nobody knows what
became of it is looked for until DOUBT_PATIENCE is over: a provider may show a purchase late. Then the very same draft
is bought once more, which can be bought but once.
"""

from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from crossdock.domain import LabelRequest, Parcel, ShippingRate
from crossdock.engine.label_plan import Refusal, choose_rate, plan_label
from crossdock.engine.label_ports import LabelCase, LabelWork
from crossdock.engine.ledger import Promise
from crossdock.engine.outcome import NotYet, Refused
from crossdock.engine.parcel_match import identified
from crossdock.engine.pipeline import Run
from crossdock.engine.problems import Code
from crossdock.hooks.errors import (
    AlreadyThere,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
    Unsupported,
)
from crossdock.hooks.features import BuysLabels, ChecksAddresses
from crossdock.hooks.records import LabelDraft, Record
from crossdock.hooks.roles import ShippingProvider

T = TypeVar("T")

DOUBT_PATIENCE = timedelta(minutes=10)
"""So long a purchase is looked for of which nobody knows whether it happened, before its draft is bought once more."""
LOOK_AGAIN = timedelta(minutes=1)
"""How often it is looked for meanwhile."""
OTHERS_PATIENCE = timedelta(minutes=5)
"""When a box is looked at again for which somebody else may have bought a label."""


class LabelSeller(ShippingProvider, BuysLabels, Protocol):
    """A shipping provider that sells labels."""


class Purchase:
    """The purchases of one run through one connection."""

    def __init__(self, run: Run, connection: str, provider: LabelSeller) -> None:
        self._run, self._connection, self._provider = run, connection, provider
        self._store, self._rules = run.pipeline.store, run.pipeline.rules.labels

    async def label(self, promise: Promise, work: LabelWork, case: LabelCase | None) -> Parcel | None:
        """The label of one box, bought now or before; None where the box needs none.

        Raises what a delivery understands: `OutcomeUnknown` and `NotYet` while nobody knows, `Refused` for a person.
        """
        if work.tried_at and work.wanted:
            return await self._in_doubt(promise, work, work.wanted, work.tried_at, case)
        if case is None or case.used or not case.is_wanted(again=work.again):
            return case.used if case else None
        wanted = self._wanted(promise, case)
        found = await self._provider.find_label(wanted)
        if found and found.bought:
            return await self._take(wanted, found.bought)
        await self._leave_to_others(case, wanted, again=work.again)
        return await self._buy(promise, work, wanted, found)

    async def _in_doubt(
        self, promise: Promise, work: LabelWork, wanted: LabelRequest, tried_at: datetime, case: LabelCase | None
    ) -> Parcel | None:
        """A purchase that may have happened is looked for, whether the box still needs it or not: it costs money."""
        needed = case is not None and not case.used and case.is_wanted(again=work.again)
        found = await self._provider.find_label(wanted)
        if found and found.bought:
            return await self._take(wanted, found.bought, needed=needed)
        self._wait_while_in_doubt(tried_at)
        if case is None or not needed:
            return case.used if case else None
        return await self._buy(promise, work, wanted, found)

    def _wanted(self, promise: Promise, case: LabelCase) -> LabelRequest:
        if case.request is None:
            raise Rejected("the order that the warehouse was asked for is not known any more")
        planned = plan_label(promise.key, case.shipment, case.request, case.weights, self._rules)
        return _or_refused(planned)

    def _wait_while_in_doubt(self, tried_at: datetime) -> None:
        now, over = self._now(), tried_at + DOUBT_PATIENCE
        if now < over:
            reason = (
                f"nobody knows yet whether it was bought at {tried_at:%H:%M} UTC; it is looked for until {over:%H:%M}"
            )
            raise NotYet(reason, min(over, now + LOOK_AGAIN))

    async def _leave_to_others(self, case: LabelCase, wanted: LabelRequest, *, again: bool) -> None:
        """A label that a person has bought is used, and no other one bought beside it."""
        found = await self._provider.find_parcels(wanted.reference)
        if found:
            await self._save([self._read(record, reference=wanted.reference) for record in found])
            cases = await self._store.label_cases(self._connection, [case.shipment_id])
            case = cases.get(case.shipment_id, case)
        live = [one for one in case.others if not one.voided]
        if live:
            raise NotYet(f"{live[0].tracking_number} may be its label, bought by somebody else", self._later())
        if case.others and not again:
            raise Refused(
                Code.LABEL_REFUSED,
                f"somebody bought its label {case.others[0].tracking_number} and took it back",
                f'`crossdock labels void {case.others[0].tracking_number} --again --why "…"` has another one bought; '
                "or buy one in the shipping system under this order number.",
            )

    async def _buy(self, promise: Promise, work: LabelWork, wanted: LabelRequest, found: LabelDraft | None) -> Parcel:
        draft = await self._draft(work, wanted, found)
        work = work.model_copy(
            update={"wanted": wanted, "draft": draft.ref, "offers": draft.rates, "words": draft.words, "chosen": None}
        )
        chosen = await self._choose(promise, work, wanted)
        await self._keep(promise, work.model_copy(update={"chosen": chosen, "tried_at": self._now()}))
        await self._pay(promise, work.model_copy(update={"chosen": chosen}), draft, chosen)
        seen = await self._provider.find_label(wanted)
        if seen is None or seen.bought is None:
            soon = self._now() + self._run.pipeline.retry.settle
            raise NotYet(f"{self._connection} sold the label and does not show it yet", soon)
        return await self._take(wanted, seen.bought)

    async def _draft(self, work: LabelWork, wanted: LabelRequest, found: LabelDraft | None) -> LabelDraft:
        """The draft of this wish, the one that was tried where one was; a wish that has changed needs a new one."""
        same = work.wanted == wanted
        if work.tried_at or (same and work.draft and work.offers):
            return found if found and found.ref == work.draft else work.drafted()
        if same and not work.draft and found and found.rates:
            return found
        await self._check_address(work, wanted)
        try:
            return await self._provider.draft_label(wanted)
        except AlreadyThere as error:
            raise OutcomeUnknown(f"{self._connection} has a draft under this key and does not show it yet") from error

    async def _check_address(self, work: LabelWork, wanted: LabelRequest) -> None:
        if work.address_approved or not self._rules.check_address:
            return
        if not isinstance(self._provider, ChecksAddresses):
            return
        try:
            finding = await self._provider.check_address(wanted.ship_to)
        except Unsupported:  # of this account, or of this country
            return
        if not finding.deliverable:
            raise Refused(
                Code.ADDRESS_REFUSED,
                f"{self._connection} says that nothing can be delivered to its address"
                f"{f': {finding.words}' if finding.words else ''}",
                f"Ask the buyer. Where the address is right, `crossdock labels approve {wanted.key}` has the label "
                "bought; where it is not, buy it in the shipping system under this order number, with the right one.",
            )

    async def _choose(self, promise: Promise, work: LabelWork, wanted: LabelRequest) -> ShippingRate:
        """The offer to buy; what no rule lets be bought is kept with its offers, for a person to look at."""
        chosen = choose_rate(work.offers, work.words, wanted, self._rules, work.approved)
        if isinstance(chosen, Refusal):
            await self._keep(promise, work.model_copy(update={"chosen": chosen.offer}))
        return _or_refused(chosen)

    async def _pay(self, promise: Promise, work: LabelWork, draft: LabelDraft, chosen: ShippingRate) -> None:
        """The one step that costs money; where it is sure that this bought nothing, all is as it was before.

        A refusal says nothing of a purchase of the same draft that is in doubt: no other draft takes its place.
        """
        wanted = work.wanted
        assert wanted is not None
        try:
            await self._provider.buy_label(wanted, draft, chosen)
        except AlreadyThere:
            return
        except (Throttled, Unavailable):
            await self._keep(promise, work)
            raise
        except (Rejected, Unsupported) as error:
            await self._keep(promise, work if work.tried_at else work.model_copy(update={"draft": ""}))
            if work.tried_at:
                raise _refused_in_doubt(error, wanted, work.tried_at) from error
            raise

    async def _take(self, wanted: LabelRequest, record: Record, *, needed: bool = True) -> Parcel:
        """Keep a label that was bought under our key; one that was taken back is refused where the box needs one."""
        parcel = self._read(record, key=wanted.key, reference=wanted.reference, box=wanted.box)
        await self._save([parcel])
        if parcel.voided and needed:
            raise Refused(
                Code.LABEL_REFUSED,
                f"its label {parcel.tracking_number} was taken back",
                f'`crossdock labels void {wanted.key} --again --why "…"` has another one bought; or buy one in the '
                "shipping system under this order number.",
            )
        return parcel

    def _read(self, record: Record, **ours: str) -> Parcel:
        """A parcel, with what we know of it."""
        try:
            parcel = self._provider.read_parcel(record)
        except Unreadable as error:
            raise Rejected(str(error)) from error
        return identified(parcel, record, ours["reference"]).model_copy(update=ours)

    async def _save(self, parcels: list[Parcel]) -> None:
        pipeline = self._run.pipeline
        await self._store.save_parcels(self._run.lease, self._connection, pipeline.name, parcels, now=self._now())

    async def _keep(self, promise: Promise, work: LabelWork) -> None:
        document = work.model_dump_json().encode()
        await self._store.keep_changes(self._run.lease, {promise.id: document}, now=self._now())

    def _later(self) -> datetime:
        return self._now() + OTHERS_PATIENCE

    def _now(self) -> datetime:
        return self._run.pipeline.clock.now()


def _refused_in_doubt(error: Exception, wanted: LabelRequest, tried_at: datetime) -> Refused:
    """A no to a draft that may have been bought before."""
    return Refused(
        Code.LABEL_REFUSED,
        f"{error}; nobody knows what became of its purchase at {tried_at:%H:%M} UTC",
        f"Look in the shipping system for a label of {wanted.reference}: it is found there and used. If there is none, "
        "buy one there under this order number, or `crossdock problems retry` tries the same draft once more.",
    )


def _or_refused(decided: T | Refusal) -> T:
    if isinstance(decided, Refusal):
        raise Refused(decided.code, decided.reason, decided.action)
    return decided
