"""One pipeline, opened: its rules, the roles bound to connections, and what its flows share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from crossdock.domain import Order
from crossdock.engine.feed import Feed
from crossdock.engine.ports import Lease, RunReport, Store
from crossdock.engine.retry import RetryPolicy
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.context import Clock, Logger
from crossdock.hooks.roles import FulfillmentTarget, OrderSource, ShippingProvider

Role = TypeVar("Role", covariant=True)


@dataclass(frozen=True)
class Bound(Generic[Role]):
    """A role and the name of the connection it is bound to; `workers` calls may be under way at once."""

    connection: str
    role: Role
    workers: int = 8


@dataclass(frozen=True)
class Pipeline:
    """Everything that the flows of one pipeline work with."""

    rules: PipelineRules
    store: Store
    clock: Clock
    log: Logger
    source: Bound[OrderSource]
    target: Bound[FulfillmentTarget]
    provider: Bound[ShippingProvider] | None = None
    order_filter: Callable[[Order], str | None] | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    connection_paused: Callable[[str, str], None] = lambda connection, reason: None

    @property
    def name(self) -> str:
        """The pipeline's name in the config."""
        return self.rules.name


@dataclass(frozen=True)
class Run:
    """One run of one flow: its lease, what it has counted, whether it should stop, and its neighbours.

    `upstream` tells when there is more to do, `downstream` is told.
    """

    pipeline: Pipeline
    lease: Lease
    report: RunReport
    stop: asyncio.Event
    upstream: Feed = field(default_factory=lambda: Feed(closed=True))
    downstream: Feed = field(default_factory=Feed)
