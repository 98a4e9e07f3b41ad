"""A cart and a warehouse in memory that do what they are told as often as they are told, and count it.

They are harder to please than most real systems: nothing is recognised as a repetition, so every write that the engine
makes twice shows as two. Faults are queued per operation and strike one call each.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TypeVar

from crossdock.domain import FulfillmentRequest, Order, Shipment, ShipmentConfirmation
from crossdock.hooks.errors import NeedsAuth, OutcomeUnknown, Rejected, Throttled, Unavailable
from crossdock.hooks.records import Cursor, Page, Receipt, Record

from .builders import NOON

T = TypeVar("T")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


class Fault(Enum):
    """What goes wrong with one call, and whether the work was done."""

    REFUSED_BEFORE = auto()
    LOST_BEFORE = auto()
    LOST_AFTER = auto()
    BUSY = auto()
    LOCKED_OUT = auto()
    NO = auto()
    BUG = auto()
    BUG_AFTER = auto()


_RAISED: dict[Fault, Exception] = {
    Fault.REFUSED_BEFORE: Unavailable("the connection was refused"),
    Fault.LOST_BEFORE: OutcomeUnknown("the connection broke"),
    Fault.LOST_AFTER: OutcomeUnknown("the connection broke"),
    Fault.BUSY: Throttled("slower, please", 30.0),
    Fault.LOCKED_OUT: NeedsAuth("the token was revoked"),
    Fault.NO: Rejected("no such carrier"),
    Fault.BUG: ZeroDivisionError("a bug of the plugin"),
    Fault.BUG_AFTER: ZeroDivisionError("a bug of the plugin"),
}


class Remote:
    """What both systems have: faults to come, and a step of the world before and after each piece of work."""

    def __init__(self) -> None:
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.calls: Counter[str] = Counter()
        self.step: Callable[[], Awaitable[None]] | None = None

    async def _carry_out(self, operation: str, work: Callable[[], T]) -> T:
        self.calls[operation] += 1
        fault = self.faults[operation].popleft() if self.faults[operation] else None
        await self._turn()
        if fault and fault not in (Fault.LOST_AFTER, Fault.BUG_AFTER):
            raise _RAISED[fault]
        result = work()
        await self._turn()
        if fault:
            raise _RAISED[fault]
        return result

    async def _turn(self) -> None:
        await (self.step() if self.step else asyncio.sleep(0))


class Cart(Remote):
    """Lists the orders that were not acknowledged, by offset: the list shifts while orders are acknowledged."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__()
        self.page_size = page_size
        self.orders: dict[str, Order] = {}
        self.acknowledged: Counter[str] = Counter()
        self.confirmed: list[ShipmentConfirmation] = []

    def sell(self, *orders: Order) -> None:
        self.orders.update({order.external_id: order for order in orders})

    def change(self, external_id: str, **changes: object) -> None:
        self.orders[external_id] = self.orders[external_id].model_copy(update=changes)

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_orders", lambda: self._page(int(cursor or 0)))

    def _page(self, offset: int) -> Page:
        listed = [order for key, order in self.orders.items() if not self.acknowledged[key]]
        end = offset + self.page_size
        records = tuple(Record(order.external_id, order.model_dump_json().encode()) for order in listed[offset:end])
        return Page(records, cursor=str(end), more=end < len(listed))

    def read_order(self, record: Record) -> Order:
        return Order.model_validate_json(record.data)

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        return await self._carry_out("acknowledge_order", lambda: self._acknowledge(order_external_id))

    def _acknowledge(self, key: str) -> Receipt:
        self.acknowledged[key] += 1
        return Receipt(key)

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        return await self._carry_out("confirm_shipment", lambda: self._confirm(confirmation))

    def _confirm(self, confirmation: ShipmentConfirmation) -> Receipt:
        self.confirmed.append(confirmation)
        return Receipt(confirmation.key)

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        return await self._carry_out("find_shipment", lambda: self._find(confirmation))

    def _find(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        return next((Receipt(told.key) for told in self.confirmed if told.key == confirmation.key), None)


class Warehouse(Remote):
    """Takes every order it is given, and tells its boxes from the checkpoint on."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__()
        self.page_size = page_size
        self.requests: list[FulfillmentRequest] = []
        self.boxes: list[Shipment] = []

    def created(self) -> Counter[str]:
        """How often each order was created."""
        return Counter(request.number for request in self.requests)

    def pack(self, *boxes: Shipment) -> None:
        self.boxes.extend(boxes)

    async def submit_order(self, request: FulfillmentRequest) -> Receipt:
        return await self._carry_out("submit_order", lambda: self._submit(request))

    def _submit(self, request: FulfillmentRequest) -> Receipt:
        self.requests.append(request)
        return Receipt(f"WH-{request.number}")

    async def find_order(self, request: FulfillmentRequest) -> Receipt | None:
        return await self._carry_out("find_order", lambda: self._find(request))

    def _find(self, request: FulfillmentRequest) -> Receipt | None:
        return Receipt(f"WH-{request.number}") if self.created()[request.number] else None

    async def fetch_shipments(self, cursor: Cursor | None) -> Page:
        return await self._carry_out("fetch_shipments", lambda: self._page(int(cursor or 0)))

    def _page(self, offset: int) -> Page:
        end = min(offset + self.page_size, len(self.boxes))
        records = tuple(Record(box.external_id, box.model_dump_json().encode()) for box in self.boxes[offset:end])
        return Page(records, cursor=str(end), more=end < len(self.boxes), checkpoint=str(end))

    def read_shipment(self, record: Record) -> Shipment | None:
        return Shipment.model_validate_json(record.data)


class QueueingWarehouse(Warehouse):
    """Keeps its boxes in a queue until they are acknowledged."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.saved: list[str] = []

    def _page(self, offset: int) -> Page:
        waiting = [box for box in self.boxes if box.external_id not in self.saved]
        records = tuple(Record(box.external_id, box.model_dump_json().encode()) for box in waiting[: self.page_size])
        return Page(records, more=len(waiting) > self.page_size)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        await self._carry_out("acknowledge_records", lambda: self.saved.extend(ids))
