"""Everything that can be listed, as a table, for spreadsheets and for programs; and one order, explained."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer
from world import Line, World
from world.label_ends import ADDRESS, buys, seller_of
from world.reading import data, order_now, problems, read
from world.receivers import program
from world.sales import EAST, WEST, line_id

from crossdock.cli import app

WorldMaker = Callable[..., World]
LISTS = ("list", "levels", "movements", "locations")
SAME_FOR_ALL = ("pipeline", "connection", "at")
"""What does not tell one row of a list from another."""
EXPECTED = "purchase_order,sku,quantity\nPO-1,SKU-0001,10\n"
FORMULA = '=HYPERLINK("http://evil.example","look")'
MARKUP = "[/bold] [red]Ann[/red]"
"""What would break a line on the screen that took it for a colour."""


def every_list(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that lists something."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_list(command, (*path, name))
        elif name in LISTS:
            yield (*path, name)


@pytest.fixture
def busy(new_world: WorldMaker) -> Iterator[World]:
    """A world in which no list is empty."""
    world = new_world(warehouse={"areas": ["EAST", "WEST"], "stock": {"SKU-0001": {"EAST": 9}}})
    world.pipeline.update(
        client="acme",
        inventory_source="warehouse",
        inventory_sink="cart",
        catalog_source="cart",
        bundles="sets.csv",
        fields={"notes": {"from": "lines[0].title"}},
    )
    (world.folder / "sets.csv").write_text("bundle,component,quantity\nSET-1,SKU-0001,2\n")
    (world.folder / "arriving.csv").write_text(EXPECTED)
    with seller_of(world, "karrio"), program(world):
        buys(world)
        world.cart.sells("A-1", Line("SKU-0001"), **ADDRESS)
        world.cart.sells("A-2", Line("SKU-9999"))
        world.cart.sells("A-3", Line("SKU-0001"), **ADDRESS)
        world.run()
        world.warehouse.works(without_tracking=1.0, limit=1)
        world.warehouse.acts({"act": "put", "item": "SKU-0001", "quantity": 2, "place": "EAST", "reason": "FOUND"})
        read(world, "receipts", "expect", str(world.folder / "arriving.csv"))
        world.says("problems", "retry", problems(world)[0].number)
        world.run()
        world.says("reconcile")
        yield world


def as_rows(text: str) -> list[dict[str, str]]:
    """CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_list_says_the_same_to_people_spreadsheets_and_programs(busy: World) -> None:
    lists = list(every_list(typer.main.get_command(app)))
    assert len(lists) > 15
    for words in lists:
        rows = data(busy, *words)
        lines = as_rows(busy.says(*words, "--csv").out)
        table = busy.says(*words).out.replace("_", " ")

        assert rows, f"{words} is empty"
        assert [list(line) for line in lines] == [list(row) for row in rows], words
        for row, line in zip(rows, lines, strict=True):
            for name, value in row.items():
                assert line[name] == str(value) or not isinstance(value, int) or isinstance(value, bool), (words, name)
            texts = [value for key, value in row.items() if key not in SAME_FOR_ALL and isinstance(value, str)]
            assert any(text and text.replace("_", " ") in table for text in texts), (words, row)
    both = busy.says("orders", "list", "--json", "--csv")
    assert (both.code, "either --json or --csv" in both.err) == (2, True)


def test_formula_of_a_buyer_is_text_in_a_spreadsheet_and_markup_is_text_on_the_screen(world: World) -> None:
    world.cart.sells("=1+1", Line("SKU-9999"), ShippingFirstName=FORMULA, ShippingLastName=MARKUP)
    world.run()
    [listed] = as_rows(world.says("orders", "list", "--csv").out)
    fields = {one["field"]: one["value"] for one in as_rows(world.says("orders", "edit", "=1+1", "--csv").out)}

    assert listed["number"] == "'=1+1"
    assert fields["ship_to.name"] == f"'{FORMULA} {MARKUP}"
    for command in (("orders", "show"), ("orders", "edit")):
        assert f"{FORMULA} {MARKUP}" in read(world, *command, "=1+1"), command
    assert data(world, "orders", "show", "=1+1")["document"]["ship_to"]["name"] == f"{FORMULA} {MARKUP}"
    waiting = world.says("problems", "list")
    assert (waiting.code, "The warehouse refuses order =1+1" in " ".join(waiting.out.split())) == (1, True)


