"""Reads the config: one file, or one with `connections/*.toml` and `pipelines/*.toml` beside it."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from crossdock.config.alerts import Alerts, mistakes_in_alerts, silent_keys
from crossdock.config.aliases import read_aliases
from crossdock.config.bundles import read_bundles
from crossdock.config.clients import crossed_clients
from crossdock.config.mistakes import ConfigMistakes, Key, Mistake, dotted, mistakes_of, nearest
from crossdock.config.models import ROAD, ROLES, Pipeline, Plugins, Store, Webhooks, check_address
from crossdock.config.references import Unresolved, text_of
from crossdock.config.table import Table

TABLES = ("store", "plugins", "webhooks", "alerts", "connections", "pipelines")
SPLIT = ("connections", "pipelines")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
NAMED = "a lower-case letter, then up to 39 lower-case letters, digits, - or _"
GOOD_SECRET = re.compile(r"[A-Za-z0-9_-]{16,}")

T = TypeVar("T", bound=Table)


@dataclass(frozen=True)
class RawConnection:
    """A connection as it was written; what its settings mean is known to its connector only."""

    file: Path
    connector: str
    settings: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Config:
    """What the operator wrote, with every table valid; `file` is the main file."""

    file: Path
    store: Store
    plugins: Plugins
    connections: Mapping[str, RawConnection]
    pipelines: Mapping[str, Pipeline]
    files: Mapping[tuple[str, str], Path] = field(repr=False)
    webhooks: Webhooks | None = None
    alerts: Alerts = field(default_factory=Alerts)

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the config start from."""
        return self.file.parent

    @property
    def plugin_names(self) -> tuple[str, ...]:
        """The plugins that the config names: the connectors first, then the extensions."""
        named = [one.connector for one in self.connections.values()]
        return tuple(dict.fromkeys([*named, *self.plugins.extra]))


def load_config(path: Path) -> Config:
    """The config without a mistake; otherwise `ConfigMistakes` with all of them."""
    config, mistakes = survey_config(path)
    if mistakes:
        raise ConfigMistakes(mistakes)
    return config


def survey_config(path: Path) -> tuple[Config, tuple[Mistake, ...]]:
    """The tables that are valid, and every mistake in the others."""
    survey = _Survey(path.absolute())
    survey.read()
    return survey.config(), tuple(survey.mistakes)


