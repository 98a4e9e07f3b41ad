"""Buys labels: a shipment is the draft, one of its rates is bought, and it can be bought once only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from crossdock import (
    AlreadyThere,
    AnswerState,
    ConnectionContext,
    FinalAnswer,
    LabelDraft,
    LabelFile,
    NeedsConfig,
    OutcomeUnknown,
    Receipt,
    Rejected,
    error_text,
)
from crossdock.domain import LabelFormat, LabelRequest, Money, Parcel, ShippingRate
from crossdock_shipping.easypost.calls import shipment_body, told_in, written
from crossdock_shipping.easypost.drafting import draft_document
from crossdock_shipping.easypost.listing import moment, sold_within
from crossdock_shipping.easypost.models import LabelTold, MessageTold, RateTold, ShipmentTold
from crossdock_shipping.easypost.reading import is_taken_back, record_of
from crossdock_shipping.easypost.references import reference_of
from crossdock_shipping.easypost.refusals import (
    ALREADY_BOUGHT,
    error_of,
    error_of_write,
    not_as_promised,
    refusal_in,
)
from crossdock_shipping.easypost.settings import EasyPostSettings
from crossdock_shipping.label_files import format_of

FORMATS = {"image/png": LabelFormat.PNG, "application/pdf": LabelFormat.PDF, "application/zpl": LabelFormat.ZPL}
"""What the type of a label's file is called; that of ZPL is assumed, so the end of its address counts as well."""

_MEANING = {
    "submitted": "the refund was asked for; the carrier decides on the money within 30 days",
    "refunded": "the money is back",
    "rejected": "the carrier rejected the refund",
    "not_applicable": "the carrier bills on scan: there is nothing to refund",
}


class _Rates(BaseModel):
    rates: tuple[Any, ...] = ()


