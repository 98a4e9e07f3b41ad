"""What only a real karrio server can show; each of these runs in the slow run alone."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock import NeedsAuth, OutcomeUnknown
from crossdock.sandbox import FaultPlan, Faults, SandboxServer

pytestmark = pytest.mark.slow

LIVE_KEY, TEST_KEY = "key_live", "key_test"
NUMBERS = (f"{uuid4().hex[:8]}-{place}" for place in count())


def road_to(url: str) -> ASGIApp:
    """Passes every call on to a server, so that its answer can get lost on the way back."""

    async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        kept = {name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers}
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            path = f"{scope['path']}?{scope['query_string'].decode()}"
            answer = await client.request(scope["method"], path, content=await request.body(), headers=kept)
        await Response(answer.content, answer.status_code, media_type="application/json")(scope, receive, send)

    return pass_on


@pytest.mark.parametrize("fault", ["lost_reply", "error_502_after", "dropped", "html"])
def test_a_purchase_whose_answer_is_lost_on_the_way_from_a_real_server_is_made_once(real, connected_to, a_wish, fault):
    wanted = a_wish(next(NUMBERS))
    plan = FaultPlan(rates={fault: 1}, only_paths="/purchase$", max_faults=1)

    async def at_last(labels):
        draft = await labels.draft_label(wanted)
        with pytest.raises(OutcomeUnknown):
            await labels.buy_label(wanted, draft, draft.rates[0])
        found = await labels.find_label(wanted)
        if not found.bought:
            await labels.buy_label(wanted, found, found.rates[0])
        return (await labels.find_label(wanted)).ref == draft.ref

    with SandboxServer(Faults(road_to(real.url), plan)) as road:
        far = connected_to(road.url, LIVE_KEY)
        assert far.use(at_last)
        far.http.close()
    (only,) = real.http.get("/v1/shipments", params={"reference": wanted.reference}).json()["results"]
    assert only["status"] == "created"


def test_a_key_for_tests_sees_no_live_shipment(real, connected_to, a_wish):
    wanted = a_wish(next(NUMBERS))
    real.bought(wanted)
    tests = connected_to(real.url, TEST_KEY)
    assert "test shipments" in tests.use(lambda labels: labels.check())[0]
    assert tests.use(lambda labels: labels.find_parcels(wanted.reference)) == []
    tests.http.close()


class Heard(BaseHTTPRequestHandler):
    """Keeps the calls that a server makes."""

    calls: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_real_call_is_believed_and_read_as_the_simulated_one(real, server, a_wish):
    calls: list[tuple[dict[str, str], bytes]] = []
    heard = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Heard,), {"calls": calls}))
    threading.Thread(target=heard.serve_forever, daemon=True).start()
    hook = real.http.post(
        "/v1/webhooks",
        json={
            "url": f"http://127.0.0.1:{heard.server_port}/",
            "enabled_events": ["shipment_purchased", "shipment_cancelled"],
        },
    ).json()
    try:
        parcel = real.bought(a_wish(next(NUMBERS)))
        real.use(lambda labels: labels.void_label(parcel))
    finally:
        real.http.delete(f"/v1/webhooks/{hook['id']}")
        heard.shutdown()
        heard.server_close()

    async def pushed(labels):
        return [labels.read_parcel(record) for call in calls for record in labels.read_push(*call, real.clock.now())]

    told = real.use(pushed, webhook_secret=hook["secret"])
    assert [(one.external_id, one.voided) for one in told] == [(parcel.external_id, False), (parcel.external_id, True)]
    with pytest.raises(NeedsAuth):
        real.use(pushed, webhook_secret="whsec_other")
    made = server.tell("/_labels", reference="1001")
    simulated = server.http.get("/_event", params={"id": made["id"]}).json()
    assert simulated["headers"].keys() <= calls[0][0].keys()
    assert simulated["body"].keys() == json.loads(calls[0][1]).keys()


def test_checking_an_address_would_keep_it_and_needs_a_carrier_that_can(real):
    asked = {"address_line1": "1 Main St", "city": "Reno", "country_code": "US", "validate_location": True}
    answer = real.http.post("/v1/addresses", json=asked)
    assert (answer.status_code, "not supported by carrier" in answer.text) == (406, True)
