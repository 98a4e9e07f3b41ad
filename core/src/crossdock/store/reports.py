"""The store of reports as the engine sees it: each call is one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from crossdock.domain import StockChange
from crossdock.engine.evidence import Evidence, Standstill
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Problem
from crossdock.engine.reconciliation_ports import AskedProduct
from crossdock.engine.report import Report
from crossdock.store import evidence, reconciliations, standstill
from crossdock.store.transactions import Transactions


class StoreOfReports(Transactions):
    """Implements `crossdock.engine.reconciliation_ports.Reconciliations`."""

    async def stock_on_the_way(self, pipeline: str) -> tuple[Collection[str], Collection[str]]:
        return await self.read(evidence.stock_on_the_way, pipeline)

    async def evidence(
        self, pipeline: str, cart: str, products: Sequence[AskedProduct], *, since: datetime
    ) -> Mapping[str, Evidence]:
        return await self.read(evidence.evidence, pipeline, cart, products, since)

    async def standstill(self, pipeline: str, cart: str, heard_by: str, *, now: datetime) -> Standstill:
        return await self.read(standstill.standstill, pipeline, cart, heard_by, now)

    async def skus_at_cart(self, pipeline: str, cart: str) -> Collection[str]:
        return await self.read(evidence.skus_at_cart, pipeline, cart)

    async def report_before(self, pipeline: str) -> Report | None:
        return await self.read(reconciliations.report_before, pipeline)

    async def save_report(
        self, lease: Lease | None, report: Report, problem: Problem | None, *, error: str = "", now: datetime
    ) -> int:
        return await self.write(reconciliations.save_report, lease, report, problem, error, now)

    async def repair_by_policy(
        self, lease: Lease, cart: str, report_id: int, changes: Sequence[StockChange], *, now: datetime
    ) -> Mapping[str, str]:
        return await self.write(reconciliations.repair_by_policy, lease, cart, report_id, changes, now)
