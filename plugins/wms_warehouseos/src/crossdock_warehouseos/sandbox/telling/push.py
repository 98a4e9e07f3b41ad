"""SendToURL: messages that a simulated tenant sends to a URL at once, one attempt each, and does not keep."""

import asyncio
import hmac
import time
from collections import Counter, deque
from typing import Any

import httpx
from starlette.requests import Request
from starlette.routing import Route

from crossdock_warehouseos.sandbox.front.desk import Desk
from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import PushOptions, SandboxOptions, TriggerName
from crossdock_warehouseos.sandbox.telling.queue import HostQueue

PATIENCE = 5.0
AT_ONCE = 8
ARRIVED, FAILED = "pushed", "push failed"


class Pushes:
    """Sends messages in the background, several at once: they may arrive in another order than they were written."""

    def __init__(self, options: SandboxOptions, push: PushOptions, queue: HostQueue, counts: Counter[str]) -> None:
        self._push = push
        self._names = options.profile.push
        self._queue = queue
        self._counts = counts
        self._waiting: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        queue.outlets.append(self._take)

    def _take(self, trigger: TriggerName, body: dict[str, Any]) -> bool:
        """Put the message on its way, if its trigger sends to the URL; must be called inside a running event loop."""
        if trigger not in self._push.triggers:
            return False
        _, message = self._queue.write(trigger, body)
        self._waiting.append(message)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        return True

    async def settled(self) -> dict[str, int]:
        """Wait until no message is under way; gives counts of all so far."""
        while self._task is not None:
            await self._task
        return {name: self._counts[name] for name in (ARRIVED, FAILED)}

    async def _work(self) -> None:
        # What the environment says of proxies is not meant for a tenant and its host on one machine.
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            while self._waiting:
                together = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                await asyncio.gather(*(self._send(client, message) for message in together))
            # Before the client is closed: a message that comes meanwhile needs a task of its own.
            self._task = None

    async def _send(self, client: httpx.AsyncClient, message: bytes) -> None:
        headers = {"Content-Type": "application/json", **self._proof(message)}
        try:
            answer = await client.post(self._push.url, content=message, headers=headers)
            arrived = answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            arrived = False
        self._counts[ARRIVED if arrived else FAILED] += 1

    def _proof(self, message: bytes) -> dict[str, str]:
        """The headers by which the host knows who sends; none without a secret."""
        if self._push.secret is None:
            return {}
        sent_at = str(int(time.time()))
        signature = sign(self._push.secret, sent_at, message)
        return {self._names.time_header: sent_at, self._names.signature_header: signature}


def sign(secret: str, sent_at: str, message: bytes) -> str:
    """HMAC-SHA256 over the time and the message, in hexadecimal: assumed, nothing is known of the real one."""
    return hmac.new(secret.encode(), sent_at.encode() + b"." + message, "sha256").hexdigest()


def push_controls(desk: Desk, pushes: Pushes | None) -> list[Route]:
    """The control call that waits for what is under way."""

    async def settle(request: Request) -> Any:
        if pushes is None:
            raise Refused(400, "There is no push in the options.")
        return await pushes.settled()

    return [desk.control("POST", "/_pushes", settle)]
