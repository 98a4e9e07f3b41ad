"""History costs nothing: no statement of the daily road walks through a table or a half-used index."""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event

from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.ports import ConfirmPlan, OrderState, ReleasePlan, ShipmentState
from crossdock.engine.problems import Code, Problem

from .shop import NOON, Shop, a_box, a_read, an_order, done, play, refused

LARGE = "record|orders|promise|shipment|exchange|problem"
WALKS = re.compile(rf"SCAN ({LARGE})\b|promise USING .*\(connection=\? AND kind=\?\)|record USING .*\(pipeline=\?\)")


async def _a_day(shop: Shop) -> None:
    """Everything that happens to orders, good and bad."""
    await shop.download(*(a_read(an_order(str(key))) for key in range(4)), checkpoint="page 2")
    await shop.store.known_orders("main", ["1", "2"])
    await shop.store.records_to_reread("main", "order", 10)
    ready = await shop.store.ready_orders("main", 1)
    hold = ReleasePlan(ready[0].id, (), OrderState.HELD, "unmapped_ship_method: by balloon")
    await shop.save([hold], [Problem(Code.UNMAPPED_SHIP_METHOD, "N0", "held", order_id=ready[0].id)])
    await shop.store.reconsider_held("main", Code.UNMAPPED_SHIP_METHOD, now=NOON)
    first, second, *rest = (await shop.plan())[0]
    problem = Problem(Code.RELEASE_REFUSED, first.key, "refused", order_id=first.order_id)
    await shop.settle(refused(first), Settlement(second, PromiseState.DUE), problems=[problem])
    await shop.settle(*(done(promise) for promise in rest))
    await shop.crash()
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.RELEASE)))
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.ACKNOWLEDGE)))
    await shop.download(a_read(an_order("0"), version=2), a_read(an_order("3"), version=2))
    await shop.collect(a_box("A", "N1"), a_box("B", "N2"))
    cases = await shop.store.confirm_cases("main", 1, now=shop.now)
    held = ConfirmPlan(cases[0].order.id, {cases[0].open[0].id: ShipmentState.HELD})
    await shop.store.save_confirmations(await shop.lease("confirm"), [held], [], now=shop.now)
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    await shop.store.close_problems("main", Code.NO_TRACKING, ["N1/A"], now=shop.now)


def test_no_statement_walks_through_history(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        one_of_many = many and parameters and isinstance(parameters[0], tuple)
        statements[statement] = parameters[0] if one_of_many else parameters

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, _a_day)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks = []
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                explained = await shop.store.read(_plan, statement, parameters)
                walks += [(statement, step) for step in explained if WALKS.search(step)]
        assert walks == []

    assert len(statements) > 25
    play(sqlite_url, explain)


def _plan(conn: Connection, statement: str, parameters: Any) -> list[str]:
    return [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
