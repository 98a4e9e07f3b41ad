"""What need not be kept goes; what the ledger needs stays."""

from datetime import timedelta

from crossdock.engine.ledger import Kind
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code, Problem
from crossdock.engine.run_ports import RunReport
from crossdock.store.compression import unpack
from crossdock.store.purge import Purged, Retention, purge
from crossdock.store.queries import find_orders
from crossdock.store.stories import order_story
from crossdock.store.tables import metadata

from .shop import NOON, Shop, a_box, a_read, an_order, done, played
from .test_store_stories import an_exchange

SECRETS = (
    b"Ada Lovelace",
    b"Byron",
    b"ada@example.org",
    b"ring twice",
    b"for Charles",
    b"1Z999",
    b"red ribbon",
    b"Dear Mary",
    b"of-ada",
)


async def everything(shop: Shop) -> bytes:
    """Every byte of every table, what was compressed opened again."""
    found = await shop.store.read(
        lambda conn: [
            value for table in metadata.sorted_tables for row in conn.execute(table.select()) for value in row
        ]
    )
    return b"\n".join(unpack(value) if isinstance(value, bytes) else str(value).encode() for value in found)


async def live(shop: Shop, key: str) -> None:
    """One order, all the way to the cart."""
    [promise] = await shop.release(an_order(key))
    shop.store.journal.note(an_exchange(promise.order_id, body=b"deliver to Ada Lovelace"))
    await shop.settle(*(done(promise) for promise in await shop.claim(Kind.ACKNOWLEDGE)))
    await shop.collect(a_box(f"box-{key}", f"N{key}"))
    await shop.settle(*(done(promise) for promise in await shop.confirm()))


@played
async def test_buyer_data_of_a_finished_order_goes_and_the_ledger_stays(shop: Shop) -> None:
    await live(shop, "1")
    await shop.download(a_read(an_order("2"), state=OrderState.SKIPPED, reason="shipped by Amazon"))
    before = await shop.promises()
    held = await everything(shop)
    assert [secret for secret in SECRETS if secret not in held] == []
    early = await purge(shop.store, Retention(), now=NOON + timedelta(days=29))
    assert early == Purged(orders=0, exchanges=0, runs=0)
    purged = await purge(shop.store, Retention(exchanges=timedelta(days=90)), now=NOON + timedelta(days=31))
    assert purged.orders == 2
    left = await everything(shop)
    assert [secret for secret in SECRETS if secret in left] == []
    assert await shop.promises() == before
    assert await shop.states() == {"1": "shipped", "2": "skipped"}
    [found] = await shop.store.read(find_orders, "N1")
    story = await shop.store.read(order_story, found.id)
    assert "scrubbed" in [happening.what for happening in story.time_line()]
    assert [line.sku for line in story.requests[0].lines] == ["SKU-1"]


@played
async def test_what_was_said_of_changes_goes_with_the_buyer_s_data(shop: Shop) -> None:
    await live(shop, "1")
    [found] = await shop.store.read(find_orders, "N1")
    problem = Problem(Code.CHANGED_AFTER_RELEASE, "N1", "changed", "ship_to.city: London -> York", order_id=found.id)
    await shop.store.report_problems("main", [problem], now=shop.now)
    await purge(shop.store, Retention(exchanges=timedelta(days=90)), now=NOON + timedelta(days=31))
    assert b"York" not in await everything(shop)
    assert await shop.open_problems() == [("changed_after_release", "N1")]


@played
async def test_scrubbed_order_that_comes_again_does_not_look_changed(shop: Shop) -> None:
    await live(shop, "1")
    await purge(shop.store, Retention(), now=NOON + timedelta(days=31))
    known = (await shop.store.known_orders("main", ["1"]))["1"]
    assert (known.digest, known.fingerprint) == (a_read(an_order("1")).digest, "mark-1")
    assert await shop.collect(a_box("box-1", "N1")) == 0
    assert await shop.store.records_to_reread("main", "order", 10) == []


@played
async def test_orders_that_are_not_done_keep_their_data(shop: Shop) -> None:
    await shop.release(an_order("1"))
    await shop.download(a_read(an_order("2"), state=OrderState.WAITING))
    assert (await purge(shop.store, Retention(), now=NOON + timedelta(days=400))).orders == 0
    [found] = await shop.store.read(find_orders, "N1")
    assert (await shop.store.read(order_story, found.id)).document == an_order("1")


@played
async def test_skipped_order_that_is_to_be_shipped_after_all_is_kept(shop: Shop) -> None:
    await shop.download(a_read(an_order("1"), state=OrderState.SKIPPED))
    await shop.download(a_read(an_order("1"), version=2))
    assert (await purge(shop.store, Retention(), now=NOON + timedelta(days=400))).orders == 0


@played
async def test_old_exchanges_and_runs_go_in_batches(shop: Shop) -> None:
    for number in range(450):
        shop.store.journal.note(an_exchange(None, f"/{number}", minutes=number))
    lease = await shop.lease("download")
    await shop.store.end_run(lease, RunReport({"orders": 1}), next_due=None, now=NOON)
    retention = Retention(exchanges=timedelta(minutes=40), runs=timedelta(minutes=10))
    purged = await purge(shop.store, retention, now=NOON + timedelta(minutes=450))
    assert purged == Purged(orders=0, exchanges=410, runs=1)
    assert (await shop.rows("SELECT min(url), count(*) FROM exchange")) == [("/410", 40)]
    purged = await purge(shop.store, Retention(most_exchanges=15), now=NOON)
    assert purged.exchanges == 25
    assert (await shop.rows("SELECT min(url), count(*) FROM exchange")) == [("/435", 15)]
