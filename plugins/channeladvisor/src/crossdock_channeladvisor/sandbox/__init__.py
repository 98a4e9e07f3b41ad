"""The simulated ChannelAdvisor: an HTTP service with the paging, limits, refusals and error bodies of the real one.

The API
    GET    /oauth2/authorize              the seller approves; POST /oauth2/token gives tokens (`access/authorize.py`)
    GET    /v1/  /v1/$metadata            what there is; the metadata without a token (see `odata/metadata.py`)
    POST   /v1/$batch                     many calls in one (see `odata/batch.py`)
    POST   /v1/ProductExport              and GET: all products in a file (see `bulk/export.py`)
    POST   /v1/ProductUpload              and GET: products from a file (see `bulk/upload.py`; by FTP: `bulk/ftp.py`)
    GET    /v1/Profiles                   /v1/DistributionCenters[(ID)], /v1/Sites[(ID)]
    GET    /v1/Orders                     $filter $select $expand $orderby $top $skip $count exported
    GET    /v1/Orders(ID)                 $select $expand, never cut; PATCH changes (see `orders/editing.py`)
    POST   /v1/Orders(ID)/Export          DELETE removes the mark
    POST   /v1/Orders(ID)/Ship            {"Value": {...}}
    POST   /v1/Orders(ID)/Adjust          and /v1/OrderItems(ID)/Adjust (see `orders/adjustments.py`)
    POST   /v1/Fulfillments               PATCH /v1/Fulfillments(ID), Move, Confirm, Deny (see `orders/fulfillments.py`)
    GET    /v1/Fulfillments[(ID)]         FulfillmentItems, OrderItems, OrderAdjustments, OrderItemAdjustments likewise
    GET    /v1/Orders(ID)/Items           and the other collections, where the link of a cut collection leads
    GET    /v1/Products[(ID)]             POST, PATCH, DELETE, UpdateQuantity, UpdateAttributes, RemoveChildren;
                                          /v1/Products/$count, /v1/Products(ID)/Attributes('x') and the like, and
                                          /v1/AttributeValues(ProductID=ID,Name='x') (see `products/`)
    GET    /v1/DCQuantities               $filter $select $orderby $top $skip $count
    GET    /v1/Webhooks                   POST, PATCH, DELETE and their actions (see `webhooks/service.py`)

Control paths, without token or limits
    GET    /_truth[?touched]              per order: marks, shipments, adjustments, pieces, fulfillments; all counts
    POST   /_orders                       an order, shown exactly as given ("ID" is needed), or
                                          {"set": {field: value}} for one more generated order with these fields, or
                                          {"id": ID, "set": {field: value}} to change one; its updated date moves
    POST   /_pay                          clears the payment of every open order that waits for it
    POST   /_sell                         {sku: quantity, ...} is one more paid order of exactly these lines
    POST   /_cancel                       {"id": ID, "line"?: ID, "quantity"?: n}: the buyer cancels what has not left
    POST   /_marketplace                  {"answer": "accept"|"refuse", "order"?: ID, "what"?, "comment"?}: what waits
    POST   /_export                       {"id": ID, "application"?, "removed"?}: another tool marks an order
    POST   /_products  POST /_stock       what a person does to products and quantities (see `products/control.py`)
    GET    /_truth/stock[?sku=SKU]        per product: its numbers by centre, and what changed them
    GET    /_truth/uploads                what became of uploaded files, row by row
    POST   /_ftp/open  POST /_ftp/pick_up opens the FTP server; takes in the files that came by FTP
    POST   /_save                         writes the state to `state_file`
    GET    /_about                        how to get in
    GET    /_rehearsal  /_effects         POST /_work: what every simulator tells (see `crossdock.sandbox.rehearsal`)
    GET    /_faults  POST /_faults        the fault plan (see `crossdock.sandbox.FaultPlan`)

What no source tells is assumed in the strict direction and said in the module concerned; options are in `options.py`,
the orders in `orders/generator.py` and `odd.py`, the goods, sites and distribution centres in `catalogue.py`.
"""

from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crossdock import Scenario
from crossdock.sandbox import Faults, Memory, about_route, rehearsal_routes
from crossdock_channeladvisor.sandbox.access.authorize import Authorization
from crossdock_channeladvisor.sandbox.access.gate import Gate, Tokens
from crossdock_channeladvisor.sandbox.access.limits import UrlLimit
from crossdock_channeladvisor.sandbox.bulk.export import Exports
from crossdock_channeladvisor.sandbox.bulk.ftp import FtpDoor
from crossdock_channeladvisor.sandbox.bulk.upload import Uploads
from crossdock_channeladvisor.sandbox.catalogue import ITEM_SKUS, KITS, SITES
from crossdock_channeladvisor.sandbox.control import Control
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import no_route
from crossdock_channeladvisor.sandbox.odata.batch import Batch
from crossdock_channeladvisor.sandbox.odata.metadata import Metadata
from crossdock_channeladvisor.sandbox.options import Odd, SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.odd import ODD_IDS
from crossdock_channeladvisor.sandbox.orders.service import Service
from crossdock_channeladvisor.sandbox.playing import effects_of, rehearsal_of, work_of
from crossdock_channeladvisor.sandbox.products import ProductControl, Products, ProductService
from crossdock_channeladvisor.sandbox.webhooks.service import Webhooks

__all__ = ["ITEM_SKUS", "KITS", "ODD_IDS", "SITES", "Odd", "SandboxOptions", "sandbox_app"]


class Part(Protocol):
    """A part of the simulator that goes on where it was when the state was saved."""

    def state(self) -> Any: ...
    def restore(self, state: Any) -> None: ...


def sandbox_app(scenario: Scenario) -> Faults:
    """The service as an ASGI application, with `scenario.orders` orders and the `SandboxOptions` of the scenario."""
    options = SandboxOptions.model_validate(dict(scenario.options))
    account, memory = Account(scenario.seed, scenario.orders, options), Memory(options.state_file)
    tokens = Tokens(options)
    counts = Counts()
    authorization = Authorization(tokens, options, counts)
    webhooks = Webhooks(account, counts)
    products = Products(scenario.seed, account)
    parts: dict[str, Part] = {
        "authorization": authorization,
        "account": account,
        "webhooks": webhooks,
        "products": products,
    }
    for name, state in (memory.recall() or {}).items():
        parts[name].restore(state)
    routes = [
        *authorization.routes(),
        *Metadata(counts).routes(),
        Batch(scenario.seed, tokens, options, counts).route(),
        *webhooks.routes(),
        *ProductService(products, counts).routes(),
        *ProductControl(products).routes(),
        *Exports(products, options, counts).routes(),
        *Uploads(products, options, counts).routes(),
        FtpDoor(options).route(),
        *Service(account, counts).routes(),
        *Control(account, webhooks, counts).routes(),
        memory.route(lambda: {name: part.state() for name, part in parts.items()}),
        about_route(_about(options)),
        *rehearsal_routes(rehearsal_of(options, account), effects_of(account, products), work_of(account, products)),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _wrong_method})
    return Faults(
        Gate(UrlLimit(app, options.url_limit), tokens, options, counts), options.faults, forget_tokens=tokens.forget
    )


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
