"""Messages on their way to webhooks, in the background: no call of the API waits for them."""

import asyncio
from collections import Counter, deque

import httpx

_PATIENCE = 5.0


class Deliveries:
    """Sends the messages of each webhook in order; those that were not taken are kept for another try."""

    def __init__(self) -> None:
        self.delivered: Counter[int] = Counter()
        self.failed: dict[int, list[bytes]] = {}
        self._waiting: dict[int, deque[bytes]] = {}
        self._uris: dict[int, str] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def send(self, webhook_id: int, uri: str, message: bytes) -> None:
        """Put a message on its way; must be called inside a running event loop."""
        self._uris[webhook_id] = uri
        self._waiting.setdefault(webhook_id, deque()).append(message)
        if webhook_id not in self._tasks:
            self._tasks[webhook_id] = asyncio.get_running_loop().create_task(self._work(webhook_id))

    def retry(self, webhook_id: int, uri: str) -> None:
        """Put every message that was not taken on its way again."""
        for message in self.failed.pop(webhook_id, []):
            self.send(webhook_id, uri, message)

    async def _work(self, webhook_id: int) -> None:
        async with httpx.AsyncClient(timeout=_PATIENCE) as client:
            while self._waiting[webhook_id]:
                await self._deliver(client, webhook_id, self._waiting[webhook_id].popleft())
            # Before the client is closed: a message that comes meanwhile needs a task of its own.
            del self._tasks[webhook_id]

    async def _deliver(self, client: httpx.AsyncClient, webhook_id: int, message: bytes) -> None:
        try:
            headers = {"Content-Type": "application/json"}
            answer = await client.post(self._uris[webhook_id], content=message, headers=headers)
            taken = answer.is_success
        except (httpx.HTTPError, httpx.InvalidURL):
            taken = False
        if taken:
            self.delivered[webhook_id] += 1
        else:
            self.failed.setdefault(webhook_id, []).append(message)
