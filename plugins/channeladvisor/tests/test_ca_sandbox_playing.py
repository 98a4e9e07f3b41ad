"""What the simulated account tells whoever rehearses with it: effects, and buyers who do the same by the same seed."""

import asyncio
from typing import Any

import httpx
import pytest

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app


@pytest.fixture
def client():
    with SandboxServer(sandbox_app(Scenario(orders=12))) as server, httpx.Client(base_url=server.url) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        answer = client.post("/oauth2/token", auth=("sandbox-application", "sandbox-secret"), data=form)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def effects(client: httpx.Client, kind: str) -> list[dict[str, Any]]:
    return client.get("/_effects", params={"kind": kind}).json()


def told(client: httpx.Client, order_id: int, line: int, name: int) -> int:
    package = {"TrackingNumber": "1Z1", "SellerFulfillmentID": name, "Items": [{"OrderItemID": line, "Quantity": 1}]}
    return client.post(f"/v1/Orders({order_id})/Ship", json={"Value": package}).status_code


def test_a_package_that_was_told_twice_is_one_effect_that_happened_twice(client):
    order_id = client.post("/_sell", json={"SKU-0001": 3}).json()["ID"]
    [sale] = [sale for sale in effects(client, "sale") if sale["key"] == str(order_id)]
    [line] = sale["units"]

    assert [told(client, order_id, int(line), name) for name in (7, 7, 8)] == [204, 204, 204]
    found = [(one["key"], one["of"], one["times"], one["units"]) for one in effects(client, "shipment")]
    assert found == [("1Z1", str(order_id), 2, {line: 2}), ("1Z1", str(order_id), 1, {line: 1})]


def test_an_adjustment_is_told_by_its_pieces(client):
    order_id = client.post("/_sell", json={"SKU-0001": 3, "SKU-0002": 1}).json()["ID"]
    [sale] = [sale for sale in effects(client, "sale") if sale["key"] == str(order_id)]
    first = next(iter(sale["units"]))
    client.post(f"/v1/OrderItems({first})/Adjust", json={"Quantity": 1, "SellerAdjustmentID": "a"})
    client.post("/_cancel", json={"id": order_id, "line": int(first), "quantity": 2})

    found = [(one["key"], one["times"], one["units"]) for one in effects(client, "adjustment")]
    assert found == [("cancel", 1, {first: 1}), ("cancel", 1, {first: 2})]


def test_only_a_mark_of_ours_is_an_acknowledgement(client):
    first, second, *_ = [int(sale["key"]) for sale in effects(client, "sale")]
    client.post("/_export", json={"id": first})
    client.post(f"/v1/Orders({second})/Export")
    assert [one["key"] for one in effects(client, "acknowledgement")] == [str(second)]


def test_buyers_do_the_same_by_the_same_seed():
    assert played() == played()
    assert {"paid", "bought", "changed", "cancelled"} <= played()[0].keys()


def played() -> tuple[dict[str, int], list[Any]]:
    """What buyers did in eight whiles, and what there is to ship then."""

    async def play() -> tuple[dict[str, int], list[Any]]:
        transport = httpx.ASGITransport(app=sandbox_app(Scenario(orders=12)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as client:
            done: dict[str, int] = {}
            for seed in range(1, 9):
                for what, times in (await client.post("/_work", json={"seed": seed})).json().items():
                    done[what] = done.get(what, 0) + times
            return done, (await client.get("/_effects", params={"kind": "sale"})).json()

    return asyncio.run(play())
