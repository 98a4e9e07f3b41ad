"""Preview: real reads, and every write shown instead of sent; nothing is stored."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from crossdock.config import Config
from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.bundles import bundles_there, by_table
from crossdock.engine.holding import hold_of
from crossdock.engine.judge import Verdict, judge
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.release_plan import KnownBundles, plan_release, warehouses_of
from crossdock.engine.request_fields import fields_of
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.errors import CrossdockError, NeedsConfig
from crossdock.hooks.records import Record
from crossdock.hooks.roles import FulfillmentTarget, OrderSource
from crossdock.mapping import MappedField
from crossdock.registry import Registry
from crossdock.runtime.host import open_connections, open_role
from crossdock.runtime.order_fields import rules_at
from crossdock.runtime.saved_methods import with_saved_methods
from crossdock.transport import Captured, CapturedCall

NOT_STORED = 0
"""The row of an order that no store holds."""


@dataclass(frozen=True)
class PreviewedRequest:
    """What one distribution centre would be asked: the exact call, or why there would be none."""

    number: str
    distribution_center: str
    call: CapturedCall | None = None
    refusal: str = ""


@dataclass(frozen=True)
class PreviewedOrder:
    """What would become of one order if it were seen for the first time; `fields` is what the operator's rules give."""

    external_id: str
    number: str = ""
    site: str = ""
    state: OrderState = OrderState.UNREADABLE
    reason: str = ""
    requests: tuple[PreviewedRequest, ...] = ()
    acknowledgement: CapturedCall | None = None
    fields: tuple[MappedField, ...] = ()


async def preview_pipeline(config: Config, name: str, *, limit: int) -> AsyncIterator[PreviewedOrder]:
    """The first orders of a pipeline's list, each with what would be sent for it."""
    wanted = config.pipelines[name]
    if wanted.order_source is None or wanted.fulfillment_target is None:
        raise NeedsConfig(f"pipeline {name} carries no orders, so there is nothing to preview")
    async with open_connections(config, capture=lambda call: None, quiet=True) as host:
        source = open_role(host, "order_source", wanted.order_source).role
        targets = {name: open_role(host, "fulfillment_target", name).role for name in wanted.more_targets}
        targets[""] = open_role(host, "fulfillment_target", wanted.fulfillment_target).role
        targets[wanted.fulfillment_target] = targets[""]
        previewing = _Preview(name, with_saved_methods(config, rules_at(host, name)), source, targets, host.registry)
        async for record in _records(source, limit):
            yield await previewing.of(record)


async def _records(source: OrderSource, limit: int) -> AsyncIterator[Record]:
    """The first records of the list; no more pages are asked for than they need."""
    cursor, left = None, limit
    while left > 0:
        page = await source.fetch_orders(cursor)
        for record in page.records[:left]:
            yield record
        left -= len(page.records)
        if not page.more:
            return
        cursor = page.cursor


@dataclass(frozen=True)
class _Preview:
    """Follows the road of `download` and `release` up to the door of the remote system."""

    pipeline: str
    rules: PipelineRules
    source: OrderSource
    targets: Mapping[str, FulfillmentTarget]
    registry: Registry

    async def of(self, record: Record) -> PreviewedOrder:
        try:
            order = self.source.read_order(record)
            verdict = judge(order, self.rules, lambda order: self.registry.order_received(self.pipeline, order))
        except Exception as error:  # as in the download: a plugin's bug in one order must not stop the others
            return PreviewedOrder(record.id, reason=str(error) or type(error).__name__)
        if verdict.state is not OrderState.READY:
            return self._shown(order, verdict)
        stored = StoredOrder(NOT_STORED, order.external_id, order)
        planned = plan_release(stored, self.rules, await self._bundles(order)).plan
        if not planned.requests:
            return self._shown(order, Verdict(planned.state, planned.reason))
        requests = tuple([await self._submitted(request) for request in planned.requests])
        acknowledgement = await self._acknowledged(order)
        if hold := hold_of(stored, self.rules.holds, datetime.now(UTC)):  # what is sent when it is let go
            verdict = Verdict(OrderState.HELD, f"{hold.code}: {hold.reason}")
        return self._shown(order, verdict, requests, acknowledgement)

    async def _bundles(self, order: Order) -> KnownBundles:
        """The bundles that those warehouses know which ship parts of the order."""
        asked = [by_table(order, self.rules.bundles)]
        return {name: await bundles_there(self.targets[name], asked) for name in warehouses_of(order, self.rules)}

    def _shown(
        self,
        order: Order,
        verdict: Verdict,
        requests: tuple[PreviewedRequest, ...] = (),
        acknowledgement: CapturedCall | None = None,
    ) -> PreviewedOrder:
        named = (order.external_id, order.number, order.site)
        fields = fields_of(order, self.rules.fields).fields
        return PreviewedOrder(*named, verdict.state, verdict.reason, requests, acknowledgement, fields)

    async def _submitted(self, request: FulfillmentRequest) -> PreviewedRequest:
        center = request.distribution_center
        try:
            await self.targets[self.rules.warehouse(center)].submit_order(request)
        except Captured as shown:
            return PreviewedRequest(request.number, center, shown.call)
        except CrossdockError as error:
            return PreviewedRequest(request.number, center, refusal=str(error))
        return PreviewedRequest(request.number, center, refusal="the plugin would send nothing for it")

    async def _acknowledged(self, order: Order) -> CapturedCall | None:
        with suppress(CrossdockError):
            try:
                await self.source.acknowledge_order(order.external_id)
            except Captured as shown:
                return shown.call
        return None
