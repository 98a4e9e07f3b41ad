"""Tries the config's rules for fields on stored orders; nothing is sent, nothing is stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crossdock.config import Config
from crossdock.engine.field_trial import (
    ChangedField,
    Coverage,
    ExplainedField,
    changes,
    coverage,
    drafts,
    explain_fields,
    flaws_of,
)
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.errors import NeedsConfig
from crossdock.runtime.order_fields import rules_with_fields
from crossdock.store import CrossdockStore
from crossdock.store.mapping_samples import SampledOrder, last_orders, one_order
from crossdock.store.queries import find_orders


@dataclass(frozen=True, slots=True)
class TriedOrder:
    """What became of one order in a trial: what would differ, and what would hold it, by field.

    `compared`: there was something to compare it with, which an order that was not sent yet has not.
    """

    number: str
    external_id: str
    state: str
    compared: bool
    changes: tuple[ChangedField, ...]
    flaws: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial of one pipeline's rules."""

    pipeline: str
    orders: tuple[TriedOrder, ...]


@dataclass(frozen=True, slots=True)
class ExplainedOrder:
    """One order with each field of what its centres are asked, by the rules as they are now."""

    pipeline: str
    number: str
    external_id: str
    fields: tuple[ExplainedField, ...]


async def try_rules(
    config: Config, store: CrossdockStore, names: Collection[str], last: int, before: Config | None = None
) -> Sequence[Trial]:
    """The newest orders of these pipelines by the rules of now, beside what was sent, or the rules of before."""
    names = _shared(before, names) if before else names
    now = await rules_with_fields(config, names)
    then = await rules_with_fields(before, names) if before else {}
    return [
        Trial(
            name, tuple([_tried(one, now[name], then.get(name)) for one in await store.read(last_orders, name, last)])
        )
        for name in names
    ]


async def coverage_of(
    config: Config, store: CrossdockStore, names: Collection[str], last: int
) -> Mapping[str, Coverage]:
    """By pipeline, what its rules leave untouched in its newest orders."""
    rules = await rules_with_fields(config, names)
    return {
        name: coverage([one.order for one in await store.read(last_orders, name, last)], rules[name]) for name in names
    }


async def explain_order(config: Config, store: CrossdockStore, reference: str) -> Sequence[ExplainedOrder]:
    """Where each field of an order comes from; of several orders that share the number, each."""
    found = [one for one in await store.read(find_orders, reference) if one.pipeline in config.pipelines]
    if not found:
        raise NeedsConfig(
            f"no pipeline of {config.file} has an order with the number or id '{reference}'; "
            "see `crossdock orders list`"
        )
    rules = await rules_with_fields(config, {one.pipeline for one in found})
    kept = [await store.read(one_order, one.id) for one in found]
    explained = [_explained(one, rules[one.pipeline]) for one in kept if one]
    if not explained:
        raise NeedsConfig(f"what order {reference} says is not kept any more, or never could be read")
    return explained


def _explained(one: SampledOrder, rules: PipelineRules) -> ExplainedOrder:
    centers = [request.distribution_center for request in one.requests]
    return ExplainedOrder(one.pipeline, one.number, one.external_id, tuple(explain_fields(one.order, rules, centers)))


def _tried(one: SampledOrder, now: PipelineRules, then: PipelineRules | None) -> TriedOrder:
    centers = [request.distribution_center for request in one.requests]
    asked = drafts(one.order, now, centers)
    before = drafts(one.order, then, centers) if then else one.requests
    found, flaws = changes(before, asked), flaws_of(asked, one.order, now)
    return TriedOrder(one.number, one.external_id, one.state, bool(before), tuple(found), flaws)


def _shared(before: Config, names: Collection[str]) -> Collection[str]:
    """The pipelines that both configs have; raises a sentence when there is none."""
    if shared := [name for name in names if name in before.pipelines]:
        return shared
    known = ", ".join(before.pipelines) or "none"
    raise NeedsConfig(f"{before.file} has none of the pipelines {', '.join(names)}; it has {known}")
