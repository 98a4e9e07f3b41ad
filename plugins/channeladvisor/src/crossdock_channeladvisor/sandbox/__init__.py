"""The simulated ChannelAdvisor: an HTTP service with the paging, limits, refusals and error bodies of the real one.

The API
    POST   /oauth2/token                  refresh-token grant, Basic auth
    GET    /v1/Profiles                   GET /v1/DistributionCenters
    GET    /v1/Orders                     $filter $expand $orderby $top $skip $count exported
    GET    /v1/Orders(ID)                 $expand, never cut
    POST   /v1/Orders(ID)/Export          DELETE removes the mark
    POST   /v1/Orders(ID)/Ship            {"Value": {...}}
    GET    /v1/Fulfillments               $filter $expand $top $skip $count
    GET    /v1/Orders(ID)/Items           and the other collections, where the link of a cut collection leads

Control paths, without token or limits
    GET    /_truth[?touched]              per order: marks, accepted shipments, shipped and open pieces; counts of calls
    POST   /_orders                       an order, shown exactly as given ("ID" is needed), or
                                          {"set": {field: value}} for one more generated order with these fields, or
                                          {"id": ID, "set": {field: value}} to change one; its updated date moves
    POST   /_pay                          clears the payment of every open order that waits for it
    POST   /_save                         writes the state to `state_file`
    GET    /_about                        how to get in
    GET    /_faults  POST /_faults        the fault plan (see `crossdock.sandbox.FaultPlan`)

What no source tells is assumed in the strict direction and said in the module concerned; options are in `options.py`,
the orders in `generator.py` and `odd.py`, the goods, sites and distribution centres in `catalogue.py`.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crossdock import Scenario
from crossdock.sandbox import Faults, Memory, about_route
from crossdock_channeladvisor.sandbox.account import Account
from crossdock_channeladvisor.sandbox.catalogue import ITEM_SKUS, KITS, SITES
from crossdock_channeladvisor.sandbox.control import Control
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import no_route
from crossdock_channeladvisor.sandbox.gate import Gate, Tokens
from crossdock_channeladvisor.sandbox.odd import ODD_IDS
from crossdock_channeladvisor.sandbox.options import Odd, SandboxOptions
from crossdock_channeladvisor.sandbox.service import Service

__all__ = ["ITEM_SKUS", "KITS", "ODD_IDS", "SITES", "Odd", "SandboxOptions", "sandbox_app"]


def sandbox_app(scenario: Scenario) -> Faults:
    """The service as an ASGI application, with `scenario.orders` orders and the `SandboxOptions` of the scenario."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    account, memory = Account(scenario.seed, scenario.orders, options), Memory(options.state_file)
    if (state := memory.recall()) is not None:
        account.restore(state)
    tokens = Tokens(options)
    counts = Counts()
    routes = [
        *Service(account, tokens, counts).routes(),
        *Control(account, counts).routes(),
        memory.route(account.state),
        about_route(_about(options)),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _wrong_method})
    return Faults(Gate(app, tokens, options, counts), options.faults, forget_tokens=tokens.forget)


def _about(options: SandboxOptions) -> str:
    application, secret = next(iter(options.applications.items()))
    form = f"-d grant_type=refresh_token -d refresh_token={options.refresh_token}"
    return (
        f"application_id  {application}\nshared_secret   {secret}\nrefresh_token   {options.refresh_token}\n\n"
        f"  curl -u {application}:{secret} {form} {{url}}/oauth2/token\n"
        "  curl -H \"Authorization: Bearer $ACCESS_TOKEN\" '{url}/v1/Orders?$expand=Items&$top=2'"
    )


async def _not_found(request: Request, error: Exception) -> Response:
    return no_route(str(request.url))


async def _wrong_method(request: Request, error: Exception) -> Response:
    message = f"The requested resource does not support http method '{request.method}'."
    return JSONResponse({"Message": message}, status_code=405)
