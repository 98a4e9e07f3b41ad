"""Bundles that the cart does not take apart: asked for part by part, so that the cart is told of whole ones.

The operator's table knows them, or the warehouse does; where the cart itself gives the parts, its word counts.
"""

from collections.abc import Iterator, Mapping, Sequence

from crossdock.domain import BundleComponent, Order, OrderLine
from crossdock.hooks.features import TakesBundlesApart

Bundles = Mapping[str, Sequence[BundleComponent]]
"""The parts of each SKU that stands for several others."""


def by_table(order: Order, table: Bundles) -> Order:
    """The order with the parts of every line that the table knows and that the cart did not take apart."""
    if not any(_is_in(line, table) for line in order.lines):
        return order
    lines = [
        line.model_copy(update={"components": tuple(table[line.sku])}) if _is_in(line, table) else line
        for line in order.lines
    ]
    return order.model_copy(update={"lines": tuple(lines)})


def _is_in(line: OrderLine, table: Bundles) -> bool:
    return line.sku in table and not line.components


def nested(order: Order, table: Bundles) -> str | None:
    """Why an order cannot be shipped of which a bundle holds another bundle; None where none does."""
    for line in order.lines:
        for part in line.components:
            if part.sku in table:
                return (
                    f"line {line.external_id} ({line.sku}) is a bundle that holds the bundle {part.sku}: only the cart "
                    "could tell whole ones from parts"
                )
    return None


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
