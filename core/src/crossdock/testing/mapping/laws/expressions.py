"""Laws of expressions: they give what the documentation says, look at what they say they do, and never fail loudly."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from crossdock.domain import Order
from crossdock.mapping import check_fields, compiled, document_of, search
from crossdock.testing.mapping.kinds import ORDER, RULE
from crossdock.testing.mapping.law import mapping_law, names, same
from crossdock.testing.mapping.oracle import Impossible, value_of
from crossdock.testing.mapping.subject import MappingSubject

READS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        text: frozenset(reads.split())
        for text, reads in {
            "site": "site",
            "ship_to.country": "ship_to.country",
            "tags[0]": "tags",
            "tags[1:3]": "tags",
            "tags[?contains(@, 'a')]": "tags",
            "lines[].sku": "lines.sku",
            "lines[*].unit_price.amount": "lines.unit_price.amount",
            "sum(lines[].quantity)": "lines.quantity",
            "lines[?quantity > `1`].sku | [0]": "lines.quantity lines.sku",
            "join(' / ', [notes, site][?@])": "notes site",
            "sort_by(lines, &sku)[0].title": "lines lines.sku lines.title",
            "max_by(lines, &quantity).sku": "lines lines.quantity lines.sku",
            "map(&sku, lines)": "lines lines.sku",
            "custom_fields.*": "custom_fields",
            "{a: site, b: tags[0]}.a": "site tags",
            "ship_to.{c: country, r: region}": "ship_to.country ship_to.region",
            "notes || flag": "notes flag",
            "notes && flag": "notes flag",
            "!notes": "notes",
            "ship_to | country": "ship_to.country",
            "site == 'Amazon' && total.amount": "site total.amount",
            "length(@)": "",
            "@": "",
            "not_null(notes, flag, site)": "notes flag site",
            "map(&unit_price, lines)[].amount": "lines lines.unit_price lines.unit_price.amount",
            "upper(site)": "site",
            "lower(ship_to.city)": "ship_to.city",
            "trim(notes)": "notes",
            "left(notes, `3`)": "notes",
            "right(notes, `3`)": "notes",
            "right(notes, `0`)": "notes",
            "left(notes, `-1`)": "notes",
            "left(notes, `1.5`)": "notes",
            "replace(notes, 'x', 'yy')": "notes",
            "replace(notes, '', '-')": "notes",
            "split(notes, 'x')": "notes",
            "split(notes, '')": "notes",
            "in_zone(placed_at, 'America/Chicago')": "placed_at",
            "in_zone(updated_at, 'UTC')": "updated_at",
            "in_zone(placed_at, 'Atlantis')": "placed_at",
            "in_zone(site, 'UTC')": "site",
            "date(placed_at, '%d.%m.%Y %H:%M:%S %y %j%%')": "placed_at",
            "date(placed_at, '%A')": "placed_at",
            "date(notes, '%d')": "notes",
            "upper(lines)": "lines",
            "to_number(total.amount) > `5`": "total.amount",
            "sort(lines[].quantity)": "lines.quantity",
        }.items()
    }
)
"""Expressions of every sort, and what each looks at."""
FLAWS: Mapping[str, str] = MappingProxyType(
    {
        "upper(lines)": "upper() takes text or nothing, and was given a list",
        "upper(ship_to)": "upper() takes text or nothing, and was given an object",
        "upper(`1`)": "upper() takes text or nothing, and was given a number",
        "sum(site)": "sum() takes a list of numbers, and was given text",
        "join(updated_at, tags)": "join() takes text, and was given nothing",
        "max_by(lines, &unit_price)": "max_by() takes a number or text, and was given an object",
        "left(site, `-1`)": "a number of characters is a whole number, and -1 is none",
        "left(site, `1.5`)": "a number of characters is a whole number, and 1.5 is none",
        "in_zone('noon', 'UTC')": "what it was given is not a time such as 2026-01-31T12:00:00Z",
        "in_zone(placed_at, 'Atlantis')": "'Atlantis' is no time zone; write one such as 'UTC' or 'America/Chicago'",
        "date(placed_at, '%A')": "'%A' in '%A' is no part of a date; there are %Y %y %m %d %H %M %S %j %%",
    }
)
"""What cannot be worked out for an order with priced lines, and what is said of it."""
WRONG: Mapping[str, str] = MappingProxyType(
    {
        "upper(": "a JMESPath expression; Invalid jmespath expression at column 7 of `upper(`",
        "uper(site)": "did you mean upper()?",
        "nonsense(site)": "there is no function nonsense(): there are abs, ",
        "upper()": "upper() takes 1 argument(s), and is given 0",
        "upper(site, site)": "upper() takes 1 argument(s), and is given 2",
        "left(site)": "left() takes 2 argument(s), and is given 1",
        "not_null()": "not_null() takes at least 1 argument(s), and is given 0",
        "site[?lower()]": "lower() takes 1 argument(s), and is given 0",
        "`text`": "in ``text``, write a text between single quotes: 'text'; between backquotes stands JSON",
        "sit": "Order has no 'sit': did you mean 'site'?",
        "ship_to.zzzz": "Address has no 'zzzz': there are name, ",
        "lines[].skuu": "OrderLine has no 'skuu': did you mean 'sku'?",
        "join(' ', [\"Amazon\"])": "between double quotes stands the name of a field",
        "total.amnt": "Money has no 'amnt': did you mean 'amount'?",
        "[" * 5000: "not nested so deeply",
    }
)
"""What is no expression over an order, and words of the sentence that says so."""


@mapping_law("mapping.expressions.value", ORDER, most=40)
def expressions_give_what_is_documented(subject: MappingSubject, order: Order) -> None:
    """An expression gives what JMESPath and the documentation of its functions say; where it cannot be worked out, it
    gives a reason and no value, and never fails.

    One order that no rule foresaw must not stop all the others.
    """
    document = order.model_dump(mode="json")
    same("the order as expressions see it", document, document_of(order))
    for text, flaw in FLAWS.items():
        if all(line.unit_price for line in order.lines) and order.lines:
            same(f"what is said of `{text}`", f"`{text}` cannot be worked out: {flaw}", search(text, document).flaw)
    for text in (*READS, *_of_config(subject)):
        found = search(text, document)
        try:
            expected = value_of(text, document)
        except Impossible:
            same(f"`{text}`, which cannot be worked out", (True, None), (bool(found.flaw), found.value))
            names("the reason", found.flaw, text)
            values = [order.notes, order.ship_to.name]
            assert not any(len(one) > 8 and one in found.flaw for one in values), (
                f"the reason tells a value: {found.flaw}"
            )
        else:
            same(f"`{text}`", expected, found.value)
            same(f"`{text}`, its flaw", "", found.flaw)


@mapping_law("mapping.expressions.reads", ORDER, most=30)
def expressions_look_at_what_they_say(subject: MappingSubject, order: Order) -> None:
    """An expression looks at the fields that it is said to look at: a change of any other one changes nothing.

    By that is known which fields of an order are not used, and which reasons could tell something of the buyer.
    """
    for text, reads in READS.items():
        same(f"what `{text}` looks at", set(reads), set(compiled(text).reads))
    changed = [(name, order.model_copy(update={name: value})) for name, value in _others(order).items()]
    before = document_of(order)
    for text in _of_config(subject):
        reads = compiled(text).reads
        for name, other in changed:
            if reads and not any(one == name or one.startswith(f"{name}.") for one in reads):
                same(
                    f"`{text}` of an order with another {name}", search(text, before), search(text, document_of(other))
                )


def _others(order: Order) -> Mapping[str, Any]:
    return {
        **{name: getattr(order, name) + "~" for name in ("site", "notes", "flag", "number", "profile")},
        "tags": (*order.tags, "~"),
        "lines": order.lines[:-1],
        "ship_to": order.ship_to.model_copy(update={"country": "ZZ", "name": "~"}),
        "custom_fields": {**order.custom_fields, "~": "~"},
    }


def _of_config(subject: MappingSubject) -> Iterator[str]:
    rules = subject.rules
    yield from (rule.source.text for rule in rules.fields.rules)
    yield from (one.field for one in rules.order_filters)
    yield from (*rules.holds.required_fields, *rules.holds.review_when)


@mapping_law("mapping.expressions.refused", RULE, cases=lambda subject: WRONG)
def what_is_no_expression_is_refused(subject: MappingSubject, text: str) -> None:
    """What is no expression, or looks at a field that orders have not, is refused with a sentence that says what is
    wrong and what was probably meant.

    Who learns of a slip from the first order of the night learns it too late.
    """
    for good in READS:
        same(f"`{good}` as it is kept", good, check_fields(good, Order))
    names(f"the refusal of `{text[:40]}`", _refusal(text), WRONG[text])


def _refusal(text: str) -> str:
    """Why something is no expression over an order; empty where it is taken for one."""
    try:
        check_fields(text, Order)
    except ValueError as error:
        return str(error)
    return ""
