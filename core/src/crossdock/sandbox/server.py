"""A real HTTP server on a loopback port, in a thread of this process or as the whole program."""

import asyncio
import errno
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

_TICK_SECONDS = 0.1
"""Between two looks whether a signal has come; the date in the answers is as old."""
_MOMENT_SECONDS = 0.002


class PortInUse(OSError):
    """Another program listens on the port already."""

    def __init__(self, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"port {port} is in use by another program; choose another one with --port, or stop that program",
        )
        self.port = port

    def __str__(self) -> str:
        return str(self.strerror)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: any free one); clients may connect from now on."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every small answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port) from error
        raise
    return listener


class PromptServer(uvicorn.Server):
    """Ends within milliseconds of being told; uvicorn itself looks ten times a second, and waits in between."""

    _loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Finish what is under way, and end; from any thread."""
        self.should_exit = True
        if self._loop:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._told = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                await self._finish()
        for task in self.server_state.tasks:
            task.cancel()

    async def _finish(self) -> None:
        await asyncio.sleep(_MOMENT_SECONDS)  # for connections that were just accepted
        while self.server_state.connections or self.server_state.tasks:
            for connection in [*self.server_state.connections]:
                connection.shutdown()
            await asyncio.sleep(_MOMENT_SECONDS)


def uvicorn_server(app: ASGIApp) -> PromptServer:
    """A server that is quiet, fast, and keeps idle connections longer than any client does."""
    return PromptServer(
        uvicorn.Config(
            app,
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )
    )


def serve_forever(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until SIGINT or SIGTERM; raises `PortInUse` before anything is served."""
    with listen(host, port) as opened, suppress(KeyboardInterrupt):
        uvicorn_server(app).run(sockets=[opened])


class SandboxServer:
    """`with SandboxServer(app) as server:` serves `app` at `server.url` from a thread until the block ends."""

    def __init__(self, app: ASGIApp, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._app = app
        self._host = host
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        listener = listen(self._host, self.port)
        self.port = listener.getsockname()[1]
        self._server = uvicorn_server(self._app)
        # Connections made before the loop runs wait in the listener's backlog: there is nothing to wait for here.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name=f"sandbox-{self.port}", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join()
