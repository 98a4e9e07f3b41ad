"""What lies where at the beginning of a story in which both ends agree."""

from collections.abc import Mapping

from crossdock_channeladvisor.sandbox import ITEM_SKUS, SandboxOptions
from crossdock_channeladvisor.sandbox.catalogue import product_id
from crossdock_channeladvisor.sandbox.products.assortment import Assortment
from world.sales import EAST, WEST

AREAS = {EAST: "EAST", WEST: "WEST"}


def as_at_the_cart(seed: int = 1) -> dict[str, dict[str, int]]:
    """What lies in a warehouse that has of every item what the cart has at our centres, by item and area."""
    assortment = Assortment(seed, 0, SandboxOptions())
    return {sku: lying for sku in ITEM_SKUS if (lying := _lying(assortment.on_hand(product_id(sku))))}


def _lying(at_center: Mapping[int, int]) -> dict[str, int]:
    return {AREAS[center]: pieces for center, pieces in at_center.items() if center in AREAS and pieces}
