"""The seller's account: its orders, who has exported them, and lists of them that stay true while they change."""

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from crossdock_channeladvisor.sandbox.documents import BundleComponent, Fulfillment, FulfillmentItem, Order, OrderItem
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_order
from crossdock_channeladvisor.sandbox.filter import compile_filter, kinds
from crossdock_channeladvisor.sandbox.generator import generate_order, stamp_now
from crossdock_channeladvisor.sandbox.odd import odd_order
from crossdock_channeladvisor.sandbox.options import SandboxOptions

_VIEWS_KEPT = 32


@dataclass(slots=True)
class Sale:
    """An order with what happened to it; `raw` are the bytes shown in its place, if it came in as such."""

    order: Order
    raw: bytes | None = None
    exported_for: frozenset[str] = frozenset()
    export_calls: Counter[str] | None = None
    ships: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders a list shows, and in which order (`order_by`: property and direction; None: as they came in)."""

    filter: str | None = None
    exported: bool | None = None
    application: str = ""
    order_by: tuple[str, bool] | None = None


class View:
    """The positions of the orders of one selection, kept true one change at a time."""

    def __init__(self, selection: Selection, sales: list[Sale]) -> None:
        self.selection = selection
        self._matches = _membership(selection)
        self.positions = [position for position, sale in enumerate(sales) if self._matches(sale)]
        if selection.order_by is not None:
            name, descending = selection.order_by
            self.positions.sort(key=lambda position: _sort_key(sales[position].order, name), reverse=descending)

    def refresh(self, position: int, sale: Sale) -> None:
        """Take in or leave out one order that has changed (only where orders are shown as they came in)."""
        place = bisect_left(self.positions, position)
        present = place < len(self.positions) and self.positions[place] == position
        if (wanted := self._matches(sale)) and not present:
            self.positions.insert(place, position)
        elif present and not wanted:
            del self.positions[place]


def _membership(selection: Selection) -> Callable[[Sale], bool]:
    matches = compile_filter(selection.filter, Order) if selection.filter else None
    exported, application = selection.exported, selection.application

    def belongs(sale: Sale) -> bool:
        if exported is not None and (application in sale.exported_for) is not exported:
            return False
        return matches is None or matches(sale.order)

    return belongs


def _sort_key(order: Order, name: str) -> tuple[bool, Any]:
    value = getattr(order, name)
    return value is not None, value


class Account:
    """Every order of the seller, and the rules by which lists of them are made."""

    def __init__(self, seed: int, orders: int, options: SandboxOptions) -> None:
        self.options = options
        self._seed = seed
        self.sales = [Sale(generate_order(seed, index, options)) for index in range(orders)]
        self.sales += [Sale(*odd_order(odd, seed, options)) for odd in options.odd]
        self._positions = {sale.order.ID: position for position, sale in enumerate(self.sales)}
        self._next_index = orders
        self._views: OrderedDict[Selection, View] = OrderedDict()
        self.new_ids = count(900_000_000)

    def state(self) -> tuple[list[Sale], int, int]:
        """All that `restore` needs."""
        return self.sales, self._next_index, next(self.new_ids)

    def restore(self, state: tuple[list[Sale], int, int]) -> None:
        """Go on where another account was."""
        self.sales, self._next_index, new_id = state
        self.new_ids = count(new_id)
        self._positions = {sale.order.ID: position for position, sale in enumerate(self.sales)}
        self._views.clear()

    def sale(self, order_id: int) -> Sale:
        """The order with this id; raises 404."""
        if order_id not in self._positions:
            raise no_such_order(order_id)
        return self.sales[self._positions[order_id]]

    def view(self, selection: Selection) -> View:
        """The live list of a selection; raises 400 if its filter or order cannot be read."""
        view = self._views.get(selection)
        if view is None:
            if selection.order_by is not None and selection.order_by[0] not in kinds(Order):
                raise BadQuery(f"Could not find a property named '{selection.order_by[0]}' to order by.")
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
        self._mark(sale, sale.exported_for | {application})

    def unexport(self, order_id: int, application: str) -> None:
        """Remove the mark of an application."""
        sale = self.sale(order_id)
        self._mark(sale, sale.exported_for - {application})

    def _mark(self, sale: Sale, exported_for: frozenset[str]) -> None:
        if exported_for != sale.exported_for:
            sale.exported_for = exported_for
            self._refresh(sale, lambda selection: selection.exported is not None)

    def changed(self, sale: Sale) -> None:
        """An order is not what it was: its updated date moves and every list takes notice."""
        sale.order.UpdatedDateUtc = stamp_now()
        sale.raw = None
        self._refresh(sale, lambda selection: True)

    def _refresh(self, sale: Sale, concerns: Callable[[Selection], bool]) -> None:
        position = self._positions[sale.order.ID]
        for selection in [selection for selection in self._views if concerns(selection)]:
            if selection.order_by is None:
                self._views[selection].refresh(position, sale)
            else:
                del self._views[selection]

    def add_generated(self, changes: dict[str, Any]) -> Order:
        """One more order from the seed, with some fields of its own."""
        order = _altered(generate_order(self._seed, self._next_index, self.options), changes)
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
        self._refresh(sale, lambda selection: True)

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
            sale.order.PaymentDateUtc = stamp_now()
            self.changed(sale)
        return len(waiting)

    def fulfillments(self, order_id: int | None) -> Iterator[Fulfillment]:
        """The fulfillments of one order, or of all."""
        sales = self.sales if order_id is None else self._found(order_id)
        return (fulfillment for sale in sales for fulfillment in sale.order.Fulfillments)

    def _found(self, order_id: int) -> list[Sale]:
        position = self._positions.get(order_id)
        return [] if position is None else [self.sales[position]]


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
