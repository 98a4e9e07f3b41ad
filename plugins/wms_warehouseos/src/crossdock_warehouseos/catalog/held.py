"""What WarehouseOS holds of items: one looked up by its number, and whose they are."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from crossdock import ConnectionContext, NeedsConfig
from crossdock_warehouseos.answers import NOT_JSON, fields
from crossdock_warehouseos.errors import found_body, not_as_promised
from crossdock_warehouseos.listing import Listing
from crossdock_warehouseos.settings import WarehouseOSSettings

ASKED_SINGLY = 10
"""So many items are looked up one by one; for more of them the whole list is read."""

LIST_LASTS = timedelta(minutes=10)


class HeldItems:
    """Looks items up, one by one or in the whole list, which is kept for a while."""

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._names = ctx.settings.profile.item
        self._list = Listing(ctx, "list_items", self._names.list, "the list of items", ctx.settings.item_page_size)
        self._owners: dict[str, str | None] = {}
        self._read_at: datetime | None = None

    async def item(self, number: str) -> dict[str, Any] | None:
        """The item with this very number, or None; raises `NeedsConfig` when WarehouseOS gives quite another one."""
        profile = self._ctx.settings.profile
        answer = await self._ctx.http.get(profile.paths.get_item, params={profile.query.item_number: number}, raw=True)
        body = found_body(answer, "paths.get_item")
        if body is None:
            return None
        held = fields(body)
        if held is None:
            raise not_as_promised("the look-up of an item", body)
        return self._the_one(held, number)

    def _the_one(self, held: dict[str, Any], number: str) -> dict[str, Any] | None:
        found = held.get(self._names.number)
        if found is None:
            return None
        if str(found).casefold() == number.casefold():
            return held
        if number in self._aliases(held):
            return None
        raise NeedsConfig(
            f"WarehouseOS was asked for item {number} and gave {found}; "
            "compare profile.query.item_number in the settings with Admin > API Docs of the tenant"
        )

    def _aliases(self, held: Mapping[str, Any]) -> list[Any]:
        """By what an item may be found that has another number."""
        rows = held.get(self._names.aliases)
        return [row.get(self._names.alias) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    async def other_owners(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Of these numbers, each with our product's id, those that belong to another product, with the id of that."""
        suspects = wanted
        if len(wanted) > ASKED_SINGLY:
            await self._read_list_when_due()
            suspects = {
                number: ours
                for number, ours in wanted.items()
                if self._owners.get(number.casefold(), "") not in ("", ours)
            }
        owners = await asyncio.gather(*(self._owner_of(number) for number in suspects))
        found = zip(suspects.items(), owners, strict=True)
        return {number: owner for (number, ours), owner in found if owner not in ("", ours)}

    def remember(self, number: str, host_id: str) -> None:
        """This item was written, and is ours now."""
        if self._read_at is not None:
            self._owners[number.casefold()] = host_id

    async def _owner_of(self, number: str) -> str:
        held = await self.item(number)
        return _text((held or {}).get(self._names.host_id))

    async def _read_list_when_due(self) -> None:
        now = self._ctx.clock.now()
        if self._read_at is not None and now - self._read_at < LIST_LASTS:
            return
        owners: dict[str, str | None] = {}
        async for record in self._list.all():
            number, owner = self._number_and_owner(record.data)
            # Where letters count, two items may share this key: then each is asked for.
            owners[number] = None if number in owners else owner
        self._owners, self._read_at = owners, now
        self._ctx.log.info("items read", connection=self._ctx.name, numbers=len(owners))

    def _number_and_owner(self, row: bytes) -> tuple[str, str | None]:
        """The number of an item in small letters, and whose it is; None when the list does not tell."""
        try:
            told = msgspec.json.decode(row, type=dict[str, Any])
            owner = _text(told[self._names.host_id]) if self._names.host_id in told else None
            return str(told[self._names.number]).casefold(), owner
        except (*NOT_JSON, KeyError):
            raise not_as_promised("the list of items", row) from None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
