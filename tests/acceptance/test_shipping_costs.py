"""What labels cost: the list says what the shipping system took, as stories."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from world import Line, World
from world.label_ends import ADDRESS, SELLERS, buys, seller_of
from world.label_money import REFUNDS, spent_at
from world.reading import data


def sheet(shop: World, *command: str) -> list[dict[str, str]]:
    """The rows of a list as a spreadsheet gets them."""
    told = shop.says(*command, "--csv", "--limit", "5000")
    assert told.code == 0, told.err
    return list(csv.DictReader(io.StringIO(told.out)))


def total(rows: list[dict[str, str]]) -> Decimal:
    """What they cost together."""
    assert {row["currency"] for row in rows} == {"USD"}
    return sum((Decimal(row["cost"]) for row in rows), Decimal())


@pytest.mark.parametrize("kind", SELLERS)
def test_the_lists_sum_to_what_the_provider_took(world: World, kind: str) -> None:
    with seller_of(world, kind, **REFUNDS.get(kind, {})) as seller:
        buys(world)
        for number in ("A-1", "A-2", "A-3"):
            world.cart.sells(number, Line("SKU-0001", 2), **ADDRESS)
        world.run()
        world.warehouse.works(without_tracking=1.0, split_boxes=1.0)
        world.run()
        spoiled = data(world, "labels", "list")[0]
        assert world.says("labels", "void", spoiled["key"], "--why", "torn", "--again").code == 0

        labels = sheet(world, "labels", "list")
        paid = [row for row in labels if row["state"] != "voided"]
        boxes = {f"{box['number']}" for order in world.warehouse.orders().values() for box in order["boxes"]}
        assert [row["key"] for row in labels if row not in paid] == [spoiled["key"]]
        assert len(paid) == len({row["box"] for row in paid}) == len(boxes)
        assert total(paid) == spent_at(seller)

        seller.prints("ELSEWHERE")
        world.run(later=timedelta(minutes=5))
        assert total(sheet(world, "labels", "list")) == total(labels)
        parcels = sheet(world, "parcels", "list")
        assert total([row for row in parcels if not row["voided_at"]]) == spent_at(seller), "labels by hand as well"
