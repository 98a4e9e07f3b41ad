"""Many stock levels at once: one file of rows, each with the quantities of some centres of one product.

A file says that its list of centres is partial, always: without that word ChannelAdvisor takes the list for complete,
and empties the centres left out. It never creates a product.
"""

from collections.abc import Sequence
from datetime import timedelta

from crossdock import ConnectionContext, CrossdockError, ProductAnswer, Rejected
from crossdock.domain import StockChange, StockMeaning
from crossdock_channeladvisor.files import SKU, Files, file_of, is_plain
from crossdock_channeladvisor.inventory.centers import Centers
from crossdock_channeladvisor.inventory.lookup import every
from crossdock_channeladvisor.inventory.stock import numbers_of, stock_profiles, update_type
from crossdock_channeladvisor.models import VendorProfile
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

UPDATE_TYPE, QUANTITIES, LIST_TYPE = "Quantity Update Type", "DC Quantity", "DC Quantity Update Type"
PARTIAL = "partial dc list"
"""Centres that a row does not name keep what they have (the spelling was seen in public files)."""
IMPORT_TYPE = "UpdateOnly"
PICKED_UP_WITHIN = timedelta(hours=1)
"""How long a file may lie on the file server (documented)."""


class LevelFiles:
    """Sets levels of one profile by files; a level that a file cannot say is answered with the reason."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._clock = ctx.clock
        self._files = Files(ctx, "stock levels")
        self._centers = Centers(ctx.http)
        self._profiles = list(stock_profiles(ctx.settings))
        self._lies_until = ctx.clock.now()

    def size(self, waiting: int) -> int:
        """How many levels to set by one file when so many wait; 0: none.

        While a file lies on the file server every level follows it there: one that was told by a call would be
        overtaken by the older one in the file.
        """
        if waiting and self._clock.now() < self._lies_until:
            return self._settings.upload_rows
        return self._files.size(waiting, self._files.lacking() or self._lacking())

    async def set(self, changes: Sequence[StockChange]) -> list[ProductAnswer]:
        """Set these levels, one answer a change."""
        await self._learn(changes)
        answers: list[ProductAnswer | None] = []
        rows: dict[str, dict[str, str]] = {}
        for change in changes:
            try:
                self._add(rows, change)
                answers.append(None)
            except Rejected as refused:
                answers.append(ProductAnswer(change.item.product_id, refused))
        told = await self._deliver(list(rows.values())) if rows else None
        return [
            answer or ProductAnswer(one.item.product_id, told) for answer, one in zip(answers, changes, strict=True)
        ]

    def _lacking(self) -> str:
        """The setting without which files of stock are not safe."""
        if len(self._profiles) > 1:
            return "stock_profile"
        by_server = self._settings.upload_by == "ftps"
        return "ftps_updates_only" if by_server and not self._settings.ftps_updates_only else ""

    async def _learn(self, changes: Sequence[StockChange]) -> None:
        """Ask for the profile and the centres, as far as they are not known."""
        if not self._profiles:
            self._profiles = [profile.id async for profile in every(self._http, "/v1/Profiles", VendorProfile)]
        named = {one.distribution_center for change in changes for one in change.centers}
        await self._centers.learn(int(center) for center in named if center.removeprefix("-").isdecimal())

    def _add(self, rows: dict[str, dict[str, str]], change: StockChange) -> None:
        """Add the row of one change, by the product that it is for."""
        if lacking := self._lacking():
            raise Rejected(f"a file cannot say whose stock it is, or would do more than that, without `{lacking}`")
        product = change.item.sku.lower()
        if product in rows:
            raise Rejected(f"the same file has another level of '{change.item.sku}' already")
        rows[product] = row_of(change, self._centers, self._settings)

    async def _deliver(self, rows: Sequence[dict[str, str]]) -> CrossdockError | None:
        refused = await self._files.deliver(file_of(rows), self._profiles[0], IMPORT_TYPE)
        if self._settings.upload_by == "ftps" and not isinstance(refused, Rejected):
            self._lies_until = self._clock.now() + PICKED_UP_WITHIN
        return refused


def row_of(change: StockChange, centers: Centers, settings: ChannelAdvisorSettings) -> dict[str, str]:
    """The cells of one product's levels by their columns; raises `Rejected` when a file cannot say them."""
    if change.meaning is StockMeaning.DIFFERENCE:
        raise Rejected(f"the change of '{change.item.sku}' is a difference, and files are for levels only")
    if not is_plain(change.item.sku):
        raise Rejected(f"a file cannot say the SKU '{change.item.sku}'")
    levels = {centers.code(center): number for center, number in numbers_of(change, settings).items()}
    return {
        SKU: change.item.sku,
        UPDATE_TYPE: update_type(change.meaning, settings),
        QUANTITIES: ", ".join(f"{code}={number}" for code, number in levels.items()),
        LIST_TYPE: PARTIAL,
    }
