"""What the host's HTTP client must know of EasyPost: its address, key, limits and error words."""

from base64 import b64encode

from crossdock import Endpoint, FixedHeaders, Rate
from crossdock_shipping.easypost.refusals import explain_error
from crossdock_shipping.easypost.settings import EasyPostSettings


def endpoint(settings: EasyPostSettings) -> Endpoint:
    """The address, key and limits of one account; the key is the user of Basic authentication, without password."""
    user = b64encode(f"{settings.api_key.get_secret_value()}:".encode()).decode()
    return Endpoint(
        base_url=settings.base_url.rstrip("/"),
        authentication=FixedHeaders({"Authorization": f"Basic {user}"}),
        concurrency=settings.concurrency,
        rates=(Rate(settings.requests_per_second, 1.0),),
        timeout=settings.timeout,
        explain_error=explain_error,
    )
