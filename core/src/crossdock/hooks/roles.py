"""The roles a connection can have, as small protocols.

A plugin's factory hooks return objects that follow these; what only some systems can do are features beside them
(`crossdock.hooks.features`). Reads return raw records; the `read_*` methods translate one record, are pure and raise
`Unreadable`. Writes carry our key and raise the error that follows (`crossdock.hooks.errors`). Every write that must
not happen twice has a look-up beside it.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from crossdock.domain import (
    FulfillmentRequest,
    InventoryLevel,
    InventoryMovement,
    Order,
    Parcel,
    Product,
    ProductChange,
    RequestRefusal,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    StockChange,
    StockItem,
    StockReading,
)
from crossdock.hooks.records import Cursor, Page, ProductAnswer, Receipt, Record


@runtime_checkable
class OrderSource(Protocol):
    """A cart or marketplace hub: orders come from it and it is told what was shipped."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        """One page of orders from `cursor` on (None: from the beginning of what the settings ask for)."""

    def read_order(self, record: Record) -> Order:
        """Translate one raw order; pure."""

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        """Tell the cart that we have the order; doing it twice must have the effect of doing it once."""

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        """Tell the cart that one package left; must not happen twice."""

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        """What the cart knows of this confirmation, or None if it never arrived there."""


@runtime_checkable
class FulfillmentTarget(Protocol):
    """A warehouse: it is asked to ship and tells what it packed."""

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        """Create the order under `request.number`; must not happen twice.

        Raises `AlreadyThere` when the number exists and is this very request, `Rejected` when the number belongs to
        another order.
        """

    async def find_order(self, request: FulfillmentRequest) -> Receipt | None:
        """What the warehouse knows of this request, or None; raises `Rejected` if the number is somebody else's."""

    async def fetch_shipments(self, cursor: Cursor | None) -> Page:
        """One page of records of work done; the same record may come again, in any order."""

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | RequestRefusal | None:
        """Translate one raw record; None if it is of a kind that reports no shipment; pure.

        A warehouse that takes requests first and looks at them later tells here, too, which ones it refused.
        """


@runtime_checkable
class ShippingProvider(Protocol):
    """A shipping system that knows the tracking numbers which the warehouse does not."""

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        """The raw parcels that were made for one warehouse order number; none yet is an empty list."""

    def read_parcel(self, record: Record) -> Parcel:
        """Translate one raw parcel; pure."""


@runtime_checkable
class InventorySink(Protocol):
    """A cart that is told how much of each product there is, by distribution centre."""

    async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
        """What the cart holds of these items now, one reading an item and in their order, with the cart's product ids.

        An item that is unknown, not unique or not to be changed gets a reading with the reason as its `refusal`.
        """

    async def change_stock(self, change: StockChange) -> Receipt:
        """Change the quantities of one item at all centres of the change in one step; `ref` is the cart's product id.

        A DIFFERENCE must not happen twice; `read_stock` before and after it is the look-up that settles doubt.
        """


@runtime_checkable
class InventorySource(Protocol):
    """A warehouse that tells how its stock moves, and what lies where."""

    async def fetch_movements(self, cursor: Cursor | None) -> Page:
        """One page of records of stock that moved; the same record may come again, in any order."""

    def read_movement(self, record: Record) -> InventoryMovement | None:
        """Translate one raw record; None if it is of a kind that moved no stock; pure."""

    async def fetch_levels(self, cursor: Cursor | None) -> Page:
        """One page of what lies where now (None: from the beginning of all of it)."""

    def read_levels(self, record: Record) -> Sequence[InventoryLevel]:
        """Translate one raw record of levels; each level says which model it follows; pure."""


@runtime_checkable
class CatalogSource(Protocol):
    """A system that knows products: a cart, or the system of record."""

    async def fetch_products(self, cursor: Cursor | None) -> Page:
        """One page of products from `cursor` on (None: all of them); a later checkpoint gives what changed since."""

    def read_product(self, record: Record) -> Product:
        """Translate one raw product; pure."""


@runtime_checkable
class CatalogSink(Protocol):
    """A system that is told of products: a cart that sells them, or a warehouse that stores them."""

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        """Create or update at most 100 products, one answer a change and in their order.

        Doing it twice must have the effect of doing it once. What is not in a change's `changed` stays as it is.
        """
