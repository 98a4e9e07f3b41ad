"""Which profile a bulk call is for."""

from starlette.requests import Request

from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.options import SandboxOptions


def asked_profile(request: Request, options: SandboxOptions) -> int:
    """The profile that the call names; raises 400 if it is none of the authorization."""
    text = request.query_params.get("profileid", "")
    if text not in map(str, options.profiles):
        raise BadQuery(f"profileid must name a profile of the authorization, not '{text}'.")
    return int(text)
