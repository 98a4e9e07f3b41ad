"""Walks through lists of orders: a page at a time, orders whole, and never in a circle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from crossdock import Clock, Cursor, HttpClient, Logger, Page, Record, Rejected
from crossdock_channeladvisor.listing import Place, first_page, sweep_page
from crossdock_channeladvisor.orders.glances import (
    Chooser,
    Glanced,
    bears_wanted_tags,
    chosen,
    glances,
    is_foreign,
    is_swept,
    is_wanted,
    latest_sight,
    latest_update,
)
from crossdock_channeladvisor.orders.single import SingleOrders
from crossdock_channeladvisor.pages import OrderPage, is_cut, read_page
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


@dataclass(frozen=True)
class Part:
    """One list of a walk: `url` gives its first page, `marked` is what it tells of its orders (see `Record`)."""

    url: Callable[[datetime | None], str]
    marked: bool | None = None


@dataclass(frozen=True)
class OrderList:
    """What is walked through: one list after the other, and what of them is wanted.

    The `parts` are asked for what happened since a moment. `choose` decides about each order; None: the cart has
    chosen. `latest` tells how far in time a page has come, and `since` where the first walk of all begins; a list
    without `latest` begins anew each time.
    """

    parts: Sequence[Part]
    choose: Chooser | None = None
    latest: Callable[[Sequence[Glanced]], datetime | None] | None = None
    since: Callable[[datetime], datetime | None] = lambda _now: None


class Walker:
    """Gives the pages of lists."""

    def __init__(
        self, http: HttpClient, single: SingleOrders, settings: ChannelAdvisorSettings, clock: Clock, log: Logger
    ) -> None:
        self._http = http
        self._single = single
        self._settings = settings
        self._clock = clock
        self._log = log

    async def page(self, orders: OrderList, cursor: Cursor | None) -> Page:
        """One page of a list from `cursor` on."""
        place = self._enter(orders, Place.of(cursor))
        page = read_page((await self._http.get(place.next)).content, orders.parts[place.part].marked)
        asked, latest = self._choose(orders, page)
        records = tuple([await self._whole(record) if is_cut(record) else record for record in asked])
        return _turned(orders, self._onward(place, page, latest), records)

    def _enter(self, orders: OrderList, place: Place) -> Place:
        """The place itself on a walk under way, else the first page of a new walk."""
        if place.next:
            return place
        now = self._clock.now()
        since = place.since or (orders.since(now) if orders.latest else None)
        return Place(next=orders.parts[0].url(place.reach or since), since=since, began=now, reach=place.reach)

    def _choose(self, orders: OrderList, page: OrderPage) -> tuple[Sequence[Record], datetime | None]:
        """The orders that the settings ask for, and how far in time the page has come."""
        if orders.choose is None and not self._settings.profile_ids:
            return page.records, None
        seen = self._of_our_profiles(glances(page.records))
        latest = orders.latest(seen) if orders.latest else None
        if orders.choose is None:
            return [record for record, _ in seen], latest
        return chosen(seen, orders.choose, self._settings), latest

    def _of_our_profiles(self, seen: Sequence[Glanced]) -> Sequence[Glanced]:
        """Without orders of a profile that was not asked for, whatever the cart lists."""
        ours = [(record, glance) for record, glance in seen if not is_foreign(glance, self._settings)]
        if foreign := len(seen) - len(ours):
            self._log.warning("the cart listed orders of profiles that were not asked for", orders=foreign)
        return ours

    def _onward(self, place: Place, page: OrderPage, latest: datetime | None) -> Place:
        """The place behind a page of a list."""
        ids = page.fingerprint()
        if page.next_link == place.next or (ids and ids == place.first):
            self._log.warning("the cart's list of orders turns in a circle and may be incomplete", url=place.next)
            return place.in_circle()
        return place.after(ids, page.next_link, latest)

    async def _whole(self, record: Record) -> Record:
        """The order with all its rows, in place of one of which a list gave only the first."""
        try:
            return replace(await self._single.fetch(record.id), marked=record.marked)
        except Rejected:  # gone since it was listed: the incomplete record becomes a problem that a person sees
            return record


def _turned(orders: OrderList, ahead: Place, records: tuple[Record, ...]) -> Page:
    """The page as the engine wants it, with the way on: in this list, in the next one, or in a new run."""
    following = ahead.part + 1
    if not ahead.next and following < len(orders.parts):
        ahead = ahead.in_part(following, orders.parts[following].url(ahead.reach or ahead.since))
    if ahead.next:
        return Page(records, ahead.cursor(), more=True, checkpoint=ahead.checkpoint() if orders.latest else None)
    return Page(records, checkpoint=ahead.final_checkpoint() if orders.latest else None)


def main_list(settings: ChannelAdvisorSettings) -> OrderList:
    """The list that the settings ask for: what does not bear our mark, or what was updated."""
    url = partial(first_page, settings)
    if settings.retrieval == "updated":
        return OrderList([Part(url)], is_wanted, latest_update, lambda _now: settings.first_run_since)
    unmarked = Part(url, marked=False if settings.claim == "export_mark" else None)
    return OrderList([unmarked], bears_wanted_tags if settings.tags_any or settings.tags_none else None)


def sweep_list(settings: ChannelAdvisorSettings) -> OrderList:
    """The lists of everything that came in or changed lately: what bears our export mark, then what does not."""
    first_reach = timedelta(days=settings.sweep_days)
    marks = (True, False) if settings.claim == "export_mark" else (None,)
    parts = [Part(partial(sweep_page, settings, marked), marked) for marked in marks]
    return OrderList(parts, is_swept, latest_sight, lambda now: now - first_reach)
