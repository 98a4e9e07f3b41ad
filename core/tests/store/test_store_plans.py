"""History costs nothing: no statement of the daily road walks through a table or a half-used index."""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event

from crossdock.domain import ShipmentReversal
from crossdock.engine.amendment import Amendment, Purpose
from crossdock.engine.facts import ReadRecord
from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.ports import ConfirmPlan, OrderState, ReleasePlan, ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Record
from crossdock.store.withdrawals import ask_withdrawal

from .shop import NOON, WORK, Shop, a_box, a_read, an_order, done, play, refused

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
    await shop.store.end_holds("main", fetches=False, now=NOON)
    await shop.store.next_hold_end("main")
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
    await _an_order_taken_back(shop)


async def _an_order_taken_back(shop: Shop) -> None:
    """A box is taken back, then its order."""
    [released] = await shop.release(an_order("9"))
    back = ShipmentReversal(external_id="r1", request_number="N9", reversed_at=shop.now)
    record = Record("back", back.model_dump_json().encode())
    await shop.collect(a_box("C", "N9"))
    read = [ReadRecord(record, b"seen", (back,))]
    await shop.store.save_facts(await shop.lease("collect"), WORK, read, (), None, now=shop.now)
    amendments = {"9": Amendment(purpose=Purpose.REPLACE)}
    lease = await shop.lease("download")
    await shop.store.released_orders("main", ["9"])
    await shop.store.save_orders(lease, "cart", [a_read(an_order("9"))], (), None, amendments=amendments, now=shop.now)
    for state in (PromiseState.REJECTED, PromiseState.DONE):
        order_id = released.order_id
        await shop.store.write(ask_withdrawal, order_id, ["warehouse"], amendments["9"], now=shop.now)
        amend = await shop.lease("amend")
        for one in await shop.store.claim_withdrawals(amend, "warehouse", 10, now=shop.now):
            await shop.store.settle(amend, [Settlement(one.promise, state)], (), acknowledge_on=None, now=shop.now)
        for promise in await shop.claim(Kind.RELEASE):
            await shop.settle(done(promise))


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
