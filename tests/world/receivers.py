"""Those who are told when something waits for a person: a mail server, and a program that is called; both are real."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mailserver import PASSWORD, USER, MailServer
from starlette.types import Receive, Scope, Send

from crossdock.sandbox import SandboxServer
from world.operator import World
from world.settings import secret, write_secrets

KEY = "the-key-of-signatures"


@contextmanager
def mails(world: World, name: str = "ops", **wants: Any) -> Iterator[MailServer]:
    """A mail server that is reached with TLS and a login, and a receiver of that name who gets mails by it."""
    with MailServer(world.folder, security="starttls", login=True) as server:
        write_secrets(world.folder, mail_password=PASSWORD)
        told = {
            "to": ["ada@example.org"],
            "from": "crossdock@example.org",
            "host": "127.0.0.1",
            "port": server.port,
            "ca_file": server.certificate.name,
            "user": USER,
            "password": secret("mail_password"),
        }
        _receivers(world, "email")[name] = {**told, **wants}
        yield server


@dataclass
class Program:
    """A program that is called: it takes what is signed with its key, and refuses everything with another `status`."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call, or refuse it."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status = self.status if _is_signed(scope, body) else 401
        if status == 200:
            self.calls.append(json.loads(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})


def _is_signed(scope: Scope, body: bytes) -> bool:
    right = f"sha256={hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(dict(scope["headers"]).get(b"x-crossdock-signature", b"").decode(), right)


@contextmanager
def program(world: World, name: str = "pager", **wants: Any) -> Iterator[Program]:
    """A program that listens, and a receiver of that name who is told by calling it."""
    one = Program()
    with SandboxServer(one) as server:
        write_secrets(world.folder, **{f"{name}_url": f"{server.url}/a-secret-place", f"{name}_key": KEY})
        told = {"url": secret(f"{name}_url"), "secret": secret(f"{name}_key")}
        _receivers(world, "webhook")[name] = {**told, **wants}
        yield one


def _receivers(world: World, kind: str) -> dict[str, Any]:
    receivers: dict[str, Any] = world.settings.setdefault("alerts", {}).setdefault(kind, {})
    return receivers
