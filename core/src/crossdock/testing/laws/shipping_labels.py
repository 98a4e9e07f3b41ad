"""Laws about shipping providers that sell labels, while nothing goes wrong: what is bought, found, printed, voided."""

import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from crossdock.domain import LabelFormat, LabelRequest, Parcel, ShippingRate
from crossdock.hooks.errors import AlreadyThere, CrossdockError
from crossdock.hooks.features import BuysLabels
from crossdock.hooks.records import AnswerState, LabelDraft, LabelFile, Receipt
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import EffectKind, FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.shipping_wishes import wish
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

T = TypeVar("T")

LOOKS = 5
"""How often a look-up may not show yet what was bought a moment ago."""
BEGINS = {
    LabelFormat.PDF: rb"\s*%PDF",
    LabelFormat.ZPL: rb"(?s)(?!\s*<).{0,1000}\^XA",
    LabelFormat.PNG: rb"\x89PNG\r\n\x1a\n",
}
"""How the file of each format begins; ZPL may set the printer up before its first label."""


class Seller(ShippingProvider, BuysLabels, Protocol):
    """A shipping provider that sells labels."""


@dataclass(frozen=True)
class Shop:
    """A provider and the system behind it, while nothing goes wrong: what raises there breaks a promise."""

    stage: Stage
    connection: Connected

    @property
    def seller(self) -> Seller:
        """The provider."""
        seller: Seller = self.connection.role(ShippingProvider)  # type: ignore[assignment]  # the law asks for it
        return seller

    async def labels(self, wanted: LabelRequest) -> int:
        """How many labels are in force that were bought under a key."""
        return sum(one.times for one in await self.stage.effects(EffectKind.LABEL) if one.key == wanted.key)

    async def found(self, wanted: LabelRequest) -> LabelDraft | None:
        """What there is under a key."""
        return await calm(self.seller.find_label(wanted), f"find_label({wanted.key!r})")

    async def drafted(self, wanted: LabelRequest) -> LabelDraft:
        """A draft, which must have rates."""
        draft = await calm(self.seller.draft_label(wanted), f"draft_label({wanted.key!r})")
        assert draft.rates, (
            f"the draft for {wanted.key} has no rates ({'; '.join(draft.words) or 'and no words'}); the rehearsal must "
            "bring a system that sells labels within its country"
        )
        return draft

    async def bought(self, wanted: LabelRequest) -> tuple[LabelDraft, ShippingRate, Parcel]:
        """A label at the dearest of its rates, as it is found afterwards."""
        draft = await self.drafted(wanted)
        rate = max(draft.rates, key=lambda one: one.cost.amount)
        receipt = await calm(self.seller.buy_label(wanted, draft, rate), f"buy_label({wanted.key!r})")
        assert isinstance(receipt, Receipt)
        return draft, rate, await self.parcel(wanted)

    async def parcel(self, wanted: LabelRequest) -> Parcel:
        """The label that was bought under a key; fails when it is not found there."""
        for _ in range(LOOKS):
            found = await self.found(wanted)
            if found and found.bought:
                return self.seller.read_parcel(found.bought)
        raise AssertionError(
            f"a label was bought under {wanted.key} and find_label does not show it, not even at the {LOOKS}th look; "
            "without that no doubt can ever be settled"
        )


@law("labels.draft_is_free", Grade.SILVER, of=ShippingProvider, feature=BuysLabels)
async def a_draft_costs_nothing(plugin: Subject) -> None:
    """A draft with its rates costs nothing, and is found under its key; before it there is nothing under it.

    Drafts are made to compare prices, and made again when a wish changes: one that buys is paid for each time.
    """
    async with _shop(plugin) as shop:
        wanted = wish(shop.stage.rehearsal, 1)
        found = await shop.found(wanted)
        assert found is None, f"find_label gave {found} under {wanted.key}, and nobody made anything under that key"
        draft = await shop.drafted(wanted)
        _require_rates(draft)
        kept = await shop.found(wanted)
        assert kept is not None, f"find_label does not find the draft that draft_label made under {wanted.key}"
        assert kept.bought is None, f"find_label says that the draft {draft.ref} was bought, and nobody bought it"
        assert kept.ref == draft.ref, f"find_label gave {kept.ref}, and the draft under this key is {draft.ref}"
        assert not await shop.labels(wanted), "draft_label bought a label, and a draft must cost nothing"


