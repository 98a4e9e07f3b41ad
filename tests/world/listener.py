"""Somebody who listens to calls as a running crossdock does, beside runs that come and go."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from crossdock.config import load_config
from crossdock.runtime.host import open_host
from crossdock.runtime.webhooks import webhooks_served
from world.operator import Ahead


def free_place() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def listening(config: Path, place: str, *, later: timedelta = timedelta(0)) -> Iterator[None]:
    """Take in what is sent to the webhooks of a config while the block runs, by a clock that goes ahead."""
    ready, over = threading.Event(), threading.Event()

    async def listen() -> None:
        async with open_host(load_config(config), clock=Ahead(later), quiet=True) as host, webhooks_served(host, place):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(listen(),), daemon=True)
    thread.start()
    try:
        assert ready.wait(10), "nobody listens"
        yield
    finally:
        over.set()
        thread.join(10)
