"""Calls that karrio makes by itself: proof of where they come from, and the shipment in them.

The server sends the webhook's secret as it is, and no time: a call proves who made it, not when. A call that comes
again does no harm, since a label that was taken back stays so.
"""

import hmac
from collections.abc import Mapping, Sequence

import msgspec
from pydantic import SecretStr

from crossdock import NeedsAuth, Record, Unreadable
from crossdock_shipping.karrio.errors import NOT_JSON
from crossdock_shipping.karrio.listing import bought

PROOF = "x-event-id"
ABOUT_SHIPMENTS = "shipment_"


class Event(msgspec.Struct):
    """What happened, and to what."""

    event: str
    data: msgspec.Raw


_event = msgspec.json.Decoder(Event)


def require_proof(headers: Mapping[str, str], secret: SecretStr | None) -> None:
    """Raise `NeedsAuth` unless the call bears the webhook's secret."""
    if secret is None:
        raise NeedsAuth("set webhook_secret to the `secret` that karrio gave the webhook, or remove the webhook there")
    if not hmac.compare_digest(headers.get(PROOF, "").encode(), secret.get_secret_value().encode()):
        raise NeedsAuth(f"the call does not bear webhook_secret as its {PROOF}")


def pushed(body: bytes) -> Sequence[Record]:
    """The shipment that a call is about; none where it is about something else, or about a draft."""
    try:
        told = _event.decode(body)
    except NOT_JSON:
        raise Unreadable("a call that is no event of karrio") from None
    record = bought(bytes(told.data)) if told.event.startswith(ABOUT_SHIPMENTS) else None
    return [record] if record else []
