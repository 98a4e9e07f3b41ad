"""A large catalogue and a long history of stock cost nothing: no daily statement walks through a table."""

import re
from typing import Any

from sqlalchemy import Engine, event

from crossdock.engine.ledger import PromiseState, Settlement
from crossdock.engine.problems import Code, Problem
from crossdock.store.goods import list_stock

from . import test_store_products as products
from . import test_store_stock as stock
from . import test_store_withheld as withheld
from .shop import Shop, done, play, refused
from .test_store_plans import _plan

LARGE = "record|promise|product|other|problem|earlier"
WALKS = re.compile(
    rf"SCAN ({LARGE})\b|promise USING .*\(connection=\? AND kind=\?\)"
    r"|(record|product) USING (?!INDEX product_withheld).*\(pipeline=\?\)"
)


async def _a_day(shop: Shop) -> None:
    problem = Problem(Code.UNREADABLE_PRODUCT, "3", "unreadable")
    await products.save(shop, products.read("1"), products.read("2"), problems=[problem], checkpoint="2")
    await shop.store.known_products("main", ["1", "2"])
    await shop.store.records_to_reread("main", "product", 10)
    await shop.store.products_waiting("main", now=shop.now)
    await products.publish(shop)
    await products.save(shop, products.read("1", title="new"))
    await products.claim(shop, doubtful=True)
    await products.publish(shop)
    await products.save(shop, products.read("8", sku="SKU-1"))
    assert await withheld.put(shop)
    await withheld.reconsider(shop)
    await withheld.lose(shop, "8")
    await withheld.left(shop, "1")
    await withheld.listed(shop, "8")
    await stock.promise(shop, *(stock.a_change(str(key), f"SKU-{key}") for key in range(3)))
    await shop.store.stock_waiting("main", now=shop.now)
    first, second, third = await stock.claim(shop)
    problem = Problem(Code.STOCK_REFUSED, first.key, "refused")
    await shop.settle(refused(first), Settlement(second, PromiseState.DUE), done(third), problems=[problem])
    await shop.store.read(list_stock, sku="SKU-1")


def test_no_statement_walks_through_the_catalogue_or_the_history_of_stock(sqlite_url: str) -> None:
    statements: dict[str, Any] = {}

    def remember(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        one_of_many = many and parameters and isinstance(parameters[0], tuple)
        statements[statement] = parameters[0] if one_of_many else parameters

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        play(sqlite_url, _a_day)
    finally:
        event.remove(Engine, "before_cursor_execute", remember)

    async def explain(shop: Shop) -> None:
        walks = []
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                explained = await shop.store.read(_plan, statement, parameters)
                walks += [(statement, step) for step in explained if WALKS.search(step)]
        assert walks == []

    assert len(statements) > 15
    play(sqlite_url, explain)
