"""Laws of mappings at their edges: what small changes of the code broke, and nothing else noticed."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.domain import Parcel
from crossdock.mapping import Aliases, FieldRule, FieldRules, ShipMethod, ShipMethodRule, ShipMethods, compiled
from crossdock.mapping.aliases import MOST_NAMED
from crossdock.mapping.carriers import carrier_table, service_of
from crossdock.mapping.carriers_by_number import followed_at, link, recognised, why_not
from crossdock.mapping.method_table import Entry, by_direction, put, replaced, written_table
from crossdock.mapping.overlap import common_text
from crossdock.mapping.ship_methods import Asked, Direction

LETTERS = "ab?*"
names = st.lists(st.text("xyz", min_size=1, max_size=3), min_size=2, max_size=9, unique=True)
entries = st.lists(
    st.builds(
        Entry,
        st.just(Direction.INBOUND),
        st.builds(
            ShipMethodRule,
            to=st.builds(ShipMethod, st.sampled_from(["UPS", "ups", "USPS"]), st.sampled_from(["Ground", "Air"])),
            service=st.sampled_from(["one", "two", "three"]),
        ),
    ),
    max_size=5,
    unique_by=lambda entry: entry.key,
)


@given(names)
def test_every_alias_of_a_product_that_has_several_is_named_or_counted(several):
    told = Aliases(type="UPC", several={"SKU": tuple(several)}).why_unnamed("SKU").partition(": ")[2].split(", ")
    assert told[:MOST_NAMED] == several[:MOST_NAMED]
    assert told[MOST_NAMED:] == ([f"{len(several) - MOST_NAMED} more"] if len(several) > MOST_NAMED else [])


@pytest.mark.parametrize("carrier", [one for one in carrier_table().carriers.values() if " " in one.title])
def test_a_carrier_of_several_words_may_stand_before_its_service(carrier):
    meant = {service.code: service_of(carrier.title, service.title) for service in carrier.services}
    before = {
        service.code: service_of(carrier.title, f"{carrier.title} {service.title}") for service in carrier.services
    }
    assert before == meant


def test_a_parcel_is_followed_where_its_provider_says_and_else_where_its_carrier_does():
    parcel = Parcel(external_id="1", tracking_number="1Z5R89390357567127", carrier="UPS")
    assert followed_at(parcel) == link("UPS", parcel.tracking_number) != ""
    assert followed_at(parcel.model_copy(update={"tracking_url": "https://there.example"})) == "https://there.example"


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_number_is_recognised_by_check_digits_first_and_links_only_to_a_known_carrier(number):
    found = recognised(number)
    assert [one.checked for one in found] == sorted((one.checked for one in found), reverse=True)
    assert all(one.carrier for one in found if one.link)
    assert bool(why_not(number)) is not bool(found)


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("RB123456785US", [("usps", "United States Postal Service", True)]),
        ("RB123456785JP", [("", "Japan Post", False)]),
        ("RB123456785ZZ", []),
    ],
)
def test_a_number_of_the_posts_names_its_country_whose_carrier_may_not_be_in_the_table(number, found):
    assert [(one.carrier, one.title, bool(one.link)) for one in recognised(number)] == found


@given(
    st.lists(st.sampled_from(LETTERS), max_size=5).map("".join),
    st.lists(st.sampled_from(LETTERS), max_size=5).map("".join),
)
def test_the_common_text_of_two_patterns_fits_both_and_holds_no_sign_of_a_pattern(one, other):
    text = common_text(one, other)
    assume(text is not None)
    assert fnmatchcase(text, one)
    assert fnmatchcase(text, other)
    assert not set(text) & {"*", "?"}


@given(entries, entries, entries)
def test_a_table_that_is_replaced_holds_just_what_was_wanted_in_that_order(table, wanted, config):
    written = {Direction.INBOUND: ShipMethods(tuple(one.rule for one in config)), Direction.OUTBOUND: ShipMethods()}
    says = {one.key: one.rule.to for one in config}
    known = {one.key: one for one in table}
    kept = [one for one in wanted if one.key in known or says.get(one.key) != one.rule.to]
    after = replaced(table, wanted, written)
    assert [one.key for one in after] == [one.key for one in kept]
    assert [one.rule.to for one in after] == [one.rule.to for one in kept]
    for one in after:
        if one.key in known and known[one.key].rule.to == one.rule.to:
            assert one is known[one.key]
    assert written_table(written) == tuple(config)
    assert by_direction(put(table, (), written))[Direction.INBOUND] == tuple(one.rule for one in table)


def test_names_that_are_known_later_answer_what_was_asked_before():
    asked, pair = Asked("UPS", "Ground"), ShipMethod("CART", "WORD")
    using = ShipMethods(uses_known=True)
    assert using.choose(asked) is None
    chosen = using.with_known({"ups_ground": pair}).choose(asked)
    assert chosen is not None
    assert chosen.method == pair


def mapped(expression, order, **rule):
    return FieldRules((FieldRule("notes", compiled(expression), **rule),)).map_fields(order).fields[0]


@pytest.mark.parametrize(
    ("expression", "flaw"),
    [
        ("empty", "an object; name one of its fields: it has none"),
        ("full", "an object; name one of its fields: one, two"),
        ("sum([full.one, `1`])", "cannot be worked out"),
        ("[full, full.one] > `1`", None),
    ],
)
def test_what_is_no_text_is_told_in_words(expression, flaw):
    told = mapped(expression, {"empty": {}, "full": {"one": "1", "two": "2"}}).flaw
    assert (flaw or "") in told


@given(st.text(st.sampled_from("ae\u0301\u200d🎁\ufe0f"), max_size=8), st.integers(1, 8))
def test_a_text_is_cut_between_what_people_see_as_characters_and_never_to_nothing(text, length):
    assume(text.strip())
    cut = mapped("profile", {"profile": text}, max_length=length, cut=True).texts[0]
    assert text.startswith(cut)
    assert 1 <= len(cut) <= length
    if len(cut) < min(length, len(text)):
        assert text[len(cut)] not in "\u0301\u200d\ufe0f"
        assert text[len(cut) - 1] != "\u200d"


def test_why_an_expression_cannot_be_worked_out_is_said_in_words():
    deep = "x" + "[0]" * 400
    assert (
        compiled("length(n)")
        .search({"n": 1})
        .flaw.endswith("length() takes text or a list or an object, and was given a number")
    )
    assert compiled("length(n)").search({"n": True}).flaw.endswith("and was given a boolean")
    assert compiled("sort_by(lines, &n)").search({"lines": [{"n": 1}, {"n": True}]}).flaw
    assert compiled(deep).search({"x": []}).value is None


def test_of_the_values_of_an_object_it_is_the_object_that_is_looked_at():
    assert compiled("custom_fields.*").reads == {"custom_fields"}
    assert compiled("custom_fields.*.[name, tags]").reads == {"custom_fields"}
