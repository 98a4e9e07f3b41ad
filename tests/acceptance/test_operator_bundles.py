"""Bundles, as stories: the warehouse picks parts, the cart is told of whole ones, and what is left over is kept."""

from datetime import timedelta
from typing import Any

from world import Line, World, sale
from world.reading import data, order_line, problems, read, refusal
from world.sales import line_id

from crossdock_channeladvisor.sandbox import KITS

TABLE = "bundle,component,quantity\nSET,SKU-0001,2\nSET,SKU-0002,1\n0012,SKU-0003,4\n"
KIT = {part.sku: part.quantity for part in KITS["KIT-003"]}


def has_table(world: World, text: str = TABLE) -> None:
    """The operator has a table of bundles beside the config, saved by a spreadsheet."""
    (world.folder / "bundles.csv").write_text(text, encoding="utf-8-sig")
    world.pipeline["bundles"] = "bundles.csv"


def asked(world: World, number: str = "A-1") -> dict[str, int]:
    """Pieces of each item that the warehouse is to pick."""
    return {line["item"]: line["requested"] for line in world.warehouse.orders()[number]["lines"]}


def box(world: World, number: str = "A-1", **pieces: int) -> None:
    """So many pieces of these items are picked and leave in one box: `SKU_0001=2`."""
    picks = [
        {"act": "pick", "order": number, "item": item.replace("_", "-"), "quantity": quantity}
        for item, quantity in pieces.items()
    ]
    if world.warehouse.orders()[number]["status"] == "Available":
        world.warehouse.acts({"act": "batch", "orders": [number]})
    world.warehouse.acts(*picks, {"act": "pack", "order": number})
    world.run()


def test_parts_that_the_cart_names_are_picked_and_whole_bundles_told_and_the_rest_kept_for_the_next_box(
    world: World,
) -> None:
    order = world.cart.sells("A-1", Line("KIT-003", 3))
    line = line_id(order, 1)
    world.run()
    assert (
        asked(world)
        == {sku: 3 * pieces for sku, pieces in KIT.items()}
        == {
            "SKU-0021": 3,
            "SKU-0026": 6,
            "SKU-0030": 3,
        }
    )

    box(world, SKU_0021=2, SKU_0026=3, SKU_0030=3)
    assert world.cart.shipped(order) == {line: 1}, "one whole bundle; of the second one a piece is missing"
    assert order_line(world, "A-1") == "part shipped"
    box(world, SKU_0026=1)
    assert world.cart.shipped(order) == {line: 2}, "with what was kept of the first box"
    box(world, SKU_0021=1)
    assert len(world.cart.ships(order)) == 2, "a box that makes nothing whole is not told"
    box(world, SKU_0026=2)

    assert [ship["items"] for ship in world.cart.ships(order)] == [{line: 1}] * 3
    assert order_line(world, "A-1") == "shipped"
    story = read(world, "orders", "show", "A-1")
    assert "2 of SKU-0021, 3 of SKU-0026, 3 of SKU-0030; 1Z" in story
    assert story.count("to cart 1 of KIT-003") == 3


def test_own_table_takes_apart_what_the_cart_does_not_and_a_sku_is_text(world: World) -> None:
    has_table(world, TABLE + "KIT-003,SKU-0099,1\n")
    world.warehouse.ask("/_items", ["12"])
    order = world.cart.sells("A-1", Line("SET", 3), Line("0012"), Line("12"), Line("KIT-003"))
    first, second, third, kit = (line_id(order, place) for place in (1, 2, 3, 4))
    world.run()
    parts = {"SKU-0001": 6, "SKU-0002": 3, "SKU-0003": 4, "12": 1}
    assert asked(world) == parts | KIT, "of the kit, the cart's own word counts"
    assert {(one["bundle"], one["component"], one["quantity"]) for one in data(world, "bundles", "list", "SET")} == {
        ("SET", "SKU-0001", 2),
        ("SET", "SKU-0002", 1),
    }
    story = read(world, "orders", "show", "A-1")
    assert f"{first} SET 3 A fine SET SKU-0001 2 each" in story

    box(world, SKU_0001=5, SKU_0002=3, SKU_0003=3)
    assert world.cart.shipped(order) == {first: 2, second: 0, third: 0, kit: 0}
    world.warehouse.works()
    world.run()
    assert world.cart.shipped(order) == {first: 3, second: 1, third: 1, kit: 1}
    assert problems(world) == []


