"""An order that stands in WarehouseOS is taken for an earlier version only where the two contradict each other."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock.domain import RequestLine
from crossdock_warehouseos.catalog.matching import Match, MatchKind
from crossdock_warehouseos.orders.comparison import contradictions
from crossdock_warehouseos.orders.found import FoundLine

skus = st.sampled_from(["A", "B", "C", "CASE", "KIT"])
MEANING = {
    "A": Match(MatchKind.ITEM, ("A",)),
    "B": Match(MatchKind.ITEM, ("B",)),
    "C": Match(MatchKind.UNKNOWN),
    "CASE": Match(MatchKind.ALIAS, ("A",)),
    "KIT": Match(MatchKind.BUNDLE),
}
STANDS_AS = {"A": {"A": 1}, "B": {"B": 1}, "C": {"C": 1}, "CASE": {"A": 12}, "KIT": {"A": 2, "B": 1}}


@st.composite
def asked_lines(draw):
    kinds = draw(st.lists(st.tuples(skus, st.integers(1, 50)), min_size=1, max_size=6))
    return [line(f"L{place}", sku, quantity) for place, (sku, quantity) in enumerate(kinds)]


def line(id_, sku, quantity):
    return RequestLine(id=id_, order_line_id=id_, sku=sku, quantity=quantity)


def standing(asked):
    """The lines as WarehouseOS keeps them: bundles exploded, items in place of their aliases."""
    return [
        FoundLine(host_id=each.id, item=item, quantity=each.quantity * pieces)
        for each in asked
        for item, pieces in STANDS_AS[each.sku].items()
    ]


@given(asked_lines(), st.sampled_from([MEANING, {}]), st.randoms(use_true_random=False))
def test_what_warehouseos_makes_of_an_order_never_contradicts_it(asked, meaning, dice):
    found = standing(asked)
    dice.shuffle(found)
    assert contradictions(asked, found, meaning) == []


@given(asked_lines(), st.data())
def test_a_line_too_few_or_too_many_contradicts(asked, data):
    left_out = data.draw(st.sampled_from(asked))
    fewer = [each for each in asked if each is not left_out]
    assert any(f"line {left_out.id}" in words for words in contradictions(asked, standing(fewer), MEANING)) or not fewer
    if fewer:
        assert contradictions(fewer, standing(asked), MEANING)


@given(asked_lines(), st.integers(1, 50), st.sampled_from([MEANING, {}]))
def test_another_quantity_of_an_item_contradicts(asked, more, meaning):
    before = [line("X", "A", 3), *asked]
    now = [line("X", "A", 3 + more), *asked]
    assert contradictions(now, standing(before), meaning) == [f"line X (A) is 3 pieces, asked for {3 + more}"]


@given(st.integers(1, 50), st.integers(0, 9).filter(lambda times: times != 1), st.sampled_from([MEANING, {}]))
def test_of_an_item_no_whole_number_of_times_will_do(asked, times, meaning):
    told = [FoundLine(host_id="X", item="A", quantity=asked * times)]
    said = [f"line X (A) is {asked * times} pieces, asked for {asked}"]
    assert contradictions([line("X", "A", asked)], told, meaning) == said


@given(st.integers(1, 50), st.integers(0, 9))
def test_of_a_bundle_or_an_alias_every_whole_number_of_times_but_none_will_do(asked, times):
    for sku, item in (("KIT", "KIT"), ("KIT", "A"), ("CASE", "A"), ("C", "A")):
        told = [FoundLine(host_id="X", item=item, quantity=asked * times)]
        assert (contradictions([line("X", sku, asked)], told, MEANING) == []) == (times > 0)


def test_what_was_not_asked_for_is_named_item_by_item():
    added = [FoundLine(host_id="Y", item="A", quantity=1), FoundLine(host_id="Y", quantity=1)]
    assert contradictions([line("X", "A", 3)], [*standing([line("X", "A", 3)]), *added], MEANING) == [
        "line Y (A, an item without number) was not asked for"
    ]


def test_another_item_contradicts_where_the_sku_is_known_to_be_an_item():
    assert contradictions([line("X", "B", 3)], standing([line("X", "A", 3)]), MEANING) == ["line X is A, not B"]
    assert contradictions([line("X", "B", 3)], standing([line("X", "A", 3)]), {}) == []


def test_a_bundle_must_be_there_in_whole_numbers():
    assert contradictions([line("X", "KIT", 4)], standing([line("X", "KIT", 2)]), MEANING)
    assert contradictions([line("X", "KIT", 2)], standing([line("X", "KIT", 4)]), MEANING) == []


def test_an_alias_may_stand_as_itself_or_as_its_item():
    for item in ("CASE", "A"):
        assert contradictions([line("X", "CASE", 2)], [FoundLine(host_id="X", item=item, quantity=2)], MEANING) == []


@given(asked_lines(), asked_lines())
def test_lines_without_our_ids_are_not_compared(asked, other):
    bare = [each.model_copy(update={"host_id": None}) for each in standing(other)]
    assert contradictions(asked, bare, MEANING) == []


def test_a_quantity_that_is_not_shown_contradicts_nothing():
    assert contradictions([line("X", "A", 3)], [FoundLine(host_id="X", item="A")], MEANING) == []
