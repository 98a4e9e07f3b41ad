"""Labels as raw records: one a box, each with the shipment that it was made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import ConfigDict, ValidationError

from crossdock import Record, Unreadable
from crossdock.domain import LabelRequest, Parcel, digest
from crossdock_shipping.shipstation.errors import NOT_JSON
from crossdock_shipping.shipstation.models import LabelTold, MoneyTold, PackageTold, ShipmentTold, Told
from crossdock_shipping.shipstation.settings import ShipStationSettings
from crossdock_shipping.shipstation.wish import external_id


class Outline(msgspec.Struct):
    """What must be known of a label before it is read."""

    label_id: str
    shipment_id: str | None = None
    status: str | None = None
    tracking_number: str | None = None
    voided: bool | None = None
    voided_at: str | None = None
    created_at: str | None = None
    is_return_label: bool | None = None
    packages: list[msgspec.Raw] | None = None
    shipment: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def is_voided(self) -> bool:
        """Whether it was taken back."""
        return bool(self.voided) or self.status == "voided"

    @property
    def is_outward(self) -> bool:
        """Whether it is a label for a box on its way out: finished, and nothing that failed or comes back."""
        return self.status not in ("error", "processing") and not self.is_return_label

    @property
    def shows_shipment(self) -> bool:
        """Whether the shipment stands inside."""
        return bytes(self.shipment) != b"null"


@dataclass(frozen=True, slots=True)
class RawLabel:
    """A label as it was sent; `outline` is None where it is not even one in outline."""

    data: bytes
    outline: Outline | None

    @classmethod
    def of(cls, data: bytes) -> "RawLabel":
        """The label with its outline."""
        try:
            return cls(data, msgspec.json.decode(data, type=Outline))
        except NOT_JSON:
            return cls(data, None)


class _Wanted(Told):
    model_config = ConfigDict(str_strip_whitespace=False)

    key: str
    reference: str
    box: str


class _Kept(Told):
    label: LabelTold
    shipment: ShipmentTold | None = None
    package: int = 0
    wanted: _Wanted | None = None


def records_of(label: RawLabel, shipment: bytes | None = None, wanted: LabelRequest | None = None) -> list[Record]:
    """One record for each box of a label, with the shipment and our wish where they are known.

    The first box bears the label's id, every further one its place behind it. What is no label is known by its content.
    """
    if label.outline is None:
        return [Record(f"digest:{digest(label.data).hex()}", _kept(label.data, shipment, 0, wanted))]
    label_id, boxes = label.outline.label_id, len(label.outline.packages or ())
    return [
        Record(f"{label_id}/{place + 1}" if place else label_id, _kept(label.data, shipment, place, wanted))
        for place in range(max(boxes, 1))
    ]


def _kept(label: bytes, shipment: bytes | None, package: int, wanted: LabelRequest | None) -> bytes:
    kept: dict[str, Any] = {"label": msgspec.Raw(label), "package": package}
    if shipment is not None:
        kept["shipment"] = msgspec.Raw(shipment)
    if wanted is not None:
        kept["wanted"] = {"key": wanted.key, "reference": wanted.reference, "box": wanted.box}
    return msgspec.json.encode(kept)


def label_id_of(external_id: str) -> str:
    """The label of which a record is one box."""
    return external_id.partition("/")[0]


def read_parcel(record: Record, settings: ShipStationSettings) -> Parcel:
    """Translate one box of a label; raises `Unreadable` with what is wrong with it."""
    try:
        return _parcel(record, _Kept.model_validate_json(record.data), settings)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise Unreadable(f"label {record.id}: {where}: {fault['msg']}") from None
    except OverflowError:
        raise Unreadable(f"label {record.id}: a date of it is out of range") from None


def _parcel(record: Record, kept: _Kept, settings: ShipStationSettings) -> Parcel:
    label = kept.label
    box = label.packages[kept.package] if 0 <= kept.package < len(label.packages) else PackageTold()
    # A label of one box names its number in both places; one of several names the first box's, if any.
    tracking_number = box.tracking_number or label.tracking_number
    if not tracking_number:
        raise Unreadable(f"label {record.id} has no tracking number; choose a service that is tracked")
    wanted = kept.wanted or _wanted(kept, box, settings)
    return Parcel(
        tracking_number=tracking_number,
        carrier=label.carrier_code,
        service_level=label.service_code,
        box=wanted.box,
        shipped_at=label.sent_at,
        voided=label.is_voided,
        external_id=record.id,
        reference=wanted.reference,
        key=wanted.key,
        cost=None if kept.package else _cost(label.shipment_cost, label.insurance_cost),
        weight=box.weight.weight() if box.weight else None,
        tracking_url=label.tracking_url,
    )


def _wanted(kept: _Kept, box: PackageTold, settings: ShipStationSettings) -> _Wanted:
    """What a label was made for: our own free fields where we made the shipment, else the field that is set."""
    shipment = kept.shipment or kept.label.shipment or ShipmentTold()
    own = shipment.options
    given = shipment.external_shipment_id or kept.label.external_shipment_id
    if own.custom_field1 and external_id(own.custom_field1) == given:
        return _Wanted(key=own.custom_field1, reference=own.custom_field2, box=box.external_package_id)
    named = given if settings.reference == "external_shipment_id" else shipment.shipment_number
    return _Wanted(key="", reference=named, box=box.external_package_id)


def _cost(*parts: MoneyTold | None) -> Any:
    """The sum of amounts in one currency; None where nothing was told, the first one alone where currencies differ."""
    told = [part.money() for part in parts if part is not None]
    if not told:
        return None
    return sum((part for part in told[1:] if part.currency == told[0].currency), start=told[0])


def told_by(labels: Sequence[RawLabel]) -> list[RawLabel]:
    """Those labels that tell of a box on its way out: with a tracking number, or not labels at all."""
    return [
        label for label in labels if label.outline is None or (label.outline.is_outward and _tracked(label.outline))
    ]


def _tracked(outline: Outline) -> bool:
    """Whether it has a tracking number, or several boxes which may have their own."""
    return bool(outline.tracking_number) or len(outline.packages or ()) > 1
