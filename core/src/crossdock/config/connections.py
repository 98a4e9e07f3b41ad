"""Connections: their settings, checked by the model that their connector brings."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError

from crossdock.config.load import Config, RawConnection
from crossdock.config.mistakes import ConfigMistakes, Mistake, dotted, mistakes_of, nearest
from crossdock.config.models import TARGET, Pipeline
from crossdock.config.references import ALLOWED, Reference, Unresolved
from crossdock.config.secrets import Resolved, literal_secrets
from crossdock.config.status_rules import unheard_rules
from crossdock.hooks.context import ConnectorInfo


class Plugins(Protocol):
    """What must be known of the loaded plugins; `quarantined` ones were named and cannot be used."""

    @property
    def installed(self) -> Mapping[str, object]:
        """Every installed plugin."""

    @property
    def connectors(self) -> Mapping[str, ConnectorInfo]:
        """The connectors that are ready."""

    @property
    def quarantined(self) -> Mapping[str, object]:
        """The plugins that were named and failed."""

    def roles(self, name: str) -> frozenset[str]:
        """The roles that a connector can have."""


@dataclass(frozen=True)
class Connection:
    """One configured account of a connector, with valid settings."""

    name: str
    connector: str
    settings: BaseModel


def validate_connections(config: Config, plugins: Plugins) -> dict[str, Connection]:
    """Every connection whose connector is ready; raises `ConfigMistakes` with all that is wrong in any of them.

    A connection whose plugin is in quarantine is left out: that is no mistake of the config, and the rest runs.
    """
    connections, mistakes = survey_connections(config, plugins)
    if mistakes:
        raise ConfigMistakes(mistakes)
    return connections


def survey_connections(config: Config, plugins: Plugins) -> tuple[dict[str, Connection], tuple[Mistake, ...]]:
    """The connections that are valid, and every mistake in the others, in the roles they are bound to, and in what they
    are to be told."""
    mistakes = [
        *_unknown_plugins(config, plugins),
        *_lacking_roles(config, plugins),
        *unheard_rules(config, plugins.connectors),
    ]
    connections = {}
    for name, raw in config.connections.items():
        if info := plugins.connectors.get(raw.connector):
            settings, wrong = _settings(config, name, raw, info.settings)
            mistakes += wrong
            if settings is not None:
                connections[name] = Connection(name, raw.connector, settings)
    return connections, tuple(mistakes)


def _unknown_plugins(config: Config, plugins: Plugins) -> Iterator[Mistake]:
    for name, raw in config.connections.items():
        key = dotted(("connections", name, "connector"))
        if raw.connector not in plugins.installed:
            yield _not_installed(raw.connector, key, raw.file, plugins)
        elif raw.connector not in plugins.connectors and raw.connector not in plugins.quarantined:
            advice = f'Write it as extra = ["{raw.connector}"] under [plugins].'
            yield Mistake(raw.file, key, f"'{raw.connector}' is an extension and no connector", advice=advice)
    for name in config.plugins.extra:
        if name not in plugins.installed:
            yield _not_installed(name, "plugins.extra", config.file, plugins)


def _not_installed(name: str, key: str, file: Path, plugins: Plugins) -> Mistake:
    known = ", ".join(plugins.installed) or "none"
    return Mistake(
        file,
        key,
        f"no installed plugin is called '{name}'",
        known,
        nearest(name, plugins.installed),
        "Correct the name, or install the plugin.",
    )


def _lacking_roles(config: Config, plugins: Plugins) -> Iterator[Mistake]:
    for pipeline, one in config.pipelines.items():
        for place, role, name in _bound(one):
            raw = config.connections.get(name)
            if raw is None or raw.connector not in plugins.connectors or role in plugins.roles(raw.connector):
                continue
            could = ", ".join(map(_words, sorted(plugins.roles(raw.connector)))) or "nothing"
            able = [other for other, its in config.connections.items() if role in plugins.roles(its.connector)]
            yield Mistake(
                config.files["pipelines", pipeline],
                dotted(("pipelines", pipeline, *place)),
                f"connection '{name}' ({raw.connector}) cannot be {_words(role)}",
                f"a connection that can: {', '.join(able) or 'none is written yet'}",
                advice=f"{raw.connector} can be {could}.",
            )


def _bound(pipeline: Pipeline) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Key, role and connection of all that a pipeline binds."""
    yield from (((role,), role, name) for role, name in pipeline.roles.items())
    for center, one in pipeline.distribution_centers.items():
        if one.fulfillment_target:
            yield ("distribution_centers", center, TARGET), TARGET, one.fulfillment_target


def _words(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role.replace('_', ' ')}"


def _settings(
    config: Config, name: str, raw: RawConnection, model: type[BaseModel]
) -> tuple[BaseModel | None, list[Mistake]]:
    prefix = ("connections", name)
    resolved = Resolved(config.folder)
    table = resolved.resolve(raw.settings)
    literal = list(literal_secrets(model, raw.settings))
    mistakes = [
        *(_literal_secret(raw, dotted((*prefix, *key))) for key in literal),
        *(_unresolved(raw, dotted((*prefix, *key)), *failure) for key, failure in resolved.failures.items()),
        *_ignored_keys(raw, model, prefix),
    ]
    settings = None
    try:
        settings = model.model_validate(table)
    except ValidationError as error:
        said = {mistake.key for mistake in mistakes}
        known = mistakes_of(error, model, file=raw.file, prefix=prefix, silent=[*resolved.values, *literal])
        # A placeholder stands where a reference led nowhere: what the whole table says then means nothing.
        whole = dotted(prefix) if resolved.failures else ""
        mistakes += [one for one in known if one.key not in said and one.key != whole]
    except Exception as error:
        found = f"the connector's own check of the settings failed with {type(error).__name__}"
        mistakes.append(
            Mistake(raw.file, dotted(prefix), found, advice=f"Report it to the authors of {raw.connector}.")
        )
    return (None if mistakes else settings), [_veiled(one, resolved.values.values()) for one in mistakes]


def _literal_secret(raw: RawConnection, key: str) -> Mistake:
    advice = "Move the value out of the config, and renew it if anybody else could read the file."
    return Mistake(raw.file, key, "a secret stands in the config itself", ALLOWED, advice=advice)


def _unresolved(raw: RawConnection, key: str, reference: Reference, failure: Unresolved) -> Mistake:
    return Mistake(raw.file, key, f"{reference}: {failure}", "", failure.nearest, failure.advice)


def _ignored_keys(raw: RawConnection, model: type[BaseModel], prefix: tuple[str, str]) -> Iterator[Mistake]:
    """Keys that the connector's model would pass over in silence."""
    if model.model_config.get("extra", "ignore") != "ignore":
        return
    fields = model.model_fields.items()
    known = [name for name, _ in fields] + [setting.alias for _, setting in fields if setting.alias]
    for name in raw.settings.keys() - known:
        key, near = dotted((*prefix, name)), nearest(name, known)
        yield Mistake(raw.file, key, "there is no such key", ", ".join(known), near, "Rename it or take it out.")


def _veiled(mistake: Mistake, values: Collection[str]) -> Mistake:
    """The mistake without a referenced value in it, whatever a validator chose to say."""
    found, allowed, near = mistake.found, mistake.allowed, mistake.nearest
    for value in sorted(values, key=len, reverse=True):
        found, allowed, near = (text.replace(value, "***") for text in (found, allowed, near))
    return replace(mistake, found=found, allowed=allowed, nearest=near)
