"""The packing bench of a simulated tenant: boxes, and the flags Packed and Verified."""

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.orders.book import Box, Order, OrderBook, Pieces
from crossdock_warehouseos.sandbox.people.tracking import tracking_number
from crossdock_warehouseos.sandbox.telling.work import WorkMessages


class Packing:
    """One order in a box, several boxes for an order; nothing is packed that was not picked."""

    def __init__(self, options: SandboxOptions, book: OrderBook, messages: WorkMessages) -> None:
        self._options = options
        self._statuses = options.profile.statuses
        self._book = book
        self._messages = messages

    def pack(self, order: Order, pieces: Pieces, box: str = "", user: str = "") -> str:
        """Put loose pieces into a box, without a number into a new one; gives its number."""
        self._require_packable(order, pieces, box)
        number = box or self._new_number(order)
        inside = order.open_boxes.setdefault(number, {})
        for place, quantity in pieces.items():
            order.lines[place].packed += quantity
            inside[place] = inside.get(place, 0) + quantity
        self._messages.lines_packed(order, number, pieces, user)
        return number

    def _require_packable(self, order: Order, pieces: Pieces, box: str) -> None:
        if order.status == self._statuses.hold:
            raise Refused(409, f"Order {order.number} is on hold.")
        if not any(pieces.values()):
            raise Refused(409, f"Nothing of order {order.number} is there to be packed.")
        for place, quantity in pieces.items():
            if quantity > (loose := order.lines[place].loose):
                raise Refused(409, f"Of {order.lines[place].item} {loose} are picked and not packed, not {quantity}.")
        if box in {closed.number for closed in order.boxes}:
            raise Refused(409, f"Box {box} is closed.")

    def _new_number(self, order: Order) -> str:
        if order.free_boxes:
            return order.free_boxes.pop(0)
        used = {*order.open_boxes, *(closed.number for closed in order.boxes)}
        while True:
            order.box_numbers += 1
            if (number := f"{order.number}-{order.box_numbers}") not in used:
                return number

    def close(self, order: Order, number: str, tracking: str | None = None) -> Box:
        """Close a box; where a shipping system is connected it gets a tracking number, this one if given."""
        if number not in order.open_boxes:
            raise Refused(409, f"Order {order.number} has no open box {number}.")
        if tracking is None:
            tracking = tracking_number(order.carrier, number) if self._options.shipping_system else ""
        box = Box(number, order.carrier, order.service, tracking, order.open_boxes.pop(number))
        order.boxes.append(box)
        self._messages.box_closed(order, box)
        self.settle(order)
        return box

    def reopen(self, order: Order, number: str, user: str = "") -> None:
        """Open a closed box again: what was in it is loose, to be packed anew."""
        if number not in {box.number for box in order.boxes}:
            raise Refused(409, f"Order {order.number} has no closed box {number}.")
        self._empty(order, number)
        self.unsettle(order)
        self._messages.box_reset(order, number, user)

    def _empty(self, order: Order, number: str) -> None:
        closed = {box.number: box.pieces for box in order.boxes}
        for place, quantity in {**closed, **order.open_boxes}[number].items():
            order.lines[place].packed -= quantity
        order.open_boxes.pop(number, None)
        order.boxes = [box for box in order.boxes if box.number != number]
        if self._options.reopened_box == "same":
            order.free_boxes.append(number)

    def make_loose(self, order: Order, pieces: Pieces, user: str) -> None:
        """See that these pieces are in no box, which empties all boxes if they are; raises `Refused`."""
        if all(order.lines[place].loose >= quantity for place, quantity in pieces.items()):
            return
        if self._options.reset_of_packed == "refused":
            raise Refused(409, f"Order {order.number} is packed; open its boxes first.")
        for number in [*order.open_boxes, *(box.number for box in order.boxes)]:
            self._empty(order, number)
            if self._options.reset_of_packed == "boxes":
                self._messages.box_reset(order, number, user)

    def verify(self, order: Order, user: str = "") -> None:
        """Somebody looks whether everything is in the boxes."""
        if not order.packed:
            raise Refused(409, f"Order {order.number} is not packed.")
        if order.verified:
            raise Refused(409, f"Order {order.number} is verified already.")
        order.verified = True
        self._messages.order_verified(order, user)

    def settle(self, order: Order) -> None:
        """A complete order whose pieces are all in closed boxes is packed, and nobody waits for it any more."""
        if order.status == self._statuses.complete and not order.loose and not order.open_boxes:
            order.packed = bool(order.boxes)
            self._book.unfinished.pop(order.number, None)

    def unsettle(self, order: Order) -> None:
        """The order is to be packed again."""
        order.packed = order.verified = False
        self._book.unfinished[order.number] = order
        self._book.agenda.enter((order.number, order.id))
