"""The roles a connection can have, as small protocols, and the features beside them.

A plugin's factory hooks return objects that follow these. The engine asks whether an object has a feature
(`isinstance(target, AcknowledgesRecords)`), never which connector it is. Reads return raw records; the `read_*`
methods translate one record, are pure and raise `Unreadable`. Writes are one item a call, carry our key, and raise
the error that follows (`crossdock.hooks.errors`). Every write that must not happen twice has a look-up beside it.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from crossdock.domain import FulfillmentRequest, Order, Parcel, Shipment, ShipmentConfirmation
from crossdock.hooks.records import Cursor, Page, Receipt, Record


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

    def read_shipment(self, record: Record) -> Shipment | None:
        """Translate one raw record; None if it is of a kind that reports no shipment; pure."""


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
class ShippingProvider(Protocol):
    """A shipping system that knows the tracking numbers which the warehouse does not."""

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        """The raw parcels that were made for one warehouse order number; none yet is an empty list."""

    def read_parcel(self, record: Record) -> Parcel:
        """Translate one raw parcel; pure."""
