"""Messages that the simulated tenant sends to a URL: at once, one attempt each, not kept."""

import hmac
import json
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock.sandbox import SandboxServer
from crossdock_warehouseos.sandbox.telling.push import sign


class Host:
    """A host with a URL for messages; it answers them all with one status."""

    def __init__(self) -> None:
        self.status = 200
        self.came: list[tuple[Headers, bytes]] = []
        self.app = Starlette(routes=[Route("/hook", self._take, methods=["POST"])])
        self.url = ""

    async def _take(self, request: Request) -> Response:
        self.came.append((request.headers, await request.body()))
        return Response(status_code=self.status)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    with SandboxServer(host.app) as server:
        host.url = f"{server.url}/hook"
        yield host


def create(tenant, *numbers):
    line = {"HostId": "L1", "ItemNumber": "SKU-0001", "Quantity": 1}
    for number in numbers:
        tenant.http.post("/api/OrderApi/AddOrder", json={"OrderNumber": number, "Lines": [line]}).raise_for_status()


def settled(tenant):
    return tenant.http.post("/_pushes").raise_for_status().json()


def queued(tenant):
    return tenant.http.get("/api/HostQueueApi/GetMessages").json()["Messages"]


def test_a_trigger_goes_to_the_url_or_to_the_queue_never_to_both(tenant_with, host):
    tenant = tenant_with(push={"url": host.url, "triggers": ["box_closed"]})
    numbers = [f"N{number}" for number in range(30)]
    create(tenant, *numbers)
    tenant.shift()
    assert settled(tenant) == {"pushed": 30, "push failed": 0}
    told = [json.loads(body) for _, body in host.came]
    assert {message["Trigger"] for message in told} == {"BoxClosed"}
    assert sorted(message["Body"]["OrderNumber"] for message in told) == sorted(numbers)
    kept = queued(tenant)
    assert {message["Trigger"] for message in kept} == {"OrderPickComplete"}
    assert told[0].keys() == kept[0].keys()
    assert len({message["Id"] for message in [*told, *kept]}) == 60


def test_with_a_secret_the_host_can_tell_who_sends(tenant_with, host):
    tenant = tenant_with(push={"url": host.url, "secret": "s3cret"}, profile={"push": {"time_header": "X-Sent-At"}})
    create(tenant, "1001")
    tenant.shift()
    settled(tenant)
    [(headers, body)] = host.came
    sent_at = headers["X-Sent-At"]
    assert abs(time.time() - int(sent_at)) < 60
    proof = hmac.new(b"s3cret", sent_at.encode() + b"." + body, "sha256").hexdigest()
    assert headers["X-Signature"] == proof == sign("s3cret", sent_at, body)
    assert headers["Content-Type"] == "application/json"


def test_without_a_secret_nothing_is_signed(tenant_with, host):
    tenant = tenant_with(push={"url": host.url})
    create(tenant, "1001")
    tenant.shift()
    settled(tenant)
    assert not {"x-signature", "x-timestamp"} & set(host.came[0][0])


def test_what_the_host_does_not_take_is_gone(tenant_with, host):
    tenant = tenant_with(push={"url": host.url, "triggers": ["box_closed", "pick_complete"]})
    host.status = 503
    create(tenant, "1", "2")
    tenant.shift()
    assert settled(tenant) == {"pushed": 0, "push failed": 4}
    assert (len(host.came), queued(tenant)) == (4, [])


def test_where_nobody_listens_every_push_fails(tenant_with):
    tenant = tenant_with(push={"url": "http://127.0.0.1:1/hook"})
    create(tenant, "1")
    tenant.shift()
    assert settled(tenant) == {"pushed": 0, "push failed": 1}
    assert tenant.truth()["counts"]["push failed"] == 1


def test_without_push_and_agent_there_is_nothing_to_wait_for_and_nobody_to_run(tenant):
    assert [tenant.http.post(path).status_code for path in ("/_pushes", "/_agent")] == [400, 400]
