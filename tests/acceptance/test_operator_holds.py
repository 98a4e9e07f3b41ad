"""Filters and holds as stories: what is not taken, what waits here and for what, and who lets it go."""

from datetime import UTC, datetime, timedelta
from typing import Any

from world import Line, World, sale
from world.reading import data, order_line, order_now, problems, read
from world.sales import line_id

HALF_AN_HOUR = {"window": "30m"}
NO_STATE = {"ShippingStateOrProvince": "", "ShippingStateOrProvinceName": ""}


def sells(world: World, number: str, *lines: Line, **more: Any) -> int:
    """An order of one piece, if nothing else is said."""
    return world.cart.sells(number, *(lines or (Line("SKU-0001"),)), **more)


def asked(world: World) -> dict[str, dict[str, int]]:
    """Pieces of each item that the warehouse is to pick, by order."""
    orders = world.warehouse.orders().items()
    return {number: {line["item"]: line["requested"] for line in told["lines"]} for number, told in orders}


def edit(world: World, number: str, order: int, *lines: Line) -> None:
    """Somebody changes the lines of an order at the cart."""
    newer = sale(number, *lines, order_id=order)
    world.cart.changes(order, Items=newer["Items"], Fulfillments=newer["Fulfillments"])


def placed(day: str) -> dict[str, str]:
    """An order of a day."""
    return dict.fromkeys(("CreatedDateUtc", "ImportDateUtc", "UpdatedDateUtc"), f"{day}T12:00:00Z")


def test_orders_of_before_the_earliest_date_stay_where_they_are(world: World) -> None:
    world.connections["cart"]["retrieval"] = "updated"
    world.pipeline["earliest_order_date"] = "2026-11-01"
    old = sells(world, "OLD", **placed("2026-10-01"))
    sells(world, "PAID-LATE", **placed("2026-10-31") | {"UpdatedDateUtc": "2026-11-02T00:00:00Z"})
    sells(world, "NEW", **placed("2026-11-01"))
    world.run()

    assert asked(world).keys() == {"NEW"}
    assert {one["number"] for one in data(world, "orders", "list")} == {"NEW", "PAID-LATE"}, (
        "the first run reaches as far back as the date and no further"
    )
    assert order_line(world, "PAID-LATE") == "skipped placed before the earliest order date 2026-11-01"
    assert world.cart.exports(old) == 0

    world.pipeline["earliest_order_date"] = "2026-10-15"
    world.run()

    assert asked(world).keys() == {"NEW", "PAID-LATE"}


def test_what_the_cart_changes_in_the_hold_window_still_counts(world: World) -> None:
    world.pipeline["holds"] = HALF_AN_HOUR
    edited, cancelled = sells(world, "A-1", Line("SKU-0001", 2)), sells(world, "A-2")
    sells(world, "A-3")
    world.run()
    assert asked(world) == {}
    first = order_now(world, "A-1")
    assert first["reason"] == "hold_window: what the cart changes meanwhile still counts"
    assert first["held_by"] == "rule: window"
    until = datetime.fromisoformat(first["held_until"])
    assert timedelta(minutes=29) < until - datetime.now(UTC) <= timedelta(minutes=30)
    assert f"until {until:%Y-%m-%d %H:%M} UTC" in read(world, "orders", "show", "A-1")
    assert problems(world) == [], "nobody has to do anything"

    edit(world, "A-1", edited, Line("SKU-0001", 5), Line("SKU-0002"))
    world.cart.cancels(cancelled)
    read(world, "orders", "release", "A-3")
    world.run(later=timedelta(minutes=20))
    assert asked(world) == {"A-3": {"SKU-0001": 1}}, "a person let this one go before its time"
    assert order_now(world, "A-1")["held_until"] == first["held_until"], "an edit does not begin the window anew"
    world.run(later=timedelta(minutes=31))

    assert asked(world) == {"A-1": {"SKU-0001": 5, "SKU-0002": 1}, "A-3": {"SKU-0001": 1}}
    assert order_line(world, "A-2") == "skipped cancelled at the cart"
    assert order_now(world, "A-1")["held_until"] is None


