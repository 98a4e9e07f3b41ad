"""What a person decides about one order, and how the daily road stays free of it."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, text

from crossdock.domain import AdjustmentKind, AdjustmentReason, OrderAdjustment, RecordedAdjustment
from crossdock.engine.adjustment_plan import AdjustmentWish, NotAdjustable
from crossdock.engine.holds import GIVEN_BACK
from crossdock.engine.ledger import Answered, Followed, Kind
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.store import NotFound
from crossdock.store.adjusting import _UNSETTLED, ask_adjustment
from crossdock.store.deciding import NotPossible, give_back, note_given_back, release_after_all
from crossdock.store.planning import _READY
from crossdock.store.queries import the_order
from crossdock.store.stories import order_story

from .shop import NOON, Shop, a_read, an_order, done, played, refused, unreadable

CANCEL = AdjustmentWish(AdjustmentKind.CANCELLATION, AdjustmentReason.NOT_AVAILABLE)


async def order_id(shop: Shop, key: str = "1") -> int:
    return (await shop.store.read(the_order, key)).id


async def ask(shop: Shop, wish: AdjustmentWish = CANCEL, key: str = "1", **options: bool) -> OrderAdjustment:
    chosen = {"again": False, "anyway": False} | options
    return await shop.store.write(ask_adjustment, await order_id(shop, key), "cart", wish, **chosen, now=shop.now)


async def answer(shop: Shop, said: str) -> None:
    """The cart takes the adjustment, and the marketplace answers."""
    [promise] = await shop.claim(Kind.ADJUST)
    await shop.settle(done(promise))
    kept = Followed(promise.id, Kind.ADJUST, promise.order_id, promise.key, promise.document, shop.now)
    code = Code.MARKETPLACE_REFUSED
    problems = [Problem(code, kept.key, "no", order_id=kept.order_id)] if said == "refused" else []
    await shop.store.note_answers(await shop.lease("follow"), [Answered(kept, said, "", None)], problems, now=shop.now)


async def ready(shop: Shop) -> list[str]:
    return [stored.external_id for stored in await shop.store.ready_orders("main", 10)]


@played
async def test_an_adjustment_is_promised_wakes_its_flow_and_holds_its_order(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    asked = await ask(shop)

    assert await shop.promises() == [("adjust", asked.key, "due")]
    assert await shop.store.due_flows(now=shop.now) == [("main", "adjust")]
    assert await shop.states() == {"1": "held", "2": "ready"}
    [promise] = await shop.claim(Kind.ADJUST)
    assert OrderAdjustment.model_validate_json(promise.document) == asked


@played
async def test_a_newer_version_of_the_order_does_not_free_it(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await ask(shop)
    await shop.download(a_read(an_order("1", name="Charles"), version=2))
    assert await shop.states() == {"1": "ready"}
    assert await ready(shop) == []


@played
async def test_an_accepted_one_frees_the_order_as_soon_as_it_was_read_again(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await ask(shop)
    await answer(shop, "accepted")
    assert await shop.states() == {"1": "ready"}
    assert await ready(shop) == []
    wishes = await shop.store.wanted_orders("main", 10)
    await shop.store.settle_wishes(await shop.lease("fetch"), wishes, [], now=shop.now)
    assert await ready(shop) == ["1"]


@played
async def test_a_refused_one_holds_the_order_until_a_person_has_it_shipped(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await ask(shop)
    await answer(shop, "refused")
    [(reason,)] = await shop.rows("SELECT reason FROM orders")
    assert reason == "marketplace_refused: no"
    await shop.store.write(release_after_all, await order_id(shop), now=shop.now)
    assert await shop.open_problems() == []
    wishes = await shop.store.wanted_orders("main", 10)
    await shop.store.settle_wishes(await shop.lease("fetch"), wishes, [], now=shop.now)
    assert await ready(shop) == ["1"]


@played
async def test_a_refusal_of_the_cart_holds_the_order_too(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await ask(shop)
    [promise] = await shop.claim(Kind.ADJUST)
    await shop.settle(refused(promise, "not on this site"))
    assert await shop.rows("SELECT state, reason FROM orders") == [("held", "adjust_refused: not on this site")]


@played
async def test_a_refusal_before_the_order_was_ready_holds_it_once_it_is(shop: Shop) -> None:
    await shop.download(a_read(an_order("1"), state=OrderState.WAITING, reason="not paid yet"))
    await ask(shop)
    [promise] = await shop.claim(Kind.ADJUST)
    await shop.settle(refused(promise, "not on this site"))
    await shop.download(a_read(an_order("1"), version=2))
    assert await ready(shop) == []

    await shop.store.end_holds("main", fetches=False, now=shop.now)

    assert await shop.rows("SELECT state, reason FROM orders") == [("held", "adjust_refused: not on this site")]
    await shop.store.write(release_after_all, await order_id(shop), now=shop.now)
    await shop.store.end_holds("main", fetches=False, now=shop.now)
    assert await ready(shop) == ["1"]


@played
async def test_what_is_asked_for_before_the_order_is_ready_is_said_once_it_is(shop: Shop) -> None:
    await shop.download(a_read(an_order("1"), state=OrderState.WAITING, reason="not paid yet"))
    await ask(shop)
    await shop.download(a_read(an_order("1"), version=2))

    await shop.store.end_holds("main", fetches=False, now=shop.now)

    [(state, reason)] = await shop.rows("SELECT state, reason FROM orders")
    assert (state, reason.partition(":")[0]) == ("held", "adjusting")


@played
async def test_only_what_is_held_or_given_back_is_released_after_all(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2"), state=OrderState.SKIPPED, reason="not ours"))
    for key in ("1", "2"):
        with pytest.raises(NotPossible, match="only one that is held, or was given back, can be"):
            await shop.store.write(release_after_all, await order_id(shop, key), now=shop.now)


@played
async def test_an_order_in_the_warehouse_is_cancelled_only_when_it_is_meant(shop: Shop) -> None:
    await shop.release(an_order("1"))
    with pytest.raises(NotAdjustable, match="the warehouse has order N1 already"):
        await ask(shop)
    assert (await ask(shop, anyway=True)).order_external_id == "1"
    assert await shop.states() == {"1": "released"}


@played
async def test_a_part_in_the_warehouse_counts_as_well(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), refused(west))
    assert await shop.states() == {"1": "held"}
    with pytest.raises(NotAdjustable, match="the warehouse has order N1 already"):
        await ask(shop)
    with pytest.raises(NotPossible, match="the warehouse has it"):
        await shop.store.write(give_back, await order_id(shop), now=shop.now)


@played
async def test_an_order_that_could_not_be_read_is_settled_elsewhere(shop: Shop) -> None:
    await shop.download(unreadable("1"))
    with pytest.raises(NotAdjustable, match="could not be read"):
        await ask(shop)


@played
async def test_an_order_that_is_given_back_can_be_marked_and_given_back_again(shop: Shop) -> None:
    for _ in range(2):
        await shop.download(a_read(an_order("1")))
        await shop.plan(acknowledge_on="cart")
        await shop.store.write(_as_held, now=NOON)
        [mark] = await shop.claim(Kind.ACKNOWLEDGE)
        with pytest.raises(NotPossible, match="is being marked at this moment"):
            await shop.store.write(give_back, await order_id(shop), now=shop.now)
        await shop.settle(done(mark))
        await shop.store.write(give_back, await order_id(shop), now=shop.now)
        await shop.store.write(note_given_back, await order_id(shop))
        assert await shop.rows("SELECT state, reason, acknowledged_at FROM orders") == [("skipped", GIVEN_BACK, None)]
        assert await shop.promises() == []
        await shop.store.write(release_after_all, await order_id(shop), now=shop.now)
        assert await ready(shop) == ["1"]


def _as_held(conn: Connection, *, now: object) -> None:
    """A refused request that a person has taken out: the order is held, and nothing of it is in the warehouse."""
    conn.execute(text("DELETE FROM promise WHERE kind = 'release'"))
    conn.execute(text("UPDATE orders SET state = 'held', reason = 'unshippable_order: no city'"))


@played
async def test_the_story_has_what_was_asked_what_was_answered_and_what_the_cart_shows(shop: Shop) -> None:
    await shop.release(an_order("1"))
    shop.clock.advance(minutes=1)
    await ask(shop, anyway=True)
    shop.clock.advance(minutes=1)
    await answer(shop, "accepted")
    shown = RecordedAdjustment(external_id="A", kind=AdjustmentKind.CANCELLATION, by_buyer=True)
    await shop.download(a_read(an_order("1").model_copy(update={"adjustments": (shown,)}), version=2))
    await shop.download(a_read(an_order("1"), version=3))

    story = await shop.store.read(order_story, await order_id(shop))
    assert story.adjustments == (shown,), "a shorter record of a list does not take it away"
    assert story.document == an_order("1"), "and what the warehouse was told stays"
    assert [one.what for one in story.time_line()][-2:] == ["answered", "cancelled"]


@played
async def test_an_id_counts_before_a_number_and_a_number_of_several_orders_is_refused(shop: Shop) -> None:
    await shop.download(a_read(an_order("1", number="7")), a_read(an_order("7", number="8")))
    await shop.download(a_read(an_order("3", number="SAME")), a_read(an_order("4", number="SAME")))
    assert (await shop.store.read(the_order, "7")).external_id == "7"
    assert (await shop.store.read(the_order, "8")).external_id == "7"
    with pytest.raises(NotFound, match="2 orders have the number 'SAME': id 3 in pipeline main, id 4 in pipeline main"):
        await shop.store.read(the_order, "SAME")
    with pytest.raises(NotFound, match="there is no order with the number or id '9'"):
        await shop.store.read(the_order, "9")


@played
async def test_what_keeps_orders_back_costs_a_look_into_an_index(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(str(key))) for key in range(50)))

    def explained(conn: Connection, query: Executable) -> str:
        compiled: Any = query.compile(dialect=conn.dialect)
        bound = compiled.construct_params({"of_pipeline": "main", "after": 0, "most": 100})
        explain = "EXPLAIN QUERY PLAN" if compiled.positional else "EXPLAIN"
        parameters = tuple(bound[name] for name in compiled.positiontup) if compiled.positional else bound
        rows = conn.exec_driver_sql(f"{explain} {compiled.string}", parameters)
        return "\n".join(str(row[-1]) for row in rows)

    await shop.store.write(grow_old)
    for query in (_READY, _UNSETTLED):
        plan = await shop.store.write(explained, query)
        assert re.search(r"promise_order", plan), plan
        assert not re.search(r"SCAN promise|Seq Scan on promise|ANY\(", plan), plan


def grow_old(conn: Connection) -> None:
    """Many rows, as an old database has them, and the planner is told of them."""
    conn.execute(text(_MANY[conn.dialect.name]))
    conn.execute(text("ANALYZE"))


_COLUMNS = (
    "pipeline, connection, kind, key, order_id, state, closes, attempts, created_at, ref, error, document, subject"
)
_MANY = {
    "sqlite": f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    f"INSERT INTO promise ({_COLUMNS}) SELECT 'main', 'cart', CASE i % 4 WHEN 0 THEN 'adjust' ELSE 'release' END, "
    "'old-' || i, 1000 + i, 'done', 0, 1, 0, '', '', x'', '' FROM n",
    "postgresql": f"INSERT INTO promise ({_COLUMNS}) SELECT 'main', 'cart', "
    "CASE i % 4 WHEN 0 THEN 'adjust' ELSE 'release' END, "
    "'old-' || i, 1000 + i, 'done', false, 1, 0, '', '', '', '' FROM generate_series(1, 20000) AS n(i)",
}
