"""One pipeline, opened: its rules, the roles bound to connections, and what its flows share."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from crossdock.domain import Order
from crossdock.engine.claims import Sharer
from crossdock.engine.feed import Feed
from crossdock.engine.lease import Lease, named
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.ports import Store
from crossdock.engine.retry import RetryPolicy
from crossdock.engine.rules import PipelineRules
from crossdock.engine.run_ports import RunReport
from crossdock.hooks.context import Clock, Logger
from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.roles import (
    CatalogSink,
    CatalogSource,
    FulfillmentTarget,
    InventorySink,
    InventorySource,
    OrderSource,
    ShippingProvider,
)

Role = TypeVar("Role", covariant=True)


@dataclass(frozen=True)
class Bound(Generic[Role]):
    """A role and the name of the connection it is bound to; `workers` calls may be under way at once."""

    connection: str
    role: Role
    workers: int = 8


@dataclass(frozen=True)
class Pipeline:
    """Everything that the flows of one pipeline work with; a role that is bound to no connection is None.

    `hearers` are the pipelines that hear of the stock that moves at a connection. `more_targets` ship from some of the
    distribution centres; flows that talk to a fulfillment target run once for each, and in the run of such a one it
    stands as `fulfillment_target`, with its connection as `place`. `sharers` are the pipelines, this one among them,
    whose orders concern the stock that its cart is told of, and `shipper` is what ships from that stock. `print_label`
    puts the file of a label, under a name, where it is printed from.
    """

    rules: PipelineRules
    store: Store
    clock: Clock
    log: Logger
    order_source: Bound[OrderSource] | None = None
    fulfillment_target: Bound[FulfillmentTarget] | None = None
    shipping_provider: Bound[ShippingProvider] | None = None
    inventory_sink: Bound[InventorySink] | None = None
    inventory_source: Bound[InventorySource] | None = None
    catalog_source: Bound[CatalogSource] | None = None
    catalog_sink: Bound[CatalogSink] | None = None
    order_filter: Callable[[Order], str | None] | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    connection_paused: Callable[[str, str], None] = lambda connection, reason: None
    hearers: Mapping[str, Sequence[Hearer]] = field(default_factory=dict)
    more_targets: tuple[Bound[FulfillmentTarget], ...] = ()
    place: str = ""
    sharers: tuple[Sharer, ...] = ()
    shipper: Bound[FulfillmentTarget] | None = None
    print_label: Callable[[str, bytes], Awaitable[None]] | None = None

    @property
    def name(self) -> str:
        """The pipeline's name in the config."""
        return self.rules.name

    @property
    def source(self) -> Bound[OrderSource]:
        """The order source of a pipeline that has one."""
        return self.need(self.order_source, "order source")

    @property
    def target(self) -> Bound[FulfillmentTarget]:
        """The fulfillment target of a pipeline that has one."""
        return self.need(self.fulfillment_target, "fulfillment target")

    @property
    def targets(self) -> Mapping[str, Bound[FulfillmentTarget]]:
        """Every fulfillment target by its connection, the one that stands first first."""
        first = (self.fulfillment_target,) if self.fulfillment_target else ()
        return {bound.connection: bound for bound in (*first, *self.more_targets)}

    def towards(self, connection: str) -> "Pipeline":
        """The same pipeline with another one of its fulfillment targets in the first place."""
        targets = dict(self.targets)
        there = targets.pop(connection)
        return replace(self, fulfillment_target=there, more_targets=tuple(targets.values()), place=connection)

    def named(self, what: str) -> str:
        """What a flow, or what it keeps, is called in the run of this place."""
        return named(what, self.place)

    def bound(self, role: str) -> Bound[object] | None:
        """What a role (by its name in the config) is bound to."""
        found: Bound[object] | None = getattr(self, role)
        return found

    def need(self, bound: Bound[Role] | None, role: str) -> Bound[Role]:
        """What is bound to a role; raises `NeedsConfig` with the role in words when it is nothing."""
        if bound is None:
            raise NeedsConfig(f"pipeline {self.name} has no {role}")
        return bound


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

    async def rules_now(self) -> PipelineRules:
        """The rules of the config, with the ship methods that people have saved by now."""
        return self.pipeline.rules.with_saved(await self.pipeline.store.saved_methods(self.pipeline.name))
