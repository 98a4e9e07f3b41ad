"""The seller's account: its orders, who has exported them, and who is told when one changes."""

import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from crossdock_channeladvisor.sandbox.documents import (
    BundleComponent,
    ExportStatus,
    Fulfillment,
    FulfillmentItem,
    Order,
    OrderItem,
)
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_row
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.generator import Draft, generate_order, sold, stamp_at
from crossdock_channeladvisor.sandbox.orders.odd import odd_order
from crossdock_channeladvisor.sandbox.orders.rows import ROWS, RowIndex
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.orders.views import Selection, View

_VIEWS_KEPT = 32
Watcher = Callable[[Sale], None]


class Account:
    """Every order of the seller, and the rules by which lists of them are made."""

    def __init__(self, seed: int, orders: int, options: SandboxOptions) -> None:
        self.options = options
        self._seed = seed
        self._next_index = orders
        self._watchers: list[Watcher] = []
        self.new_ids = count(900_000_000)
        generated = [Sale(generate_order(seed, index, options)) for index in range(orders)]
        self._adopt(generated + [Sale(*odd_order(odd, seed, options)) for odd in options.odd])

    def _adopt(self, sales: list[Sale]) -> None:
        self.sales = sales
        self._positions = {sale.order.ID: position for position, sale in enumerate(sales)}
        self._views: OrderedDict[Selection, View] = OrderedDict()
        self._rows = RowIndex()

    def state(self) -> tuple[list[Sale], int, int]:
        """All that `restore` needs."""
        return self.sales, self._next_index, next(self.new_ids)

    def restore(self, state: tuple[list[Sale], int, int]) -> None:
        """Go on where another account was."""
        sales, self._next_index, new_id = state
        self.new_ids = count(new_id)
        self._adopt(sales)

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody from now on of every order that is added or changed, just after it happened."""
        self._watchers.append(watcher)

    def now(self) -> datetime:
        """What the clock of the service says."""
        return (self.options.stopped_at or datetime.now(UTC)) + timedelta(seconds=self.options.clock_skew)

    def stamp(self) -> str:
        """This moment, as the service writes it."""
        return stamp_at(self.now())

    def sale(self, order_id: int) -> Sale:
        """The order with this id; raises 404."""
        if order_id not in self._positions:
            raise no_such_row("Orders", order_id)
        return self.sales[self._positions[order_id]]

    def row(self, entity_set: str, row_id: int) -> tuple[Sale, Any]:
        """The row of an entity set with this id, and the order that it belongs to; raises 404."""
        if entity_set == "Orders":
            return self.sale(row_id), self.sale(row_id).order
        position = self._rows.position(entity_set, row_id, self.sales)
        sale = None if position is None else self.sales[position]
        for row in ROWS[entity_set][1](sale.order) if sale is not None else ():
            if row_id == row.ID and sale is not None:
                return sale, row
        raise no_such_row(entity_set, row_id)

    def rows(self, entity_set: str, order_id: int | None = None) -> Iterator[Any]:
        """The rows of an entity set: of one order, or of all."""
        position = -1 if order_id is None else self._positions.get(order_id)
        sales = self.sales if order_id is None else [] if position is None else [self.sales[position]]
        return (row for sale in sales for row in ROWS[entity_set][1](sale.order))

    def view(self, selection: Selection) -> View:
        """The live list of a selection; raises 400 if its filter cannot be read."""
        view = self._views.get(selection)
        if view is None:
            view = self._views[selection] = View(selection, self.sales)
            if len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        self._views.move_to_end(selection)
        return view

    def export(self, order_id: int, application: str) -> None:
        """Mark an order as exported for an application; doing it again changes nothing."""
        sale = self.sale(order_id)
        sale.export_calls = sale.export_calls or Counter()
        sale.export_calls[application] += 1
        self.mark(order_id, application)

    def mark(self, order_id: int, application: str) -> None:
        """Mark an order as exported without a call of the application."""
        sale = self.sale(order_id)
        if application not in sale.exported_for:
            row = ExportStatus(
                ID=next(self.new_ids),
                ProfileID=sale.order.ProfileID,
                OrderID=order_id,
                ApplicationID=application_number(application),
                DeveloperKey=self.options.developer_key,
            )
            self._mark(sale, (*sale.exports, row), sale.exported_for | {application})

    def unexport(self, order_id: int, application: str) -> None:
        """Remove the mark of an application."""
        sale = self.sale(order_id)
        number = application_number(application)
        rest = tuple(row for row in sale.exports if row.ApplicationID != number)
        self._mark(sale, rest, sale.exported_for - {application})

    def _mark(self, sale: Sale, exports: tuple[ExportStatus, ...], exported_for: frozenset[str]) -> None:
        sale.exports, sale.exported_for = exports, exported_for
        self._refresh(sale, lambda selection: selection.exported is not None)

    def changed(self, sale: Sale) -> None:
        """An order is not what it was: its updated date moves, every list and every watcher takes notice."""
        sale.order.UpdatedDateUtc = self.stamp()
        sale.raw = None
        self._announce(sale)

    def _announce(self, sale: Sale) -> None:
        self._refresh(sale, lambda selection: True)
        self._rows.refresh(self._positions[sale.order.ID], sale.order)
        for watcher in self._watchers:
            watcher(sale)

    def _refresh(self, sale: Sale, concerns: Callable[[Selection], bool]) -> None:
        position = self._positions[sale.order.ID]
        for selection in [selection for selection in self._views if concerns(selection)]:
            if selection.order_by:
                del self._views[selection]
            else:
                self._views[selection].refresh(position, sale)

    def add_generated(self, changes: dict[str, Any]) -> Order:
        """One more order from the seed, with some fields of its own."""
        return self._append_next(_altered(generate_order(self._seed, self._next_index, self.options), changes))

    def sell(self, quantities: dict[str, int]) -> Order:
        """One more paid order of exactly these SKUs, imported now."""
        return self._append_next(sold(Draft(self._seed, self._next_index, self.options), quantities, self.stamp()))

    def _append_next(self, order: Order) -> Order:
        self._next_index += 1
        self._append(Sale(order))
        return order

    def add_raw(self, document: dict[str, Any]) -> Order:
        """An order that is shown exactly as given; what does not fit its fields counts as not given."""
        try:
            order = msgspec.convert(document, Order)
        except msgspec.ValidationError:
            order = Order(ID=document["ID"])
        self._append(Sale(order, raw=msgspec.json.encode(document)))
        return order

    def _append(self, sale: Sale) -> None:
        if sale.order.ID in self._positions:
            raise BadQuery(f"Order {sale.order.ID} is there already.")
        self._positions[sale.order.ID] = len(self.sales)
        self.sales.append(sale)
        self._announce(sale)

    def alter(self, order_id: int, changes: dict[str, Any]) -> None:
        """Set fields of an order as the marketplace or a person would."""
        sale = self.sale(order_id)
        sale.order = _altered(sale.order, changes)
        self.changed(sale)

    def pay_all(self) -> int:
        """The payment of every open order that waits for it is cleared; how many there were."""
        waiting = [sale for sale in self.sales if _waits_for_payment(sale.order)]
        for sale in waiting:
            sale.order.PaymentStatus, sale.order.CheckoutStatus = "Cleared", "Completed"
            sale.order.PaymentDateUtc = self.stamp()
            self.changed(sale)
        return len(waiting)


def application_number(application: str) -> int:
    """The number under which the marks of an application are shown (which one the real service gives is not known)."""
    return zlib.crc32(application.encode()) % 1_000_000


def _altered(order: Order, changes: dict[str, Any]) -> Order:
    unknown = changes.keys() - set(Order.__struct_fields__)
    if unknown:
        raise BadQuery(f"An order has no field {', '.join(sorted(unknown))}.")
    altered = msgspec.convert({**msgspec.to_builtins(order), **changes}, Order)
    for item in altered.Items:
        _belong(altered, item, *item.BundleComponents)
    for fulfillment in altered.Fulfillments:
        _belong(altered, fulfillment, *fulfillment.Items)
        for row in fulfillment.Items:
            row.FulfillmentID = fulfillment.ID
    return altered


def _belong(order: Order, *rows: OrderItem | BundleComponent | Fulfillment | FulfillmentItem) -> None:
    for row in rows:
        row.OrderID, row.ProfileID = order.ID, order.ProfileID


def _waits_for_payment(order: Order) -> bool:
    return order.PaymentStatus in ("NotYetSubmitted", "Submitted") and order.ShippingStatus != "Canceled"