@law("labels.bought", Grade.SILVER, of=ShippingProvider, feature=BuysLabels)
async def a_rate_is_bought_once(plugin: Subject) -> None:
    """A rate that is bought gives one label at that very cost, found under its key also after a restart.

    Buying the same draft again raises AlreadyThere and buys nothing: this is what makes a lost answer harmless.
    """
    async with _shop(plugin) as shop:
        wanted = wish(shop.stage.rehearsal, 1)
        draft, rate, parcel = await shop.bought(wanted)
        assert await shop.labels(wanted) == 1, f"buy_label gave a receipt, and there are {await shop.labels(wanted)}"
        _require_ours(parcel, wanted, rate)
        assert not parcel.voided, f"the label {parcel.tracking_number} is told as taken back, and nobody did"
        try:
            receipt = await shop.seller.buy_label(wanted, draft, rate)
        except AlreadyThere:
            pass
        else:
            raise AssertionError(f"buying the draft {draft.ref} again gave {receipt} instead of AlreadyThere")
        assert await shop.labels(wanted) == 1, "buying a draft again bought a second label"
        async with shop.stage.connect() as connection:
            again = await Shop(shop.stage, connection).parcel(wanted)
        assert again == parcel, f"after a restart find_label gives {again} instead of {parcel}"


@law("labels.own_key", Grade.SILVER, of=ShippingProvider, feature=BuysLabels)
async def labels_of_boxes_are_kept_apart(plugin: Subject) -> None:
    """What is found under a key was bought under it: not for another box of the order, and not by a person for it.

    A look-up by the order number alone gives the second box of an order the label of the first.
    """
    async with _shop(plugin) as shop:
        first, second, again = (wish(shop.stage.rehearsal, box, again=times) for box, times in ((1, 1), (2, 1), (1, 2)))
        await shop.stage.work()
        _, _, parcel = await shop.bought(first)
        for other in (second, again):
            found = await shop.found(other)
            assert found is None or found.bought is None, (
                f"find_label gave a label under {other.key}, under which none was bought; the only one of ours is "
                f"{parcel.tracking_number}, bought under {first.key}"
            )
        _, _, beside = await shop.bought(second)
        assert beside.tracking_number != parcel.tracking_number, "the labels of two boxes have one tracking number"
        for wanted in (first, second):
            assert await shop.labels(wanted) == 1, f"there are {await shop.labels(wanted)} labels under {wanted.key}"


@law("labels.printable", Grade.SILVER, of=ShippingProvider, feature=BuysLabels)
async def a_label_can_be_printed(plugin: Subject) -> None:
    """The file of a label is of the format that it says, and fetching it buys nothing.

    A web page or another format sent to a label printer prints pages of signs, at the busiest place of the warehouse.
    """
    async with _shop(plugin) as shop:
        for box, format in enumerate(LabelFormat, 1):
            wanted = wish(shop.stage.rehearsal, box, format=format)
            _, _, parcel = await shop.bought(wanted)
            for asked in (format, LabelFormat.PDF):
                require_printable(await calm(shop.seller.fetch_label(parcel, asked), f"fetch_label({asked})"))
            assert await shop.labels(wanted) == 1, "fetching the file of a label changed how many there are"


@law("labels.no_page_is_printed", Grade.GOLD, of=ShippingProvider, feature=BuysLabels)
async def a_page_is_not_taken_for_a_label(plugin: Subject) -> None:
    """While a web page comes in place of every answer, fetching the file of a label raises, and gives no page.

    Maintenance pages are answered with a good status: taken for a label they go to every label printer at once.
    """
    async with _shop(plugin) as shop:
        for box, format in enumerate(LabelFormat, 1):
            _, _, parcel = await shop.bought(wish(shop.stage.rehearsal, box, format=format))
            for path in await _paths_of_file(shop, parcel, format):
                await shop.stage.faults(FaultName.HTML, times=None, only_paths=f"^{re.escape(path)}$")
                try:
                    file = await shop.seller.fetch_label(parcel, format)
                except CrossdockError:
                    continue
                finally:
                    await shop.stage.faults()
                require_printable(file)


