"""Our own cancellations, shown by the cart in whatever way, are no change; everything else still is."""

from collections.abc import Mapping

import pytest

from crossdock.domain import Order, OrderStatus
from crossdock.engine.difference import difference
from crossdock.engine.echoes import without_echo

from .builders import a_line, an_allocation, an_order

OLD = an_order(
    "1", a_line("10", 3), a_line("20", 1), allocations=[an_allocation("10", "5", 3), an_allocation("20", "5")]
)


def shown(*lines: tuple[str, int], status: OrderStatus = OrderStatus.OPEN) -> Order:
    kept = [a_line(key, quantity) for key, quantity in lines]
    parts = [an_allocation(key, "5", quantity) for key, quantity in lines]
    return an_order("1", *kept, allocations=parts).model_copy(update={"status": status})


@pytest.mark.parametrize(
    ("new", "cancelled"),
    [
        (shown(("10", 2), ("20", 1)), {"10": 1}),
        (shown(("10", 3), ("20", 1)), {"10": 1}),
        (shown(("10", 2), ("20", 1)), {"10": 2}),
        (shown(("10", 3)), {"20": 1}),
        (shown(("10", 3), ("20", 1), status=OrderStatus.CANCELLED), {"10": 3, "20": 1}),
        (shown(("20", 1), status=OrderStatus.CANCELLED), {"10": 3, "20": 1}),
    ],
    ids=["shorter", "not shown", "shown in part", "taken out", "cancelled whole", "cancelled step by step"],
)
def test_what_we_cancelled_is_no_change(new: Order, cancelled: Mapping[str, int]) -> None:
    assert difference(without_echo(OLD, new, cancelled), new) == ()


@pytest.mark.parametrize(
    ("new", "cancelled", "line"),
    [
        (shown(("10", 1), ("20", 1)), {"10": 1}, "line 1 (SKU-10): 3 -> 1"),
        (shown(("10", 4), ("20", 1)), {"10": 1}, "line 1 (SKU-10): 3 -> 4"),
        (shown(("10", 2)), {"10": 1}, "line 2 (SKU-20): taken out, 1 -> 0"),
        (shown(("10", 3), ("20", 1), status=OrderStatus.CANCELLED), {"10": 3}, "cancelled at the cart"),
        (shown(("10", 2), ("20", 1)), {}, "line 1 (SKU-10): 3 -> 2"),
    ],
)
def test_what_the_cart_changed_beyond_that_is_said(new: Order, cancelled: Mapping[str, int], line: str) -> None:
    assert line in difference(without_echo(OLD, new, cancelled), new)
