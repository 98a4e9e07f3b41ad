"""Which parcel is which box's: a pure decision, the same in whatever order boxes and parcels became known.

A number that a box has already says it; then the box that a parcel names; then the last resort: one parcel that names
none is free, and one box is without. A parcel is used once, and one that was taken back is never used.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from crossdock.domain import Package, Parcel, is_called
from crossdock.engine.parcel_ports import ParcelUse, StoredParcel
from crossdock.engine.ports import ConfirmCase, StoredShipment
from crossdock.hooks.records import Record

LATE = datetime.max.replace(tzinfo=UTC)


def identified(parcel: Parcel, record: Record, reference: str = "") -> Parcel:
    """The parcel with what its provider leaves unsaid: its id, and the order number by which it was found."""
    id = parcel.external_id or (f"{reference}/{record.id}" if reference and not parcel.reference else record.id)
    return parcel.model_copy(update={"external_id": id, "reference": parcel.reference or reference})


def newer(known: Parcel, told: Parcel) -> Parcel:
    """What is known of a label that is told once more: nothing is forgotten, and what was taken back stays so."""
    said = {name: value for name, value in told if value not in ("", None)}
    return known.model_copy(update={**said, "voided": known.voided or told.voided})


def voided_numbers(parcels: Iterable[StoredParcel]) -> Mapping[str, Collection[str]]:
    """By order number, the tracking numbers of which every label was taken back."""
    gone, live = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for one in parcels:
        (gone if one.parcel.voided else live)[one.parcel.reference].add(one.parcel.tracking_number)
    return {reference: numbers - live[reference] - {""} for reference, numbers in gone.items()}


def is_voided(shipment: StoredShipment, voided: Mapping[str, Collection[str]]) -> bool:
    """Whether the label of the number that this box has was taken back."""
    return shipment.shipment.package.tracking_number in voided.get(shipment.shipment.request_number, ())


def matched(shipments: Sequence[StoredShipment], parcels: Sequence[StoredParcel]) -> Mapping[int, StoredParcel]:
    """By shipment, the parcel that is its own, where that is certain.

    `shipments` are all boxes of these orders that count, told or not: what is another's is not free.
    """
    of_number: defaultdict[str, list[StoredShipment]] = defaultdict(list)
    for stored in shipments:
        of_number[stored.shipment.request_number].append(stored)
    found: dict[int, StoredParcel] = {}
    for number, boxes in of_number.items():
        found |= _Boxes(boxes, [one for one in parcels if one.parcel.reference == number]).with_parcels()
    return found


def complete(
    case: ConfirmCase, parcels: Sequence[StoredParcel]
) -> tuple[ConfirmCase, Sequence[ParcelUse], Collection[int]]:
    """The case with the numbers of its parcels, which parcels that uses, and the boxes that changed.

    A box whose label was taken back is without a number, whoever gave it.
    """
    voided, every = voided_numbers(parcels), (*case.planned, *case.aside, *case.open)
    found = matched(every, parcels)
    done = tuple(_waiting(_with_number(stored, found.get(stored.id), voided), stored, parcels) for stored in case.open)
    uses = tuple(use_of(stored, own) for stored in every if (own := found.get(stored.id)) and own.shipment_id is None)
    changed = [new.id for old, new in zip(case.open, done, strict=True) if new.shipment != old.shipment]
    return replace(case, open=done, spare=_spare(case, parcels, found)), uses, changed


def _spare(case: ConfirmCase, parcels: Sequence[StoredParcel], found: Mapping[int, StoredParcel]) -> tuple[Parcel, ...]:
    """Labels of this order that are no box's, though they were not taken back."""
    numbers, taken = {one.number for one in case.requests}, {own.id for own in found.values()}
    live = (one for one in parcels if one.shipment_id is None and one.parcel.tracking_number and not one.parcel.voided)
    return tuple(one.parcel for one in live if one.parcel.reference in numbers and one.id not in taken)


def use_of(stored: StoredShipment, own: StoredParcel) -> ParcelUse:
    """That this parcel is this shipment's."""
    return ParcelUse(own.id, stored.id, stored.shipment.package.carrier, stored.shipment.package.service_level)


