"""What it means that a label was taken back: a pure decision.

What the cart was surely not told of loses its number and waits for another label. What the cart was told, or may have
been told, stays told: only a person can correct a number there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.domain import Parcel, Shipment, ShipmentConfirmation
from crossdock.engine.parcel_match import is_voided, voided_numbers
from crossdock.engine.parcel_ports import StoredParcel
from crossdock.engine.ports import StoredShipment
from crossdock.engine.problems import Code, Problem
from crossdock.mapping.carriers_by_number import followed_at

TAKEN_BACK = "its label was taken back; it waits for another one"


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A shipment that counts; `told` is what the cart was told of it, or may have been told (None: surely nothing)."""

    stored: StoredShipment
    pipeline: str
    order_id: int
    told: ShipmentConfirmation | None = None

    @property
    def key(self) -> str:
        """What its promise and its problems are called."""
        return f"{self.stored.shipment.request_number}/{self.stored.shipment.external_id}"


@dataclass(frozen=True, slots=True)
class Voided:
    """Of the boxes whose labels were taken back: those that wait for another, and those that the cart was told of."""

    untold: tuple[LabelledBox, ...] = ()
    told: tuple[LabelledBox, ...] = ()


def void_labels(boxes: Sequence[LabelledBox], parcels: Sequence[StoredParcel]) -> Voided:
    """Which boxes have a number whose labels were taken back, and what follows for them."""
    gone = voided_numbers(parcels)
    meant = [box for box in boxes if is_voided(box.stored, gone)]
    untold = tuple(box for box in meant if box.told is None)
    told = (
        box for box in meant if box.told and box.told.tracking_number == box.stored.shipment.package.tracking_number
    )
    return Voided(untold, tuple(told))


def unlabelled(shipment: Shipment, carrier: str, service_level: str) -> Shipment:
    """The shipment without its number, with carrier and service as the warehouse had told them."""
    before = {"tracking_number": "", "carrier": carrier, "service_level": service_level}
    return shipment.model_copy(update={"package": shipment.package.model_copy(update=before)})


def label_voided(box: LabelledBox, now: Parcel | None) -> Problem:
    """The cart shows the buyer a number under which nothing travels; `now` is the parcel in its place, if there is."""
    number, key = box.stored.shipment.request_number, box.stored.shipment.external_id
    gone = box.stored.shipment.package.tracking_number
    return Problem(
        Code.LABEL_VOIDED,
        box.key,
        f"Order {number}: label {gone} of box {key} was taken back after the cart was told, or may have been told",
        detail=f"The cart has {gone}. {_in_its_place(now)}",
        action=f"{_at_the_cart(gone, now)} Then resolve this problem.",
        order_id=box.order_id,
    )


def _in_its_place(now: Parcel | None) -> str:
    if now is None:
        return "There is no other label for this box yet."
    way = " ".join(filter(None, (now.carrier, now.service_level)))
    where = followed_at(now)
    link = f" ({where})" if where else ""
    return f"The box has {now.tracking_number}{f' of {way}' if way else ''} now{link}."


def _at_the_cart(gone: str, now: Parcel | None) -> str:
    if now is None:
        return "Make another label in the shipping system; its number is added here. Enter it at the cart."
    return f"At the cart, replace {gone} with {now.tracking_number}."
