"""Laws of filters and holds: what is left out or kept here, and why, without a word of the buyer."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from crossdock.domain import Order
from crossdock.engine.holding import HOLD_WINDOW, Hold, hold_of
from crossdock.engine.ports import StoredOrder
from crossdock.engine.problems import Code
from crossdock.mapping import Filter, document_of, objection_to, search, take_lines
from crossdock.testing.mapping.kinds import ORDER, RULE
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.oracle import Impossible, compared, doubtful, is_nothing, taken_lines, takes, value_of
from crossdock.testing.mapping.orders import NOON, aimed_orders
from crossdock.testing.mapping.patterns import matches
from crossdock.testing.mapping.subject import MappingSubject

SECRETS = ("Ada Byron", "12 Mill Lane", "0113", "LS1")
"""What only the buyer's address of the tried orders holds."""
PLAIN = ("site", "tags", "flag", "lines[].quantity", "acknowledged", "ship_to.country")
SAMPLES = (
    *(Filter("site", ("a", "b", "c", "d")), Filter("site", ("*",), "restrict"), Filter("flag", ("",))),
    *(Filter("tags", ("",), "restrict"), Filter("tags", ("one*", "t?o"), "restrict"), Filter("tags", ("three",))),
    *(Filter("lines[].quantity", ("2",)), Filter("acknowledged", ("true",)), Filter("ship_to.country", ("US",))),
)
"""Filters of every sort, for laws that guard crossdock whatever the config says."""
BUYERS = ("ship_to.name", "ship_to.phone", "notes", "custom_fields.PO", "ship_to", "[ship_to.line1, site]", "@")


@mapping_law("mapping.filters.answer", ORDER)
def filters_take_what_fits(subject: MappingSubject, order: Order) -> None:
    """An order is taken if every `require` fits and no `restrict` does, of a list one element will do; what cannot be
    worked out is not taken silently.

    An order that is left out by mistake is never shipped, and nobody asks for it but the buyer.
    """
    found = objection_to(order, subject.rules.order_filters)
    for place, one in enumerate(subject.rules.order_filters, start=1):
        try:
            fits = takes(one, order)
        except Impossible:
            name = f"order filter {place} (`{one.field}`), which cannot be worked out, leaves it in doubt"
            same(name, True, found.doubtful if found else False)
            return
        if not fits:
            name = f"order filter {place} ({one.rule} {one.field} {', '.join(one.match)})"
            assert found is not None, f"{name} leaves it out: expected an objection, got none"
            same(f"{name}, whether it is in doubt", False, found.doubtful)
            same(f"the reason of {name}", _reason(one, order) or found.reason, found.reason)
            break
    else:
        same("what the order filters object to", None, found.reason if found else None)
    doubted = Filter("upper(lines)", ("x",)).objection(order.model_dump(mode="json"))
    same("whether there is doubt about `upper(lines)`", True, bool(doubted and doubted.doubtful and doubted.reason))
    for one in SAMPLES:
        told = one.objection(order.model_dump(mode="json"))
        same(f"what a filter ({one.rule} {one.field}) objects to", _reason(one, order), told.reason if told else "")


def _reason(one: Filter, order: Order) -> str:
    """What a filter on a field that is not the buyer's is to say; empty where it takes the order, or of others."""
    if one.field not in PLAIN or takes(one, order):
        return ""
    texts = compared(value_of(one.field, order.model_dump(mode="json"))) or [""]
    fitting = [text for text in texts if any(matches(each, text) for each in one.match)]
    seen = texts if one.rule == "require" else fitting
    wanted = _quoted(one.match) if len(one.match) == 1 else f"one of {_quoted(one.match)}"
    shown = _quoted(seen) if any(seen) else "empty"
    return f"{one.field} is {shown}, {'required' if one.rule == 'require' else 'left out'} is {wanted}"


