"""What the conformance kit and the campaigns are told of the simulated tenant, and what its people do for them."""

import time
from collections.abc import Callable, Iterable, Mapping
from random import Random

import msgspec

from crossdock.sandbox import Effect, OwnCall, Rehearsal, Scene
from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.items.effects import item_effects
from crossdock_warehouseos.sandbox.options import SandboxOptions, Shift
from crossdock_warehouseos.sandbox.orders.effects import effects_of_orders
from crossdock_warehouseos.sandbox.people.shift import work
from crossdock_warehouseos.sandbox.receiving.effects import effects_of_goods, receive_goods
from crossdock_warehouseos.sandbox.stock.effects import move_goods, scenes, stock_effects
from crossdock_warehouseos.sandbox.telling.push import sign
from crossdock_warehouseos.sandbox.warehouse import Warehouse

PUSH_SECRET = "rehearsed-push-secret"  # noqa: S105 (of the simulator)
GIVEN_UP = 0.5
"""Share of the orders that are short after a shift of which nobody looks for the rest any more."""
WITH_BUNDLES = Scene(options={"bundles": {"KIT-0001": {"SKU-0001": 1, "SKU-0002": 2}}})


def rehearsal_of(options: SandboxOptions) -> Rehearsal:
    """How to connect to the tenant, and with what to play."""
    return Rehearsal(
        settings={"base_url": "{url}", "api_key": options.api_key, "push": {"secret": PUSH_SECRET}},
        skus=tuple(f"SKU-{number:04}" for number in range(1, 21)),
        centers=options.areas,
        carrier="UPS",
        service="GROUND",
        bundles=options.bundles,
        own_call=_own_call(options.profile),
        scenes={**scenes(options), "bundles": WITH_BUNDLES},
    )


def _own_call(profile: Profile) -> OwnCall:
    """A closed box, pushed and signed now."""
    body = msgspec.json.encode({profile.message.id: "P1", **_closed_box(profile)})
    sent_at = str(int(time.time()))
    names = profile.push
    signed = {names.time_header: sent_at, names.signature_header: sign(PUSH_SECRET, sent_at, body)}
    return OwnCall(headers={name.lower(): value for name, value in signed.items()}, body=body.decode())


def _closed_box(profile: Profile) -> dict[str, object]:
    names, line = profile.work, profile.work_line
    lines = [{line.host_id: "1", line.item: "SKU-0001", line.quantity: 1}]
    box = {names.order_number: "1001", names.box: "1001-1", names.at: "2026-03-01T12:00:00Z", names.lines: lines}
    return {profile.message.trigger: profile.triggers.box_closed, profile.message.body: box}


def effects_of(warehouse: Warehouse) -> Callable[[], Iterable[Effect]]:
    """Everything that took effect in the tenant, asked for when it is wanted."""

    def effects() -> Iterable[Effect]:
        yield from effects_of_orders(warehouse.book, warehouse.profile)
        yield from effects_of_goods(warehouse.receiving)
        yield from stock_effects(warehouse.stock)
        yield from item_effects(warehouse.items)

    return effects


def work_of(warehouse: Warehouse) -> Callable[[int], Mapping[str, int]]:
    """A shift: every available order is picked and packed, some of it short or in several boxes, and goods come in."""

    def people_work(seed: int) -> Mapping[str, int]:
        done = work(warehouse, Shift(seed=seed, short_picks=0.1, split_boxes=0.2))
        given_up = _give_up(warehouse, seed)
        received = receive_goods(warehouse.receiving, warehouse.places, seed)
        moved = move_goods(warehouse.stock, warehouse.places, seed)
        return {**done, "given up": given_up, "received": received, **moved}

    return people_work


def _give_up(warehouse: Warehouse, seed: int) -> int:
    """Of some orders that are short nobody looks for the rest any more; gives of how many."""
    in_process, count = warehouse.profile.statuses.in_process, 0
    for order in [order for order in warehouse.book.workable() if order.status == in_process and order.left]:
        if Random(f"{seed}:{order.number}:given up").random() < GIVEN_UP:
            warehouse.floor.complete(order, short=True, reason="NOT FOUND")
            count += 1
    return count