@law("labels.taken_back", Grade.SILVER, of=ShippingProvider, feature=BuysLabels)
async def a_label_that_is_taken_back_is_gone(plugin: Subject) -> None:
    """A label that void_label says is taken back is not in force any more, and the second time does no harm.

    A void that says done and did nothing is paid for, and nobody asks for the money in the days in which it counts.
    """
    async with _shop(plugin) as shop:
        wanted, kept = (wish(shop.stage.rehearsal, box) for box in (1, 2))
        _, _, parcel = await shop.bought(wanted)
        await shop.bought(kept)
        for time in ("first", "second"):
            answer = await calm(shop.seller.void_label(parcel), f"void_label for the {time} time")
            left = await shop.labels(wanted)
            if answer.state is AnswerState.ACCEPTED:
                assert left == 0, f"void_label says that {parcel.tracking_number} is taken back, and it is in force"
                seen = await shop.parcel(wanted)
                assert seen.voided, f"{parcel.tracking_number} was taken back, and read_parcel says that it was not"
            if answer.state is AnswerState.REFUSED:
                assert left == 1, f"void_label says that it was refused ({answer.words}), and the label is gone"
                assert time == "first", f"void_label for the second time says refused ({answer.words})"
        assert await shop.labels(kept) == 1, "taking one label back took another one of the same order"


def require_printable(file: LabelFile) -> None:
    """Fail unless a file is of the format that it says."""
    assert re.match(BEGINS[file.format], file.content), (
        f"fetch_label says {file.format} and gives {len(file.content)} bytes that begin with {file.content[:20]!r}"
    )


async def _paths_of_file(shop: Shop, parcel: Parcel, format: LabelFormat) -> list[str]:
    """Where a provider asks, one after the other, for the file of a label."""
    before = len(shop.stage.arrived)
    await calm(shop.seller.fetch_label(parcel, format), f"fetch_label({format})")
    return list(dict.fromkeys(arrived.path for arrived in shop.stage.arrived[before:]))


async def calm(deed: Awaitable[T], what: str) -> T:
    """What a deed gives that must succeed, as nothing goes wrong."""
    try:
        return await deed
    except CrossdockError as error:
        raise AssertionError(f"{what} raised {type(error).__name__}: {error}; and nothing went wrong") from error


def _require_rates(draft: LabelDraft) -> None:
    """Fail unless each offer can be told from the others and says what it costs."""
    assert len({rate.ref for rate in draft.rates}) == len(draft.rates), "two rates of a draft have the same `ref`"
    for rate in draft.rates:
        assert rate.cost.amount > 0, f"the rate {rate.service_level} costs {rate.cost}"
        assert re.fullmatch("[A-Z]{3}", rate.cost.currency), f"{rate.cost.currency!r} is not three capital letters"


def _require_ours(parcel: Parcel, wanted: LabelRequest, rate: ShippingRate) -> None:
    """Fail unless a label is the one that was wished for, at the rate that was bought."""
    for name in ("key", "reference", "box"):
        told, right = getattr(parcel, name), getattr(wanted, name)
        assert told in ("", right), f"the label bought under {wanted.key} has the {name} {told!r} instead of {right!r}"
    assert parcel.tracking_number, f"the label bought under {wanted.key} has no tracking number"
    require_cost(parcel, rate)


def require_cost(parcel: Parcel, rate: ShippingRate) -> None:
    """Fail unless a label costs what was offered."""
    assert parcel.cost in (None, rate.cost), (
        f"the rate {rate.service_level} was offered for {rate.cost} and bought, and its label costs {parcel.cost}"
    )


@asynccontextmanager
async def _shop(plugin: Subject) -> AsyncIterator[Shop]:
    async with plugin.stage(orders=0) as stage, stage.connect() as connection:
        yield Shop(stage, connection)
