"""All that a plugin gets from its host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from crossdock.domain import OrderEvent
from crossdock.hooks.connecting import ConnectSteps
from crossdock.hooks.files import FileDrop, FileEndpoint
from crossdock.hooks.http import Endpoint, HttpClient

S = TypeVar("S", bound=BaseModel, covariant=True)


class Logger(Protocol):
    """Structured logging: an event in words, details as keywords."""

    def info(self, event: str, **details: Any) -> Any:
        """Something that an operator may want to know."""

    def warning(self, event: str, **details: Any) -> Any:
        """Something that an operator should know."""


class Clock(Protocol):
    """Tells the time; tests and simulators bring their own."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class ConnectorInfo:
    """What a plugin is: asked once when it is loaded.

    `settings` is the pydantic model of a connection's settings; secrets in it are `pydantic.SecretStr`.
    `endpoint` makes from valid settings what the transport must know, `files` the same for a file server if the
    settings name one. `requires_api` is the (major, minor) version of the plugin contract that the plugin was written
    for. `connecting` is what `crossdock connect` needs to know. `needs_tracking`: a cart that takes no shipment without
    a tracking number. `hears`: events, beside shipments and cancellations, that a cart can be told (`HearsEvents`).
    """

    name: str
    title: str
    settings: type[BaseModel]
    endpoint: Callable[[Any], Endpoint]
    requires_api: tuple[int, int]
    docs: str = ""
    files: Callable[[Any], FileEndpoint | None] | None = None
    connecting: ConnectSteps | None = None
    needs_tracking: bool = False
    hears: frozenset[OrderEvent] = frozenset()


@dataclass(frozen=True)
class ConnectionContext(Generic[S]):
    """One configured connection: its name, valid settings, HTTP client, logger, clock and perhaps a file server."""

    name: str
    settings: S
    http: HttpClient
    log: Logger
    clock: Clock
    files: FileDrop | None = None


@dataclass(frozen=True)
class Scenario:
    """What a simulator should play: a seed, a size and options of its own (see each simulator's page)."""

    seed: int = 1
    orders: int = 2000
    options: Mapping[str, Any] = field(default_factory=dict)
