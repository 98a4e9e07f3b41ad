"""`crossdock orders cancel` and `refund`: every mistake is a sentence, and the cart is asked once."""

import pytest

from crossdock.store import hold_runner_lock

HELD, REFUSED = "odd-missing_address", "odd-unknown_sku"


def order_of(systems, number):
    return next(order for order in systems.truth()[0]["orders"].values() if order["number"] == number)


def line_of(systems, number):
    return next(iter(order_of(systems, number)["lines"]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("cancel", "NONE", "--reason", "general"), "there is no order with the number or id 'NONE'"),
        (("cancel", "SHIPPED", "--reason", "not_availabel"), "did you mean 'not_available'?"),
        (("cancel", "SHIPPED", "--reason", "general"), "has left: `crossdock orders refund"),
        (("cancel", HELD, "--reason", "general", "--line", "1"), f"order {HELD} has no line 1; it has "),
        (("cancel", HELD, "--reason", "general", "--quantity", "1"), "say of which line 1 units are meant"),
        (("cancel", HELD, "--reason", "general", "--quantity", "0"), "should be greater than or equal to 1"),
        (("cancel", HELD), "Missing option '--reason'"),
        (("cancel", HELD, "--reason", "general", "--line", "LINE", "--quantity", "99"), ", not 99"),
        (("cancel", HELD, "--reason", "general", "--pipeline", "other"), "the config has no pipeline 'other'; it has"),
        (("refund", "SHIPPED", "--reason", "returned", "--amount", "itme=5"), "did you mean 'item'?"),
        (("refund", "SHIPPED", "--reason", "returned", "--amount", "item=much"), "'item=much' has no amount"),
        (("refund", "SHIPPED", "--reason", "returned", "--amount", "item=-5"), "only amounts from 0 up"),
        (("refund", "SHIPPED", "--reason", "returned", "--amount", "item=NaN"), "only amounts from 0 up"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_for_is_a_sentence(finished, ordered, arguments, sentence):
    named = {"SHIPPED": finished.released()[0], "LINE": line_of(finished, HELD)}
    code, told = ordered(finished, "orders", *(named.get(word, word) for word in arguments))
    assert code == 2
    assert sentence in told
    assert not any(order["adjustments"] for order in finished.truth()[0]["orders"].values())


def test_a_cancellation_is_asked_at_once_and_only_once(trading, ordered):
    code, told = ordered(trading, "orders", "cancel", HELD, "--reason", "not-available", "--restock")
    assert (code, "The cart has it (" in told) == (0, True), told
    code, told = ordered(trading, "orders", "cancel", HELD, "--reason", "not_available", "--restock")
    assert (code, "to ask for it once more, add --again" in told) == (2, True), told
    assert len(order_of(trading, HELD)["adjustments"]) == 1

    code, told = ordered(trading, "orders", "release", HELD)
    assert (code, "only the marketplace's answer will tell" in told) == (2, True), told
    code, shown = ordered(trading, "orders", "show", HELD)
    assert "asked for cancellation of the whole order, not available" in shown
    assert "no word of the marketplace yet, asked at" in shown


def test_an_order_in_the_warehouse_is_cancelled_only_anyway(trading, ordered):
    number = trading.released()[0]
    code, told = ordered(trading, "orders", "cancel", number, "--reason", "buyer_cancelled")
    assert (code, "delete or shorten it there first" in told) == (2, True), told
    assert not order_of(trading, number)["adjustments"]
    code, told = ordered(trading, "orders", "cancel", number, "--reason", "buyer_cancelled", "--anyway")
    assert (code, "The cart has it (" in told) == (0, True), told


def test_a_refund_of_a_shipped_line_keeps_the_shipping(trading, ordered):
    trading.post(f"{trading.warehouse}/_shift", {})
    ordered(trading, "run", "--once", "--quiet")
    done = (number for number in trading.released() if order_of(trading, number)["ships"])
    number = next(number for number in done if not order_of(trading, number)["adjustments"])
    line, money = line_of(trading, number), ("--amount", "item=1.50", "--amount", "shipping=0")
    code, told = ordered(trading, "orders", "refund", number, "--reason", "returned", "--line", line, *money)
    assert code == 0, told
    assert [asked["kind"] for asked in order_of(trading, number)["adjustments"]] == ["Refund"]
    _, shown = ordered(trading, "orders", "show", number, "--full")
    assert '"ItemAdjustment": 1.5, "ShippingAdjustment": 0,' in shown
    assert f"asked for refund of all units of line {line}, returned" in shown


def test_a_crossdock_that_runs_is_left_to_do_it(trading, ordered):
    with hold_runner_lock(f"sqlite:///{trading.crossdock.folder}/crossdock.db"):
        code, told = ordered(trading, "orders", "cancel", REFUSED, "--reason", "general")
        assert (code, "the crossdock that runs asks the cart within seconds" in told) == (0, True), told
        code, told = ordered(trading, "orders", "fetch", REFUSED)
        assert (code, "the crossdock that runs fetches" in told) == (0, True), told
    assert not order_of(trading, REFUSED)["adjustments"]
    ordered(trading, "run", "--once", "--quiet")
    assert len(order_of(trading, REFUSED)["adjustments"]) == 1
