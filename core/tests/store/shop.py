"""A small shop to test the store with: orders, requests and boxes as short as a test can say them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from crossdock.domain import (
    Address,
    Attachment,
    ConfirmedLine,
    FulfillmentRequest,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    PackedLine,
    PaymentStatus,
    RequestLine,
    Shipment,
    ShipmentConfirmation,
    ShipmentReversal,
    digest,
    number_of,
)
from crossdock.engine.facts import FactSource, ReadRecord, RecordKind
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Kind, NewPromise, Promise, PromiseState, Settlement
from crossdock.engine.ports import ConfirmPlan, OrderState, ReadOrder, ReleasePlan, ShipmentState
from crossdock.engine.problems import Problem
from crossdock.hooks.records import Record
from crossdock.store import CrossdockStore, open_store

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LEASE = 120.0


@dataclass
class StillClock:
    """A clock that a test moves."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


def an_order(key: str, *, number: str = "", name: str = "Ada Lovelace") -> Order:
    return Order(
        external_id=key,
        number=number or f"N{key}",
        placed_at=NOON,
        payment=PaymentStatus.PAID,
        status=OrderStatus.OPEN,
        ship_to=Address(name=name, line1="12 Byron Street", city="London", country="GB", email="ada@example.org"),
        lines=(
            OrderLine(external_id="10", sku="SKU-1", quantity=2, gift_message="for Charles", gift_notes="red ribbon"),
        ),
        notes="ring twice",
        custom_fields={"engraving": "Dear Mary"},
        attachments=(Attachment(name="slip.pdf", url="https://example.org/slips/of-ada"),),
    )


def a_raw(order: Order, version: int = 1) -> Record:
    return Record(order.external_id, b'{"version": %d, "order": %s}' % (version, order.model_dump_json().encode()))


def a_read(
    order: Order, *, version: int = 1, state: OrderState = OrderState.READY, reason: str = "", mark: str = ""
) -> ReadOrder:
    record = a_raw(order, version)
    return ReadOrder(record, digest(record.data), state, reason, order, mark or f"mark-{version}")


def unreadable(key: str) -> ReadOrder:
    record = Record(key, b'{"broken": true}')
    return ReadOrder(record, digest(record.data), OrderState.UNREADABLE, "it has no lines")


def a_request(order: Order, part: str = "") -> FulfillmentRequest:
    return FulfillmentRequest(
        key=f"main:{order.external_id}:{part}",
        number=f"{order.number}-{part}" if part else order.number,
        order_external_id=order.external_id,
        order_number=order.number,
        distribution_center=part or "east",
        placed_at=NOON,
        ship_to=order.ship_to,
        carrier="UPS",
        service_level="Ground",
        source=f"for {order.ship_to.name}",
        area=order.ship_to.line1,
        tags=(order.ship_to.name,),
        notes=order.notes,
        custom_fields=order.custom_fields,
        attachments=order.attachments,
        lines=tuple(
            RequestLine(id=line.external_id, order_line_id=line.external_id, sku=line.sku, quantity=line.quantity)
            for line in order.lines
        ),
    )


def a_box(key: str, number: str, tracking: str = "1Z999") -> Shipment:
    packed = (PackedLine(line_id="10", sku="SKU-1", quantity=2),)
    package = Package(lines=packed, tracking_number=tracking)
    return Shipment(external_id=key, request_number=number, shipped_at=NOON, package=package)


def a_confirmation(box: Shipment) -> ShipmentConfirmation:
    key = f"{box.request_number}/{box.external_id}"
    return ShipmentConfirmation(
        key=key,
        number=number_of(key),
        order_external_id="1",
        distribution_center="east",
        shipped_at=NOON,
        tracking_number=box.package.tracking_number,
        carrier="UPS",
        service_level="Ground",
        lines=(ConfirmedLine(order_line_id="10", sku="SKU-1", quantity=2),),
    )


WORK = FactSource("warehouse", RecordKind.SHIPMENT)


def told(fact: Shipment | ShipmentReversal) -> ReadRecord:
    record = Record(f"record-{fact.external_id}", fact.model_dump_json().encode())
    return ReadRecord(record, digest(record.data), (fact,))


def done(promise: Promise, ref: str = "ref") -> Settlement:
    return Settlement(promise, PromiseState.DONE, ref=ref)


def refused(promise: Promise, error: str = "no such SKU") -> Settlement:
    return Settlement(promise, PromiseState.REJECTED, error=error)


