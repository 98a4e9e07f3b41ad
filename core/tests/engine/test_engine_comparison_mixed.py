"""Several things that happen to one product at once: what cannot be told apart is not corrected."""

from dataclasses import replace

from crossdock.engine.evidence import BoxTakenBack
from crossdock.engine.positions import Position
from crossdock.engine.repairs import repairs
from crossdock.engine.report import Cause, Report
from crossdock.engine.stock_rules import StockRules

from .comparing import SETS, a_waiting, agreeing
from .shelf import EAST, WEST


def test_a_sale_that_is_not_known_here_hides_what_else_differs_at_its_centre_until_it_is_known() -> None:
    ends = agreeing({("A", EAST): (10, 0), ("A", WEST): (10, 0)})
    ends.reserved["A"] += 3
    ends.cart["A"][EAST] -= 3 + 2
    (row,) = (report := ends.compared()).discrepancies
    assert (row.center, row.difference, row.cause) == (EAST, 5, Cause.SOLD_MEANWHILE)
    assert row.because == (
        "The cart has promised 3 to buyers, and the orders that are known here ask for 0: the 3 more are at least a "
        "part of it."
    )
    assert _corrected(report) == ()
    ends.units_waiting["A"] += 3
    ends.positions["A", EAST] = replace(ends.positions["A", EAST], allocated=3)
    (row,) = ends.compared().discrepancies
    assert (row.difference, row.cause) == (2, Cause.MANUAL_CHANGE)


def test_pieces_that_the_warehouse_has_too_many_of_are_not_explained_by_a_sale() -> None:
    ends = agreeing({("A", EAST): (10, 0)})
    ends.reserved["A"] += 3
    ends.cart["A"][EAST] += 1
    (row,) = ends.compared().discrepancies
    assert (row.difference, row.cause) == (-1, Cause.MANUAL_CHANGE)


def test_what_the_warehouse_may_have_allocated_twice_is_in_doubt() -> None:
    ends = agreeing({("A", EAST): (10, 0), ("A", WEST): (10, 0)})
    ends.positions["A", EAST] = replace(ends.positions["A", EAST], allocated=4, in_flight=4, doubtful=4)
    ends.cart["A"][EAST] -= 4
    ends.cart["A"][WEST] -= 1
    report = ends.compared()
    assert sorted((row.difference, row.center, row.cause) for row in report.discrepancies) == [
        (-4, EAST, Cause.IN_DOUBT),
        (1, WEST, Cause.IN_DOUBT),
    ]
    assert report.discrepancies[0].because == (
        "Nobody knows yet whether the warehouse has what it was asked for last: 4 pieces may be among those that it "
        "has allocated."
    )
    assert _corrected(report) == ()


def test_pieces_of_a_box_that_was_taken_back_wait_for_a_persons_word() -> None:
    ends = agreeing({("A", EAST): (10, 0), ("A", WEST): (10, 0)})
    ends.lie("A", EAST, 5)
    ends.know("A", taken_back=(BoxTakenBack("N1/B1", EAST, 4), BoxTakenBack("N1/B2", EAST, 2)))
    (row,) = (report := ends.compared()).discrepancies
    assert (row.difference, row.cause) == (5, Cause.IN_DOUBT)
    assert row.because == (
        "The cart was told that 6 pieces left that the warehouse took back since (N1/B1, N1/B2): nobody has said yet "
        "whether they leave after all."
    )
    assert _corrected(report) == ()


def test_more_than_was_taken_back_waits_too_since_it_cannot_be_told_apart() -> None:
    ends = agreeing({("A", EAST): (10, 0)})
    ends.lie("A", EAST, 5)
    ends.know("A", taken_back=(BoxTakenBack("N1/B1", EAST, 4),))
    (row,) = ends.compared().discrepancies
    assert row.cause == Cause.IN_DOUBT
    assert row.because.endswith("leave after all. That explains at most a part of the difference.")


def test_what_was_taken_back_at_another_centre_explains_nothing() -> None:
    ends = agreeing({("A", EAST): (10, 0)})
    ends.lie("A", EAST, 5)
    ends.know("A", taken_back=(BoxTakenBack("N1/B1", WEST, 9),))
    (row,) = ends.compared().discrepancies
    assert row.cause == Cause.MANUAL_CHANGE


def test_a_cart_that_is_told_differences_hears_of_what_others_ordered_once_it_is_picked() -> None:
    for stock, on_the_way in ((StockRules(), 0), (SETS, 1)):  # the next level will be lower by what others ordered
        ends = agreeing({("A", EAST): (10, 2)}, stock)
        ends.positions["A", EAST] = Position(12, allocated=4, in_flight=1, of_others=3)
        report = ends.compared()
        assert (report.discrepancies, report.on_the_way) == ((), on_the_way)


def test_what_waits_for_a_word_on_its_area_is_not_corrected_with_what_else_differs() -> None:
    ends = agreeing({("A", EAST): (10, 0)})
    ends.know("A", unmapped=(a_waiting(4, "MAIN", "DOCK"),))
    ends.lie("A", EAST, -4)
    ends.cart["A"][EAST] -= 1
    (row,) = (report := ends.compared()).discrepancies
    assert (row.difference, row.cause) == (-3, Cause.UNMAPPED_AREA)
    assert _corrected(report) == ()


def _corrected(report: Report) -> object:
    return repairs(1, report, report.discrepancies).changes
