"""What the engine needs of the store to compare both sides; the rules of `crossdock.engine.ports` hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crossdock.domain import StockChange
from crossdock.engine.evidence import Evidence, Standstill
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Problem
from crossdock.engine.report import Report


@dataclass(frozen=True, slots=True)
class AskedProduct:
    """A product of which the store is asked: by its SKU at the cart, and by the warehouse's."""

    sku: str
    stock_unit: str


class Reconciliations(Protocol):
    """What is known of products whose stock is compared, and the reports."""

    async def stock_on_the_way(self, pipeline: str) -> tuple[Collection[str], Collection[str]]:
        """The products with changes that are not settled, by their SKUs at the cart with folded letters, and those of
        which movements wait, by the warehouse's SKUs."""

    async def evidence(
        self, pipeline: str, cart: str, products: Sequence[AskedProduct], *, since: datetime
    ) -> Mapping[str, Evidence]:
        """What is known of these products, by their SKUs at the cart; `since` is when their reading began."""

    async def standstill(self, pipeline: str, cart: str, heard_by: str, *, now: datetime) -> Standstill:
        """Why the cart is not told of stock at this moment, and the warehouse not heard by the run of this name, as far
        as the store knows."""

    async def skus_at_cart(self, pipeline: str, cart: str) -> Collection[str]:
        """The SKUs that the cart was told levels of, or that its catalogue has."""

    async def report_before(self, pipeline: str) -> Report | None:
        """The newest report that came to its end."""

    async def save_report(
        self, lease: Lease | None, report: Report, problem: Problem | None, *, error: str = "", now: datetime
    ) -> int:
        """Keep a report and say its number; without a problem, and without an error, the problem that both sides differ
        closes. `error` is why it did not come to its end."""

    async def repair_by_policy(
        self, lease: Lease, cart: str, report_id: int, changes: Sequence[StockChange], *, now: datetime
    ) -> Mapping[str, str]:
        """Promise these corrections of a report, and note that the config asks for them; by SKU, why some were left."""
