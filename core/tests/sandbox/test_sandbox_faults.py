"""Each fault as a client on a real socket sees it, and what the app did meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock.sandbox import FaultName, FaultPlan, Faults, SandboxServer


class Shop:
    """An app that counts the work it did."""

    def __init__(self) -> None:
        self.sold = 0
        self.forgotten = 0
        self.app = Starlette(
            routes=[
                Route("/sales", self.sell, methods=["POST"]),
                Route("/sales", self.show),
                Route("/_sold", self.show),
            ]
        )

    async def sell(self, request: Request) -> Response:
        await request.body()
        self.sold += 1
        return JSONResponse({"sold": self.sold}, status_code=201)

    async def show(self, request: Request) -> Response:
        return JSONResponse({"sold": self.sold})

    def forget(self) -> None:
        self.forgotten += 1


@contextmanager
def shop_under(**plan: object) -> Iterator[tuple[Shop, httpx.Client]]:
    shop = Shop()
    faults = Faults(shop.app, FaultPlan.model_validate(plan), forget_tokens=shop.forget)
    with SandboxServer(faults) as server, httpx.Client(base_url=server.url) as client:
        yield shop, client


def test_lost_reply_does_the_work_and_answers_nothing() -> None:
    with shop_under(rates={"lost_reply": 1}) as (_, client):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.post("/sales", content=b"x" * 300_000)
        assert client.get("/_sold").json() == {"sold": 1}


def test_dropped_connection_does_no_work() -> None:
    with shop_under(rates={"dropped": 1}) as (_, client):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)):
            client.post("/sales", content=b"x" * 300_000)
        assert client.get("/_sold").json() == {"sold": 0}


@pytest.mark.parametrize(
    ("fault", "status", "sold"),
    [
        ("error_500", 500, 0),
        ("error_503", 503, 0),
        ("error_502_after", 502, 1),
        ("throttled", 429, 0),
        ("slow", 201, 1),
    ],
)
def test_answer_and_work_of_each_fault(fault: str, status: int, sold: int) -> None:
    with shop_under(rates={fault: 1}, slow_seconds=0.01) as (shop, client):
        assert client.post("/sales").status_code == status
        assert shop.sold == sold


def test_html_comes_with_status_200_in_place_of_json() -> None:
    with shop_under(rates={"html": 1}) as (shop, client):
        answer = client.post("/sales")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert shop.sold == 0


def test_truncated_answer_is_whole_http_and_half_json() -> None:
    with shop_under(rates={"truncated": 1}) as (_, client):
        assert client.get("/sales").content == b'{"sol'
        assert client.post("/sales").json() == {"sold": 1}, "only answers of a GET are cut"
        assert client.get("/_faults").json()["injected"] == {"truncated": 1}


def test_throttled_comes_with_and_without_retry_after() -> None:
    with shop_under(rates={"throttled": 1}) as (_, client):
        seen = {client.get("/sales").headers.get("retry-after") for _ in range(20)}
    assert seen == {"1", None}


def test_expired_token_is_forgotten_by_the_app() -> None:
    with shop_under(rates={"token_expired": 1}) as (shop, client):
        assert client.get("/sales").status_code == 200, "this app does not ask for a token"
        assert shop.forgotten == 1


def test_expired_token_is_a_401_when_the_app_has_nothing_to_forget() -> None:
    with (
        SandboxServer(Faults(Shop().app, FaultPlan(rates={FaultName.TOKEN_EXPIRED: 1}))) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        assert client.get("/sales").status_code == 401


def _statuses(seed: int) -> list[int]:
    with shop_under(seed=seed, rates={"error_500": 0.3, "throttled": 0.2}) as (_, client):
        return [client.get("/sales").status_code for _ in range(60)]


def test_the_same_seed_injects_the_same_faults() -> None:
    assert _statuses(7) == _statuses(7)
    assert _statuses(7) != _statuses(8)
    assert set(_statuses(7)) == {200, 429, 500}


def test_plan_can_be_replaced_and_read_while_running() -> None:
    with shop_under() as (_, client):
        assert client.get("/sales").status_code == 200
        client.post("/_faults", json={"rates": {"error_500": 1}, "max_faults": 2})
        assert [client.get("/sales").status_code for _ in range(3)] == [500, 500, 200]
        shown = client.get("/_faults").json()
        assert shown["plan"]["max_faults"] == 2
        assert shown["injected"] == {"error_500": 2}


def test_plan_concerns_only_the_paths_and_methods_it_names() -> None:
    with shop_under(rates={"error_500": 1}, only_paths="^/sal", only_methods=["POST"]) as (_, client):
        assert client.get("/sales").status_code == 200
        assert client.post("/sales").status_code == 500
        assert client.post("/elsewhere").status_code == 404


def test_impossible_plan_is_refused_with_the_reason() -> None:
    with shop_under() as (_, client):
        answer = client.post("/_faults", json={"rates": {"dropped": 0.8, "slow": 0.7}})
        assert answer.status_code == 400
        assert "the rates together are 1.5" in answer.json()["error"]
    with pytest.raises(ValidationError):
        FaultPlan.model_validate({"rates": {"earthquake": 1}})


def test_faults_inside_another_layer_say_so() -> None:
    class Outer:
        def __init__(self, app: Faults) -> None:
            self.app = app

        async def __call__(self, scope: dict, receive: object, send: object) -> None:
            async def passing(message: object) -> None:
                await send(message)

            with pytest.raises(TypeError, match="outermost layer"):
                await self.app(scope, receive, passing)
            await Response("checked")(scope, receive, send)

    faults = Faults(Shop().app, FaultPlan(rates={FaultName.DROPPED: 1}))
    with SandboxServer(Outer(faults)) as server:
        assert httpx.get(f"{server.url}/sales").text == "checked"
