"""One rule of a config taken out, or changed, at a time: what a slip of the pen would look like."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from crossdock.engine.rules import PipelineRules
from crossdock.mapping import AreaRule, Areas, FieldRules, Filter, ShipMethod, StatusEvents, compiled

T = TypeVar("T")
OTHER = "another"
MOST = 40
"""So many rows of a file of bundles or aliases are changed."""
OUT = "taken out"


@dataclass(frozen=True, slots=True)
class Change:
    """A rule by its name and what it says, what was done to it, and the rules after that."""

    rule: str
    says: str
    what: str
    rules: PipelineRules


def changes_of(rules: PipelineRules) -> Iterator[Change]:
    """Every change of these rules that is tried."""
    yield from _of_ship_methods(rules)
    yield from _of_areas(rules)
    yield from _of_filters(rules)
    yield from _of_holds(rules)
    yield from _of_fields(rules)
    yield from _of_events(rules)
    yield from _of_tables(rules)


def _each(
    many: Sequence[T], one: Callable[[T], Sequence[tuple[str, T]]]
) -> Iterator[tuple[int, T, str, tuple[T, ...]]]:
    """The place and the rule, what is done to it, and all of them after that."""
    for place, rule in enumerate(many):
        yield place + 1, rule, OUT, (*many[:place], *many[place + 1 :])
        for what, changed in one(rule):
            yield place + 1, rule, what, (*many[:place], changed, *many[place + 1 :])


def _of_ship_methods(rules: PipelineRules) -> Iterator[Change]:
    other = ShipMethod(OTHER, OTHER)
    for direction, methods in rules.ship_methods.items():
        for place, rule, what, now in _each(methods.rules, lambda one: [("another target", replace(one, to=other))]):
            changed: dict[str, Any] = {direction.value: replace(methods, rules=now, _answers={})}
            says = f"{rule} → {rule.to}"
            yield Change(f"ship_methods.{direction} {place}", says, what, replace(rules, **changed))


def _of_areas(rules: PipelineRules) -> Iterator[Change]:
    def elsewhere(one: AreaRule) -> Sequence[tuple[str, AreaRule]]:
        centers = [*(center for center in rules.distribution_centers if center != one.center), None, OTHER]
        return [("another centre", replace(one, center=centers[0] if one.center is not None else centers[-1]))]

    for place, rule, what, now in _each(rules.areas.rules, elsewhere):
        counts = "not for sale" if rule.center is None else f"centre {rule.center}"
        areas = Areas(now, rules.areas.everywhere)
        yield Change(f"areas {place}", f"'{rule.area}' → {counts}", what, replace(rules, areas=areas))


def _of_filters(rules: PipelineRules) -> Iterator[Change]:
    def turned(one: Filter) -> Sequence[tuple[str, Filter]]:
        return [("turned around", replace(one, rule="restrict" if one.rule == "require" else "require"))]

    for key in ("order_filters", "item_filters"):
        for place, rule, what, now in _each(getattr(rules, key), turned):
            changed: dict[str, Any] = {key: now}
            yield Change(
                f"{key} {place}", f"{rule.rule} {rule.field}: {', '.join(rule.match)}", what, replace(rules, **changed)
            )


def _of_holds(rules: PipelineRules) -> Iterator[Change]:
    holds = rules.holds
    for key in ("required_fields", "tags", "flags", "review_when"):
        for place, rule, what, now in _each(getattr(holds, key), lambda one: []):
            changed: dict[str, Any] = {key: now}
            yield Change(f"holds.{key} {place}", rule, what, replace(rules, holds=replace(holds, **changed)))
    if holds.review_all:
        yield Change("holds.review", "all", OUT, replace(rules, holds=replace(holds, review_all=False)))
    if holds.window:
        yield Change("holds.window", str(holds.window), OUT, replace(rules, holds=replace(holds, window=None)))


def _of_fields(rules: PipelineRules) -> Iterator[Change]:
    for place, rule, what, now in _each(rules.fields.rules, lambda one: [*_changed_field(one)]):
        assert rules.fields.rules[place - 1] is rule
        yield Change(f"fields.{rule.target}", f"`{rule.source.text}`", what, replace(rules, fields=FieldRules(now)))


def _changed_field(rule: Any) -> Iterator[tuple[str, Any]]:
    yield "another value", replace(rule, source=compiled(f"'{OTHER}'"))
    if rule.default:
        yield "another default", replace(rule, default=OTHER)
    if rule.required:
        yield "not required", replace(rule, required=False)
    if rule.max_length is not None:
        yield "no length", replace(rule, max_length=None)


def _of_events(rules: PipelineRules) -> Iterator[Change]:
    events = rules.status_events
    for place, rule, what, now in _each(
        events.rules, lambda one: [("turned around", replace(one, tells=not one.tells))]
    ):
        told = StatusEvents(events.notify_cart, now)
        says = f"{rule.event}, site '{rule.site}': {'told' if rule.tells else 'not told'}"
        yield Change(f"status_events {place}", says, what, replace(rules, status_events=told))
    for word, reason in rules.cancel_reasons.items():
        left = _without(rules.cancel_reasons, word)
        yield Change(f"cancel_reasons.{word}", reason.value, OUT, replace(rules, cancel_reasons=left))


def _of_tables(rules: PipelineRules) -> Iterator[Change]:
    for sku, parts in islice(rules.bundles.items(), MOST):
        says = ", ".join(f"{part.quantity} of {part.sku}" for part in parts)
        more = [parts[0].model_copy(update={"quantity": parts[0].quantity + 1}), *parts[1:]]
        yield Change(f"bundle {sku}", says, OUT, replace(rules, bundles=_without(rules.bundles, sku)))
        yield Change(f"bundle {sku}", says, "one piece more", replace(rules, bundles={**rules.bundles, sku: more}))
    aliases = rules.stock.aliases
    for sku, alias in islice(aliases.of.items(), MOST):
        for what, of in ((OUT, _without(aliases.of, sku)), ("another alias", {**aliases.of, sku: OTHER})):
            stock = replace(rules.stock, aliases=replace(aliases, of=of))
            yield Change(f"alias of {sku}", alias, what, replace(rules, stock=stock))
    for place, pattern, what, now in _each(rules.stock.leave_out, lambda one: []):
        yield Change(
            f"stock.leave_out {place}", pattern, what, replace(rules, stock=replace(rules.stock, leave_out=now))
        )


def _without(table: Mapping[str, T], name: str) -> dict[str, T]:
    return {one: value for one, value in table.items() if one != name}
