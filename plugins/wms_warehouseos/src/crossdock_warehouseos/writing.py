"""Writes to a tenant whose outcome must be known: what an answer to one says."""

import httpx

from crossdock import HttpClient, NeedsConfig, OutcomeUnknown, error_text
from crossdock_warehouseos.errors import require_success

_REFUSALS = frozenset({400, 409, 413, 422})
"""Statuses that say no to what was sent, rather than to the way that it was sent."""


async def write(http: HttpClient, path: str, body: bytes, entry: str) -> httpx.Response:
    """The answer to a POST that is never repeated by itself: it was carried out, or refused for what it carries.

    Raises `OutcomeUnknown` where no answer tells, and what follows where the call as such was refused; `entry` of the
    profile gave the path.
    """
    answer = await http.send("POST", path, content=body, raw=True)
    status = answer.status_code
    if status < 300 or status in _REFUSALS:
        return answer
    said = f"WarehouseOS answered {status} at {path}: {error_text(answer.content, 120) or 'nothing'}"
    if status >= 500 or status == 408:
        raise OutcomeUnknown(f"{said}; look it up before it is sent again")
    require_success(answer, entry)
    raise NeedsConfig(f"{said}; correct base_url in the settings")
