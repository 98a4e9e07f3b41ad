"""What the cart changes after the release, as stories: shown as a difference, decided by a person or by the config."""

from typing import Any

from world import Line, World, sale
from world.reading import data, order_line, problems, read
from world.sales import line_id

LINES = (Line("SKU-0001", 2), Line("SKU-0002"))
CHANGES: dict[str, tuple[dict[str, Any], tuple[Line, ...]]] = {
    "ADDRESS": ({"ShippingCity": "York", "ShippingAddressLine1": "1 Secret Lane"}, LINES),
    "QUANTITY": ({}, (Line("SKU-0001", 5), Line("SKU-0002"))),
    "SKU": ({}, (Line("SKU-0001", 2), Line("SKU-0009"))),
    "FEWER": ({}, (Line("SKU-0001", 2),)),
    "MORE": ({}, (*LINES, Line("SKU-0003", 4))),
    "METHOD": ({"RequestedShippingCarrier": "USPS", "RequestedShippingClass": "Priority"}, LINES),
}
"""What the cart changes of an order of that name: its fields, and its lines."""
SHOWN = {
    "ADDRESS": "ship_to.line1: changed; ship_to.city:",
    "QUANTITY": "line 1 (SKU-0001): 2 -> 5",
    "SKU": "line 2: SKU SKU-0002 -> SKU-0009",
    "FEWER": "line 2 (SKU-0002): taken out, 1 -> 0",
    "MORE": "line 3 (SKU-0003): added, 4",
    "METHOD": "ship method: Walmart Standard -> USPS Priority",
}
TO_BY_METHOD = [
    {"carrier": "USPS", "to": {"carrier": "USPS", "service": "PRIORITY"}},
    {"to": {"carrier": "UPS", "service": "GROUND"}},
]


def sells_all(world: World) -> dict[str, int]:
    """One order a kind of change, each of them at the warehouse."""
    world.pipeline["ship_methods"]["inbound"] = TO_BY_METHOD
    orders = {number: world.cart.sells(number, *LINES) for number in (*CHANGES, "CANCELLED")}
    world.run()
    assert world.warehouse.orders().keys() == orders.keys()
    return orders


def change(world: World, number: str, order: int, *lines: Line, **fields: Any) -> None:
    """The cart changes an order, of which crossdock hears with its next list, or when it is asked to look."""
    newer = sale(number, *lines, order_id=order)
    world.cart.changes(order, Items=newer["Items"], Fulfillments=newer["Fulfillments"], **fields)


def all_change(world: World, orders: dict[str, int]) -> None:
    for number, (fields, lines) in CHANGES.items():
        change(world, number, orders[number], *lines, **fields)
    world.cart.cancels(orders["CANCELLED"])
    look(world, *orders)


def look(world: World, *numbers: str) -> None:
    """Have these orders read again."""
    read(world, "orders", "fetch", *numbers)


def asked(world: World, number: str) -> dict[str, int]:
    """Pieces of each item that the warehouse is to pick."""
    return {line["item"]: line["requested"] for line in world.warehouse.orders()[number]["lines"]}


def told(world: World) -> dict[str, str]:
    """What the open problems say, by the number of the order."""
    return {one.text.split()[1]: one.text for one in problems(world)}


def locked(world: World, number: str) -> None:
    """People begin to work on an order."""
    world.warehouse.acts({"act": "batch", "orders": [number]})


def test_each_change_is_shown_as_a_difference_and_waits_for_a_person(world: World) -> None:
    orders = sells_all(world)
    before = world.truth()["warehouse"]
    all_change(world, orders)
    world.run()
    look(world, *orders)

    shown = told(world)
    assert shown.keys() == orders.keys(), "one problem an order, however often it is read"
    assert {number: words in shown[number] for number, words in SHOWN.items()} == dict.fromkeys(SHOWN, True)
    assert "Secret Lane" not in shown["ADDRESS"]
    assert "Order CANCELLED was cancelled at the cart after the warehouse got it" in shown["CANCELLED"]
    assert world.truth()["warehouse"] == before, "nothing is changed there before a person has decided"
    assert SHOWN["QUANTITY"] in read(world, "orders", "show", "QUANTITY")
    groups = {one["cause"]: (one["count"], one["action"]) for one in data(world, "problems", "list")}
    assert {cause: count for cause, (count, _) in groups.items()} == {"changed": len(CHANGES), "cancelled": 1}
    assert "`crossdock orders replace NUMBER`" in groups["changed"][1]
    assert "`crossdock orders withdraw CANCELLED`" in groups["cancelled"][1]

    assert "It is released now." in read(world, "orders", "replace", "QUANTITY", "--yes")
    assert asked(world, "QUANTITY") == {"SKU-0001": 5, "SKU-0002": 1}
    assert "It is skipped now (cancelled at the cart)." in read(world, "orders", "withdraw", "CANCELLED", "--yes")
    assert told(world).keys() == orders.keys() - {"QUANTITY", "CANCELLED"}


