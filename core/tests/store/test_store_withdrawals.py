"""Orders that a warehouse is to forget: asked once, decided in one transaction, their numbers free for the next one."""

from collections.abc import Mapping

import pytest

from crossdock.engine.amendment import Amendment, Purpose, Withdrawing
from crossdock.engine.holds import HELD_THERE
from crossdock.engine.ledger import PromiseState, Settlement
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.store.deciding import release_after_all
from crossdock.store.queries import the_order
from crossdock.store.withdrawals import NotWithdrawable, ask_withdrawal, note_held_there, requests_at_warehouse

from .shop import Shop, a_box, a_read, an_order, done, played

REPLACE = Amendment(purpose=Purpose.REPLACE, difference=("line 1 (SKU-1): 2 -> 1",))


async def id_of(shop: Shop, key: str = "1") -> int:
    return (await shop.store.read(the_order, key)).id


async def ask(shop: Shop, amendment: Amendment = REPLACE, key: str = "1") -> str:
    return await shop.store.write(ask_withdrawal, await id_of(shop, key), ["warehouse"], amendment, now=shop.now)


async def claimed(shop: Shop) -> list[Withdrawing]:
    return list(await shop.store.claim_withdrawals(await shop.lease("amend"), "warehouse", 10, now=shop.now))


async def settle(shop: Shop, settlement: Settlement) -> None:
    await shop.store.settle(await shop.lease("amend"), [settlement], (), acknowledge_on=None, now=shop.now)


async def take_back_and_forget(shop: Shop, key: str) -> None:
    """The warehouse forgets an order, whose newest version is to be read."""
    await ask(shop, key=key)
    [withdrawing] = await claimed(shop)
    await settle(shop, done(withdrawing.promise))


async def changed(shop: Shop, amendments: Mapping[str, Amendment], version: int = 2) -> None:
    """The cart's newer version comes in, with a problem that is none where the order is replaced."""
    lease = await shop.lease("download")
    read = a_read(an_order("1"), version=version)
    problem = Problem(Code.CHANGED_AFTER_RELEASE, "N1", "changed", order_external_id="1")
    await shop.store.save_orders(lease, "cart", [read], [problem], None, amendments=amendments, now=shop.now)


