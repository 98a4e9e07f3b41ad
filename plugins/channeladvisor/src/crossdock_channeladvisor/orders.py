"""ChannelAdvisor as an order source."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Receipt, Record, Rejected
from crossdock.domain import Order, ShipmentConfirmation
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.listing import Place, first_page, single_order
from crossdock_channeladvisor.models import VendorDistributionCenter, VendorDocument, VendorOrder, VendorProfile
from crossdock_channeladvisor.pages import OrderPage, is_cut, key_of, latest_update, read_page, slice_page, wanted
from crossdock_channeladvisor.reading import parse_order, read_order
from crossdock_channeladvisor.settings import ChannelAdvisorSettings
from crossdock_channeladvisor.shipping import find_fulfillment, seller_fulfillment_id, ship_call

D = TypeVar("D", bound=VendorDocument)


class ChannelAdvisorOrders:
    """The orders of one account; fulfils `OrderSource` and `ChecksConnection`."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._clock = ctx.clock
        self._log = ctx.log

    async def fetch_orders(self, cursor: Cursor | None) -> Page:
        place = self._enter(Place.of(cursor))
        page = read_page((await self._http.get(place.next)).content)
        asked, latest = self._choose(page)
        records = tuple([await self._whole(record) if is_cut(record) else record for record in asked])
        return self._turn(place, page, latest, records)

    def read_order(self, record: Record) -> Order:
        return read_order(record, self._settings)

    async def acknowledge_order(self, order_external_id: str) -> Receipt:
        await self._http.send("POST", f"/v1/Orders({order_external_id})/Export", repeatable=True)
        return Receipt(order_external_id, "marked as exported")

    async def confirm_shipment(self, confirmation: ShipmentConfirmation) -> Receipt:
        body = ship_call(confirmation, self._settings, self._clock.now())
        await self._http.send("POST", f"/v1/Orders({confirmation.order_external_id})/Ship", content=body)
        return Receipt(seller_fulfillment_id(confirmation, self._settings), "marked as shipped")

    async def find_shipment(self, confirmation: ShipmentConfirmation) -> Receipt | None:
        found = find_fulfillment(await self._order(confirmation.order_external_id), confirmation, self._settings)
        return Receipt(str(found.id), "found among the order's fulfillments") if found else None

    async def check(self) -> Sequence[str]:
        profiles = await self._collection("/v1/Profiles", VendorProfile)
        self._check_profiles(profiles)
        centers = await self._collection("/v1/DistributionCenters", VendorDistributionCenter)
        return [
            *(f"profile {row.id} {row.account_name or ''} {row.currency_code or ''}".rstrip() for row in profiles),
            *(f"distribution centre {row.id} {row.code or ''} {row.type or ''}".rstrip() for row in centers),
        ]

    @property
    def _by_update(self) -> bool:
        return self._settings.retrieval == "updated"

    def _enter(self, place: Place) -> Place:
        """The place itself on a walk under way, else the first page of a new walk."""
        if place.next:
            return place
        since = (place.since or self._settings.first_run_since) if self._by_update else None
        return Place(next=first_page(self._settings, since), since=since, began=self._clock.now())

    def _choose(self, page: OrderPage) -> tuple[Sequence[Record], datetime | None]:
        """The orders that the settings ask for, and the latest update of all, where the list did not choose itself."""
        if not self._by_update:
            return page.records, None
        glances = page.glances()
        return wanted(glances, self._settings), latest_update(glances)

    def _turn(self, place: Place, page: OrderPage, latest: datetime | None, records: tuple[Record, ...]) -> Page:
        """The page as the engine wants it, with the way on from here."""
        ids = page.fingerprint()
        if page.next_link == place.next or (ids and ids == place.first):
            self._log.warning("the cart's list of orders turns in a circle and may be incomplete", url=place.next)
            return Page(records, checkpoint=place.checkpoint())
        ahead = place.after(ids, page.next_link, latest)
        if page.next_link is None:
            return Page(records, checkpoint=ahead.final_checkpoint())
        return Page(records, ahead.cursor(), more=True, checkpoint=ahead.checkpoint())

    async def _whole(self, record: Record) -> Record:
        """The order with all its rows, in place of one of which a list gave only the first."""
        try:
            answer = await self._http.get(single_order(record.id))
        except Rejected:  # gone since it was listed: the incomplete record becomes a problem that a person sees
            return record
        if key_of(answer.content) != record.id:
            raise unexpected_answer(f"order {record.id}", answer.content)
        return Record(record.id, answer.content)

    async def _order(self, order_id: str) -> VendorOrder:
        answer = await self._http.get(single_order(order_id))
        try:
            return parse_order(answer.content)
        except ValueError as error:
            raise unexpected_answer(f"order {order_id}", answer.content) from error

    async def _collection(self, url: str, document: type[D]) -> list[D]:
        """Every item of a small collection, page by page."""
        items: list[D] = []
        following: str | None = url
        while following:
            answer = await self._http.get(following)
            kind = f"a list of {url.rpartition('/')[2]}"
            slices = slice_page(answer.content, kind)
            try:
                items += [document.model_validate_json(bytes(raw)) for raw in slices.value]
            except ValidationError as error:
                raise unexpected_answer(kind, answer.content) from error
            following = slices.next_link if slices.next_link != following else None
        return items

    def _check_profiles(self, profiles: Sequence[VendorProfile]) -> None:
        covered = {profile.id for profile in profiles}
        missing = [str(id_) for id_ in self._settings.profile_ids if id_ not in covered]
        if missing:
            raise NeedsConfig(
                f"`profile_ids` names {', '.join(missing)}, which this authorization does not cover; "
                f"it covers {', '.join(map(str, sorted(covered))) or 'no profile'}"
            )
