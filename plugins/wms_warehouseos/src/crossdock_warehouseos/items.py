"""The numbers by which WarehouseOS knows its items."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import httpx
from pydantic import ValidationError

from crossdock import ConnectionContext
from crossdock_warehouseos.answers import entries
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.models import Alias, Item, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings

REFRESH_AFTER = timedelta(minutes=1)


class KnownItems:
    """Tells which SKUs would find no item: read on first use, read again for a missing SKU, at most once a minute.

    WarehouseOS takes an item number, or an alias that belongs to exactly one item.
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        names = ctx.settings.profile.item
        self._ctx = ctx
        self._list_name = names.list
        alias = renamed(Alias, names.model_dump())
        self._item = renamed(Item, names.model_dump(), aliases=(tuple[alias, ...] | None, None))  # type: ignore[valid-type]
        self._numbers: frozenset[str] = frozenset()
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def missing(self, skus: Iterable[str]) -> list[str]:
        """Those of `skus` that are no item."""
        missing = [sku for sku in skus if sku not in self._numbers]
        if missing:
            async with self._reading:
                await self._refresh_when_due()
            missing = [sku for sku in missing if sku not in self._numbers]
        return missing

    async def _refresh_when_due(self) -> None:
        now = self._ctx.clock.now()
        if self._read_at is None or now - self._read_at >= REFRESH_AFTER:
            self._numbers = await self._read_all()
            self._read_at = now
            self._ctx.log.info("items read", connection=self._ctx.name, numbers=len(self._numbers))

    async def _read_all(self) -> frozenset[str]:
        numbers: set[str] = set()
        aliases: Counter[str] = Counter()
        size = self._ctx.settings.item_page_size
        page = 1
        while True:
            items = await self.read_page(page, size)
            new = {item.number for item in items} - numbers
            numbers |= new
            for item in items:
                aliases.update({alias.alias for alias in item.aliases or ()})
            # A page that brings nothing new: the system pays no heed to the page number.
            if len(items) < size or not new:
                return frozenset(numbers) | {alias for alias, count in aliases.items() if count == 1}
            page += 1

    async def read_page(self, page: int, size: int) -> list[Item]:
        """One page of the list of items, counted from 1."""
        profile = self._ctx.settings.profile
        query = {profile.query.page: str(page), profile.query.page_size: str(size)}
        answer = await self._ctx.http.get(profile.paths.list_items, params=query, raw=True)
        require_success(answer, "paths.list_items")
        return self._items_of(answer)

    def _items_of(self, answer: httpx.Response) -> list[Item]:
        listed = entries(answer.content, self._list_name)
        if listed is None:
            raise not_as_promised("the list of items", answer.content)
        try:
            return [self._item.model_validate_json(bytes(entry)) for entry in listed]
        except ValidationError:
            raise not_as_promised("the list of items", answer.content) from None
