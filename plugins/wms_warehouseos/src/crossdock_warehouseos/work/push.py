"""Whether a call comes from the tenant that shares a secret with us, and is not an old one told again."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from crossdock import NeedsAuth
from crossdock_warehouseos.profile import PushNames
from crossdock_warehouseos.settings import PushSettings


def require_proof(
    headers: Mapping[str, str], body: bytes, now: datetime, settings: PushSettings, names: PushNames
) -> None:
    """Raise `NeedsAuth` unless the call is signed with the secret, and lately; without a secret nothing is asked.

    The signature is taken to be HMAC-SHA256 in hexadecimal digits over the time, a point and the body; the time is
    in seconds since 1970.
    """
    if settings.secret is None:
        return
    signed_at = headers.get(names.time_header.lower(), "")
    proof = f"{signed_at}.".encode(errors="replace") + body
    right = hmac.new(settings.secret.get_secret_value().encode(), proof, "sha256").hexdigest()
    given = headers.get(names.signature_header.lower(), "")
    if not hmac.compare_digest(given.lower().encode(errors="replace"), right.encode()):
        raise NeedsAuth(
            f"a call of WarehouseOS has no valid {names.signature_header}; compare push.secret on both sides"
        )
    if not _is_near(signed_at, now, settings.tolerance):
        raise NeedsAuth(
            f"a call of WarehouseOS is signed at {signed_at[:20]}, more than {settings.tolerance} seconds away from "
            f"now; compare the clocks, then {names.time_header}"
        )


def _is_near(signed_at: str, now: datetime, tolerance: int) -> bool:
    is_number = signed_at.isascii() and signed_at.isdigit() and len(signed_at) <= 12
    return is_number and abs(now.timestamp() - int(signed_at)) <= tolerance
