"""Both ends of a shop as `crossdock reconcile` compares them, and what people do behind its back."""

from typing import Any, NamedTuple

from world.operator import World
from world.reading import data

PLACES = {"1": {"area": "EAST", "stock_areas": ["EAST*"]}, "2": {"area": "WEST"}}


class Row(NamedTuple):
    """One difference of a report, as far as stories ask."""

    sku: str
    center: str
    difference: int
    cause: str


def compared(world: World, *options: str) -> dict[str, Any]:
    """What `crossdock reconcile` finds now in the only pipeline that is meant."""
    [report] = data(world, "reconcile", *options)
    return dict(report)


def differences(world: World, *options: str) -> list[Row]:
    """The same as rows, the largest difference first."""
    return rows(compared(world, *options))


def rows(report: dict[str, Any]) -> list[Row]:
    """The differences of a report."""
    return [Row(one["sku"], one["center"], one["difference"], one["cause"]) for one in report["lines"]]


def why(world: World, *options: str) -> str:
    """The evidence for the only difference that there is now."""
    [line] = compared(world, *options)["lines"]
    return str(line["because"])


def types_in(world: World, sku: str, center: int, quantity: int) -> None:
    """Somebody types a number for sale into the cart."""
    world.cart.ask("/_stock", {"sku": sku, "center": center, "quantity": quantity, "type": "Available"})


def booked(act: str, sku: str, quantity: int, place: str, *, told: bool = True, **more: Any) -> dict[str, Any]:
    """Pieces that people put somewhere or pull from there; where it is not `told`, nobody hears of it."""
    return {"act": act, "item": sku, "quantity": quantity, "place": place, "told": told, **more}
