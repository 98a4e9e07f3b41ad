"""The law that a label is bought once, whatever goes wrong: boxes bought and voided as the engine does it."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from crossdock.domain import LabelFormat, LabelRequest, Parcel, ShippingRate
from crossdock.hooks.errors import AlreadyThere, CrossdockError, OutcomeUnknown, Unavailable
from crossdock.hooks.features import BuysLabels
from crossdock.hooks.records import AnswerState, FinalAnswer, LabelDraft, Receipt
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import EffectKind, FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.shipping_labels import Shop, calm, require_cost, require_printable
from crossdock.testing.laws.shipping_wishes import wish
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.stage import AT_WRITES, WRITES
from crossdock.testing.subject import Subject

T = TypeVar("T")

BOXES = st.sampled_from((1, 2))
FAILURE = st.sampled_from((None, *AT_WRITES))


@law("labels.bought_once", Grade.GOLD, of=ShippingProvider, feature=BuysLabels)
def a_label_is_bought_once_whatever_goes_wrong(plugin: Subject) -> None:
    """Whatever goes wrong, no two labels are bought under a key, and every answer tells what really happened.

    What raised anything but OutcomeUnknown or AlreadyThere bought nothing, doubt is settled by find_label, and a label
    that was taken back stays so. An answer that is lost on its way back is the one case that costs money twice.
    """
    play(TheTill, plugin, steps=8, examples=settings().max_examples // 3)


@dataclass
class Box:
    """What is known of one label that is wanted; `tried` is the rate of which a purchase may have happened."""

    wanted: LabelRequest
    draft: LabelDraft | None = None
    tried: ShippingRate | None = None
    parcel: Parcel | None = None
    is_undecided: bool = False


class TheTill(RoleMachine):
    """Two boxes of one order get labels, and people make some for the same order."""

    orders = 0

    def __init__(self) -> None:
        super().__init__()
        self.boxes = {number: Box(wish(self.stage.rehearsal, number)) for number in (1, 2)}
        self.gone: list[str] = []
        self.times_again = 1
        self.shifts = 0

    @rule(box=BOXES, failure=FAILURE)
    def draft(self, box: int, failure: FaultName | None) -> None:
        """A draft under the key of the box, where nothing was tried yet."""
        self.run(self._draft(self.boxes[box], failure))

    @rule(box=BOXES, dearest=st.booleans(), failure=FAILURE)
    def buy(self, box: int, dearest: bool, failure: FaultName | None) -> None:
        """What is under the key is looked for, drafted if there is nothing, and bought if it is not."""
        self.run(self._buy(self.boxes[box], dearest, failure))

    @rule(box=BOXES)
    def look(self, box: int) -> None:
        """What is under the key."""
        self.run(self._look(self.boxes[box]))

    @rule(box=BOXES, failure=FAILURE)
    def take_back(self, box: int, failure: FaultName | None) -> None:
        """The label of the box, if it is known; the box then gets another one under another key."""
        self.run(self._take_back(box, failure))

    @rule(box=BOXES, format=st.sampled_from(LabelFormat))
    def print_label(self, box: int, format: LabelFormat) -> None:
        """The file of the label, if it is known."""
        if parcel := self.boxes[box].parcel:
            require_printable(self.run(calm(self._shop.seller.fetch_label(parcel, format), f"fetch_label({format})")))

    @rule()
    def people_work(self) -> None:
        """People make labels for the same order, and take some of theirs back."""
        self.shifts += 1
        self.run(self.stage.work(self.shifts))

    @rule()
    def start_again(self) -> None:
        """The program ends, and begins again."""
        self.restart()

    @invariant()
    def no_label_is_there_twice_or_unwanted(self) -> None:
        """At most one label under a key, and none where none was tried or where it was taken back."""
        boxes = {box.wanted.key: box for box in self.boxes.values()}
        for effect in self.run(self.stage.effects(EffectKind.LABEL)):
            assert effect.times <= 1, f"{effect.times} labels were bought under the key {effect.key}"
            assert effect.key not in self.gone, f"the label under {effect.key} was taken back and is in force again"
            bought = not effect.key or (effect.key in boxes and boxes[effect.key].tried)
            assert bought, f"a label was bought under {effect.key}, and buy_label was not asked for it"

    @property
    def _shop(self) -> Shop:
        return Shop(self.stage, self.connection)

    async def _draft(self, box: Box, failure: FaultName | None) -> None:
        if box.tried is None and await self._look(box) is None:
            drafted = await self._attempt(self._shop.seller.draft_label(box.wanted), failure)
            _require_reason(drafted, failure, "draft_label")
            box.draft = drafted if isinstance(drafted, LabelDraft) else box.draft

    async def _look(self, box: Box) -> LabelDraft | None:
        """What is under the key of a box, which must be the truth."""
        try:
            found = await self._shop.seller.find_label(box.wanted)
        except Unavailable:
            assert box.tried, f"find_label raised Unavailable for {box.wanted.key}, which nobody tried to buy"
            return None
        if found is None or found.bought is None:
            assert not box.parcel, f"find_label does not find the label any more that was bought for {box.wanted.key}"
            return found
        parcel = self._shop.seller.read_parcel(found.bought)
        assert box.tried, f"find_label gave label {parcel.tracking_number} under {box.wanted.key}; nobody bought one"
        require_cost(parcel, box.tried)
        if not box.is_undecided:
            in_force = await self._shop.labels(box.wanted)
            said = "taken back" if parcel.voided else "in force"
            assert bool(in_force) is not parcel.voided, (
                f"find_label tells label {parcel.tracking_number} as {said}, and {in_force} are in force under its key"
            )
        box.parcel = parcel
        return found

    async def _buy(self, box: Box, dearest: bool, failure: FaultName | None) -> None:
        draft = await self._draft_to_buy(box)
        if draft is None or not draft.rates or box.parcel:
            return
        rate = _chosen(draft, box.tried, dearest)
        was = await self._shop.labels(box.wanted)
        outcome = await self._attempt(self._shop.seller.buy_label(box.wanted, draft, rate), failure)
        now = await self._shop.labels(box.wanted)
        breach = breach_of(outcome, was, now, calm=failure is None and box.tried is None)
        assert not breach, breach
        box.draft = draft
        if box.tried or isinstance(outcome, Receipt | OutcomeUnknown):
            box.tried = box.tried or rate
        if isinstance(outcome, Receipt | AlreadyThere):
            box.parcel = await self._shop.parcel(box.wanted)
            require_cost(box.parcel, rate)

    async def _draft_to_buy(self, box: Box) -> LabelDraft | None:
        """The draft as the engine finds it: once one was tried, no other one."""
        found = await self._look(box)
        if box.tried and box.draft:
            return found if found and found.ref == box.draft.ref else box.draft
        return found if found and found.rates else await self._shop.drafted(box.wanted)

    async def _attempt(self, deed: Awaitable[T], failure: FaultName | None) -> T | CrossdockError:
        """What comes of a deed while this goes wrong: what it gives, or its error."""
        await self._goes_wrong(failure)
        try:
            return await deed
        except CrossdockError as error:
            return error
        finally:
            await self._goes_wrong(None)

    async def _take_back(self, number: int, failure: FaultName | None) -> None:
        box = self.boxes[number]
        if box.parcel is None:
            return
        answer = await self._attempt(self._shop.seller.void_label(box.parcel), failure)
        _require_reason(answer, failure, "void_label")
        left = await self._shop.labels(box.wanted)
        match answer:
            case FinalAnswer(AnswerState.ACCEPTED):
                assert not left, f"void_label says that {box.parcel.tracking_number} is taken back; it is in force"
                self.gone.append(box.wanted.key)
                self.times_again += 1
                self.boxes[number] = Box(wish(self.stage.rehearsal, number, again=self.times_again))
            case FinalAnswer(AnswerState.PENDING):
                box.is_undecided = True

    async def _goes_wrong(self, failure: FaultName | None) -> None:
        """From now on the next write goes wrong in this way; a system that slows us down does so until it is over."""
        if failure is None:
            await self.stage.faults()
        else:
            lasts = failure is FaultName.THROTTLED
            await self.stage.faults(failure, times=None if lasts else 1, only_methods=WRITES)


def breach_of(outcome: Receipt | CrossdockError, was: int, now: int, *, calm: bool) -> str:
    """What a purchase promised and did not keep, from the labels under its key before and after; empty if nothing."""
    said = "a receipt" if isinstance(outcome, Receipt) else type(outcome).__name__
    if now > 1:
        return f"buy_label ended with {said}, and {now} labels are in force under the key: it was paid twice"
    if isinstance(outcome, Receipt | AlreadyThere):
        return "" if now else f"buy_label ended with {said}, and there is no label"
    if isinstance(outcome, OutcomeUnknown):
        return "buy_label raised OutcomeUnknown, and nothing went wrong" if calm else ""
    if now > was:
        return f"buy_label raised {said} ({outcome}), which says that nothing was bought, and a label was"
    return f"buy_label raised {said} ({outcome}), and nothing went wrong" if calm else ""


def _require_reason(outcome: object, failure: FaultName | None, what: str) -> None:
    """Fail when a deed raised although nothing went wrong."""
    if isinstance(outcome, CrossdockError) and failure is None:
        raise AssertionError(f"{what} raised {type(outcome).__name__}: {outcome}; and nothing went wrong") from outcome


def _chosen(draft: LabelDraft, tried: ShippingRate | None, dearest: bool) -> ShippingRate:
    """One of the rates; the one that was tried before, perhaps under a new `ref`, where there is such a one."""
    if tried:
        same = (one for one in draft.rates if (one.carrier, one.service_level) == (tried.carrier, tried.service_level))
        return next(same, tried)
    return (max if dearest else min)(draft.rates, key=lambda rate: rate.cost.amount)
