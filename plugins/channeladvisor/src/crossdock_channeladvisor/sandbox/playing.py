"""What the conformance kit and the campaigns are told of the simulated account, and what its buyers do for them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from crossdock.sandbox import Effect, OwnCall, Rehearsal, Scene
from crossdock_channeladvisor.sandbox.catalogue import EAST, ITEM_SKUS, WEST
from crossdock_channeladvisor.sandbox.odata.listing import encode
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.effects import order_effects, trade
from crossdock_channeladvisor.sandbox.orders.sale import Sale
from crossdock_channeladvisor.sandbox.products import Products
from crossdock_channeladvisor.sandbox.products.effects import GoodsEffects, move_goods, scenes

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
"""After every order that is generated."""

ORDER_SCENES = {
    "changes": Scene(settings={"retrieval": "updated"}),
    "ties": Scene(options={"stopped_at": NOW.isoformat()}, settings={"retrieval": "updated", "overlap": "PT0S"}),
}


def rehearsal_of(options: SandboxOptions, account: Account) -> Rehearsal:
    """How to connect to the account, and with what to play."""
    application, secret = next(iter(options.applications.items()))
    keys = {"application_id": application, "shared_secret": secret, "refresh_token": options.refresh_token}
    return Rehearsal(
        settings={"base_url": "{url}", **keys},
        skus=tuple(ITEM_SKUS[:20]),
        centers=(str(EAST), str(WEST)),
        carrier="UPS",
        service="GROUND",
        now=NOW,
        own_call=next((_webhook(sale) for sale in account.sales), None),
        scenes=scenes(NOW) | ORDER_SCENES,
    )


def _webhook(sale: Sale) -> OwnCall:
    return OwnCall(headers={"content-type": "application/json"}, body=encode(sale.order).decode())


def effects_of(account: Account, products: Products) -> Callable[[], Iterable[Effect]]:
    """Everything that took effect in the account, asked for when it is wanted."""
    goods = GoodsEffects(products)

    def effects() -> Iterable[Effect]:
        yield from order_effects(account)
        yield from goods()

    return effects


def work_of(account: Account, products: Products) -> Callable[[int], Mapping[str, int]]:
    """What buyers do in a while, and what the seller's people do to products."""
    return lambda seed: {**trade(account, seed), **move_goods(products, seed)}
