"""What the SKUs of orders are in WarehouseOS: items, aliases, bundles, or nothing."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import ValidationError, WrapValidator

from crossdock import ConnectionContext, NeedsConfig
from crossdock.domain import BundleComponent
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.catalog.matching import Match, MatchKind, Numbers, match_of, refusal
from crossdock_warehouseos.errors import found_body, not_as_promised
from crossdock_warehouseos.listing import Listing
from crossdock_warehouseos.models import Alias, Bundle, BundlePart, Item, if_readable, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings

Context = ConnectionContext[WarehouseOSSettings]
REFRESH_AFTER = timedelta(minutes=1)
Parts = tuple[BundleComponent, ...]


class KnownItems:
    """Matches SKUs as WarehouseOS would, before an order is sent.

    What was found stays known. For anything else the tenant is asked again, about each thing at most once a minute:
    first the items, then the bundles for what is still not found.
    """

    def __init__(self, ctx: Context) -> None:
        self._resolves = ctx.settings.resolve_skus != "off"
        self._items = _AskedItems(ctx) if ctx.settings.resolve_skus == "each" else _ListedItems(ctx)
        self._bundles = _ListedBundles(ctx)

    async def matches(self, skus: Iterable[str]) -> dict[str, Match]:
        """What each SKU is; nothing about any of them when the settings say that SKUs are not resolved."""
        if not self._resolves:
            return {}
        found = self._known(skus)
        for source in (self._items, self._bundles):
            open_ = [sku for sku, match in found.items() if match.kind in (MatchKind.UNKNOWN, MatchKind.AMBIGUOUS)]
            if open_:
                await source.learn(open_)
                found |= self._known(open_)
        return found

    async def bundle_parts(self, skus: Iterable[str]) -> dict[str, Parts]:
        """The parts of those SKUs that are bundles, as far as they are told."""
        matches = await self.matches(skus)
        bundles = [sku for sku, match in matches.items() if match.kind is MatchKind.BUNDLE]
        return {sku: parts for sku in bundles if (parts := self._bundles.parts[sku])}

    async def refusals(self, skus: Iterable[str]) -> list[str]:
        """Why an order with these SKUs must not be sent, in a sentence for each of them.

        Either WarehouseOS would not find it, or nobody could tell when all of it is packed.
        """
        matches = await self.matches(skus)
        return [words for sku, match in matches.items() if (words := self._refusal(sku, match))]

    def _refusal(self, sku: str, match: Match) -> str:
        if match.kind is MatchKind.BUNDLE and not self._bundles.parts[sku]:
            return (
                f"SKU {sku} is a bundle in WarehouseOS, and its parts cannot be read, so that nobody could tell when "
                "all of it is packed; compare profile.bundle in the settings with Admin > API Docs of the tenant"
            )
        return refusal(sku, match, self._items.numbers.items)

    def _known(self, skus: Iterable[str]) -> dict[str, Match]:
        return {sku: match_of(sku, self._items.numbers, self._bundles.parts) for sku in skus}


class _ListedItems:
    """Items from the whole list."""

    def __init__(self, ctx: Context) -> None:
        self.numbers = Numbers()
        self._ctx = ctx
        self._list = Listing(
            ctx, "list_items", ctx.settings.profile.item.list, "the list of items", ctx.settings.item_page_size
        )
        self._item = _item_model(ctx.settings)
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def learn(self, skus: Iterable[str]) -> None:
        async with self._reading:
            now = self._ctx.clock.now()
            if _due(self._read_at, now):
                self.numbers = await self._read_all()
                self._read_at = now

    async def _read_all(self) -> Numbers:
        numbers, unreadable = Numbers(), b""
        async for row in self._list.all():
            try:
                numbers.add(self._item.model_validate_json(row.data))
            except ValidationError:
                unreadable = row.data
        if unreadable and not numbers.items:
            raise not_as_promised("the list of items", unreadable)
        self._ctx.log.info("items read", connection=self._ctx.name, items=len(numbers.items))
        return numbers


class _AskedItems:
    """Items that were asked for one by one; of aliases only what WarehouseOS finds by itself."""

    def __init__(self, ctx: Context) -> None:
        self.numbers = Numbers()
        self._ctx = ctx
        self._number = ctx.settings.profile.item.number
        self._item = _item_model(ctx.settings)
        self._asked: dict[str, datetime] = {}

    async def learn(self, skus: Iterable[str]) -> None:
        now = self._ctx.clock.now()
        self._asked = {sku: at for sku, at in self._asked.items() if not _due(at, now)}
        await asyncio.gather(*(self._ask(sku, now) for sku in skus if sku not in self._asked))

    async def _ask(self, sku: str, now: datetime) -> None:
        profile = self._ctx.settings.profile
        answer = await self._ctx.http.get(profile.paths.get_item, params={profile.query.item_number: sku}, raw=True)
        body = found_body(answer, "paths.get_item")
        item = self._read(body) if body is not None else None
        self._asked[sku] = now
        if item is not None and item.number == sku:
            self.numbers.items.add(sku)
        elif item is not None and any(alias.alias == sku for alias in item.aliases or ()):
            self.numbers.aliases[sku] = item.number

    def _read(self, body: bytes) -> Item | None:
        told = fields(body)
        if told is None:
            raise not_as_promised("the look-up of an item", body)
        try:
            return self._item.model_validate(told) if told.get(self._number) else None
        except ValidationError:
            raise not_as_promised("the look-up of an item", body) from None


class _ListedBundles:
    """Bundles from the whole list; a tenant that cannot list them is taken to have none."""

    def __init__(self, ctx: Context) -> None:
        self.parts: dict[str, Parts] = {}
        self._ctx = ctx
        names = ctx.settings.profile.bundle
        self._list = Listing(ctx, "list_bundles", names.list, "the list of bundles", ctx.settings.item_page_size)
        self._bundle = _bundle_model(names.model_dump())
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def learn(self, skus: Iterable[str]) -> None:
        async with self._reading:
            now = self._ctx.clock.now()
            if _due(self._read_at, now):
                self.parts = await self._read_all()
                self._read_at = now

    async def _read_all(self) -> dict[str, Parts]:
        try:
            bundles = [self._bundle.model_validate_json(row.data) async for row in self._list.all()]
            return {bundle.number: _parts(bundle) for bundle in bundles}
        except ValidationError as error:
            raise not_as_promised("the list of bundles", str(error).encode()) from None
        except NeedsConfig as unlisted:
            self._ctx.log.info("bundles are not listed", connection=self._ctx.name, reason=str(unlisted))
            return {}


def _parts(bundle: Bundle) -> Parts:
    return tuple(BundleComponent(sku=part.item, quantity=part.quantity) for part in bundle.components or ())


def _bundle_model(names: dict[str, str]) -> type[Bundle]:
    """A bundle under the tenant's names."""
    part = renamed(BundlePart, names)
    parts = Annotated[tuple[part, ...] | None, WrapValidator(if_readable)]  # type: ignore[valid-type]
    return renamed(Bundle, names, components=(parts, None))


def _item_model(settings: WarehouseOSSettings) -> type[Item]:
    """An item under the tenant's names."""
    names = settings.profile.item.model_dump()
    alias = renamed(Alias, names)
    return renamed(Item, names, aliases=(tuple[alias, ...] | None, None))  # type: ignore[valid-type]


def _due(asked_at: datetime | None, now: datetime) -> bool:
    return asked_at is None or now - asked_at >= REFRESH_AFTER
