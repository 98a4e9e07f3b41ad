"""Orders of which others ship a part, or of which a part was cancelled: the rest leaves, and nothing else."""

from crossdock.domain import AdjustmentKind, ManagedBy, Order, RecordedAdjustment

from .builders import a_line, an_allocation, an_order, planned, rules_that_map_all


def half_assigned(**changes: object) -> Order:
    """Two lines, of which only the first is to leave from a distribution centre of ours."""
    order = an_order("1", a_line("10"), a_line("20", 3), allocations=[an_allocation("10", "5")])
    return order.model_copy(update=changes)


def cancellation(kind: AdjustmentKind, quantity: int | None, line: str = "20") -> RecordedAdjustment:
    return RecordedAdjustment(external_id="1", kind=kind, line_id=line, quantity=quantity)


def shipped_lines(order: Order) -> list[str]:
    return [line.order_line_id for request in planned(order, rules_that_map_all()).requests for line in request.lines]


def test_a_line_that_others_ship_holds_up_nothing_and_is_not_asked_for() -> None:
    assert shipped_lines(half_assigned(managed_by=ManagedBy.MIXED)) == ["10"]


def test_a_line_that_nobody_ships_holds_the_order() -> None:
    assert shipped_lines(half_assigned()) == []


def test_a_line_of_which_every_unit_was_cancelled_needs_no_distribution_centre() -> None:
    for cancelled in (None, 3):
        adjustments = (cancellation(AdjustmentKind.CANCELLATION, cancelled),)
        assert shipped_lines(half_assigned(adjustments=adjustments)) == ["10"]


def test_a_line_that_was_cancelled_in_part_or_refunded_still_needs_one() -> None:
    for one in (
        cancellation(AdjustmentKind.CANCELLATION, 2),
        cancellation(AdjustmentKind.REFUND, 3),
        cancellation(AdjustmentKind.CANCELLATION, None, "10"),
    ):
        assert shipped_lines(half_assigned(adjustments=(one,))) == []
