"""Reads one raw shipment, or one raw refund, as a parcel; pure."""

import msgspec
from pydantic import ValidationError

from crossdock import Record, Unreadable
from crossdock.domain import Money, Parcel, Weight, WeightUnit, digest
from crossdock_shipping.easypost.models import BoughtTold, RefundTold
from crossdock_shipping.easypost.references import key_in
from crossdock_shipping.easypost.settings import EasyPostSettings

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not JSON of the shape asked for."""


class _Kind(msgspec.Struct):
    object: str = ""


class _Id(msgspec.Struct):
    id: str


def read_parcel(record: Record, settings: EasyPostSettings) -> Parcel:
    """The parcel that a record tells of; raises `Unreadable` with the part that is wrong."""
    try:
        return _parcel(record, settings)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the record"
        raise Unreadable(f"EasyPost shipment {record.id}: {where}: {fault['msg']}") from None
    except OverflowError:
        raise Unreadable(f"EasyPost shipment {record.id}: postage_label.label_date is out of range") from None


def record_of(data: bytes) -> Record:
    """A raw shipment under its id, or under its content where it has none."""
    try:
        return Record(msgspec.json.decode(data, type=_Id).id or f"digest:{digest(data).hex()}", data)
    except NOT_JSON:
        return Record(f"digest:{digest(data).hex()}", data)


def is_taken_back(refund_status: str | None, settings: EasyPostSettings) -> bool:
    """Whether a label with this state of its refund must not be used any more."""
    states = {"refunded"}
    if settings.voided_when == "submitted":
        states.add("submitted")
    if settings.bill_on_scan_voids:
        states.add("not_applicable")
    return refund_status in states


def _parcel(record: Record, settings: EasyPostSettings) -> Parcel:
    if _kind(record.data) == "Refund":
        return _refunded(RefundTold.model_validate_json(record.data), settings)
    return _bought(BoughtTold.model_validate_json(record.data), settings)


def _kind(data: bytes) -> str:
    try:
        return msgspec.json.decode(data, type=_Kind).object
    except NOT_JSON:
        return ""


def _refunded(told: RefundTold, settings: EasyPostSettings) -> Parcel:
    """What a refund tells: nothing of the order, but which label it was."""
    return Parcel(
        external_id=told.shipment_id,
        tracking_number=told.tracking_code,
        carrier=told.carrier or "",
        voided=is_taken_back(told.status, settings),
    )


def _bought(told: BoughtTold, settings: EasyPostSettings) -> Parcel:
    rate, label = told.selected_rate, told.postage_label
    carrier = (rate.carrier if rate else told.tracker and told.tracker.carrier) or ""
    key = key_in(settings.reference_prefix, told.reference or "")
    return Parcel(
        external_id=told.id,
        tracking_number=told.tracking_code,
        key=key,
        reference=_written(told, "print_custom_1" if key else settings.order_field),
        box=_written(told, "print_custom_2" if key else settings.box_field),
        carrier=carrier,
        service_level=rate.service if rate else "",
        cost=Money(amount=rate.rate, currency=rate.currency) if rate else None,
        weight=_weight(told),
        tracking_url=(told.tracker and told.tracker.public_url) or "",
        shipped_at=label.label_date if label else None,
        voided=is_taken_back(told.refund_status, settings),
    )


def _written(told: BoughtTold, field: str) -> str:
    """What somebody wrote into one of the places for an order number or a box."""
    if field == "none":
        return ""
    written = told.reference if field == "reference" else getattr(told.options, field, None)
    return written or ""


def _weight(told: BoughtTold) -> Weight | None:
    ounces = told.parcel.weight if told.parcel else None
    return Weight(value=ounces, unit=WeightUnit.OUNCE) if ounces else None
