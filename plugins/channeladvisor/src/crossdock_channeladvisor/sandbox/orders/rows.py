"""The rows of all orders, by entity set and id."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crossdock_channeladvisor.sandbox.documents import (
    Fulfillment,
    FulfillmentItem,
    Order,
    OrderAdjustment,
    OrderItem,
    OrderItemAdjustment,
)
from crossdock_channeladvisor.sandbox.orders.sale import Sale


def _fulfillment_items(order: Order) -> Iterable[FulfillmentItem]:
    return (row for fulfillment in order.Fulfillments for row in fulfillment.Items)


def _item_adjustments(order: Order) -> Iterable[OrderItemAdjustment]:
    return (row for item in order.Items for row in item.Adjustments)


ROWS: dict[str, tuple[type[Struct], Callable[[Order], Iterable[Any]]]] = {
    "OrderItems": (OrderItem, lambda order: order.Items),
    "Fulfillments": (Fulfillment, lambda order: order.Fulfillments),
    "FulfillmentItems": (FulfillmentItem, _fulfillment_items),
    "OrderAdjustments": (OrderAdjustment, lambda order: order.Adjustments),
    "OrderItemAdjustments": (OrderItemAdjustment, _item_adjustments),
}
"""The entity sets whose rows belong to orders: what they are, and which ones an order has."""


class RowIndex:
    """Which order (by its position) a row belongs to; built for an entity set when it is first asked for."""

    def __init__(self) -> None:
        self._positions: dict[str, dict[int, int]] = {}

    def position(self, entity_set: str, row_id: int, sales: Sequence[Sale]) -> int | None:
        """Where the order is that had a row with this id."""
        if entity_set not in self._positions:
            self._positions[entity_set] = {}
            for position, sale in enumerate(sales):
                self._note(entity_set, position, sale.order)
        return self._positions[entity_set].get(row_id)

    def refresh(self, position: int, order: Order) -> None:
        """Take in the rows of an order that has changed."""
        for entity_set in self._positions:
            self._note(entity_set, position, order)

    def _note(self, entity_set: str, position: int, order: Order) -> None:
        positions = self._positions[entity_set]
        for row in ROWS[entity_set][1](order):
            positions.setdefault(row.ID, position)


def joined(sale: Sale, *, exports: bool, items: bool) -> Order:
    """The order with the collections that its document does not hold, as far as they are asked for."""
    order = sale.order
    changes: dict[str, Any] = {}
    if exports:
        changes["Exports"] = list(sale.exports)
    if items:
        changes["Items"] = [with_fulfillment_items(item, order) for item in order.Items]
    return replace(order, **changes) if changes else order


def with_fulfillment_items(item: OrderItem, order: Order) -> OrderItem:
    """The line with the rows of the fulfillments that hold pieces of it."""
    rows = [row for row in _fulfillment_items(order) if row.OrderItemID == item.ID]
    return replace(item, FulfillmentItems=rows)
