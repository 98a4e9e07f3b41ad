"""Ship methods as stories: a code that nobody has mapped holds its orders, and one word of a person lets them go."""

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from world import Line, World
from world.reading import data, order_now, problems, read
from world.running import running, until
from world.settings import GROUND

STANDARD = ("--direction", "inbound", "--carrier", "Walmart", "--service", "Standard")
BY_GROUND = ("--to-carrier", "UPS", "--to-service", "GROUND")


def without_rules(world: World, *numbers: str, service: str = "Standard") -> None:
    """Nothing is mapped from the cart to the warehouse, and these orders come in."""
    world.pipeline["ship_methods"]["inbound"] = []
    for number in numbers:
        world.cart.sells(number, Line("SKU-0001"), RequestedShippingClass=service)


def written(world: World, text: str) -> str:
    """A file of the operator's."""
    path = world.folder / "methods.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a spreadsheet saves them."""
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def csv_of(world: World, *command: str) -> list[dict[str, str]]:
    """The rows that a command prints as CSV."""
    return list(csv.DictReader(io.StringIO(world.says(*command).out)))


def test_code_that_nobody_mapped_holds_its_orders_and_is_one_task_until_it_is_mapped(world: World) -> None:
    without_rules(world, "A-1", "A-2", "A-3")
    without_rules(world, "B-1", service="Two Day")
    world.run()
    assert world.warehouse.orders() == {}
    waits = data(world, "ship-methods", "list", "--unmapped")
    assert [(one["carrier"], one["service"], one["orders"]) for one in waits] == [
        ("Walmart", "Standard", 3),
        ("Walmart", "Two Day", 1),
    ]
    tasks = data(world, "problems", "list")
    assert sorted((one["code"], one["count"]) for one in tasks) == [
        ("unmapped_ship_method", 1),
        ("unmapped_ship_method", 3),
    ]

    told = read(world, "ship-methods", "set", *STANDARD, *BY_GROUND, "--by", "ada")

    assert told.endswith("'Standard' -> UPS / GROUND. 3 orders put to work.")
    [left] = data(world, "ship-methods", "list", "--unmapped")
    assert left["service"] == "Two Day"
    [task] = problems(world)
    assert "service 'Two Day'" in task.text
    world.run()
    assert {number: told["service"] for number, told in world.warehouse.orders().items()} == {
        "A-1": "GROUND",
        "A-2": "GROUND",
        "A-3": "GROUND",
    }
    assert order_now(world, "B-1")["state"] == "held"
    [deed] = data(world, "audit", "list", "ada")
    assert (deed["action"], deed["before"], deed["after"]) == ("save ship method", "", "UPS / GROUND")
    again = read(world, "ship-methods", "set", *STANDARD, *BY_GROUND)
    assert "is what the rules say already" in again


def test_crossdock_that_runs_uses_what_is_mapped_without_a_restart(world: World) -> None:
    world.pipeline["services"] |= {"download": "1h", "release": "1h"}
    without_rules(world, "A-1")
    with running(world):
        until(lambda: waiting(world) == 1)

        assert "1 order put to work." in read(world, "ship-methods", "set", *STANDARD, *BY_GROUND)

        until(lambda: "A-1" in world.warehouse.orders())
    assert world.warehouse.orders()["A-1"]["creates"] == 1


def waiting(world: World) -> int:
    """How many orders wait for a ship method."""
    return sum(one["orders"] for one in data(world, "ship-methods", "list", "--unmapped"))


def test_what_waits_goes_to_a_spreadsheet_and_comes_back_as_rules(world: World) -> None:
    without_rules(world, "A-1", "A-2")
    without_rules(world, "B-1", service="Two Day")
    world.run()
    form = csv_of(world, "ship-methods", "list", "--unmapped", "--csv")
    half = [{**row, "to_carrier": "UPS", "to_service": "GROUND"} if row["orders"] == "2" else row for row in form]

    refused = world.says("ship-methods", "import", written(world, csv_text(half)))
    assert refused.code == 2
    assert "line 3: it says nothing to take; fill in to_carrier and to_service, or take it out" in refused.err
    assert waiting(world) == 3, "a file with one wrong row changes nothing"

    full = [{**row, "to_carrier": "UPS", "to_service": "2DAY" if row["orders"] == "1" else "GROUND"} for row in form]
    file = written(world, csv_text(full))
    dry = read(world, "ship-methods", "import", file, "--dry-run")
    assert "2 added, 0 changed, 0 removed, 0 unchanged. Nothing is saved. 3 orders would be put to work." in dry
    assert "3 orders put to work." in read(world, "ship-methods", "import", file, "--by", "ada")
    world.run()
    assert {told["service"] for told in world.warehouse.orders().values()} == {"GROUND", "2DAY"}

    saved = world.says("ship-methods", "export").out
    edited = written(world, saved.replace("2DAY", "NEXTDAY"))
    changed = read(world, "ship-methods", "import", edited, "--replace")
    assert "-> UPS / NEXTDAY (it was UPS / 2DAY) 0 added, 1 changed, 0 removed, 1 unchanged." in changed
    assert "0 added, 0 changed, 0 removed, 2 unchanged." in read(world, "ship-methods", "import", edited, "--replace")
    first, *_ = data(world, "audit", "list", "Two Day")
    assert (first["before"], first["after"], first["note"]) == (
        "UPS / 2DAY",
        "UPS / NEXTDAY",
        "imported from methods.csv",
    )


