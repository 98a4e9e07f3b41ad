"""The story of one product's stock: all that is known of it, by any of its names, found by indexes alone."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, event, insert

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.edits import Edit
from crossdock.engine.positions import LevelReading, Side
from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.store.audit import Deed, note_deed
from crossdock.store.goods import promise_by_hand
from crossdock.store.intake import keep_edits
from crossdock.store.level_reads import note_levels
from crossdock.store.moments import micros
from crossdock.store.orders_naming import orders_naming
from crossdock.store.reconciliations import save_report
from crossdock.store.stock_story import StockStory, Wanted, done_by, stock_story
from crossdock.store.tables import told_level

from .shop import NOON, Shop, a_read, an_order, play, played
from .test_store_movements import a_movement, a_plan, plan, take, waiting
from .test_store_plans import _plan
from .test_store_products import read, save

LATER = NOON + timedelta(hours=1)
WALKS = re.compile(r"SCAN (movement|promise|level_read|discrepancy|told_level|product|product_code|reconciliation)\b")


def a_level(key: str, sku: str, quantity: int) -> StockChange:
    center = CenterQuantity(distribution_center="0", quantity=quantity)
    return StockChange(key=key, item=StockItem(sku=sku), meaning=StockMeaning.SELLABLE, centers=(center,))


async def by_hand(shop: Shop, *changes: StockChange, deed: Deed, at: datetime = NOON) -> None:
    await shop.store.write(promise_by_hand, "main", "cart", changes, deed, now=at)


async def told(shop: Shop, sku: str, *, unit: str = "", pipeline: str = "main") -> None:
    """The cart was told a level."""
    numbers = {"quantity": 7, "on_hand": 12, "allocated": 3, "in_flight": 2}
    moments = {"counted_at": micros(NOON), "told_at": micros(LATER)}

    def write(conn: Connection) -> None:
        of = {"pipeline": pipeline, "sku": sku, "center": "0", "stock_unit": unit or sku, "promise_key": "level/1"}
        conn.execute(insert(told_level).values(of | numbers | moments))

    await shop.lease("levels")
    await shop.store.write(write)


async def differed(shop: Shop, sku: str) -> int:
    one = Discrepancy(sku, "0", sku, Cause.MANUAL_CHANGE, "somebody changed it", difference=2, expected=7, at_cart=5)
    report = Report("main", NOON, LATER, "bob", 1, 0, (one,))
    return await shop.store.write(save_report, None, report, None, "", NOON)


async def story(shop: Shop, sku: str, **asked: Any) -> StockStory:
    return await shop.store.read(stock_story, sku, Wanted(**asked))


@played
async def test_everything_of_a_product_is_told_and_nothing_of_another(shop: Shop) -> None:
    await take(shop, a_movement("1", 2), a_movement("2", 3), a_movement("3", sku="B"))
    mine, other = [one for one in await waiting(shop) if one.sku == "A"], (await waiting(shop))[-1:]
    await plan(shop, a_plan(*mine))
    await plan(shop, a_plan(*other, key="k2"))
    await told(shop, "A")
    for name in ("A", "B"):
        reading = [LevelReading(name, "0", 12, NOON)]
        await shop.store.write(note_levels, "main", Side.WAREHOUSE, reading, "levels", now=LATER)
    await differed(shop, "A")
    await differed(shop, "B")

    found = await story(shop, "A")
    assert [one.external_id for one in found.movements] == ["2", "1"]
    assert [one.change.key for one in found.changes] == ["k1"]
    assert found.netted == {"k1": 2}
    assert [(one.quantity, one.on_hand, one.told_at) for one in found.levels] == [(7, 12, LATER)]
    assert ("warehouse", "0", 12, NOON) in [
        (one.side, one.place, one.quantity, one.counted_at) for one in found.readings
    ]
    assert {one.sku for one in found.readings} == {"A"}
    assert [(one.expected, one.at_cart, one.because) for one in found.differences] == [(7, 5, "somebody changed it")]
    assert (found.names, found.deeds, found.is_empty) == ([], [], False)


@played
async def test_of_an_unknown_product_nothing_is_told(shop: Shop) -> None:
    await take(shop, a_movement("1"))
    assert await story(shop, "GHOST") == StockStory("GHOST", [], [], [], [], [], [], [], {})


@played
async def test_it_is_found_however_its_letters_are_written(shop: Shop) -> None:
    await take(shop, a_movement("1", sku="Mug-Red"))
    assert (await story(shop, "mug-RED")).names == ["Mug-Red"], "by its movements, where nothing else is known"
    await plan(shop, a_plan(*await waiting(shop)))
    await by_hand(shop, a_level("x", "MUG-red", 4), deed=Deed("ann", "change stock", "MUG-red", "main"))
    found = await story(shop, "mug-red")
    assert sorted(one.change.item.sku for one in found.changes) == ["MUG-red", "Mug-Red"]


@played
async def test_the_names_that_a_catalogue_gives_a_product_lead_to_one_story(shop: Shop) -> None:
    await save(shop, read("1", sku="A", codes={"UPC": "0012", "EAN": "77"}), read("2", sku="B", codes={"UPC": "13"}))
    await take(shop, a_movement("1"), a_movement("2", sku="B"))
    await by_hand(shop, a_level("x", "0012", 4), deed=Deed("ann", "change stock", "0012", "main"))
    for name in ("A", "a", "0012"):
        found = await story(shop, name, codes={"main": "UPC"})
        assert ([one.sku for one in found.movements], [one.change.key for one in found.changes]) == (["A"], ["x"])
    assert (await story(shop, "77", codes={"main": "UPC"})).is_empty, "the cart does not know products by that code"


@played
async def test_who_promised_a_change_is_known_of_single_ones_files_and_corrections(shop: Shop) -> None:
    moments = [NOON + timedelta(minutes=minute) for minute in range(4)]
    deeds = [
        Deed("ann", "change stock", "A", "main"),
        Deed("bob", "import stock", "count-1", "main"),
        Deed("eve", "correct stock", "7 SKUs", "main", before="report 3"),
    ]
    for place, (deed, at) in enumerate(zip(deeds, moments, strict=False)):
        await by_hand(shop, a_level(f"k{place}", "A", place), a_level(f"b{place}", "B", place), deed=deed, at=at)
    await shop.store.write(lambda conn: note_deed(conn, Deed("kim", "retry problem", "k1", "main"), micros(moments[3])))
    found = await story(shop, "A")
    assert {key: deed.by for key, deed in done_by(found).items()} == {"k0": "ann", "k1": "bob", "k2": "eve"}
    assert [deed.by for deed in found.deeds] == ["kim", "eve", "bob", "ann"]


@played
async def test_only_what_is_wanted_is_told(shop: Shop) -> None:
    await take(shop, *(a_movement(str(number)) for number in range(1, 6)))
    for pipeline in ("main", "other"):
        await told(shop, "A", pipeline=pipeline)
        reading = [LevelReading("A", "0", 12, None)]
        await shop.store.write(note_levels, pipeline, Side.CART, reading, "levels", now=LATER)
    assert len((await story(shop, "A", limit=2)).movements) == 2
    assert {one.pipeline for one in (await story(shop, "A")).readings} == {"main", "other"}
    late = await story(shop, "A", since=LATER, pipelines=["main"])
    assert (late.movements, len(late.readings), len(late.levels)) == ([], 1, 1)
    assert (await story(shop, "A", pipelines=["gone"])).is_empty


@played
async def test_orders_that_name_a_sku_are_found_in_their_lines_requests_and_corrections(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")), a_read(an_order("2")))
    other = an_order("3").lines[0].model_copy(update={"sku": "SKU-1-RED"})
    await shop.download(a_read(an_order("3").model_copy(update={"lines": (other,)})))

    async def found(*skus: str) -> list[int]:
        return [one.id for one in await shop.store.read(orders_naming, "main", skus, LATER)]

    assert await found("SKU-1") == [1, 2]
    assert await found("SKU-1-RED", 'none of "these"', "50% _") == [3]
    assert await found("SKU") == []
    await shop.plan()
    assert await found("SKU-1") == [1, 2]
    assert await shop.store.read(orders_naming, "other", ["SKU-1"], LATER) == []
    (first,) = await shop.store.read(orders_naming, "main", ["SKU-1"], LATER, 1)
    assert (first.id, first.parts[0].request.lines[0].sku) == (1, "SKU-1")


@played
async def test_an_order_in_which_a_person_corrected_the_sku_is_found_by_the_new_one(shop: Shop) -> None:
    await shop.download(a_read(an_order("1")))
    edit = Edit(path="lines.10.sku", value="SKU-2", said="SKU-1", by="ann", at=NOON)
    await shop.store.write(keep_edits, "main", "1", (edit,))
    (found,) = await shop.store.read(orders_naming, "main", ["SKU-2"], LATER)
    assert found.order is not None
    assert found.order.lines[0].sku == "SKU-2"


def test_no_statement_walks_through_the_history_of_stock(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        statements[statement] = parameters

    async def tell(shop: Shop) -> None:
        await told(shop, "A")
        await take(shop, a_movement("1"))
        await plan(shop, a_plan(*await waiting(shop)))
        event.listen(Engine, "before_cursor_execute", remember)
        try:
            await story(shop, "A", codes={"main": "UPC"})
            await story(shop, "A", since=NOON, limit=5, pipelines=["main"])
        finally:
            event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks = []
        for statement, parameters in statements.items():
            if statement.startswith("SELECT"):
                explained = await shop.store.read(_plan, statement, parameters)
                walks += [(statement, step) for step in explained if WALKS.search(step)]
        assert walks == []

    play(sqlite_url, tell)
    assert len(statements) > 12
    play(sqlite_url, explain)
