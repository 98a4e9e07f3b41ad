"""What people see of ship methods: every rule and where it is from, what waits for one, what a question gets."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.config import Config
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, ShipMethod, ShipMethodRule
from crossdock.runtime.saved_methods import KnownNames, rules_with
from crossdock.store.ship_methods import SavedRule, Waiting
from crossdock.store.told_methods import Told

Accepted = Mapping[str, Mapping[ShipMethod, Told]]
"""By pipeline, what its cart made of the pairs that it was told."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule; `origin` is config, saved or both. With `disagrees`, the other one of its pair has another target.

    Of an outbound rule: how often the cart took its pair and how often not, with the newest refusal.
    """

    pipeline: str
    direction: str
    site: str
    carrier: str
    service: str
    to_carrier: str
    to_service: str
    kind: str
    origin: str
    disagrees: bool
    file: str
    saved_by: str
    saved_at: datetime | None
    accepted: int | None
    refused: int | None
    refusal: str


@dataclass(frozen=True, slots=True)
class UnmappedView:
    """What orders (inbound) or shipments (outbound) wait for; as CSV it is a form for `ship-methods import`.

    `standing` is unmapped, rules disagree, or mapped: then it goes on by itself. `usual_carrier` and `usual_service`
    are the pair by which carts usually call it.
    """

    pipeline: str
    direction: str
    site: str
    carrier: str
    service: str
    to_carrier: str
    to_service: str
    standing: str
    orders: int
    shipments: int
    since: datetime
    usual_carrier: str
    usual_service: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a question gets, and by which rule; `standing` is mapped, unmapped or rules disagree."""

    pipeline: str
    direction: str
    site: str
    carrier: str
    service: str
    to_carrier: str
    to_service: str
    standing: str
    because: str
    saved_by: str
    saved_at: datetime | None


def rule_views(
    config: Config, pipelines: Collection[str], saved: Sequence[SavedRule], accepted: Accepted
) -> list[RuleView]:
    """Every rule of these pipelines, in the order in which patterns are tried."""
    return [
        view
        for name in pipelines
        for direction in Direction
        for view in _of_direction(config, name, direction, saved, accepted.get(name, {}))
    ]


def _of_direction(
    config: Config, name: str, direction: Direction, saved: Sequence[SavedRule], accepted: Mapping[ShipMethod, Told]
) -> Iterator[RuleView]:
    rules = rules_with(config, name, saved)
    methods, file = rules.ship_methods[direction], str(config.files["pipelines", name])
    by = {one.entry.rule.key: one for one in saved if one.pipeline == name and one.entry.direction is direction}
    for rule in methods.rules:
        also = by.get(rule.key)
        agreed = also if also and also.entry.rule.to == rule.to else None
        yield _rule_view(rules, direction, rule, file, agreed, accepted)
    for one in by.values():
        written = methods.written(one.entry.rule.key)
        if written is None or written.to != one.entry.rule.to:
            yield _rule_view(rules, direction, one.entry.rule, "", one, accepted)


def _rule_view(
    rules: PipelineRules,
    direction: Direction,
    rule: ShipMethodRule,
    file: str,
    saved: SavedRule | None,
    accepted: Mapping[ShipMethod, Told],
) -> RuleView:
    told = accepted.get(rule.to, Told()) if direction is Direction.OUTBOUND else None
    return RuleView(
        rules.name,
        direction.value,
        *(rule.site, rule.carrier, rule.service, rule.to.carrier, rule.to.service),
        kind=rule.kind,
        origin="both" if file and saved else "config" if file else "saved",
        disagrees=rule.key in rules.ship_methods[direction].disagreements,
        file=file,
        saved_by=saved.saved_by if saved else "",
        saved_at=saved.saved_at if saved else None,
        accepted=told.accepted if told else None,
        refused=told.refused if told else None,
        refusal=told.refusal if told else "",
    )


def unmapped_views(
    config: Config, waiting: Iterable[Waiting], saved: Sequence[SavedRule], known: KnownNames
) -> list[UnmappedView]:
    """What something waits for, each once whatever the letters' case, the most wanted first."""
    groups: dict[tuple[object, ...], list[Waiting]] = {}
    for one in waiting:
        groups.setdefault((one.pipeline, one.direction, one.asked.key), []).append(one)
    rules = {name: rules_with(config, name, saved, known) for name in {one[0].pipeline for one in groups.values()}}
    views = [_unmapped_view(rules[group[0].pipeline], group) for group in groups.values()]
    return sorted(views, key=lambda view: (-view.orders - view.shipments, view.since))


def _unmapped_view(rules: PipelineRules, group: Sequence[Waiting]) -> UnmappedView:
    first = group[0]
    asked, inbound = first.asked, first.direction is Direction.INBOUND
    usual = rules.ship_methods[first.direction].suggestion(asked)
    return UnmappedView(
        rules.name,
        first.direction.value,
        *(asked.site, asked.carrier, asked.service),
        to_carrier="",
        to_service="",
        standing=_standing(rules, first.direction, asked),
        orders=len(group) if inbound else 0,
        shipments=0 if inbound else len(group),
        since=min(one.since for one in group),
        usual_carrier=usual.method.carrier if usual else "",
        usual_service=usual.method.service if usual else "",
    )


def answer_view(
    config: Config, pipeline: str, direction: Direction, asked: Asked, saved: Sequence[SavedRule], known: KnownNames
) -> AnswerView:
    """What is taken when this is asked for, by which rule, and who saved that."""
    rules = rules_with(config, pipeline, saved, known)
    methods = rules.ship_methods[direction]
    chosen = methods.choose(asked)
    key = (direction, chosen.rule.key) if chosen and chosen.rule else None
    by = next((one for one in saved if one.pipeline == pipeline and one.entry.key == key), None)
    return AnswerView(
        pipeline,
        direction.value,
        *(asked.site, asked.carrier, asked.service),
        to_carrier=chosen.method.carrier if chosen else "",
        to_service=chosen.method.service if chosen else "",
        standing=_standing(rules, direction, asked),
        because=methods.explain(asked),
        saved_by=by.saved_by if by else "",
        saved_at=by.saved_at if by else None,
    )


def _standing(rules: PipelineRules, direction: Direction, asked: Asked) -> str:
    methods = rules.ship_methods[direction]
    if methods.choose(asked):
        return "mapped"
    return "rules disagree" if methods.disagreement(asked) else "unmapped"
