"""Purchase orders as they travel: a host's documents read, the tenant's own written, under the profile's names."""

from collections import Counter
from typing import Any

from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.receiving.purchase_orders import Announcement, ExpectedLine, LineKey, PurchaseOrder
from crossdock_warehouseos.sandbox.stock.places import Places


class AnnouncementReader:
    """Reads what a host says of a purchase order; what it leaves out or gives as null is not given."""

    def __init__(self, profile: Profile, places: Places) -> None:
        names = self._names = profile.purchase_order
        self._line_names = profile.purchase_order_line
        self._places = places
        self._head = (names.supplier, names.area, names.expected_at, names.notes)

    def read(self, told: Any) -> Announcement:
        """What the host announces; raises `Refused`."""
        values = told if isinstance(told, dict) else {}
        number = values.get(self._names.number)
        if not isinstance(number, str) or not number.strip():
            raise Refused(400, f"{self._names.number} is required.")
        lines = values.get(self._names.lines)
        if not isinstance(lines, list) or not lines:
            raise Refused(400, "A purchase order needs at least one line.")
        return Announcement(number, self._read_head(values), self._read_lines(lines))

    def _read_head(self, values: dict[str, Any]) -> dict[str, str]:
        head = {name: values[name] for name in self._head if values.get(name) is not None}
        for name, value in head.items():
            if not isinstance(value, str):
                raise Refused(400, f"{name} must be text.")
        self._places.require_area(head.get(self._names.area, ""))
        return head

    def _read_lines(self, lines: list[Any]) -> dict[LineKey, int]:
        read = [self._read_line(line if isinstance(line, dict) else {}) for line in lines]
        for (item, host_id), times in Counter(key for key, _ in read).items():
            if times > 1:
                raise Refused(400, f"Item {item} is there {times} times with {self._line_names.host_id} '{host_id}'.")
        return dict(read)

    def _read_line(self, line: dict[str, Any]) -> tuple[LineKey, int]:
        names = self._line_names
        item, host_id, expected = line.get(names.item), line.get(names.host_id), line.get(names.expected)
        if not isinstance(item, str) or not item.strip():
            raise Refused(400, f"A line needs {names.item}.")
        if isinstance(expected, bool) or not isinstance(expected, int) or expected < 0:
            raise Refused(400, f"{names.expected} of {item} must be a whole number from 0.")
        return (item, "" if host_id is None else str(host_id)), expected


class PurchaseOrderWriter:
    """Writes purchase orders as the tenant shows them."""

    def __init__(self, profile: Profile) -> None:
        self._names = profile.purchase_order
        self._line_names = profile.purchase_order_line

    def document(self, order: PurchaseOrder) -> dict[str, Any]:
        """A purchase order with its lines."""
        lines = [self._line(line) for line in order.lines]
        return {self._names.number: order.number, **order.head, self._names.lines: lines}

    def _line(self, line: ExpectedLine) -> dict[str, Any]:
        names = self._line_names
        return {
            names.host_id: line.host_id,
            names.item: line.item,
            names.expected: line.expected,
            names.received: line.received,
        }
