"""Labels bought through a karrio server.

The server sells a label twice for the same draft if it is asked twice at once, and takes no notice of an idempotency
key. So a draft bears our key in its metadata, and what became of it is looked up there.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from crossdock import (
    AlreadyThere,
    AnswerState,
    FinalAnswer,
    LabelDraft,
    LabelFile,
    NeedsConfig,
    OutcomeUnknown,
    Receipt,
    Record,
    Rejected,
    Unavailable,
    Unreadable,
)
from crossdock.domain import Address, Dimensions, LabelFormat, LabelRequest, Money, Parcel, ShippingRate, digest
from crossdock_shipping.karrio.errors import (
    NOT_JSON,
    explain_error,
    is_broken_call,
    not_as_promised,
    require_success,
    words_of,
)
from crossdock_shipping.karrio.listing import SHIPMENTS, glance_at
from crossdock_shipping.karrio.models import BOX, KEY, WISH, RateTold, ShipmentTold, text_of
from crossdock_shipping.karrio.parcels import KarrioParcels, cost_of, read_shipment
from crossdock_shipping.label_files import format_of

if TYPE_CHECKING:
    import httpx

NOT_FOUND, CONFLICT = 404, 409


class _Document(msgspec.Struct):
    base64: str | None = None


class KarrioLabels(KarrioParcels):
    """One karrio server as a shipping provider that sells labels."""

    async def find_label(self, wanted: LabelRequest) -> LabelDraft | None:
        """What bears our key: what was bought and not cancelled, else what was bought, else the draft of this wish."""
        rows = [row async for row in self._listing.of_number(wanted.reference) if bears(row, wanted.key)]
        found = [(read_known(row), row) for row in rows]
        if sold := oldest_label(found):
            told, row = sold
            return LabelDraft(told.id, bought=Record(told.id, row))
        if any(told.is_half_bought for told, _ in found):
            raise Unavailable(f"karrio has begun to write down a label for {wanted.key} and not finished it yet")
        wish = wish_of(self._document(wanted))
        drafts = [told for told, _ in found if not told.is_voided and text_of(told.metadata, WISH) == wish]
        return await self._with_offers(drafts[-1]) if drafts else None

    async def draft_label(self, wanted: LabelRequest) -> LabelDraft:
        if wanted.is_international:
            raise Rejected(
                f"{wanted.reference} crosses a border, and customs papers are not filled in; buy its label in karrio"
            )
        document = self._document(wanted)
        marks = {KEY: wanted.key, BOX: wanted.box, WISH: wish_of(document)}
        body = msgspec.json.encode({**document, "metadata": marks})
        answer = await self._ctx.http.send("POST", SHIPMENTS, content=body, raw=True)
        if answer.status_code >= 500:
            raise OutcomeUnknown(f"karrio answered a draft for {wanted.key} with {words_of(answer)}")
        if answer.status_code == NOT_FOUND:
            raise NeedsConfig(
                f"karrio has no carrier that could take {wanted.key} ({words_of(answer)}); connect one in karrio for "
                "this key, or correct carriers and base_url in the settings"
            )
        require_success(answer, f"a draft for {wanted.key}")
        try:
            return draft_of(read_shipment(Record(wanted.key, answer.content)))
        except Unreadable as error:
            raise OutcomeUnknown(f"karrio answered a draft with something unexpected: {error}") from None

    async def buy_label(self, wanted: LabelRequest, draft: LabelDraft, rate: ShippingRate) -> Receipt:
        body = msgspec.json.encode({"selected_rate_id": rate.ref, "label_type": wanted.format.value})
        answer = await self._ctx.http.send("POST", f"{SHIPMENTS}/{draft.ref}/purchase", content=body, raw=True)
        if answer.status_code == CONFLICT:
            raise await self._sold_before(draft)
        require_sold(answer, wanted.key)
        return Receipt(draft.ref)

    async def fetch_label(self, parcel: Parcel, format: LabelFormat) -> LabelFile:
        """The file as it was bought: the server keeps one format and makes no other."""
        path, what = f"{SHIPMENTS}/{parcel.external_id}/documents/label", f"the label of {parcel.tracking_number}"
        answer = await self._ctx.http.send("POST", path, repeatable=True, raw=True)
        require_success(answer, what)
        try:
            content = base64.b64decode(msgspec.json.decode(answer.content, type=_Document).base64 or "", validate=True)
        except (*NOT_JSON, binascii.Error):
            raise not_as_promised(what, answer.content) from None
        kind = format_of(content)
        if kind is None:
            raise Rejected(f"karrio holds no PDF, ZPL or PNG as {what}; print it there")
        return LabelFile(content, kind)

    async def void_label(self, parcel: Parcel) -> FinalAnswer:
        """Cancel a shipment; one that is cancelled is answered as if it had been done now."""
        path = f"{SHIPMENTS}/{parcel.external_id}/cancel"
        answer = await self._ctx.http.send("POST", path, repeatable=True, raw=True)
        said = explain_error(answer.status_code, answer.content)
        if answer.status_code == CONFLICT or (answer.status_code == 424 and not is_broken_call(answer)):
            return FinalAnswer(AnswerState.REFUSED, said)
        require_success(answer, what := f"the cancelling of {parcel.tracking_number}")
        try:
            told = read_shipment(Record(parcel.external_id, answer.content))
        except Unreadable:
            raise not_as_promised(what, answer.content) from None
        if told.is_voided:
            return FinalAnswer(AnswerState.ACCEPTED)
        return FinalAnswer(AnswerState.REFUSED, f"karrio shows it as {told.status} after that")

    def _document(self, wanted: LabelRequest) -> dict[str, Any]:
        """The wish as a draft; `service` stays out of it, as it would have the label bought at once."""
        settings = self._ctx.settings
        document = {
            settings.number_in: wanted.reference,
            "shipper": address(wanted.ship_from),
            "recipient": address(wanted.ship_to),
            "parcels": [piece(wanted)],
            "label_type": wanted.format.value,
        }
        return {**document, "carrier_ids": settings.carriers} if settings.carriers else document

    async def _with_offers(self, told: ShipmentTold) -> LabelDraft:
        """The draft; offers are asked for once more where no carrier made one when it was written."""
        if told.rates:
            return draft_of(told)
        path, body = f"{SHIPMENTS}/{told.id}/rates", msgspec.json.encode({"carrier_ids": self._ctx.settings.carriers})
        answer = await self._ctx.http.send("POST", path, content=body, repeatable=True, raw=True)
        require_success(answer, f"offers for the draft {told.id}")
        try:
            return draft_of(read_shipment(Record(told.id, answer.content)))
        except Unreadable:
            raise not_as_promised("offers", answer.content) from None

    async def _sold_before(self, draft: LabelDraft) -> AlreadyThere | OutcomeUnknown | Rejected:
        """What follows when a draft is none any more: it was bought, or somebody cancelled it."""
        answer = await self._ctx.http.get(f"{SHIPMENTS}/{draft.ref}", raw=True)
        require_success(answer, f"the shipment {draft.ref}")
        try:
            told = read_shipment(Record(draft.ref, answer.content))
        except Unreadable:
            raise OutcomeUnknown(f"karrio says that {draft.ref} is no draft any more, but not what it is") from None
        if told.is_bought:
            return AlreadyThere(draft.ref)
        if not told.is_voided:
            return OutcomeUnknown(
                f"karrio says that {draft.ref} cannot be bought any more, and shows it as {told.status}"
            )
        return Rejected(f"somebody cancelled the draft {draft.ref} in karrio before it was bought")


def require_sold(answer: "httpx.Response", key: str) -> None:
    """Raise what follows from the answer to a purchase unless it says that it was sold."""
    status = answer.status_code
    if is_broken_call(answer):
        raise Rejected(
            f"karrio lost touch with the carrier while it bought a label for {key} and does not know what the carrier "
            f"did ({words_of(answer)}); look for it in the carrier's own account before you let it be bought again"
        )
    if status in (408, 499) or status >= 500:
        raise OutcomeUnknown(f"karrio answered the purchase for {key} with {words_of(answer)}; look it up")
    if status >= 400:
        raise Rejected(explain_error(status, answer.content))
    if not _is_shipment(answer.content):
        raise OutcomeUnknown(f"karrio answered the purchase for {key} with something unexpected; look it up")


def _is_shipment(body: bytes) -> bool:
    try:
        return read_shipment(Record("", body)).is_bought
    except Unreadable:
        return False


def bears(row: bytes, key: str) -> bool:
    """Whether a raw shipment has this key of ours."""
    marks = glance_at(row).metadata
    return isinstance(marks, dict) and text_of(marks, KEY) == key


def read_known(row: bytes) -> ShipmentTold:
    """A shipment that bears our key; raises `Rejected` when it cannot be read, since it may be a label."""
    try:
        return read_shipment(Record(glance_at(row).id, row))
    except Unreadable as error:
        raise Rejected(f"karrio has something under this key that cannot be read; look at it there ({error})") from None


def oldest_label(found: Sequence[tuple[ShipmentTold, bytes]]) -> tuple[ShipmentTold, bytes] | None:
    """Of shipments, the newest first, the first that was bought; one that was cancelled counts last."""
    sold = [one for one in found if one[0].is_bought]
    live = [one for one in sold if not one[0].is_voided]
    return next(reversed(live or sold), None)


def draft_of(told: ShipmentTold) -> LabelDraft:
    """A draft with its offers, and what carriers said that made none."""
    offers = tuple(offer for rate in told.rates if (offer := offer_of(rate)))
    return LabelDraft(told.id, offers, tuple(said.words for said in told.messages if said.words))


def offer_of(rate: RateTold) -> ShippingRate | None:
    """What a carrier asks, where it says how much and for what."""
    cost: Money | None = cost_of(rate)
    if cost is None or not rate.id or not rate.service:
        return None
    return ShippingRate(
        ref=rate.id, carrier=rate.carrier, service_level=rate.service, cost=cost, days=rate.transit_days
    )


def wish_of(document: dict[str, Any]) -> str:
    """Stands for all that a draft asks for: one whose wish has changed since is not bought."""
    return digest(msgspec.json.encode(document, order="deterministic")).hex()


def address(place: Address) -> dict[str, str]:
    """Where something goes, in karrio's words; what is not known is left out."""
    told = {
        "person_name": place.name,
        "company_name": place.company,
        "address_line1": place.line1,
        "address_line2": place.line2,
        "city": place.city,
        "state_code": place.region,
        "postal_code": place.postal_code,
        "country_code": place.country.strip().upper(),
        "phone_number": place.phone,
        "email": place.email,
    }
    return {name: value for name, value in told.items() if value.strip()}


def piece(wanted: LabelRequest) -> dict[str, Any]:
    """The box, in karrio's units, which are ours in capitals."""
    box = {"weight": float(wanted.weight.value), "weight_unit": wanted.weight.unit.value.upper()}
    return box | (sides(wanted.dimensions) if wanted.dimensions else {})


def sides(outer: Dimensions) -> dict[str, Any]:
    """The outer sides of a box, in karrio's words."""
    return {
        "length": float(outer.length),
        "width": float(outer.width),
        "height": float(outer.height),
        "dimension_unit": outer.unit.value.upper(),
    }
