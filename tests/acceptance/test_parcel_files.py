"""Tracking numbers out of files that a shipping system writes, as stories."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from world import Line, World

WorldMaker = Callable[..., World]
COLUMNS = {"reference": "Order", "tracking_number": "Tracking", "box": "Box", "carrier": "Carrier", "voided": "Void"}
HEADER = "Order,Box,Carrier,Tracking,Void\n"


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """The folder of the shipping system."""
    (tmp_path / "out" / "done").mkdir(parents=True)
    return tmp_path / "out"


@pytest.fixture
def shop(new_world: WorldMaker, outbox: Path) -> World:
    """A world whose boxes get their numbers from files."""
    world = new_world()
    world.connections["parcels"] = {
        "connector": "parcel_files",
        "files": {"protocol": "folder", "folder": str(outbox), "done": "done"},
        "columns": COLUMNS,
        "settle": 0,
    }
    world.pipeline["shipping_provider"] = "parcels"
    world.pipeline["services"]["parcels"] = "1m"
    outbound = world.pipeline["ship_methods"]["outbound"]
    outbound.insert(0, {"carrier": "FedEx", "to": {"carrier": "FEDEX", "service": "2Day"}})
    return world


def packed(shop: World) -> tuple[int, list[str]]:
    """An order whose boxes the warehouse packed without numbers."""
    order = shop.cart.sells("A-1", Line("SKU-0001", 9))
    shop.run()
    shop.warehouse.works(without_tracking=1.0, split_boxes=1.0)
    shop.run()
    return order, [box["number"] for box in shop.warehouse.orders()["A-1"]["boxes"]]


def test_boxes_get_the_numbers_of_a_file_which_is_put_away(shop: World, outbox: Path) -> None:
    order, (first, second, *more) = packed(shop)
    assert shop.cart.ships(order) == []
    lines = [f"A-1,{first},UPS,1Z-1,N", f"A-1,{second},FedEx,7489,N", *(f"A-1,{box},UPS,1Z-{box},N" for box in more)]
    (outbox / "day.csv").write_text(HEADER + "\n".join(lines) + "\n")

    shop.run()

    told = {ship["tracking"]: ship["carrier"] for ship in shop.cart.ships(order)}
    assert told == {"1Z-1": "UPS", "7489": "FEDEX", **{f"1Z-{box}": "UPS" for box in more}}
    assert sum(shop.cart.shipped(order).values()) == 9
    assert list(outbox.glob("*.csv")) == []
    assert len(list(outbox.glob("done/*-day.csv"))) == 1


def test_a_label_that_was_taken_back_in_the_same_file_is_not_told(shop: World, outbox: Path) -> None:
    order, boxes = packed(shop)
    lines = [f"A-1,{boxes[0]},UPS,1Z-OLD,N", f"A-1,{boxes[0]},UPS,1Z-NEW,N", f"A-1,{boxes[0]},UPS,1Z-OLD,Y"]
    (outbox / "day.csv").write_text(HEADER + "\n".join(lines) + "\n")

    shop.run()

    assert {ship["tracking"] for ship in shop.cart.ships(order)} == {"1Z-NEW"}


def test_a_bad_line_is_a_problem_that_names_it_and_ends_when_its_label_is_told_well(shop: World, outbox: Path) -> None:
    order, boxes = packed(shop)
    lines = [f"A-1,{box},UPS,1Z-{box},{'N' if place else 'perhaps'}" for place, box in enumerate(boxes)]
    (outbox / "day.csv").write_text(HEADER + "\n".join(lines) + "\n")
    shop.run()
    assert {ship["tracking"] for ship in shop.cart.ships(order)} == {f"1Z-{box}" for box in boxes[1:]}
    assert "day.csv, line 2: 'perhaps' stands neither in voided_words" in shop.says("problems", "list").out

    (outbox / "again.csv").write_text(f"{HEADER}A-1,{boxes[0]},UPS,1Z-{boxes[0]},N\n")
    shop.run(later=timedelta(minutes=6))
    assert {ship["tracking"] for ship in shop.cart.ships(order)} == {f"1Z-{box}" for box in boxes}
    assert shop.books.problems() == {}
