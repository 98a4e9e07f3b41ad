"""What a simulated tenant tells the host of work on its orders."""

from collections.abc import Iterable
from typing import Any

from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions, TriggerName
from crossdock_warehouseos.sandbox.orders.book import Box, Order, Pick, Pieces
from crossdock_warehouseos.sandbox.telling.queue import HostQueue


class WorkMessages:
    """Writes one message for each thing that happens, with a transaction number of its own."""

    def __init__(self, options: SandboxOptions, queue: HostQueue, clock: Clock, numbering: Numbering) -> None:
        self._profile = options.profile
        self._names = options.profile.work
        self._reset_names_picks = options.reset_names_picks
        self._unnumbered = () if options.document_transactions else ("box_closed", "pick_complete")
        self._queue = queue
        self._clock = clock
        self._numbering = numbering

    def lines_picked(self, order: Order, pick: Pick, pieces: Pieces, user: str) -> None:
        """Pieces of each line were picked."""
        for line, quantity in pieces.items() if self._queue.wants("line_picked") else ():
            self._put("line_picked", order, {self._names.pick: pick.number}, {line: quantity}, user)

    def pick_complete(self, order: Order, pick: Pick) -> None:
        """A round of picking is finished."""
        self._put("pick_complete", order, {self._names.pick: pick.number}, pick.pieces())

    def pick_reset(self, order: Order, picks: Iterable[Pick], user: str) -> None:
        """A supervisor took rounds of picking back."""
        numbers = [pick.number for pick in picks]
        self._put("pick_reset", order, {self._names.pick: numbers} if self._reset_names_picks else {}, user=user)

    def lines_packed(self, order: Order, box: str, pieces: Pieces, user: str) -> None:
        """Pieces of each line were put into a box."""
        for line, quantity in pieces.items() if self._queue.wants("line_packed") else ():
            self._put("line_packed", order, {self._names.box: box}, {line: quantity}, user)

    def box_closed(self, order: Order, box: Box) -> None:
        """A box is closed."""
        names = self._names
        travel = {names.carrier: box.carrier, names.service: box.service, names.tracking_number: box.tracking_number}
        self._put("box_closed", order, {names.box: box.number, **travel}, box.pieces)

    def box_reset(self, order: Order, box: str, user: str) -> None:
        """A box was opened again, and what was in it is loose."""
        self._put("box_reset", order, {self._names.box: box}, user=user)

    def order_verified(self, order: Order, user: str) -> None:
        """Somebody looked whether everything is in the boxes."""
        self._put("order_verified", order, {}, user=user)

    def _put(
        self, trigger: TriggerName, order: Order, said: dict[str, Any], pieces: Pieces | None = None, user: str = ""
    ) -> None:
        if not self._queue.wants(trigger):
            return
        names = self._names
        body = {names.order_number: order.number, **said, names.at: self._clock.now()}
        if trigger not in self._unnumbered:
            body[names.transaction] = self._numbering.next("W")
        if user:
            body[names.user] = user
        if pieces is not None:
            body[names.lines] = told_lines(self._profile, order, pieces)
        self._queue.put(trigger, body)


def told_lines(profile: Profile, order: Order, pieces: Pieces) -> list[dict[str, Any]]:
    """Pieces by the host's id of the line, and by item where the tenant has made several lines of one."""
    names = profile.work_line
    told: dict[tuple[str, str], int] = {}
    for place, quantity in pieces.items():
        line = order.lines[place]
        told[line.host_id, line.item] = told.get((line.host_id, line.item), 0) + quantity
    return [
        {names.host_id: host_id, names.item: item, names.quantity: quantity}
        for (host_id, item), quantity in told.items()
    ]
