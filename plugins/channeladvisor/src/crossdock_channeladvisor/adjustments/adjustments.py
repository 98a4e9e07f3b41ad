"""Cancellations and refunds of one account: asked for at ChannelAdvisor, looked up there, and followed to their end."""

from collections.abc import Mapping, Sequence

from crossdock import AlreadyThere, FinalAnswer, HttpClient, Receipt
from crossdock.domain import OrderAdjustment
from crossdock_channeladvisor.adjustments.adjustable import check_site, check_standing
from crossdock_channeladvisor.adjustments.adjusting import (
    adjust_call,
    adjust_url,
    adjustment_answer,
    check_request,
    find_rows,
    seller_adjustment_id,
)
from crossdock_channeladvisor.adjustments.sites import Sites
from crossdock_channeladvisor.errors import check_written
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.lookup import ADJUSTED, Standings
from crossdock_channeladvisor.shipments.standing import OrderStanding


class Adjustments:
    """Asks for adjustments: one read of the order, one of its site now and then, and one write."""

    def __init__(self, settings: ChannelAdvisorSettings, http: HttpClient, standings: Standings, sites: Sites) -> None:
        self._settings = settings
        self._http = http
        self._standings = standings
        self._sites = sites

    async def adjust(self, adjustment: OrderAdjustment) -> Receipt:
        """Ask for one cancellation or refund; see `AdjustsOrders.adjust_order`."""
        check_request(adjustment)
        order = await self._standings.one(adjustment.order_external_id)
        if find_rows(order, adjustment):
            raise AlreadyThere(self._name(adjustment))
        check_standing(adjustment, order)
        if adjustment.tell_marketplace:
            await self._check_site(adjustment, order)
        body = adjust_call(adjustment, self._settings)
        check_written(await self._http.send("POST", adjust_url(adjustment), content=body), "what an adjustment gives")
        return Receipt(self._name(adjustment), f"{adjustment.kind} asked for")

    async def find(self, adjustment: OrderAdjustment) -> Receipt | None:
        """Where the adjustment is at the cart; see `AdjustsOrders.find_adjustment`."""
        rows = find_rows(await self._standings.one(adjustment.order_external_id), adjustment)
        return Receipt(self._name(adjustment), "found among the order's adjustments") if rows else None

    async def answers(self, adjustments: Sequence[OrderAdjustment]) -> Mapping[str, FinalAnswer]:
        """What the marketplaces said; see `AdjustsOrders.adjustment_answers`."""
        orders = await self._standings.many({each.order_external_id for each in adjustments}, ADJUSTED)
        answers: dict[str, FinalAnswer] = {}
        for each in adjustments:
            order = orders.get(each.order_external_id)
            answer = adjustment_answer(order, each) if order else None
            if answer:
                answers[each.key] = answer
        return answers

    def _name(self, adjustment: OrderAdjustment) -> str:
        return seller_adjustment_id(adjustment, self._settings)

    async def _check_site(self, adjustment: OrderAdjustment, order: OrderStanding) -> None:
        site = await self._sites.site(order.site_id) if order.site_id is not None else None
        name = (site and site.site_name) or order.site_name or f"site {order.site_id}"
        check_site(adjustment, site, name, try_unknown=self._settings.unknown_site == "try")
