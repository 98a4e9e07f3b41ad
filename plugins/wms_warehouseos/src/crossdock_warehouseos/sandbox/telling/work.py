"""What a simulated tenant tells the host of work on its orders."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.numbering import Numbering
from crossdock_warehouseos.sandbox.options import SandboxOptions, TriggerName
from crossdock_warehouseos.sandbox.orders.book import Box, Order, Pick, Pieces
from crossdock_warehouseos.sandbox.people.tracking import tracking_number
from crossdock_warehouseos.sandbox.telling.queue import HostQueue


class WorkMessages:
    """Writes one message for each thing that happens, with a transaction number of its own."""

    def __init__(self, options: SandboxOptions, queue: HostQueue, clock: Clock, numbering: Numbering) -> None:
        self._profile = options.profile
        self._names = options.profile.work
        self._reset_names_picks = options.reset_names_picks
        self._labels_first = options.labels == "before_packing"
        self._unnumbered = () if options.document_transactions else ("box_closed", "pick_complete")
        self._queue = queue
        self._clock = clock
        self._numbering = numbering

    def lines_picked(self, order: Order, pick: Pick, pieces: Pieces, user: str) -> None:
        """Pieces of each line were picked."""
        for line, quantity in pieces.items() if self._queue.wants("line_picked") else ():
            said = {self._names.pick: pick.number, **self._label(order, pick.number)}
            self._put("line_picked", order, said, {line: quantity}, user)

    def pick_complete(self, order: Order, pick: Pick | None, short: Pieces, reason: str = "") -> None:
        """A round of picking is finished, and with it perhaps the order, without the pieces that were not found."""
        names = self._names
        said = {names.pick: pick.number, **self._label(order, pick.number)} if pick else {}
        said[names.status] = order.status
        if short and reason:
            said[names.short_reason] = reason
        self._put("pick_complete", order, said, pick.pieces() if pick else {}, short=short)

    def pick_reset(self, order: Order, picks: Iterable[Pick], user: str) -> None:
        """A supervisor took rounds of picking back."""
        numbers = [pick.number for pick in picks]
        self._put("pick_reset", order, {self._names.pick: numbers} if self._reset_names_picks else {}, user=user)

    def lines_packed(self, order: Order, box: str, pieces: Pieces, user: str) -> None:
        """Pieces of each line were put into a box."""
        for line, quantity in pieces.items() if self._queue.wants("line_packed") else ():
            said = {self._names.box: box, **self._label(order, box)}
            self._put("line_packed", order, said, {line: quantity}, user)

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

    def _label(self, order: Order, unit: str) -> dict[str, str]:
        """How it travels, where labels are made before anything is packed."""
        names = self._names
        if not self._labels_first:
            return {}
        number = tracking_number(order.carrier, unit)
        return {names.carrier: order.carrier, names.service: order.service, names.tracking_number: number}

    def _put(
        self,
        trigger: TriggerName,
        order: Order,
        said: dict[str, Any],
        pieces: Pieces | None = None,
        user: str = "",
        short: Pieces | None = None,
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
            body[names.lines] = told_lines(self._profile, order, pieces, short or {})
        self._queue.put(trigger, body)


def told_lines(profile: Profile, order: Order, pieces: Pieces, short: Pieces | None = None) -> list[dict[str, Any]]:
    """Pieces by the host's id of the line, and by item where the tenant has made several lines of one; `short` is what
    was not found."""
    names = profile.work_line
    done, missing = _by_line(order, pieces), _by_line(order, short or {})
    return [
        {names.host_id: line[0], names.item: line[1], names.quantity: done[line]}
        | ({names.short: missing[line]} if missing[line] else {})
        for line in dict.fromkeys((*done, *missing))
    ]


def _by_line(order: Order, pieces: Pieces) -> Counter[tuple[str, str]]:
    told: Counter[tuple[str, str]] = Counter()
    for place, quantity in pieces.items():
        told[order.lines[place].host_id, order.lines[place].item] += quantity
    return told
