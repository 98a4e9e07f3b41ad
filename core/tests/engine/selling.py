"""A shipping provider in memory that sells labels: it counts what it sold, and may show it late."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock.domain import (
    Address,
    AddressFinding,
    LabelFormat,
    LabelRequest,
    Money,
    Parcel,
    ShippingRate,
    Weight,
    WeightUnit,
)
from crossdock.engine.label_rules import LabelRules
from crossdock.engine.pipeline import Bound
from crossdock.hooks.errors import AlreadyThere, Rejected
from crossdock.hooks.records import AnswerState, FinalAnswer, LabelDraft, LabelFile, Receipt, Record

from .builders import a_box, a_line, an_order
from .remote import Clock, Fault, Remote
from .world import World

DOCK = Address(company="Dock", line1="1 Quay", city="Hull", postal_code="HU1", country="GB")
ACCEPTED = FinalAnswer(AnswerState.ACCEPTED)


def a_rate(
    name: str = "UPS/Ground", amount: str = "5.00", currency: str = "USD", *, ref: str = "", days: int = 3
) -> ShippingRate:
    """An offer, by its name and price."""
    carrier, _, service = name.partition("/")
    cost = Money(amount=Decimal(amount), currency=currency)
    return ShippingRate(ref=ref or f"{name} {amount}", carrier=carrier, service_level=service, cost=cost, days=days)


@dataclass
class Made:
    """A draft, or the label that it became."""

    ref: str
    wanted: LabelRequest
    rates: tuple[ShippingRate, ...]
    parcel: Parcel | None = None
    shown_at: datetime | None = None


@dataclass
class Sale:
    """One purchase: for which key, and for how much."""

    key: str
    cost: Money


class Seller(Remote):
    """Sells labels; `forgetful` sells the same draft as often as it is asked."""

    def __init__(
        self, clock: Clock, *offers: ShippingRate, late: timedelta = timedelta(), forgetful: bool = True
    ) -> None:
        super().__init__()
        self.clock, self.offers, self.late, self.forgetful = clock, offers or (a_rate(),), late, forgetful
        self.made: list[Made] = []
        self.sold: list[Sale] = []
        self.by_hand: list[Parcel] = []
        self.unreachable: set[str] = set()
        self.answers: list[FinalAnswer] = []

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        return await self._carry_out("find_parcels", lambda: self._parcels(request_number))

    def _parcels(self, number: str) -> list[Record]:
        ours = [one.parcel for one in self.made if one.parcel and self._shown(one) and one.wanted.reference == number]
        return [_record(one) for one in (*ours, *self.by_hand) if one.reference == number]

    def read_parcel(self, record: Record) -> Parcel:
        return Parcel.model_validate_json(record.data)

    async def find_label(self, wanted: LabelRequest) -> LabelDraft | None:
        return await self._carry_out("find_label", lambda: self._find(wanted.key))

    def _find(self, key: str) -> LabelDraft | None:
        mine = [one for one in self.made if one.wanted.key == key]
        bought = [one for one in mine if one.parcel and self._shown(one)]
        if bought:
            return LabelDraft(bought[0].ref, bought[0].rates, bought=_record(bought[0].parcel))
        return LabelDraft(mine[-1].ref, mine[-1].rates) if mine else None

    def _shown(self, one: Made) -> bool:
        return one.shown_at is not None and one.shown_at <= self.clock.now()

    async def draft_label(self, wanted: LabelRequest) -> LabelDraft:
        return await self._carry_out("draft_label", lambda: self._draft(wanted))

    def _draft(self, wanted: LabelRequest) -> LabelDraft:
        self.made.append(Made(f"d{len(self.made)}", wanted, tuple(self.offers)))
        return LabelDraft(self.made[-1].ref, tuple(self.offers))

    async def buy_label(self, wanted: LabelRequest, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        return await self._carry_out("buy_label", lambda: self._buy(draft, rate))

    def _buy(self, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        made = next((one for one in self.made if one.ref == draft.ref), None)
        if made is None or rate not in made.rates:
            raise Rejected("there is no such draft or offer")
        if made.parcel and not self.forgetful:
            raise AlreadyThere(made.ref)
        self.sold.append(Sale(made.wanted.key, rate.cost))
        made.parcel = Parcel(
            external_id=f"p{len(self.sold)}",
            tracking_number=f"T{len(self.sold)}",
            carrier=rate.carrier,
            service_level=rate.service_level,
            reference=made.wanted.reference,
            box=made.wanted.box,
            key=made.wanted.key,
            cost=rate.cost,
        )
        made.shown_at = self.clock.now() + self.late
        return Receipt(made.ref)

    async def fetch_label(self, parcel: Parcel, format: LabelFormat) -> LabelFile:
        return await self._carry_out("fetch_label", lambda: LabelFile(b"^XA" + parcel.key.encode(), format))

    async def void_label(self, parcel: Parcel) -> FinalAnswer:
        return await self._carry_out("void_label", lambda: self._void(parcel))

    def _void(self, parcel: Parcel) -> FinalAnswer:
        answer = self.answers.pop(0) if self.answers else ACCEPTED
        for one in self.made:
            if one.parcel and one.parcel.external_id == parcel.external_id and answer.state is AnswerState.ACCEPTED:
                one.parcel = one.parcel.model_copy(update={"voided": True})
        return answer

    async def check_address(self, address: Address) -> AddressFinding:
        words = "no such street" if address.line1 in self.unreachable else ""
        return await self._carry_out("check_address", lambda: AddressFinding(deliverable=not words, words=words))


def _record(parcel: Parcel | None) -> Record:
    assert parcel is not None
    return Record(parcel.external_id, parcel.model_dump_json().encode())


LABELS = LabelRules(
    buy=True, services=("*",), weight=Weight(value=Decimal(500), unit=WeightUnit.GRAM), ship_from={"": DOCK}
)


def with_seller(world: World, *offers: ShippingRate, labels: LabelRules = LABELS, **how: object) -> Seller:
    """Labels are bought at a seller."""
    seller = Seller(world.clock, *offers, **how)  # type: ignore[arg-type]
    world.rules = replace(world.rules, labels=labels)
    world.changes["shipping_provider"] = Bound("shipper", seller)
    world.others.append(seller)
    return seller


async def packed_without_number(world: World, *boxes: str, key: str = "1") -> None:
    """An order is with the warehouse, which packs it into these boxes and knows no tracking number."""
    world.cart.sell(an_order(key, a_line("10", max(len(boxes), 1))))
    await world.cycle(("download", "release"))
    world.warehouse.pack(*(a_box(box, f"N{key}", ("10", 1), tracking="") for box in boxes))
    await world.cycle(("collect",))


async def bought_and_taken_back_unseen(world: World, seller: Seller) -> None:
    """A label for the box b1 was bought, the answer was lost, and somebody took it back before it was looked for."""
    await packed_without_number(world, "b1")
    seller.faults["buy_label"].append(Fault.LOST_AFTER)
    await world.flow("label")
    bought = seller.made[0].parcel
    assert bought is not None
    seller.made[0].parcel = bought.model_copy(update={"voided": True})
