"""What the Host Agent leaves of picked and packed work, and of its refusals: files to records to shipments; pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from crossdock import Record, Unreadable
from crossdock.domain import RequestRefusal, Shipment, ShipmentReversal
from crossdock_warehouseos.files.table import BrokenFile, Row, rows_of
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.messages import MessageReader


class Kind(StrEnum):
    """What a file was about that told a record: one of orders or items was refused."""

    PICKS = "picks"
    ORDERS = "orders"
    ITEMS = "items"


class Told(NamedTuple):
    """Which file told a record."""

    kind: Kind
    file: str


def told_by(record_id: str) -> Told:
    """The file that a record came from."""
    kind, _, rest = record_id.partition("/")
    return Told(Kind(kind), rest.partition("/")[0])


class PickReader:
    """Reads files with one row for each line of each box (or pick), under a tenant's names.

    The rows of one box make one record. They are read as the host message that tells the same, so that a fact has the
    same id however it is told.
    """

    def __init__(self, settings: WarehouseOSSettings) -> None:
        profile, packed = settings.profile, settings.confirm_at == "pack"
        work, line = profile.work, profile.work_line
        self._message = profile.message
        self._trigger = profile.triggers.box_closed if packed else profile.triggers.pick_complete
        self._box = (work.order_number, work.transaction, work.box if packed else work.pick)
        self._line_names = (line.host_id, line.item, line.quantity)
        self._lines_name = work.lines
        self._needed = (work.order_number, work.at, *self._line_names)
        self._messages = MessageReader(settings.model_copy(update={"report_by": "document"}))

    def records(self, file: str, content: bytes) -> tuple[Record, ...]:
        """A record for each box; a single one for a file that cannot be read, or has no rows."""
        try:
            rows = rows_of(content, self._needed)
        except BrokenFile as error:
            told = {"file": file, "broken": str(error), "content": content.decode("latin-1")}
            return (_record(Kind.PICKS, file, "", told),)
        boxes: dict[str, list[Row]] = {}
        for row in rows:
            boxes.setdefault("/".join(row.get(name, "") for name in self._box), []).append(row)
        return tuple(
            _record(Kind.PICKS, file, box, {"file": file, "rows": rows}) for box, rows in (boxes or {"": []}).items()
        )

    def refusal(self, kind: Kind, file: str, words: str, order: str = "") -> Record:
        """A record of what the agent refused; `order` is the number of the order in the file."""
        return _record(kind, file, "", {"file": file, "refused": words, "order": order})

    def shipment(self, record: Record) -> Shipment | ShipmentReversal | RequestRefusal | None:
        """What left in one box or pick, or which order was refused; None where nothing left."""
        told: dict[str, Any] = msgspec.json.decode(record.data)
        if "file" not in told:
            raise Unreadable(f"record {record.id} did not come from a file of the host agent")
        file = told["file"]
        if told.get("order"):
            return RequestRefusal(request_number=told["order"], reason=f"the host agent says: {told['refused']}")
        if "refused" in told:
            raise Unreadable(f"the host agent refused the file {file}: {told['refused']}")
        if "broken" in told:
            raise Unreadable(
                f"the file {file} of the host agent was not understood, and nothing of it counts: {told['broken']}; "
                "correct it and leave it there again under another name"
            )
        return self._shipment(file, record.id, told["rows"]) if told["rows"] else None

    def _shipment(self, file: str, record_id: str, rows: Sequence[Row]) -> Shipment | ShipmentReversal | None:
        head = self._head(rows[0])
        if any(self._head(row) != head for row in rows):
            raise Unreadable(f"the file {file} says two things of one box: {' / '.join(head.values())}")
        lines = [{name: row[name] for name in self._line_names} for row in rows]
        names = self._message
        message = {names.id: record_id, names.trigger: self._trigger, names.body: {**head, self._lines_name: lines}}
        return self._messages.shipment(Record(record_id, msgspec.json.encode(message)))

    def _head(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if value and name not in self._line_names}


def _record(kind: Kind, file: str, key: str, told: dict[str, Any]) -> Record:
    return Record("/".join(part for part in (kind, file, key) if part), msgspec.json.encode(told))
