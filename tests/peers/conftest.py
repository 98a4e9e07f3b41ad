"""Where strangers' clients find the simulator: on a port of its own, or in place of the real service."""

import json
import os
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock import Scenario
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.sandbox import sandbox_app
from crossdock_channeladvisor.sandbox.bulk.certificate import write_certificate

HOST = "api.channeladvisor.com"
APPLICATION, SECRET, REFRESH_TOKEN = "sandbox-application", "sandbox-secret", "sandbox-refresh-token"


@pytest.fixture(scope="session")
def open_cart() -> Callable[..., AbstractContextManager[str]]:
    """Runs a simulated ChannelAdvisor with these options, for the length of a `with` block."""

    @contextmanager
    def serve(orders: int = 30, **options: Any) -> Iterator[str]:
        with SandboxServer(sandbox_app(Scenario(seed=1, orders=orders, options=options))) as server:
            yield server.url

    return serve


def access_token(url: str) -> str:
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    answer = httpx.post(f"{url}/oauth2/token", auth=(APPLICATION, SECRET), data=form)
    return str(answer.raise_for_status().json()["access_token"])


@pytest.fixture(scope="session")
def sign_in() -> Callable[[str], str]:
    """Gives an access token of a simulator."""
    return access_token


class Place(NamedTuple):
    """Where a simulator is for us, and the environment in which other programs take it for the real service."""

    url: str
    environment: dict[str, str]


class FrontDoor(socketserver.ThreadingTCPServer):
    """A proxy that leads every tunnel to one server and is TLS for it, so that clients reach it by the real name."""

    daemon_threads = True

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.behind = ("127.0.0.1", port)
        self.context = context

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.StreamRequestHandler):
    """One connection through the proxy."""

    server: FrontDoor

    def handle(self) -> None:
        asked = self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        if asked.split()[:2] != [b"CONNECT", f"{HOST}:443".encode()]:
            self.wfile.write(b"HTTP/1.1 403 Nothing else is led anywhere\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            self.server.context.wrap_socket(self.connection, server_side=True, suppress_ragged_eofs=True) as client,
            socket.create_connection(self.server.behind) as server,
        ):
            back = threading.Thread(target=pass_on, args=(server, client))
            back.start()
            pass_on(client, server)
            back.join()


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    """Until one of both has enough."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def as_https(app: ASGIApp) -> ASGIApp:
    """The links that the service gives out begin as its callers reached it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "scheme": "https"}, receive, send)

    return serve


@pytest.fixture
def real_name(tmp_path: Path) -> Callable[..., AbstractContextManager[Place]]:
    """Runs a simulated ChannelAdvisor as https://api.channeladvisor.com for programs with its environment."""

    @contextmanager
    def serve(orders: int = 0, **options: Any) -> Iterator[Place]:
        certificate, key = tmp_path / "service.pem", tmp_path / "key.pem"
        write_certificate(certificate, key, HOST)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        app = as_https(sandbox_app(Scenario(seed=1, orders=orders, options=options)))
        with SandboxServer(app) as server, FrontDoor(server.port, context) as door:
            threading.Thread(target=door.serve_forever, daemon=True).start()
            environment = {
                "HTTPS_PROXY": door.url,
                "NO_PROXY": "",
                "REQUESTS_CA_BUNDLE": str(certificate),
                "SSL_CERT_FILE": str(certificate),
                "CA_APPLICATION_ID": APPLICATION,
                "CA_SHARED_SECRET": SECRET,
                "CA_REFRESH_TOKEN": REFRESH_TOKEN,
                "POWERTOOLS_LOG_LEVEL": "ERROR",
            }
            yield Place(server.url, environment)
            door.shutdown()

    return serve


@pytest.fixture
def told_by() -> Callable[[Path, Path, Mapping[str, str]], Any]:
    """Runs a program with another interpreter, and gives the JSON that it prints in its last line."""

    def run(python: Path, program: Path, environment: Mapping[str, str]) -> Any:
        hidden = {"HTTP_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "PYTHONPATH"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        command = [python, "-I", program]
        done = subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
