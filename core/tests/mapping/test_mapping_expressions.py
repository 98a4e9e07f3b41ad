"""Expressions: a closed set of functions, never an exception, and they say what they look at."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import Order, OrderLine
from crossdock.mapping import check_expression, check_fields, compiled, search

ROUNDS = settings(deadline=None, print_blob=True)

NAMES = ("notes", "site", "tags", "lines", "sku", "title", "quantity", "ship_to", "phone", "custom_fields", "po")
EXPRESSIONS = (
    "notes",
    "ship_to.phone || ship_to.name",
    "lines[].sku",
    "lines[0].title",
    "lines[-1]",
    "length(lines)",
    "join(', ', lines[].sku)",
    "sum(lines[].quantity)",
    "sort_by(lines, &quantity)[0].sku",
    "max_by(lines, &quantity).title",
    "map(&upper(title), lines)",
    "lines[?quantity > `1`].sku",
    "lines[?contains(title, 'gift')] | [0].sku",
    "[notes, site][?@] | join(' / ', @)",
    "{a: notes, b: site}.a",
    "custom_fields.*",
    "values(custom_fields)",
    'custom_fields."po number"',
    "tags[?starts_with(@, 'v')] | [0]",
    "notes == 'x' && site",
    "!notes",
    "not_null(custom_fields.po, site)",
    "left(trim(notes), `5`)",
    "right(site, `2`)",
    "replace(notes, 'a', 'b')",
    "split(notes, '-')[1]",
    "date(in_zone(site, 'America/Chicago'), '%d.%m.%Y')",
    "to_number(notes) > `5`",
    "notes > `5`",
    "to_string(lines)",
    "reverse(lines)[0].sku",
    "&notes",
    "lines[].[sku, title][]",
    "lines[*].quantity | sort(@)",
    "ship_to.lines[].phone",
)

texts = st.sampled_from(("", "x", "gift", "vip", "a-b-c", "2026-01-31T12:00:00Z", "7", "🧦")) | st.text(max_size=4)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, width=16) | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
lines = st.lists(st.fixed_dictionaries({"sku": texts, "title": texts, "quantity": st.integers(1, 9)}), max_size=3)
orders = st.fixed_dictionaries(
    {"notes": texts, "site": texts, "tags": st.lists(texts, max_size=3), "lines": lines},
    optional={"ship_to": st.dictionaries(st.sampled_from(("phone", "name")), texts), "custom_fields": anything},
)


@ROUNDS
@given(st.sampled_from(EXPRESSIONS), anything | orders)
def test_an_expression_gives_a_value_or_a_reason_and_never_raises(expression: str, data: Any) -> None:
    found = search(expression, data)
    assert found.flaw == "" or found.value is None
    again = search(expression, data)
    assert (again.flaw, repr(again.value)[:30]) == (found.flaw, repr(found.value)[:30])


@ROUNDS
@given(st.text(max_size=30) | st.text("ab.[]|&?'`\"(){}:,*@!<>= 1", max_size=20))
def test_any_text_is_an_expression_or_refused_with_a_sentence(text: str) -> None:
    try:
        check_expression(text)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = "a JMESPath expression"
    assert refusal.startswith("a JMESPath expression")
    assert "\n" not in refusal.replace(text, "")


def only(value: Any, reads: frozenset[str], path: str = "") -> Any:
    """What is left of a document without the fields that nobody reads."""
    if any(path == one or path.startswith(f"{one}.") for one in reads):
        return value
    if isinstance(value, list):
        return [only(inner, reads, path) for inner in value]
    if isinstance(value, dict):
        named = {name: f"{path}.{name}" if path else name for name in value}
        return {
            name: only(inner, reads, named[name])
            for name, inner in value.items()
            if any(f"{one}.".startswith(f"{named[name]}.") for one in reads)
        }
    return value


@ROUNDS
@given(st.sampled_from([one for one in EXPRESSIONS if one != "&notes"]), orders)
def test_an_expression_looks_at_nothing_but_what_it_says_that_it_reads(expression: str, order: Any) -> None:
    reads = compiled(expression).reads
    assert search(expression, order) == search(expression, only(order, reads))


READS = {
    "ship_to.phone || site": {"ship_to.phone", "site"},
    "lines[?quantity > `1`].sku": {"lines.quantity", "lines.sku"},
    "sort_by(lines, &sku)[0].title": {"lines", "lines.sku", "lines.title"},
    'custom_fields."po number"': {"custom_fields.po number"},
    "custom_fields.*": {"custom_fields"},
    "{a: notes}.a": {"notes"},
    "@.site": {"site"},
    "merge(ship_to, ship_to).phone": {"ship_to"},
    "'fixed'": set(),
}


@pytest.mark.parametrize("expression", READS)
def test_the_fields_that_an_expression_reads_are_found_in_it(expression: str) -> None:
    assert compiled(expression).reads == READS[expression]


VALUES = {
    "upper(site)": "EBAY",
    "lower(site)": "ebay",
    "trim(notes)": "ring twice",
    "left(notes, `6`)": "  ring",
    "right(site, `3`)": "Bay",
    "right(site, `99`)": "eBay",
    "replace(site, 'Bay', '-')": "e-",
    "split('a,b', ',')": ["a", "b"],
    "split(notes, '')": ["ring", "twice"],
    "date(placed_at, '%d.%m.%Y %H:%M')": "01.02.2026 03:30",
    "date(in_zone(placed_at, 'America/Chicago'), '%Y-%m-%d')": "2026-01-31",
    "upper(nothing)": None,
    "left(nothing, `2`)": None,
    "date(nothing, '%Y')": None,
    "join(' ', [site, nothing][?@])": "eBay",
    "to_number(amount) > `10`": True,
}
DATA = {"site": "eBay", "notes": "  ring   twice ", "placed_at": "2026-02-01T03:30:00Z", "amount": "12.50"}


@pytest.mark.parametrize("expression", VALUES)
def test_functions_do_what_they_say(expression: str) -> None:
    found = search(expression, DATA)
    assert (found.value, found.flaw) == (VALUES[expression], "")


FLAWS = {
    "upper(`3`)": "upper() takes text or nothing, and was given a number",
    "join(', ', [site, nothing])": "join() takes a list of text, and was given a list with nothing in it",
    "sum([site])": "sum() takes a list of numbers, and was given a list with text in it",
    "join(', ', [`3`])": "join() takes a list of text, and was given a list with a number in it",
    "keys(`true`)": "keys() takes an object, and was given a boolean",
    "amount > `10`": "cannot be worked out: it compares or adds what cannot be, such as text with a number",
    "date(site, '%Y')": "not a time",
    "in_zone(placed_at, 'Mars/Olympus')": "'Mars/Olympus' is no time zone",
    "date(placed_at, '%s')": "'%s' in '%s' is no part of a date",
    "left(site, `-1`)": "a number of characters is a whole number",
    "left(site, `1.5`)": "a number of characters is a whole number",
}


@pytest.mark.parametrize("expression", FLAWS)
def test_what_cannot_be_worked_out_has_a_reason_without_what_the_order_holds(expression: str) -> None:
    found = search(expression, {**DATA, "site": "Ada Lovelace"})
    assert FLAWS[expression] in found.flaw
    assert "Ada" not in found.flaw


WRONG = {
    "a b": "Unexpected token: b at column 3",
    "": "cannot be empty",
    "(": "column 2",
    "'open": "column 1",
    "uper(site)": "there is no function uper(): did you mean upper()?",
    "lines[].xyzzy(sku)": "there is no function xyzzy(): there are abs, avg",
    "upper(site, notes)": "upper() takes 1 argument(s), and is given 2",
    "merge()": "at least 1 argument(s), and is given 0",
    "site == `amazon`": "write a text between single quotes",
    "(" * 5000: "nested",
}


@pytest.mark.parametrize("expression", WRONG, ids=lambda one: one[:20])
def test_what_is_no_expression_is_refused_with_a_sentence(expression: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_expression(expression)
    assert WRONG[expression] in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("shipto.phone", "Order has no 'shipto': did you mean 'ship_to'?"),
        ("ship_to.fone", "Address has no 'fone': did you mean 'phone'?"),
        ("lines[].qty", "OrderLine has no 'qty': there are external_id"),
        ("lines[?prize].sku", "OrderLine has no 'prize'"),
        ("total.currancy", "Money has no 'currancy': did you mean 'currency'?"),
    ],
)
def test_a_field_that_no_order_has_is_refused_with_the_nearest(expression: str, hint: str) -> None:
    with pytest.raises(ValueError) as refused:
        check_fields(expression, Order)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "expression",
    ["custom_fields.anything", "source_status.Checkout", "lines[].components[].sku", "[ship_to, total][].x", "@"],
)
def test_fields_that_orders_have_or_may_have_are_taken(expression: str) -> None:
    assert check_fields(expression, Order) == expression


def test_an_expression_over_a_line_is_checked_against_a_line() -> None:
    assert check_fields("unit_price.amount", OrderLine) == "unit_price.amount"
    with pytest.raises(ValueError, match="OrderLine has no 'site'"):
        check_fields("site", OrderLine)
