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
    """What can take effect in a remote system; after the dash what `key`, `of` and `units` of such an effect are.

    ACKNOWLEDGEMENT - a cart's order bears our mark: its id.
    SHIPMENT        - a cart was told of a package: tracking number; of: the order's id; units by the order's line.
    ADJUSTMENT      - a cart cancelled or refunded pieces: "cancel" or "refund"; of: the order's id; units by line.
    ORDER           - a warehouse has an order: its number there; of: the key that we gave it; units by SKU.
    STOCK           - what there is of a product now: its SKU; units by distribution centre, or by area of a warehouse.
    PRODUCT         - a product is known: its SKU.
    GOODS           - a warehouse expects goods: the purchase order's number; units by SKU.
    LABEL           - a label is bought and not voided: the key that we bought it under.
    """

    ACKNOWLEDGEMENT = "acknowledgement"
    SHIPMENT = "shipment"
    ADJUSTMENT = "adjustment"
    ORDER = "order"
    STOCK = "stock"
    PRODUCT = "product"
    GOODS = "goods"
    LABEL = "label"


class Effect(BaseModel):
    """Something that holds in the remote system because somebody wrote it; `times` is how often it took effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EffectKind
    key: str
    of: str = ""
    times: int = 1
    units: Mapping[str, int] = Field(default_factory=dict)


class Rehearsal(BaseModel):
    """How to connect to a simulator, and with what to play.

    `settings` are those of a connection, secrets in clear; `{url}` in a text is the simulator's address. `skus` are
    products that it knows, `centers` its distribution centres or areas, `carrier` and `service` a pair that it takes.
    `now` is the moment at which the kit's clock stands (None: that of the machine).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: Mapping[str, Any]
    skus: tuple[str, ...] = ()
    centers: tuple[str, ...] = ()
    carrier: str = ""
    service: str = ""
    now: datetime | None = None


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
