"""The store as the engine sees it: each call is one transaction on the store's thread."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from types import MappingProxyType

from crossdock.domain import Order, Parcel, PurchaseOrder, StockChange
from crossdock.engine.amendment import Amendment, Withdrawing
from crossdock.engine.facts import FactSource, ReadRecord
from crossdock.engine.goods_ports import ListedProduct, Published, ReadProduct, StoredProduct, Withheld
from crossdock.engine.lease import Lease
from crossdock.engine.ledger import Answered, Followed, Kind, Notices, Promise, Settlement
from crossdock.engine.movement_ports import MovementPlan, WaitingMovement
from crossdock.engine.parcel_ports import StoredParcel
from crossdock.engine.ports import ConfirmCase, ConfirmPlan, KnownOrder, ReadOrder, ReleasePlan, StoredOrder, Wish
from crossdock.engine.problems import Code, Problem
from crossdock.engine.receiving_ports import StoredPurchase, ToldPurchase
from crossdock.engine.run_ports import RunReport
from crossdock.engine.shortage_ports import ShortCase, ShortPlan
from crossdock.hooks.context import Clock, SystemClock
from crossdock.hooks.records import Cursor, Record
from crossdock.mapping import Saved
from crossdock.store import (
    answers,
    census,
    connections,
    intake,
    leases,
    movements,
    parcels,
    planning,
    problems,
    product_codes,
    products,
    promises,
    receiving,
    ship_methods,
    shipments,
    shortages,
    stock,
    told,
    wishes,
    withdrawals,
    withheld,
)
from crossdock.store.database import BUSY_SECONDS, Database, database_url
from crossdock.store.labels import StoreOfLabels
from crossdock.store.levels import StoreOfLevels
from crossdock.store.moments import micros
from crossdock.store.reports import StoreOfReports
from crossdock.store.takings import StoreOfTakings


class CrossdockStore(StoreOfLabels, StoreOfLevels, StoreOfReports, StoreOfTakings):
    """Implements `crossdock.engine.ports.Store` on SQLite and PostgreSQL; `journal` takes the request log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database)
        self._clock = clock
        self._handed_out: dict[str, Mapping[int, planning.Version]] = {}

    async def begin_run(
        self, pipeline: str, flow: str, *, connection: str | None = None, now: datetime, seconds: float
    ) -> Lease | None:
        return await self._database.write(
            leases.begin_run, pipeline, flow, connection=connection, now=now, seconds=seconds
        )

    async def end_dead_runs(self) -> int:
        return await self._database.write(leases.end_dead_runs)

    async def end_run(self, lease: Lease, report: RunReport, *, next_due: datetime | None, now: datetime) -> None:
        await self.write(leases.end_run, lease, report, next_due=next_due, now=now)

    async def prolong(self, lease: Lease, *, now: datetime) -> None:
        await self._database.write(leases.renew, lease, micros(now))

    async def schedule(self, pipeline: str, flow: str, due_at: datetime | None) -> None:
        await self._database.write(leases.schedule, pipeline, flow, due_at)

    async def due_flows(self, *, now: datetime) -> Sequence[tuple[str, str]]:
        return await self.read(leases.due_flows, now=now)

    async def pause_connection(self, connection: str, reason: str, *, now: datetime) -> None:
        await self.write(connections.pause_connection, connection, reason, micros(now))

    async def resume_connection(self, connection: str) -> None:
        await self.write(connections.resume_connection, connection, micros(self._clock.now()))

    async def paused_connections(self) -> Mapping[str, str]:
        return await self.read(connections.paused_connections)

    async def report_problems(self, pipeline: str, found: Sequence[Problem], *, now: datetime) -> None:
        await self.write(problems.open_problems, pipeline, found, micros(now))

    async def close_problems(self, pipeline: str, code: Code, subjects: Collection[str], *, now: datetime) -> None:
        await self._database.write(problems.close_subjects, pipeline, code, subjects, micros(now))

    async def known_orders(self, pipeline: str, ids: Sequence[str]) -> Mapping[str, KnownOrder]:
        return await self.read(intake.known_orders, pipeline, ids)

    async def records_to_reread(self, pipeline: str, kind: str, limit: int) -> Sequence[Record]:
        return await self.read(intake.records_to_reread, pipeline, kind, limit)

    async def save_orders(
        self,
        lease: Lease,
        connection: str,
        orders: Sequence[ReadOrder],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        amendments: Mapping[str, Amendment] = MappingProxyType({}),
        now: datetime,
    ) -> None:
        await self.write(
            withdrawals.save_orders, lease, connection, orders, problems, checkpoint, amendments, micros(now)
        )

    async def released_orders(self, pipeline: str, external_ids: Sequence[str]) -> Mapping[str, Order]:
        return await self.read(withdrawals.released_orders, pipeline, external_ids)

    async def close_changed_back(self, pipeline: str, external_ids: Sequence[str], *, now: datetime) -> None:
        if external_ids:
            await self.write(withdrawals.close_changed_back, pipeline, external_ids, now=now)

    async def claim_withdrawals(
        self, lease: Lease, connection: str, limit: int, *, now: datetime
    ) -> Sequence[Withdrawing]:
        return await self.write(withdrawals.claim_withdrawals, lease, connection, limit, now=now)

    async def save_facts(
        self,
        lease: Lease,
        source: FactSource,
        read: Sequence[ReadRecord],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        now: datetime,
    ) -> Mapping[str, int]:
        return await self.write(told.save_facts, lease, source, read, problems, checkpoint, micros(now))

    async def save_parcels(
        self, lease: Lease | None, connection: str, pipeline: str, found: Sequence[Parcel], *, now: datetime
    ) -> int:
        return await self.write(parcels.save_parcels, lease, connection, pipeline, found, micros(now))

    async def parcels_of(self, connection: str, references: Collection[str]) -> Sequence[StoredParcel]:
        return await self.read(parcels.parcels_of, connection, references)

    async def settle_voided(self, lease: Lease, *, now: datetime) -> None:
        await self.write(parcels.settle_voided, lease, micros(now))

    async def saved_methods(self, pipeline: str) -> Saved:
        return await self.read(ship_methods.saved_methods, pipeline)

    async def ready_orders(self, pipeline: str, limit: int, *, after: int = 0) -> Sequence[StoredOrder]:
        stored, self._handed_out[pipeline] = await self.read(planning.ready_orders, pipeline, limit, after)
        return stored

    async def end_holds(self, pipeline: str, *, fetches: bool, now: datetime) -> int:
        return await self.write(planning.end_holds, pipeline, micros(now), fetches)

    async def next_hold_end(self, pipeline: str) -> datetime | None:
        return await self.read(planning.next_hold_end, pipeline)

    async def reconsider_held(self, pipeline: str, code: Code, *, now: datetime) -> int:
        if code is Code.UNMAPPED_AREA:
            return await self.write(movements.reconsider_unmapped, pipeline)
        if code is Code.UNMAPPED_CARRIER:
            return await self.write(shipments.reconsider_held, pipeline, micros(now))
        return await self.write(planning.reconsider_held, pipeline, code, micros(now))

    async def save_plans(
        self,
        lease: Lease,
        connection: str,
        plans: Sequence[ReleasePlan],
        problems: Sequence[Problem],
        *,
        elsewhere: Mapping[str, str] = MappingProxyType({}),
        acknowledge_on: str | None,
        methods: Saved | None = None,
        now: datetime,
    ) -> tuple[Sequence[Promise], Collection[int]]:
        handed_out = self._handed_out.get(lease.pipeline, {})
        return await self.write(
            planning.save_plans,
            lease,
            connection,
            plans,
            problems,
            handed_out=handed_out,
            methods=methods,
            elsewhere=elsewhere,
            acknowledge_on=acknowledge_on,
            now=micros(now),
        )

    async def confirm_cases(self, pipeline: str, limit: int, *, now: datetime) -> Sequence[ConfirmCase]:
        return await self.read(shipments.confirm_cases, pipeline, limit, micros(now))

    async def confirm_case(self, order_id: int, *, now: datetime) -> ConfirmCase:
        return await self.read(shipments.confirm_case, order_id, micros(now))

    async def save_confirmations(
        self,
        lease: Lease,
        plans: Sequence[ConfirmPlan],
        problems: Sequence[Problem],
        *,
        methods: Saved | None = None,
        now: datetime,
    ) -> Sequence[Promise]:
        return await self.write(shipments.save_confirmations, lease, plans, problems, micros(now), methods)

    async def claim(self, lease: Lease, connection: str, kind: Kind, limit: int, *, now: datetime) -> Sequence[Promise]:
        return await self.write(promises.claim, lease, connection, kind, limit, now=micros(now))

    async def settle(
        self,
        lease: Lease,
        settlements: Sequence[Settlement],
        problems: Sequence[Problem],
        *,
        acknowledge_on: str | None,
        notices: Notices | None = None,
        now: datetime,
    ) -> int:
        return await self.write(
            withdrawals.settle,
            lease,
            settlements,
            problems,
            acknowledge_on=acknowledge_on,
            notices=notices,
            now=micros(now),
        )

    async def note_waiting(self, lease: Lease, connection: str, kind: Kind, why: str, *, now: datetime) -> None:
        await self.write(promises.note_waiting, lease, connection, kind, why, micros(now))

    async def short_cases(self, pipeline: str, after: int, limit: int) -> Sequence[ShortCase]:
        return await self.read(shortages.short_cases, pipeline, after, limit)

    async def save_short_plans(
        self, lease: Lease, connection: str, plans: Sequence[ShortPlan], *, now: datetime
    ) -> None:
        await self.write(shortages.save_short_plans, lease, connection, plans, now=now)

    async def own_cancellations(self, pipeline: str, external_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        return await self.read(shortages.own_cancellations, pipeline, external_ids)

    async def to_follow(
        self, pipeline: str, connection: str, kind: Kind, limit: int, *, now: datetime
    ) -> Sequence[Followed]:
        return await self.read(answers.to_follow, pipeline, connection, kind, limit, now=now)

    async def note_answers(
        self, lease: Lease, found: Sequence[Answered], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        await self.write(answers.note_answers, lease, found, problems, now=now)

    async def want_orders(self, pipeline: str, external_ids: Collection[str], asked_by: str, *, now: datetime) -> None:
        await self.write(wishes.want_orders, pipeline, external_ids, asked_by, now=now)

    async def wanted_orders(self, pipeline: str, limit: int) -> Sequence[Wish]:
        return await self.read(wishes.wanted_orders, pipeline, limit)

    async def settle_wishes(
        self, lease: Lease, settled: Sequence[Wish], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        await self.write(wishes.settle_wishes, lease, settled, problems, now=now)

    async def known_products(self, pipeline: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        return await self.read(products.known_products, pipeline, ids)

    async def save_products(
        self,
        lease: Lease,
        connection: str,
        read: Sequence[ReadProduct],
        problems: Sequence[Problem],
        checkpoint: Cursor | None,
        *,
        now: datetime,
    ) -> None:
        await self.write(products.save_products, lease, connection, read, problems, checkpoint, now=now)

    async def product_codes(
        self, pipeline: str, connection: str, type: str, skus: Collection[str] | None = None
    ) -> Sequence[tuple[str, str]]:
        return await self.read(product_codes.product_codes, pipeline, connection, type, skus)

    async def products_waiting(self, pipeline: str, *, now: datetime) -> int:
        return await self.read(products.products_waiting, pipeline, now=now)

    async def claim_products(
        self, lease: Lease, limit: int, *, doubtful: bool, now: datetime
    ) -> Sequence[StoredProduct]:
        return await self.write(products.claim_products, lease, limit, doubtful=doubtful, now=now)

    async def reconsider_withheld(self, lease: Lease, *, now: datetime) -> None:
        await self.write(withheld.reconsider_withheld, lease, now=now)

    async def save_withheld(self, lease: Lease, kept_back: Sequence[Withheld], *, now: datetime) -> None:
        await self.write(withheld.save_withheld, lease, kept_back, now=now)

    async def note_listed(
        self, lease: Lease, connection: str, external_ids: Sequence[str], *, now: datetime
    ) -> Sequence[ListedProduct]:
        return await self.write(census.note_listed, lease, connection, external_ids, now=now)

    async def products_of(
        self, pipeline: str, connection: str, *, before: datetime, after: str, limit: int
    ) -> Sequence[ListedProduct]:
        return await self.read(census.products_of, pipeline, connection, before=before, after=after, limit=limit)

    async def save_gone(self, lease: Lease, rows: Sequence[int], *, now: datetime) -> None:
        await self.write(census.save_gone, lease, rows, now=now)

    async def save_published(
        self, lease: Lease, published: Sequence[Published], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        await self.write(products.save_published, lease, published, problems, now=now)

    async def promise_stock(
        self, pipeline: str, connection: str, changes: Sequence[StockChange], *, now: datetime
    ) -> int:
        return await self.write(stock.promise_stock, pipeline, connection, changes, now=now)

    async def stock_waiting(self, pipeline: str, *, now: datetime) -> int:
        return await self.read(stock.stock_waiting, pipeline, now=now)

    async def claim_stock(self, lease: Lease, connection: str, limit: int, *, now: datetime) -> Sequence[Promise]:
        return await self.write(stock.claim_stock, lease, connection, limit, now=now)

    async def keep_changes(self, lease: Lease, changes: Mapping[int, bytes], *, now: datetime) -> None:
        await self.write(stock.keep_changes, lease, changes, now=now)

    async def waiting_movements(self, pipeline: str, cart: str, limit: int) -> Sequence[WaitingMovement]:
        return await self.read(movements.waiting_movements, pipeline, cart, limit)

    async def save_movement_plan(self, lease: Lease, cart: str, plan: MovementPlan, *, now: datetime) -> None:
        await self.write(movements.save_movement_plan, lease, cart, plan, micros(now))

    async def keep_pushed(self, pipeline: str, flow: str, records: Sequence[Record], *, now: datetime) -> int:
        return await self.write(told.keep_pushed, pipeline, flow, records, now=now)

    async def expect_goods(
        self, pipeline: str, connection: str, orders: Sequence[PurchaseOrder], *, now: datetime
    ) -> int:
        return await self.write(receiving.expect_goods, pipeline, connection, orders, now=now)

    async def purchases_due(self, lease: Lease, limit: int, *, now: datetime) -> Sequence[StoredPurchase]:
        return await self.write(receiving.purchases_due, lease, limit, now=now)

    async def save_told(
        self, lease: Lease, told: Sequence[ToldPurchase], problems: Sequence[Problem], *, now: datetime
    ) -> None:
        await self.write(receiving.save_told, lease, told, problems, now=now)


@asynccontextmanager
async def open_store(
    url: str, *, clock: Clock | None = None, busy_seconds: float = BUSY_SECONDS
) -> AsyncIterator[CrossdockStore]:
    """Open the store at a database URL, its tables brought up to date; what was noted is written before it closes."""
    database = Database(database_url(url), busy_seconds=busy_seconds)
    try:
        await database.open()
        store = CrossdockStore(database, clock or SystemClock())
        try:
            yield store
        finally:
            await store.flush()
    finally:
        await database.close()
