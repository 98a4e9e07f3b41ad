"""What differs between both ends of a stock is found, by how much and why; what agrees, or is on its way, is not."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import BundleComponent, StockMeaning
from crossdock.engine.discrepancies import WAITS_AT_MOST
from crossdock.engine.evidence import Evidence, KnownLevel, Standstill
from crossdock.engine.ledger import PromiseState
from crossdock.engine.positions import Position
from crossdock.engine.repairs import repairs
from crossdock.engine.report import Cause
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases

from .builders import NOON
from .comparing import CENTERS, SETS, Ends, a_waiting, agreeing, an_asked
from .counting import own_rules
from .shelf import EAST, WEST

ROUNDS = settings(deadline=None, print_blob=True)
pieces = st.integers(0, 9)
stocks = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(CENTERS)), st.tuples(pieces, pieces), min_size=1
)
ways = st.sampled_from([None, SETS])


def rows(ends: Ends) -> list[tuple[str, str, int, Cause]]:
    return [(one.sku, one.center, one.difference, one.cause) for one in ends.compared().discrepancies]


def ten() -> Ends:
    """Ten of A at each centre on both sides."""
    return agreeing({("A", EAST): (10, 0), ("A", WEST): (10, 0)})


@ROUNDS
@given(stocks, ways)
def test_ends_that_agree_give_no_row(numbers: dict[tuple[str, str], tuple[int, int]], stock: StockRules | None) -> None:
    report = agreeing(numbers, stock).compared()
    assert report.discrepancies == ()
    assert (report.compared, report.on_the_way) == (2 * len({sku for sku, _ in numbers}), 0)


@ROUNDS
@given(stocks, ways, st.data())
def test_any_one_disturbance_gives_exactly_its_row_with_its_cause(
    numbers: dict[tuple[str, str], tuple[int, int]], stock: StockRules | None, data: st.DataObject
) -> None:
    ends = agreeing(numbers, stock)
    sku, center = data.draw(st.sampled_from(sorted(numbers)), label="place")
    free, number = numbers[sku, center][0], data.draw(st.integers(1, 9), label="number")
    what = data.draw(st.sampled_from(sorted(DISTURBANCES)), label="what")
    assert rows(ends) == []
    row = DISTURBANCES[what](ends, sku, center, free, number)
    assert rows(ends) == ([(sku, center, *row)] if row else [])


def _by_hand(ends: Ends, sku: str, center: str, free: int, number: int) -> tuple[int, Cause]:
    ends.cart[sku][center] += number
    return -number, Cause.MANUAL_CHANGE


def _lost(ends: Ends, sku: str, center: str, free: int, number: int) -> tuple[int, Cause]:
    """The warehouse booked pieces and told nobody; its levels were told for this."""
    ends.lie(sku, center, number)
    ends.know(sku, told=_told(ends, sku, center, free + number))
    return number, Cause.MANUAL_CHANGE


def _refused(ends: Ends, sku: str, center: str, free: int, number: int) -> tuple[int, Cause]:
    ends.lie(sku, center, number)
    refused = an_asked(number, PromiseState.REJECTED, sku=sku, center=center, error="no", sent=True)
    ends.know(sku, changes=(refused,), told=_told(ends, sku, center, free + number))
    return number, Cause.UNSENT


def _in_doubt(ends: Ends, sku: str, center: str, free: int, number: int) -> tuple[int, Cause]:
    ends.lie(sku, center, number)
    doubtful = an_asked(number, PromiseState.IN_DOUBT, sku=sku, center=center, sent=True)
    ends.know(sku, changes=(doubtful,), told=_told(ends, sku, center, free + number))
    return number, Cause.IN_DOUBT


def _arrived(ends: Ends, sku: str, center: str, free: int, number: int) -> None:
    """In doubt, and it arrived."""
    _in_doubt(ends, sku, center, free, number)
    ends.cart[sku][center] += number


def _on_the_way(ends: Ends, sku: str, center: str, free: int, number: int) -> None:
    ends.lie(sku, center, number)
    due = an_asked(number, sku=sku, center=center)
    ends.know(sku, changes=(due,), told=_told(ends, sku, center, free + number))


def _sold(ends: Ends, sku: str, center: str, free: int, number: int) -> tuple[int, Cause]:
    """Buyers ordered, and the orders have not come in."""
    ends.cart[sku][center] -= number
    ends.reserved[sku] += number
    if free == 0:
        ends.lie(sku, center, 1)  # else nothing is for sale on either side
        ends.cart[sku][center] += 1
        ends.know(sku, told=_told(ends, sku, center, 1))
    return number, Cause.SOLD_MEANWHILE


def _told(ends: Ends, sku: str, center: str, level: int) -> dict[str, KnownLevel]:
    return {**ends.known.get(sku, Evidence()).told, center: KnownLevel(level, NOON, NOON)}


DISTURBANCES = {one.__name__: one for one in (_by_hand, _lost, _refused, _in_doubt, _arrived, _on_the_way, _sold)}


@ROUNDS
@given(stocks, stocks, ways)
def test_after_its_repairs_a_comparison_finds_nothing(
    numbers: dict[tuple[str, str], tuple[int, int]],
    changed: dict[tuple[str, str], tuple[int, int]],
    stock: StockRules | None,
) -> None:
    ends = agreeing(numbers, stock)
    for (sku, center), (cart, _) in changed.items():
        if sku in ends.cart:
            ends.cart[sku][center] = cart
    report = ends.compared()
    ends.tell(repairs(1, report, report.discrepancies).changes)
    assert ends.compared().discrepancies == ()


@ROUNDS
@given(stocks, st.data())
def test_the_order_of_the_carts_readings_changes_nothing(
    numbers: dict[tuple[str, str], tuple[int, int]], data: st.DataObject
) -> None:
    ends = agreeing(numbers)
    for sku in ends.cart:
        ends.cart[sku][EAST] += data.draw(st.integers(-2, 2))
    shuffled = data.draw(st.permutations(ends.readings()))
    once, twice = ends.compared(), ends.compared([*shuffled, *shuffled[:1]])
    assert {*once.discrepancies} == {*twice.discrepancies}
    assert once.compared == twice.compared


def test_below_zero_nothing_is_for_sale_on_either_side() -> None:
    ends = agreeing({("A", EAST): (0, 5)})
    ends.lie("A", EAST, -2)
    assert rows(ends) == []
    ends.cart["A"][EAST] = 3
    assert rows(ends) == [("A", EAST, -3, Cause.MANUAL_CHANGE)]


def test_what_waits_in_the_warehouses_ledger_is_on_its_way() -> None:
    ends = ten()
    ends.lie("A", EAST, -4)
    ends.lie("A", WEST, 4)
    ends.know("A", waiting=(a_waiting(4, "MAIN", "W"),))
    report = ends.compared()
    assert (report.discrepancies, report.on_the_way) == ((), 2)


def test_where_nothing_is_sent_what_waits_is_unsent() -> None:
    ends = ten()
    ends.lie("A", EAST, 3)
    ends.know("A", changes=(an_asked(3),))
    ends.standstill = Standstill(changes="the service `stock` is paused by ada")
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.difference, row.on_the_way) == (Cause.UNSENT, 3, 0)
    assert row.because == "The cart was not told of +3 (change/A/3): the service `stock` is paused by ada."


def test_a_change_that_waits_too_long_is_not_on_its_way() -> None:
    ends = ten()
    ends.lie("A", EAST, 3)
    ends.know("A", changes=(an_asked(3, at=NOON - WAITS_AT_MOST - timedelta(minutes=1)),))
    (row,) = ends.compared().discrepancies
    assert row.because == "The cart was not told of +3 (change/A/3): it waits since 2024-03-01 05:59 UTC."
    assert row.cause is Cause.UNSENT


def test_a_level_on_its_way_takes_the_place_of_what_the_cart_has() -> None:
    ends = agreeing({("A", EAST): (10, 2)})
    ends.cart["A"][EAST] = 4
    ends.know("A", changes=(an_asked(12, meaning=StockMeaning.ON_HAND),))
    assert ends.compared().on_the_way == 1
    ends.known["A"] = Evidence(changes=(an_asked(10, meaning=StockMeaning.SELLABLE),))
    assert rows(ends) == []
    ends.known["A"] = Evidence(changes=(an_asked(9, meaning=StockMeaning.SELLABLE),))
    assert rows(ends) == [("A", EAST, 1, Cause.MANUAL_CHANGE)]


@pytest.mark.parametrize("error", ["nobody can tell whether it arrived.", "still without an answer after 8 attempts"])
def test_a_change_that_was_given_up_in_doubt_is_in_doubt(error: str) -> None:
    ends = ten()
    ends.lie("A", EAST, 3)
    ends.know("A", changes=(an_asked(3, PromiseState.REJECTED, error=error, sent=True),))
    (row,) = ends.compared().discrepancies
    assert row.cause is Cause.IN_DOUBT
    assert "By these numbers it did not" in row.because


def test_pieces_that_moved_where_no_rule_says_that_they_count_are_named() -> None:
    ends = ten()
    ends.lie("A", EAST, -4)
    ends.unmapped["A", "DOCK"] = 4
    ends.known["A"] = Evidence(unmapped=(a_waiting(4, "MAIN", "DOCK"),))
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.difference) == (Cause.UNMAPPED_AREA, -4)
    assert row.because == "Transactions of 4 pieces wait: nobody says where the stock of area 'DOCK' counts."
    ends.known.clear()
    (row,) = ends.compared().discrepancies
    assert row.because == "4 pieces lie in area 'DOCK', and nobody says where that counts."


def test_an_item_that_one_side_does_not_know_is_named_with_the_side() -> None:
    ends = agreeing({("A", EAST): (10, 0), ("B", EAST): (3, 0)})
    del ends.cart["B"]
    ends.cart["C"] = Counter({EAST: 2, WEST: 0})
    by_sku = {one.sku: one for one in ends.compared().discrepancies}
    assert {sku: (one.cause, one.difference) for sku, one in by_sku.items()} == {
        "B": (Cause.UNKNOWN_ITEM, 3),
        "C": (Cause.UNKNOWN_ITEM, -2),
    }
    assert (by_sku["B"].at_cart, by_sku["B"].expected, by_sku["C"].expected) == (None, 3, None)
    ends.know("C", heard_of=True)
    assert [one for one in rows(ends) if one[0] == "C"] == [("C", EAST, -2, Cause.MANUAL_CHANGE)]


def test_what_the_cart_works_out_itself_is_no_discrepancy() -> None:
    ends = ten()
    ends.cart["A"][EAST] = 99
    ends.refusals["A"] = "'A' is a bundle"
    assert rows(ends) == []


def test_a_sku_of_several_products_is_named() -> None:
    ends = ten()
    one = ends.readings()
    other = one[0].model_copy(update={"item": one[0].item.model_copy(update={"product_id": "P-2", "sku": "a"})})
    found = ends.compared([*one, other]).discrepancies
    assert [row.cause for row in found] == [Cause.UNKNOWN_ITEM] * 2
    assert "stands for several products" in found[0].because


def test_the_carts_letters_and_aliases_mean_the_same_product() -> None:
    ends = ten()
    ends.cart["a"] = ends.cart.pop("A")
    assert rows(ends) == []
    ends.aliases = Aliases("UPC", {"A": "0012"})
    ends.cart = {"0012": Counter({EAST: 10, WEST: 9}), "A": Counter({EAST: 5})}
    one, other = ends.compared().discrepancies
    assert (one.sku, one.stock_unit, one.center, one.difference) == ("0012", "A", WEST, 1)
    assert (other.sku, other.stock_unit, other.cause) == ("A", "", Cause.UNKNOWN_ITEM)


def test_what_is_left_out_is_not_compared() -> None:
    ends = ten()
    ends.rules = own_rules(stock=StockRules(leave_out=("A", "PKG-*")))
    ends.cart = {"A": Counter({EAST: 1}), "PKG-1": Counter({EAST: 7})}
    assert ends.compared().compared == 0
    assert rows(ends) == []


def test_centres_that_are_not_ours_are_not_compared() -> None:
    ends = ten()
    ends.cart["A"]["7"] = 50
    assert rows(ends) == []


def test_buffer_minimum_and_one_centre_for_all_are_what_the_cart_should_have() -> None:
    ends = ten()
    ends.rules = own_rules(stock=replace(SETS, buffer=3, minimum=4, combined_at=EAST))
    ends.cart["A"] = Counter({EAST: 17})
    ends.known["A"] = Evidence(told={EAST: KnownLevel(17, NOON, NOON), WEST: KnownLevel(0, NOON, NOON)})
    assert rows(ends) == []
    ends.cart["A"][WEST] = 4
    assert rows(ends) == [("A", WEST, -4, Cause.MANUAL_CHANGE)], "it is offered at the one centre already"
    ends.cart["A"][WEST] = 0
    ends.positions = {("A", EAST): Position(6)}
    ends.known["A"] = Evidence(told={EAST: KnownLevel(0, NOON, NOON)})
    assert rows(ends) == [("A", EAST, -17, Cause.MANUAL_CHANGE)]


def test_bundles_are_compared_where_levels_are_told_and_not_where_differences_are() -> None:
    ends = ten()
    ends.rules = own_rules(stock=SETS, bundles={"PAIR": (BundleComponent(sku="A", quantity=2),)})
    ends.cart["PAIR"] = Counter({EAST: 5, WEST: 4})
    told = {center: KnownLevel(number, NOON, NOON) for center, number in ((EAST, 10), (WEST, 10))}
    ends.known = {"A": Evidence(told=told), "PAIR": Evidence(told={at: KnownLevel(5, NOON, NOON) for at in CENTERS})}
    assert rows(ends) == [("PAIR", WEST, 1, Cause.MANUAL_CHANGE)]
    ends.rules = replace(ends.rules, stock=StockRules())
    assert rows(ends) == []


def test_a_level_that_the_next_run_tells_is_on_its_way_unless_something_keeps_it() -> None:
    ends = agreeing({("A", EAST): (10, 0)}, SETS)
    ends.lie("A", EAST, 2)
    report = ends.compared()
    assert (report.discrepancies, report.on_the_way) == ((), 1)
    ends.standstill = Standstill(levels="40 changed levels wait for a person's word")
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.because) == (
        Cause.UNSENT,
        "The cart was not told that there are 12 now: 40 changed levels wait for a person's word.",
    )


def test_an_older_count_than_the_one_told_is_not_on_its_way() -> None:
    ends = agreeing({("A", EAST): (10, 0)}, SETS)
    ends.lie("A", EAST, 2)
    ends.counted_at = NOON - timedelta(hours=1)
    (row,) = ends.compared().discrepancies
    assert (row.cause, "older than those told last" in row.because) == (Cause.UNSENT, True)


def test_units_sold_meanwhile_are_kept_off_the_next_level_and_named() -> None:
    ends = agreeing({("A", EAST): (10, 1)}, SETS)
    ends.lie("A", EAST, 2)
    ends.reserved["A"] += 3
    ends.cart["A"][EAST] -= 3
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.difference) == (Cause.SOLD_MEANWHILE, 3)
    assert "promised 4 to buyers, and the orders that are known here ask for 1: the 3 more" in row.because


def test_what_moved_while_both_sides_were_read_is_not_blamed_on_a_person() -> None:
    ends = ten()
    ends.cart["A"][EAST] = 8
    ends.know("A", moved="2 transactions of the warehouse")
    (row,) = ends.compared().discrepancies
    assert (row.cause, row.because) == (
        Cause.SOLD_MEANWHILE,
        "It moved while both sides were read: 2 transactions of the warehouse.",
    )


def test_the_side_that_changed_is_named_where_earlier_numbers_tell_it() -> None:
    ends = ten()
    ends.cart["A"][EAST] = 8
    then = {EAST: KnownLevel(10, NOON)}
    ends.know("A", at_cart=then, on_hand=then)
    (row,) = ends.compared().discrepancies
    assert row.because.endswith("the cart's number changed since without a word.")
    ends.cart["A"][EAST] = 10
    ends.lie("A", EAST, 1)
    (row,) = ends.compared().discrepancies
    assert row.because.endswith("the warehouse's number changed since without a word.")


def test_where_levels_are_told_the_told_one_shows_that_the_cart_was_changed() -> None:
    ends = agreeing({("A", EAST): (10, 0)}, SETS)
    ends.cart["A"][EAST] = 3
    (row,) = ends.compared().discrepancies
    assert row.because == "The cart was told 10 on 2024-03-01 12:00 UTC, and nothing since: it changed there."


def test_where_levels_were_told_once_what_moved_before_differences_were_is_thought_of() -> None:
    ends = ten()
    ends.cart["A"][EAST] = 3
    ends.know("A", told={EAST: KnownLevel(10, NOON)})
    (row,) = ends.compared().discrepancies
    assert row.because == (
        "The cart was told the level 10 on 2024-03-01 12:00 UTC, and is told differences now: what moved between the "
        "last level and the first difference is in neither."
    )
