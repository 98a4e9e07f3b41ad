"""How a new connection gets its credentials: an approval in the browser, what comes of it, and a first try."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crossdock.config import Connection
from crossdock.hooks.connecting import ConnectSteps
from crossdock.hooks.context import ConnectorInfo, Logger, SystemClock
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig
from crossdock.hooks.features import ChecksConnection
from crossdock.hooks.http import error_text
from crossdock.registry import Registry
from crossdock.registry.contract import ROLES
from crossdock.runtime.host import open_connection
from crossdock.sandbox import PortInUse
from crossdock.sandbox.server import listen, uvicorn_server
from crossdock.transport import open_client
from crossdock.transport.redact import Redactor

NOT_GRANTED = "not-granted-yet"
"""Stands for the value that an approval is still to give."""

_APPROVED = "crossdock has the approval. You can close this window and go back to the terminal.\n"
_REFUSED = "The approval was refused. You can close this window and go back to the terminal.\n"
_NOT_OURS = "This is not the answer that crossdock waits for. Open the address that it has shown, once more.\n"


@dataclass(frozen=True)
class Approval:
    """An approval that is asked for: the page to open, and what must come back with the answer."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)

    @property
    def comes_here(self) -> bool:
        """Whether the answer can be received on this machine; otherwise a person pastes it."""
        address = urlsplit(self.redirect_uri)
        return address.scheme == "http" and address.hostname in ("127.0.0.1", "localhost")


def ask_approval(steps: ConnectSteps, settings: BaseModel, redirect_uri: str) -> Approval:
    """A new approval, which no answer to an earlier one fits."""
    state = token_urlsafe(24)
    return Approval(steps.approval_url(settings, redirect_uri, state), redirect_uri, state)


def read_settings(model: type[BaseModel], known: Mapping[str, Any]) -> BaseModel:
    """The settings of the new connection; raises `NeedsConfig` that names what is wrong, without the values."""
    try:
        return model.model_validate(known)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc'])) or 'all together'}: {one['msg']}" for one in error.errors()]
        raise NeedsConfig("these settings cannot be used: " + "; ".join(wrong)) from None


def read_redirected(url: str, approval: Approval) -> str:
    """The code in the address to which the browser was sent on, as a person pasted it."""
    answer = dict(parse_qsl(urlsplit(url.strip()).query))
    if not _same(answer.get("state", approval.state), approval.state):
        raise NeedsAuth("this address is the answer to another approval: begin again and use the address shown last")
    return _code_of(answer)


async def receive_code(approval: Approval, *, seconds: float, ready: Callable[[], None]) -> str:
    """The code that the browser brings to the redirect address on this machine; calls `ready` when it may come."""
    address, code = urlsplit(approval.redirect_uri), asyncio.get_running_loop().create_future()

    async def answered(request: Request) -> Response:
        answer = dict(request.query_params)
        if not _same(answer.get("state", ""), approval.state):
            return PlainTextResponse(_NOT_OURS, status_code=400)
        if not code.done():
            code.set_result(answer)
        return PlainTextResponse(_REFUSED if "error" in answer else _APPROVED)

    port = address.port or 80
    try:
        listener = listen("127.0.0.1", port)
    except PortInUse:
        raise NeedsConfig(f"port {port} of {approval.redirect_uri} is in use by another program; stop it") from None
    with listener:
        server = uvicorn_server(Starlette(routes=[Route(address.path or "/", answered)]))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        ready()
        await asyncio.wait((code, serving), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        server.end()
        await serving
    if not code.done():
        raise NeedsAuth(f"no approval came within {seconds:g} s; begin again")
    return _code_of(code.result())


async def exchange_code(
    registry: Registry,
    steps: ConnectSteps,
    connection: Connection,
    approval: Approval,
    code: str,
    *,
    secrets: Collection[str],
) -> str:
    """The value that the approval grants; raises `NeedsAuth` when the remote system does not take the code."""
    secrets = {*secrets, code}
    endpoint = registry.endpoint(connection.connector, connection.settings)
    async with open_client(connection.name, endpoint, secrets=secrets) as client:
        try:
            return await steps.exchange_code(connection.settings, client.exchange, code, approval.redirect_uri)
        except CrossdockError as error:
            Redactor(secrets).error(error)
            raise


async def try_connection(
    registry: Registry, connection: Connection, log: Logger, *, secrets: Collection[str]
) -> Sequence[str]:
    """What the new connection reaches; nothing is written there. Raises the error that follows otherwise."""
    opened = open_connection(registry, connection, log, SystemClock(), secrets=secrets, capture=lambda call: None)
    async with opened.client:
        for name in [one for one in ROLES if one in registry.roles(connection.connector)]:
            role = registry.open_role(connection.connector, name, opened.context)
            if isinstance(role, ChecksConnection):
                return await role.check()
    return ("opened; its plugin has no way to try it",)


def info_of(registry: Registry, connector: str) -> ConnectorInfo:
    """What the plugin says of itself; raises `NeedsConfig` when it cannot be used."""
    if failure := registry.quarantined.get(connector):
        raise NeedsConfig(f"'{connector}' cannot be connected: {failure}")
    return registry.connectors[connector]


def _code_of(answer: Mapping[str, str]) -> str:
    if error := answer.get("error"):
        said = error_text(" ".join((error, answer.get("error_description", ""))), limit=100)
        raise NeedsAuth(f"the approval was refused in the browser ({said}); begin again and approve")
    if not answer.get("code"):
        raise NeedsAuth("this address holds no code: paste all of the address that the browser was sent to")
    return answer["code"]


def _same(given: str, wanted: str) -> bool:
    return compare_digest(given.encode(), wanted.encode())