def _quoted(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return ", ".join(f"'{text}'" for text in texts[:3]) + more


@mapping_law("mapping.filters.lines", ORDER)
def lines_are_taken_or_left_out(subject: MappingSubject, order: Order) -> None:
    """Each line of an order is taken as it is, or left out with a reason; none is lost, doubled or changed, and the
    places of those left out count as gone.

    A line that vanishes between cart and warehouse is a parcel with something missing.
    """
    taken = take_lines(order, subject.rules.item_filters)
    kept = taken_lines(order, subject.rules.item_filters)
    same(
        "the lines that are taken",
        [line.external_id for line in kept],
        [line.external_id for line in taken.order.lines],
    )
    same("what they say", [*kept], [*taken.order.lines])
    out = [line for line in order.lines if line not in kept]
    same("the lines that are left out", out, [one.line for one in taken.left_out])
    for one in taken.left_out:
        assert one.reason, f"line {one.line.external_id} is left out without a reason"
        told = f"line {one.line.external_id} ({one.line.sku}, {one.line.quantity}): {one.reason}"
        same("what is told of it", told, str(one))
    in_doubt = [line.external_id for line in order.lines if doubtful(line, subject.rules.item_filters)]
    same("whether there is doubt about a line", bool(in_doubt), bool(taken.doubt))
    assert not in_doubt or taken.doubt.startswith(f"line {in_doubt[0]}: "), f"the doubt names no line: {taken.doubt}"
    unsure = take_lines(order, [Filter("upper(quantity)", ("x",))])
    about = f"line {order.lines[0].external_id}: " if order.lines else ""
    same("lines of which nothing can be worked out", (order, True), (unsure.order, unsure.doubt.startswith(about)))
    gone = {line.external_id for line in out}
    places = [(part.line_id, part.quantity, part.shipped or part.line_id in gone) for part in order.allocations]
    same("their places", places, [(part.line_id, part.quantity, part.shipped) for part in taken.order.allocations])


@mapping_law("mapping.filters.private", ORDER)
def reasons_keep_the_buyers_secrets(subject: MappingSubject, order: Order) -> None:
    """No reason for leaving an order out holds what is the buyer's: name, street, phone, notes.

    Reasons outlive the buyer's data, which marketplaces demand to be forgotten.
    """
    asked = [Filter(field, ("no such thing",), rule) for field in BUYERS for rule in ("require", "restrict")]
    wide = [Filter(one, ("*",), "restrict") for one in BUYERS]
    marked = order.model_copy(update={"notes": "a note of the buyer", "custom_fields": {"PO": "his own number"}})
    for one in (*subject.rules.order_filters, *asked, *wide):
        found = objection_to(marked, [one])
        told = found.reason if found else ""
        shown = [word for word in (*SECRETS, "a note of the buyer", "his own number") if word in told]
        named = [word for word in shown if not any(word in pattern for pattern in one.match)]
        assert not named, f"the reason of a filter on {one.field} tells '{named[0]}': {told}"


def _filtered(subject: MappingSubject) -> Iterator[str]:
    return iter(["order_filters"] if subject.carries and subject.rules.order_filters else [])


@mapping_law("mapping.filters.take_some", RULE, judges=True, cases=_filtered)
def some_order_is_taken(subject: MappingSubject, name: str) -> None:
    """There is an order that all filters take.

    Filters that exclude each other skip everything, and a warehouse without orders looks like a quiet day.
    """
    tried = aimed_orders(subject.rules, subject.words)
    if not any(objection_to(order, subject.rules.order_filters) is None for order in tried):
        told = ", ".join(f"{one.rule} {one.field} {' or '.join(one.match)}" for one in subject.rules.order_filters)
        raise AssertionError(f"no order was found that all order_filters take ({told})")


@mapping_law("mapping.holds.answer", ORDER)
def holds_keep_what_they_should(subject: MappingSubject, order: Order) -> None:
    """An order is kept here for a field that it lacks, then for a tag or flag, then to be looked at, then until its
    window ends; once a person has let it go, only for what it lacks.

    What is held by mistake waits; what is not held by mistake is gone.
    """
    for approved in (False, True):
        for ready_since in (NOON, NOON - timedelta(days=400)):
            stored = StoredOrder(1, order.external_id, order, ready_since, approved)
            found = hold_of(stored, subject.rules.holds, NOON)
            expected = _hold(subject, order, ready_since, approved=approved)
            same(f"why it is kept here{' after a person let it go' * approved}", expected, _named(found))


def _conditions(subject: MappingSubject) -> Iterator[str]:
    return (f"holds.review_when {place}" for place, _ in enumerate(subject.rules.holds.review_when, start=1))


@mapping_law("mapping.holds.decide", RULE, judges=True, cases=_conditions)
def conditions_decide(subject: MappingSubject, name: str) -> None:
    """A condition of `review_when` that cannot be worked out for some orders holds for others: what it keeps here, it
    does not keep by mistake alone.

    A text compared with a number keeps every order for a person, who looks at it for nothing.
    """
    condition = subject.rules.holds.review_when[int(name.split()[-1]) - 1]
    found = [search(condition, document_of(order)) for order in aimed_orders(subject.rules, subject.words)]
    flaw = next((one.flaw for one in found if one.flaw), "")
    holds = any(not one.flaw and not is_nothing(one.value) for one in found)
    assert holds or not flaw, f"{flaw}; every such order waits for a person (amounts are texts: `to_number(…)`)"


def _named(found: Hold | None) -> tuple[str, str] | None:
    return (str(found.code), found.by) if found else None


def _hold(subject: MappingSubject, order: Order, ready_since: Any, *, approved: bool) -> tuple[str, str] | None:
    holds, document = subject.rules.holds, order.model_dump(mode="json")
    if any(_nothing(field, document) for field in holds.required_fields):
        return str(Code.MISSING_FIELD), "rule: required_fields"
    if approved:
        return None
    marks = [("tag", one, holds.tags) for one in order.tags], [("flag", order.flag, holds.flags)]
    for kind, patterns in (("tag", holds.tags), ("flag", holds.flags)):
        borne = [mark for group in marks for what, mark, _ in group if what == kind and mark]
        if found := next((one for one in patterns if any(matches(one, mark) for mark in borne)), None):
            return str(Code.HELD_BY_RULE), f"rule: {kind} '{found}'"
    if holds.review_all:
        return str(Code.ORDER_REVIEW), "rule: review"
    if any(not _nothing(condition, document, doubt=False) for condition in holds.review_when):
        return str(Code.ORDER_REVIEW), "rule: review_when"
    waits = holds.window is not None and ready_since + holds.window > NOON
    return (HOLD_WINDOW, "rule: window") if waits else None


def _nothing(expression: str, document: Any, *, doubt: bool = True) -> bool:
    try:
        return is_nothing(value_of(expression, document))
    except Impossible:
        return doubt
