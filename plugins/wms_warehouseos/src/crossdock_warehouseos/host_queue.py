"""Messages of the host queue, and the shipments that they report."""

from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from crossdock import Record, Unreadable
from crossdock.domain import Package, PackedLine, Shipment, digest
from crossdock_warehouseos.answers import NOT_JSON, entries, parts
from crossdock_warehouseos.models import WorkDone, WorkLine, renamed
from crossdock_warehouseos.settings import WarehouseOSSettings

UNNAMED = "digest:"
"""How the id of a record begins whose message has none; such a message cannot be acknowledged."""


class MessageReader:
    """Reads host messages under a tenant's names; pure."""

    def __init__(self, settings: WarehouseOSSettings) -> None:
        profile = settings.profile
        self._names = profile.message
        self._zone = ZoneInfo(settings.time_zone)
        packed = settings.confirm_at == "pack"
        self._reporting = profile.triggers.box_closed if packed else profile.triggers.pick_complete
        names = {**profile.work.model_dump(), "id": profile.work.box if packed else profile.work.pick}
        line = renamed(WorkLine, profile.work_line.model_dump())
        self._work = renamed(WorkDone, names, lines=(tuple[line, ...], ...))  # type: ignore[valid-type]

    def records(self, body: bytes) -> tuple[Record, ...] | None:
        """The messages of one answer, each under its own id; None when the answer is no list."""
        messages = entries(body, self._names.list)
        return None if messages is None else tuple(self._record(bytes(message)) for message in messages)

    def _record(self, message: bytes) -> Record:
        try:
            given = msgspec.json.decode(parts(message)[self._names.id], type=str | int)
        except (*NOT_JSON, KeyError):
            given = ""
        return Record(str(given) or UNNAMED + digest(message).hex(), message)

    def shipment(self, record: Record) -> Shipment | None:
        """What left in one box or pick; None for messages of other kinds, and where nothing left."""
        try:
            message = parts(record.data)
            if msgspec.json.decode(message[self._names.trigger]) != self._reporting:
                return None
            work = self._work.model_validate_json(bytes(message[self._names.body]))
            return self._reported(work)
        except KeyError as missing:
            raise Unreadable(f"host message {record.id} has no field {missing}") from None
        except ValidationError as error:
            raise Unreadable(f"host message {record.id}: {_first_fault(error)}") from None
        except (*NOT_JSON, OverflowError) as error:
            raise Unreadable(f"host message {record.id} cannot be read: {error}") from None

    def _reported(self, work: WorkDone) -> Shipment | None:
        lines = tuple(
            PackedLine(line_id=line.host_id, sku=line.item, quantity=line.quantity)
            for line in work.lines
            if line.quantity != 0
        )
        if not lines:
            return None
        package = Package(
            lines=lines,
            tracking_number=work.tracking_number or "",
            carrier=work.carrier or "",
            service_level=work.service or "",
        )
        at = work.at if work.at.tzinfo else work.at.replace(tzinfo=self._zone)
        return Shipment(external_id=_fact_id(work), request_number=work.order_number, shipped_at=at, package=package)


def _fact_id(work: WorkDone) -> str:
    """The number of the box or pick; behind the order number where it may be unique in its order only."""
    number = work.id or digest(work.model_dump_json().encode()).hex()
    return number if number.startswith(work.order_number) else f"{work.order_number}/{number}"


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
