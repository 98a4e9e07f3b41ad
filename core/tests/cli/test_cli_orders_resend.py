"""`crossdock orders resend`: what the cart has is only said, what it does not have is sent, and who did it is kept."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from crossdock.cli.order_resend import _outcome
from crossdock.store import hold_runner_lock, open_store

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
HELD = "odd-missing_address"


def database(systems):
    return f"sqlite:///{systems.crossdock.folder}/crossdock.db"


def write(systems, statement, **values):
    async def do():
        async with open_store(database(systems)) as store:
            return await store.write(lambda conn: conn.execute(text(statement), values).rowcount)

    return asyncio.run(do())


def ships(systems, number):
    orders = systems.truth()[0]["orders"].values()
    return next(len(order["ships"]) for order in orders if order["number"] == number)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory, migrated_sqlite):
    from .conftest import systems_for

    with systems_for(tmp_path_factory.mktemp("resend"), migrated_sqlite) as both:
        both.crossdock("run", "--once", "--quiet")
        both.post(f"{both.warehouse}/_shift", {})
        both.crossdock("run", "--once", "--quiet")
        yield both


def test_what_the_cart_has_is_not_sent_twice(shipped, ordered):
    number = shipped.released()[0]
    before = ships(shipped, number)
    code, told = ordered(shipped, "orders", "resend", number, "--by", "ada")
    assert code == 0, told
    assert "the cart has it (its id there:" in told
    assert "nothing was sent" in told
    assert ships(shipped, number) == before
    shown = ordered(shipped, "orders", "show", number)[1]
    assert "ada: resend" in shown
    assert "(a look-up found it)" in shown


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"state": "done"}, (0, "N1/b1: the cart did not have it; it was sent again (its id there: 77).")),
        ({"state": "done", "found_at": NOON}, (0, "N1/b1: the cart has it (its id there: 77); nothing was sent.")),
        ({"state": "rejected", "error": "no"}, (1, "N1/b1: the cart refuses it: no")),
        ({"state": "in_doubt"}, (1, "N1/b1 is noted, and will be looked up again by the next run: it is down")),
    ],
    ids=["sent", "found", "refused", "no answer"],
)
def test_what_became_of_each_package_is_said(kept, said):
    promised = SimpleNamespace(**{"key": "N1/b1", "ref": "77", "found_at": None, "error": ""} | kept)
    assert _outcome(promised, NOON, "it is down") == said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("NONE",), "there is no order with the number or id 'NONE'"),
        ((HELD,), "the cart is to be told of no package of order"),
        (("SHIPPED", "--box", "B-99"), "the cart was told of no package B-99, but of "),
    ],
    ids=["no order", "nothing told", "no such box"],
)
def test_what_cannot_be_told_again_is_a_sentence(shipped, ordered, arguments, sentence):
    named = {"SHIPPED": shipped.released()[0]}
    code, told = ordered(shipped, "orders", "resend", *(named.get(word, word) for word in arguments))
    assert (code, sentence in told) == (2, True), told


def test_a_crossdock_that_runs_is_left_to_do_it(shipped, ordered):
    number = shipped.released()[2]
    with hold_runner_lock(database(shipped)):
        code, told = ordered(shipped, "orders", "resend", number)
        assert (code, "the crossdock that runs looks it up within seconds" in told) == (0, True), told
        code, told = ordered(shipped, "orders", "resend", number)
        assert (code, "is being told to the cart already" in told) == (2, True), told


def test_while_the_switch_is_off_nothing_is_told_again(shipped, ordered):
    config = shipped.crossdock.folder / "crossdock.toml"
    written = config.read_text()
    config.write_text(
        f"{written}\n[pipelines.demo.status_events]\nnotify_cart = false\n".replace("demo", name(written))
    )
    try:
        code, told = ordered(shipped, "orders", "resend", shipped.released()[0])
    finally:
        config.write_text(written)
    assert (code, "is told of nothing now: status_events.notify_cart is false" in told) == (2, True), told


def name(config):
    return config.partition("[pipelines.")[2].partition("]")[0]


def test_the_tracking_numbers_of_a_buyer_who_was_forgotten_are_gone(shipped, ordered):
    number = shipped.released()[3]
    assert write(shipped, "UPDATE orders SET scrubbed_at = 1 WHERE number = :number", number=number)
    code, told = ordered(shipped, "orders", "resend", number)
    assert (code, "and its tracking numbers with it" in told) == (2, True), told
