"""Webhooks: a cart that calls is not believed and only says where to look; a warehouse proves itself and is stored.

The address of a connection is `/webhooks/CONNECTION/SECRET`. A call is answered when what it says is stored, so that it
is not lost with the process. Nothing of its body is logged.
"""

import asyncio
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from socket import socket
from typing import Any, Generic, TypeVar

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.config import webhook_secret
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.runner import FLOWS, flows_of, runs_of
from crossdock.hooks.context import Logger
from crossdock.hooks.errors import CrossdockError, NeedsAuth, NeedsConfig, Unreadable
from crossdock.hooks.features import ReceivesHints, ReceivesRecords
from crossdock.hooks.records import Record
from crossdock.runtime.host import Host, store_of
from crossdock.sandbox import PortInUse
from crossdock.sandbox.server import listen
from crossdock.store import CrossdockStore
from crossdock.store.told import RECORDS_OF_FLOW

LARGEST_BODY = 1_000_000
MOST_IDS, MOST_RECORDS, LONGEST_ID = 100, 10_000, 200
PATIENCE = 10.0
"""Seconds that a caller has for its body."""
AT_ONCE = 100

T = TypeVar("T")
Headers = Mapping[str, str]


class _Refused(Exception):
    """The call is answered with this status."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


@dataclass(frozen=True)
class Receiver(Generic[T]):
    """Who is called at the address of one connection: reads a call, and does what follows from it.

    `ids` are those of what was read, at least `least` and at most `most`; `hook` is what the plugin's reader is called.
    """

    hook: str
    least: int
    most: int
    read: Callable[[Headers, bytes], Sequence[T]]
    ids: Callable[[Sequence[T]], Sequence[str]]
    take: Callable[[Sequence[T]], Awaitable[object]]


class Wishes:
    """Notes wishes; those that come while others are written go together in the next transaction."""

    def __init__(self, store: CrossdockStore, host: Host) -> None:
        self._store, self._clock = store, host.clock
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)
        self._writing = asyncio.Lock()

    async def want(self, pipeline: str, order_ids: Sequence[str]) -> None:
        """Returns when these wishes are stored."""
        self._waiting[pipeline].update(order_ids)
        async with self._writing:
            together = self._waiting.pop(pipeline, set())
            try:
                await self._store.want_orders(pipeline, together, "the cart", now=self._clock.now())
            except BaseException:
                self._waiting[pipeline] |= together  # others wait for them, too
                raise


class Webhooks:
    """The application that callers reach: knows the secret, and whom to tell."""

    def __init__(self, secret: str, receivers: Mapping[str, Receiver[Any]], log: Logger) -> None:
        self._secret, self._receivers, self._log = secret.encode(), receivers, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; without a body, whatever happened."""
        try:
            await self._take(scope, receive)
            status = HTTPStatus.NO_CONTENT
        except _Refused as refused:
            status = refused.status
        headers = [(b"connection", b"close")] if status >= HTTPStatus.BAD_REQUEST else []
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body"})

    async def _take(self, scope: Scope, receive: Receive) -> None:
        name, receiver = self._receiver(scope["path"])
        if scope["method"] != "POST":
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        told = self._read(name, receiver, _headers(scope), await _body(receive))
        try:
            await receiver.take(told)
        except CrossdockError as error:
            self._log.warning("webhook not stored", connection=name, why=str(error))
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE) from error

    def _receiver(self, path: str) -> tuple[str, Receiver[Any]]:
        """Who is meant; a wrong name and a wrong secret look the same, and take the same time."""
        _, root, name, secret = path.split("/") if path.count("/") == 3 else ("", "", "", "")
        known = hmac.compare_digest(secret.encode(), self._secret)
        receiver = self._receivers.get(name)
        if not known or receiver is None or root != "webhooks":
            raise _Refused(HTTPStatus.NOT_FOUND)
        return name, receiver

    def _read(self, name: str, receiver: Receiver[Any], headers: Headers, body: bytes) -> Sequence[Any]:
        try:
            told = receiver.read(headers, body)
        except NeedsAuth as error:
            self._log.warning("webhook not proven", connection=name)
            raise _Refused(HTTPStatus.UNAUTHORIZED) from error
        except Unreadable as error:
            raise _Refused(HTTPStatus.BAD_REQUEST) from error
        except Exception as error:
            self._log.warning("plugin fault", connection=name, hook=receiver.hook, reason=type(error).__name__)
            raise _Refused(HTTPStatus.INTERNAL_SERVER_ERROR) from error
        if not _are_sane(receiver.ids(told), receiver.least, receiver.most):
            raise _Refused(HTTPStatus.BAD_REQUEST)
        return told


