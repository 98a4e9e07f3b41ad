"""Tries the reads of a tenant that change nothing, for `crossdock check --connect`."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from crossdock import ConnectionContext, CrossdockError, NeedsConfig, error_text
from crossdock_warehouseos.answers import NOT_JSON
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.findings import (
    COMPARE,
    Findings,
    Read,
    Reply,
    heeded,
    like_a_wrong_path,
    names_in,
    paging,
    rows_of,
)
from crossdock_warehouseos.settings import WarehouseOSSettings

NO_SUCH_NUMBER = "crossdock-check-no-such-number"
NO_SUCH_ACTION = "CrossdockCheckNoSuchAction"

_ITEM_FIELDS = ("number", "host_id", "description", "master_item", "weight", "attributes", "images", "aliases")
_INSIDE_ITEM = {"images": ("image_url",), "aliases": ("alias", "alias_quantity")}
ITEMS = Read("list_items", "item", _ITEM_FIELDS, _INSIDE_ITEM)
ITEM = Read("get_item", "item", _ITEM_FIELDS, _INSIDE_ITEM, many=False, query="item_number")
LISTS = (
    Read("list_bundles", "bundle", ("number", "components"), {"components": ("item", "quantity")}),
    Read("list_areas", "area", ("name", "title")),
    Read(
        "list_locations",
        "location",
        (
            "name",
            "title",
            "kind",
            "zone",
            "area",
            "pick_sequence",
            "allocation_sequence",
            "putaway_sequence",
        ),
    ),
    Read("list_levels", "level", ("item", "area", "location", "quantity", "allocated", "counted_at")),
)
SUMMARY = Read("get_summary", "summary", ("item", "quantity"))
ORDER = Read("get_order", "order", many=False, query="order_number")
PURCHASE_ORDER = Read("get_purchase_order", "purchase_order", many=False, query="purchase_order")


async def check_tenant(ctx: ConnectionContext[WarehouseOSSettings]) -> Sequence[str]:
    """Which assumed names the tenant answered to; raises what follows when the key or the list of items fails.

    Only reads, and not that of the host queue: whether reading it removes messages is not known.
    """
    probe = _Probe(ctx)
    items = await probe.items()
    rows = rows_of(items, ctx.settings.profile.item.list) or []
    first = f"items are listed, the first is {probe.number(rows[0])}" if rows else "no item is listed yet"
    findings = Findings(frozenset({"auth.key_header", "paths.list_items"})) | probe.seen(ITEMS, items)
    findings |= await probe.second_page(rows)
    findings |= await probe.look_ups(rows)
    for read in LISTS:
        findings |= await probe.tried(read, probe.page(1))
    return [f"WarehouseOS at {ctx.settings.base_url} takes the key", first, *findings.lines()]


class _Probe:
    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._http = ctx.http
        self._profile = ctx.settings.profile

    def page(self, number: int) -> dict[str, str]:
        """The question for one record."""
        return {self._profile.query.page: str(number), self._profile.query.page_size: "1"}

    def number(self, row: Mapping[str, Any]) -> str:
        """The number of an item; raises `NeedsConfig` when it has none under the assumed name."""
        name = self._profile.item.number
        if not row.get(name):
            raise NeedsConfig(
                f"items of WarehouseOS have no field '{name}' but {', '.join(map(str, row)) or 'none at all'}; "
                "correct profile.item.number in the settings"
            )
        return str(row[name])

    def seen(self, read: Read, told: Any) -> Findings:
        """The names that an answer shows."""
        return names_in(read, self._profile, told)

    async def items(self) -> Any:
        """The list of items, without which nothing else makes sense."""
        answer = await self._http.get(self._profile.paths.list_items, params=self.page(1), raw=True)
        require_success(answer, "paths.list_items")
        told = _json(answer)
        if rows_of(told, self._profile.item.list) is None:
            raise not_as_promised("the list of items", answer.content)
        return told

    async def second_page(self, first: Sequence[Any]) -> Findings:
        """Whether the names of paging are heeded."""
        answer = await self._http.get(self._profile.paths.list_items, params=self.page(2), raw=True)
        return paging(first, rows_of(_json(answer), self._profile.item.list) or [])

    async def look_ups(self, items: Sequence[Mapping[str, Any]]) -> Findings:
        """Reads of one thing by its number: of an item that there is, of orders that there are not."""
        names = self._profile.item
        item = str(items[0][names.number]) if items else NO_SUCH_NUMBER
        master = str(items[0].get(names.master_item) or item) if items else NO_SUCH_NUMBER
        findings = await self.tried(SUMMARY, {self._profile.query.master_item: master})
        for read, number in ((ITEM, item), (ORDER, NO_SUCH_NUMBER), (PURCHASE_ORDER, NO_SUCH_NUMBER)):
            findings |= await self._looked_up(read, number)
        return findings

    async def _looked_up(self, read: Read, number: str) -> Findings:
        return await self.tried(read, {getattr(self._profile.query, read.query): number}, number)

    async def tried(self, read: Read, query: Mapping[str, str], number: str = "") -> Findings:
        """What one read shows that need not work; with a number it is about one thing."""
        path: str = getattr(self._profile.paths, read.path)
        try:
            answer = await self._http.get(path, params=query, raw=True)
            fault = await self._fault(answer, path, query)
        except CrossdockError as error:
            fault = f"could not be read: {error}"
        if fault:
            return Findings(faults={f"paths.{read.path}": fault})
        told = _json(answer)
        findings = Findings(frozenset({f"paths.{read.path}"})) | self.seen(read, told)
        return findings | heeded(read, self._profile, number, told) if number else findings

    async def _fault(self, answer: httpx.Response, path: str, query: Mapping[str, str]) -> str:
        """Why an answer is none; a 404 may also say that there is no such order."""
        if answer.status_code == 404:
            wrong_path = f"{path.rpartition('/')[0]}/{NO_SUCH_ACTION}"
            wrong = await self._http.get(wrong_path, params=query, raw=True)
            if like_a_wrong_path(_reply(answer), path, _reply(wrong), wrong_path):
                return f"({path}) gives 404, like a path that does not exist; {COMPARE}"
            return ""
        if answer.status_code >= 400:
            return f"({path}) gives {answer.status_code}: {error_text(answer.content, 120)}; {COMPARE}"
        if answer.content.strip() and _json(answer) is None and answer.content.strip() != b"null":
            return f"({path}) gives no JSON: {error_text(answer.content, 120)}; {COMPARE}"
        return ""


def _reply(answer: httpx.Response) -> Reply:
    return answer.status_code, answer.content


def _json(answer: httpx.Response) -> Any:
    """What an answer says, or None when it says nothing or is no JSON."""
    try:
        return msgspec.json.decode(answer.content)
    except NOT_JSON:
        return None
