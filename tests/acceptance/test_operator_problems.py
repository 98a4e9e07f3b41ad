"""What waits for a person, as stories: by cause, many at once, corrected and sent again, and closed by itself."""

from datetime import timedelta
from typing import Any

from world import Line, World
from world.operator import Finished
from world.reading import data, order_now, problems, read
from world.sales import line_id

UNKNOWN = "SKU-9999"
"""The warehouse has no such item."""
MOST = 10
"""So many problems are decided about without a question."""


def groups(world: World) -> dict[str, dict[str, Any]]:
    """What waits by kind, where each kind has one cause."""
    listed = data(world, "problems", "list")
    kinds = {one["code"]: one for one in listed}
    assert len(kinds) == len(listed)
    return kinds


def words(finished: Finished) -> str:
    """All that a command says, as one line of words."""
    return " ".join((finished.out + finished.err).split())


def test_many_problems_of_one_cause_are_one_line_that_names_what_to_type(world: World) -> None:
    for number in range(4):
        world.cart.sells(f"A-{number}", Line(f"SKU-999{number}"))
    world.cart.sells("B-1", Line("SKU-0001"), ShippingAddressLine1="")
    world.run()

    waiting = groups(world)

    refused, address = waiting["release_refused"], waiting["unshippable_order"]
    assert (refused["count"], address["count"]) == (4, 1)
    assert refused["then"][0] == f"crossdock problems retry --like {refused['id']}"
    assert f"`crossdock problems retry --like {refused['id']}`" in refused["action"]
    assert "`crossdock orders edit NUMBER`" in refused["action"]
    assert "`crossdock orders edit B-1`" in address["action"]
    told = world.says("problems", "list")
    assert (told.code, "(and 3 more)" in words(told)) == (1, True)
    assert len(data(world, "problems", "list", "--each", "--like", str(refused["id"]))) == 4
    [one] = data(world, "problems", "list", "--order", "A-2")
    shown = read(world, "problems", "show", str(one["id"]))
    assert f"then crossdock problems retry {one['id']}" in shown
    assert "story crossdock orders show A-2" in shown
    assert f"4 in all: crossdock problems list --like {one['id']}" in shown


def test_group_is_tried_again_with_one_command_and_says_how_many(world: World) -> None:
    orders = [world.cart.sells(f"A-{number}", Line(UNKNOWN)) for number in range(MOST + 2)]
    world.run()
    first = str(groups(world)["release_refused"]["id"])
    world.warehouse.ask("/_items", [UNKNOWN])

    asked = world.says("problems", "retry", "--like", first)
    assert (asked.code, f"Try {MOST + 2} problems again?" in words(asked)) == (1, True)
    world.run()
    assert world.warehouse.orders() == {}, "nobody said yes"

    assert f"{MOST + 2} of {MOST + 2} problems." in read(world, "problems", "retry", "--like", first, "--yes")
    world.run()

    assert [world.warehouse.orders()[f"A-{number}"]["creates"] for number in range(len(orders))] == [1] * len(orders)
    assert read(world, "problems", "list") == "No problem is open."
    deeds = data(world, "audit", "list", "A-3")
    assert [(deed["action"], deed["subject"]) for deed in deeds] == [("retry problem", "A-3")]


def test_order_that_the_warehouse_refused_is_corrected_and_goes_out_and_the_cart_hears_of_its_own_line(
    world: World,
) -> None:
    order = world.cart.sells("A-1", Line("SKU-OOO1", 2))
    world.run()
    line = line_id(order, 1)
    fields = {one["field"]: one["value"] for one in data(world, "orders", "edit", "A-1")}
    assert fields[f"lines.{line}.sku"] == "SKU-OOO1"

    wrong = world.says("orders", "edit", "A-1", "--set", f"lines.{line}.sku=SKU-OO01")
    assert (wrong.code, "is corrected and held: release_refused" in words(wrong)) == (1, True)
    right = ("orders", "edit", "A-1", "--set", f"lines.{line}.sku=SKU-0001", "--by", "ada", "--note", "a typo")
    assert "Order A-1 is corrected and released" in read(world, *right)

    assert problems(world) == []
    [there] = world.warehouse.orders()["A-1"]["lines"]
    assert (there["item"], there["requested"]) == ("SKU-0001", 2)
    world.warehouse.works()
    world.run()
    assert world.cart.shipped(order) == {line: 2}
    story = read(world, "orders", "show", "A-1")
    assert f"corrected lines.{line}.sku: SKU-0001 (by ada" in story
    assert "the cart says: SKU-OOO1)" in story
    assert "ada: edit order" in story


