"""What the operator's rules make of the fields of a request, and whether the warehouse has room for them: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.records import OrderField
from crossdock.mapping import FieldRules, MappedFields, document_of
from crossdock.mapping.fields import CUSTOM, NO_FIELDS, SEPARATOR


def fields_of(order: Order, rules: FieldRules) -> MappedFields:
    """What the rules give for an order; without rules it costs nothing."""
    return rules.map_fields(document_of(order)) if rules.rules else NO_FIELDS


def with_fields(request: FulfillmentRequest, mapped: MappedFields) -> FulfillmentRequest:
    """The request as the rules want it; what has no rule, and an area for which there is no value, stays."""
    given = mapped.by_target
    if not given:
        return request
    update: dict[str, object] = {name: given[name].text for name in ("notes", "source") if name in given}
    if "area" in given and given["area"].text:
        update["area"] = given["area"].text
    if "tags" in given:
        update["tags"] = given["tags"].texts
    custom = {**request.custom_fields, **mapped.custom_fields}
    update["custom_fields"] = {name: text for name, text in custom.items() if text or name not in mapped.custom_fields}
    return request.model_copy(update=update)


def values_of(request: FulfillmentRequest) -> dict[str, str]:
    """The fields of a request that rules can give, by their targets; without those that are empty."""
    own = {
        "notes": request.notes,
        "tags": SEPARATOR.join(request.tags),
        "source": request.source,
        "area": request.area,
        **{f"{CUSTOM}{name}": text for name, text in request.custom_fields.items()},
    }
    return {target: text for target, text in own.items() if text}


@dataclass(frozen=True, slots=True)
class FieldFlaw:
    """A field with which an order cannot go out, and why."""

    target: str
    why: str


def field_flaws(
    requests: Sequence[FulfillmentRequest], mapped: MappedFields, rules: PipelineRules
) -> tuple[FieldFlaw, ...]:
    """Everything that is wrong with the fields of an order's requests, each thing once."""
    by_rules = [FieldFlaw(field.target, field.flaw) for field in mapped.flawed]
    told = {flaw.target for flaw in by_rules}
    there = [flaw for request in requests for flaw in _misfits(request, mapped, rules)]
    return tuple(dict.fromkeys([*by_rules, *(flaw for flaw in there if flaw.target not in told)]))


def _misfits(request: FulfillmentRequest, mapped: MappedFields, rules: PipelineRules) -> Iterator[FieldFlaw]:
    """What the warehouse cannot take as it is; nothing where it does not say which fields it has."""
    described = rules.fields_at(request.distribution_center)
    for target, field in mapped.by_target.items() if described else ():
        if field.text and (reason := refusal(target, described)):
            yield FieldFlaw(target, reason)
    if any(one.required or one.max_length is not None for one in described):
        yield from _unfit(values_of(request), described)


def _unfit(values: Mapping[str, str], described: Sequence[OrderField]) -> Iterator[FieldFlaw]:
    for target, text in values.items():
        room = room_for(target, described)
        if room and room.max_length is not None and len(text) > room.max_length:
            yield FieldFlaw(target, f"{target} has {len(text)} characters, and the warehouse takes {room.max_length}")
    for one in described:
        if one.required and one.name not in values:
            yield FieldFlaw(one.name, f"{one.name} has no value, and the warehouse asks for one")


def refusal(target: str, described: Sequence[OrderField]) -> str:
    """Why the warehouse takes nothing in this field; empty if it does."""
    room = room_for(target, described)
    if room is None:
        takes = ", ".join(one.name for one in described if not one.refused)
        return f"{target} is no field of the warehouse's orders: it takes {takes or 'none'}"
    return f"{target} is not free: {room.refused}" if room.refused else ""


def room_for(target: str, described: Sequence[OrderField]) -> OrderField | None:
    """The field of the warehouse for a target: one of that very name before a pattern."""
    exact = (one for one in described if one.name == target)
    return next(exact, None) or next((one for one in described if fnmatchcase(target, one.name)), None)


def refused_targets(rules: FieldRules, described: Sequence[OrderField]) -> Mapping[str, str]:
    """The rules that the warehouse has no field for, by target, each with a sentence."""
    if not described:
        return {}
    return {rule.target: reason for rule in rules.rules if (reason := refusal(rule.target, described))}
