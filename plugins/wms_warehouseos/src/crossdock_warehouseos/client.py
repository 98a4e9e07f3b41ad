"""What the host's HTTP client must know of a WarehouseOS tenant."""

from crossdock import Endpoint, FixedHeaders, Rate
from crossdock_warehouseos.errors import explainer
from crossdock_warehouseos.settings import WarehouseOSSettings

NOWHERE = "https://warehouseos.invalid"
"""Where the API of a tenant is that is reached by files alone: nothing is called there."""


def endpoint(settings: WarehouseOSSettings) -> Endpoint:
    """The tenant's address, key and limits."""
    per_minute = settings.requests_per_minute
    return Endpoint(
        base_url=settings.base_url.rstrip("/") or NOWHERE,
        authentication=FixedHeaders({settings.profile.auth.key_header: settings.api_key.get_secret_value()}),
        concurrency=settings.concurrency,
        rates=(Rate(per_minute, 60.0),) if per_minute else (),
        timeout=settings.timeout,
        explain_error=explainer(settings.profile.answer),
    )
