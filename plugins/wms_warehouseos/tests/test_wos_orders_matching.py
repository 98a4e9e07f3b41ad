"""SKUs are matched as WarehouseOS matches order lines."""

import string

from hypothesis import given
from hypothesis import strategies as st

from crossdock_warehouseos.catalog.matching import Match, MatchKind, Numbers, match_of, near_numbers, refusal
from crossdock_warehouseos.models import Alias, Item

numbers = st.text("AB12-", min_size=1, max_size=4)
items = st.lists(
    st.builds(Item, number=numbers, aliases=st.lists(st.builds(Alias, alias=numbers)).map(tuple)),
    unique_by=lambda item: item.number,
)
signs = string.ascii_letters + string.digits + "-_. "


def learned(items):
    found = Numbers()
    for item in items:
        found.add(item)
    return found


@given(items, st.frozensets(numbers), numbers)
def test_the_rule_is_item_then_alias_of_one_item_then_bundle(items, bundles, sku):
    match = match_of(sku, learned(items), bundles)
    bearers = {item.number for item in items if sku in {alias.alias for alias in item.aliases or ()}}
    if sku in {item.number for item in items}:
        assert match == Match(MatchKind.ITEM, (sku,))
    elif len(bearers) == 1:
        assert match == Match(MatchKind.ALIAS, tuple(bearers))
    elif sku in bundles:
        assert match == Match(MatchKind.BUNDLE)
    elif bearers:
        assert match == Match(MatchKind.AMBIGUOUS, tuple(sorted(bearers)))
    else:
        assert match == Match(MatchKind.UNKNOWN)


@given(items, numbers, st.randoms(use_true_random=False))
def test_the_order_of_the_list_makes_no_difference(items, sku, dice):
    mixed = dice.sample(items, len(items))
    assert match_of(sku, learned(items), ()) == match_of(sku, learned(mixed), ())


@given(items)
def test_an_item_that_is_listed_twice_is_one(items):
    assert learned([*items, *items]) == learned(items)


@given(st.text(signs, min_size=3, max_size=12), st.data())
def test_one_slip_of_the_hand_is_understood(sku, data):
    place = data.draw(st.integers(0, len(sku) - 1))
    sign = data.draw(st.sampled_from(signs.strip()))
    slip = data.draw(
        st.sampled_from(
            [
                sku[:place] + sku[place + 1 :],
                sku[:place] + sign + sku[place:],
                sku[:place] + sign + sku[place + 1 :],
                sku[:place] + sku[place : place + 2][::-1] + sku[place + 2 :],
                f" {sku} " if sku == sku.strip() else sku,
            ]
        )
    )
    assert sku in near_numbers(slip, {sku})


def test_a_sku_of_several_items_is_refused_with_their_names():
    shared = [Item(number=number, aliases=(Alias(alias="0123"),)) for number in ("RED", "BLUE")]
    found = learned(shared)
    assert "several items in WarehouseOS (BLUE, RED)" in refusal("0123", match_of("0123", found, ()), found.items)


def test_a_typo_is_refused_with_what_was_meant():
    assert "did you mean TEE-1?" in refusal("TEE1", Match(MatchKind.UNKNOWN), {"TEE-1"})
    assert "add it there, then retry" in refusal("TEE1", Match(MatchKind.UNKNOWN), {"SOCK"})
