"""Which fields the orders of a pipeline's warehouses have, asked of the plugins alone: no network, no store."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from crossdock.config import Config, Mistake
from crossdock.config import Pipeline as PipelineConfig
from crossdock.engine.pipeline import Bound
from crossdock.engine.request_fields import refused_targets
from crossdock.engine.rules import PipelineRules
from crossdock.hooks.errors import CrossdockError
from crossdock.runtime.host import Host, open_connections, open_role
from crossdock.runtime.rules import rules_of, with_order_fields


async def rules_with_fields(config: Config, names: Collection[str]) -> Mapping[str, PipelineRules]:
    """The rules of these pipelines, with the fields of those of their warehouses that can be opened."""
    async with open_connections(config, capture=lambda call: None, quiet=True) as host:
        return {name: rules_at(host, name) for name in names}


async def field_mistakes(config: Config) -> Sequence[Mistake]:
    """The fields that the operator's rules fill and a warehouse has not got."""
    ruled = [name for name, one in config.pipelines.items() if one.enabled and rules_of(name, one).fields.rules]
    if not ruled:
        return []
    described = await rules_with_fields(config, ruled)
    return [mistake for rules in described.values() for mistake in _misplaced(config, rules)]


def rules_at(host: Host, name: str) -> PipelineRules:
    """The rules of a pipeline, with the fields of those of its warehouses that can be opened."""
    wanted = host.config.pipelines[name]
    return with_order_fields(rules_of(name, wanted), wanted.fulfillment_target, _targets(host, wanted))


def _targets(host: Host, wanted: PipelineConfig) -> Mapping[str, Bound[Any]]:
    """The fulfillment targets that can be opened, by connection; what keeps the others is told elsewhere."""
    named = [wanted.fulfillment_target, *(one.fulfillment_target for one in wanted.distribution_centers.values())]
    opened: dict[str, Bound[Any]] = {}
    for connection in filter(None, dict.fromkeys(named)):
        try:
            opened[connection] = open_role(host, "fulfillment_target", connection)
        except CrossdockError:
            continue
    return opened


def _misplaced(config: Config, rules: PipelineRules) -> Iterator[Mistake]:
    refused: dict[str, str] = {}
    for described in rules.order_fields.values():
        refused |= refused_targets(rules.fields, described)
    for target, reason in refused.items():
        key, file = f"pipelines.{rules.name}.fields.{target}", config.files["pipelines", rules.name]
        yield Mistake(file, key, reason, advice="Name a field that it has, or take the rule away.")
