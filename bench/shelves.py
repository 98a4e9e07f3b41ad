"""A warehouse full of generated products, for the benchmark of levels: `bench.shelves:sandbox_app`.

The option `shelves` says how many products lie in area EAST, PIECES of each; the cart's simulator generates the same.
"""

from starlette.types import ASGIApp

from crossdock import Scenario
from crossdock_warehouseos.sandbox import sandbox_app as warehouse

PIECES = 7


def sku(number: int) -> str:
    """The SKU of a generated product, the first being 1."""
    return f"GEN-{number:07}"


def sandbox_app(scenario: Scenario) -> ASGIApp:
    """The warehouse's simulator with so many products on its shelves."""
    options = dict(scenario.options)
    items = [sku(number) for number in range(1, options.pop("shelves") + 1)]
    places = {"areas": ["EAST"], "locations": [{"name": "E-01", "area": "EAST"}]}
    stock = {item: {"EAST/E-01": PIECES} for item in items}
    return warehouse(Scenario(scenario.seed, scenario.orders, {**options, **places, "items": items, "stock": stock}))