def _are_sane(ids: Collection[str], least: int, most: int) -> bool:
    return least <= len(ids) <= most and all(0 < len(one) <= LONGEST_ID for one in ids)


def _headers(scope: Scope) -> Headers:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Receive) -> bytes:
    """The body of a call; refuses one that is too large or takes too long."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Refused(HTTPStatus.BAD_REQUEST)
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > LARGEST_BODY:
                    raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT) from None


def receivers_of(host: Host) -> Mapping[str, Receiver[Any]]:
    """Those who can be called, by connection.

    What a warehouse or a shipping system sends is read by the first pipeline that reads it otherwise, too: rather by
    one that it ships for.
    """
    found: dict[str, Receiver[Any]] = {}
    wishes = Wishes(store_of(host), host)
    for pipeline in host.pipelines.values():
        source = pipeline.order_source
        if source and isinstance(source.role, ReceivesHints):
            found[source.connection] = _hints(source.role, pipeline, wishes)
    for flow in RECORDS_OF_FLOW:
        for pipeline in host.pipelines.values():
            for seen in runs_of(pipeline, FLOWS[flow]) if flow in flows_of(pipeline) else ():
                bound = seen.bound(FLOWS[flow].uses)
                if bound and isinstance(bound.role, ReceivesRecords):
                    found.setdefault(bound.connection, _records(bound.role, seen, seen.named(flow)))
    return found


def _hints(role: ReceivesHints, pipeline: Pipeline, wishes: Wishes) -> Receiver[str]:
    """A cart says which orders to fetch."""
    take = partial(wishes.want, pipeline.name)
    return Receiver("read_hint", 1, MOST_IDS, lambda headers, body: role.read_hint(body), list, take)


def _records(role: ReceivesRecords, pipeline: Pipeline, flow: str) -> Receiver[Record]:
    """A warehouse or a shipping system sends what it may tell but once: the records are stored, and the flow reads
    them."""

    def read(headers: Headers, body: bytes) -> Sequence[Record]:
        return role.read_push(headers, body, pipeline.clock.now())

    async def take(records: Sequence[Record]) -> None:
        await pipeline.store.keep_pushed(pipeline.name, flow, records, now=pipeline.clock.now())

    return Receiver("read_push", 0, MOST_RECORDS, read, lambda records: [record.id for record in records], take)


class _Server(uvicorn.Server):
    """Ends when it is told to; the signals belong to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def webhooks_served(host: Host, place: str) -> AsyncIterator[None]:
    """Listen to calls while the block runs, at `place`."""
    app = Webhooks(webhook_secret(host.config), receivers_of(host), host.log)
    server = _server(app)
    with _opened(place) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        host.log.info("webhooks", listen=place)
        try:
            yield
        finally:
            server.should_exit = True
            await serving


@contextmanager
def _opened(place: str) -> Iterator[socket]:
    name, _, port = place.rpartition(":")
    try:
        listener = listen(name, int(port))
    except PortInUse:
        raise NeedsConfig(f"webhooks.listen: {place} is in use by another program; choose another port") from None
    except OSError as error:
        raise NeedsConfig(f"webhooks.listen: {place} cannot be opened: {error.strerror}") from error
    with listener:
        yield listener


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # the secret is in the address
            server_header=False,
            proxy_headers=False,
            limit_concurrency=AT_ONCE,
            timeout_graceful_shutdown=3,
        )
    )