@played
async def test_forgotten_order_is_read_again_before_it_goes_out_with_the_same_number(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await changed(shop, {"1": REPLACE})
    assert await shop.open_problems() == []
    [withdrawing] = await claimed(shop)
    assert [asked.request.number for asked in withdrawing.requests] == ["N1"]
    await settle(shop, done(withdrawing.promise))
    assert await shop.states() == {"1": "ready"}
    assert await shop.store.ready_orders("main", 10) == [], "what is to be read again is not handed out"

    assert [record.id for record in await shop.store.records_to_reread("main", "order", 10)] == ["1"]
    await shop.download(a_read(an_order("1"), version=2))
    await shop.plan()
    assert ("release", "N1", "in_doubt") in await shop.promises(), "looked up before it is sent"


@played
async def test_problem_is_opened_where_the_order_cannot_be_taken_back(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.collect(a_box("A", "N1"))
    await shop.confirm()
    await changed(shop, {"1": REPLACE})
    assert await shop.open_problems() == [("changed_after_release", "N1")]
    assert await claimed(shop) == []


@played
async def test_nothing_is_taken_back_while_a_request_is_on_its_way(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), Settlement(west, PromiseState.IN_DOUBT, due_at=shop.now))
    await ask(shop)
    assert await claimed(shop) == []
    await shop.settle(done(west))
    [withdrawing] = await claimed(shop)
    assert [asked.request.number for asked in withdrawing.requests] == ["N1-east", "N1-west"]


@played
async def test_kept_order_has_all_its_requests_looked_up(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    await shop.settle(*(done(promise) for promise in (await shop.plan("east", "west"))[0]))
    await ask(shop)
    [withdrawing] = await claimed(shop)
    await settle(shop, Settlement(withdrawing.promise, PromiseState.REJECTED, error="In Process"))
    releases = {key: state for kind, key, state in await shop.promises() if kind == "release"}
    assert releases == {"N1-east": "in_doubt", "N1-west": "in_doubt"}
    assert await shop.states() == {"1": "releasing"}
    assert await shop.rows("SELECT due_at IS NOT NULL FROM flow WHERE flow = 'release'") == [(1,)]


@played
async def test_order_is_not_handed_out_while_it_is_being_taken_back(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), Settlement(west, PromiseState.REJECTED, error="no such SKU"))
    await ask(shop, Amendment())
    await shop.store.write(release_after_all, await id_of(shop), now=shop.now)
    assert await shop.states() == {"1": "ready"}
    assert await shop.store.ready_orders("main", 10) == []
    [withdrawing] = await claimed(shop)
    assert [asked.refused for asked in withdrawing.requests] == [False, True]
    await settle(shop, done(withdrawing.promise))
    assert await shop.states() == {"1": "held"}


@played
async def test_asked_again_it_is_one_wish_and_the_last_word_counts(shop: Shop) -> None:
    await shop.release(an_order("1"))
    assert await ask(shop) == await ask(shop, Amendment(purpose=Purpose.KEEP)) == "N1"
    [withdrawing] = await claimed(shop)
    await settle(shop, done(withdrawing.promise))
    assert await shop.states() == {"1": "held"}
    with pytest.raises(NotWithdrawable, match="has not got order N1"):
        await ask(shop)


@played
async def test_withdrawal_that_is_over_makes_room_for_the_next_one(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await ask(shop)
    [withdrawing] = await claimed(shop)
    await settle(shop, Settlement(withdrawing.promise, PromiseState.REJECTED, error="In Process"))
    for promise in await shop.claim(withdrawing.promise.kind.RELEASE):
        await shop.settle(done(promise))
    await ask(shop)
    [again] = await claimed(shop)
    assert (again.promise.key, again.promise.attempts) == ("N1", 0)


@played
async def test_order_that_the_cart_cancelled_meanwhile_is_not_put_back(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), Settlement(west, PromiseState.REJECTED, error="no such SKU"))
    await ask(shop)
    await shop.download(a_read(an_order("1"), version=2, state=OrderState.SKIPPED, reason="cancelled at the cart"))
    [withdrawing] = await claimed(shop)
    await settle(shop, done(withdrawing.promise))
    assert await shop.states() == {"1": "skipped"}


@played
async def test_order_on_its_way_is_not_taken_back(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await ask(shop)
    [withdrawing] = await claimed(shop)
    await settle(shop, done(withdrawing.promise))
    with pytest.raises(NotWithdrawable, match="has not got order N1"):
        await ask(shop)
    await shop.download(a_read(an_order("2")))
    await shop.plan()
    with pytest.raises(NotWithdrawable, match="which the pipeline does not use any more"):
        await shop.store.write(ask_withdrawal, await id_of(shop, "2"), ["another"], Amendment(), now=shop.now)


@played
async def test_row_says_that_an_order_is_held_at_the_warehouse(shop: Shop) -> None:
    await shop.release(an_order("1"))
    order_id = await id_of(shop)
    assert [one.request.number for one in await shop.store.read(requests_at_warehouse, order_id)] == ["N1"]
    await shop.store.write(note_held_there, order_id, resumed=False, by="dana", now=shop.now)
    order = await shop.store.read(the_order, "1")
    assert (order.reason, order.held_at, order.held_by) == (HELD_THERE, shop.now, "a person: dana")
    await shop.store.write(note_held_there, order_id, resumed=True, by="eli", now=shop.now)
    order = await shop.store.read(the_order, "1")
    assert (order.reason, order.held_at, order.held_by) == ("", None, "")


@played
async def test_released_orders_are_as_the_warehouse_was_told(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.download(a_read(an_order("1", name="Somebody Else"), version=2))
    told = await shop.store.released_orders("main", ["1", "unknown"])
    assert {key: order.ship_to.name for key, order in told.items()} == {"1": "Ada Lovelace"}


@played
async def test_number_that_is_not_asked_for_any_more_stays_known_and_nothing_waits_for_it(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await take_back_and_forget(shop, "1")
    await shop.download(a_read(an_order("1"), version=2))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), done(west))
    assert ("release", "N1", "withdrawn") in await shop.promises()
    assert await shop.states() == {"1": "released"}

    await shop.collect(a_box("A", "N1"), a_box("B", "N1-east"))
    assert await shop.open_problems() == [("unknown_shipment", "N1/A")]
    [case] = await shop.store.confirm_cases("main", 10, now=shop.now)
    assert [request.number for request in case.requests] == ["N1-east", "N1-west"]


@played
async def test_number_of_somebody_elses_order_stays_refused_when_the_rest_is_taken_back(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    east, west = (await shop.plan("east", "west"))[0]
    await shop.settle(done(east), Settlement(west, PromiseState.REJECTED, error="belongs to another order"))
    await take_back_and_forget(shop, "1")
    assert ("release", "N1-west", "rejected") in await shop.promises()