HEAD = "bundle,component,quantity\n"
MISTAKES = {
    f"{HEAD}BOX,SET,2\nSET,SKU-0002,1\n": (
        "line 2",
        "component SET of bundle BOX is a bundle itself",
        "nested bundles could not be put together again",
    ),
    f"{HEAD}SET,SET,2\n": ("line 2", "bundle SET is a part of itself"),
    f"{HEAD}SET,A,1\nSET,A,2\n": ("line 3", "has component A in line 2 already", "Write one row with the sum"),
    f"{HEAD}SET,A,1.5\n": ("line 2", "its quantity is '1.5'", "a whole number from 1"),
    "bundle;component;quantity\nSET;A;1\n": ("line 1", "bundle,component,quantity", "with commas between"),
    "": ("line 1", "its columns are missing"),
}
"""Tables that people write, and what they are told."""


def test_table_with_a_mistake_is_refused_by_check_with_line_and_reason(world: World) -> None:
    for text, sentences in MISTAKES.items():
        has_table(world, text)
        told = refusal(world)
        assert [one for one in ("bundles.csv", *sentences) if one not in told] == [], text


def test_bundle_of_the_cart_that_holds_one_of_the_table_is_held_until_one_of_them_is_corrected(world: World) -> None:
    has_table(world, "bundle,component,quantity\nSKU-0026,SKU-0001,2\n")
    order = world.cart.sells("A-1", Line("KIT-003"))
    world.run()
    assert world.warehouse.orders() == {}
    assert world.cart.exports(order) == 0
    [problem] = problems(world)
    assert f"line {line_id(order, 1)} (KIT-003) is a bundle that holds the bundle SKU-0026" in problem.text

    has_table(world)
    read(world, "problems", "retry", problem.number)
    world.run()
    assert asked(world) == KIT
    assert problems(world) == []


def test_part_that_is_cancelled_before_the_release_is_never_picked(world: World) -> None:
    has_table(world)
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SET", 3))
    world.run()
    world.cart.cancels(order, line_id(order, 1), 1)
    world.pipeline["services"]["release"] = "1m"
    read(world, "orders", "fetch", "A-1")
    world.run()
    assert asked(world) == {"SKU-0001": 4, "SKU-0002": 2}


def test_part_that_is_cancelled_after_the_release_is_a_difference_in_whole_bundles(world: World) -> None:
    has_table(world)
    order = world.cart.sells("A-1", Line("SET", 3))
    world.run()
    newer = sale("A-1", Line("SET", 2), order_id=order)
    world.cart.changes(order, Items=newer["Items"], Fulfillments=newer["Fulfillments"])
    read(world, "orders", "fetch", "A-1")
    [problem] = problems(world)
    assert "line 1 (SET): 3 -> 2" in problem.text
    read(world, "orders", "replace", "A-1", "--yes")
    assert asked(world) == {"SKU-0001": 4, "SKU-0002": 2}
    assert problems(world) == []


def test_part_that_is_cancelled_while_people_work_is_not_told_and_what_was_picked_too_much_is_said(
    world: World,
) -> None:
    has_table(world)
    order = world.cart.sells("A-1", Line("SET", 3))
    line = line_id(order, 1)
    world.run()
    box(world, SKU_0001=2, SKU_0002=1)
    read(world, *f"orders cancel A-1 --line {line} --quantity 1 --reason not_available --anyway".split())
    box(world, SKU_0001=4, SKU_0002=2)
    waits = "waits box W3/A-1-2: 1 of SET may be cancelled: the marketplace has not answered yet"
    assert waits in read(world, "orders", "show", "A-1")
    assert world.cart.shipped(order) == {line: 1}

    for minutes in (20, 40):
        world.run(later=timedelta(minutes=minutes))
    assert world.cart.shipped(order) == {line: 2}
    assert world.cart.order(order)["lines"][line]["cancelled"] == 1
    assert order_line(world, "A-1") == "shipped"
    [problem] = problems(world)
    assert "1 of SET were picked after they had been cancelled at the cart" in problem.text


def test_bundle_that_lacks_a_piece_is_cancelled_as_a_whole(world: World) -> None:
    has_table(world)
    world.pipeline["short_picks"] = "cancel"
    order = world.cart.sells("A-1", Line("SET", 3))
    line = line_id(order, 1)
    world.run()
    world.warehouse.acts({"act": "batch", "orders": ["A-1"]})
    picked: list[dict[str, Any]] = [
        {"act": "pick", "order": "A-1", "item": item, "quantity": quantity}
        for item, quantity in (("SKU-0001", 5), ("SKU-0002", 3))
    ]
    world.warehouse.acts(*picked, {"act": "complete", "order": "A-1", "short": True}, {"act": "pack", "order": "A-1"})
    world.run()
    world.run()

    assert world.cart.shipped(order) == {line: 2}
    assert [(str(one["line"]), one["units"]) for one in world.cart.order(order)["adjustments"]] == [(line, 1)]
    assert problems(world) == []
