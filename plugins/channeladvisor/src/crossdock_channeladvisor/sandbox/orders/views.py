"""Lists of orders that stay true while the orders change."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from crossdock_channeladvisor.sandbox.documents import Order
from crossdock_channeladvisor.sandbox.odata.filter import compile_filter
from crossdock_channeladvisor.sandbox.odata.ordering import Key, in_order
from crossdock_channeladvisor.sandbox.orders.sale import Sale


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders a list shows, and by which keys it is sorted (none: as they came in)."""

    filter: str | None = None
    exported: bool | None = None
    application: str = ""
    order_by: tuple[Key, ...] = ()


class View:
    """The positions of the orders of one selection, kept true one change at a time."""

    def __init__(self, selection: Selection, sales: list[Sale]) -> None:
        self.selection = selection
        self._matches = _membership(selection)
        positions = [position for position, sale in enumerate(sales) if self._matches(sale)]
        self.positions = in_order(positions, selection.order_by, Order, lambda position: sales[position].order)

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
