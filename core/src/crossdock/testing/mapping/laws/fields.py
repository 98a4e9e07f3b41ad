"""Laws of fields: what the warehouse's order says is what its rule gives, fits, and can be explained."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from crossdock.domain import Order
from crossdock.engine.field_trial import explain_fields
from crossdock.engine.ports import StoredOrder
from crossdock.engine.release_plan import plan_release
from crossdock.engine.request_fields import values_of
from crossdock.mapping import FieldRule, FieldRules, MappedField, compiled, document_of
from crossdock.testing.mapping.kinds import ORDER, RULE
from crossdock.testing.mapping.law import mapping_law, names, same
from crossdock.testing.mapping.oracle import Impossible, value_of, written
from crossdock.testing.mapping.orders import aimed_orders, with_value
from crossdock.testing.mapping.subject import MappingSubject

SAMPLES = (
    FieldRule("custom_fields.short", compiled("notes"), max_length=5, cut=True),
    FieldRule("custom_fields.held", compiled("notes"), max_length=5),
    FieldRule("custom_fields.needed", compiled("flag"), required=True),
    FieldRule("custom_fields.spare", compiled("flag"), default="none given", max_length=6, cut=True),
    FieldRule("tags", compiled("[tags, site, acknowledged, `1.5`]"), max_length=12, cut=True),
    FieldRule("custom_fields.marks", compiled("[tags, `true`, `false`, `2`]")),
    FieldRule("custom_fields.object", compiled("ship_to")),
    FieldRule("custom_fields.never", compiled("upper(lines)")),
)
"""Rules of every sort, for laws that guard crossdock whatever the config says."""


@mapping_law("mapping.fields.value", ORDER)
def a_field_is_what_its_rule_gives(subject: MappingSubject, order: Order) -> None:
    """A field is the text that its expression gives, the parts of a list with ", " between them; blank is no value, and
    then the default is taken; what is required, cannot be worked out or is too long is a flaw.

    A wrong department on a packing slip comes back as a return.
    """
    document = order.model_dump(mode="json")
    rules = (*subject.rules.fields.rules, *SAMPLES)
    for rule, field in zip(rules, FieldRules(rules).map_fields(document_of(order)).fields, strict=True):
        same("the field", rule.target, field.target)
        _must_be(rule, field, document)


def _must_be(rule: FieldRule, field: MappedField, document: Mapping[str, Any]) -> None:
    name = f"field {rule.target} (`{rule.source.text}`)"
    try:
        texts = written(value_of(rule.source.text, document))
    except Impossible:
        names(f"the flaw of {name}, which cannot be worked out", field.flaw, f"{rule.target}: ")
        same(f"{name}, which cannot be worked out", (), field.texts)
        if rule.target == "custom_fields.object":
            names("its flaw", field.flaw, "`ship_to` gives an object; name one of its fields: name, company, ")
        return
    whole = ", ".join(texts) or rule.default
    if not whole:
        nothing = f"`{rule.source.text}` gives nothing"
        flaw = f"{rule.target} has no value: {nothing}" if rule.required else ""
        same(f"{name} without a value", ("", nothing, flaw), (field.text, field.because, field.flaw))
        return
    source = f"`{rule.source.text}`" if texts else f"default, since `{rule.source.text}` gives nothing"
    same(f"where {name} comes from", source, field.because.partition(", cut from ")[0])
    if rule.max_length is None or len(whole) <= rule.max_length:
        same(name, (whole, ""), (field.text, field.flaw))
        same(f"{name} as several", len(texts) if rule.target == "tags" and texts else 1, len(field.texts))
    elif not rule.cut:
        told = f"{rule.target} has {len(whole)} characters, and {rule.max_length} fit"
        same(f"{name}, which is too long", told, field.flaw)
    else:
        _must_be_cut(name, rule, field, whole, texts or [rule.default])


def _must_be_cut(name: str, rule: FieldRule, field: MappedField, whole: str, texts: list[str]) -> None:
    assert rule.max_length is not None
    most = rule.max_length
    same(f"{name}, which is cut: its flaw", "", field.flaw)
    assert 0 < len(field.text) <= most, f"{name} has {len(field.text)} characters after it was cut to {most}"
    assert whole.startswith(field.text), f"{name} is cut to '{field.text}', which is not how '{whole}' begins"
    words = f"cut from {len(whole)} to {most} characters"
    assert words in field.because, f"{name} does not say that it was {words}: {field.because}"
    if rule.target == "tags" and len(texts) > 1 and len(texts[0]) <= most:
        whole_ones = [end for end in range(1, len(texts) + 1) if len(", ".join(texts[:end])) <= most]
        same(f"{name} as whole texts", tuple(texts[: max(whole_ones)]), field.texts)
    else:
        same(f"{name}, cut", _beginning(texts[0] if rule.target == "tags" else whole, most), field.text)


def _beginning(text: str, most: int) -> str:
    """As much of a text as fits without a part of what people see as one character, unless that were nothing."""
    ends = [end for end in range(1, most + 1) if end == len(text) or not _is_inside(text, end)]
    return text[: max(ends, default=most)]


def _is_inside(text: str, place: int) -> bool:
    return unicodedata.combining(text[place]) > 0 or text[place] in "\u200d\ufe0e\ufe0f" or text[place - 1] == "\u200d"


@mapping_law("mapping.fields.length", ORDER)
def nothing_longer_than_fits_goes_out(subject: MappingSubject, order: Order) -> None:
    """No field that is longer than its rule, or the warehouse, has room for goes out; nor does an order that lacks a
    required one.

    A warehouse cuts without a word, or refuses the order.
    """
    plan = plan_release(StoredOrder(1, order.external_id, order, approved=True), subject.rules).plan
    for request in plan.requests:
        values = values_of(request)
        for rule in subject.rules.fields.rules:
            value = values.get(rule.target, "")
            fits = rule.max_length is None or len(value) <= rule.max_length or rule.target == "area"
            assert fits, f"field {rule.target}: {len(value)} characters go out, and {rule.max_length} fit"
            assert value or not rule.required, f"field {rule.target} is required, and the order goes out without"
        for room in subject.rules.fields_at(request.distribution_center):
            value = values.get(room.name, "")
            fits = room.max_length is None or len(value) <= room.max_length
            assert fits, f"field {room.name}: {len(value)} characters go out, and the warehouse takes {room.max_length}"


@mapping_law("mapping.fields.explained", ORDER)
def what_is_explained_is_what_goes_out(subject: MappingSubject, order: Order) -> None:
    """What `crossdock mapping explain` says of each field is what the warehouse gets; a flaw that it names holds the
    order.

    An explanation that differs from what happens is worse than none.
    """
    plan = plan_release(StoredOrder(1, order.external_id, order, approved=True), subject.rules).plan
    centers = [request.distribution_center for request in plan.requests]
    told = explain_fields(order, subject.rules, centers) if centers else []
    flaws = [one.flaw for one in told if one.flaw]
    assert not flaws, f"`mapping explain` names a flaw ({flaws[0]}), and the order goes out"
    for request in plan.requests:
        said = {one.target: one.value for one in told if one.distribution_center == request.distribution_center}
        same("what is explained", values_of(request), {target: value for target, value in said.items() if value})
    for one in told:
        assert one.because, f"where the value of {one.target} comes from is not said"


def _rules(subject: MappingSubject) -> Iterator[str]:
    return (f"fields.{rule.target}" for rule in subject.rules.fields.rules)


@mapping_law("mapping.fields.give", RULE, judges=True, cases=_rules)
def every_rule_gives_something(subject: MappingSubject, name: str) -> None:
    """There is an order for which a field's rule gives a value of its own.

    A rule over a field that is always empty fills the warehouse's orders with defaults, and nobody notices.
    """
    rule = next((one for one in subject.rules.fields.rules if f"fields.{one.target}" == name), None)
    if rule is None:
        return
    alone, why = FieldRules((rule,)), ""
    for order in _rich(subject, rule):
        (field,) = alone.map_fields(document_of(order)).fields
        if field.texts and not field.because.startswith("default") and not field.flaw:
            return
        why = field.flaw or field.because or why
    raise AssertionError(f"field {rule.target} (`{rule.source.text}`) has a value of its own for no order: {why}")


def _rich(subject: MappingSubject, rule: FieldRule) -> Iterator[Order]:
    """Orders that have something in every field that the rule looks at."""
    for order in aimed_orders(subject.rules, subject.words):
        yield order
        for text in ("given", "3", "2026-03-01T12:00:00Z"):
            full = order
            for field in rule.source.reads:
                full = with_value(full, field, text)
            yield full
