"""Which items a simulated tenant has, as the conformance kit is told."""

from collections.abc import Iterator

from crossdock.sandbox import Effect, EffectKind
from crossdock_warehouseos.sandbox.items.master import ItemMaster


def item_effects(items: ItemMaster) -> Iterator[Effect]:
    """Every item with its description; a number is borne by one item only."""
    for number, item in items.items():
        yield Effect(kind=EffectKind.PRODUCT, key=number, texts={"title": item.description})
