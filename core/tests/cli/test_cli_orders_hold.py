"""`crossdock orders hold`, `resume` and `release`: orders that are kept here by rules and by people."""

import pytest

from crossdock.cli.order_hold import _moment

HOLDS = """
[pipelines.main.holds]
review_when = ["contains(number, '-0')"]
"""


def write_rules(systems, text):
    file = systems.crossdock.folder / "crossdock.toml"
    file.write_text(file.read_text() + text)


def sold(systems):
    known = systems.truth()[0]["orders"].keys()
    systems.post(f"{systems.cart}/_sell", {"SKU-0001": 1})
    orders = systems.truth()[0]["orders"]
    [order_id] = orders.keys() - known
    return order_id, orders[order_id]["number"]


@pytest.fixture
def fetched(trading, ordered):
    """An order that is here, and not at the warehouse yet."""
    order_id, number = sold(trading)
    ordered(trading, "orders", "fetch", order_id)
    return number


def test_an_order_that_is_not_at_the_warehouse_is_held_here_with_reason_name_and_end(trading, ordered, fetched):
    code, told = ordered(
        trading, "orders", "hold", fetched, "--reason", "the buyer calls back", "--until", "2h", "--by", "dana"
    )
    assert (code, f"Order {fetched} is held here until" in told) == (0, True), told
    ordered(trading, "run", "--once", "--quiet")
    assert fetched not in trading.released()
    story = ordered(trading, "orders", "show", fetched)[1]
    assert "held_by_person: the buyer calls back" in story
    assert "UTC by a person: dana, until" in story
    assert "dana: hold order" in story

    assert ordered(trading, "orders", "resume", fetched) == (0, f"Order {fetched} goes on.")
    ordered(trading, "run", "--once", "--quiet")
    assert fetched in trading.released()


def test_what_goes_wrong_with_one_order_stops_no_other(trading, ordered, fetched):
    code, told = ordered(trading, "orders", "hold", "no-such-order", fetched)
    assert (code, "there is no order with the number or id 'no-such-order'" in told) == (2, True), told
    assert f"Order {fetched} is held here" in told
    assert ordered(trading, "orders", "resume", fetched)[0] == 0


@pytest.mark.parametrize("text", ["soon", "2020-01-01", "off", "* * * * *"])
def test_an_end_that_is_none_is_said(trading, ordered, fetched, text):
    code, told = ordered(trading, "orders", "hold", fetched, "--until", text)
    assert code == 2
    assert "is over" in told or "a length of time such as 30m" in told, told


def test_a_moment_without_a_zone_is_in_utc():
    assert _moment("2199-11-30T08:00").isoformat() == "2199-11-30T08:00:00+00:00"
    assert _moment("2199-11-30T08:00+02:00").isoformat() == "2199-11-30T08:00:00+02:00"


def test_all_orders_that_wait_for_a_look_are_let_go_with_one_command(systems, ordered):
    write_rules(systems, HOLDS)
    previewed = ordered(systems, "preview", "--limit", "5")[1]
    assert "held: order_review: to be looked at" in previewed
    assert "POST" in previewed, "what is sent when it is let go"
    ordered(systems, "run", "--once", "--quiet")
    held = ordered(systems, "orders", "list", "--state", "held")[1]
    assert "order_review: to be looked at" in held
    before = set(systems.released())

    code, told = ordered(systems, "orders", "release", "--all-held-for", "order_review")
    assert code == 0, told
    assert "orders are put back to work." in told
    ordered(systems, "run", "--once", "--quiet")
    assert len(set(systems.released()) - before) == int(told.split()[0])
    assert "order_review" not in ordered(systems, "orders", "list", "--state", "held")[1]
    assert ordered(systems, "orders", "release", "--all-held-for", "order_review")[1].startswith("0 orders are")


def test_orders_or_a_reason_are_named_and_not_both(trading, ordered):
    for arguments in ((), ("1", "--all-held-for", "order_review")):
        code, told = ordered(trading, "orders", "release", *arguments)
        assert (code, "--all-held-for" in told) == (2, True), told


def test_looser_filters_let_through_at_the_next_start_what_stricter_ones_skipped(systems, ordered):
    file = systems.crossdock.folder / "crossdock.toml"
    plain = file.read_text()
    strict = 'order_filters = [{ field = "number", match = ["nothing*"] }]'
    file.write_text(plain.replace("[pipelines.main]", f"[pipelines.main]\n{strict}"))
    ordered(systems, "run", "--once", "--quiet")
    assert systems.released() == []
    skipped = ordered(systems, "orders", "list", "--state", "skipped")[1]
    assert "order filter: number is" in skipped

    file.write_text(plain)
    assert "orders are judged again" in systems.crossdock("run", "--once").stderr
    assert len(systems.released()) > 5
