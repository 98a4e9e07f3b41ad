"""Which orders are asked for, and how far a walk through their list has come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from crossdock import Cursor, NeedsConfig
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

LONGEST_URL = 2000  # a longer one may be refused with 414; the exact limit is not documented


def first_page(settings: ChannelAdvisorSettings, since: datetime | None) -> str:
    """The URL of the list's first page; every further page is the `nextLink` of the one before.

    `since`: what was updated since then, or, of what does not bear our mark, what was placed since then.
    """
    clauses = _lasting_clauses(settings)
    query = {"$expand": expand(settings.list_details)}
    if settings.retrieval == "not_exported":
        if settings.claim == "export_mark":
            query["exported"] = "false"
        if since is not None:
            clauses.append(f"CreatedDateUtc ge {moment(since)}")
        clauses += _passing_clauses(settings)
    elif since is not None:
        clauses.append(f"UpdatedDateUtc ge {moment(since - settings.overlap)}")
    return _list_url(query, clauses)


def sweep_page(settings: ChannelAdvisorSettings, marked: bool | None, since: datetime) -> str:
    """The URL of the first page of what came in or changed since then, in whatever state it is.

    `marked` chooses what bears our export mark or what does not; None: both.
    """
    start = moment(since - settings.overlap)
    clauses = [*_lasting_clauses(settings), f"(ImportDateUtc ge {start} or UpdatedDateUtc ge {start})"]
    query = {"$expand": expand(tuple(dict.fromkeys(["Adjustments", *settings.list_details])))}
    if marked is not None:
        query["exported"] = "true" if marked else "false"
    return _list_url(query, clauses)


def single_order(order_id: str) -> str:
    """The URL of one order, whose collections are never cut short."""
    return f"/v1/Orders({order_id})?{encoded({'$expand': expand(('Adjustments', 'CustomFields'))})}"


def expand(details: Sequence[str]) -> str:
    """The collections that are shown: lines and fulfillments, and these beside them."""
    of_line = ("BundleComponents", "Adjustments") if "Adjustments" in details else ("BundleComponents",)
    return ",".join((f"Items($expand={','.join(of_line)})", "Fulfillments($expand=Items)", *details))


def _list_url(query: dict[str, str], clauses: list[str]) -> str:
    chosen = {"$filter": " and ".join(clauses)} if clauses else {}
    url = f"/v1/Orders?{encoded(query | chosen)}"
    if len(url) > LONGEST_URL:
        raise NeedsConfig(
            f"the order filter makes a URL of {len(url)} characters and ChannelAdvisor may refuse more than "
            f"{LONGEST_URL}: name fewer profiles, sites, distribution centres, flags or statuses, or split the "
            "connection in two"
        )
    return url


def encoded(query: dict[str, str]) -> str:
    """A query as ChannelAdvisor reads it: spaces as %20, the signs of OData as they are."""
    return urlencode(query, quote_via=quote, safe="$(),':/=")


def _lasting_clauses(settings: ChannelAdvisorSettings) -> list[str]:
    """Conditions that never change for an order once they hold."""
    clauses = [*_any_of("ProfileID eq {}", settings.profile_ids), *_any_of("SiteID eq {}", settings.site_ids)]
    if settings.earliest_order_date is not None:
        clauses.append(f"CreatedDateUtc ge {midnight(settings.earliest_order_date)}")
    return clauses


def _passing_clauses(settings: ChannelAdvisorSettings) -> list[str]:
    """Conditions that an order can cease to fulfil.

    Rows that leave the filter during the walk shift the pages behind them, and orders slip through. A list of what
    does not bear our mark starts anew each time, so it finds them again; a list by updated date would not.
    """
    return [
        *_any_of("CheckoutStatus eq '{}'", settings.checkout_status),
        *_any_of("PaymentStatus eq '{}'", settings.payment_status),
        *_any_of("ShippingStatus eq '{}'", settings.shipping_status),
        *_any_of("FlagID eq {}", settings.flag_ids),
        *(_centers(settings) if settings.claim == "export_mark" else [_claimable(settings)]),
    ]


def _centers(settings: ChannelAdvisorSettings) -> list[str]:
    return _any_of("Fulfillments/Any(f: f/DistributionCenterID eq {})", settings.distribution_centers)


def _claimable(settings: ChannelAdvisorSettings) -> str:
    """Orders with a fulfillment of ours that is free to take; one condition, so that it is the same fulfillment."""
    conditions = _any_of("f/ExternalFulfillmentStatus eq '{}'", settings.claimable)
    if settings.distribution_centers:
        conditions += _any_of("f/DistributionCenterID eq {}", settings.distribution_centers)
    else:
        conditions += [f"f/DistributionCenterID ne {center}" for center in settings.externally_managed_centers]
    return f"Fulfillments/Any(f: {' and '.join(conditions)})"


def _any_of(clause: str, values: list[str] | list[int]) -> list[str]:
    """One condition that holds for any of the values, or none if there are no values."""
    if not values:
        return []
    return [f"({' or '.join(clause.format(value) for value in values)})"]


def moment(when: datetime) -> str:
    """A moment as filters and documents want it, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date) -> str:
    """The first moment of a day in UTC."""
    return moment(datetime.combine(day, time(), UTC))


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a walk has come: the cursor, as JSON text.

    `since` is where the walk looks for updates from, `began` when it began, `highest` the latest update seen on it,
    `first` a fingerprint of its first page. A walk may go through several lists one after the other: `part` is the one
    under way, `circled` says that one has turned in a circle, and `reach` is where the walk before looked from.
    """

    next: str = ""
    since: datetime | None = None
    began: datetime | None = None
    highest: datetime | None = None
    first: str = ""
    part: int = 0
    circled: bool = False
    reach: datetime | None = None

    @classmethod
    def of(cls, cursor: Cursor | None) -> "Place":
        """The place that a cursor stands for."""
        return msgspec.json.decode(cursor, type=cls) if cursor else cls()

    def cursor(self) -> Cursor:
        """The cursor that stands for this place."""
        return msgspec.json.encode(self).decode()

    def after(self, page: str, next_link: str | None, latest: datetime | None) -> "Place":
        """The place behind a page, given the page's fingerprint, its link onward and the latest update on it."""
        seen = [moment for moment in (self.highest, latest) if moment]
        return replace(self, next=next_link or "", highest=max(seen, default=None), first=self.first or page)

    def in_circle(self) -> "Place":
        """The place where a list has turned in a circle: the list is over, and not everything was seen."""
        return replace(self, next="", circled=True)

    def in_part(self, part: int, url: str) -> "Place":
        """The place before another list of the same walk."""
        return replace(self, next=url, first="", part=part)

    def checkpoint(self) -> Cursor | None:
        """Where a new run must begin as long as this walk has not come to its end."""
        return Place(since=self.since, reach=self.reach).cursor() if self.since else None

    def final_checkpoint(self) -> Cursor | None:
        """Where a new run must begin once this walk is over.

        That is the latest update seen, which the cart's clock wrote, but never later than the walk began: what changed
        during the walk may have been missed. Where nothing or not everything was seen the old place stays. An order
        that changes lists while they are read can be missed in each, and its updated date need not tell: after several
        lists, the next walk looks back as far as this one.
        """
        ends = [end for end in (self.highest, self.began) if end]
        if self.circled or self.highest is None or (self.since and min(ends) < self.since):
            return self.checkpoint()
        return Place(since=min(ends), reach=self.since if self.part else None).cursor()
