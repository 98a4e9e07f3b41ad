"""What the conformance kit and the campaigns are told of the simulated tenant, and what its people do for them."""

from collections.abc import Callable, Iterable, Mapping

from crossdock.sandbox import Effect, EffectKind, Rehearsal
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.warehouse import Warehouse


def rehearsal_of(options: SandboxOptions) -> Rehearsal:
    """How to connect to the tenant, and with what to play."""
    skus = tuple(f"SKU-{number:04}" for number in range(1, 21))
    settings = {"base_url": "{url}", "api_key": options.api_key}
    return Rehearsal(settings=settings, skus=skus, carrier="UPS", service="GROUND")


def effects_of(warehouse: Warehouse) -> Callable[[], Iterable[Effect]]:
    """Everything that took effect in the tenant, asked for when it is wanted."""
    return lambda: [Effect(kind=EffectKind.ORDER, key=number) for number in warehouse.orders]


def work_of(warehouse: Warehouse) -> Callable[[int], Mapping[str, int]]:
    """A shift: every available order is picked and packed, some of it short or in several boxes."""
    return lambda seed: work(warehouse, Shift(seed=seed, short_picks=0.1, split_boxes=0.2))
