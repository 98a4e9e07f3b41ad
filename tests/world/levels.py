"""A warehouse with areas whose levels a cart is told."""

from collections.abc import Callable, Mapping
from typing import Any

from world.operator import World
from world.sales import EAST, WEST

WorldMaker = Callable[..., World]
AREAS = ("EAST", "EAST-BULK", "WEST", "QUARANTINE", "DOCK")
SOLD_FROM = {str(EAST): {"area": "EAST", "stock_areas": ["EAST*"]}, str(WEST): {"area": "WEST"}}


def shop_of_levels(new_world: WorldMaker, shelves: Mapping[str, Mapping[str, int]]) -> WorldMaker:
    """Opens worlds whose cart is told levels of what lies on these shelves, the first ones too.

    The worlds take options of the pipeline's `stock`, which may say otherwise, beside those that any world takes.
    """

    def opened(
        name: str = "world",
        *,
        stock: Mapping[str, Any] | None = None,
        warehouse: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> World:
        world = new_world(name, warehouse={"areas": AREAS, "stock": shelves, **(warehouse or {})}, **options)
        world.pipeline.update(
            inventory_source="warehouse",
            inventory_sink="cart",
            distribution_centers=SOLD_FROM,
            unsold_areas=["QUARANTINE"],
            stock={"send": "set", "first_sync": "send", **(stock or {})},
        )
        return world

    return opened


def put(quantity: int, place: str, item: str) -> dict[str, Any]:
    """People find so many pieces in a place."""
    return {"act": "put", "item": item, "quantity": quantity, "place": place, "reason": "FOUND"}


def pull(quantity: int, place: str, item: str) -> dict[str, Any]:
    """So many pieces in a place are broken."""
    return {"act": "pull", "item": item, "quantity": quantity, "place": place, "reason": "DAMAGE"}
