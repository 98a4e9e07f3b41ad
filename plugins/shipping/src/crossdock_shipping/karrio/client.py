"""What the host's HTTP client must know of a karrio server."""

from crossdock import Endpoint, FixedHeaders, Rate
from crossdock_shipping.karrio.errors import explain_error
from crossdock_shipping.karrio.settings import KarrioSettings


def endpoint(settings: KarrioSettings) -> Endpoint:
    """The server's address, key and limits."""
    per_minute = settings.requests_per_minute
    return Endpoint(
        base_url=settings.base_url.rstrip("/"),
        authentication=FixedHeaders({"Authorization": f"Token {settings.api_key.get_secret_value()}"}),
        concurrency=settings.concurrency,
        rates=(Rate(per_minute, 60.0),) if per_minute else (),
        timeout=settings.timeout,
        explain_error=explain_error,
    )
