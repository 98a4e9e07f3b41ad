"""Shipments of one account: told to ChannelAdvisor, looked up there, and followed to the marketplaces' answers."""

from collections.abc import Mapping, Sequence

from crossdock import Clock, FinalAnswer, HttpClient, Logger, Receipt, Rejected
from crossdock.domain import ShipmentConfirmation
from crossdock_channeladvisor.errors import check_written
from crossdock_channeladvisor.models import VendorFulfillment
from crossdock_channeladvisor.orders.claims import COMPLETE, fulfillment_url, status_patch
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipments.lookup import SHIPPED, Standings
from crossdock_channeladvisor.shipments.shipping import (
    check_confirmation,
    check_order,
    find_fulfillments,
    seller_fulfillment_id,
    ship_call,
    shipment_answer,
)
from crossdock_channeladvisor.shipments.standing import OrderStanding


class Shipments:
    """Tells of packages; where fulfillments are claimed, a package counts as told once its fulfillment is Complete."""

    def __init__(
        self,
        settings: ChannelAdvisorSettings,
        http: HttpClient,
        standings: Standings,
        clock: Clock,
        log: Logger,
    ) -> None:
        self._settings = settings
        self._http = http
        self._standings = standings
        self._clock = clock
        self._log = log

    async def confirm(self, confirmation: ShipmentConfirmation) -> Receipt:
        """Report one package; see `OrderSource.confirm_shipment`."""
        check_confirmation(confirmation, self._settings)
        order = await self._standings.one(confirmation.order_external_id) if self._looks_first else None
        parts = find_fulfillments(order, confirmation) if order else ()
        if not parts:
            await self._ship(confirmation, order)
        if self._claims:
            await self._complete(confirmation, parts)
        return Receipt(self._name(confirmation, order), "marked as shipped")

    async def find(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        """Where the package is at the cart; see `OrderSource.find_shipment`."""
        parts = find_fulfillments(await self._standings.one(confirmation.order_external_id), confirmation)
        if not parts or (self._claims and _incomplete(parts)):
            return None
        return Receipt(str(parts[0].id), "found among the order's fulfillments")

    async def answers(self, confirmations: Sequence[ShipmentConfirmation]) -> Mapping[str, FinalAnswer]:
        """What the marketplaces said; see `FollowsShipments.shipment_answers`."""
        orders = await self._standings.many({each.order_external_id for each in confirmations}, SHIPPED)
        answers: dict[str, FinalAnswer] = {}
        for each in confirmations:
            order = orders.get(each.order_external_id)
            answer = shipment_answer(order, each) if order else None
            if answer:
                answers[each.key] = answer
        return answers

    @property
    def _claims(self) -> bool:
        return self._settings.claim == "fulfillment"

    @property
    def _looks_first(self) -> bool:
        """Whether an order is read before one of its packages is told: for what is there, and for its site."""
        by_site = self._settings.seller_fulfillment_id == "key" and bool(self._settings.number_only_sites)
        return self._claims or by_site

    def _name(self, confirmation: ShipmentConfirmation, order: OrderStanding | None) -> str:
        return seller_fulfillment_id(confirmation, self._settings, order.site_id if order else None)

    async def _ship(self, confirmation: ShipmentConfirmation, order: OrderStanding | None) -> None:
        if order:
            check_order(confirmation, order, self._settings)
        body = ship_call(confirmation, self._settings, self._clock.now(), order.site_id if order else None)
        url = f"/v1/Orders({confirmation.order_external_id})/Ship"
        check_written(await self._http.send("POST", url, content=body), "what a shipment gives")

    async def _complete(self, confirmation: ShipmentConfirmation, parts: Sequence[VendorFulfillment]) -> None:
        """Mark the package's fulfillments as Complete; those just made must be read for their ids."""
        made = parts or find_fulfillments(await self._standings.one(confirmation.order_external_id), confirmation)
        if not made:  # accepted a moment ago: to send it again would ship it twice
            self._log.warning("a shipment does not show at the cart yet: its claim stays", shipment=confirmation.key)
        for part in _incomplete(made):
            await self._mark(part)

    async def _mark(self, part: VendorFulfillment) -> None:
        try:
            url, body = fulfillment_url(part), status_patch(COMPLETE)
            answer = await self._http.send("PATCH", url, content=body, repeatable=True)
        except Rejected as refusal:
            told = f"the shipment is recorded, but ChannelAdvisor refuses to mark fulfillment {part.id} as {COMPLETE}"
            raise Rejected(told, *refusal.reasons) from refusal
        check_written(answer, "what a change of a fulfillment gives")


def _incomplete(parts: Sequence[VendorFulfillment]) -> Sequence[VendorFulfillment]:
    return [part for part in parts if part.external_fulfillment_status != COMPLETE]
