"""The calls of the API for items and bundles, and what people do to items."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_warehouseos.answers import NOT_JSON
from crossdock_warehouseos.profile import ItemNames
from crossdock_warehouseos.sandbox.front.desk import Desk, as_json
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.items.documents import ItemReader, ItemWriter, NotTaken
from crossdock_warehouseos.sandbox.items.master import ItemMaster
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.warehouse import Warehouse

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def item_calls(desk: Desk, warehouse: Warehouse) -> list[Route]:
    """Save, list and get items; list bundles; a person adds or changes items."""
    return ItemDesk(desk, warehouse.options, warehouse.items).routes()


class ItemDesk:
    """Answers the calls for items and bundles."""

    def __init__(self, desk: Desk, options: SandboxOptions, items: ItemMaster) -> None:
        self._desk = desk
        self._options = options
        self._items = items
        self._reader = ItemReader(options.profile)
        self._writer = ItemWriter(options.profile)

    def routes(self) -> list[Route]:
        """Every call with its handler."""
        paths = self._options.profile.paths
        return [
            self._desk.call("POST", paths.save_items, self._save),
            self._desk.call("GET", paths.list_items, self._list),
            self._desk.call("GET", paths.get_item, self._get),
            self._desk.call("GET", paths.list_bundles, self._list_bundles),
            self._desk.control("POST", "/_items", self._by_hand),
        ]

    async def _save(self, request: Request) -> Any:
        told = _entries(await request.body(), self._options.profile.item)
        refused = self._take(told)
        if len(told) > self._options.slow_above:
            await _patience_ends(request, self._options.slow_seconds)
        return self._answer(refused) if refused else self._desk.success()

    def _take(self, told: list[Any]) -> list[NotTaken]:
        """Save one item after the other; gives those that were not taken."""
        refused = []
        for entry in told:
            try:
                self._items.save(self._reader.read(entry))
            except NotTaken as reason:
                refused.append(reason)
        return refused

    def _answer(self, refused: list[NotTaken]) -> Response:
        profile, how = self._options.profile, self._options.item_answer
        answer = {
            profile.answer.success: how == "success",
            profile.answer.message: f"{len(refused)} items were not saved.",
            profile.item.refused: [
                {profile.item.number: each.number, profile.answer.message: str(each)} for each in refused
            ],
        }
        return as_json(answer, 400 if how == "400" else 200)

    async def _list(self, request: Request) -> Any:
        numbers = self._desk.page(request, self._items)
        return _encode({self._options.profile.item.list: [self._writer.item(self._items[each]) for each in numbers]})

    async def _get(self, request: Request) -> Any:
        number = request.query_params.get(self._options.profile.query.item_number, "")
        if number not in self._items:
            return self._desk.missing(f"Item {number} does not exist.")
        return _encode(self._writer.item(self._items[number]))

    async def _list_bundles(self, request: Request) -> Any:
        bundles = self._items.bundles
        listed = [self._writer.bundle(number, bundles[number]) for number in self._desk.page(request, bundles)]
        return {self._options.profile.bundle.list: listed}

    async def _by_hand(self, request: Request) -> Any:
        """What a person leaves alone stays as it is."""
        names = self._options.profile.item
        for entry in _entries(await request.body(), names):
            told = {names.number: entry} if isinstance(entry, str) else entry
            if refused := self._take([{**told, names.patch: True}]):
                raise Refused(400, str(refused[0]))
        return {}


def _entries(body: bytes, names: ItemNames) -> list[Any]:
    """The items of a set, bare or as a field of an object; raises `Refused`."""
    try:
        told = _decode(body)
    except NOT_JSON as error:
        raise Refused(400, f"The body is not JSON: {error}") from None
    listed = told.get(names.list) if isinstance(told, dict) else told
    if not isinstance(listed, list):
        raise Refused(400, f"The body must be a list of items, or an object with {names.list}.")
    return listed


async def _patience_ends(request: Request, seconds: float) -> None:
    """Wait so long, or until the caller has gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
