"""The features: what only some systems can do, as small protocols beside a role.

The engine asks whether a role object has a feature (`isinstance(target, AcknowledgesRecords)`), never which connector
it belongs to. What a role's methods promise holds here too: reads give raw records, writes carry our key and have a
look-up beside them.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from crossdock.domain import OrderAdjustment, ProductChange, ShipmentConfirmation, StockChange
from crossdock.hooks.records import Cursor, FinalAnswer, Page, ProductAnswer, Receipt, Record


@runtime_checkable
class AcknowledgesRecords(Protocol):
    """Feature of a role: the remote queue keeps records until they are acknowledged, which is done after the save."""

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        """The records with these ids are safe with us; doing it twice must do no harm."""


@runtime_checkable
class ChecksConnection(Protocol):
    """Feature of a role: it can tell whether the connection works, for `crossdock check --connect`."""

    async def check(self) -> Sequence[str]:
        """A few lines about what was reached (accounts, warehouses); raises the error that follows otherwise."""


@runtime_checkable
class FetchesOrder(Protocol):
    """Feature of an order source: it gives a single order, whatever its state."""

    async def fetch_order(self, order_external_id: str) -> Record:
        """The order as it is now; raises `Rejected` when there is none of that id."""


@runtime_checkable
class SweepsOrders(Protocol):
    """Feature of an order source: a second, slower list that shows what the first one cannot.

    It holds every order that came in or changed lately, also those that bear our mark, and tells by `Record.marked`
    which ones do where the order itself does not (see `Order.acknowledged`): so marks that somebody else set,
    cancellations, moves between distribution centres and late imports are found.
    """

    async def sweep_orders(self, cursor: Cursor | None) -> Page:
        """One page of that list from `cursor` on (None: from as far back as the settings say)."""


@runtime_checkable
class UndoesAcknowledgement(Protocol):
    """Feature of an order source: it can be told that we do not have an order after all."""

    async def unacknowledge_order(self, order_external_id: str) -> Receipt:
        """Take our mark off the order; doing it twice must have the effect of doing it once."""


@runtime_checkable
class ReceivesHints(Protocol):
    """Feature of an order source: it calls us when something happened.

    What it sends is never trusted: it only says which orders to fetch.
    """

    def read_hint(self, body: bytes) -> Sequence[str]:
        """The ids of the orders to fetch, at most a few; pure; raises `Unreadable` when the body names none."""


@runtime_checkable
class AdjustsOrders(Protocol):
    """Feature of an order source: orders and lines of it can be cancelled and refunded."""

    async def adjust_order(self, adjustment: OrderAdjustment) -> Receipt:
        """Ask the cart for one cancellation or refund; must not happen twice.

        Raises `Rejected` with the reason when the marketplace of the order does not allow it.
        """

    async def find_adjustment(self, adjustment: OrderAdjustment) -> Receipt | None:
        """What the cart knows of this adjustment, or None if it never arrived there."""

    async def adjustment_answers(self, adjustments: Sequence[OrderAdjustment]) -> Mapping[str, FinalAnswer]:
        """By key, what the marketplaces have made of these adjustments so far; one that is missing is pending."""


@runtime_checkable
class FollowsShipments(Protocol):
    """Feature of an order source: it later tells whether the marketplace accepted what the cart accepted."""

    async def shipment_answers(self, confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        """By key, what the marketplaces have made of these shipments so far; one that is missing is pending."""


@runtime_checkable
class PutsProductsInBulk(Protocol):
    """Feature of a catalog sink: a slower way for many products at once, such as a file."""

    def bulk_size(self, waiting: int) -> int:
        """How many products to put at once in this way when so many wait; 0: rather one by one.

        `waiting` is the most that have waited in this run: what begins in bulk ends in bulk.
        """

    async def put_products_in_bulk(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        """As `put_products`, for at most `bulk_size` products.

        What this way refuses (`Rejected`), and where the system does not say which ones it took (`OutcomeUnknown`), is
        put again one by one.
        """


@runtime_checkable
class SetsStockInBulk(Protocol):
    """Feature of an inventory sink: a slower way for many stock levels at once, such as a file."""

    def bulk_size(self, waiting: int) -> int:
        """How many changes to take at once for this way when so many wait; 0: rather one by one."""

    async def set_stock_in_bulk(self, changes: Sequence[StockChange]) -> Sequence[ProductAnswer]:
        """Set the levels of at most `bulk_size` products, one answer a change and in their order.

        No product is among them twice, and no DIFFERENCE. Centres that a change does not name keep what they have.
        What this way refuses (`Rejected`), and where the system does not say which ones it took (`OutcomeUnknown`), is
        set again one by one.
        """