def test_order_that_lacks_something_waits_for_it_and_says_for_what(world: World) -> None:
    world.pipeline["holds"] = {"required_fields": ["ship_to.phone", "notes"]}
    silent = sells(world, "A-1", ShippingDaytimePhone="", PublicNotes="")
    homeless = sells(world, "A-2", ShippingCity="", PublicNotes="ring")
    stateless = sells(world, "A-3", **{**NO_STATE, "PublicNotes": "ring"})
    sells(world, "A-4", ShippingCountry="Sweden", PublicNotes="ring")
    world.run()
    assert asked(world) == {}
    assert order_line(world, "A-1") == "held missing_field: ship_to.phone, notes are missing"
    assert order_line(world, "A-2") == "held unshippable_order: its address has no city"
    assert order_line(world, "A-3") == "held unshippable_order: its address in US has no state"
    assert "which is no two-letter code such as US or GB" in order_line(world, "A-4")
    assert (order_now(world, "A-1")["held_by"], order_now(world, "A-2")["held_by"]) == (
        "rule: required_fields",
        "the order itself",
    )
    assert len(problems(world)) == 4
    for number, problem in zip(("A-1", "A-2", "A-3", "A-4"), problems(world), strict=True):
        assert f"`crossdock orders edit {number}`" in problem.text
    released = read(world, "orders", "release", "A-1", "A-2")
    assert "put back to work" in released
    world.run()
    assert asked(world) == {}, "a person's word makes no address whole"

    world.cart.changes(silent, ShippingDaytimePhone="555-0101", PublicNotes="call first")
    world.cart.changes(homeless, ShippingCity="York")
    world.cart.changes(stateless, ShippingStateOrProvince="WI")
    read(world, "orders", "edit", "A-4", "--set", "ship_to.country=SE", "--by", "ada")
    world.run()

    assert asked(world).keys() == {"A-1", "A-2", "A-3", "A-4"}
    assert world.warehouse.document("A-4")["ShipTo"]["Country"] == "SE"
    assert problems(world) == []


def test_orders_that_no_filter_takes_are_listed_with_the_reason_and_judged_anew(world: World) -> None:
    world.pipeline["order_filters"] = [
        {"field": "site", "match": ["Walmart*", "Web shop"]},
        {"field": "tags", "match": ["test*"], "rule": "restrict"},
    ]
    sells(world, "A-1")
    ebay, trial = sells(world, "A-2", SiteName="eBay"), sells(world, "A-3", OrderTags="vip, Test-order")
    world.run()

    assert asked(world).keys() == {"A-1"}
    assert world.cart.exports(ebay) == world.cart.exports(trial) == 0, "the cart keeps what we do not take"
    assert {one["number"]: one["reason"] for one in data(world, "orders", "list", "--state", "skipped")} == {
        "A-2": "order filter: site is 'eBay', required is one of 'Walmart*', 'Web shop'",
        "A-3": "order filter: tags is 'Test-order', left out is 'test*'",
    }
    assert problems(world) == []

    del world.pipeline["order_filters"][0]
    world.run()

    assert asked(world).keys() == {"A-1", "A-2"}
    assert [one["number"] for one in data(world, "orders", "list", "--state", "skipped")] == ["A-3"]


def test_line_that_no_filter_takes_stays_here_and_an_order_without_another_is_skipped(world: World) -> None:
    world.pipeline["item_filters"] = [{"field": "sku", "match": ["SKU-0009", "GIFT*"], "rule": "restrict"}]
    sells(world, "A-1", Line("SKU-0001", 2), Line("GIFT-CARD"))
    card = sells(world, "A-2", Line("gift-card"))
    world.run()

    assert asked(world) == {"A-1": {"SKU-0001": 2}}
    assert "GIFT-CARD" in order_now(world, "A-1")["left_out"]
    assert "left out" in read(world, "orders", "show", "A-1")
    assert order_now(world, "A-2")["state"] == "skipped"
    assert f"line {line_id(card, 1)} (gift-card, 1): sku is 'gift-card'" in order_now(world, "A-2")["reason"]


def test_marked_and_dear_orders_wait_for_a_person_and_go_when_he_says_so(world: World) -> None:
    world.pipeline["holds"] = {
        "tags": ["fraud*"],
        "flags": ["Red*"],
        "review_when": ["to_number(total.amount) > `500`"],
    }
    tagged, flagged = sells(world, "A-1", OrderTags="Fraud-check"), sells(world, "A-2", FlagID=1)
    dear = sells(world, "A-3", TotalPrice=999.0)
    sells(world, "A-4")
    world.run()
    assert asked(world).keys() == {"A-4"}
    held = data(world, "orders", "list", "--state", "held")
    assert {one["number"]: (one["reason"], one["held_by"]) for one in held} == {
        "A-1": ("held_by_rule: it has the tag 'Fraud-check'", "rule: tag 'fraud*'"),
        "A-2": ("held_by_rule: it has the flag 'RedFlag'", "rule: flag 'Red*'"),
        "A-3": ("order_review: to be looked at: `to_number(total.amount) > `500`` holds", "rule: review_when"),
    }
    tasks = problems(world)
    for number, task in zip(("A-1", "A-2", "A-3"), tasks, strict=True):
        assert f"`crossdock orders release {number}` lets it go" in task.text

    world.cart.changes(tagged, OrderTags="fine")
    assert read(world, "orders", "release", "--all-held-for", "order_review", "--by", "ada") == (
        "1 order is put back to work."
    )
    world.run()
    assert asked(world).keys() == {"A-1", "A-3", "A-4"}, "one was unmarked at the cart, one was looked at"
    read(world, "orders", "release", "A-2", "--by", "bob")
    edit(world, "A-2", flagged, Line("SKU-0002", 7))
    world.run()

    assert "A-2" not in asked(world), "what bob let go was another order than this"
    read(world, "orders", "release", "A-2", "--by", "bob")
    world.run()
    assert asked(world)["A-2"] == {"SKU-0002": 7}
    assert problems(world) == []
    assert world.cart.exports(dear) == 1
    story = read(world, "orders", "show", "A-2")
    assert story.count("bob: release order") == 2


