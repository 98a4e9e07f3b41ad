"""What the cart shows of an order because we asked it to cancel something is no change of it: pure."""

from collections.abc import Iterator, Mapping

from crossdock.domain import Allocation, Order, OrderLine, OrderStatus


def without_echo(released: Order, new: Order, cancelled: Mapping[str, int]) -> Order:
    """The released version, less what the newer one lacks of the units that we had cancelled, by line."""
    if not any(cancelled.values()):
        return released
    left = {line.external_id: line.quantity - cancelled.get(line.external_id, 0) for line in released.lines}
    whole = not any(left.values()) and new.status is OrderStatus.CANCELLED
    return released.model_copy(
        update={
            "lines": tuple(_lines(released, new, left)),
            "allocations": tuple(_allocations(released, new, cancelled)),
            "status": new.status if whole else released.status,
        }
    )


def _lines(released: Order, new: Order, left: Mapping[str, int]) -> Iterator[OrderLine]:
    for line in released.lines:
        now = new.line(line.external_id)
        if now is not None and left[line.external_id] <= now.quantity <= line.quantity:
            yield line.model_copy(update={"quantity": now.quantity})
        elif now is not None or left[line.external_id]:
            yield line


def _allocations(released: Order, new: Order, cancelled: Mapping[str, int]) -> Iterator[Allocation]:
    """Where the rest of a line leaves from that we have cancelled in part, the cart decides."""
    yield from (part for part in released.allocations if not cancelled.get(part.line_id))
    yield from (part for part in new.allocations if cancelled.get(part.line_id))
