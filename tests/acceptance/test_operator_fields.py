"""What the warehouse is told of an order, as stories: rules for its fields, tried and explained before they count."""

from world import Line, World
from world.reading import data, order_now, problems, read
from world.settings import as_toml

GIFT = {"SpecialInstructions": "blue box", "OrderTags": "VIP, GIFT"}
FIELDS = {
    "notes": "join(' / ', [notes, lines[].title | [0]])",
    "tags": "tags[?@ != 'VIP']",
    "source": {"from": "replace(site, ' Marketplace', '')", "default": "web"},
    "area": "ship_to.country == 'CA' && 'NORTH' || ''",
    "custom_fields": {
        "CustomField7": "date(placed_at, '%d.%m.%Y')",
        "CustomField8": {"from": "flag", "default": "no flag"},
        "CustomField9": {"from": "notes", "max_length": 7, "too_long": "cut"},
    },
}


def sells(world: World, number: str, **more: object) -> int:
    """An order with notes, tags and a known day."""
    return world.cart.sells(number, Line("SKU-0001"), **{"CreatedDateUtc": "2026-11-20T07:00:00Z", **GIFT, **more})


def test_the_warehouse_reads_what_the_rules_make_of_an_order_and_each_value_says_where_it_is_from(world: World) -> None:
    world.pipeline["fields"] = FIELDS
    sells(world, "A-1")
    sells(world, "A-2", ShippingCountry="CA", ShippingStateOrProvince="ON", ShippingPostalCode="M5V 2T6", FlagID=1)
    world.run()

    there = world.warehouse.document("A-1")
    assert there["Notes"] == "Special instructions: blue box / A fine SKU-0001"
    assert there["CustomField1"] == "GIFT", "the tags, without the one that nobody in the warehouse should see"
    assert (there["Source"], there["pickAreaName"]) == ("Walmart", "EAST")
    assert [there[f"CustomField{n}"] for n in (7, 8, 9)] == ["20.11.2026", "no flag", "Special"]
    to_canada = world.warehouse.document("A-2")
    assert (to_canada["pickAreaName"], to_canada["CustomField8"]) == ("NORTH", "RedFlag")

    told = read(world, "mapping", "explain", "A-1")
    assert "notes Special instructions: blue box / A fine SKU-0001 `join(' / ', [notes, lines[].title | [0]])`" in told
    assert "custom_fields.CustomField8 no flag default, since `flag` gives nothing" in told
    assert "area EAST that of the distribution centre" in told

    unknown = world.says("mapping", "explain", "A-l")

    assert unknown.code == 2
    assert "`crossdock orders list`" in unknown.err


def test_value_that_does_not_fit_or_is_missing_holds_the_order_and_says_what_to_do(world: World) -> None:
    world.pipeline["fields"] = {
        "custom_fields": {
            "CustomField7": {"from": "ship_to.company", "required": True},
            "CustomField9": {"from": "notes", "max_length": 20},
        }
    }
    short, long = sells(world, "A-1", SpecialInstructions=""), sells(world, "A-2", ShippingCompanyName="Acme")
    fine = sells(world, "A-3", ShippingCompanyName="Acme", SpecialInstructions="")
    world.run()

    assert world.warehouse.orders().keys() == {"A-3"}
    assert world.cart.exports(fine) == 1
    assert world.cart.exports(short) == world.cart.exports(long) == 0, "nobody is told that we have what we hold"
    lacking, not_fitting = order_now(world, "A-1"), order_now(world, "A-2")
    nothing = "custom_fields.CustomField7 has no value: `ship_to.company` gives nothing"
    assert lacking["reason"] == f"missing_field: {nothing}"
    assert "custom_fields.CustomField9 has 30 characters, and 20 fit" in not_fitting["reason"]
    assert all("crossdock orders edit A-" in problem.text for problem in problems(world))
    assert "custom_fields.CustomField9 has 30 characters, and 20 fit" in read(world, "mapping", "explain", "A-2")

    world.cart.changes(short, ShippingCompanyName="Acme")
    world.pipeline["fields"]["custom_fields"]["CustomField9"]["too_long"] = "cut"
    read(world, "orders", "fetch", "A-1")
    world.run()

    assert world.warehouse.document("A-1")["CustomField7"] == "Acme"
    assert world.warehouse.document("A-2")["CustomField9"] == "Special instructions"
    assert problems(world) == []


def test_new_rules_are_tried_on_yesterdays_orders_before_they_count(world: World) -> None:
    for number in ("A-1", "A-2"):
        sells(world, number)
    sells(world, "A-3", SpecialInstructions="a very long wish of the buyer")
    world.run()
    before = world.truth()
    (world.folder / "old.toml").write_text(as_toml(world.settings))
    world.pipeline["fields"] = {"source": "site", "notes": {"from": "notes", "max_length": 40}}

    tried = world.says("mapping", "try", "--last", "10")
    assert tried.code == 1, "A-3 would be held"
    [trial] = data(world, "mapping", "try")
    assert trial["counts"] == {
        "orders tried": 3,
        "different": 3,
        "as before": 0,
        "not sent yet": 0,
        "would be held": 1,
    }
    assert "notes has 51 characters, and 40 fit" in tried.out
    world.pipeline["fields"]["notes"]["too_long"] = "cut"
    told = read(world, "mapping", "try", "--before", str(world.folder / "old.toml"))

    wish = "Special instructions: a very long wish of the buyer"
    assert f"A-3 1 notes {wish} {wish[:40].strip()}" in told
    assert world.truth() == before, "a trial tells nobody anything"
    world.run()
    assert world.truth() == before, "what the warehouse has stays as it was sent"


def test_coverage_names_what_nobody_uses_and_the_rule_that_never_gives_anything(world: World) -> None:
    world.pipeline["fields"] = {"custom_fields": {"CustomField7": "custom_fields.department", "CustomField8": "flag"}}
    sells(world, "A-1", FlagID=1)
    sells(world, "A-2")
    world.run()

    [found] = data(world, "mapping", "coverage")

    assert (found["orders"], found["silent"]) == (2, ["custom_fields.CustomField7"])
    assert "source" in found["without_rule"]
    assert found["unused"]["total.amount"] == 2
    assert "flag" not in found["unused"]
    assert "rules that gave no order a value: custom_fields.CustomField7" in read(world, "mapping", "coverage")


MISTAKES = (
    ({"notes": "ship_to.fone"}, "has no 'fone': did you mean 'phone'?"),
    ({"notes": "uper(site)"}, "did you mean upper()?"),
    ({"notes": 'join("/", tags)'}, "write a text between single quotes: 'text'"),
    ({"note": "site"}, "note"),
    ({"custom_fields": {"CustomField3": "site"}}, "it holds crossdock's own key"),
    ({"custom_fields": {"department": "site"}}, "custom_fields.department is no field of the warehouse's orders"),
    ({"source": {"from": "site", "default": "the long name of a shop", "max_length": 9}}, "at most 9 characters"),
)


def test_mistake_in_a_rule_is_found_by_check_before_any_order_meets_it(world: World) -> None:
    for fields, words in MISTAKES:
        world.pipeline["fields"] = fields
        told = world.says("check")
        assert (told.code, words in " ".join(told.err.split())) == (1, True), f"{fields}: {told}"
        assert "pipelines.main.fields" in told.err
