"""What the warehouse packed: every box is told once, to the order it belongs to."""

from datetime import timedelta

from crossdock.domain import digest
from crossdock.engine.facts import ReadRecord
from crossdock.engine.ports import ConfirmPlan, ShipmentState
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.records import Record
from crossdock.store.repair import retry_problem

from .shop import NOON, WORK, Shop, a_box, a_read, a_request, an_order, played, told


@played
async def test_box_that_is_told_again_changes_nothing(shop: Shop) -> None:
    await shop.release(an_order("1"))
    assert await shop.collect(a_box("A", "N1"), a_box("B", "N1")) == 2
    await shop.confirm()
    assert await shop.collect(a_box("A", "N1", tracking="changed"), a_box("C", "N1")) == 1
    [case] = await shop.store.confirm_cases("main", 10, now=NOON)
    assert [stored.shipment.external_id for stored in case.open] == ["C"]
    assert [stored.shipment for stored in case.planned] == [a_box("A", "N1"), a_box("B", "N1")]


@played
async def test_case_has_all_that_is_needed_to_decide(shop: Shop) -> None:
    order = an_order("1")
    await shop.download(a_read(order))
    await shop.plan("east", "west")
    await shop.collect(a_box("A", "N1-west"))
    [case] = await shop.store.confirm_cases("main", 10, now=NOON)
    assert (case.order.order, case.order.external_id) == (order, "1")
    assert case.requests == (a_request(order, "east"), a_request(order, "west"))
    assert [(stored.shipment, stored.state, stored.first_seen) for stored in case.open] == [
        (a_box("A", "N1-west"), ShipmentState.NEW, NOON)
    ]
    assert case.planned == ()


@played
async def test_box_without_tracking_is_looked_at_again_later(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1", tracking=""))
    [case] = await shop.store.confirm_cases("main", 10, now=NOON)
    later = NOON + timedelta(minutes=5)
    waits = ConfirmPlan(case.order.id, {case.open[0].id: ShipmentState.AWAITING_TRACKING}, look_again_at=later)
    await shop.store.save_confirmations(await shop.lease("confirm"), [waits], [], now=NOON)
    assert await shop.store.confirm_cases("main", 10, now=NOON) == []
    [case] = await shop.store.confirm_cases("main", 10, now=later)
    found = a_box("A", "N1", tracking="1Z7")
    plan = ConfirmPlan(case.order.id, {case.open[0].id: ShipmentState.PLANNED}, completed={case.open[0].id: found})
    await shop.store.save_confirmations(shop.leases["confirm"], [plan], [], now=later)
    await shop.collect(a_box("B", "N1"))
    [case] = await shop.store.confirm_cases("main", 10, now=later)
    assert [stored.shipment for stored in case.planned] == [found]


@played
async def test_held_box_is_reconsidered_and_its_problem_closes_when_it_goes_out(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    [case] = await shop.store.confirm_cases("main", 10, now=NOON)
    held = ConfirmPlan(case.order.id, {case.open[0].id: ShipmentState.HELD})
    problem = Problem(Code.UNMAPPED_CARRIER, "N1/A", "the cart has no name for it", order_id=case.order.id)
    await shop.store.save_confirmations(await shop.lease("confirm"), [held], [problem], now=NOON)
    assert await shop.store.confirm_cases("main", 10, now=NOON) == []
    assert await shop.store.reconsider_held("main", Code.UNMAPPED_CARRIER, now=NOON) == 1
    assert len(await shop.confirm()) == 1
    assert await shop.open_problems() == []


@played
async def test_box_of_an_unknown_order_is_a_problem_until_the_order_is_there(shop: Shop) -> None:
    assert await shop.collect(a_box("A", "N1")) == 1
    assert await shop.open_problems() == [("unknown_shipment", "N1/A")]
    assert await shop.collect(a_box("A", "N1")) == 0
    assert await shop.store.confirm_cases("main", 10, now=NOON) == []
    await shop.release(an_order("1"))
    [(number,)] = await shop.rows("SELECT id FROM problem")
    await shop.store.write(retry_problem, number, now=NOON)
    assert [promise.key for promise in await shop.confirm()] == ["N1/A"]
    assert await shop.open_problems() == []


@played
async def test_box_belongs_to_the_pipeline_that_asked_for_it(shop: Shop) -> None:
    await shop.release(an_order("1"))
    other = await shop.store.begin_run("other", "collect", now=NOON, seconds=60)
    assert other is not None
    await shop.store.save_facts(other, WORK, [told(a_box("A", "N1"))], [], None, now=NOON)
    assert await shop.store.confirm_cases("other", 10, now=NOON) == []
    assert len(await shop.store.confirm_cases("main", 10, now=NOON)) == 1
    assert await shop.open_problems() == []


@played
async def test_record_that_cannot_be_read_or_tells_no_shipment_is_kept(shop: Shop) -> None:
    broken, silent = Record("1", b"{broken"), Record("2", b'{"stock": 3}')
    problem = Problem(Code.UNREADABLE_SHIPMENT, "1", "Record 1 cannot be read")
    read = [ReadRecord(record, digest(record.data)) for record in (broken, silent)]
    lease = await shop.lease("collect")
    new = await shop.store.save_facts(lease, WORK, read, [problem], "further", now=NOON)
    assert not any(new.values())
    assert await shop.open_problems() == [("unreadable_shipment", "1")]
    [(number,)] = await shop.rows("SELECT id FROM problem")
    await shop.store.write(retry_problem, number, now=NOON)
    assert await shop.store.records_to_reread("main", "shipment", 10) == [broken]
    await shop.store.save_facts(lease, WORK, read[:1], [], None, now=NOON)
    assert await shop.store.records_to_reread("main", "shipment", 10) == []
