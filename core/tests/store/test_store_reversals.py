"""What a warehouse took back is kept once, and what it means does not depend on what came first."""

from datetime import timedelta

from crossdock.domain import Shipment, ShipmentReversal, digest
from crossdock.engine.evidence import BoxTakenBack
from crossdock.engine.facts import ReadRecord
from crossdock.engine.ledger import Kind, PromiseState, Settlement
from crossdock.engine.ports import ConfirmPlan, ShipmentState
from crossdock.engine.problems import Code
from crossdock.engine.reconciliation_ports import AskedProduct
from crossdock.hooks.records import Record
from crossdock.store.queries import the_order
from crossdock.store.stories import order_story

from .shop import NOON, WORK, Shop, a_box, an_order, done, played


def a_reversal(key: str, number: str, *boxes: str) -> ShipmentReversal:
    later = NOON + timedelta(minutes=5)
    return ShipmentReversal(external_id=key, request_number=number, reversed_at=later, shipments=boxes)


async def told(shop: Shop, *facts: Shipment | ShipmentReversal) -> None:
    """One page of these facts."""
    records = [Record(f"record-{fact.external_id}", fact.model_dump_json().encode()) for fact in facts]
    read = [ReadRecord(record, digest(record.data), (fact,)) for record, fact in zip(records, facts, strict=True)]
    await shop.store.save_facts(await shop.lease("collect"), WORK, read, (), None, now=shop.now)


async def boxes(shop: Shop) -> dict[str, str]:
    return dict(await shop.rows("SELECT external_id, state FROM shipment ORDER BY external_id"))


@played
async def test_what_was_not_told_is_void_whatever_came_first(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"))
    await told(shop, a_box("A", "N1"), a_reversal("r1", "N1"))
    await told(shop, a_reversal("r2", "N2", "B"))
    await told(shop, a_box("B", "N2"), a_box("C", "N2"))
    assert await boxes(shop) == {"A": "voided", "B": "voided", "C": "new"}
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    assert [stored.shipment.external_id for stored in case.open] == ["C"]


@played
async def test_the_story_tells_what_was_taken_back(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, a_box("A", "N1"), a_reversal("r1", "N1", "A"))
    order = await shop.store.read(the_order, "1")
    lines = (await shop.store.read(order_story, order.id)).time_line()
    assert [line.title for line in lines if line.what == "taken back"] == ["warehouse took back box A of N1"]


@played
async def test_a_reversal_told_twice_is_one(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, a_box("A", "N1"))
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    for _ in range(2):
        await told(shop, a_reversal("r1", "N1"))
    assert await shop.open_problems() == [("reversed_after_confirm", "N1/A")]
    assert await shop.rows("SELECT count FROM problem") == [(1,)]
    assert await boxes(shop) == {"A": "planned"}


@played
async def test_a_box_that_was_taken_back_is_known_of_its_product_until_a_person_has_settled_it(shop: Shop) -> None:
    async def known() -> object:
        product = AskedProduct("at the cart", "SKU-1")
        found = await shop.store.evidence("main", "cart", [product, AskedProduct("B", "B")], since=shop.now)
        assert found["B"].taken_back == ()
        return found["at the cart"].taken_back

    await shop.release(an_order("1"))
    await told(shop, a_box("A", "N1"))
    await shop.settle(*(done(promise) for promise in await shop.confirm()))
    assert await known() == ()
    await told(shop, a_reversal("r1", "N1"))
    assert await known() == (BoxTakenBack("N1/A", "east", 2),)
    await shop.store.close_problems("main", Code.REVERSED_AFTER_CONFIRM, ["N1/A"], now=shop.now)
    assert await known() == ()


@played
async def test_a_promise_that_was_surely_not_sent_goes_with_its_box(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"), an_order("3"))
    await told(shop, a_box("A", "N1"), a_box("B", "N2"), a_box("C", "N3"))
    a, b, c = await shop.confirm()
    await shop.settle(
        Settlement(a, PromiseState.DUE, due_at=shop.now),
        Settlement(b, PromiseState.IN_DOUBT, due_at=shop.now),
        Settlement(c, PromiseState.REJECTED, error="no such carrier"),
    )
    await told(shop, *(a_reversal(f"r{number}", f"N{number}") for number in (1, 2, 3)))
    assert await boxes(shop) == {"A": "voided", "B": "planned", "C": "planned"}
    assert [(kind, key) for kind, key, _ in await shop.promises() if kind == "confirm"] == [
        ("confirm", "N2/B"),
        ("confirm", "N3/C"),
    ]
    assert await shop.open_problems() == [("reversed_after_confirm", "N2/B"), ("reversed_after_confirm", "N3/C")]


@played
async def test_a_promise_in_the_hands_of_a_run_counts_as_told(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, a_box("A", "N1"))
    [promise] = await shop.confirm()
    await shop.settle(Settlement(promise, PromiseState.DUE, due_at=shop.now))
    [claimed] = await shop.claim(Kind.CONFIRM)
    await told(shop, a_reversal("r1", "N1"))
    assert await boxes(shop) == {"A": "planned"}
    await shop.settle(done(claimed))
    assert await shop.states() == {"1": "shipped"}


@played
async def test_a_plan_is_not_written_when_its_box_was_taken_back_meanwhile(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, a_box("A", "N1"))
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    await told(shop, a_reversal("r1", "N1"))
    [box] = case.open
    plan = ConfirmPlan(case.order.id, {box.id: ShipmentState.PLANNED}, seen={box.id: box.state})
    assert await shop.store.save_confirmations(await shop.lease("confirm"), [plan], (), now=shop.now) == []
    assert await boxes(shop) == {"A": "voided"}
