"""What the host's HTTP client must know of a parcel look-up service."""

import msgspec

from crossdock import Endpoint, FixedHeaders, Rate, error_text
from crossdock_shipping.lookup.settings import ShippingSettings

KEY_HEADER = "X-Api-Key"


def explain_error(status: int, body: bytes) -> str:
    """The service's own words in a refusal."""
    try:
        return error_text(msgspec.json.decode(body, type=dict[str, str])["error"])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
        return error_text(body)


def endpoint(settings: ShippingSettings) -> Endpoint:
    """The service's address, key and limits."""
    per_minute = settings.requests_per_minute
    return Endpoint(
        base_url=settings.base_url.rstrip("/"),
        authentication=FixedHeaders({KEY_HEADER: settings.api_key.get_secret_value()}),
        concurrency=settings.concurrency,
        rates=(Rate(per_minute, 60.0),) if per_minute else (),
        timeout=settings.timeout,
        explain_error=explain_error,
    )
