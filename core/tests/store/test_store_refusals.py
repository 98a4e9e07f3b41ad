"""A request that a warehouse refuses after it had seemed to take it, on both databases."""

from crossdock.domain import RequestRefusal, digest
from crossdock.engine.facts import FactSource, ReadRecord, RecordKind
from crossdock.hooks.records import Record
from crossdock.store.repair import retry_problem

from .shop import Shop, an_order, played


async def told(shop: Shop, *numbers: str) -> None:
    """The warehouse says no to these requests."""
    record = Record("no", b"no")
    facts = tuple(RequestRefusal(request_number=number, reason="SKU-1 is no item") for number in numbers)
    source = FactSource("warehouse", RecordKind.SHIPMENT, ())
    read = [ReadRecord(record, digest(record.data), facts)]
    await shop.store.save_facts(await shop.lease("collect"), source, read, [], None, now=shop.now)


@played
async def test_its_order_is_held_and_sent_again_when_a_person_says_so(shop: Shop) -> None:
    await shop.release(an_order("1"), an_order("2"))
    await told(shop, "N1")
    assert await shop.states() == {"1": "held", "2": "released"}
    assert (await shop.promises())[:2] == [("release", "N1", "rejected"), ("release", "N2", "done")]
    assert await shop.open_problems() == [("release_refused", "N1")]

    ((problem,),) = await shop.rows("SELECT id FROM problem")
    await shop.store.write(retry_problem, problem, now=shop.now)
    assert (await shop.states())["1"] == "ready"


@played
async def test_telling_it_twice_is_telling_it_once(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, "N1")
    await told(shop, "N1", "N1")
    assert await shop.rows("SELECT count FROM problem") == [(1,)]


@played
async def test_numbers_of_nobody_change_nothing(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await told(shop, "N9")
    assert await shop.states() == {"1": "released"}
    assert await shop.open_problems() == []
