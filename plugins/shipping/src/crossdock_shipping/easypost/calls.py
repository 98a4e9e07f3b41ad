"""The calls to EasyPost that more than one feature needs."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec
from pydantic import BaseModel, ValidationError

from crossdock import ConnectionContext, Unavailable
from crossdock_shipping.easypost.reading import NOT_JSON
from crossdock_shipping.easypost.refusals import error_of, error_of_write, not_as_promised
from crossdock_shipping.easypost.settings import EasyPostSettings

M = TypeVar("M", bound=BaseModel)


class Listed(msgspec.Struct):
    """One page of shipments, each one raw; `has_more`: older ones follow."""

    shipments: list[msgspec.Raw]
    has_more: bool = False


_LISTED = msgspec.json.Decoder(Listed)


async def shipment_body(ctx: ConnectionContext[EasyPostSettings], name: str) -> bytes | None:
    """The raw shipment with this id or this reference, or None when there is none."""
    answer = await ctx.http.get(f"/shipments/{quote(name, safe='')}", raw=True)
    if answer.status_code == 404:
        return None
    if answer.status_code >= 400:
        raise error_of(f"{ctx.name}: look up shipment {name}", answer)
    return answer.content


async def bought_page(ctx: ConnectionContext[EasyPostSettings], **window: str) -> Listed:
    """One page of shipments with a label, the newest first; `window` says from when, until when or before which."""
    settings = ctx.settings
    params: dict[str, str] = {"page_size": str(settings.page_size), "purchased": "true", **window}
    if settings.include_children:
        params["include_children"] = "true"
    answer = await ctx.http.get("/shipments", params=params)
    try:
        page = _LISTED.decode(answer.content)
    except NOT_JSON:
        raise not_as_promised("a list of shipments", answer.content) from None
    if page.has_more and not page.shipments:
        raise Unavailable("EasyPost gave a page without shipments and says that more follow")
    return page


async def written(
    ctx: ConnectionContext[EasyPostSettings], what: str, path: str, body: Mapping[str, object], *, repeatable: bool
) -> bytes:
    """What a call that costs nothing was answered with; raises what follows from a refusal."""
    content = msgspec.json.encode(body)
    answer = await ctx.http.send("POST", path, content=content, repeatable=repeatable, raw=True)
    if answer.status_code >= 400:
        raise (error_of if repeatable else error_of_write)(f"{ctx.name}: {what}", answer)
    return answer.content


def told_in(model: type[M], body: bytes, what: str) -> M:
    """The document in an answer; raises `Unavailable` when it is no such document."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise not_as_promised(what, body) from None