class _Survey:
    """Collects tables and mistakes on one way through all files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[Mistake] = []
        self.tables: dict[str, Any] = {}
        self.parts: dict[str, dict[str, Any]] = {name: {} for name in SPLIT}
        self.files: dict[tuple[str, str], Path] = {}
        self.unreadable = False

    def read(self) -> None:
        """Read the main file and what stands beside it."""
        self._take(self.path, TABLES)
        for table in SPLIT:
            for file in sorted((self.path.parent / table).glob("*.toml")):
                self._take(file, (table,))

    def config(self) -> Config:
        """The tables that are valid."""
        store = self._store()
        plugins = self._table(Plugins, "plugins") or Plugins()
        connections = {name: raw for name in self.parts["connections"] if (raw := self._connection(name))}
        pipelines = {name: one for name in self.parts["pipelines"] if (one := self._pipeline(name))}
        self.mistakes += () if self.unreadable else self._unbound_roles()
        self.mistakes += self._stray_centers()
        self.mistakes += self._half_roads()
        self.mistakes += self._shared_sources()
        self.mistakes += crossed_clients(pipelines, self.files)
        return Config(self.path, store, plugins, connections, pipelines, self.files, self._webhooks(), self._alerts())

    def _take(self, file: Path, allowed: tuple[str, ...]) -> None:
        for table, content in self._parse(file).items():
            if table not in allowed:
                near = nearest(table, allowed)
                self._wrong(file, (table,), "there is no such table here", ", ".join(allowed), near)
            elif not isinstance(content, dict):
                self._wrong(file, (table,), "this is a single value", f"a table, [{table}]")
            elif table in SPLIT:
                self._take_parts(file, table, content)
            else:
                self.tables[table] = content

    def _take_parts(self, file: Path, table: str, content: Mapping[str, Any]) -> None:
        for name, part in content.items():
            if (first := self.files.get((table, name))) is not None:
                self._wrong(file, (table, name), f"it is already written in {first}", advice="Keep one of them.")
            elif not NAME.fullmatch(name):
                self._wrong(file, (table, name), f"the name is {name!r}", NAMED, advice="Rename it.")
            elif not isinstance(part, dict):
                self._wrong(file, (table, name), "this is a single value", f"a table, [{table}.{name}]")
            else:
                self.files[table, name] = file
                self.parts[table][name] = part

    def _parse(self, file: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._wrong(file, (), "there is no such file", advice="Name the config with --config, or write one.")
        except UnicodeDecodeError:
            self._wrong(file, (), "it is not UTF-8 text", advice="Save it as UTF-8.")
        except OSError as error:
            self._wrong(file, (), f"it cannot be read: {error.strerror}", advice="Make it a readable file.")
        except tomllib.TOMLDecodeError as error:
            self._wrong(file, (), f"it is not TOML: {error}", advice="Correct that line.")
        self.unreadable = True
        return {}

    def _table(self, model: type[T], *key: str, silent: Iterable[Key] = ()) -> T | None:
        raw = self.parts[key[0]][key[1]] if len(key) > 1 else self.tables.get(key[0], {})
        file = self.files.get((key[0], key[-1]), self.path)
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.mistakes += mistakes_of(error, model, file=file, prefix=key, silent=[("url",), ("secret",), *silent])
            return None

    def _store(self) -> Store:
        store = self._table(Store, "store") or Store()
        try:
            check_address(text_of(store.url, self.path.parent))
        except Unresolved as failure:
            found = f"{store.url}: {failure}"
            self._wrong(self.path, ("store", "url"), found, "", failure.nearest, failure.advice)
        except ValueError as error:
            self._wrong(self.path, ("store", "url"), f"{store.url} leads to another kind of address", str(error))
        return store

    def _webhooks(self) -> Webhooks | None:
        webhooks = self._table(Webhooks, "webhooks") if "webhooks" in self.tables else None
        if webhooks is None:
            return None
        key, secret = ("webhooks", "secret"), webhooks.secret
        try:
            if GOOD_SECRET.fullmatch(secret.resolve(self.path.parent)):
                return webhooks
        except Unresolved as failure:
            self._wrong(self.path, key, f"{secret}: {failure}", "", failure.nearest, failure.advice)
        else:
            allowed = "at least 16 letters, digits, - and _"
            self._wrong(
                self.path, key, f"{secret} is something else", allowed, advice="`openssl rand -hex 24` makes one."
            )
        return None

    def _alerts(self) -> Alerts:
        """Who is told; nobody where there is a mistake."""
        raw = self.tables.get("alerts", {})
        for kind in ("email", "webhook"):
            for name in raw.get(kind, ()) if isinstance(raw.get(kind), dict) else ():
                if not NAME.fullmatch(name):
                    self._wrong(self.path, ("alerts", kind, name), f"the name is {name!r}", NAMED, advice="Rename it.")
        alerts = self._table(Alerts, "alerts", silent=silent_keys(raw))
        clients = {str(one["client"]) for one in self.parts["pipelines"].values() if one.get("client")}
        found = list(mistakes_in_alerts(alerts, self.path, clients)) if alerts else []
        self.mistakes += found
        return alerts if alerts and not found else Alerts()

    def _pipeline(self, name: str) -> Pipeline | None:
        pipeline = self._table(Pipeline, "pipelines", name)
        if pipeline and pipeline.bundles is not None:
            key, written = dotted(("pipelines", name, "bundles")), self.files["pipelines", name]
            bundles, wrong = read_bundles(self.path.parent / pipeline.bundles, written, key)
            self.mistakes += wrong
            pipeline = pipeline.with_bundles(bundles)
        if pipeline and pipeline.stock.aliases is not None and pipeline.stock.alias is not None:
            key, written = dotted(("pipelines", name, "stock", "aliases")), self.files["pipelines", name]
            file = self.path.parent / pipeline.stock.aliases
            aliases, wrong = read_aliases(file, pipeline.stock.alias, written, key)
            self.mistakes += wrong
            pipeline = pipeline.with_aliases(aliases)
        return pipeline

    def _connection(self, name: str) -> RawConnection | None:
        settings = dict(self.parts["connections"][name])
        file = self.files["connections", name]
        connector = settings.pop("connector", None)
        if isinstance(connector, str) and connector:
            return RawConnection(file, connector, settings)
        found = "the key is missing" if connector is None else "this is no name"
        advice = 'Write connector = "NAME"; `crossdock plugins list` shows the names.'
        self._wrong(file, ("connections", name, "connector"), found, advice=advice)
        return None

    def _unbound_roles(self) -> Iterator[Mistake]:
        known = self.parts["connections"]
        for pipeline, raw in self.parts["pipelines"].items():
            for place, name in _connections_in(raw):
                if isinstance(name, str) and name not in known:
                    key, file = dotted(("pipelines", pipeline, *place)), self.files["pipelines", pipeline]
                    found, allowed = f"there is no connection '{name}'", ", ".join(known) or "none is written yet"
                    yield Mistake(file, key, found, allowed, nearest(name, known), f"Write [connections.{name}].")

    def _stray_centers(self) -> Iterator[Mistake]:
        """The centre that ships what the cart assigns to none must be one of ours."""
        for pipeline, raw in self.parts["pipelines"].items():
            center, known = raw.get("default_distribution_center"), raw.get("distribution_centers", {})
            if isinstance(center, str) and isinstance(known, dict) and center not in known:
                key = dotted(("pipelines", pipeline, "default_distribution_center"))
                found = f"there is no distribution centre '{center}'"
                allowed = ", ".join(known) or "none is written yet"
                advice = f"Write [pipelines.{pipeline}.distribution_centers.{center}]."
                file = self.files["pipelines", pipeline]
                yield Mistake(file, key, found, allowed, nearest(center, known), advice)

    def _half_roads(self) -> Iterator[Mistake]:
        """Orders come from somewhere and go somewhere: one without the other is a mistake."""
        for pipeline, raw in self.parts["pipelines"].items():
            missing = [role for role in ROAD if role not in raw]
            if len(missing) == 1:
                key, file = dotted(("pipelines", pipeline, missing[0])), self.files["pipelines", pipeline]
                advice = f"Write {missing[0]} = the name of a connection; {' and '.join(ROAD)} go together."
                yield Mistake(file, key, "the key is missing", advice=advice)

    def _shared_sources(self) -> Iterator[Mistake]:
        takers: dict[str, list[str]] = defaultdict(list)
        for pipeline, raw in self.parts["pipelines"].items():
            if isinstance(source := raw.get("order_source"), str) and raw.get("enabled", True):
                takers[source].append(pipeline)
        for source, (first, *others) in takers.items():
            for pipeline in others:
                key, file = dotted(("pipelines", pipeline, "order_source")), self.files["pipelines", pipeline]
                found = f"pipeline '{first}' takes the orders of '{source}' already"
                yield Mistake(file, key, found, advice="Give each its own connection, or put both into one pipeline.")

    def _wrong(
        self, file: Path, key: tuple[str, ...], found: str, allowed: str = "", nearest: str = "", advice: str = ""
    ) -> None:
        self.mistakes.append(Mistake(file, dotted(key), found, allowed, nearest, advice))


def _connections_in(pipeline: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every key of a pipeline that names a connection, and what it names."""
    yield from (((role,), pipeline.get(role)) for role in ROLES)
    centers = pipeline.get("distribution_centers")
    for center, one in centers.items() if isinstance(centers, dict) else ():
        if isinstance(one, dict):
            yield ("distribution_centers", center, "fulfillment_target"), one.get("fulfillment_target")
