"""`/v1/Webhooks`: who wants to be told of which events; the events of an order; the whole order as the message.

The message is the order as the API shows it, without a word on the event. How the real service signs its messages is
not documented: none is signed here, and the `SigningSecret` is only kept. When it tries again is not documented either:
here only `RetryFailedEvents` does. Assumed: `ExternalFulfillmentStatusChanged` means the field of that name; a deleted
webhook is gone; the `Token` of `RetryFailedEvents` is taken and not used.
"""

import secrets
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.documents import Order, Text
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_row
from crossdock_channeladvisor.sandbox.odata.bodies import given, read_body
from crossdock_channeladvisor.sandbox.odata.expand import read_shape
from crossdock_channeladvisor.sandbox.odata.listing import render, row_answer, row_page
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.webhooks.deliveries import Deliveries
from crossdock_channeladvisor.sandbox.webhooks.events import EventType, Snapshot, events_between, snapshot

BASE = "https://api.channeladvisor.com/v1"
EVERYTHING = read_shape(
    {
        "$expand": "Items($expand=FulfillmentItems,Promotions,Adjustments,BundleComponents),"
        "Fulfillments($expand=Items),Adjustments,CustomFields"
    },
    Order,
)


class Webhook(Struct, kw_only=True):
    """Who is told of which events."""

    ID: int
    Name: Text = None
    Status: str = "Enabled"
    WebhookUri: Text = None
    SigningSecret: Text = None
    EventTypes: list[str]


class WebhookWish(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a caller can set."""

    Name: Text | UnsetType = UNSET
    Status: Literal["Enabled", "Disabled", "Suspended"] | UnsetType = UNSET
    WebhookUri: str | UnsetType = UNSET
    SigningSecret: Text | UnsetType = UNSET
    EventTypes: list[EventType] | UnsetType = UNSET


class RetryWish(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of `RetryFailedEvents`."""

    Token: Text = None


class Webhooks:
    """Keeps the webhooks, watches the orders and sends what is wanted."""

    def __init__(self, account: Account, counts: Counts) -> None:
        self._account = account
        self._counts = counts
        self._webhooks: dict[int, Webhook] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self.deliveries = Deliveries()
        account.watch(self._notice)

    def routes(self) -> list[Route]:
        """The entity set and its actions."""
        route, one = self._counts.route, "/v1/Webhooks({row_id:int})"
        return [
            route("GET", "/v1/Webhooks", "webhooks", self._list),
            route("POST", "/v1/Webhooks", "webhooks", self._create),
            route("GET", one, "webhooks", self._show),
            route("PATCH", one, "webhooks", self._change),
            route("DELETE", one, "webhooks", self._delete),
            route("POST", f"{one}/NewSigningSecret", "webhooks", self._new_secret),
            route("POST", f"{one}/RetryFailedEvents", "webhooks", self._retry),
        ]

    def state(self) -> Any:
        """All that `restore` needs."""
        return self._webhooks, self.deliveries.failed

    def restore(self, state: Any) -> None:
        """Go on where another process was."""
        self._webhooks, self.deliveries.failed = state
        self._remember()

    def truth(self) -> dict[str, dict[str, int]]:
        """How many messages of each webhook arrived, and how many did not."""
        return {
            str(id_): {"delivered": self.deliveries.delivered[id_], "failed": len(self.deliveries.failed.get(id_, ()))}
            for id_ in self._webhooks
        }

    async def _list(self, request: Request) -> Response:
        return row_page(request, "Webhooks", self._webhooks.values(), self._account.options, Webhook)

    async def _show(self, request: Request) -> Response:
        return row_answer(request, "Webhooks", self._found(request))

    async def _create(self, request: Request) -> Response:
        wish = read_body(await request.body(), WebhookWish)
        if not isinstance(wish.WebhookUri, str) or not isinstance(wish.EventTypes, list):
            raise BadQuery("The request is invalid. WebhookUri and EventTypes are required.")
        self._check_uri(wish)
        made = Webhook(**{"SigningSecret": _secret(), **given(wish), "ID": next(self._account.new_ids)})
        if not self._webhooks:
            self._remember()
        self._webhooks[made.ID] = made
        return row_answer(request, "Webhooks", made, 201)

    async def _change(self, request: Request) -> Response:
        webhook = self._found(request)
        wish = read_body(await request.body(), WebhookWish)
        self._check_uri(wish)
        for name, value in given(wish).items():
            setattr(webhook, name, value)
        return Response(status_code=204)

    async def _delete(self, request: Request) -> Response:
        del self._webhooks[self._found(request).ID]
        return Response(status_code=204)

    async def _new_secret(self, request: Request) -> Response:
        self._found(request).SigningSecret = _secret()
        return Response(status_code=204)

    async def _retry(self, request: Request) -> Response:
        webhook = self._found(request)
        read_body(await request.body() or b"{}", RetryWish)
        self.deliveries.retry(webhook.ID, webhook.WebhookUri or "")
        return Response(status_code=204)

    def _found(self, request: Request) -> Webhook:
        row_id = request.path_params["row_id"]
        if row_id not in self._webhooks:
            raise no_such_row("Webhooks", row_id)
        return self._webhooks[row_id]

    def _check_uri(self, wish: WebhookWish) -> None:
        if not isinstance(wish.WebhookUri, str):
            return
        parts = urlsplit(wish.WebhookUri)
        loopback = self._account.options.webhook_loopback and (parts.scheme, parts.hostname) == ("http", "127.0.0.1")
        if not parts.hostname or (parts.scheme != "https" and not loopback):
            raise BadQuery(f"WebhookUri '{wish.WebhookUri}' must begin with https://.")

    def _remember(self) -> None:
        """Take down how every order stands, so that the next change can be told from what was."""
        self._snapshots = {sale.order.ID: snapshot(sale.order) for sale in self._account.sales}

    def _notice(self, sale: Sale) -> None:
        if not self._webhooks:
            return
        before, now = self._snapshots.get(sale.order.ID), snapshot(sale.order)
        self._snapshots[sale.order.ID] = now
        for event in events_between(before, now):
            self._tell(event, sale)

    def _tell(self, event: str, sale: Sale) -> None:
        wanted = [each for each in self._webhooks.values() if each.Status == "Enabled" and event in each.EventTypes]
        message = render(sale, EVERYTHING, None, BASE, self._account.options) if wanted else b""
        for webhook in wanted:
            self.deliveries.send(webhook.ID, webhook.WebhookUri or "", message)


def _secret() -> str:
    return secrets.token_urlsafe(32)
