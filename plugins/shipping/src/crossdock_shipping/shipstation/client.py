"""What the host's HTTP client must know of ShipStation, and how its answers are taken."""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from crossdock import Endpoint, FixedHeaders, HttpClient, Rate
from crossdock_shipping.shipstation.errors import NOT_JSON, error_of, explain_error, not_as_promised
from crossdock_shipping.shipstation.settings import ShipStationSettings

KEY_HEADER = "API-Key"
T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def endpoint(settings: ShipStationSettings) -> Endpoint:
    """The API's address, key and limits."""
    per_minute = settings.requests_per_minute
    return Endpoint(
        base_url=settings.base_url.rstrip("/"),
        authentication=FixedHeaders({KEY_HEADER: settings.api_key.get_secret_value()}),
        concurrency=settings.concurrency,
        rates=(Rate(per_minute, 60.0),) if per_minute else (),
        timeout=settings.timeout,
        explain_error=explain_error,
    )


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as ShipStation takes it: amounts are numbers, what is None is left out."""
    return _ENCODER.encode(without_nothing(document))


def without_nothing(value: Any) -> Any:
    """The same document without the fields that hold None."""
    if isinstance(value, Mapping):
        return {name: without_nothing(held) for name, held in value.items() if held is not None}
    if isinstance(value, list | tuple):
        return [without_nothing(held) for held in value]
    return value


def decoded(answer: httpx.Response, shape: type[T], what: str) -> T:
    """The answer in its expected shape; raises `Unavailable` when it has another."""
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except NOT_JSON:
        raise not_as_promised(what, answer.content) from None


async def look_up(http: HttpClient, path: str) -> bytes | None:
    """One resource as it was sent, or None when there is no such thing."""
    answer = await http.get(path, raw=True)
    if answer.status_code == 404:
        return None
    if not answer.is_success:
        raise error_of(answer)
    return bytes(decoded(answer, msgspec.Raw, path))


async def write(http: HttpClient, method: str, path: str, document: Mapping[str, Any]) -> httpx.Response:
    """The answer to a write that may be carried out twice without harm; raises what follows from a refusal."""
    answer = await http.send(method, path, content=encoded(document), repeatable=True, raw=True)
    if not answer.is_success:
        raise error_of(answer)
    return answer
