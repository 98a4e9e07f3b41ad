"""What a webhook is believed to say: an order's id."""

import asyncio
import json
import queue

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Unreadable
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.orders.hints import LARGEST_HINT, read_hint


def test_a_whole_order_names_itself_and_nothing_else_of_it_is_read(ca):
    assert read_hint(json.dumps(ca.order(ID=4445862222, Items="not believed")).encode()) == ("4445862222",)


@pytest.mark.parametrize(
    "body",
    [
        {"ID": 7},
        {"OrderID": 7},
        {"Order": {"ID": 7, "ProfileID": 1}},
        {"Value": {"OrderID": 7}},
        {"ID": 99, "EventType": "CancellationStarted", "Order": {"ID": 7}},
        {"ID": 99, "OrderID": 7},
    ],
)
def test_an_order_may_be_wrapped_or_only_named(body):
    assert read_hint(json.dumps(body).encode()) == ("7",)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff", b"[]", b"7", b'"7"', b"{}", b"[" * 100_000),
        *(b'{"ID":null}', b'{"ID":"7"}', b'{"ID":0}', b'{"ID":-4}', b'{"ID":7.5}', b'{"ID":true}'),
        *(b'{"ID":7)/Export"}', b'{"Order":[]}'),
    ],
)
def test_what_names_no_order_is_refused(body):
    with pytest.raises(Unreadable, match="webhook"):
        read_hint(body)


def test_what_is_larger_than_any_order_is_not_even_looked_at():
    with pytest.raises(Unreadable, match="it is not read"):
        read_hint(b'{"ID":7,"x":"' + b"x" * LARGEST_HINT + b'"}')


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.sampled_from(["ID", "OrderID", "Order"]), st.integers()).map(
        lambda body: json.dumps(body).encode()
    )
)
def test_whatever_comes_is_an_id_or_refused(body):
    try:
        (order_id,) = read_hint(body)
    except Unreadable:
        return
    assert int(order_id) > 0


def test_the_webhook_of_a_cancelled_order_leads_to_that_order(ca_server, ca_context):
    came = queue.Queue()

    async def listener(scope, receive, send):
        came.put((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def register(url, uri):
        wish = {"Name": "ours", "WebhookUri": uri, "EventTypes": ["CancellationStarted"]}
        async with ca_context(url) as ctx:
            await ctx.http.send("POST", "/v1/Webhooks", content=json.dumps(wish).encode())

    with SandboxServer(listener) as ear, ca_server(orders=0, webhook_loopback=True) as url:
        asyncio.run(register(url, f"{ear.url}/hooks"))
        sold = httpx.post(f"{url}/_sell", json={"SKU-0001": 2}).raise_for_status().json()["ID"]
        httpx.post(f"{url}/_cancel", json={"id": sold}).raise_for_status()
        assert read_hint(came.get(timeout=10)) == (str(sold),)