def test_bad_address_is_corrected_here_and_the_correction_outlives_what_else_the_cart_says(world: World) -> None:
    order = world.cart.sells("A-1", Line(UNKNOWN), ShippingAddressLine1="")
    world.run()
    assert order_now(world, "A-1")["reason"] == "unshippable_order: its address has no line1"

    world.says("orders", "edit", "A-1", "--set", "ship_to.line1=12 Mill Lane")
    world.cart.changes(order, ShippingPostalCode="78799")
    read(world, "orders", "fetch", "A-1")
    world.warehouse.ask("/_items", [UNKNOWN])
    read(world, "problems", "retry", "--code", "release_refused")
    world.run()

    assert problems(world) == []
    document = data(world, "orders", "show", "A-1")["document"]
    assert (document["ship_to"]["line1"], document["ship_to"]["postal_code"]) == ("12 Mill Lane", "78799")
    [request] = data(world, "orders", "show", "A-1")["requests"]
    assert request["ship_to"]["line1"] == "12 Mill Lane"


def test_newer_word_of_the_cart_overtakes_a_correction_and_a_person_hears_of_it_once(world: World) -> None:
    order = world.cart.sells("A-1", Line(UNKNOWN))
    world.run()
    world.says("orders", "edit", "A-1", "--set", "ship_to.line1=12 Mill Lane", "--by", "ada")

    world.cart.changes(order, ShippingAddressLine1="5 New Street")
    read(world, "orders", "fetch", "A-1")
    world.run()

    [overtaken] = [one for one in problems(world) if "edit overtaken" in one.text]
    assert "Order A-1: the cart changed ship_to.line1 after ada had corrected it" in overtaken.text
    assert data(world, "orders", "show", "A-1")["document"]["ship_to"]["line1"] == "5 New Street"
    world.says("orders", "edit", "A-1", "--set", "ship_to.line1=12b Mill Lane")
    assert [one.text for one in problems(world) if "edit overtaken" in one.text] == [], "a newer correction answers it"


def test_what_a_person_ignores_stays_quiet_with_its_reason_until_it_is_opened_again(world: World) -> None:
    world.cart.sells("A-1", Line(UNKNOWN))
    world.cart.sells("A-2", Line(UNKNOWN))
    world.run()
    first, second = problems(world)
    assert "Missing option '--note'" in words(world.says("problems", "resolve", first.number, "--ignore"))

    read(world, "problems", "resolve", first.number, "--ignore", "--note", "a test order", "--by", "ada")
    world.says("problems", "retry", second.number)
    world.run()

    assert [one.number for one in problems(world)] != [first.number]
    [ignored] = [one for one in data(world, "problems", "list", "--all") if one["state"] == "ignored"]
    assert (str(ignored["id"]), ignored["closed_how"]) == (first.number, "a test order")
    twice = world.says("problems", "resolve", first.number, "--ignore", "--note", "again")
    assert (twice.code, "is ignored already: a test order" in words(twice)) == (2, True)
    assert "by ada" not in words(twice)
    assert "open again" in read(world, "problems", "reopen", first.number)
    assert first.number in [one.number for one in problems(world)]
    deeds = [(deed["by"], deed["action"], deed["note"]) for deed in data(world, "audit", "list", "A-1")]
    assert ("ada", "ignore problem", "a test order") in deeds