def test_config_and_saved_rule_that_disagree_answer_nothing_and_check_names_both(world: World) -> None:
    without_rules(world, "A-1")
    world.run()
    read(world, "ship-methods", "set", *STANDARD, *BY_GROUND, "--by", "ada")
    theirs = {"carrier": "USPS", "service": "PRIORITY"}
    world.pipeline["ship_methods"]["inbound"] = [{"carrier": "walmart", "service": "Standard", "to": theirs}]

    check = world.says("check")
    assert check.code == 1
    for words in ("pipelines.main.ship_methods.inbound[0]", "'USPS / PRIORITY'", "'UPS / GROUND'", "ada"):
        assert words in check.err
    world.run()
    assert world.warehouse.orders() == {}, "neither of the two is used"
    assert order_now(world, "A-1")["reason"].startswith("rules_disagree: ")
    [problem] = problems(world)
    for words in ("'USPS / PRIORITY'", "'UPS / GROUND'", "crossdock ship-methods remove"):
        assert words in problem.text
    contradicts = world.says("ship-methods", "set", *STANDARD, *BY_GROUND)
    assert (contradicts.code, "the config says 'USPS / PRIORITY'" in contradicts.err) == (2, True)

    assert "1 order put to work." in read(world, "ship-methods", "remove", *STANDARD)
    world.run()

    assert world.warehouse.orders()["A-1"]["carrier"] == "USPS"
    assert world.says("check").code == 0
    assert problems(world) == []


def test_saved_rules_pasted_into_the_config_give_the_same_answers(world: World) -> None:
    world.pipeline["ship_methods"]["inbound"] = []
    rules = (
        "direction,site,carrier,service,to_carrier,to_service\n"
        'inbound,Walmart*,*,"Two ""Day"", please",UPS,2DAY\n'
        "inbound,*,Walmart,Std?,UPS,GROUND\n"
        'inbound,*,*,"",UPS,SAVER\n'
    )
    read(world, "ship-methods", "import", written(world, rules))
    two_day = 'two "day", please'
    questions = (("Walmart Marketplace", two_day), ("eBay", two_day), ("eBay", "Std1"), ("eBay", ""))
    before = [answer(world, *asked) for asked in questions]
    assert before == ["UPS / 2DAY", "unmapped", "UPS / GROUND", "UPS / SAVER"]

    pasted = tomllib.loads(world.says("ship-methods", "export", "--format", "toml").out)
    world.pipeline["ship_methods"]["inbound"] = pasted["pipelines"]["main"]["ship_methods"]["inbound"]
    assert world.says("check").code == 0, "both say the same, so nothing disagrees"
    head, _, _ = rules.partition("\n")
    told = read(world, "ship-methods", "import", written(world, head + "\n"), "--replace")

    assert "0 added, 0 changed, 3 removed, 0 unchanged." in told
    assert [answer(world, *asked) for asked in questions] == before
    assert {one["origin"] for one in data(world, "ship-methods", "list", "--direction", "inbound")} == {"config"}


def answer(world: World, site: str, service: str) -> str:
    """What an order of this site with this class would get."""
    words = ("--site", site, "--carrier", "Walmart", "--service", service)
    [told] = data(world, "ship-methods", "try", *words)
    return f"{told['to_carrier']} / {told['to_service']}" if told["standing"] == "mapped" else str(told["standing"])


def test_carrier_that_the_cart_does_not_know_by_that_name_waits_and_is_told_once_mapped(world: World) -> None:
    world.pipeline["ship_methods"]["outbound"] = []
    order = world.cart.sells("A-1", Line("SKU-0001"))
    world.run()
    world.warehouse.works()
    world.run()
    [waits] = data(world, "ship-methods", "list", "--unmapped")
    assert (waits["direction"], waits["carrier"], waits["shipments"]) == ("outbound", "UPS", 1)
    assert world.cart.ships(order) == []

    set_outbound = ("ship-methods", "set", "--direction", "outbound", "--carrier", "UPS", *BY_GROUND)
    assert "1 shipment put to work." in read(world, *set_outbound)
    world.run()

    assert [ship["carrier"] for ship in world.cart.ships(order)] == [GROUND["carrier"]]
    [rule] = data(world, "ship-methods", "list", "--direction", "outbound")
    assert (rule["accepted"], rule["refused"]) == (1, 0)


def test_slip_of_a_tired_operator_saves_nothing_and_says_what_to_do(world: World) -> None:
    world.run()
    mistakes = {
        ("set", "--direction", "inbound", "--service", "Standard"): "--to-carrier and --to-service",
        ("set", *STANDARD, *BY_GROUND, "--pipeline", "mian"): "main",
        ("remove", *STANDARD): "`crossdock ship-methods list` shows all",
        ("import", str(Path("no-such-file.csv"))): "no-such-file.csv",
        ("import", written(world, "site;carrier\n")): "must have the columns direction, site, carrier",
        ("import", written(world, "")): "must have the columns",
        ("try", "A-9"): "see `crossdock orders list`",
        ("try",): "name an order, or say --site",
    }
    for command, words in mistakes.items():
        told = world.says("ship-methods", *command)
        assert (told.code, words in " ".join(told.err.split())) == (2, True), f"{command}: {told.err}"
    assert data(world, "ship-methods", "list", "--direction", "inbound")[0]["origin"] == "config"
