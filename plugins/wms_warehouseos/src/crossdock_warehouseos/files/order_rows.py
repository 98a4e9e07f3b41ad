"""An order document as rows, one for each line; pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from crossdock.domain import FulfillmentRequest
from crossdock_warehouseos.files.table import BrokenFile, Row, joined_addresses, rows_of, table_of
from crossdock_warehouseos.orders.document import OrderWriter
from crossdock_warehouseos.settings import WarehouseOSSettings


class OrderFiles:
    """Writes orders as files, and tells whose order a file holds.

    What belongs to the whole order is the same in all its rows. The address stands in columns that begin with the name
    of the address (`ShipToCity`), the notes of a line in `LineNotes`.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._names = settings.profile.order
        self._line_notes = settings.profile.line.notes
        self._url = settings.profile.attachment.url
        self._writer = OrderWriter(settings)
        self.key_field = self._writer.key_field

    def content(self, request: FulfillmentRequest) -> bytes:
        """The file of an order."""
        return table_of(self.rows(request))

    def rows(self, request: FulfillmentRequest) -> Sequence[Row]:
        """The rows of an order."""
        names = self._names
        document: dict[str, Any] = msgspec.to_builtins(self._writer.values(request))
        lines = document.pop(names.lines, [])
        address = document.pop(names.ship_to, {})
        pictures = joined_addresses(each[self._url] for each in document.pop(names.attachments, []))
        head = {**document, **{f"{names.ship_to}{part}": value for part, value in address.items()}}
        if pictures:
            head[names.attachments] = pictures
        return [{name: str(value) for name, value in {**head, **self._line(line)}.items()} for line in lines]

    def _line(self, line: dict[str, Any]) -> dict[str, Any]:
        return {f"Line{name}" if name == self._line_notes else name: value for name, value in line.items()}

    def owner(self, content: bytes) -> tuple[str, str]:
        """The number and the key of the order in a file; empty where the file has none, or cannot be read."""
        try:
            first = rows_of(content)[0]
        except (BrokenFile, IndexError):
            return "", ""
        return first.get(self._names.number, ""), first.get(self.key_field, "")
