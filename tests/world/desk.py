"""What a person asks crossdock for: cancellations, refunds, changes of stock, single orders, orders taken back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from crossdock.domain import (
    AdjustedAmounts,
    AdjustmentKind,
    AdjustmentReason,
    CenterQuantity,
    StockChange,
    StockItem,
    StockMeaning,
)
from crossdock.engine.adjustment_plan import AdjustmentWish
from crossdock.engine.amendment import Amendment, Purpose
from crossdock.store import open_store
from crossdock.store.adjusting import ask_adjustment
from crossdock.store.deciding import release_after_all
from crossdock.store.queries import OrderSummary, find_orders
from crossdock.store.repair import resolve_problem, retry_problem
from crossdock.store.stock import promise_stock
from crossdock.store.wishes import want_orders
from crossdock.store.withdrawals import ask_withdrawal

T = TypeVar("T")
_NUMBERS = count(1)


@dataclass(frozen=True)
class Desk:
    """Asks for things in the store of one pipeline; the next run does them."""

    url: str
    pipeline: str = "main"
    connection: str = "cart"

    def wants(self, *order_ids: int) -> None:
        """Have these orders fetched."""
        self._write(want_orders, self.pipeline, [str(order) for order in order_ids], "a person")

    def cancels(self, order_id: int, line: str = "", quantity: int | None = None, **more: Any) -> str:
        """Have the cart asked to cancel an order, a line, or so many units of it; gives the key."""
        return self._adjusts(AdjustmentKind.CANCELLATION, order_id, line, quantity, **more)

    def refunds(self, order_id: int, line: str = "", quantity: int | None = None, **more: Any) -> str:
        """Have the cart asked for a refund; gives the key. `amounts`: which parts of the price, and how much."""
        return self._adjusts(AdjustmentKind.REFUND, order_id, line, quantity, **more)

    def changes(self, *changes: StockChange) -> int:
        """Have the cart told of these changes of stock; how many of them are new."""
        return self._write(promise_stock, self.pipeline, self.connection, changes)

    def takes_back(self, order_id: int, warehouse: str, *, replace: bool = False) -> str:
        """Have the warehouse forget an order, to keep it here or to send its newest version; gives the key."""
        amendment = Amendment(purpose=Purpose.REPLACE if replace else Purpose.KEEP)
        return self._write(ask_withdrawal, self._order(order_id).id, [warehouse], amendment)

    def releases(self, order_id: int) -> None:
        """Have an order that is held go out."""
        self._write(release_after_all, self._order(order_id).id)

    def retries(self, problem_id: int) -> str:
        """Have what a problem stands for tried again."""
        return self._write(retry_problem, problem_id)

    def resolves(self, problem_id: int, how: str) -> None:
        """Close a problem with a word on how it was settled."""
        self._write(resolve_problem, problem_id, how)

    def _adjusts(
        self,
        kind: AdjustmentKind,
        order_id: int,
        line: str,
        quantity: int | None,
        *,
        reason: str = "general",
        amounts: Mapping[str, str] | None = None,
        restock: bool = False,
        again: bool = False,
        anyway: bool = False,
    ) -> str:
        told = AdjustedAmounts.model_validate(amounts) if amounts else None
        wish = AdjustmentWish(kind, AdjustmentReason(reason), line, quantity, told, restock)
        order = self._order(order_id)
        asked = self._write(ask_adjustment, order.id, self.connection, wish, again=again, anyway=anyway)
        return asked.key

    def _order(self, order_id: int) -> OrderSummary:
        found: Sequence[OrderSummary] = asyncio.run(self._read(find_orders, str(order_id)))
        [order] = [one for one in found if one.external_id == str(order_id)]
        return order

    def _write(self, work: Callable[..., T], *arguments: Any, **more: Any) -> T:
        async def write() -> T:
            async with open_store(self.url) as store:
                return await store.write(work, *arguments, **more, now=datetime.now(UTC))

        return asyncio.run(write())

    async def _read(self, query: Callable[..., T], *arguments: Any) -> T:
        async with open_store(self.url) as store:
            return await store.read(query, *arguments)


def change(sku: str, centers: Mapping[int, int], meaning: str = "difference", key: str = "") -> StockChange:
    """One change of a SKU's stock: numbers by centre."""
    return StockChange(
        key=key or f"change-{next(_NUMBERS)}",
        item=StockItem(sku=sku),
        meaning=StockMeaning(meaning),
        centers=tuple(CenterQuantity(distribution_center=str(at), quantity=number) for at, number in centers.items()),
    )