def test_every_order_is_looked_at_where_the_operator_wants_that(world: World) -> None:
    world.pipeline["holds"] = {"review": "all"}
    for number in ("A-1", "A-2"):
        sells(world, number)
    world.run()
    assert asked(world) == {}
    [task] = data(world, "problems", "list")
    assert (task["code"], task["count"]) == ("order_review", 2)

    read(world, "orders", "release", "A-1")
    world.run()

    assert asked(world).keys() == {"A-1"}
    world.pipeline["holds"] = {}
    world.run()
    assert asked(world).keys() == {"A-1", "A-2"}, "without the rule nothing waits for a look"
    assert problems(world) == []


def test_person_holds_an_order_until_a_moment_and_the_cart_may_still_change_it(world: World) -> None:
    world.pipeline["services"]["release"] = "off"
    changed, cancelled = sells(world, "A-1"), sells(world, "A-2")
    sells(world, "A-3")
    world.run()
    world.pipeline["services"]["release"] = "1m"
    told = read(world, "orders", "hold", "A-1", "A-2", "--reason", "she calls back", "--until", "2h", "--by", "ada")
    assert told.count("is held here until") == 2
    read(world, "orders", "hold", "A-3", "--by", "ada")
    world.run()
    assert asked(world) == {}
    one = order_now(world, "A-1")
    assert (one["reason"], one["held_by"]) == ("held_by_person: she calls back", "a person: ada")
    assert one["held_at"] < one["held_until"]
    assert problems(world) == [], "a person who holds an order knows of it"

    edit(world, "A-1", changed, Line("SKU-0001", 4))
    world.cart.cancels(cancelled)
    world.run(later=timedelta(minutes=30))
    assert order_now(world, "A-1")["reason"] == "held_by_person: she calls back"
    world.run(later=timedelta(minutes=121))

    assert asked(world) == {"A-1": {"SKU-0001": 4}}, "A-3 has no end, and A-2 is cancelled"
    assert order_line(world, "A-2") == "skipped cancelled at the cart"
    assert read(world, "orders", "resume", "A-3", "--by", "bob") == "Order A-3 goes on."
    world.run()
    assert asked(world).keys() == {"A-1", "A-3"}
    deeds = [(deed["by"], deed["action"]) for deed in data(world, "audit", "list", "A-3")]
    assert deeds == [("bob", "resume order"), ("ada", "hold order")]


def test_slip_of_a_tired_operator_changes_nothing_and_says_what_to_do(world: World) -> None:
    world.pipeline["services"]["release"] = "off"
    sells(world, "A-1")
    world.run()
    slips = {
        ("hold", "A-l"): "see `crossdock orders list`",
        ("hold", "A-1", "--until", "tomorrow"): "a length of time such as 30m, 2h or 1d",
        ("hold", "A-1", "--until", "2020-01-01"): "is over",
        ("resume", "A-1"): "order A-1 is ready: nobody holds it",
        ("release", "A-1"): "order A-1 is ready; only one that is held",
        ("release",): "name orders, or a reason with --all-held-for",
        ("list", "--state", "hold"): "did you mean 'held'?",
    }
    for command, words in slips.items():
        told = world.says("orders", *command)
        assert (told.code, words in " ".join(told.err.split())) == (2, True), f"{command}: {told}"
    assert order_now(world, "A-1")["state"] == "ready"
    read(world, "orders", "hold", "A-1")
    assert "A-1 is held here" in read(world, "orders", "hold", "A-1", "--reason", "a better word"), "twice is once more"
    assert order_now(world, "A-1")["reason"] == "held_by_person: a better word"
    assert read(world, "orders", "release", "--all-held-for", "order_revue") == (
        "0 orders are put back to work; held are 1 for held_by_person."
    )
