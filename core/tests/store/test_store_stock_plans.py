"""A million old movements and half a million settled stock changes cost a run nothing: each statement is counted, and
finds its rows by an index that holds only what is left to do."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.movement_ports import MovementPlan, PlannedChange
from crossdock.store.movements import MOST_COUNTED

from .shop import Shop, done, play, played
from .test_store_movements import a_movement, plan, take, waiting
from .test_store_plans import _plan
from .test_store_stock import claim, promise
from .test_store_stock_replaced import a_level

WORDS = ("SELECT", "UPDATE", "INSERT", "DELETE")
WALKS = re.compile(
    r"SCAN (promise|movement|product|problem|orders)\b|promise USING .*\(connection=\?( AND kind=\?)?\)"
    r"|movement USING INDEX movement_(external_id|sku)|product USING .*\((pipeline|connection)=\?\)"
)


@contextmanager
def heard() -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    """The statements meanwhile with their first parameters, and how often each was sent."""
    statements: dict[str, Any] = {}
    times: Counter[str] = Counter()

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if re.search(r"\b(promise|movement|product|problem)\b", statement) and statement.startswith(WORDS):
            one_of_many = many and parameters and isinstance(parameters[0], tuple)
            statements[statement] = parameters[0] if one_of_many else parameters
            times[re.sub(r"\([?, ]+\)(, \([?, ]+\))*", "(?)", statement)] += 1

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        yield statements, times
    finally:
        event.remove(Engine, "before_cursor_execute", remember)


def net(sku: str, *ids: int) -> PlannedChange:
    """So many movements of a SKU are one change."""
    one = CenterQuantity(distribution_center="1", quantity=len(ids))
    meaning = StockMeaning.DIFFERENCE
    change = StockChange(key=f"moved/main/{sku}/{ids[-1]}", item=StockItem(sku=sku), meaning=meaning, centers=(one,))
    return PlannedChange(change, ids)


async def plan_all(shop: Shop) -> None:
    """All that waits becomes one change of each SKU, or is told by a level, or nothing, or has no rule."""
    found = await waiting(shop, 2000)
    ids: dict[str, list[int]] = {}
    for one in found:
        ids.setdefault(one.sku, []).append(one.id)
    (_, leveled), (_, unnamed), *others, (_, unmapped) = ids.items()
    await plan(
        shop,
        MovementPlan(
            tuple(net(sku, *its) for sku, its in others),
            by_level=tuple(leveled),
            without_alias=dict.fromkeys(unnamed, "it has no alias of type UPC"),
            unmapped=tuple(unmapped),
            unknown_areas=("MAIN",),
        ),
    )


async def a_run(shop: Shop, size: int) -> None:
    """Movements are taken in and planned, levels promised twice, all of it is claimed and settled."""
    await take(shop, *(a_movement(f"{size}-{number}", sku=f"S{number:04}") for number in range(size)))
    await plan_all(shop)
    for quantity in range(2):
        await promise(shop, *(a_level(f"{size}-{quantity}-{number}", sku=f"L{number}") for number in range(size)))
    await shop.settle(*(done(item) for item in await claim(shop, 10_000)))


def test_every_statement_of_a_run_finds_its_rows_by_what_is_left_to_do(sqlite_url: str) -> None:
    steps: list[str] = []

    async def scene(shop: Shop) -> None:
        with heard() as (statements, _):
            await a_run(shop, 6)
        for statement, parameters in statements.items():
            found = await shop.store.read(_plan, statement, parameters)
            assert not [step for step in found if WALKS.search(step)], statement
            steps.extend(found)

    play(sqlite_url, scene)
    for index in ("promise_subject", "promise_due", "movement_waiting", "movement_unmapped"):
        assert any(index in step for step in steps), index


def test_ten_times_as_many_changes_are_as_many_statements(sqlite_url: str) -> None:
    async def scene(shop: Shop) -> None:
        with heard() as (_, few):
            await a_run(shop, 10)
        with heard() as (_, many):
            await a_run(shop, 100)
        assert sum(few.values()) > 10
        assert {one: times for one, times in many.items() if times > few[one]} == {}

    play(sqlite_url, scene)


@played
async def test_of_very_many_movements_without_a_rule_only_some_are_counted(shop: Shop) -> None:
    for more, words in ((MOST_COUNTED, "1,000 movements wait"), (1, "more than 1,000 movements wait")):
        await take(shop, *(a_movement(f"{more}-{number}", area="DOCK") for number in range(more)))
        ids = tuple(one.id for one in await waiting(shop, 2000))
        await plan(shop, MovementPlan(unmapped=ids, unknown_areas=("DOCK",)))
        [(title,)] = await shop.rows("SELECT title FROM problem")
        assert title == f"{words}: nobody says where the stock of area 'DOCK' counts"
