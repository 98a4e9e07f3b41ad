"""How whoever rehearses with a simulator talks to it: three control paths that every simulator answers alike.

    GET  /_rehearsal        how to connect, and with what to play (`Rehearsal`)
    GET  /_effects?kind=K   everything that took effect in the remote system (`Effect`), of one kind or of all
    POST /_work             {"seed": 1}: people work there for a while; gives what they did, counted

The conformance kit and the fault campaigns know of a remote system only what these paths say.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class EffectKind(StrEnum):
    """What can take effect in a remote system.

    Behind the dash stands what `key`, `of`, `units`, `times` and `texts` of such an effect are:

        SALE            - a cart sold what the seller is to ship, paid and open: the order's id; units by its lines.
        ACKNOWLEDGEMENT - a cart's order bears our mark: its id.
        SHIPMENT        - a cart was told of a package: tracking number; of: the order's id; units by its lines.
        ADJUSTMENT      - a cart cancelled or refunded pieces: "cancel" or "refund"; of: the order's id; units by line.
        ORDER           - a warehouse has an order: its number there; of: the key that we gave it; units by SKU.
        PACKAGE         - a warehouse packed a box: its id there; of: our key of the order; units by the line's id;
                          texts: its `tracking_number`, where the warehouse tells one.
        SHORTAGE        - a warehouse gave pieces up: the line's id; of: our key of the order; units by the line's id.
        STOCK           - what there is of a product now: its SKU; units by distribution centre, or by area.
        PRODUCT         - a product is known: its SKU; times: how many products bear it; texts: at least the `title`.
        GOODS           - a warehouse expects goods: the purchase order's number; units by SKU.
        PUTAWAY         - a warehouse put goods away: its transaction; of: the purchase order's number; units by SKU.
        LABEL           - a label is bought and not voided: the key that we bought it under, empty where a person made
                          it; of: the order number that it was made for.
    """

    SALE = "sale"
    ACKNOWLEDGEMENT = "acknowledgement"
    SHIPMENT = "shipment"
    ADJUSTMENT = "adjustment"
    ORDER = "order"
    PACKAGE = "package"
    SHORTAGE = "shortage"
    STOCK = "stock"
    PRODUCT = "product"
    GOODS = "goods"
    PUTAWAY = "putaway"
    LABEL = "label"


class Effect(BaseModel):
    """Something that holds in the remote system because somebody wrote it; `times` is how often it took effect.

    `texts` are what it says besides, under the names of the document that asked for it (`ship_to.name`,
    `tracking_number`), as far as the system keeps them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EffectKind
    key: str
    of: str = ""
    times: int = 1
    units: Mapping[str, int] = Field(default_factory=dict)
    texts: Mapping[str, str] = Field(default_factory=dict)


class OwnCall(BaseModel):
    """A call that a remote system makes by itself: the headers that prove it, names in lower case, and its body.

    `names_sender_only`: its proof says who sends it, and neither when nor what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    headers: Mapping[str, str]
    body: str
    names_sender_only: bool = False


class Scene(BaseModel):
    """One more way to play: options of the scenario, and settings of the connection beside the usual ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: Mapping[str, Any] = Field(default_factory=dict)
    settings: Mapping[str, Any] = Field(default_factory=dict)


class Rehearsal(BaseModel):
    """How to connect to a simulator, and with what to play.

    `settings` are those of a connection, secrets in clear; `{url}` in a text is the simulator's address. `skus` are
    products that it knows, `centers` its distribution centres or areas, `carrier` and `service` a pair that it takes.
    `now` is the moment at which the kit's clock stands (None: that of the machine). `bundles` are SKUs that
    stand there for several others, with the pieces of each. `own_call` is one that the system makes by itself at that
    moment, proven with the secrets of `settings`. `numbers` are order numbers for which people there make labels.
    `scenes` show what the usual play does not; one that cannot happen there is left out:

        small_pages - lists come in many pages.
        changes     - a list of orders tells what changed since the last time; left out where it always does, or never.
        ties        - that system's clock stands at `now`, so that all that happens there bears the same moment.
        one_clock   - the clock there is that of the kit; left out where it always is.
        stock       - stock is kept, in two areas at least, and people move it; left out where it always is.
        disorder    - records come again, and in any order.
        stale       - a list of levels, once made, is given again although stock has moved.
        twins       - each of `skus` is the SKU of two products.
        bundles     - there are `bundles`.
        bulk        - the slower ways for many things at once are open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: Mapping[str, Any]
    skus: tuple[str, ...] = ()
    centers: tuple[str, ...] = ()
    carrier: str = ""
    service: str = ""
    now: datetime | None = None
    bundles: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    own_call: OwnCall | None = None
    numbers: tuple[str, ...] = ()
    scenes: Mapping[str, Scene] = Field(default_factory=dict)


def rehearsal_routes(
    rehearsal: Rehearsal,
    effects: Callable[[], Iterable[Effect]] = tuple,
    work: Callable[[int], Mapping[str, int]] | None = None,
) -> list[Route]:
    """The three control paths; `work` takes a seed, so that the same people do the same."""

    async def tell(request: Request) -> Response:
        told = rehearsal.model_dump_json().replace("{url}", str(request.base_url).rstrip("/"))
        return Response(told, media_type="application/json")

    async def list_effects(request: Request) -> Response:
        kind = request.query_params.get("kind")
        return JSONResponse([one.model_dump(mode="json") for one in effects() if kind in (None, one.kind)])

    async def let_work(request: Request) -> Response:
        seed = json.loads(await request.body() or b"{}").get("seed", 1)
        return JSONResponse(dict(work(seed)) if work else {})

    return [
        Route("/_rehearsal", tell),
        Route("/_effects", list_effects),
        Route("/_work", let_work, methods=["POST"]),
    ]
