"""What the conformance kit and the campaigns are told of the simulated account, and what its buyers do for them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from crossdock.sandbox import Effect, EffectKind, Rehearsal
from crossdock_channeladvisor.sandbox.catalogue import ITEM_SKUS
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.products import Products


def rehearsal_of(options: SandboxOptions) -> Rehearsal:
    """How to connect to the account, and with what to play."""
    application, secret = next(iter(options.applications.items()))
    keys = {"application_id": application, "shared_secret": secret, "refresh_token": options.refresh_token}
    now = datetime(2025, 6, 1, 12, tzinfo=UTC)  # after every order that is generated
    return Rehearsal(settings={"base_url": "{url}", **keys}, skus=tuple(ITEM_SKUS[:20]), now=now)


def effects_of(account: Account, products: Products) -> Callable[[], Iterable[Effect]]:
    """Everything that took effect in the account, asked for when it is wanted."""

    def effects() -> Iterable[Effect]:
        for sale in account.sales:
            if sale.exported_for:
                yield Effect(kind=EffectKind.ACKNOWLEDGEMENT, key=str(sale.order.ID))

    return effects


def work_of(account: Account) -> Callable[[int], Mapping[str, int]]:
    """What buyers do in a while: payments that were waited for come in."""
    return lambda seed: {"paid": account.pay_all()}
