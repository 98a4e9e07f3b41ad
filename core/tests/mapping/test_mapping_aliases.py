"""Aliases: a name of its own for every product that the cart knows, and a reason for every other."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock.mapping import Aliases

pairs = st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("1234")), max_size=8)


def test_without_a_type_products_go_by_sku() -> None:
    aliases = Aliases()
    assert (aliases.name_of("A"), aliases.sku_of("A"), aliases.why_unnamed("A")) == ("A", "A", "")


def test_a_product_goes_by_its_alias_and_the_cart_means_it_by_that() -> None:
    aliases = Aliases("UPC", {"A": "1"})
    assert (aliases.name_of("A"), aliases.sku_of("1"), aliases.sku_of("A")) == ("1", "A", "A")


def test_why_a_product_has_no_name_is_said() -> None:
    aliases = Aliases.from_pairs("UPC", [("A", "1"), ("B", "1"), ("C", "2"), ("C", "3"), ("D", "2"), ("E", "5")])
    assert [aliases.name_of(sku) for sku in "ABCDEF"] == [None, None, None, None, "5", None]
    assert aliases.why_unnamed("A") == "its alias 1 of type UPC stands for B too"
    assert aliases.why_unnamed("C") == "it has several aliases of type UPC: 2, 3"
    assert aliases.why_unnamed("D") == "its alias 2 of type UPC stands for C too"
    assert aliases.why_unnamed("E") == ""
    assert aliases.why_unnamed("F") == "it has no alias of type UPC"


def test_a_long_list_of_namesakes_is_cut() -> None:
    aliases = Aliases("UPC", dict.fromkeys("ABCDEF", "1"))
    assert aliases.why_unnamed("A") == "its alias 1 of type UPC stands for B, C, D, 2 more too"


@given(pairs)
def test_no_name_stands_for_two_products_and_each_leads_back_to_its_own(some: list[tuple[str, str]]) -> None:
    aliases = Aliases.from_pairs("UPC", some)
    named = {sku: name for sku in "ABCD" if (name := aliases.name_of(sku)) is not None}
    assert len(set(named.values())) == len(named)
    assert all(aliases.sku_of(name) == sku and (sku, name) in some for sku, name in named.items())
    assert all(bool(aliases.why_unnamed(sku)) == (sku not in named) for sku in "ABCD")


@given(pairs.flatmap(lambda some: st.tuples(st.just(some), st.permutations([*some, *some]))))
def test_neither_order_nor_repetition_matters(both: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> None:
    once, again = (Aliases.from_pairs("UPC", some) for some in both)
    assert [once.name_of(sku) for sku in "ABCD"] == [again.name_of(sku) for sku in "ABCD"]
