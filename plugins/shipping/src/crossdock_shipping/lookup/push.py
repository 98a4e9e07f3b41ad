"""Calls that the service makes by itself: proof of who made them, how old they are, and their parcels; pure."""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock import NeedsAuth, Record, Unavailable, Unreadable
from crossdock_shipping.lookup.answers import parcels_in
from crossdock_shipping.lookup.settings import ShippingSettings

TIMESTAMP, SIGNATURE = "x-timestamp", "x-signature"
_SECONDS = re.compile(r"[0-9]{1,12}")


def signature_of(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a full stop and the body, in hexadecimal digits."""
    signed = f"{stamp}.".encode("utf-8", "replace") + body
    return hmac.new(secret.encode("utf-8", "replace"), signed, "sha256").hexdigest()


def pushed_records(
    headers: Mapping[str, str], body: bytes, now: datetime, settings: ShippingSettings
) -> Sequence[Record]:
    """The parcels of a call that is proven and fresh."""
    _require_proof(headers, body, now, settings)
    try:
        records = parcels_in("the call", body).records
    except Unavailable as error:
        raise Unreadable(str(error)) from None
    if not records:
        raise Unreadable("a call of the parcel service is proven, but holds no parcel")
    return records


def _require_proof(headers: Mapping[str, str], body: bytes, now: datetime, settings: ShippingSettings) -> None:
    if settings.webhook_secret is None:
        raise NeedsAuth("calls of the parcel service are not taken before webhook_secret is set")
    stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    right = signature_of(settings.webhook_secret.get_secret_value(), stamp, body)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
        raise NeedsAuth("a call of the parcel service has no valid X-Signature; compare webhook_secret on both sides")
    if not _SECONDS.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > settings.webhook_tolerance:
        raise NeedsAuth(
            f"a call of the parcel service is of the second {stamp[:40]!r}, more than {settings.webhook_tolerance} "
            "away from now; compare the clocks, then webhook_tolerance"
        )
