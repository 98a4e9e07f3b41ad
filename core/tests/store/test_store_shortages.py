"""What warehouses will not ship, what the cart is told again, and what orders are over, on both databases."""

import pytest

from crossdock.domain import AdjustmentKind, AdjustmentReason, ShipmentReversal, ShipmentStage, Shortage, digest
from crossdock.engine.adjustment_plan import AdjustmentWish, plan_adjustment
from crossdock.engine.facts import ReadRecord
from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.shortage_ports import ShortageState, ShortPlan
from crossdock.hooks.records import Record
from crossdock.store.audit import list_deeds
from crossdock.store.deciding import NotPossible
from crossdock.store.queries import the_order
from crossdock.store.resending import ask_resend
from crossdock.store.stories import order_story

from .shop import NOON, WORK, Shop, a_box, an_order, done, played, refused

WISH = AdjustmentWish(AdjustmentKind.CANCELLATION, AdjustmentReason.NOT_AVAILABLE, "10", 1)


def a_shortage(key: str, *, number: str = "N1") -> Shortage:
    return Shortage(external_id=key, request_number=number, line_id="10", quantity=1, noticed_at=NOON)


async def tell(shop: Shop, *facts: Shortage | ShipmentReversal) -> int:
    read = []
    for fact in facts:
        record = Record(f"record-{fact.external_id}", fact.model_dump_json().encode())
        read.append(ReadRecord(record, digest(record.data), (fact,)))
    counts = await shop.store.save_facts(await shop.lease("collect"), WORK, read, [], None, now=shop.now)
    return counts["shortages"]


@played
async def test_a_shortage_is_kept_once_and_handed_out_with_all_that_is_known_of_its_order(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"))
    assert await tell(shop, a_shortage("s1"), a_shortage("s2", number="N2"), a_shortage("s3", number="NOBODY")) == 3
    assert await tell(shop, a_shortage("s1")) == 0
    await shop.collect(a_box("b1", "N1"))

    first, second = await shop.store.short_cases("main", 0, 10)
    assert [one.shortage.external_id for one in first.shortages] == ["s1"]
    assert [box.external_id for box in first.picked] == ["b1"]
    assert [request.number for request in first.requests] == ["N1"]
    assert await shop.store.short_cases("main", first.order.id, 10) == [second]
    assert await shop.store.short_cases("other", 0, 10) == []


@played
async def test_a_plan_is_written_only_if_nothing_was_asked_meanwhile(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await tell(shop, a_shortage("s1"))
    [case] = await shop.store.short_cases("main", 0, 10)
    asked = plan_adjustment(case.order.order, (), WISH)
    states = {("warehouse", "s1"): (ShortageState.ASKED, f"the cart is asked: {asked.key}")}
    plan = ShortPlan(case.order.id, "N1", 0, (asked,), states)
    lease = await shop.lease("confirm")
    await shop.store.save_short_plans(lease, "cart", [plan], now=shop.now)
    assert [(kind, key) for kind, key, _ in await shop.promises() if kind == "adjust"] == [("adjust", asked.key)]
    assert await shop.store.short_cases("main", 0, 10) == []

    await tell(shop, a_shortage("s2"))
    late = ShortPlan(case.order.id, "N1", 0, (), {("warehouse", "s2"): (ShortageState.SETTLED, "")})
    await shop.store.save_short_plans(lease, "cart", [late], now=shop.now)
    assert len(await shop.store.short_cases("main", 0, 10)) == 1
    assert await shop.store.own_cancellations("main", ["1", "2"]) == {"1": {"10": 1}}
    story = await shop.store.read(order_story, case.order.id)
    outcomes = [(one.state, one.outcome) for one in story.shortages]
    assert outcomes == [("asked", f"the cart is asked: {asked.key}"), ("open", "")]


@played
async def test_what_was_taken_back_is_handed_out_no_more_in_whatever_order_it_is_told(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"))
    back = [
        ShipmentReversal(external_id=f"r{key}", request_number=f"N{key}", reversed_at=NOON.replace(hour=13))
        for key in (1, 2)
    ]
    await tell(shop, a_shortage("s1"))
    await tell(shop, back[0], back[1])
    await tell(shop, a_shortage("s2", number="N2"))
    assert await shop.store.short_cases("main", 0, 10) == []


@played
async def test_a_box_that_waits_takes_what_is_told_of_it_later_and_one_that_was_planned_does_not(shop: Shop) -> None:
    await shop.release(an_order("1"))
    bare, gone = a_box("b1", "N1", tracking=""), a_box("b1", "N1").model_copy(update={"stage": ShipmentStage.SHIPPED})
    await shop.collect(bare)
    await shop.collect(gone)
    await shop.collect(bare)
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    assert [one.shipment for one in case.open] == [gone]
    [promise] = await shop.confirm()
    await shop.settle(done(promise))
    await shop.collect(bare)
    assert await shop.store.confirm_cases("main", 10, now=shop.now) == []


@played
async def test_what_was_told_is_looked_up_again_and_who_asked_is_kept(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("b1", "N1"), a_box("b2", "N1"))
    first, second = await shop.confirm()
    await shop.settle(done(first), refused(second, "no"))
    order = await shop.store.read(the_order, "1")
    with pytest.raises(NotPossible, match="of order N1 the cart was told of no package b9, but of N1/b1, N1/b2"):
        await shop.store.write(ask_resend, order.id, "b9", "ada", now=shop.now)
    assert await shop.store.write(ask_resend, order.id, "b2", "ada", now=shop.now) == ["N1/b2"]
    assert await shop.store.write(ask_resend, order.id, "", "ada", now=shop.now) == ["N1/b1"]

    again = await shop.claim(Kind.CONFIRM)
    assert {one.state for one in again} == {PromiseState.IN_DOUBT}
    await shop.settle(*(Settlement(one, PromiseState.DONE, ref="7", found=True) for one in again))
    story = await shop.store.read(order_story, order.id)
    assert {one.found_at for one in story.promises if one.kind == "confirm"} == {shop.now}
    deeds = await shop.store.read(list_deeds, order_id=order.id)
    assert [(one.by, one.action, one.before) for one in deeds] == [
        ("ada", "resend", "N1/b1 done"),
        ("ada", "resend", "N1/b2 rejected"),
    ]
    assert (await shop.states())["1"] == "shipped"
