"""Corrections are exactly the chosen differences, a SKU whole or not at all, and alone only what is small and stays."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import StockMeaning
from crossdock.engine.differing import differing_problem
from crossdock.engine.repairs import GOOD_FOR, LEFT, by_policy, repairs, too_old
from crossdock.engine.report import Cause, Discrepancy, Report
from crossdock.engine.stock_rules import RepairRules

from .builders import NOON

SMALL = RepairRules(small=True, most_units=5, most_rows=3, causes=("unsent", "manual_change"))

differing = st.builds(
    Discrepancy,
    sku=st.sampled_from("ABCDE"),
    center=st.sampled_from(["0", "-2"]),
    stock_unit=st.just("A"),
    cause=st.sampled_from(Cause),
    because=st.just("so"),
    difference=st.integers(-9, 9).filter(bool),
    product_id=st.just("P"),
)
found = st.lists(differing, unique_by=lambda one: (one.sku, one.center), max_size=8)


def a_report(rows: list[Discrepancy]) -> Report:
    return Report("main", NOON, NOON, "ada", compared=10, on_the_way=0, discrepancies=tuple(rows))


def row(sku: str = "A", difference: int = 2, cause: Cause = Cause.MANUAL_CHANGE, center: str = "0") -> Discrepancy:
    return Discrepancy(sku, center, sku, cause, "so", difference)


@settings(deadline=None, print_blob=True)
@given(found, st.data())
def test_what_is_told_is_what_was_chosen_of_skus_that_may_be_corrected(
    rows: list[Discrepancy], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(rows), unique=True)) if rows else []
    made = repairs(7, a_report(rows), chosen)
    left = {one.sku for one in rows if one.cause in LEFT}
    told = {(one.item.sku, at.distribution_center): at.quantity for one in made.changes for at in one.centers}
    assert told == {(one.sku, one.center): one.difference for one in chosen if one.sku not in left}
    assert {*made.left} == left & {one.sku for one in chosen}
    assert {one.meaning for one in made.changes} <= {StockMeaning.DIFFERENCE}
    assert len({one.key for one in made.changes}) == len(made.changes)
    assert all(one.key == f"reconcile/7/{one.item.sku}" for one in made.changes)


@settings(deadline=None, print_blob=True)
@given(found, found)
def test_by_itself_only_what_is_small_and_was_shown_before_is_corrected(
    rows: list[Discrepancy], before: list[Discrepancy]
) -> None:
    policy = by_policy(a_report(rows), a_report(before), SMALL)
    shown = {(one.sku, one.center, one.difference) for one in before}
    assert {*policy.chosen} <= {*rows}
    assert len(policy.chosen) <= SMALL.most_rows
    for one in policy.chosen:
        assert abs(one.difference) <= SMALL.most_units
        assert one.cause.value in SMALL.causes
        assert (one.sku, one.center, one.difference) in shown
    assert bool(policy.why_not) == (len(policy.chosen) < len(rows))


def test_without_the_policy_nothing_is_corrected_by_itself() -> None:
    report = a_report([row()])
    assert by_policy(report, report, RepairRules()).chosen == ()


def test_more_small_differences_than_allowed_are_a_persons_matter_all_of_them() -> None:
    report = a_report([row(sku) for sku in "ABCD"])
    policy = by_policy(report, report, SMALL)
    assert (policy.chosen, policy.why_not) == ((), "4 differences are small, and `most_rows` lets 3 go")


def test_a_sku_of_which_one_centre_does_not_fit_is_left_whole() -> None:
    report = a_report([row("A"), row("A", 9, center="-2"), row("B")])
    assert [one.sku for one in by_policy(report, report, SMALL).chosen] == ["B"]


def test_a_difference_that_was_another_one_before_may_still_be_moving() -> None:
    assert by_policy(a_report([row(difference=2)]), a_report([row(difference=3)]), SMALL).chosen == ()


def test_the_numbers_of_a_report_are_told_for_a_day() -> None:
    report = a_report([row()])
    assert too_old(report, NOON + GOOD_FOR) == ""
    assert "older than 24 hours" in too_old(report, NOON + GOOD_FOR + timedelta(seconds=1))


def test_the_problem_says_how_much_and_why_and_what_was_corrected() -> None:
    report = a_report([row("A", 2), row("B", -7), row("C", 1, Cause.UNSENT)])
    problem = differing_problem(report, 1, "2 are larger than `most_units`")
    assert problem is not None
    assert problem.title == (
        "The stock of the warehouse and the cart differs at 3 places: 2 manual change, 1 unsent; 1 was corrected by "
        "itself"
    )
    assert problem.detail.splitlines() == [
        "B at 0: -7 (manual change)",
        "A at 0: +2 (manual change)",
        "C at 0: +1 (unsent)",
        "Not corrected by itself: 2 are larger than `most_units`.",
    ]
    assert differing_problem(report, 3) is None
    assert differing_problem(replace(report, discrepancies=())) is None