class EasyPostLabels:
    """The part of the provider that spends money."""

    def __init__(self, ctx: ConnectionContext[EasyPostSettings]) -> None:
        self._ctx = ctx

    async def find_label(self, wanted: LabelRequest) -> LabelDraft | None:
        reference = reference_of(self._ctx.settings.reference_prefix, wanted.key)
        body = await shipment_body(self._ctx, reference)
        if body is None:
            return None
        told = told_in(ShipmentTold, body, f"the look-up of {reference}")
        if told.reference != reference:
            raise Rejected(
                f"asked for reference {reference}, EasyPost gave shipment {told.id} with reference {told.reference!r}; "
                "nothing is bought before a person has looked there"
            )
        if not told.is_bought:
            body = await self._bought_twin(told) or body
        return await self._draft(body)

    async def draft_label(self, wanted: LabelRequest) -> LabelDraft:
        document = draft_document(wanted, self._ctx.settings)
        body = await written(self._ctx, f"draft a label for {wanted.key}", "/shipments", document, repeatable=False)
        told = told_in(ShipmentTold, body, "a draft")
        self._require_mode(told)
        return LabelDraft(told.id, rates_in(told.rates), words_in(told.messages))

    async def buy_label(self, wanted: LabelRequest, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        what = f"{self._ctx.name}: label of {wanted.key} as {draft.ref}"
        content = msgspec.json.encode({"rate": {"id": rate.ref}})
        answer = await self._ctx.http.send("POST", f"/shipments/{draft.ref}/buy", content=content, raw=True)
        if answer.status_code >= 400:
            refusal = refusal_in(answer.content)
            if refusal and refusal.code == ALREADY_BOUGHT:
                raise AlreadyThere(draft.ref)
            raise error_of_write(what, answer)
        return receipt_in(what, answer.content)

    async def fetch_label(self, parcel: Parcel, format: LabelFormat) -> LabelFile:
        label = await self._label(parcel)
        url, found = file_of(label, format)
        if found is not format and found is LabelFormat.PNG:
            url, found = await self._converted(parcel, format) or (url, found)
        if not url:
            raise Rejected(f"EasyPost has no file of the label of shipment {parcel.external_id}")
        content = BytesIO()
        await self._ctx.http.download(url, content)
        if (given := format_of(content.getvalue())) is None:
            raise not_as_promised(f"the file of the label of {parcel.external_id}", content.getvalue())
        return LabelFile(content.getvalue(), given)

    async def void_label(self, parcel: Parcel) -> FinalAnswer:
        """As the contract says; a refund that is under way is not asked for again, one that was rejected is."""
        state = (await self._shipment(parcel)).refund_status
        if state not in ("submitted", "refunded"):
            answer = await self._ctx.http.send(
                "POST", f"/shipments/{parcel.external_id}/refund", content=b"{}", raw=True
            )
            refusal = refusal_in(answer.content)
            if answer.status_code == 422 and refusal and refusal.code.startswith("SHIPMENT.REFUND."):
                return FinalAnswer(AnswerState.REFUSED, error_text(refusal.message or refusal.code))
            if answer.status_code >= 400:
                raise error_of_write(f"{self._ctx.name}: take back {parcel.external_id}", answer)
            state = told_in(ShipmentTold, answer.content, "a refund").refund_status
        return verdict_of(state, self._ctx.settings)

    async def _bought_twin(self, draft: ShipmentTold) -> bytes | None:
        """The bought one of several shipments with this reference, as EasyPost may give the wrong one of them.

        There are several only where the answer to a draft was lost and the draft did not show at once, so all of them
        were made within `overlap` of each other.
        """
        reach = timedelta(seconds=self._ctx.settings.overlap)
        window = {
            "start_datetime": moment(_shifted(draft.created_at, -reach)),
            "end_datetime": moment(_shifted(draft.created_at, reach)),
        }
        async for row in sold_within(self._ctx, window):
            if _reference_in(row) == draft.reference:
                return row
        return None

    async def _draft(self, body: bytes) -> LabelDraft:
        told = told_in(ShipmentTold, body, "a draft")
        self._require_mode(told)
        if told.is_bought:
            return LabelDraft(told.id, bought=record_of(body))
        rates = told.rates if self._are_fresh(told) else await self._rated_again(told)
        return LabelDraft(told.id, rates_in(rates), words_in(told.messages))

    def _are_fresh(self, draft: ShipmentTold) -> bool:
        """Whether the rates of a draft are young enough to be bought."""
        rates = (_rate_in(one) for one in draft.rates)
        made = [rate.created_at for rate in rates if rate and rate.created_at]
        oldest = min(made, default=draft.created_at)
        return self._ctx.clock.now() - oldest < timedelta(seconds=self._ctx.settings.rates_last)

    async def _rated_again(self, draft: ShipmentTold) -> tuple[Any, ...]:
        body = await written(self._ctx, f"rates of {draft.id}", f"/shipments/{draft.id}/rerate", {}, repeatable=True)
        return told_in(_Rates, body, "rates").rates

    def _require_mode(self, told: ShipmentTold) -> None:
        wanted = self._ctx.settings.mode
        if told.mode and told.mode != wanted:
            raise NeedsConfig(
                f"{self._ctx.name}: the key makes {told.mode} labels and mode is '{wanted}'; set the key of that mode, "
                "or change mode"
            )

    async def _shipment(self, parcel: Parcel) -> ShipmentTold:
        body = await shipment_body(self._ctx, parcel.external_id)
        if body is None:
            raise Rejected(f"EasyPost knows no shipment {parcel.external_id}")
        return told_in(ShipmentTold, body, f"shipment {parcel.external_id}")

    async def _label(self, parcel: Parcel) -> LabelTold:
        return (await self._shipment(parcel)).postage_label or LabelTold()

    async def _converted(self, parcel: Parcel, format: LabelFormat) -> tuple[str, LabelFormat] | None:
        """The label in another format; None where EasyPost does not make it."""
        path = f"/shipments/{parcel.external_id}/label"
        answer = await self._ctx.http.get(path, params={"file_format": format.value}, raw=True)
        if answer.status_code == 422:
            return None
        if answer.status_code >= 400:
            raise error_of(f"{self._ctx.name}: label of {parcel.external_id}", answer)
        label = told_in(ShipmentTold, answer.content, "a label").postage_label or LabelTold()
        url, found = file_of(label, format)
        return (url, found) if found is format else None


def rates_in(rates: tuple[Any, ...]) -> tuple[ShippingRate, ...]:
    """The offers that can be read."""
    return tuple(
        ShippingRate(
            ref=rate.id,
            carrier=rate.carrier,
            service_level=rate.service,
            cost=Money(amount=rate.rate, currency=rate.currency),
            days=rate.delivery_days,
        )
        for rate in map(_rate_in, rates)
        if rate
    )


def words_in(messages: tuple[MessageTold, ...]) -> tuple[str, ...]:
    """Why carriers make no offer."""
    return tuple(f"{said.carrier or 'EasyPost'}: {error_text(said.message)}" for said in messages if said.message)


def receipt_in(what: str, body: bytes) -> Receipt:
    """The receipt in a good answer to a purchase; one that does not show the label leaves the purchase in doubt."""
    try:
        told = ShipmentTold.model_validate_json(body)
    except ValidationError:
        raise OutcomeUnknown(f"{what} may have been bought; EasyPost answered with something else") from None
    if not told.is_bought:
        raise OutcomeUnknown(f"{what} may have been bought; EasyPost's answer shows no label yet")
    return Receipt(told.id, f"tracking number {told.tracking_code}" if told.tracking_code else "")


def file_of(label: LabelTold, format: LabelFormat) -> tuple[str, LabelFormat]:
    """Where the file in this format is, or else the one that was bought, with the format of what is there."""
    made = {LabelFormat.PDF: label.label_pdf_url, LabelFormat.ZPL: label.label_zpl_url}.get(format)
    if made:
        return made, format
    url = label.label_url or ""
    ending = url.partition("?")[0].rpartition(".")[2].upper()
    by_name = LabelFormat(ending) if ending in LabelFormat.__members__ else LabelFormat.PDF
    return url, FORMATS.get((label.label_file_type or "").lower(), by_name)


def verdict_of(refund_status: str | None, settings: EasyPostSettings) -> FinalAnswer:
    """What the state of a refund means for the label."""
    words = _MEANING.get(refund_status or "", f"the refund is {refund_status or 'not shown'}")
    if is_taken_back(refund_status, settings):
        return FinalAnswer(AnswerState.ACCEPTED, words)
    return FinalAnswer(AnswerState.PENDING if refund_status == "submitted" else AnswerState.REFUSED, words)


class _Referenced(msgspec.Struct):
    reference: str | None = None


def _reference_in(row: bytes) -> str | None:
    try:
        return msgspec.json.decode(row, type=_Referenced).reference
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _rate_in(one: Any) -> RateTold | None:
    try:
        return RateTold.model_validate(one if isinstance(one, Mapping) else None)
    except ValidationError:
        return None


def _shifted(when: datetime, by: timedelta) -> datetime:
    """A time that much later, or as it is where the calendar ends."""
    try:
        return when + by
    except OverflowError:
        return when