def test_one_order_explains_itself_to_programs(world: World) -> None:
    world.pipeline["fields"] = {"custom_fields": {"CustomField5": {"from": "site"}}}
    order = world.cart.sells("A-1", Line("SKU-0001", 2), leaves_from={EAST: (1,), WEST: (1,)}, ShippingAddressLine1="")
    world.run()
    read(world, "orders", "hold", "A-1", "--reason", "the buyer calls back", "--until", "2h", "--by", "ada")
    edit = ("--set", "ship_to.line1=12 Mill Lane", "--by", "bob", "--note", "the buyer said so")
    world.says("orders", "edit", "A-1", *edit)

    story = data(world, "orders", "show", "A-1")
    held = story["order"]
    assert (held["state"], held["held_by"]) == ("held", "a person: ada")
    assert held["held_at"] < held["held_until"]
    assert "the buyer calls back" in held["reason"]
    [change] = story["edits"]
    assert (change["path"], change["value"], change["said"], change["by"]) == (
        "ship_to.line1",
        "12 Mill Lane",
        "",
        "bob",
    )
    assert [(deed["by"], deed["action"]) for deed in story["deeds"]] == [("bob", "edit order"), ("ada", "hold order")]
    assert [problem["code"] for problem in story["problems"]] == ["unshippable_order"]
    assert story["document"]["lines"][0]["external_id"] == line_id(order, 1)

    read(world, "orders", "resume", "A-1", "--by", "ada")
    world.run()
    world.warehouse.works()
    world.run()
    story = data(world, "orders", "show", "A-1")
    assert {one["number"]: one["area"] for one in story["requests"]} == {"A-1-1": "EAST", "A-1-2": "WEST"}
    assert [one["custom_fields"]["CustomField5"] for one in story["requests"]] == ["Walmart Marketplace"] * 2
    kinds = {one["kind"] for one in story["promises"]}
    assert {"release", "acknowledge", "confirm"} <= kinds
    assert {one["state"] for one in story["promises"]} == {"done"}
    assert len(story["shipments"]) == 2
    assert story["order"]["state"] == "shipped"
    assert all("request" not in call for call in story["exchanges"])
    full = data(world, "orders", "show", "A-1", "--full")
    assert any("12 Mill Lane" in call["request"] for call in full["exchanges"])
    assert full["raw"].startswith("{")


def test_number_that_the_warehouse_says_on_the_phone_finds_the_order(world: World) -> None:
    world.cart.sells("A-1", Line("SKU-0001", 2), leaves_from={EAST: (1,), WEST: (1,)})
    world.cart.sells("A-2", Line("SKU-0001"))
    world.run()
    assert world.warehouse.orders().keys() == {"A-1-1", "A-1-2", "A-2"}

    assert order_now(world, "A-1-2")["number"] == "A-1"
    assert world.says("orders", "show", "A-2-1").code == 2
    assert world.says("orders", "show", "A-1-3").code == 2


def test_tired_operator_is_told_what_a_list_can_do(world: World) -> None:
    world.run()
    wrong = {
        ("orders", "list", "--state", "hold"): "did you mean 'held'?",
        ("orders", "show", "A-7"): "there is no order with the number or id 'A-7'; see `crossdock orders list`",
        ("runs", "list", "relase"): "release",
        ("orders", "list", "--client", "acme"): "no pipeline of",
        ("orders", "list", "--pipeline", "mian"): "the config has no pipeline 'mian'; it has main",
        ("problems", "list", "--pipeline", "mian"): "the config has no pipeline 'mian'; it has main",
    }
    for command, sentence in wrong.items():
        told = world.says(*command)
        assert (told.code, sentence in " ".join(told.err.split())) == (2, True), (command, told)
    assert read(world, "orders", "list") == "No order is like that."
    assert world.says("orders", "list", "--csv").out.startswith("id,pipeline,")
