"""ChannelAdvisor as an order source."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock import ConnectionContext, Cursor, FinalAnswer, Page, Receipt, Record
from crossdock.domain import Order, OrderAdjustment, ShipmentConfirmation
from crossdock_channeladvisor.adjustments.adjustments import Adjustments
from crossdock_channeladvisor.adjustments.sites import Sites
from crossdock_channeladvisor.listing import Place
from crossdock_channeladvisor.orders.checking import Inspection
from crossdock_channeladvisor.orders.hints import read_hint
from crossdock_channeladvisor.orders.marks import marks_of
from crossdock_channeladvisor.orders.reading import read_order
from crossdock_channeladvisor.orders.single import SingleOrders
from crossdock_channeladvisor.orders.walk import Walker, main_list, sweep_list
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.carrier_names import carrier_names
from crossdock_channeladvisor.shipments.lookup import Standings
from crossdock_channeladvisor.shipments.shipments import Shipments


class ChannelAdvisorOrders:
    """The orders of one account; fulfils `OrderSource` and every feature of one."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._single = SingleOrders(ctx.http, ctx.settings)
        self._walker = Walker(ctx.http, self._single, ctx.settings, ctx.clock, ctx.log)
        self._main, self._swept = main_list(ctx.settings), sweep_list(ctx.settings)
        self._marks = marks_of(ctx.http, self._single, ctx.settings)
        self._inspection = Inspection(ctx.http, ctx.settings)
        standings = Standings(ctx.http, ctx.log)
        self._shipments = Shipments(ctx.settings, ctx.http, standings, ctx.clock, ctx.log)
        self._adjustments = Adjustments(ctx.settings, ctx.http, standings, Sites(ctx.http, ctx.clock, ctx.log))

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        return await self._walker.page(self._main, cursor)

    def cursor_from(self, moment: datetime) -> Cursor:
        return Place(since=self._settings.first_run_since or moment).cursor()

    async def sweep_orders(self, cursor: Cursor | None) -> Page:
        return await self._walker.page(self._swept, cursor)

    async def fetch_order(self, order_external_id: str) -> Record:
        return await self._single.fetch(order_external_id)

    def read_hint(self, body: bytes) -> Sequence[str]:
        return read_hint(body)

    def read_order(self, record: Record) -> Order:
        return read_order(record, self._settings)

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        return await self._marks.put(order_external_id)

    async def unacknowledge_order(self, order_external_id: str) -> Receipt:
        return await self._marks.take_off(order_external_id)

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        return await self._shipments.confirm(confirmation)

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        return await self._shipments.find(confirmation)

    def carrier_names(self) -> Mapping[str, tuple[str, str]]:
        return carrier_names(self._settings.carriers)

    async def shipment_answers(self, confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        return await self._shipments.answers(confirmations)

    async def adjust_order(self, adjustment: OrderAdjustment) -> Receipt:
        return await self._adjustments.adjust(adjustment)

    async def find_adjustment(self, adjustment: OrderAdjustment) -> Receipt | None:
        return await self._adjustments.find(adjustment)

    async def adjustment_answers(self, adjustments: Sequence[OrderAdjustment]) -> Mapping[str, FinalAnswer]:
        return await self._adjustments.answers(adjustments)

    async def check(self) -> Sequence[str]:
        return await self._inspection.lines()
