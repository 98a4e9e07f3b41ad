"""Orders that wait for pieces of one product, as far as the store knows them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from crossdock.config import Config
from crossdock.engine.claim_ports import ClaimingOrder
from crossdock.engine.claims import Sharer, claims_of
from crossdock.runtime.sharers import sharers_of
from crossdock.store import CrossdockStore
from crossdock.store.orders_naming import orders_naming


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """One order that claims pieces of a product, missing at each of these centres of the cart that is told of them.

    `there`: the warehouse has been asked for them.
    """

    id: int
    pipeline: str
    number: str
    sku: str
    pieces: int
    centers: tuple[str, ...]
    there: bool


async def orders_waiting(
    store: CrossdockStore, config: Config, pipelines: Collection[str] | None, skus: Collection[str], now: datetime
) -> list[WaitingOrder]:
    """The orders that claim pieces of a product, by any of its names, from the stock of these pipelines.

    Bundles that only the warehouse knows are not seen before it was asked for their parts.
    """
    found: dict[WaitingOrder, None] = {}
    for name in config.pipelines:
        for sharer in sharers_of(config, name) if pipelines is None or name in pipelines else ():
            if sharer.claims:
                naming = {*skus, *_bundles_with(sharer, skus)}
                orders = await store.read(orders_naming, sharer.rules.name, naming, now)
                found |= dict.fromkeys(one for order in orders for one in _waiting(order, sharer, skus))
    return sorted(found, key=lambda one: (one.id, one.sku, one.centers))


def _bundles_with(sharer: Sharer, skus: Collection[str]) -> Collection[str]:
    """The bundles of a pipeline's own table that hold one of these."""
    return [name for name, parts in sharer.rules.bundles.items() if any(part.sku in skus for part in parts)]


def _waiting(order: ClaimingOrder, sharer: Sharer, skus: Collection[str]) -> Iterator[WaitingOrder]:
    for claim in claims_of(order, sharer):
        if claim.sku in skus and claim.pieces:
            number = order.order.number or order.order.external_id if order.order else ""
            yield WaitingOrder(order.id, sharer.rules.name, number, claim.sku, claim.pieces, claim.centers, claim.there)
