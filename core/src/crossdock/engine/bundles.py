"""Bundles that only the warehouse knows: asked for part by part, so that the cart is told of whole ones."""

from collections.abc import Iterator, Mapping, Sequence

from crossdock.domain import BundleComponent, Order, OrderLine
from crossdock.hooks.features import TakesBundlesApart

Bundles = Mapping[str, Sequence[BundleComponent]]
"""The parts of each SKU that stands for several others."""


async def bundles_there(target: object, orders: Sequence[Order]) -> Bundles:
    """The bundles among what these orders ask for that the warehouse knows."""
    if not isinstance(target, TakesBundlesApart):
        return {}
    asked = {sku for order in orders for line in order.lines for sku in _skus(line)}
    return await target.bundle_parts({sku for sku in asked if sku.strip()})


def taken_apart(order: Order, bundles: Bundles) -> Order:
    """The order with the parts of every line that the warehouse would take apart."""
    if not any(_is_bundle(line, bundles) for line in order.lines):
        return order
    return order.model_copy(update={"lines": tuple(_taken_apart(line, bundles) for line in order.lines)})


def _taken_apart(line: OrderLine, bundles: Bundles) -> OrderLine:
    if not _is_bundle(line, bundles):
        return line
    pieces = line.components or (BundleComponent(sku=line.sku, quantity=1, title=line.title),)
    return line.model_copy(update={"components": tuple(part for piece in pieces for part in _parts(piece, bundles))})


def _is_bundle(line: OrderLine, bundles: Bundles) -> bool:
    return any(sku in bundles for sku in _skus(line))


def _skus(line: OrderLine) -> Sequence[str]:
    """What the warehouse is asked for where it knows no bundles."""
    return [part.sku for part in line.components] or [line.sku]


def _parts(piece: BundleComponent, bundles: Bundles) -> Iterator[BundleComponent]:
    if piece.sku not in bundles:
        yield piece
        return
    for part in bundles[piece.sku]:
        yield part.model_copy(update={"quantity": part.quantity * piece.quantity})
