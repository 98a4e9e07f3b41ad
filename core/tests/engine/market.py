"""A cart with every feature of an order source, and the marketplace behind it, in memory.

What it is asked to cancel or refund is kept as often as it is asked. The marketplace answers when a test says so; only
then does the order change.
"""

from collections.abc import Iterable, Mapping, Sequence

from crossdock.domain import (
    AdjustmentKind,
    AdjustmentReason,
    Order,
    OrderAdjustment,
    OrderStatus,
    RecordedAdjustment,
    ShipmentConfirmation,
)
from crossdock.engine.adjustment_plan import AdjustmentWish
from crossdock.hooks.errors import Rejected
from crossdock.hooks.records import AnswerState, Cursor, FinalAnswer, Page, Receipt, Record
from crossdock.store.adjusting import ask_adjustment
from crossdock.store.queries import the_order

from .remote import Cart
from .world import World

ACCEPTED, REFUSED = FinalAnswer(AnswerState.ACCEPTED, "done"), FinalAnswer(AnswerState.REFUSED, "too late")


class MarketCart(Cart):
    """Lists what it lists, sweeps everything, gives single orders, adjusts, and passes on what the marketplace says."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.adjusted: list[OrderAdjustment] = []
        self.says: dict[str, FinalAnswer] = {}
        self.marks: dict[str, bool] = {}
        self.changed: list[str] = []

    def sell(self, *orders: Order) -> None:
        super().sell(*orders)
        self.changed.extend(order.external_id for order in orders)

    def change(self, external_id: str, **changes: object) -> None:
        super().change(external_id, **changes)
        self.changed.append(external_id)

    async def fetch_order(self, order_external_id: str) -> Record:
        return await self._carry_out("fetch_order", lambda: self._record(order_external_id))

    def _record(self, key: str) -> Record:
        if key not in self.orders:
            raise Rejected(f"there is no order {key}")
        return Record(key, self.orders[key].model_dump_json().encode(), marked=self.marks.get(key))

    async def sweep_orders(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("sweep_orders", lambda: self._swept(int(cursor or 0)))

    def _swept(self, offset: int) -> Page:
        end = min(offset + self.page_size, len(self.changed))
        records = tuple(self._record(key) for key in self.changed[offset:end])
        return Page(records, str(end), more=end < len(self.changed), checkpoint=str(end))

    async def unacknowledge_order(self, order_external_id: str) -> Receipt:
        return await self._carry_out("unacknowledge_order", lambda: self._unmark(order_external_id))

    def _unmark(self, key: str) -> Receipt:
        self.acknowledged.pop(key, None)
        return Receipt(key)

    async def adjust_order(self, adjustment: OrderAdjustment) -> Receipt:
        return await self._carry_out("adjust_order", lambda: self._adjust(adjustment))

    def _adjust(self, adjustment: OrderAdjustment) -> Receipt:
        self.adjusted.append(adjustment)
        return Receipt(f"A-{adjustment.key}")

    async def find_adjustment(self, adjustment: OrderAdjustment) -> Receipt | None:
        return await self._carry_out("find_adjustment", lambda: self._find_adjustment(adjustment))

    def _find_adjustment(self, asked: OrderAdjustment) -> Receipt | None:
        return next((Receipt(f"A-{one.key}") for one in self.adjusted if one.key == asked.key), None)

    async def adjustment_answers(self, adjustments: Sequence[OrderAdjustment]) -> Mapping[str, FinalAnswer]:
        return await self._carry_out("adjustment_answers", lambda: self._answers(one.key for one in adjustments))

    async def shipment_answers(self, confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        return await self._carry_out("shipment_answers", lambda: self._answers(one.key for one in confirmations))

    def _answers(self, keys: Iterable[str]) -> Mapping[str, FinalAnswer]:
        return {key: self.says[key] for key in keys if key in self.says}

    def accept(self, key: str) -> None:
        """The marketplace agrees: now the order changes."""
        adjustment = next(one for one in self.adjusted if one.key == key)
        order = self.orders[adjustment.order_external_id]
        self.says[key] = ACCEPTED
        self.sell(_adjusted(order, adjustment))

    def refuse(self, key: str) -> None:
        """The marketplace says no: nothing changes."""
        self.says[key] = REFUSED


def _adjusted(order: Order, adjustment: OrderAdjustment) -> Order:
    shown = RecordedAdjustment(external_id=f"A-{adjustment.key}", key=adjustment.key, kind=adjustment.kind)
    order = order.model_copy(update={"adjustments": (*order.adjustments, shown)})
    if adjustment.kind is not AdjustmentKind.CANCELLATION:
        return order
    left = {line.external_id: line.quantity for line in order.lines}
    for key in [adjustment.line_id] if adjustment.line_id else list(left):
        left[key] -= min(adjustment.quantity or left[key], left[key])
    if not any(left.values()):
        return order.model_copy(update={"status": OrderStatus.CANCELLED})
    lines = [line.model_copy(update={"quantity": left[line.external_id]}) for line in order.lines]
    parts = [part.model_copy(update={"quantity": min(part.quantity, left[part.line_id])}) for part in order.allocations]
    shorter = {
        "lines": tuple(line for line in lines if line.quantity),
        "allocations": tuple(part for part in parts if part.quantity),
    }
    return order.model_copy(update=shorter)


def cancel(line_id: str = "", quantity: int | None = None) -> AdjustmentWish:
    """What a person wants cancelled."""
    return AdjustmentWish(AdjustmentKind.CANCELLATION, AdjustmentReason.NOT_AVAILABLE, line_id, quantity)


def refund(line_id: str = "", quantity: int | None = None) -> AdjustmentWish:
    """What a person wants refunded."""
    return AdjustmentWish(AdjustmentKind.REFUND, AdjustmentReason.RETURNED, line_id, quantity)


async def ask(world: World, key: str, wish: AdjustmentWish, *, again: bool = False, anyway: bool = False) -> str:
    """Ask as the command does; gives the adjustment's key."""
    order = await world.store.read(the_order, key)
    asked = await world.store.write(
        ask_adjustment, order.id, "cart", wish, again=again, anyway=anyway, now=world.clock.now()
    )
    return asked.key


async def want(world: World, *keys: str) -> None:
    """Want orders as a person does."""
    await world.store.want_orders("main", keys, "a person", now=world.clock.now())


async def wanted(world: World) -> list[str]:
    """The orders that are still to be fetched."""
    return [wish.external_id for wish in await world.store.wanted_orders("main", 100)]


def with_market(world: World, *orders: Order) -> MarketCart:
    """The world's cart gets every feature."""
    cart = world.cart = MarketCart()
    cart.sell(*orders)
    return cart
