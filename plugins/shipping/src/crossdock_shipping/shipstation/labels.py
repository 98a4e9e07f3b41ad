"""Labels bought in one account, in steps of which only one costs money: shipment, rates, label."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec
from pydantic import BaseModel, ValidationError

from crossdock import (
    AlreadyThere,
    AnswerState,
    CrossdockError,
    FinalAnswer,
    LabelDraft,
    LabelFile,
    NeedsConfig,
    OutcomeUnknown,
    Receipt,
    Rejected,
    Unavailable,
    error_text,
)
from crossdock.domain import Address, AddressFinding, LabelFormat, LabelRequest, Parcel, ShippingRate
from crossdock_shipping.label_files import format_of
from crossdock_shipping.shipstation.addresses import finding_of
from crossdock_shipping.shipstation.client import decoded, encoded, look_up, write
from crossdock_shipping.shipstation.errors import NOT_JSON, error_of, not_as_promised, refusal_of
from crossdock_shipping.shipstation.models import DownloadTold, LabelTold, RatesTold, ShipmentTold
from crossdock_shipping.shipstation.parcels import ShipStationParcels
from crossdock_shipping.shipstation.rates import offers_of
from crossdock_shipping.shipstation.records import RawLabel, label_id_of, records_of
from crossdock_shipping.shipstation.wish import address_fields, external_id, fingerprint_of, shipment_of

M = TypeVar("M", bound=BaseModel)

_BOUGHT = frozenset({"processing", "label_purchased"})
_CANCELLED = "cancelled"


class _Validation(msgspec.Struct):
    status: str
    messages: list[Any] | None = None


class _Made(msgspec.Struct):
    shipment_id: str | None = None
    errors: list[Any] | None = None
    address_validation: _Validation | None = None


class _Created(msgspec.Struct):
    shipments: list[_Made]


class _Bought(msgspec.Struct):
    label_id: str
    status: str | None = None


class _Voided(msgspec.Struct):
    approved: bool
    message: str | None = None


class _RatesAnswer(msgspec.Struct):
    rate_response: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Held:
    """What ShipStation has under one of our keys."""

    told: ShipmentTold
    data: bytes
    labels: Sequence[RawLabel]


class ShipStationLabels(ShipStationParcels):
    """One account as a shipping provider that sells labels."""

    async def find_label(self, wanted: LabelRequest) -> LabelDraft | None:
        held = await self._held(wanted)
        if held is None:
            return None
        if (draft := self._bought(held, wanted)) is not None:
            return draft
        kept = held.told.options.custom_field3
        if kept and kept != fingerprint_of(wanted, self._ctx.settings):
            return None  # drafted for an earlier wish: it is brought up to date before anything is bought
        return await self._rated(held.told.shipment_id)

    async def draft_label(self, wanted: LabelRequest) -> LabelDraft:
        shipment = shipment_of(wanted, self._ctx.settings)
        try:
            made = await self._create(shipment)
        except Rejected:
            # An id is unique in the account: it may be refused because it is there, by a call whose answer was lost.
            held = await self._held(wanted)
            if held is None:
                raise
            return self._bought(held, wanted) or await self._brought_up_to_date(held, shipment)
        _require_address(made)
        return await self._rated(made.shipment_id or "")

    async def buy_label(self, wanted: LabelRequest, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        await self._require_unbought(draft.ref)
        order = self._order(wanted.format)
        answer = await self._ctx.http.send("POST", f"/v2/labels/rates/{rate.ref}", content=encoded(order), raw=True)
        if answer.is_success:
            return _receipt(answer)
        if answer.status_code >= 500 or answer.status_code == 408:
            raise OutcomeUnknown(f"ShipStation answered {answer.status_code} to a purchase: {_said(answer)}")
        refusal = error_of(answer)
        if isinstance(refusal, Rejected):
            await self._require_unbought(draft.ref)
        raise refusal

    async def fetch_label(self, parcel: Parcel, format: LabelFormat) -> LabelFile:
        label = await self._label(label_id_of(parcel.external_id))
        content = io.BytesIO()
        await self._ctx.http.download(_file_of(label, parcel.external_id, format), content)
        if (given := format_of(content.getvalue())) is None:
            raise not_as_promised(f"the file of the label {label.label_id}", content.getvalue())
        return LabelFile(content.getvalue(), given)

    async def void_label(self, parcel: Parcel) -> FinalAnswer:
        label_id = label_id_of(parcel.external_id)
        path = f"/v2/labels/{label_id}/void"
        answer = await self._ctx.http.send("PUT", path, repeatable=True, raw=True)
        words = _refused_void(answer)
        if words is None or (await self._label(label_id)).is_voided:
            return FinalAnswer(AnswerState.ACCEPTED)
        return FinalAnswer(AnswerState.REFUSED, words)

    async def check_address(self, address: Address) -> AddressFinding:
        asked = [{name: part for name, part in address_fields(address).items() if part is not None}]
        path = self._ctx.settings.address_path
        answer = await self._ctx.http.send("POST", path, content=msgspec.json.encode(asked), repeatable=True, raw=True)
        if answer.status_code == 404:
            raise NeedsConfig(
                f"ShipStation checks no address at {path}; correct address_path in the settings, "
                "or set check_address = false in the pipeline's labels"
            )
        if not answer.is_success:
            raise error_of(answer)
        return finding_of(answer.content, address)

    async def _held(self, wanted: LabelRequest) -> _Held | None:
        """The shipment under a key with all its labels; raises `Rejected` when the key is somebody else's."""
        data = await look_up(self._ctx.http, f"/v2/shipments/external_shipment_id/{external_id(wanted.key)}")
        if data is None:
            return None
        told = _read(ShipmentTold, data, "a shipment")
        if not told.shipment_id:
            raise not_as_promised("a shipment", data)
        owner = told.options.custom_field1
        if owner and owner != wanted.key.strip():
            raise Rejected(f"the shipment {told.shipment_id} in ShipStation bears our id but belongs to {owner}")
        return _Held(told, data, await self.labels_of(told.shipment_id))

    def _bought(self, held: _Held, wanted: LabelRequest) -> LabelDraft | None:
        """What was bought; None for a draft. Raises `Unavailable` while a purchase is not shown, which is no draft."""
        made = [label for label in held.labels if label.outline and label.outline.is_outward]
        live = [label for label in made if label.outline and not label.outline.is_voided]
        shipment_id, status = held.told.shipment_id, held.told.shipment_status
        if len(live) > 1:
            self._ctx.log.warning("several labels for one box", shipment=shipment_id, labels=len(live))
        for label in live or made:
            return LabelDraft(shipment_id, bought=records_of(label, held.data, wanted)[0])
        underway = any(label.outline and label.outline.status == "processing" for label in held.labels)
        if underway or status in _BOUGHT:
            raise Unavailable(f"the label of shipment {shipment_id} in ShipStation was bought and is not shown yet")
        if status == _CANCELLED:
            raise Rejected(f"the shipment {shipment_id} was cancelled in ShipStation; nothing is bought for it")
        return None

    async def _create(self, shipment: dict[str, Any]) -> _Made:
        """The new shipment, with its id; raises `Rejected` with ShipStation's words when there is none."""
        answer = await write(self._ctx.http, "POST", "/v2/shipments", {"shipments": [shipment]})
        made = decoded(answer, _Created, "a new shipment").shipments
        if len(made) != 1:
            raise not_as_promised("a new shipment", answer.content)
        if made[0].errors or not made[0].shipment_id:
            raise Rejected(*(_words(error) for error in made[0].errors or ()))
        return made[0]

    async def _brought_up_to_date(self, held: _Held, shipment: dict[str, Any]) -> LabelDraft:
        """The draft under this key, made to hold this wish where it was made for an earlier one."""
        if held.told.options.custom_field3 != shipment["advanced_options"]["custom_field3"]:
            await write(self._ctx.http, "PUT", f"/v2/shipments/{held.told.shipment_id}", shipment)
        return await self._rated(held.told.shipment_id)

    async def _rated(self, shipment_id: str) -> LabelDraft:
        settings = self._ctx.settings
        carriers = settings.carrier_ids or [carrier.carrier_id for carrier in await self.carriers()]
        if not carriers:
            raise Rejected("no carrier is connected to the account; connect one in ShipStation")
        options = {
            "carrier_ids": carriers,
            "package_types": [settings.package_code],
            "service_codes": settings.service_codes or None,
        }
        answer = await write(self._ctx.http, "POST", "/v2/rates", {"shipment_id": shipment_id, "rate_options": options})
        told = _read(RatesTold, bytes(decoded(answer, _RatesAnswer, "rates").rate_response), "rates")
        rates, words = offers_of(told, settings.package_code)
        return LabelDraft(shipment_id, rates, words)

    async def _require_unbought(self, shipment_id: str) -> None:
        """Raise `AlreadyThere` when the shipment was bought: it is not documented that it cannot be bought twice."""
        data = await look_up(self._ctx.http, f"/v2/shipments/{shipment_id}")
        if data is None:
            raise Rejected(f"there is no shipment {shipment_id} in ShipStation any more; draft the label again")
        if _read(ShipmentTold, data, "a shipment").shipment_status in _BOUGHT:
            raise AlreadyThere(shipment_id)

    def _order(self, format: LabelFormat) -> dict[str, str]:
        settings = self._ctx.settings
        return {
            "validate_address": settings.validate_address,
            "label_format": format.lower(),
            "label_layout": settings.label_layout if format is LabelFormat.PDF else "4x6",
            "label_download_type": "url",
        }

    async def _label(self, label_id: str) -> LabelTold:
        data = await look_up(self._ctx.http, f"/v2/labels/{label_id}")
        if data is None:
            raise Rejected(f"there is no label {label_id} in ShipStation")
        return _read(LabelTold, data, "a label")


