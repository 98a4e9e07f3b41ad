"""Listings: what a cart is told of each product, as the operator wants it, and never more than is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import BundleComponent, StockMeaning
from crossdock.engine.listings import Listings, centers_told, listings_of
from crossdock.engine.positions import Position, StockTaking
from crossdock.engine.rules import DistributionCenterRule, PipelineRules
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases, AreaRule, Areas

from .builders import NOON
from .shelf import EAST, WEST
from .strategies import ROUNDS

AREAS = Areas((AreaRule("Q", None), AreaRule("MAIN", EAST), AreaRule("W", WEST)))
OURS = {EAST: DistributionCenterRule("MAIN"), WEST: DistributionCenterRule("W")}
UPC = Aliases("UPC", {"A": "111", "B": "222", "C": "222"})
SET = {"SET": (BundleComponent(sku="A", quantity=2), BundleComponent(sku="B", quantity=1))}
SELLABLE, ON_HAND = StockMeaning.SELLABLE, StockMeaning.ON_HAND

Positions = Mapping[tuple[str, str], Position]


def rules_with(**stock: Any) -> PipelineRules:
    bundles = stock.pop("bundles", {})
    told = StockRules(**({"sets": True, "meaning": SELLABLE} | stock))
    return PipelineRules("main", distribution_centers=OURS, areas=AREAS, bundles=bundles, stock=told)


def a_taking(positions: Positions) -> StockTaking:
    return StockTaking(NOON, NOON, positions)


def listed(positions: Positions, aliases: Aliases | None = None, **stock: Any) -> Listings:
    return listings_of(a_taking(positions), rules_with(**stock), aliases or Aliases())


def at(sku: str, *numbers: int, center: str = EAST) -> Positions:
    return {(sku, center): Position(*numbers)}


def level(listings: Listings, sku: str, center: str = EAST) -> int:
    return listings.quantities[sku, center]


def test_what_may_be_sold_is_what_nobody_has_a_claim_on_less_what_is_kept_back() -> None:
    assert level(listed(at("A", 10, 3, 2), buffer=1), "A") == 4


def test_what_lies_there_is_told_less_what_other_carts_want_of_it() -> None:
    assert level(listed(at("A", 10, 3, 2, 1), meaning=ON_HAND, buffer=1), "A") == 8


def test_at_a_centre_where_nothing_lies_the_cart_is_told_zero() -> None:
    assert level(listed(at("A", 10)), "A", WEST) == 0


@pytest.mark.parametrize("meaning", [SELLABLE, ON_HAND])
@pytest.mark.parametrize(("free", "told"), [(-4, 0), (0, 0), (2, 0), (3, 3)])
def test_a_level_below_the_smallest_one_is_zero(meaning: StockMeaning, free: int, told: int) -> None:
    assert level(listed(at("A", free), meaning=meaning, minimum=3), "A") == told


def test_where_too_little_may_be_sold_the_cart_is_told_that_nothing_lies_there() -> None:
    assert level(listed(at("A", 10, 9), meaning=ON_HAND, minimum=2), "A") == 0


def test_all_centres_are_told_together_at_one() -> None:
    everywhere = {**at("A", 10, 1), **at("A", 5, 0, 2, center=WEST)}
    listings = listed(everywhere, combined_at=WEST, buffer=3)
    assert listings.quantities == {("A", WEST): 9, ("A", EAST): 0}, "at the other centres nothing is for sale"
    assert listings.position("A", WEST) == Position(15, 1, 2, 1), "what it keeps elsewhere the cart does not subtract"


def test_what_the_cart_keeps_at_another_centre_is_subtracted_where_all_is_told() -> None:
    there = {("A", EAST): Position(10, 3, 0, 1, untold=2), ("A", WEST): Position(5, 0, 2, 1, untold=1)}
    assert level(listed(there, combined_at=EAST, meaning=ON_HAND), "A") == 15 - 1 - 2 + 2


def test_products_go_by_their_alias_and_those_without_one_are_counted() -> None:
    listings = listed({**at("A", 1), **at("B", 2), **at("C", 3), **at("D", 4)}, UPC)
    assert listings.quantities == {("111", EAST): 1, ("111", WEST): 0}
    assert (listings.nameless, listings.unit("111")) == (3, "A")


def test_what_the_operator_leaves_out_is_not_told() -> None:
    listings = listed({**at("A-1", 1), **at("B", 2)}, leave_out=("a-*",))
    assert {name for name, _ in listings.quantities} == {"B"}
    assert listings.left_out == 1


def test_a_bundle_is_as_many_as_its_parts_make() -> None:
    listings = listed({**at("A", 9, 1), **at("B", 7)}, bundles=SET, meaning=ON_HAND)
    assert (level(listings, "SET"), listings.meaning("SET"), listings.meaning("A")) == (4, SELLABLE, ON_HAND)
    assert (level(listings, "A"), level(listings, "B"), level(listings, "SET", WEST)) == (9, 7, 0)
    assert listings.position("SET", EAST) == Position(4)


def test_what_is_kept_back_of_the_parts_is_not_sold_in_bundles() -> None:
    parts = {**at("A", 9), **at("B", 3)}
    assert level(listed(parts, bundles=SET, buffer=1), "SET") == 2
    assert level(listed(parts, bundles=SET, minimum=4), "SET") == 0


def test_a_bundle_is_put_together_at_one_centre_though_all_are_told_as_one() -> None:
    apart = {**at("A", 9), **at("B", 3, center=WEST)}
    assert level(listed(apart, bundles=SET, combined_at=EAST), "SET") == 0
    both = {**at("A", 4), **at("A", 3, center=WEST), **at("B", 1), **at("B", 1, center=WEST)}
    assert level(listed(both, bundles=SET, combined_at=EAST), "SET") == 2


def test_a_bundle_of_aliased_parts_is_known_by_its_own_name() -> None:
    parts = {"SET": (BundleComponent(sku="111", quantity=2),)}
    assert level(listed(at("A", 5), UPC, bundles=parts), "SET") == 2


def test_a_bundle_with_a_part_that_nobody_has_is_none() -> None:
    assert level(listed(at("A", 9), bundles=SET), "SET") == 0


def test_what_was_told_and_is_gone_is_none_unless_it_is_not_ours_to_tell() -> None:
    listings = listed({**at("A", 1), **at("D", 1), **at("X", 1)}, UPC, leave_out=("X",))
    assert listings.missing("9", "GONE", EAST) == 0
    assert listings.missing("333", "A", EAST) == 0  # it goes by another name now
    assert listings.missing("4", "D", EAST) is None  # it has none any more
    assert listings.missing("X", "X", EAST) is None
    assert listings.missing("9", "GONE", "7") is None


def test_the_centres_that_are_told_are_those_where_stock_counts() -> None:
    assert centers_told(rules_with()) == [WEST, EAST]
    assert centers_told(rules_with(combined_at=EAST)) == [WEST, EAST]
    assert centers_told(rules_with(combined_at="7")) == [WEST, EAST, "7"]
    assert centers_told(replace(rules_with(), areas=Areas(everywhere="7"))) == ["7"]


def test_the_meaning_can_be_another_one_than_that_of_the_rules() -> None:
    there = a_taking(at("A", 10, 3))
    assert level(listings_of(there, rules_with(meaning=ON_HAND), Aliases(), meaning=SELLABLE), "A") == 7


quantities = st.integers(0, 12)
positions = st.dictionaries(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from([EAST, WEST])),
    st.tuples(quantities, quantities, quantities, quantities).map(
        lambda four: Position(*four[:3], of_others=min(four[3], four[1] + four[2]))
    ),
)
wishes = st.fixed_dictionaries(
    {
        "meaning": st.sampled_from([SELLABLE, ON_HAND]),
        "buffer": st.integers(0, 3),
        "minimum": st.integers(0, 4),
        "combined_at": st.sampled_from([None, EAST]),
        "bundles": st.sampled_from([{}, SET]),
    }
)


@ROUNDS
@given(positions, wishes)
def test_no_level_is_more_than_lies_there_less_all_claims_and_what_is_kept_back(
    there: Positions, wish: dict[str, Any]
) -> None:
    listings = listed(there, **wish)
    for (name, center), quantity in listings.quantities.items():
        position = listings.position(name, center)
        if name == "SET":
            assert quantity in (0, position.on_hand)
            continue
        claimed = position.of_others if wish["meaning"] is ON_HAND else position.allocated + position.in_flight
        assert 0 <= quantity <= max(position.on_hand - claimed - wish["buffer"], 0)
        assert quantity == 0 or position.free - wish["buffer"] >= max(wish["minimum"], 1)


@ROUNDS
@given(positions, wishes)
def test_the_sellable_level_of_a_bundle_can_be_made_of_what_its_parts_may_be_sold(
    there: Positions, wish: dict[str, Any]
) -> None:
    told = listed(there, **wish | {"bundles": SET, "meaning": SELLABLE}).quantities
    for (name, center), quantity in told.items():
        if name == "SET":
            parts = [told.get((part.sku, center), 0) // part.quantity for part in SET["SET"]]
            assert quantity <= min(parts)
            assert wish["combined_at"] or wish["minimum"] > 1 or quantity == min(parts)


@ROUNDS
@given(positions, st.integers(0, 3))
def test_told_together_is_the_sum_of_all_centres(there: Positions, kept: int) -> None:
    together = listed(there, combined_at=EAST, buffer=kept)
    for name in {name for name, _ in there}:
        free = sum(one.free for (sku, _), one in there.items() if sku == name)
        assert level(together, name) == max(free - kept, 0)


@ROUNDS
@given(positions, wishes, st.randoms(use_true_random=False))
def test_the_order_in_which_levels_came_does_not_matter(there: Positions, wish: dict[str, Any], random: Any) -> None:
    shuffled = list(there.items())
    random.shuffle(shuffled)
    assert listed(dict(shuffled), **wish).quantities == listed(there, **wish).quantities
