"""What each site (marketplace) allows of cancellations and refunds: asked once, remembered for a while."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from crossdock import Clock, HttpClient, Logger, Unavailable
from crossdock.domain import AdjustmentKind, AdjustmentReason
from crossdock_channeladvisor.errors import explain_error, unexpected_answer
from crossdock_channeladvisor.models import VendorDocument

REMEMBERED = timedelta(hours=1)

REASON_BY_CODE = {
    100: AdjustmentReason.GENERAL,
    101: AdjustmentReason.NOT_AVAILABLE,
    102: AdjustmentReason.RETURNED,
    103: AdjustmentReason.COULD_NOT_SHIP,
    104: AdjustmentReason.ALTERNATE_ITEM,
    105: AdjustmentReason.BUYER_CANCELLED,
    106: AdjustmentReason.EXCHANGE,
    107: AdjustmentReason.NOT_RECEIVED,
    108: AdjustmentReason.UNDELIVERABLE,
}
"""The numbers of the reasons in client code; that a site lists its reasons by them is assumed."""


class CancellationConfiguration(VendorDocument):
    """Which cancellations a site takes; None: it does not tell."""

    supports_order_cancellations: bool | None = None
    supports_order_item_cancellations: bool | None = None


class RefundConfiguration(VendorDocument):
    """Which refunds a site takes; None: it does not tell."""

    supports_order_refunds: bool | None = None
    supports_order_item_refunds: bool | None = None


_UNKNOWN_CANCELLATIONS = CancellationConfiguration()
_UNKNOWN_REFUNDS = RefundConfiguration()


class CodeDescription(VendorDocument):
    """One reason that a site knows."""

    code: int
    description: str | None = None


class Site(VendorDocument):
    """A marketplace, and what it allows."""

    id: int
    site_name: str | None = None
    cancellation_configuration: CancellationConfiguration | None = None
    refund_configuration: RefundConfiguration | None = None
    adjustment_reasons: tuple[CodeDescription, ...] | None = ()

    def allows(self, kind: AdjustmentKind, *, of_line: bool) -> bool | None:
        """Whether it takes such adjustments of whole orders, or of single lines; None: it does not tell."""
        if kind is AdjustmentKind.CANCELLATION:
            cancels = self.cancellation_configuration or _UNKNOWN_CANCELLATIONS
            return cancels.supports_order_item_cancellations if of_line else cancels.supports_order_cancellations
        refunds = self.refund_configuration or _UNKNOWN_REFUNDS
        return refunds.supports_order_item_refunds if of_line else refunds.supports_order_refunds

    def reasons(self) -> Sequence[AdjustmentReason] | None:
        """The reasons it takes; None: it does not tell in a way that is understood."""
        codes = [reason.code for reason in self.adjustment_reasons or ()]
        known = [REASON_BY_CODE[code] for code in codes if code in REASON_BY_CODE]
        return known if known and len(known) == len(codes) else None


class Sites:
    """Reads the sites, each at most once in a while."""

    def __init__(self, http: HttpClient, clock: Clock, log: Logger) -> None:
        self._http = http
        self._clock = clock
        self._log = log
        self._known: dict[int, tuple[datetime, Site | None]] = {}
        self._asking = asyncio.Lock()

    async def site(self, site_id: int) -> Site | None:
        """The site with this id, or None if ChannelAdvisor does not tell of it."""
        async with self._asking:
            asked_at, site = self._known.get(site_id, (None, None))
            if asked_at is None or self._clock.now() - asked_at > REMEMBERED:
                site = await self._ask(site_id)
                self._known[site_id] = (self._clock.now(), site)
            return site

    async def _ask(self, site_id: int) -> Site | None:
        answer = await self._http.get(f"/v1/Sites({site_id})", raw=True)
        if answer.is_server_error:
            raise Unavailable(f"ChannelAdvisor does not tell of site {site_id} now: status {answer.status_code}")
        if not answer.is_success:
            reason = explain_error(answer.status_code, answer.content)
            self._log.warning("ChannelAdvisor does not tell what a site allows", site=site_id, reason=reason)
            return None
        try:
            return Site.model_validate_json(answer.content)
        except ValidationError as error:
            raise unexpected_answer(f"site {site_id}", answer.content) from error