def test_where_the_operator_wants_it_each_change_is_sent_while_nobody_works_on_the_order(world: World) -> None:
    world.pipeline["changes_after_release"] = "replace"
    orders = sells_all(world)
    all_change(world, orders)
    world.run()

    there = world.warehouse.orders()
    assert {number: one["creates"] for number, one in there.items()} == dict.fromkeys(CHANGES, 2) | {"CANCELLED": 1}
    for number, (_, lines) in CHANGES.items():
        assert asked(world, number) == dict(lines)
    assert (there["METHOD"]["carrier"], there["METHOD"]["service"]) == ("USPS", "PRIORITY")
    assert told(world).keys() == {"CANCELLED"}, "a person says that nothing is to leave"

    world.warehouse.works(*CHANGES)
    world.run()
    assert [number for number in CHANGES if any(world.cart.still_open(orders[number]).values())] == []


def test_order_on_which_people_work_is_one_task_once_and_the_newest_change_is_what_it_says(world: World) -> None:
    world.pipeline["changes_after_release"] = "replace"
    order = world.cart.sells("A-1", *LINES)
    world.run()
    locked(world, "A-1")
    for quantity in (3, 4):
        change(world, "A-1", order, Line("SKU-0001", quantity), Line("SKU-0002"))
        look(world, "A-1")
        world.run()

    [task] = problems(world)
    assert "line 1 (SKU-0001): 2 -> 4" in task.text
    assert "batch B1" in task.text
    assert asked(world, "A-1") == {"SKU-0001": 2, "SKU-0002": 1}
    assert world.warehouse.orders()["A-1"]["creates"] == 1

    change(world, "A-1", order, *LINES)
    look(world, "A-1")
    assert problems(world) == [], "it is as the warehouse knows it"
    world.warehouse.works()
    world.run()
    assert order_line(world, "A-1") == "shipped"


def test_what_we_wrote_at_the_cart_ourselves_is_no_change(world: World) -> None:
    world.pipeline["services"]["release"] = "off"
    order = world.cart.sells("A-1", Line("SKU-0001", 5), Line("SKU-0002"))
    first, second = line_id(order, 1), line_id(order, 2)
    world.run()
    read(world, "orders", "edit", "A-1", "--set", "ship_to.city=York", "--set", "ship_to.company=Navy")
    world.pipeline["services"]["release"] = "1m"
    world.run()
    look(world, "A-1")
    assert world.cart.exports(order) == 1
    assert problems(world) == [], "our mark, and what a person corrected before"
    assert "The warehouse has order A-1 as it was" in read(world, "orders", "edit", "A-1", "--set", "notes=ring twice")
    read(world, "orders", "edit", "A-1", "--set", "ship_to.company=Army")
    look(world, "A-1")
    assert problems(world) == [], "what a person corrected afterwards he was told about"

    read(world, *f"orders cancel A-1 --line {second} --reason not_available --anyway".split())
    look(world, "A-1")
    assert world.cart.order(order)["lines"][second]["cancelled"] == 1
    assert problems(world) == [], "our own cancellation"

    locked(world, "A-1")
    world.warehouse.acts({"act": "pick", "order": "A-1", "line": first, "quantity": 2}, {"act": "pack", "order": "A-1"})
    world.run()
    look(world, "A-1")
    assert world.cart.shipped(order) == {first: 2, second: 0}
    assert problems(world) == [], "our own shipment"
    change(world, "A-1", order, Line("SKU-0001", 6), Line("SKU-0002"))
    look(world, "A-1")
    [task] = problems(world)
    assert "line 1 (SKU-0001): 5 -> 6" in task.text, "what somebody else wrote is one"
