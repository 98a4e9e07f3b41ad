"""The words of one pipeline's config: what its rules name, as texts that fit them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, ShipMethodRule
from crossdock.mapping.expressions import compiled
from crossdock.testing.mapping.patterns import texts_for

Ways = Mapping[Direction, tuple[Asked, ...]]


@dataclass(frozen=True)
class Words:
    """What the rules of a pipeline name, as they were written.

    `ways` are what ship methods are asked for, `values` texts that filters and holds look for, by the field that they
    look at, `read` all fields of an order that any rule looks at.
    """

    ways: Ways
    sites: tuple[str, ...]
    carriers: tuple[str, ...]
    services: tuple[str, ...]
    areas: tuple[str, ...]
    centers: tuple[str, ...]
    skus: tuple[str, ...]
    aliased: frozenset[str]
    bundled: frozenset[str]
    values: Mapping[str, tuple[str, ...]]
    line_values: Mapping[str, tuple[str, ...]]
    read: tuple[str, ...]
    reasons: tuple[str, ...]
    amounts: tuple[int, ...]


def words_of(rules: PipelineRules) -> Words:
    """The words of these rules."""
    named = [rule for methods in rules.ship_methods.values() for rule in (*methods.rules, *methods.saved)]
    sites = [*(rule.site for rule in named), *(rule.site for rule in rules.status_events.rules)]
    values = {one.field: _texts(one.match) for one in rules.order_filters}
    values["tags"] = (*values.get("tags", ()), *_texts(rules.holds.tags))
    values["flag"] = (*values.get("flag", ()), *_texts(rules.holds.flags))
    line_values = {one.field: _texts(one.match) for one in rules.item_filters}
    return Words(
        ways={one: tuple(_ways(methods.rules)) for one, methods in rules.ship_methods.items()},
        sites=(*values.get("site", ()), *_texts(sites)),
        carriers=_texts(rule.carrier for rule in named),
        services=_texts(rule.service for rule in named),
        areas=_areas(rules),
        centers=tuple(rules.distribution_centers),
        skus=(*_skus(rules), *line_values.get("sku", ())),
        aliased=frozenset(rules.stock.aliases.of),
        bundled=frozenset(rules.bundles),
        values=values,
        line_values=line_values,
        read=tuple(sorted(_read(rules))),
        reasons=tuple(rules.cancel_reasons),
        amounts=tuple(sorted(_amounts(rules))),
    )


def ways_of(rule: ShipMethodRule) -> Iterator[Asked]:
    """What one rule answers, if no other does."""
    parts = [texts_for(part) for part in (rule.site, rule.carrier, rule.service)]
    for place in range(max(map(len, parts))):
        site, carrier, service = (texts[min(place, len(texts) - 1)] for texts in parts)
        yield Asked(carrier, service, site)


def _ways(rules: Iterable[ShipMethodRule]) -> Iterator[Asked]:
    for rule in rules:
        yield from ways_of(rule)


def _areas(rules: PipelineRules) -> tuple[str, ...]:
    named = [*(rule.area for rule in rules.areas.rules), *(one.area for one in rules.distribution_centers.values())]
    return tuple(dict.fromkeys([*_texts(named), ""]))


def _skus(rules: PipelineRules) -> Sequence[str]:
    bundled = [part.sku for parts in rules.bundles.values() for part in parts]
    return list(dict.fromkeys([*rules.bundles, *bundled, *rules.stock.aliases.of, *_texts(rules.stock.leave_out)]))


def _read(rules: PipelineRules) -> set[str]:
    """The fields that any rule looks at."""
    conditions = [*(one.field for one in rules.order_filters), *rules.holds.required_fields, *rules.holds.review_when]
    return {name for text in conditions for name in compiled(text).reads} | rules.fields.reads


def _amounts(rules: PipelineRules) -> set[int]:
    """The numbers with which conditions compare, and the next ones."""
    conditions = " ".join([*(one.field for one in rules.order_filters), *rules.holds.review_when])
    return {int(found) + more for found in re.findall(r"`(\d{1,9})`", conditions) for more in (0, 1)}


def _texts(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for pattern in patterns for text in texts_for(pattern)))
