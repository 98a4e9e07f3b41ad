"""`crossdock orders withdraw` and `replace`, and a hold at the warehouse: what a person wants of it."""

import pytest


@pytest.fixture
def at_warehouse(trading):
    """An order that the warehouse has and nobody works on."""
    return trading.released()[-1]


def test_an_order_is_taken_back_kept_and_sent_again(trading, ordered, at_warehouse):
    code, told = ordered(trading, "orders", "withdraw", at_warehouse, "--yes")
    assert code == 0, told
    assert f"The warehouse has forgotten order {at_warehouse}. It is held now" in told
    assert at_warehouse not in trading.released()
    ordered(trading, "run", "--once", "--quiet")
    assert at_warehouse not in trading.released(), "kept until a person lets it go"

    assert ordered(trading, "orders", "release", at_warehouse)[0] == 0
    ordered(trading, "run", "--once", "--quiet")
    assert trading.released().count(at_warehouse) == 1
    story = ordered(trading, "orders", "show", at_warehouse)[1]
    assert f"withdraw {at_warehouse} to warehouse: done" in story


def test_an_order_is_replaced_in_one_go(trading, ordered, at_warehouse):
    code, told = ordered(trading, "orders", "replace", at_warehouse, "--yes")
    assert code == 0, told
    assert "It is released now" in told
    assert trading.released().count(at_warehouse) == 1


def test_nothing_is_taken_back_before_a_person_has_said_yes(trading, ordered, at_warehouse):
    code, told = ordered(trading, "orders", "withdraw", at_warehouse)
    assert (code, "Have the warehouse forget order" in told) == (1, True), told
    assert at_warehouse in trading.released()


def test_an_order_is_held_at_the_warehouse_and_goes_on(trading, ordered, at_warehouse):
    code, told = ordered(trading, "orders", "hold", at_warehouse)
    assert (code, "is held at the warehouse" in told) == (0, True), told
    assert "held at the warehouse by a person" in ordered(trading, "orders", "list", at_warehouse)[1]
    code, told = ordered(trading, "orders", "hold", at_warehouse, "--until", "2h")
    assert (code, "a hold there has no end of its own" in told) == (2, True), told
    code, told = ordered(trading, "orders", "resume", at_warehouse)
    assert (code, told) == (0, f"Work on order {at_warehouse} may begin.")


def test_an_order_that_the_warehouse_has_not_got_is_said(trading, ordered):
    held = "odd-missing_address"
    for command in (("withdraw", "--yes"), ("replace", "--yes")):
        code, told = ordered(trading, "orders", command[0], held, *command[1:])
        assert (code, f"the warehouse has not got order {held}" in told) == (2, True), told


def test_an_order_on_which_work_has_begun_stays_and_it_is_said_how_far_it_is(systems, ordered):
    systems.crossdock("run", "--once", "--quiet")
    number = systems.released()[0]
    systems.post(f"{systems.warehouse}/_set", {"number": number, "batched": True})
    code, told = ordered(systems, "orders", "withdraw", number, "--yes")
    assert (code, f"The warehouse keeps order {number}: work on {number} has begun" in told) == (1, True), told
    assert number in systems.released()
    assert "withdraw refused" in ordered(systems, "problems", "list")[1]
