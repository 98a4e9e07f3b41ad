"""What the engine needs of the store for labels; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from crossdock.domain import FulfillmentRequest, LabelRequest, Money, Parcel, Shipment, ShippingRate, is_called
from crossdock.domain.document import Document, UtcDatetime
from crossdock.engine.label_plan import ProductWeight, first_key, key_of, wants_label
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Promise
from crossdock.engine.parcel_ports import StoredParcel
from crossdock.hooks.records import LabelDraft, LabelFile


class LabelWork(Document):
    """The document of a label's promise: which box it is for, and how far its purchase has come.

    `wanted` is what the draft was made for, `chosen` the offer that is bought or waits for a person's word. `tried_at`
    is when a purchase began of which nobody knows yet what became of it. `again`: a label of the box was taken back.
    `approved` is the price, and `address_approved` the address, that a person has said yes to.
    """

    shipment_id: int
    wanted: LabelRequest | None = None
    draft: str = ""
    offers: tuple[ShippingRate, ...] = ()
    words: tuple[str, ...] = ()
    chosen: ShippingRate | None = None
    tried_at: UtcDatetime | None = None
    again: bool = False
    approved: Money | None = None
    address_approved: bool = False

    def drafted(self) -> LabelDraft:
        """The draft as it was when it was seen last."""
        return LabelDraft(self.draft, self.offers, self.words)


class VoidWork(Document):
    """The document of the promise that a label is taken back: why, and under which key another one is bought then."""

    parcel: Parcel = Parcel(tracking_number="")
    why: str = ""
    next_key: str = ""
    shipment_id: int = 0


@dataclass(frozen=True, slots=True)
class LabelCase:
    """All that is needed to decide on the label of one box; `parcels` are those of its order number at the provider.

    `waits`: the cart was not told of the box. `gone`: the warehouse took it back, or it is of no order of ours.
    """

    order_id: int
    shipment_id: int
    shipment: Shipment
    request: FulfillmentRequest | None
    waits: bool = True
    gone: bool = False
    weights: Mapping[str, ProductWeight] = field(default_factory=dict)
    parcels: tuple[StoredParcel, ...] = ()

    def is_wanted(self, *, again: bool) -> bool:
        """Whether the box still needs a label; `again`: its number is that of a label that was taken back."""
        return not self.gone and (again or (self.waits and wants_label(self.shipment)))

    @property
    def used(self) -> Parcel | None:
        """The parcel that the box travels as, or will: one that is used for it, or that we bought for it."""
        mine = (one for one in self.parcels if not one.parcel.voided)
        return next((one.parcel for one in mine if one.shipment_id == self.shipment_id or self._is_ours(one)), None)

    def _is_ours(self, one: StoredParcel) -> bool:
        key = one.parcel.key
        return one.shipment_id is None and bool(key) and first_key(key) == key_of(self.shipment)

    @property
    def others(self) -> tuple[Parcel, ...]:
        """Labels that somebody else bought and that may be meant for this box, those that were taken back too."""
        mine = (one.parcel for one in self.parcels if one.shipment_id in (None, self.shipment_id))
        return tuple(
            one for one in mine if not one.key and (not one.box or is_called(self.shipment.external_id, one.box))
        )


class Labels(Protocol):
    """Labels on their way: which boxes need one, how far each purchase has come, and what it is printed from."""

    async def boxes_without_label(
        self, pipeline: str, connection: str, limit: int, *, after: int = 0
    ) -> tuple[Sequence[LabelCase], int | None]:
        """Some packed boxes that wait for a number, and for which we promised and others bought no label.

        In the order of their rows, with the row behind which to go on; None when there are no more.
        """

    async def label_cases(self, connection: str, shipment_ids: Collection[int]) -> Mapping[int, LabelCase]:
        """The same of these shipments, whatever was promised."""

    async def promise_labels(
        self, lease: Lease, connection: str, works: Mapping[str, tuple[int, LabelWork]], *, now: datetime
    ) -> Sequence[Promise]:
        """Write promises of labels, claimed: by key, the order and the work. One whose key is taken is left out, with a
        problem."""

    async def labels_without_file(
        self, pipeline: str, connection: str, limit: int, *, since: datetime
    ) -> Sequence[Parcel]:
        """Labels that we bought since then and whose file was not kept, the newest first."""

    async def keep_label_file(
        self, connection: str, parcel: Parcel, file: LabelFile, keep: timedelta, *, now: datetime
    ) -> None:
        """Keep what a label is printed from for so long; an empty file says that the provider gives none."""

    async def save_voided(
        self, lease: Lease, connection: str, promise: Promise, work: VoidWork, *, now: datetime
    ) -> None:
        """Keep that a label was taken back; where another one is to be bought, promise that in the same step."""

    async def close_labelled(self, lease: Lease, connection: str, *, now: datetime) -> None:
        """Close what hindered the purchase of labels for boxes that need none any more."""
