"""Goods that come in, as stories: expected from a file, put away by people, told to the cart once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import World
from world.reading import problems, read
from world.sales import EAST

WorldMaker = Callable[..., World]
ARRIVING = """\
purchase_order,sku,quantity,supplier,area,expected_at
PO-1,SKU-0001,10,Kettle Works,EAST,2026-03-01
PO-1,SKU-0002,5,,,
PO-1,SKU-0003,4,,,
PO-2,SKU-0001,7,,EAST,
"""


@pytest.fixture
def new_shop(new_world: WorldMaker) -> WorldMaker:
    """Worlds whose cart hears of stock, and whose operator tells the warehouse what comes."""

    def opened(**warehouse: Any) -> World:
        world = new_world(warehouse={"areas": ["EAST", "WEST"], "stock": {}, **warehouse})
        world.settings["pipelines"]["main"] = {
            "inventory_source": "warehouse",
            "inventory_sink": "cart",
            "distribution_centers": {"1": {"area": "EAST"}, "2": {"area": "WEST"}},
        }
        return world

    return opened


def expects(shop: World, rows: str) -> str:
    """The operator imports a file with purchase orders, and the next run tells the warehouse."""
    file: Path = shop.folder / "arriving.csv"
    file.write_text(rows)
    said = read(shop, "receipts", "expect", str(file))
    shop.run()
    return said


def lines(shop: World, number: str) -> dict[str, tuple[int, int]]:
    """What the warehouse expects of each item, and what it received."""
    told = shop.warehouse.truth()["purchase_orders"][number]["lines"]
    return {line["item"]: (line["expected"], line["received"]) for line in told}


def test_people_receive_more_and_less_and_what_nobody_expected(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    assert "2 noted" in expects(shop, ARRIVING)
    assert lines(shop, "PO-1") == {"SKU-0001": (10, 0), "SKU-0002": (5, 0), "SKU-0003": (4, 0)}

    shop.warehouse.receives("PO-1", "SKU-0001", 8, area="EAST")
    shop.warehouse.receives("PO-1", "SKU-0001", 4, area="EAST")
    shop.warehouse.receives("PO-1", "SKU-0002", 3, area="WEST")
    shop.warehouse.receives("PO-1", "SKU-0009", 2, area="EAST")
    shop.run()

    told = read(shop, "receipts", "show", "PO-1")
    assert "SKU-0001 12 of 10" in told
    assert "SKU-0002 3 of 5" in told
    assert "SKU-0003 0 of 4" in told
    assert "SKU-0009 2 of 0 (added by the warehouse)" in told
    assert "3 SKU-0002 WEST WEST-01-01" in told
    assert "PO-2" in read(shop, "receipts", "list", "--open")

    assert shop.cart.updates("SKU-0001") == [(EAST, "Relative", 12)]
    assert shop.cart.updates("SKU-0009") == [(EAST, "Relative", 2)]
    shop.run()
    assert len(shop.cart.updates("SKU-0001")) == 1
    assert problems(shop) == []


def test_newer_file_changes_what_is_expected_and_takes_no_line_away(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    expects(shop, ARRIVING)
    shop.warehouse.receives("PO-1", "SKU-0009", 2, area="EAST")
    assert "nothing changes" in expects(shop, ARRIVING)

    assert "1 noted" in expects(shop, "purchase_order,sku,quantity\nPO-1,SKU-0001,6\nPO-1,SKU-0003,0\n")

    expected = {"SKU-0001": (6, 0), "SKU-0002": (5, 0), "SKU-0003": (0, 0), "SKU-0009": (0, 2)}
    assert lines(shop, "PO-1") == expected
    assert problems(shop) == []


def test_goods_that_the_warehouse_refuses_are_a_problem_until_the_file_is_right(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    expects(shop, "purchase_order,sku,quantity\nPO-1,TYPO-0001,6\nPO-2,SKU-0001,1\n")
    [problem] = problems(shop)
    assert "The warehouse does not expect purchase order PO-1: " in problem.text
    assert "Item TYPO-0001 does not exist" in problem.text
    assert lines(shop, "PO-2") == {"SKU-0001": (1, 0)}, "the others go on"

    shop.warehouse.ask("/_items", ["TYPO-0001"])
    assert shop.says("problems", "retry", problem.number).code == 0
    shop.run()
    assert lines(shop, "PO-1") == {"TYPO-0001": (6, 0)}
    assert problems(shop) == []


def test_lost_answer_to_a_purchase_order_is_settled_by_reading_it(new_shop: WorldMaker) -> None:
    shop = new_shop()
    shop.run()
    shop.warehouse.faults(lost_reply=1.0, only_paths="AddOrUpdatePO", max_faults=1)
    expects(shop, ARRIVING)

    assert shop.warehouse.injected() == {"lost_reply": 1}
    assert lines(shop, "PO-1")["SKU-0001"] == (10, 0)
    assert problems(shop) == []


def test_putaways_are_the_only_word_of_stock_where_the_tenant_tells_no_other(new_shop: WorldMaker) -> None:
    shop = new_shop(putaway_tells_put=False)
    shop.connections["warehouse"]["putaways_move_stock"] = True
    shop.run()
    expects(shop, ARRIVING)
    shop.warehouse.receives("PO-2", "SKU-0001", 7, area="EAST")
    shop.run()
    shop.run()

    assert shop.cart.updates("SKU-0001") == [(EAST, "Relative", 7)]
