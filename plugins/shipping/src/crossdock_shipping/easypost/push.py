"""Events that EasyPost sends to our URL: whether they come from there, and what they tell of labels; pure."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from unicodedata import normalize

import msgspec
from pydantic import ValidationError

from crossdock import NeedsAuth, Record, Unreadable
from crossdock_shipping.easypost.models import EventTold, RefundTold
from crossdock_shipping.easypost.reading import NOT_JSON
from crossdock_shipping.easypost.settings import WebhookSettings

SIGNED = "hmac-sha256-hex="


class _Result(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")


def pushed_records(
    headers: Mapping[str, str], body: bytes, now: datetime, webhook: WebhookSettings | None
) -> Sequence[Record]:
    """The refund that an event tells of; nothing for an event of another kind, as all kinds come to one URL."""
    if webhook is None:
        raise NeedsAuth("events of EasyPost are not taken before webhook.secret is set")
    sent_at = _require_proof(headers, body, webhook)
    event = _event(body)
    _require_near(sent_at or event.created_at, now, webhook)
    if not event.description.startswith("refund."):
        return ()
    return (_refund(body),)


def signature_of(secret: str, *parts: bytes) -> str:
    """What EasyPost writes into its header: HMAC-SHA256 in hexadecimal digits, the secret in normal form KD."""
    proof = hmac.new(normalize("NFKD", secret).encode("utf-8", "surrogatepass"), b"".join(parts), "sha256")
    return SIGNED + proof.hexdigest()


def _require_proof(headers: Mapping[str, str], body: bytes, webhook: WebhookSettings) -> datetime | None:
    """When the call was signed, as far as its headers say; raises `NeedsAuth` unless it bears the right signature."""
    secret = webhook.secret.get_secret_value()
    if webhook.signature == "body":
        _require_equal(headers.get("x-hmac-signature", ""), signature_of(secret, body), "X-Hmac-Signature")
        return None
    stamp, path = headers.get("x-timestamp", ""), headers.get("x-path", "")
    right = signature_of(secret, f"{stamp}POST{path}".encode("utf-8", "replace"), body)
    _require_equal(headers.get("x-hmac-signature-v2", ""), right, "X-Hmac-Signature-V2")
    return _stamped(stamp)


def _require_equal(given: str, right: str, header: str) -> None:
    bare = given.strip().lower().removeprefix(SIGNED)
    if not hmac.compare_digest((SIGNED + bare).encode("utf-8", "replace"), right.encode()):
        raise NeedsAuth(f"a call of EasyPost has no valid {header}; compare webhook.secret on both sides")


def _stamped(stamp: str) -> datetime:
    try:
        moment = parsedate_to_datetime(stamp)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise NeedsAuth(f"a call of EasyPost is signed with the time {stamp[:40]!r}, which is none") from None


def _require_near(when: datetime | None, now: datetime, webhook: WebhookSettings) -> None:
    if when is None:
        raise NeedsAuth("an event of EasyPost bears no time, so that it may be an old one told again")
    if abs((now - when).total_seconds()) > webhook.tolerance:
        raise NeedsAuth(
            f"a call of EasyPost is of {when}, more than {webhook.tolerance} seconds away from now; compare the "
            "clocks, then webhook.tolerance"
        )


def _event(body: bytes) -> EventTold:
    try:
        return EventTold.model_validate_json(body)
    except ValidationError:
        raise Unreadable("a call of EasyPost is proven, but holds no event") from None


def _refund(body: bytes) -> Record:
    try:
        data = bytes(msgspec.json.decode(body, type=_Result).result)
        return Record(RefundTold.model_validate_json(data).shipment_id, data)
    except (*NOT_JSON, ValidationError):
        raise Unreadable("an event of EasyPost tells of a refund, but not of which label") from None
