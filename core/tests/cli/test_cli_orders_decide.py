"""`crossdock orders fetch`, `release` and `unacknowledge`, and the webhook that says what to fetch."""

import asyncio
import json
import signal
import socket
import time
from dataclasses import replace

import httpx
import pytest

from crossdock.store import open_store

HELD = "odd-missing_address"


def id_of(systems, number):
    return next(id_ for id_, order in systems.truth()[0]["orders"].items() if order["number"] == number)


def set_order(systems, order_id, **fields):
    systems.post(f"{systems.cart}/_orders", {"id": int(order_id), "set": fields})


def sold(systems):
    """One more order that somebody paid; gives its id and its number."""
    known = systems.truth()[0]["orders"].keys()
    systems.post(f"{systems.cart}/_sell", {"SKU-0001": 1})
    orders = systems.truth()[0]["orders"]
    [order_id] = orders.keys() - known
    return order_id, orders[order_id]["number"]


def test_an_order_that_no_list_has_shown_yet_is_fetched_by_its_id(trading, ordered):
    order_id, number = sold(trading)
    code, told = ordered(trading, "orders", "fetch", order_id)
    assert (code, told) == (0, f"{order_id} {number} ready")
    set_order(trading, order_id, ShippingStatus="Canceled", CheckoutStatus="Disabled")
    code, told = ordered(trading, "orders", "fetch", number, order_id)
    assert (code, told.count(f"{number} skipped: cancelled at the cart")) == (0, 2), told


def test_an_order_that_the_cart_does_not_have_is_said(trading, ordered):
    code, told = ordered(trading, "orders", "fetch", "123")
    assert (code, "The cart does not give 1 of them" in told) == (1, True), told
    assert "Order 123 was asked for and the cart does not give it" in ordered(trading, "problems", "list")[1]


def test_a_pipeline_that_is_not_there_is_a_sentence(trading, ordered):
    code, told = ordered(trading, "orders", "fetch", "123", "--pipeline", "second")
    assert (code, told) == (2, "the config has no pipeline 'second'; it has main")


def test_an_order_is_given_back_and_taken_back(trading, ordered):
    order_id, number = sold(trading)
    ordered(trading, "orders", "fetch", order_id)
    code, told = ordered(trading, "orders", "unacknowledge", number)
    assert (code, told) == (0, f"Order {number} is given back to cart.")
    set_order(trading, order_id, PrivateNotes="changed since")
    ordered(trading, "run", "--once", "--quiet")
    assert "skipped given back to the cart" in ordered(trading, "orders", "list", number)[1]
    assert number not in trading.released()

    code, told = ordered(trading, "orders", "release", number)
    assert (code, told) == (0, f"Order {number} is put back to work.")
    ordered(trading, "run", "--once", "--quiet")
    assert number in trading.released()


def test_an_order_in_the_warehouse_is_neither_given_back_nor_released_again(trading, ordered):
    number = trading.released()[0]
    code, told = ordered(trading, "orders", "unacknowledge", number)
    assert (code, "the warehouse has it, so that it stays marked as taken" in told) == (2, True), told
    assert id_of(trading, number) in trading.marked()
    code, told = ordered(trading, "orders", "release", number)
    assert (code, "only one that is held, or was given back, can be" in told) == (2, True), told


@pytest.fixture
def place():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_call_that_was_answered_is_not_lost_with_the_process(systems, place):
    """The cart calls and cannot be reached itself; the process is killed, and the wish is there for the next one."""
    secret = "a-secret-of-thirty-two-characters"
    file = systems.crossdock.folder / "crossdock.toml"
    file.write_text(f'[webhooks]\nlisten = "{place}"\nsecret = {{ env = "HOOK" }}\n\n{file.read_text()}')
    order_id = id_of(systems, HELD)
    nobody = {"HOOK": secret, "DEMO_CART_URL": "http://127.0.0.1:9"}
    alone = replace(systems.crossdock, environment=systems.crossdock.environment | nobody)
    process = alone.start("run", "--json-log")
    try:
        body = json.dumps({"ID": int(order_id), "ShippingFirstName": "Ada"})
        assert called(f"http://{place}/webhooks/cart/{secret}", body) == 204
        assert called(f"http://{place}/webhooks/elsewhere/{secret}", body) == 404
    finally:
        process.send_signal(signal.SIGKILL)
        said = "".join(process.communicate())
    assert secret not in said
    assert "Ada" not in said
    assert asyncio.run(wanted(systems)) == [order_id]


def called(url, body, seconds=60):
    """The answer to a call, as soon as somebody listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return httpx.post(url, content=body).status_code
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)


async def wanted(systems):
    async with open_store(f"sqlite:///{systems.crossdock.folder}/crossdock.db") as store:
        return [wish.external_id for wish in await store.wanted_orders("main", 10)]
