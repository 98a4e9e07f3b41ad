"""The plan of levels: only what is news goes, a person is asked where it is much, and once told it is news no more."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import CenterQuantity, StockItem, StockMeaning, StockReading
from crossdock.engine.level_plan import (
    Comparison,
    LevelChange,
    LevelPlan,
    by_product,
    guarded,
    has_grown,
    is_approved,
    new_levels,
    stock_change,
    why_ask,
)
from crossdock.engine.level_ports import SeenPlan, ToldLevel
from crossdock.engine.listings import Listings
from crossdock.engine.positions import Position
from crossdock.engine.stock_rules import StockRules

from .builders import NOON
from .shelf import EAST, WEST
from .strategies import ROUNDS
from .test_engine_listings import ON_HAND, SELLABLE, at, listed, positions

ASKS = StockRules(sets=True, meaning=SELLABLE)


def told(name: str, quantity: int, center: str = EAST, key: str = "k") -> ToldLevel:
    return ToldLevel(name, center, name, quantity, key)


def plan_of(listings: Listings, *before: ToldLevel) -> LevelPlan:
    comparison = Comparison(listings)
    comparison.add(before)
    return comparison.plan()


def applied(plan: LevelPlan, *before: ToldLevel) -> list[ToldLevel]:
    """What was told once the plan has gone."""
    levels = {(one.name, one.center): one for one in before}
    levels |= {(one.name, one.center): told(one.name, one.quantity, one.center) for one in plan.changes}
    return list(levels.values())


def many(changes: int, levels: int, zeros: int = 0, *, first: bool = False) -> LevelPlan:
    news = [LevelChange(f"S{number}", EAST, 0 if number < zeros else 5, 3) for number in range(changes)]
    return LevelPlan(levels, news, is_first=first)


def seen(changes: int, zeros: int = 0, *, hours: int = 0) -> SeenPlan:
    return SeenPlan(1000, changes, zeros, NOON, approved_at=NOON - timedelta(hours=hours), approved_by="ada")


def test_only_what_is_news_is_told() -> None:
    listings = listed({**at("A", 4), **at("B", 5)})
    zeros = (told("A", 0, WEST), told("B", 0, WEST))
    assert plan_of(listings, told("A", 4), told("B", 3), *zeros).changes == [LevelChange("B", EAST, 5, 3, "k")]


@pytest.mark.parametrize(("meaning", "again"), [(ON_HAND, True), (SELLABLE, False)])
def test_a_cart_that_counts_by_itself_is_told_the_same_again_once_less_is_waited_for(
    meaning: StockMeaning, again: bool
) -> None:
    before = told("A", 4)._replace(claimed=3), told("A", 0, WEST)
    still = listed(at("A", 4 if again else 7, 3), meaning=meaning)
    assert not plan_of(still, *before).changes
    over = listed(at("A", 4), meaning=meaning)
    assert plan_of(over, *before).changes == ([LevelChange("A", EAST, 4, 4, "k")] if again else [])


def test_a_product_that_the_warehouse_does_not_list_any_more_is_told_as_none() -> None:
    plan = plan_of(listed({}), told("A", 4), told("B", 0))
    assert plan.changes == [LevelChange("A", EAST, 0, 4, "k")]
    assert (plan.levels, plan.zeros) == (2, 1)


def test_the_first_levels_are_asked_about_however_few_they_are() -> None:
    plan = plan_of(listed(at("A", 4)))
    assert plan.is_first
    assert why_ask(plan, ASKS) == "they are the first ones"
    assert why_ask(plan, StockRules(sets=True, asks_first=False)) == ""
    assert why_ask(plan_of(listed({})), ASKS) == ""


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        (many(200, 1000), ""),
        (many(201, 1000), "more than 20 % of all levels would change in one run"),
        (many(10, 10), ""),
        (many(11, 11), "more than 20 % of all levels would change in one run"),
        (many(201, 1000, 201), "more than 20 % of all levels would become zero in one run"),
    ],
)
def test_a_person_is_asked_where_a_run_would_change_much(plan: LevelPlan, asked: str) -> None:
    assert why_ask(plan, ASKS) == asked


def test_who_never_wants_to_be_asked_is_not() -> None:
    assert why_ask(many(1000, 1000, 1000), StockRules(sets=True, ask_above=100)) == ""
    assert why_ask(many(12, 1000), StockRules(sets=True, ask_above=0))


@pytest.mark.parametrize(
    ("let_go", "approved"),
    [
        (seen(1000), True),
        (seen(1000, hours=24), True),
        (seen(1000, hours=25), False),
        (seen(910), True),
        (seen(900), False),
        (SeenPlan(1000, 1000, 1000, NOON), False),
        (None, False),
    ],
)
def test_the_word_of_a_person_is_good_for_a_day_and_for_about_as_much(let_go: SeenPlan | None, approved: bool) -> None:
    assert is_approved(let_go, many(1000, 2000), NOON) is approved


def test_more_zeros_than_a_person_has_seen_are_another_plan() -> None:
    assert has_grown(seen(1000, 5), many(1000, 2000, 16))
    assert not has_grown(seen(1000, 5), many(1000, 2000, 15))


def test_what_the_cart_refuses_is_left_to_the_person_who_has_that_problem() -> None:
    plan = plan_of(listed({**at("A", 4), **at("B", 5)}), told("A", 1, key="no"), told("B", 1, key="yes"))
    without = plan.without({"no"})
    assert [(one.name, one.center) for one in without.changes] == [("B", WEST), ("B", EAST)]
    assert without.refused == 2


def reading(reserved: int, refusal: str = "") -> StockReading:
    held = (CenterQuantity(distribution_center=EAST, quantity=1),)
    return StockReading(item=StockItem(sku="A"), available=held, reserved=reserved, refusal=refusal)


@pytest.mark.parametrize(
    ("reserved", "waiting", "quantity"), [(0, 0, 9), (3, 3, 9), (3, 5, 9), (5, 3, 7), (12, 2, 0), (9, 3, 0)]
)
def test_what_buyers_have_of_whom_nothing_is_known_here_is_not_sold_again(
    reserved: int, waiting: int, quantity: int
) -> None:
    rules = StockRules(sets=True, meaning=SELLABLE, minimum=4)
    (change,) = guarded([LevelChange("A", EAST, 9, 2)], reading(reserved), waiting, rules)
    assert change == LevelChange("A", EAST, quantity, 2)


def test_a_level_that_is_lowered_to_what_was_told_before_is_no_news() -> None:
    assert guarded([LevelChange("A", EAST, 9, 7)], reading(2), 0, ASKS) == []


def test_what_the_cart_refuses_to_read_is_promised_as_it_is() -> None:
    assert guarded([LevelChange("A", EAST, 9)], reading(4, "no such product"), 0, ASKS) == [LevelChange("A", EAST, 9)]


def test_all_levels_of_a_product_are_one_change() -> None:
    listings = listed({**at("A", 10, 2), **at("A", 3, center=WEST)}, meaning=ON_HAND)
    (changes,) = by_product(plan_of(listings).changes)
    change = stock_change("key", changes, listings, "P1", "counted")
    assert (change.key, change.meaning, change.item) == ("key", ON_HAND, StockItem(sku="A", product_id="P1"))
    assert {one.distribution_center: one.quantity for one in change.centers} == {EAST: 10, WEST: 3}
    noted = {one.center: one for one in new_levels("key", changes, listings, NOON)}
    assert (noted[EAST].on_hand, noted[EAST].allocated, noted[EAST].unit) == (10, 2, "A")


before = st.lists(
    st.builds(told, st.sampled_from("ABCE"), st.integers(0, 9), st.sampled_from([EAST, WEST])),
    unique_by=lambda one: (one.name, one.center),
)


@ROUNDS
@given(positions, before)
def test_once_a_plan_has_gone_nothing_is_news_any_more(
    there: dict[tuple[str, str], Position], known: list[ToldLevel]
) -> None:
    listings = listed(there)
    plan = plan_of(listings, *known)
    after = applied(plan, *known)
    assert plan_of(listings, *after).changes == []
    now = {(one.name, one.center): one.quantity for one in after}
    assert all(now[place] == quantity for place, quantity in listings.quantities.items())
    assert all(now[one.name, one.center] == 0 for one in known if (one.name, one.center) not in listings.quantities)


@ROUNDS
@given(positions, before)
def test_in_which_order_and_in_how_many_parts_the_store_tells_does_not_matter(
    there: dict[tuple[str, str], Position], known: list[ToldLevel]
) -> None:
    comparison = Comparison(listed(there))
    for one in sorted(known, key=lambda one: (-one.quantity, one.center, one.name)):
        comparison.add([one])
    assert comparison.plan() == plan_of(listed(there), *known)
