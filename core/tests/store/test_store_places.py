"""Promises of one order to two warehouses: written together, claimed apart, doubted apart."""

from crossdock.domain import RequestRefusal, digest
from crossdock.engine.facts import FactSource, ReadRecord, RecordKind
from crossdock.engine.ledger import Kind, Promise
from crossdock.engine.ports import ReleasePlan
from crossdock.hooks.records import Record

from .shop import LEASE, Shop, a_box, a_read, a_request, an_order, done, played, told

AT = {"east": "warehouse", "west": "elsewhere"}


async def plan(shop: Shop, *parts: str, number: str = "") -> tuple[list[Promise], list[int]]:
    """Plan every ready order with a request for each part."""
    plans = []
    for stored in await shop.store.ready_orders("main", 100):
        requests = [a_request(stored.order, part) for part in parts]
        if number:
            requests = [request.model_copy(update={"number": number}) for request in requests]
        plans.append(ReleasePlan(stored.id, tuple(requests)))
    lease = await shop.lease("release")
    claimed, taken = await shop.store.save_plans(
        lease, "warehouse", plans, (), elsewhere=AT, acknowledge_on=None, now=shop.now
    )
    return list(claimed), list(taken)


async def claim_there(shop: Shop) -> list[Promise]:
    lease = await shop.store.begin_run("main", "release@elsewhere", connection="elsewhere", now=shop.now, seconds=LEASE)
    assert lease is not None
    shop.leases["release@elsewhere"] = lease
    return list(await shop.store.claim(lease, "elsewhere", Kind.RELEASE, 10, now=shop.now))


@played
async def test_promises_are_written_together_and_only_our_own_is_claimed(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    claimed, taken = await plan(shop, "east", "west")
    assert ([one.key for one in claimed], taken) == (["N1-east"], [])
    assert await shop.rows("SELECT connection, key, state, claimed_by FROM promise ORDER BY id") == [
        ("warehouse", "N1-east", "sent", 1),
        ("elsewhere", "N1-west", "due", None),
    ]
    assert await shop.states() == {"1": "releasing"}
    assert await shop.claim(Kind.RELEASE) == []
    [there] = await claim_there(shop)
    assert (there.key, there.state.value) == ("N1-west", "sent")

    assert await shop.settle(*(done(one) for one in claimed)) == 0, "the cart hears of it when all of it is there"
    lease = shop.leases["release@elsewhere"]
    assert await shop.store.settle(lease, [done(there)], (), acknowledge_on="cart", now=shop.now) == 1
    assert await shop.states() == {"1": "released"}


@played
async def test_a_dead_run_leaves_doubt_at_its_own_warehouse_only(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await plan(shop, "east", "west")
    await claim_there(shop)
    await shop.crash("release@elsewhere")
    [doubtful] = await claim_there(shop)
    assert doubtful.state.value == "in_doubt"
    assert await shop.rows("SELECT state FROM promise WHERE connection = 'warehouse'") == [("sent",)]
    lease = await shop.store.begin_run("main", "release", connection="warehouse", now=shop.now, seconds=LEASE)
    assert lease is not None
    [ours] = await shop.store.claim(lease, "warehouse", Kind.RELEASE, 10, now=shop.now)
    assert (ours.key, ours.state.value) == ("N1-east", "in_doubt")


@played
async def test_a_number_is_taken_at_whichever_warehouse_it_is(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await plan(shop, "west", number="N7")
    await shop.download(a_read(an_order("2")))
    claimed, taken = await plan(shop, "east", number="N7")
    assert claimed == []
    assert len(taken) == 1
    assert await shop.promises() == [("release", "N7", "due")]


@played
async def test_an_order_that_comes_back_to_another_warehouse_is_promised_anew(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    [first], _ = await plan(shop, "east", number="N1")
    await shop.settle(done(first))
    lease = await shop.lease("collect")
    refusal = ReadRecord(Record("r", b"{}"), digest(b"{}"), (RequestRefusal(request_number="N1", reason="no room"),))
    work = FactSource("warehouse", RecordKind.SHIPMENT)
    await shop.store.save_facts(lease, work, [refusal], (), None, now=shop.now)
    await shop.store.write(lambda conn: conn.exec_driver_sql("UPDATE orders SET state = 'ready'"))
    claimed, taken = await plan(shop, "west", number="N1")
    assert (claimed, taken) == ([], [])
    assert await shop.rows("SELECT connection, state FROM promise WHERE kind = 'release'") == [("elsewhere", "due")]


@played
async def test_records_of_two_warehouses_stand_beside_each_other(shop: Shop) -> None:
    there = FactSource("elsewhere", RecordKind.SHIPMENT, place="elsewhere")
    lease = await shop.lease("collect")
    own, other = told(a_box("7", "A")), told(a_box("7", "B"))
    kept = ReadRecord(Record(there.kept_id(other.record.id), other.record.data), other.digest, other.facts)
    await shop.store.save_facts(lease, FactSource("warehouse", RecordKind.SHIPMENT), [own], (), None, now=shop.now)
    await shop.store.save_facts(lease, there, [kept], (), None, now=shop.now)
    assert await shop.rows("SELECT kind, external_id FROM record ORDER BY kind") == [
        ("shipment", "record-7"),
        ("shipment@elsewhere", "elsewhere/record-7"),
    ]
    new = await shop.store.keep_pushed("main", "collect@elsewhere", [Record("8", b"{}")], now=shop.now)
    assert new == 1
    [record] = await shop.store.records_to_reread("main", there.kept_as, 10)
    assert there.told_id(record.id) == "8"
    assert await shop.rows("SELECT flow FROM flow WHERE woken_at IS NOT NULL") == [("collect",)]


@played
async def test_orders_behind_a_certain_one_are_handed_out(shop: Shop) -> None:
    await shop.download(*(a_read(an_order(key)) for key in ("1", "2", "3")))
    first, *others = await shop.store.ready_orders("main", 10)
    assert [one.external_id for one in await shop.store.ready_orders("main", 10, after=first.id)] == ["2", "3"]
    assert await shop.store.ready_orders("main", 10, after=others[-1].id) == []
