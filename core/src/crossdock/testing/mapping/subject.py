"""One pipeline's mapping under test: its compiled rules, the words of its config, and the examples that were saved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crossdock.config import Config, ConfigMistakes, survey_config
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Areas, FieldRules, ShipMethods
from crossdock.testing.mapping.examples import Saved, examples_of, known_breaches
from crossdock.testing.mapping.words import Words, words_of


@dataclass(frozen=True)
class MappingSubject:
    """The mapping of one pipeline.

    `words` are those of the config as it was written, also where `rules` were changed to see who notices. `known` are
    laws that it is known to break, each with the reason. `carries` orders, or does not; `tells_stock` or does not.
    """

    rules: PipelineRules
    words: Words
    examples: Sequence[Saved] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    carries: bool = True
    tells_stock: bool = True

    @classmethod
    def of(cls, rules: PipelineRules, **more: Any) -> "MappingSubject":
        """The mapping that these rules are."""
        return cls(rules, words_of(rules), **more)

    @property
    def name(self) -> str:
        """The pipeline."""
        return self.rules.name

    def with_rules(self, rules: PipelineRules) -> "MappingSubject":
        """The same with other rules, and the words of its own."""
        return replace(self, rules=rules)

    def fresh(self) -> PipelineRules:
        """The same rules, remembering no answer."""
        old = self.rules
        return replace(
            old,
            inbound=_forgetful(old.inbound),
            outbound=_forgetful(old.outbound),
            areas=Areas(old.areas.rules, old.areas.everywhere),
            fields=FieldRules(old.fields.rules),
        )


def _forgetful(methods: ShipMethods) -> ShipMethods:
    return replace(methods, _answers={})


def subjects_of(file: Path, pipelines: Sequence[str] | None = None) -> list[MappingSubject]:
    """The mapping of each enabled pipeline of a config (or of these); no store, no network, and no secret is needed.

    Raises `ConfigMistakes` with what is wrong with its pipelines, or with the examples beside it.
    """
    written, mistakes = survey_config(file)
    if wrong := [one for one in mistakes if one.is_of_rules]:
        raise ConfigMistakes(wrong)
    names = [
        name for name, one in written.pipelines.items() if (one.enabled if pipelines is None else name in pipelines)
    ]
    rules, examples = asyncio.run(_rules(written, names)), examples_of(file, written.pipelines)
    known = known_breaches(file, written.pipelines)
    return [_subject(written, rules[name], examples.get(name, ()), known.get(name, {})) for name in names]


async def _rules(written: Config, names: Sequence[str]) -> Mapping[str, PipelineRules]:
    """With what the plugins alone can say of fields and carriers; a connection that lacks a secret says nothing."""
    from crossdock.runtime.carrier_names import carrier_names
    from crossdock.runtime.order_fields import rules_with_fields

    rules, known = await rules_with_fields(written, names), await carrier_names(written, names)
    return {name: replace(one, outbound=one.outbound.with_known(known[name])) for name, one in rules.items()}


def _subject(
    written: Config, rules: PipelineRules, examples: Sequence[Saved], known: Mapping[str, str]
) -> MappingSubject:
    pipeline = written.pipelines[rules.name]
    return MappingSubject.of(
        rules,
        examples=examples,
        known=known,
        carries=pipeline.order_source is not None,
        tells_stock=pipeline.inventory_sink is not None and pipeline.inventory_source is not None,
    )
