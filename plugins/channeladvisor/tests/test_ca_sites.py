"""What a site allows: as ChannelAdvisor tells it, remembered for a while, and what follows where it is not told."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from crossdock import Unavailable
from crossdock.domain import AdjustmentKind, AdjustmentReason
from crossdock.sandbox import FaultPlan
from crossdock_channeladvisor.adjustments.sites import REASON_BY_CODE, REMEMBERED, Site, Sites

CANCEL, REFUND = AdjustmentKind.CANCELLATION, AdjustmentKind.REFUND
AMAZON = 640


class Clock:
    """Goes on when it is told to."""

    def __init__(self):
        self.time = datetime(2025, 6, 1, tzinfo=UTC)

    def now(self):
        return self.time


def site(**fields):
    return Site.model_validate({"ID": 1, **fields})


def test_what_is_not_told_is_not_known():
    for unknown in (site(), site(CancellationConfiguration=None, RefundConfiguration={})):
        assert {unknown.allows(kind, of_line=line) for kind in (CANCEL, REFUND) for line in (True, False)} == {None}
    assert site().reasons() is None


def test_orders_and_lines_and_kinds_are_told_apart():
    some = site(
        CancellationConfiguration={"SupportsOrderCancellations": True, "SupportsOrderItemCancellations": False},
        RefundConfiguration={"SupportsOrderRefunds": False, "SupportsOrderItemRefunds": True},
    )
    assert [some.allows(CANCEL, of_line=line) for line in (False, True)] == [True, False]
    assert [some.allows(REFUND, of_line=line) for line in (False, True)] == [False, True]


def test_reasons_count_only_if_all_their_codes_are_understood():
    assert site(AdjustmentReasons=[{"Code": 105}, {"Code": 101}]).reasons() == [
        AdjustmentReason.BUYER_CANCELLED,
        AdjustmentReason.NOT_AVAILABLE,
    ]
    assert site(AdjustmentReasons=[{"Code": 105}, {"Code": 7}]).reasons() is None
    assert site(AdjustmentReasons=[]).reasons() is None
    assert sorted(REASON_BY_CODE.values()) == sorted(AdjustmentReason)


def requests(url, kind):
    return httpx.get(f"{url}/_truth").json()["requests"].get(kind, 0)


def ask(ca_context, url, deeds):
    """Runs `deeds(sites, clock)` against a server."""

    async def run():
        async with ca_context(url) as ctx:
            clock = Clock()
            return await deeds(Sites(ctx.http, clock, ctx.log), clock)

    return asyncio.run(run())


def test_a_site_is_asked_once_in_a_while_however_many_want_to_know(ca_server, ca_context):
    async def deeds(sites, clock):
        found = await asyncio.gather(*(sites.site(AMAZON) for _ in range(5)))
        assert requests(url, "site") == 1
        clock.time += REMEMBERED + timedelta(seconds=1)
        await sites.site(AMAZON)
        return found

    with ca_server(orders=0) as url:
        found = ask(ca_context, url, deeds)
        assert requests(url, "site") == 2
    assert {each.id for each in found} == {AMAZON}
    assert found[0].allows(CANCEL, of_line=True) is not None
    assert found[0].reasons()


def test_a_site_that_is_not_shown_is_unknown_and_not_asked_for_again(ca_server, ca_context):
    async def deeds(sites, clock):
        return [await sites.site(999_999), await sites.site(999_999)]

    with ca_server(orders=0) as url:
        assert ask(ca_context, url, deeds) == [None, None]
        assert requests(url, "site") == 1


def test_a_site_that_cannot_be_asked_for_now_is_no_answer(ca_server, ca_context):
    async def deeds(sites, clock):
        with pytest.raises(Unavailable, match="site 640"):
            await sites.site(AMAZON)

    with ca_server(orders=0) as url:
        plan = FaultPlan(rates={"error_503": 1.0}, only_paths="Sites")
        httpx.post(f"{url}/_faults", content=plan.model_dump_json()).raise_for_status()
        ask(lambda where: ca_context(where, retries=0), url, deeds)
