"""What the cart changed about an order, line by line, in an operator's words: pure.

Of who the buyer is and where exactly he lives, only that it changed is said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from crossdock.domain import Order, OrderLine, OrderStatus
from crossdock.engine.judge import buyer_data_removed

PLAIN = ("city", "region", "country")
"""Parts of an address that are shown; of the others it is said that they changed."""
PERSONAL = ("name", "company", "line1", "line2", "postal_code")


def difference(old: Order, new: Order) -> tuple[str, ...]:
    """What a warehouse that has the old version does not know, such as `line 2 (SKU-1): 3 -> 2`."""
    return (*_status(old, new), *_address(old, new), *_method(old, new), *_lines(old, new), *_places(old, new))


def _status(old: Order, new: Order) -> Iterator[str]:
    if new.status is OrderStatus.CANCELLED and old.status is not OrderStatus.CANCELLED:
        yield "cancelled at the cart"


def _address(old: Order, new: Order) -> Iterator[str]:
    for part in () if buyer_data_removed(old) else (*PERSONAL, *PLAIN):
        before, after = getattr(old.ship_to, part), getattr(new.ship_to, part)
        if before != after:
            yield f"ship_to.{part}: {_from_to(before, after) if part in PLAIN else 'changed'}"


def _method(old: Order, new: Order) -> Iterator[str]:
    before, after = _words(old), _words(new)
    if before != after:
        yield f"ship method: {_from_to(before, after)}"


def _words(order: Order) -> str:
    return f"{order.requested_carrier} {order.requested_service}".strip()


def _lines(old: Order, new: Order) -> Iterator[str]:
    """Lines by their place in the order that the warehouse has; a new one by its place in the newer version."""
    for place, before in enumerate(old.lines, start=1):
        yield from _line(f"line {place}", before, new.line(before.external_id))
    for place, after in enumerate(new.lines, start=1):
        if old.line(after.external_id) is None:
            yield f"line {place} ({after.sku}): added, {after.quantity}"


def _line(name: str, before: OrderLine, after: OrderLine | None) -> Iterator[str]:
    if after is None:
        yield f"{name} ({before.sku}): taken out, {before.quantity} -> 0"
        return
    if before.sku != after.sku:
        yield f"{name}: SKU {_from_to(before.sku, after.sku)}"
    if before.quantity != after.quantity:
        yield f"{name} ({after.sku}): {before.quantity} -> {after.quantity}"


def _places(old: Order, new: Order) -> Iterator[str]:
    """Where the lines leave from, unless what changed of a line at its one place is its quantity, which is said."""
    for place, line in enumerate(old.lines, start=1):
        before, after, newer = _centers(old, line), _centers(new, line), new.line(line.external_id)
        if newer is None or before == after:
            continue
        if len(before) > 1 or before.keys() != after.keys() or newer.quantity == line.quantity:
            yield f"line {place} ({line.sku}): from {_named(before)} -> {_named(after)}"


def _centers(order: Order, line: OrderLine) -> Mapping[str, int]:
    pieces = Counter[str]()
    for part in order.allocations:
        if part.line_id == line.external_id:
            pieces[part.distribution_center] += part.quantity
    return pieces


def _named(centers: Mapping[str, int]) -> str:
    return ", ".join(f"{pieces} at {center or 'no centre'}" for center, pieces in sorted(centers.items())) or "nowhere"


def _from_to(before: str, after: str) -> str:
    return f"{before or '(none)'} -> {after or '(none)'}"
