"""A simulator as a real server: in a thread, in a process, on a port that is taken."""

import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock.sandbox import Latency, PortInUse, SandboxFailed, SandboxProcess, SandboxServer, serve_forever


def scenario_app(scenario: Scenario) -> ASGIApp:
    """An app that says what it was asked to play."""

    async def show(request: Request) -> Response:
        return JSONResponse({"seed": scenario.seed, "orders": scenario.orders, "options": dict(scenario.options)})

    return Starlette(routes=[Route("/", show), Route("/_control", show)])


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    monkeypatch.setenv("PYTHONPATH", str(request.path.parent))
    return f"{request.path.stem}:scenario_app"


def _refuses_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_server_answers_inside_the_block_and_is_gone_after_it() -> None:
    with SandboxServer(scenario_app(Scenario(seed=4))) as server:
        assert httpx.get(server.url).json()["seed"] == 4
    assert _refuses_connections(server.port)


def test_server_can_come_back_on_its_port_at_once() -> None:
    with SandboxServer(scenario_app(Scenario(seed=1))) as first, httpx.Client() as client:
        client.get(first.url)
    with SandboxServer(scenario_app(Scenario(seed=2)), port=first.port) as second:
        assert httpx.get(second.url).json()["seed"] == 2


def test_port_in_use_is_a_sentence_that_says_what_to_do() -> None:
    with SandboxServer(scenario_app(Scenario())) as server:
        with pytest.raises(PortInUse) as caught:
            serve_forever(scenario_app(Scenario()), "127.0.0.1", server.port)
        assert str(caught.value) == (
            f"port {server.port} is in use by another program; choose another one with --port, or stop that program"
        )


def test_process_plays_the_scenario_and_ends_with_the_block(importable: str) -> None:
    scenario = Scenario(seed=9, orders=3, options={"page_size": 20})
    with SandboxProcess(importable, scenario) as sandbox:
        assert httpx.get(sandbox.url).json() == {"seed": 9, "orders": 3, "options": {"page_size": 20}}
    assert _refuses_connections(sandbox.port)


def test_process_ends_when_its_parent_is_killed(importable: str) -> None:
    script = (
        "import sys, time\nfrom crossdock.sandbox import SandboxProcess\n"
        f"with SandboxProcess({importable!r}) as sandbox:\n    print(sandbox.port, flush=True)\n    sys.stdin.read()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with parent:
        port = int(parent.stdout.readline())
        assert not _refuses_connections(port)
        parent.kill()
    deadline = time.monotonic() + 10
    while not (gone := _refuses_connections(port)) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert gone, "the simulator outlived its parent"


def test_process_that_cannot_serve_says_so(importable: str) -> None:
    with (
        SandboxServer(scenario_app(Scenario())) as taken,
        pytest.raises(SandboxFailed, match="code 1 before it served"),
    ):
        SandboxProcess(importable, port=taken.port).__enter__()


def test_latency_holds_requests_but_not_control_paths() -> None:
    with SandboxServer(Latency(scenario_app(Scenario()), 0.05)) as server, httpx.Client(base_url=server.url) as client:
        client.get("/_control")
        started = time.perf_counter()
        client.get("/")
        assert time.perf_counter() - started >= 0.05
