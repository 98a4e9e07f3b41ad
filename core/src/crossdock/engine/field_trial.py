"""What rules for fields make of stored orders: explained, compared and counted; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.domain import FulfillmentRequest, Order
from crossdock.engine.request_fields import field_flaws, fields_of, refusal, values_of, with_fields
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import MappedField, document_of
from crossdock.mapping.fields import CUSTOM

AS_GIVEN = "as the cart gave it"
OWN_TARGETS = ("notes", "tags", "source", "area")
ALWAYS_USED = frozenset(
    (
        *("external_id", "number", "site", "placed_at", "updated_at", "deliver_by", "payment", "status", "managed_by"),
        *("source_status", "ship_to", "requested_carrier", "requested_service", "allocations", "adjustments"),
        *("attachments", "acknowledged", "lines.external_id", "lines.sku", "lines.quantity", "lines.title"),
        *("lines.components", "lines.gift_message", "lines.gift_notes"),
    )
)
"""What of an order goes to the warehouse, or decides about it, without any rule."""


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """One field of what one distribution centre is asked: its value, from where, and what is wrong with it."""

    distribution_center: str
    target: str
    value: str
    because: str
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One field that differs between two ways to ask one distribution centre."""

    distribution_center: str
    target: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the rules leave untouched in some orders.

    `without_rule`: fields of the warehouse's order that have none. `unused`: fields that hold something in so many
    orders, and that neither a rule nor the warehouse's order looks at. `silent`: rules that never gave a value.
    """

    orders: int
    without_rule: tuple[str, ...]
    unused: Mapping[str, int]
    silent: tuple[str, ...]


def drafts(order: Order, rules: PipelineRules, centers: Sequence[str] = ()) -> tuple[FulfillmentRequest, ...]:
    """What of its requests the rules for fields decide; for the centres that ship it, or these."""
    mapped = fields_of(order, rules.fields)
    return tuple(with_fields(_draft(order, center, rules), mapped) for center in centers or _centers(order, rules))


def explain_fields(order: Order, rules: PipelineRules, centers: Sequence[str] = ()) -> list[ExplainedField]:
    """Each field of what each centre is asked, with the rule that made it, and everything that is wrong."""
    mapped = fields_of(order, rules.fields).by_target
    requests = drafts(order, rules, centers)
    return [line for request in requests for line in _explained(request, mapped, flaws_of([request], order, rules))]


def flaws_of(requests: Sequence[FulfillmentRequest], order: Order, rules: PipelineRules) -> dict[str, str]:
    """What is wrong with fields, by target."""
    return {flaw.target: flaw.why for flaw in field_flaws(requests, fields_of(order, rules.fields), rules)}


def changes(before: Sequence[FulfillmentRequest], now: Sequence[FulfillmentRequest]) -> list[ChangedField]:
    """The fields that differ, centre by centre; a centre that is asked in one of the two only is left out."""
    was = {request.distribution_center: values_of(request) for request in before}
    return [
        ChangedField(request.distribution_center, target, old.get(target, ""), new.get(target, ""))
        for request in now
        if (old := was.get(request.distribution_center)) is not None
        for new in (values_of(request),)
        for target in dict.fromkeys((*old, *new))
        if old.get(target, "") != new.get(target, "")
    ]


def coverage(orders: Sequence[Order], rules: PipelineRules) -> Coverage:
    """What the rules leave untouched in these orders."""
    ruled = {rule.target for rule in rules.fields.rules}
    documents = [document_of(order) for order in orders]
    gave = {field.target for one in documents for field in rules.fields.map_fields(one).fields if field.texts}
    held = Counter(path for one in documents for path in set(_filled(one)))
    unused = {path: times for path, times in held.most_common() if not _is_used(path, rules)}
    without = tuple(target for target in _targets(rules) if target not in ruled)
    silent = tuple(rule.target for rule in rules.fields.rules if rule.target not in gave)
    return Coverage(len(orders), without, unused, silent)


def _draft(order: Order, center: str, rules: PipelineRules) -> FulfillmentRequest:
    return FulfillmentRequest(
        key="",
        number=order.number,
        order_external_id=order.external_id,
        order_number=order.number,
        distribution_center=center,
        area=rules.area(center),
        placed_at=order.placed_at,
        ship_to=order.ship_to,
        carrier="",
        service_level="",
        site=order.site,
        tags=order.tags,
        notes=order.notes,
        custom_fields=order.custom_fields,
        lines=(),
    )


def _centers(order: Order, rules: PipelineRules) -> Sequence[str]:
    ours = {part.distribution_center for part in order.allocations if rules.is_ours(part.distribution_center)}
    return sorted(ours) or [rules.assumed_center or ""]


def _explained(
    request: FulfillmentRequest, mapped: Mapping[str, MappedField], flaws: Mapping[str, str]
) -> Iterator[ExplainedField]:
    values = values_of(request)
    for target in dict.fromkeys((*OWN_TARGETS, *mapped, *values, *flaws)):
        value = values.get(target, "")
        because = _because(target, value, mapped.get(target))
        yield ExplainedField(request.distribution_center, target, value, because, flaws.get(target, ""))


def _because(target: str, value: str, field: MappedField | None) -> str:
    """From where a value comes: the rule, or what stands in its place."""
    if field and (field.texts or target != "area"):
        return field.because
    if target == "area":
        own = "that of the distribution centre" if value else "nothing names one"
        return f"{own} ({field.because})" if field else own
    if target == "source":
        return "the connection's own setting decides"
    return AS_GIVEN if value else "nothing, as at the cart"


def _targets(rules: PipelineRules) -> Sequence[str]:
    """The fields that there are for sure: without a pattern, and free."""
    told = [one.name for fields in rules.order_fields.values() for one in fields if not one.refused]
    return list(dict.fromkeys((*OWN_TARGETS, *(name for name in told if not set(name) & set("*?[")))))


def _filled(value: Any, path: str = "") -> Iterator[str]:
    """The names of all fields that hold something; those of the elements of a list without their places."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _filled(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _filled(inner, path)
    elif value not in (None, "", False):
        yield path


def _is_used(path: str, rules: PipelineRules) -> bool:
    return _is_within(path, ALWAYS_USED | rules.fields.reads) or _goes_as_it_is(path, rules)


def _is_within(path: str, names: frozenset[str]) -> bool:
    """Whether a field, or one around it, is among these."""
    parts = path.split(".")
    return any(".".join(parts[:size]) in names for size in range(1, len(parts) + 1))


def _goes_as_it_is(path: str, rules: PipelineRules) -> bool:
    """Whether the warehouse gets this field as the cart gave it: no rule is in its place, and there is room for it."""
    if path not in OWN_TARGETS and not path.startswith(CUSTOM):
        return False
    if any(rule.target == path for rule in rules.fields.rules):
        return False
    return not any(described and refusal(path, described) for described in rules.order_fields.values())