def test_problems_close_by_themselves_when_their_cause_is_gone(world: World) -> None:
    world.pipeline["ship_methods"]["inbound"] = [{"carrier": "Walmart", "to": {"carrier": "UPS", "service": "GROUND"}}]
    world.cart.sells("UNMAPPED", Line("SKU-0001"), RequestedShippingCarrier="Pigeon")
    address = world.cart.sells("ADDRESS", Line("SKU-0001"), ShippingAddressLine1="")
    cancelled = world.cart.sells("CANCELLED", Line(UNKNOWN))
    unreadable = world.cart.sells("UNREADABLE", Line("SKU-0001"), CreatedDateUtc="yesterday")
    world.run()
    kinds = {"unmapped_ship_method", "unshippable_order", "release_refused", "unreadable_order"}
    assert groups(world).keys() == kinds

    (world.folder / "secrets" / "warehouse_key").write_text("not-the-key")
    world.cart.sells("GOOD", Line("SKU-0002"))
    world.run()
    assert groups(world).keys() == kinds | {"connection_paused"}

    (world.folder / "secrets" / "warehouse_key").write_text("sandbox-key")
    pigeon = ("--direction", "inbound", "--carrier", "Pigeon", "--to-carrier", "UPS", "--to-service", "GROUND")
    read(world, "ship-methods", "set", *pigeon)
    world.cart.changes(address, ShippingAddressLine1="1 Main Street")
    world.cart.cancels(cancelled)
    world.cart.changes(unreadable, CreatedDateUtc="2024-03-05T10:00:00Z")
    world.run()
    assert groups(world).keys() == {"release_refused"}, "what the cart cancelled is in no list; the sweep sees it"
    world.run(later=timedelta(hours=7))

    assert read(world, "problems", "list") == "No problem is open."
    assert world.warehouse.orders().keys() == {"UNMAPPED", "ADDRESS", "UNREADABLE", "GOOD"}


def test_tired_operator_is_told_which_command_to_type(world: World) -> None:
    order = world.cart.sells("A-1", Line(UNKNOWN))
    world.cart.sells("A-2", Line("SKU-0001"))
    world.run()
    [problem] = problems(world)
    line = line_id(order, 1)

    mistakes = {
        ("problems", "show", "99"): "there is no problem 99; `crossdock problems list` shows those there are",
        ("problems", "retry"): "name problems by their ids, or choose them with --like, --code",
        ("problems", "retry", problem.number, "--code", "release_refused"): "name problems by their ids, or choose",
        ("problems", "list", "--code", "release_refusd"): "did you mean 'release_refused'?",
        ("problems", "list", "--order", "A-7"): "no order with the number or id 'A-7'",
        ("orders", "edit", "A-7"): "there is no order with the number or id 'A-7'; see `crossdock orders list`",
        ("orders", "edit", "A-1", "--set", "ship_to.street=x"): "cannot be corrected; what can be: ship_to.name",
        ("orders", "edit", "A-1", "--set", "quantity"): "'quantity' is not FIELD=VALUE",
        ("orders", "edit", "A-1", "--set", f"lines.{line}.quantity=1"): "`crossdock orders cancel` cancels units",
        ("orders", "edit", "A-1", "--set", "lines.7.sku=SKU-0001"): f"its lines are: {line}",
        ("orders", "edit", "A-1", "--set", "deliver_by=tomorrow"): "and not 'tomorrow'",
    }
    for command, sentence in mistakes.items():
        told = world.says(*command)
        assert (told.code, sentence in words(told)) == (2, True), f"{command}: {words(told)}"

    told = read(world, "orders", "edit", "A-2", "--set", "notes=ring twice")
    assert "`crossdock orders replace A-2`" in told, "the warehouse has it already"
    read(world, "problems", "retry", problem.number)
    again = world.says("problems", "retry", problem.number)
    assert (again.code, f"problem {problem.number} is resolved already: retried" in words(again)) == (2, True)
