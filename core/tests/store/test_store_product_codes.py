"""Codes of products: read by type without a look at the documents, for a whole catalogue or for a few SKUs."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, text

from crossdock.domain import ProductKind
from crossdock.store.database import database_url as parsed
from crossdock.store.database import make_engine
from crossdock.store.migrate import MIGRATIONS, bring_up_to_date

from .shop import Shop, play, played
from .test_store_plans import _plan
from .test_store_products import read, save, unreadable


async def codes(shop: Shop, type: str = "UPC", skus: Sequence[str] | None = None) -> list[tuple[str, str]]:
    return sorted(await shop.store.product_codes("main", "pim", type, skus))


@played
async def test_every_product_with_a_code_of_the_type_is_told(shop: Shop) -> None:
    first = read("1", codes={"UPC": "0012", "EAN": "9"})
    await save(shop, first, read("2", codes={"UPC": ""}), read("3"), read("4", codes={"UPC": "12"}), unreadable("5"))
    assert await codes(shop) == [("SKU-1", "0012"), ("SKU-4", "12")]
    assert await codes(shop, "EAN") == [("SKU-1", "9")]
    assert await codes(shop, "upc") == []


@played
async def test_a_product_that_changes_keeps_no_old_code(shop: Shop) -> None:
    await save(shop, read("1", codes={"UPC": "1", "EAN": "9"}), read("2", codes={"UPC": "2"}))
    await save(shop, read("1", sku="NEW", codes={"UPC": "3"}))
    assert await codes(shop) == [("NEW", "3"), ("SKU-2", "2")]
    assert await codes(shop, "EAN") == []


@played
async def test_a_few_skus_come_with_all_that_share_a_code_with_them(shop: Shop) -> None:
    shared = [read(key, codes={"UPC": upc}) for key, upc in (("1", "a"), ("2", "b"), ("3", "a"), ("4", "c"))]
    await save(shop, *shared)
    assert await codes(shop, skus=["SKU-1", "SKU-4", "SKU-9"]) == [("SKU-1", "a"), ("SKU-3", "a"), ("SKU-4", "c")]
    assert await codes(shop, skus=[]) == []


@played
async def test_parents_other_catalogues_and_what_is_gone_have_no_say(shop: Shop) -> None:
    await save(shop, read("1", codes={"UPC": "1"}), read("2", kind=ProductKind.PARENT, codes={"UPC": "1"}))
    await save(shop, read("3", codes={"UPC": "1"}))
    await shop.store.write(lambda conn: conn.execute(text("UPDATE product SET gone_at = 1 WHERE external_id = '3'")))
    assert await codes(shop) == [("SKU-1", "1")]
    assert await shop.store.product_codes("main", "another", "UPC") == []
    assert await shop.store.product_codes("other", "pim", "UPC") == []


@played
async def test_a_large_page_is_kept_and_read_in_parts(shop: Shop) -> None:
    await save(shop, *(read(str(number), codes={"UPC": f"{number:05}"}) for number in range(1200)))
    assert len(await codes(shop)) == 1200
    assert len(await codes(shop, skus=[f"SKU-{number}" for number in range(1100)])) == 1100


def test_the_codes_of_products_that_are_there_already_are_taken_along(empty_url: str, tmp_path: Path) -> None:
    older = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, older, ignore=shutil.ignore_patterns("__pycache__", "r0005*", "r0006*"))
    engine = make_engine(parsed(empty_url))
    document = b'{"external_id": "1", "sku": "A", "codes": {"UPC": "0012", "EAN": ""}}'
    record = text("INSERT INTO record VALUES ('main', :kind, :id, 1, :seen, :data, :document)")
    bring_up_to_date(engine, where="it", migrations=older)
    with engine.begin() as conn:
        for kind, id, its in (("product", "1", document), ("product", "2", b""), ("order", "1", document)):
            conn.execute(record, {"kind": kind, "id": id, "seen": b"x", "data": b"x", "document": its})
    try:
        bring_up_to_date(engine, where="it")
        with engine.connect() as conn:
            rows = conn.execute(text("SELECT pipeline, external_id, type, code FROM product_code")).all()
        assert rows == [("main", "1", "UPC", "0012")]
    finally:
        engine.dispose()


def test_no_statement_walks_through_the_catalogue_for_a_few_codes(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    async def day(shop: Shop) -> None:
        await save(shop, read("1", codes={"UPC": "1"}))
        await codes(shop, skus=["SKU-1"])

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if "product_code" in statement:
            statements[statement] = parameters[0] if many else parameters

    async def explain(shop: Shop) -> None:
        steps = [step for one, values in statements.items() for step in await shop.store.read(_plan, one, values)]
        assert steps
        walks = [step for step in steps if "SCAN product" in step or step.endswith("(pipeline=?)")]
        assert walks == []
        assert not [step for step in steps if step.endswith("(pipeline=? AND type=?)")]

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, day)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    assert len(statements) == 4
    play(sqlite_url, explain)
