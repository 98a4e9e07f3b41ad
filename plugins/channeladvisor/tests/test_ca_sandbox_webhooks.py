"""Webhooks of the simulated ChannelAdvisor: who may be told, of what, and what happens when nobody listens."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app

MANY = 1000
"""How often a test looks for what comes in its own time."""


class Listener:
    """Takes messages over a real socket, or refuses them."""

    def __init__(self) -> None:
        self.messages: Queue[tuple[bool, dict[str, Any]]] = Queue()
        self.willing = threading.Event()
        self.willing.set()
        self.app = Starlette(routes=[Route("/hook", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        willing = self.willing.is_set()
        self.messages.put((willing, json.loads(await request.body())))
        return Response(status_code=204 if willing else 503)

    def next(self) -> dict[str, Any]:
        return self.messages.get(timeout=10)[1]


class Shop:
    """A signed-in caller and the listener of its webhooks."""

    def __init__(self, client: httpx.Client, listener: Listener, hook: str) -> None:
        self.client, self.listener, self.hook = client, listener, hook
        form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
        auth = ("sandbox-application", "sandbox-secret")
        token = client.post("/oauth2/token", auth=auth, data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

    def want(self, *events: str, **fields: Any) -> dict[str, Any]:
        wish = {"WebhookUri": self.hook, "EventTypes": events, **fields}
        answer = self.client.post("/v1/Webhooks", json=wish)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def sell(self) -> int:
        return int(self.client.post("/_sell", json={"SKU-0001": 2}).json()["ID"])

    def told(self, webhook: int) -> dict[str, int]:
        return self.client.get("/_truth").json()["webhooks"][str(webhook)]


@contextmanager
def _shop(**options: Any) -> Iterator[Shop]:
    listener = Listener()
    app = sandbox_app(Scenario(orders=2, options={"webhook_loopback": True, **options}))
    with (
        SandboxServer(listener.app) as hooks,
        SandboxServer(app) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        yield Shop(client, listener, f"{hooks.url}/hook")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with _shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def tidy() -> Iterator[Shop]:
    """A shop for those who leave no webhook behind."""
    with _shop() as shop:
        yield shop


def test_whole_order_is_sent_when_its_payment_clears(shop: Shop) -> None:
    shop.want("PaymentCleared")
    order = shop.sell()
    message = shop.listener.next()
    params = {"$expand": "Items($expand=FulfillmentItems,Promotions,Adjustments,BundleComponents),"}
    params["$expand"] += "Fulfillments($expand=Items),Adjustments,CustomFields"
    shown = shop.client.get(f"/v1/Orders({order})", params=params).json()
    assert {"@odata.context": shown["@odata.context"], **message} == shown


@pytest.mark.parametrize(
    ("event", "path", "body"),
    [
        ("SellerFulfillmentStatusChanged", "/v1/Orders({id})/Ship", {"Value": {}}),
        ("ExternalFulfillmentStatusChanged", "/v1/Orders({id})/Deny", {}),
        ("CancellationStarted", "/v1/Orders({id})/Adjust", {}),
        ("CancellationFinalized", "/v1/Orders({id})/Adjust", {}),
    ],
)
def test_event_is_told_to_those_who_asked_for_it(tidy: Shop, event: str, path: str, body: dict[str, Any]) -> None:
    order = tidy.sell()
    hook = tidy.want(event)
    tidy.client.post(path.format(id=order), json=body).raise_for_status()
    assert tidy.listener.next()["ID"] == order
    tidy.client.delete(f"/v1/Webhooks({hook['ID']})").raise_for_status()


def test_refund_is_final_when_the_marketplace_has_answered() -> None:
    with _shop(marketplace_answers="by_hand") as shop:
        order = shop.sell()
        shop.client.post(f"/v1/Orders({order})/Ship", json={"Value": {}}).raise_for_status()
        shop.want("RefundStarted", "RefundFinalized")
        shop.client.post(f"/v1/Orders({order})/Adjust").raise_for_status()
        assert shop.listener.next()["Adjustments"][0]["RequestStatus"] == "SubmittedNotProcessed"
        shop.client.post("/_marketplace", json={"answer": "refuse"}).raise_for_status()
        assert shop.listener.next()["Adjustments"][0]["RequestStatus"] == "Error"
        assert shop.listener.messages.empty()


def test_disabled_and_deleted_webhooks_hear_nothing(shop: Shop) -> None:
    silent, gone, _loud = (shop.want("PaymentCleared", Name=name) for name in ("silent", "gone", "loud"))
    assert shop.client.patch(f"/v1/Webhooks({silent['ID']})", json={"Status": "Disabled"}).status_code == 204
    assert shop.client.delete(f"/v1/Webhooks({gone['ID']})").status_code == 204
    rows = shop.client.get("/v1/Webhooks").json()["value"]
    assert [(row["Name"], row["Status"]) for row in rows] == [("silent", "Disabled"), ("loud", "Enabled")]
    first, second = shop.sell(), shop.sell()
    assert [shop.listener.next()["ID"] for _ in range(2)] == [first, second]
    assert shop.listener.messages.empty()
    assert shop.told(silent["ID"]) == {"delivered": 0, "failed": 0}


def test_message_that_was_not_taken_is_sent_again_on_request(shop: Shop) -> None:
    hook = shop.want("PaymentCleared")
    shop.listener.willing.clear()
    order = shop.sell()
    assert shop.listener.messages.get(timeout=10)[0] is False
    shop.listener.willing.set()
    retry = f"/v1/Webhooks({hook['ID']})/RetryFailedEvents"
    for _ in range(MANY):
        assert shop.client.post(retry, json={"Token": "any"}).status_code == 204
        if not shop.listener.messages.empty():
            break
    assert shop.listener.next()["ID"] == order


def test_dead_listener_does_not_stop_the_shop(shop: Shop) -> None:
    hook = shop.want("PaymentCleared", WebhookUri="http://127.0.0.1:1/hook")
    for _ in range(3):
        shop.sell()
    for _ in range(MANY):
        if shop.told(hook["ID"])["failed"] == 3:
            break
    assert shop.told(hook["ID"]) == {"delivered": 0, "failed": 3}


@pytest.mark.parametrize(
    "wish",
    [
        {"WebhookUri": "http://example.com/hook", "EventTypes": ["PaymentCleared"]},
        {"WebhookUri": "hook", "EventTypes": ["PaymentCleared"]},
        {"WebhookUri": "https://example.com/hook"},
        {"EventTypes": ["PaymentCleared"]},
        {"WebhookUri": "https://example.com/hook", "EventTypes": ["Weather"]},
        {"WebhookUri": "https://example.com/hook", "EventTypes": [], "ID": 5},
    ],
)
def test_wrong_webhook_is_refused(tidy: Shop, wish: dict[str, Any]) -> None:
    assert tidy.client.post("/v1/Webhooks", json=wish).status_code == 400


def test_loopback_must_be_allowed() -> None:
    with _shop(webhook_loopback=False) as shop:
        wish = {"WebhookUri": shop.hook, "EventTypes": ["PaymentCleared"]}
        assert shop.client.post("/v1/Webhooks", json=wish).status_code == 400


def test_signing_secret_is_given_and_can_be_renewed(shop: Shop) -> None:
    hook = shop.want("PaymentCleared")
    assert len(hook["SigningSecret"]) > 30
    assert shop.client.post(f"/v1/Webhooks({hook['ID']})/NewSigningSecret").status_code == 204
    assert shop.client.get(f"/v1/Webhooks({hook['ID']})").json()["SigningSecret"] != hook["SigningSecret"]
    assert shop.client.post("/v1/Webhooks(1)/NewSigningSecret").status_code == 404
