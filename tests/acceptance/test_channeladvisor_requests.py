"""How many requests ChannelAdvisor is asked for each thing done, as it counts them itself: calls within a batch too.

`pytest -s` shows the figures of the table in the plugin's README.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from world import Line, World
from world.desk import change
from world.sales import EAST, line_id

WorldMaker = Callable[..., World]
NO_LIMIT = {"rate_per_minute": 0}
ORDERS = 100
PRODUCTS = 471
LATER = timedelta(minutes=20)
ORDER_SERVICES = ("download", "release", "acknowledge", "collect", "confirm", "fetch", "sweep", "adjust", "follow")
SKUS = [f"SKU-{number:04}" for number in range(1, 101)]


@contextmanager
def costs(world: World, what: str, number: int, at_most: float, **once: int) -> Iterator[None]:
    """The requests that the block costs, for each of so many; `once`: kinds that are asked so often however many."""
    before = asked(world)
    yield
    spent = asked(world) - before
    each = sum((spent - Counter(once)).values()) / number
    print(f"{what}: {each:.2f} ({_told(spent)}; {number} of them)")
    assert each <= at_most + 1e-9, f"{what}: {each:.3f} requests, {dict(spent)}"
    assert all(spent[kind] == times for kind, times in once.items()), dict(spent)


def asked(world: World) -> Counter[str]:
    """What the cart was asked so far, but for tokens."""
    return Counter({kind: n for kind, n in world.cart.truth()["requests"].items() if kind != "token"})


def _told(spent: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(spent.items()))


def sold(world: World, orders: int = ORDERS) -> list[int]:
    return [world.cart.sells(f"A-{number}", Line("SKU-0001", 2)) for number in range(orders)]


def only(world: World, *services: str) -> None:
    """Switch every service off but these."""
    every = (*world.pipeline["services"], *ORDER_SERVICES)
    world.pipeline["services"] = {name: "1m" if name in services else "off" for name in every}


def test_order_that_is_taken_by_export_mark_and_shipped(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    sold(world)
    with costs(world, "order taken by export mark, listed and marked", ORDERS, at_most=1.01):
        world.run()
    world.warehouse.works()
    only(world, "collect", "confirm")
    with costs(world, "package told", ORDERS, at_most=1.0):
        world.run()
    only(world, "follow")
    with costs(world, "marketplace's answer to a package", ORDERS, at_most=0.04):
        world.run(later=LATER)


def test_order_that_is_claimed_by_fulfillment_and_shipped(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    world.connections["cart"]["claim"] = "fulfillment"
    sold(world)
    with costs(world, "order claimed by fulfillment, listed and claimed", ORDERS, at_most=2.01):
        world.run()
    world.warehouse.works()
    only(world, "collect", "confirm")
    with costs(world, "package told, claimed by fulfillment", ORDERS, at_most=3.0):
        world.run()


def test_order_of_which_there_is_nothing_new(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    only(world, "download", "release")
    sold(world)
    world.run()
    with costs(world, "order that is listed again", ORDERS, at_most=0.01):
        world.run()
    only(world, "download", "sweep")
    world.run()
    with costs(world, "list and sweep that find nothing", 1, at_most=3):
        world.run(later=LATER)


def test_cancellation_and_its_answer(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    only(world, "download")
    orders = sold(world, 50)
    world.run()
    for order in orders:
        world.desk.cancels(order, line_id(order, 1), 1)
    only(world, "adjust")
    with costs(world, "cancellation", 50, at_most=2.0, site=1):
        world.run()
    only(world, "follow")
    with costs(world, "marketplace's answer to a cancellation", 50, at_most=0.04):
        world.run(later=LATER)
    only(world, "fetch")
    with costs(world, "what is left of the order, read anew", 50, at_most=1.0):
        world.run(later=LATER)


def test_single_order(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    only(world, "fetch")
    world.desk.wants(*sold(world, 20))
    with costs(world, "single order that a person or a webhook wants", 20, at_most=1.0):
        world.run()


def test_stock(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    world.settings["pipelines"]["main"] = {"inventory_sink": "cart", "catalog_source": "cart"}
    with costs(world, "product read by pages", PRODUCTS, at_most=0.011):
        world.run()
    world.settings["pipelines"]["main"] = {"inventory_sink": "cart"}
    world.desk.changes(*(change(sku, {EAST: 40}, "sellable") for sku in SKUS))
    with costs(world, "level of a known product", len(SKUS), at_most=1.0):
        world.run()
    world.desk.changes(*(change(sku, {EAST: 2}) for sku in SKUS))
    with costs(world, "difference", len(SKUS), at_most=1.05):
        world.run()
    world.desk.changes(*(change(sku, {EAST: 2, 2: -2}) for sku in SKUS))
    with costs(world, "movement between two centres", len(SKUS), at_most=1.05):
        world.run()


def test_stock_of_products_that_no_catalogue_knows(new_world: WorldMaker) -> None:
    world = new_world(cart=NO_LIMIT)
    world.settings["pipelines"]["main"] = {"inventory_sink": "cart"}
    world.desk.changes(*(change(sku, {EAST: 40}, "sellable") for sku in SKUS))
    with costs(world, "level of a product that is looked up", len(SKUS), at_most=1.05):
        world.run()


def test_products_by_export(new_world: WorldMaker) -> None:
    world = new_world(cart={**NO_LIMIT, "products": 2000})
    world.connections["cart"] |= {"full_catalog": "export", "bulk_poll": 0.01}
    world.settings["pipelines"]["main"] = {"catalog_source": "cart"}
    with costs(world, "product read by export", PRODUCTS + 2000, at_most=0.003):
        report = world.run()["catalog"]
    assert report.counts["products"] == PRODUCTS + 2000, report


def test_products_that_are_put(new_world: WorldMaker) -> None:
    record = new_world("record", seed=2, cart=NO_LIMIT)
    world = new_world("shop", cart=NO_LIMIT)
    world.connections["record"] = record.connections["cart"]
    world.settings["pipelines"]["main"] = {"catalog_source": "record", "catalog_sink": "cart"}
    with costs(world, "product put for the first time", PRODUCTS, at_most=5.4, profiles=1):
        world.run()
    for sku in SKUS:
        record.cart.edits(sku, Title=f"Another {sku}")
    with costs(world, "product of which the title changed", len(SKUS), at_most=1.01, profiles=1):
        world.run()
