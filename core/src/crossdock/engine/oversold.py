"""Oversold: more pieces than lie there are asked for by open orders, and which orders those are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from crossdock.engine.aliasing import aliases_of
from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.claims import Sharer, claims_of
from crossdock.engine.pipeline import Pipeline
from crossdock.engine.positions import Position, SkuAtCenter, StockTaking
from crossdock.engine.problems import Code, Problem

MOST = 500
"""Problems of one run, those with the most missing pieces; where there are more, the cause is another one."""
MOST_NAMED = 5
ORDERS_AT_ONCE = 500


async def oversold(pipeline: Pipeline, taking: StockTaking) -> Sequence[Problem]:
    """A problem for each SKU at a centre of which open orders ask for more than lies there."""
    short = {key: there for key, there in taking.positions.items() if there.free < 0}
    if not short:
        return ()
    worst = sorted(short, key=lambda key: (short[key].free, key))[:MOST]
    claimants = await _claimants(pipeline, taking.counted_at, worst)
    return [_problem(key, short[key], claimants.get(key, ())) for key in worst]


async def _claimants(
    pipeline: Pipeline, counted_at: datetime, wanted: Collection[SkuAtCenter]
) -> Mapping[SkuAtCenter, Collection[str]]:
    """The numbers of the orders that ask for these, as far as their own words tell."""
    keys = {(sku.casefold(), center): (sku, center) for sku, center in wanted}
    aliases = await aliases_of(pipeline)
    found: defaultdict[SkuAtCenter, dict[str, None]] = defaultdict(dict)
    for sharer in pipeline.sharers:
        after = 0
        while orders := await pipeline.store.claiming_orders(
            sharer.rules.name, counted_at, ORDERS_AT_ONCE, after=after
        ):
            after = orders[-1].id
            for order in orders:
                for name, center in _claimed(order, sharer):
                    if key := keys.get((aliases.sku_of(name).casefold(), center)):
                        found[key][_number(order)] = None
    return found


def _claimed(order: ClaimingOrder, sharer: Sharer) -> Collection[SkuAtCenter]:
    return {(claim.sku, center) for claim in claims_of(order, sharer) if claim.pieces for center in claim.centers}


def _number(order: ClaimingOrder) -> str:
    return order.order.number if order.order else next(part.request.order_number for part in order.parts)


def _problem(key: SkuAtCenter, there: Position, claimants: Collection[str]) -> Problem:
    sku, center = key
    listed = list(claimants)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    orders = f" Orders: {', '.join(listed[:MOST_NAMED])}{more}." if listed else ""
    asked = there.allocated + there.in_flight
    missing = "1 piece is" if there.free == -1 else f"{-there.free:,} pieces are"
    return Problem(
        Code.OVERSOLD,
        f"{sku}@{center}",
        f"{sku} is oversold at centre {center}: open orders ask for {asked:,}, and {max(there.on_hand, 0):,} lie there",
        detail=(
            f"{missing} missing: {there.on_hand:,} on hand, {there.allocated:,} allocated by orders "
            f"in the warehouse, {there.in_flight:,} asked for by orders that are not there yet.{orders}"
        ),
        action=(
            "Put stock there, or cancel or move an order. It closes by itself when there is as much as open orders "
            f"ask for. `crossdock stock show {sku}` shows the story of the SKU."
        ),
        cause="oversold",
    )
