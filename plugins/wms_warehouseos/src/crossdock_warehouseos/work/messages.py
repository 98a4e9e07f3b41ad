"""Messages of the host queue, taken apart: a record for each, and the fact that it tells."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeVar

import msgspec
from pydantic import ValidationError

from crossdock import Record, Unreadable, error_text
from crossdock.domain import InventoryMovement, Putaway, Shipment, ShipmentReversal, Shortage, digest
from crossdock_warehouseos.answers import NOT_JSON, entries, parts
from crossdock_warehouseos.faults import first_fault
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import UNNAMED
from crossdock_warehouseos.work.movements import MovementReader
from crossdock_warehouseos.work.putaways import PutawayReader
from crossdock_warehouseos.work.shipments import ShipmentReader
from crossdock_warehouseos.work.shortages import ShortageReader

F = TypeVar("F")
Readers = Mapping[str, Callable[[bytes], F]]
"""How the body of a message is read, by the kind of the message."""


class MessageReader:
    """Reads host messages under a tenant's names; pure. A kind that nobody knows tells no fact."""

    def __init__(self, settings: WarehouseOSSettings) -> None:
        self._names = settings.profile.message
        self._order_number = settings.profile.work.order_number
        self._kinds = frozenset(settings.profile.triggers.model_dump().values())
        self._others = settings.orders_of_others
        self._shipments = self._of_ours(ShipmentReader(settings).by_trigger)
        self._movements = MovementReader(settings).by_trigger
        self._putaways = PutawayReader(settings).by_trigger
        self._shortages = self._of_ours(ShortageReader(settings).by_trigger)

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

    def unknown_kind(self, record: Record) -> str:
        """The kind of a message that the profile does not name; empty for every other message."""
        try:
            kind = self._kind(parts(record.data))
        except (Unreadable, KeyError, *NOT_JSON):
            return ""
        return "" if kind in self._kinds else kind

    def shipment(self, record: Record) -> Shipment | ShipmentReversal | None:
        """What left in one box or pick, or what was taken back; None for other messages, and where nothing left.

        None too for orders that others have put there.
        """
        return self._fact(record, self._shipments)

    def movement(self, record: Record) -> InventoryMovement | None:
        """Stock that moved; None for other messages, and where none did."""
        return self._fact(record, self._movements)

    def putaway(self, record: Record) -> Putaway | None:
        """Goods that were put away; None for other messages, and where none were."""
        return self._fact(record, self._putaways)

    def shortages(self, record: Record) -> Sequence[Shortage]:
        """Pieces that will not be shipped; none for other messages, and of orders that others have put there."""
        return self._fact(record, self._shortages) or ()

    def _of_ours(self, by_trigger: Readers[F]) -> Readers[F | None]:
        """The same, but nothing is read of orders that others have put there: who knows what their messages hold."""

        def read_ours(read: Callable[[bytes], F], body: bytes) -> F | None:
            return None if self._is_others(self._order_in(body)) else read(body)

        return {trigger: partial(read_ours, read) for trigger, read in by_trigger.items()}

    def _is_others(self, number: str) -> bool:
        return any(fnmatchcase(number, pattern) for pattern in self._others)

    def _order_in(self, body: bytes) -> str:
        """The number of the order that a message is about; empty where it tells none."""
        try:
            return str(msgspec.json.decode(parts(body)[self._order_number], type=str | int | float))
        except (*NOT_JSON, KeyError):
            return ""

    def _kind(self, message: Mapping[str, msgspec.Raw]) -> str:
        kind = msgspec.json.decode(message[self._names.trigger])
        if isinstance(kind, str):
            return kind
        raise Unreadable(f"{self._names.trigger} is no text, and does not tell the kind of the message")

    def _fact(self, record: Record, by_trigger: Readers[F]) -> F | None:
        try:
            message = parts(record.data)
            read = by_trigger.get(self._kind(message))
            return read(bytes(message[self._names.body])) if read else None
        except KeyError as missing:
            raise Unreadable(f"{self._name(record)} has no field {missing}") from None
        except ValidationError as error:
            raise Unreadable(f"{self._name(record)}: {first_fault(error, self._names.body)}") from None
        except (*NOT_JSON, OverflowError) as error:
            raise Unreadable(f"{self._name(record)} cannot be read: {error}") from None
        except Unreadable as error:
            raise Unreadable(f"{self._name(record)}: {error}") from None

    def _name(self, record: Record) -> str:
        """A message in words, with the order that it is about where it tells one."""
        try:
            order = self._order_in(bytes(parts(record.data)[self._names.body]))
        except (*NOT_JSON, KeyError):
            order = ""
        return f"host message {record.id}" + (f" of order {error_text(order, 60)}" if order.strip() else "")
