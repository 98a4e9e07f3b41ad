"""The host queue of one tenant: read, acknowledged, and received where it is pushed instead."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from crossdock import ConnectionContext, Page, Record
from crossdock.domain import InventoryMovement, Putaway, Shipment, ShipmentReversal, Shortage
from crossdock_warehouseos.errors import not_as_promised, require_success
from crossdock_warehouseos.settings import WarehouseOSSettings
from crossdock_warehouseos.work.facts import UNNAMED
from crossdock_warehouseos.work.messages import MessageReader
from crossdock_warehouseos.work.push import require_proof

MOST_UNKNOWN = 50
"""So many kinds of messages that nobody knows are told of, since anybody may make up more."""


class HostQueue:
    """Tells of work done, of stock that moved and of goods put away, all from one queue.

    Messages are taken to come at least once and in no order, and to stay until they are acknowledged (assumed).
    """

    def __init__(self, ctx: ConnectionContext[WarehouseOSSettings]) -> None:
        self._ctx = ctx
        self._settings = ctx.settings
        self._profile = ctx.settings.profile
        self._messages = MessageReader(ctx.settings)
        self._warned: set[str] = set()
        self._unknown: set[str] = set()

    async def fetch(self) -> Page:
        """The first messages of the queue; those that follow come when these are acknowledged."""
        profile, size = self._profile, self._settings.queue_page_size
        query = {profile.query.count: str(size)}
        answer = await self._ctx.http.get(profile.paths.get_messages, params=query, raw=True)
        require_success(answer, "paths.get_messages")
        records = self._messages.records(answer.content)
        if records is None:
            raise not_as_promised("the host queue", answer.content)
        self._warn_of_unknown(records)
        return Page(records, more=len(records) >= size)

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """These messages are safe with us; those without id cannot be named, and stay."""
        named = [id_ for id_ in ids if not id_.startswith(UNNAMED)]
        if named:
            body = msgspec.json.encode({self._profile.message.ids: named})
            path = self._profile.paths.acknowledge_messages
            answer = await self._ctx.http.send("POST", path, content=body, repeatable=True, raw=True)
            require_success(answer, "paths.acknowledge_messages")

    def received(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        """The messages of one call that WarehouseOS makes, under the ids that they have in the queue."""
        require_proof(headers, body, now, self._settings.push, self._profile.push)
        records = self._messages.pushed(body)
        self._warn_of_unknown(records)
        return records

    def shipment(self, record: Record) -> Shipment | ShipmentReversal | None:
        """What one message tells of picks and boxes."""
        fact = self._messages.shipment(record)
        if fact:
            self._warn_of_unnamed(fact.external_id, "work")
        return fact

    def movement(self, record: Record) -> InventoryMovement | None:
        """What one message tells of stock."""
        fact = self._messages.movement(record)
        if fact:
            self._warn_of_unnamed(fact.external_id, "movement")
        return fact

    def putaway(self, record: Record) -> Putaway | None:
        """What one message tells of received goods."""
        fact = self._messages.putaway(record)
        if fact:
            self._warn_of_unnamed(fact.external_id, "putaway")
        return fact

    def shortages(self, record: Record) -> Sequence[Shortage]:
        """What one message tells of pieces that will not be shipped."""
        return self._messages.shortages(record)

    def _warn_of_unknown(self, records: Sequence[Record]) -> None:
        """Say once for each kind of message that the profile does not name that nothing is made of it."""
        kinds = {kind[:100] for record in records if (kind := self._messages.unknown_kind(record))}
        for kind in sorted(kinds - self._unknown)[: MOST_UNKNOWN - len(self._unknown)]:
            self._unknown.add(kind)
            self._ctx.log.warning(
                "host messages of a kind that profile.triggers does not name are left alone",
                connection=self._ctx.name,
                trigger=kind,
            )

    def _warn_of_unnamed(self, external_id: str, section: str) -> None:
        """Say once for each section of the profile that its transactions bear no number."""
        if UNNAMED in external_id and section not in self._warned:
            self._warned.add(section)
            self._ctx.log.warning(
                "transactions without number: two that are equal in every field count as one",
                connection=self._ctx.name,
                profile=section,
            )


class TellsWork:
    """The part of a role that the host queue plays, for every role of a tenant the same."""

    _queue: HostQueue

    def read_shipment(self, record: Record) -> Shipment | ShipmentReversal | None:
        return self._queue.shipment(record)

    def read_movement(self, record: Record) -> InventoryMovement | None:
        return self._queue.movement(record)

    def read_putaway(self, record: Record) -> Putaway | None:
        return self._queue.putaway(record)

    def read_shortages(self, record: Record) -> Sequence[Shortage]:
        return self._queue.shortages(record)

    def read_push(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Record]:
        return self._queue.received(headers, body, now)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        await self._queue.acknowledge(ids)
