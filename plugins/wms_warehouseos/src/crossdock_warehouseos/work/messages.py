"""Messages of the host queue, taken apart: a record for each, and the fact that it tells."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec
from pydantic import ValidationError

from crossdock import Record, Unreadable
from crossdock.domain import InventoryMovement, Putaway, Shipment, ShipmentReversal, Shortage, digest
from crossdock_warehouseos.answers import NOT_JSON, entries, parts
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import UNNAMED
from crossdock_warehouseos.work.movements import MovementReader
from crossdock_warehouseos.work.putaways import PutawayReader
from crossdock_warehouseos.work.shipments import ShipmentReader
from crossdock_warehouseos.work.shortages import ShortageReader

F = TypeVar("F")


class MessageReader:
    """Reads host messages under a tenant's names; pure. A kind that nobody knows tells no fact."""

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._names = settings.profile.message
        self._shipments = ShipmentReader(settings).by_trigger
        self._others = settings.orders_of_others
        self._movements = MovementReader(settings).by_trigger
        self._putaways = PutawayReader(settings).by_trigger
        self._shortages = ShortageReader(settings).by_trigger

    def records(self, body: bytes) -> tuple[Record, ...] | None:
        """The messages of one answer, each under its own id; None when the answer is no list."""
        messages = entries(body, self._names.list)
        return None if messages is None else tuple(self._record(bytes(message)) for message in messages)

    def pushed(self, body: bytes) -> tuple[Record, ...]:
        """The messages of one call that WarehouseOS makes: a list as in the queue, or a single message."""
        records = self.records(body) or self._single(body)
        if not records:
            raise Unreadable("a call of WarehouseOS holds no host message")
        return records

    def _single(self, body: bytes) -> tuple[Record, ...]:
        try:
            return (self._record(body),) if self._names.trigger in parts(body) else ()
        except NOT_JSON:
            return ()

    def _record(self, message: bytes) -> Record:
        try:
            given = msgspec.json.decode(parts(message)[self._names.id], type=str | int)
        except (*NOT_JSON, KeyError):
            given = ""
        return Record(str(given) or UNNAMED + digest(message).hex(), message)

    def shipment(self, record: Record) -> Shipment | ShipmentReversal | None:
        """What left in one box or pick, or what was taken back; None for other messages, and where nothing left.

        None too for orders that others have put there.
        """
        fact = self._fact(record, self._shipments)
        return None if fact and self._is_others(fact.request_number) else fact

    def movement(self, record: Record) -> InventoryMovement | None:
        """Stock that moved; None for other messages, and where none did."""
        return self._fact(record, self._movements)

    def putaway(self, record: Record) -> Putaway | None:
        """Goods that were put away; None for other messages, and where none were."""
        return self._fact(record, self._putaways)

    def shortages(self, record: Record) -> Sequence[Shortage]:
        """Pieces that will not be shipped; none for other messages, and of orders that others have put there."""
        return [one for one in self._fact(record, self._shortages) or () if not self._is_others(one.request_number)]

    def _is_others(self, number: str) -> bool:
        return any(fnmatchcase(number, pattern) for pattern in self._others)

    def _fact(self, record: Record, by_trigger: Mapping[str, Callable[[bytes], F]]) -> F | None:
        try:
            message = parts(record.data)
            trigger = msgspec.json.decode(message[self._names.trigger])
            read = by_trigger.get(trigger) if isinstance(trigger, str) else None
            return read(bytes(message[self._names.body])) if read else None
        except KeyError as missing:
            raise Unreadable(f"host message {record.id} has no field {missing}") from None
        except ValidationError as error:
            raise Unreadable(f"host message {record.id}: {_first_fault(error)}") from None
        except (*NOT_JSON, OverflowError) as error:
            raise Unreadable(f"host message {record.id} cannot be read: {error}") from None
        except Unreadable as error:
            raise Unreadable(f"host message {record.id}: {error}") from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
