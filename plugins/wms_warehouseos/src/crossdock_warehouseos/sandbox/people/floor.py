"""The floor of a simulated tenant: people batch, pick and reset."""

from collections import Counter
from collections.abc import Sequence

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions
from crossdock_warehouseos.sandbox.orders.book import Order, OrderBook, Pick, Pieces, Taken
from crossdock_warehouseos.sandbox.people.packing import Packing
from crossdock_warehouseos.sandbox.stock.ledger import Stock
from crossdock_warehouseos.sandbox.stock.places import Places
from crossdock_warehouseos.sandbox.telling.work import WorkMessages


class Floor:
    """Every rule of the floor; what a rule forbids is refused before anything has changed."""

    def __init__(
        self,
        options: SandboxOptions,
        places: Places,
        book: OrderBook,
        stock: Stock,
        packing: Packing,
        messages: WorkMessages,
        numbering: Numbering,
    ) -> None:
        self._options = options
        self._statuses = options.profile.statuses
        self._places = places
        self._book = book
        self._stock = stock
        self._packing = packing
        self._messages = messages
        self._numbering = numbering

    def set_area(self, order: Order, area: str) -> None:
        """An order is picked elsewhere, as long as it is in no batch."""
        if self._book.is_locked(order):
            raise Refused(409, f"Order {order.number} is batched and stays in its area.")
        self._places.require_area(area)
        order.area = area

    def batch(self, orders: Sequence[Order]) -> str:
        """Orders of one area are picked together, and locked from now on."""
        if not orders:
            raise Refused(400, "A batch needs orders.")
        for order in orders:
            self._require_batchable(order)
        if self._places.areas and len({order.area for order in orders}) > 1:
            raise Refused(409, "A batch lies in one area.")
        number = self._numbering.next("B")
        for order in orders:
            order.batch = number
        return number

    def _require_batchable(self, order: Order) -> None:
        if order.batched:
            raise Refused(409, f"Order {order.number} is in batch {order.batch} already.")
        if order.status != self._statuses.available:
            raise Refused(409, f"Order {order.number} is {order.status}, and only an available order is batched.")
        if not self._book.is_workable(order):
            raise Refused(409, f"Order {order.number} has no area, and areas are in use.")

    def unbatch(self, order: Order) -> None:
        """An order leaves its batch, as long as nobody has begun with it."""
        if not order.batched:
            raise Refused(409, f"Order {order.number} is in no batch.")
        if order.picking or order.picks:
            raise Refused(409, f"Order {order.number} is being picked; reset it first.")
        order.batch = ""

    def download(self, order: Order) -> Pick:
        """The lines of an order come to a device, if they are not there: a round of picking is under way."""
        self.require_pickable(order)
        if order.picking is None:
            order.rounds += 1
            order.picking = Pick(f"{order.number}-P{order.rounds}")
            order.status = self._statuses.in_process
        return order.picking

    def require_pickable(self, order: Order) -> None:
        """Raises `Refused` when nobody may pick of this order now."""
        if order.status == self._statuses.complete:
            raise Refused(409, f"Order {order.number} is complete; its picks must be reset first.")
        if order.status == self._statuses.hold:
            raise Refused(409, f"Order {order.number} is on hold.")
        if not order.batched:
            raise Refused(409, f"Order {order.number} is in no batch.")

    def pick(self, order: Order, wanted: Pieces, user: str = "", *, over: bool = False) -> Pick:
        """Take exactly these pieces; more than was ordered only if `over`; more than there is never."""
        self.require_pickable(order)
        if not over:
            self._require_left(order, wanted)
        if self.obtainable(order, wanted) != wanted:
            raise Refused(409, f"There is not enough in stock for order {order.number}.")
        pick = self.download(order)
        for place, quantity in wanted.items():
            order.lines[place].picked += quantity
            pick.taken.extend(self._take(order, place, quantity))
        self._messages.lines_picked(order, pick, wanted, user)
        return pick

    def _require_left(self, order: Order, wanted: Pieces) -> None:
        for place, quantity in wanted.items():
            if quantity > (left := order.lines[place].left):
                raise Refused(409, f"Of {order.lines[place].item} {left} are left to pick, not {quantity}.")

    def obtainable(self, order: Order, wanted: Pieces) -> Pieces:
        """What of it there is in the order's area, line after line; everything where no stock is kept."""
        if not self._stock.kept:
            return {place: quantity for place, quantity in wanted.items() if quantity}
        spent: Counter[str] = Counter()
        found: Pieces = {}
        for place, quantity in wanted.items():
            item = order.lines[place].item
            if pieces := min(quantity, self._stock.to_pick(item, order.area) - spent[item]):
                found[place] = pieces
                spent[item] += pieces
        return found

    def _take(self, order: Order, line: int, quantity: int) -> list[Taken]:
        if not self._stock.kept:
            return [Taken(line, quantity, None)]
        pulled = self._stock.pull_for_order(order.lines[line].item, quantity, order.area, order.number)
        return [Taken(line, pieces, place) for place, pieces in pulled]

    def complete(self, order: Order, *, short: bool = False, reason: str = "") -> str:
        """The round is finished; the order is complete if nothing is left, or if nobody will look for it (`short`)."""
        self.require_pickable(order)
        pick = order.picking
        if pick is None and not short:
            raise Refused(409, f"Order {order.number} is on no device.")
        if pick is not None:
            order.picking = None
            order.picks.append(pick)
        over = short or not order.left
        order.status = self._statuses.complete if over else order.status
        missing = {place: line.left for place, line in enumerate(order.lines) if over and line.left}
        if pick is not None or missing:
            self._messages.pick_complete(order, pick, missing, reason)
        if over:
            self._packing.settle(order)
        return pick.number if pick else ""

    def reset(self, order: Order, numbers: Sequence[str] | None = None, user: str = "") -> list[str]:
        """A supervisor takes rounds of picking back, without numbers all; the order can be worked on again."""
        taken_back = self._to_reset(order, numbers)
        self._packing.make_loose(order, _pieces(taken_back), user)
        for pick in taken_back:
            self._put_back(order, pick)
        if order.picking in taken_back:
            order.picking = None
        order.picks = [pick for pick in order.picks if pick not in taken_back]
        if order.status != self._statuses.hold:
            order.status = self._book.working_status(order)
        self._packing.unsettle(order)
        self._messages.pick_reset(order, taken_back, user)
        return [pick.number for pick in taken_back]

    def _to_reset(self, order: Order, numbers: Sequence[str] | None) -> list[Pick]:
        standing = {pick.number: pick for pick in (*order.picks, *([order.picking] if order.picking else ()))}
        if unknown := [number for number in numbers or () if number not in standing]:
            raise Refused(409, f"Order {order.number} has no pick {', '.join(unknown)}.")
        chosen = list(standing.values()) if numbers is None else [standing[number] for number in dict.fromkeys(numbers)]
        if not chosen:
            raise Refused(409, f"Order {order.number} has no picks to reset.")
        return chosen

    def _put_back(self, order: Order, pick: Pick) -> None:
        for taken in pick.taken:
            line = order.lines[taken.line]
            line.picked -= taken.quantity
            if taken.place is not None:
                self._stock.put_back(line.item, taken.quantity, taken.place, order.number)

    def delete(self, order: Order) -> None:
        """A person deletes an order, batched or not, as long as nothing of it is picked."""
        if order.picking or order.picks or order.status == self._statuses.complete:
            raise Refused(409, f"Order {order.number} is picked; reset it first.")
        self._book.forget(order, "person")


def _pieces(picks: Sequence[Pick]) -> Pieces:
    total: Counter[int] = Counter()
    for pick in picks:
        total.update(pick.pieces())
    return dict(total)