class _Boxes:
    """The boxes of one order number while their parcels are found."""

    def __init__(self, boxes: Sequence[StoredShipment], parcels: Sequence[StoredParcel]) -> None:
        self._boxes = sorted(boxes, key=lambda stored: stored.shipment.external_id)
        live = sorted((one for one in parcels if one.parcel.tracking_number and not one.parcel.voided), key=_made)
        self._free = [one for one in live if one.shipment_id is None]
        self._found = {one.shipment_id: one for one in reversed(live) if one.shipment_id is not None}
        self._voided = voided_numbers(parcels)

    def with_parcels(self) -> dict[int, StoredParcel]:
        """By box, the parcel that is its own."""
        for box in self._boxes:
            self._take(box, self._of_its_number(box))
        for box in self._blank():
            self._take(box, [one for one in self._free if self._meant(one.parcel) == [box]])
        left, nameless = self._blank(), self._nameless()
        if len(left) == 1 and len({one.parcel.tracking_number for one in nameless}) == 1:
            self._take(left[0], nameless)
        return {box.id: self._found[box.id] for box in self._boxes if box.id in self._found}

    def _take(self, box: StoredShipment, fitting: Sequence[StoredParcel]) -> None:
        """The first that fits is its own, if it has none."""
        if fitting and box.id not in self._found:
            self._found[box.id] = fitting[0]
            self._free.remove(fitting[0])

    def _of_its_number(self, box: StoredShipment) -> list[StoredParcel]:
        number = box.shipment.package.tracking_number
        same = [one for one in self._free if number and one.parcel.tracking_number == number]
        return [one for one in same if self._meant(one.parcel) in ([], [box])]

    def _nameless(self) -> list[StoredParcel]:
        """Free parcels that name no box, and whose number is no other's."""
        taken = {box.shipment.package.tracking_number for box in self._boxes}
        taken |= {one.parcel.tracking_number for one in self._found.values()}
        return [one for one in self._free if not one.parcel.box and one.parcel.tracking_number not in taken]

    def _blank(self) -> list[StoredShipment]:
        """Boxes that have neither a parcel nor a number that counts."""
        missing = (box for box in self._boxes if box.id not in self._found)
        return [box for box in missing if not box.shipment.package.tracking_number or is_voided(box, self._voided)]

    def _meant(self, parcel: Parcel) -> list[StoredShipment]:
        """The boxes that the parcel names; a warehouse that counts within each order calls them "ORDER/BOX"."""
        exact = [box for box in self._boxes if parcel.box and box.shipment.external_id == parcel.box]
        return exact or [box for box in self._boxes if parcel.box and is_called(box.shipment.external_id, parcel.box)]


def _made(one: StoredParcel) -> tuple[datetime, str]:
    return one.parcel.shipped_at or LATE, one.parcel.external_id


def _with_number(
    stored: StoredShipment, own: StoredParcel | None, voided: Mapping[str, Collection[str]]
) -> StoredShipment:
    package = stored.shipment.package
    if package.tracking_number and not is_voided(stored, voided):
        return stored
    if own:
        return _packed(stored, _labelled(package, own.parcel))
    return _packed(stored, package.model_copy(update={"tracking_number": ""})) if package.tracking_number else stored


def _labelled(package: Package, parcel: Parcel) -> Package:
    told = {
        "tracking_number": parcel.tracking_number,
        "carrier": parcel.carrier or package.carrier,
        "service_level": parcel.service_level or package.service_level,
    }
    return package.model_copy(update=told)


def _packed(stored: StoredShipment, package: Package) -> StoredShipment:
    return replace(stored, shipment=stored.shipment.model_copy(update={"package": package}))


def _waiting(stored: StoredShipment, before: StoredShipment, parcels: Sequence[StoredParcel]) -> StoredShipment:
    """A box without a number waits since it was packed, or since its last label was taken back."""
    if stored.shipment.package.tracking_number:
        return stored
    number = before.shipment.package.tracking_number
    own = (one for one in parcels if one.shipment_id == stored.id or (number and one.parcel.tracking_number == number))
    voided = [one.voided_at for one in own if one.voided_at]
    return replace(stored, first_seen=max([stored.first_seen, *voided]), unlabelled=stored.unlabelled or bool(voided))
