"""Drains a queue of so many movements in a process of its own, and prints what that took, as JSON."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, event

from crossdock.domain import InventoryMovement, MovementKind, Place, StockChange, StockItem, StockReading
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.rules import PipelineRules
from crossdock.engine.runner import run_flow
from crossdock.hooks.context import SystemClock
from crossdock.hooks.records import Page, Receipt, Record
from crossdock.mapping import Areas
from crossdock.store import open_store

PAGE, SKUS = 250, 200


class Silent:
    def info(self, event: str, **details: Any) -> None: ...

    def warning(self, event: str, **details: Any) -> None: ...


class Queue:
    """Makes its movements when they are asked for, and forgets what was acknowledged."""

    def __init__(self, movements: int) -> None:
        self.movements, self.acknowledged = movements, 0

    async def submit_order(self, request: Any) -> Any: ...

    async def find_order(self, request: Any) -> Any: ...

    async def fetch_shipments(self, cursor: str | None) -> Page:
        first = self.acknowledged
        numbers = range(first, min(first + PAGE, self.movements))
        return Page(tuple(_record(number) for number in numbers), more=first + PAGE < self.movements)

    async def acknowledge_records(self, ids: Sequence[str]) -> None:
        self.acknowledged += len(ids)

    def read_shipment(self, record: Record) -> None:
        return None

    def read_movement(self, record: Record) -> InventoryMovement:
        return InventoryMovement.model_validate_json(record.data)


class Shelf:
    """Adds up what it is told."""

    def __init__(self) -> None:
        self.pieces = self.changes = 0

    async def read_stock(self, items: Sequence[StockItem]) -> Sequence[StockReading]:
        return [StockReading(item=StockItem(sku=item.sku, product_id=item.sku)) for item in items]

    async def change_stock(self, change: StockChange) -> Receipt:
        self.changes += 1
        self.pieces += sum(one.quantity for one in change.centers)
        return Receipt(change.item.sku)


def _record(number: int) -> Record:
    moved = InventoryMovement(
        external_id=f"T{number}",
        kind=MovementKind.PUT,
        sku=f"SKU-{number % SKUS:04}",
        quantity=1,
        destination=Place(area="MAIN", location=f"{number % 50:02}-01"),
        reason="FOUND",
        moved_at=SystemClock().now(),
    )
    return Record(f"M{number}", moved.model_dump_json().encode())


def _peak_kilobytes() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


async def drain(database: str, movements: int) -> dict[str, int]:
    commits = 0

    def count(conn: object) -> None:
        nonlocal commits
        commits += 1

    queue, shelf = Queue(movements), Shelf()
    async with open_store(f"sqlite:///{database}") as store:
        pipeline = Pipeline(PipelineRules("main", areas=Areas(everywhere="0")), store, SystemClock(), Silent())
        roles: dict[str, Any] = {
            "fulfillment_target": Bound("warehouse", queue),
            "inventory_source": Bound("warehouse", queue),
            "inventory_sink": Bound("shop", shelf),
        }
        pipeline = replace(pipeline, hearers={"warehouse": (Hearer("main", sells=True),)}, **roles)
        event.listen(Engine, "begin", count)
        await _run(pipeline, "collect")
        event.remove(Engine, "begin", count)
        drained = commits
        await _run(pipeline, "stock")
    told = {"commits": drained, "pieces": shelf.pieces, "changes": shelf.changes}
    return {**told, "pages": -(-movements // PAGE), "peak": _peak_kilobytes()}


async def _run(pipeline: Pipeline, flow: str) -> None:
    report = await run_flow(pipeline, flow, stop=asyncio.Event())
    assert not report.error, report.error


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(drain(sys.argv[1], int(cast(str, sys.argv[2]))))))
