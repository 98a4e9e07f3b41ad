"""Which profile a bulk call is for; one that names none is for the only one, if it is (a client leaves it out)."""

from starlette.requests import Request

from crossdock_channeladvisor.sandbox.errors import BadQuery
from crossdock_channeladvisor.sandbox.options import SandboxOptions


def asked_profile(request: Request, options: SandboxOptions) -> int:
    """The profile that the call names; raises 400 if it is none of the authorization."""
    only = str(options.profiles[0]) if len(options.profiles) == 1 else ""
    text = request.query_params.get("profileid", only)
    if text not in map(str, options.profiles):
        raise BadQuery(f"profileid must name a profile of the authorization, not '{text}'.")
    return int(text)