@dataclass
class Shop:
    """One pipeline's life on a store: each method is what one flow does."""

    store: CrossdockStore
    clock: StillClock
    leases: dict[str, Lease] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def lease(self, flow: str) -> Lease:
        """The lease of a flow, taken when it is first asked for."""
        if flow not in self.leases:
            taken = await self.store.begin_run("main", flow, now=self.now, seconds=LEASE)
            assert taken is not None, f"{flow} is under way"
            self.leases[flow] = taken
        return self.leases[flow]

    async def crash(self, *flows: str) -> None:
        """The process dies; its leases run out."""
        self.clock.advance(seconds=LEASE + 1)
        for flow in flows or list(self.leases):
            self.leases.pop(flow, None)

    async def download(self, *read: ReadOrder, problems: Sequence[Problem] = (), checkpoint: str | None = None) -> None:
        lease = await self.lease("download")
        await self.store.save_orders(lease, "cart", read, problems, checkpoint, now=self.now)

    async def plan(self, *parts: str, acknowledge_on: str | None = None) -> tuple[Sequence[Promise], Sequence[int]]:
        """Plan every ready order, a request for each part (none: one request)."""
        ready = await self.store.ready_orders("main", 100)
        plans = [
            ReleasePlan(stored.id, tuple(a_request(stored.order, part) for part in parts or ("",))) for stored in ready
        ]
        return await self.save(plans, acknowledge_on=acknowledge_on)

    async def save(
        self, plans: Sequence[ReleasePlan], problems: Sequence[Problem] = (), *, acknowledge_on: str | None = None
    ) -> tuple[Sequence[Promise], Sequence[int]]:
        lease = await self.lease("release")
        promises, taken = await self.store.save_plans(
            lease, "warehouse", plans, problems, acknowledge_on=acknowledge_on, now=self.now
        )
        return promises, list(taken)

    async def settle(self, *settlements: Settlement, problems: Sequence[Problem] = ()) -> int:
        lease = await self.lease(settlements[0].promise.kind.value)
        return await self.store.settle(lease, settlements, problems, acknowledge_on="cart", now=self.now)

    async def claim(self, kind: Kind, limit: int = 100) -> Sequence[Promise]:
        connection = "warehouse" if kind is Kind.RELEASE else "cart"
        return await self.store.claim(await self.lease(kind.value), connection, kind, limit, now=self.now)

    async def release(self, *orders: Order) -> Sequence[Promise]:
        """These orders are downloaded, planned and with the warehouse; gives their kept promises."""
        await self.download(*(a_read(order) for order in orders))
        promises, taken = await self.plan()
        assert not taken
        await self.settle(*(done(promise) for promise in promises))
        return promises

    async def collect(self, *boxes: Shipment, problems: Sequence[Problem] = ()) -> int:
        lease = await self.lease("collect")
        read = [told(box) for box in boxes]
        return (await self.store.save_facts(lease, WORK, read, problems, None, now=self.now))["shipments"]

    async def take_back(self, number: str, *boxes: str) -> None:
        """The warehouse takes these boxes of a request back; none named: all."""
        named = "+".join(boxes) or "all"
        fact = ShipmentReversal(
            external_id=f"back-{number}-{named}",
            request_number=number,
            reversed_at=self.now + timedelta(minutes=1),
            shipments=boxes,
        )
        await self.store.save_facts(await self.lease("collect"), WORK, [told(fact)], (), None, now=self.now)

    async def confirm(self, *, closes: bool = True) -> Sequence[Promise]:
        """Plan to tell the cart of every open box."""
        plans = []
        for case in await self.store.confirm_cases("main", 100, now=self.now):
            promises = tuple(
                NewPromise(
                    Kind.CONFIRM,
                    "cart",
                    case.order.id,
                    f"{stored.shipment.request_number}/{stored.shipment.external_id}",
                    a_confirmation(stored.shipment).model_dump_json().encode(),
                    closes,
                )
                for stored in case.open
            )
            states = {stored.id: ShipmentState.PLANNED for stored in case.open}
            plans.append(ConfirmPlan(case.order.id, states, promises))
        return await self.store.save_confirmations(await self.lease("confirm"), plans, (), now=self.now)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database as they stand there."""
        return await self.store.read(lambda conn: [tuple(row) for row in conn.execute(text(query))])

    async def states(self) -> dict[str, str]:
        """The state of every order."""
        return dict(await self.rows("SELECT external_id, state FROM orders ORDER BY id"))

    async def promises(self) -> list[tuple[str, str, str]]:
        """(kind, key, state) of every promise."""
        return [
            (kind, key, state)
            for kind, key, state in await self.rows("SELECT kind, key, state FROM promise ORDER BY id")
        ]

    async def open_problems(self) -> list[tuple[str, str]]:
        """(code, subject) of every problem that is open."""
        return [
            (code, subject)
            for code, subject in await self.rows("SELECT code, subject FROM problem WHERE state = 'open' ORDER BY id")
        ]


def played(scene: Callable[[Shop], Awaitable[None]]) -> Callable[[str], None]:
    """Make a test of a scene: it is played in a shop of its own, on each database."""

    def test(database_url: str) -> None:
        play(database_url, scene)

    test.__name__, test.__qualname__, test.__module__ = scene.__name__, scene.__qualname__, scene.__module__
    return test


def play(url: str, scene: Callable[[Shop], Awaitable[None]], **options: Any) -> None:
    """Play a scene on this database."""

    async def run() -> None:
        clock = StillClock()
        async with open_store(url, clock=clock, **options) as store:
            await scene(Shop(store, clock))

    asyncio.run(run())