def _require_address(made: _Made) -> None:
    """Raise `Rejected` when the address was found to be wrong; the draft stays, and may be bought all the same."""
    checked = made.address_validation
    if checked is not None and checked.status == "error":
        words = "; ".join(_words(message) for message in checked.messages or ())
        raise Rejected(f"the address cannot be delivered to: {words or 'no reason is given'}")


def _receipt(answer: httpx.Response) -> Receipt:
    """What was bought; raises `OutcomeUnknown` when the answer does not say so."""
    try:
        bought = msgspec.json.decode(answer.content, type=_Bought)
    except NOT_JSON:
        words = error_text(answer.content, 120) or "nothing"
        raise OutcomeUnknown(f"ShipStation answered a purchase with something unexpected: {words}") from None
    if bought.status == "error":
        raise OutcomeUnknown(f"ShipStation made the label {bought.label_id} with an error; look at it there")
    return Receipt(bought.label_id, note="the label is still being made" if bought.status == "processing" else "")


def _refused_void(answer: httpx.Response) -> str | None:
    """Why a label was not voided, or None if it was; raises what follows when that is not said."""
    if answer.is_success:
        told = decoded(answer, _Voided, "a void")
        return None if told.approved else error_text(told.message or "refused without a reason")
    error: CrossdockError = error_of(answer)
    if isinstance(error, Rejected):
        return str(error)
    raise error


def _file_of(label: LabelTold, external_id: str, format: LabelFormat) -> str:
    """Where the file of one box is: in the format asked for, else in one that there is."""
    place = int(external_id.partition("/")[2] or 1) - 1
    box = label.packages[place].label_download if place < len(label.packages) else None
    files = box or label.label_download or DownloadTold()
    for given in (format, *LabelFormat):
        if url := getattr(files, given.lower()):
            return str(url)
    if files.href:
        return files.href
    raise Unavailable(f"ShipStation shows no file of the label {label.label_id} yet")


def _read(model: type[M], data: bytes, what: str) -> M:
    try:
        return model.model_validate_json(data)
    except (ValidationError, OverflowError):
        raise not_as_promised(what, data) from None


def _said(answer: httpx.Response) -> str:
    return str(refusal_of(answer.content)) or "nothing"


def _words(error: Any) -> str:
    """One of the errors of a shipment: documented as text, shown in examples as an object with a message."""
    return error_text(error.get("message", error) if isinstance(error, dict) else error)
