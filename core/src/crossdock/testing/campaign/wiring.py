"""The operator's config, copied into a folder of its own so that every connection leads to a simulator.

Nothing of a campaign may reach a real system: references are not followed, alerts, webhooks and printers are left out,
and a connection that would still lead anywhere else is refused.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from crossdock.config import Config, ConfigMistakes, load_config, survey_config, validate_connections
from crossdock.config.connections import Connection
from crossdock.config.references import as_reference
from crossdock.config.secrets import literal_secrets
from crossdock.hooks.errors import NeedsConfig
from crossdock.registry import Registry
from crossdock.testing.campaign.simulators import Simulator

KEPT = ("plugins", "connections", "pipelines")
FILES = (("bundles",), ("stock", "aliases"))
"""Settings of a pipeline that name a file below the folder of the config."""
LOCAL = ("127.0.0.1", "localhost", "::1")
BARE = re.compile("[A-Za-z0-9_-]+")
CONFIG, DATABASE = "crossdock.toml", "crossdock.db"

Tables = dict[str, Any]


def connectors_of(config: Path, pipeline: str | None) -> Mapping[str, str]:
    """The connector of every connection that the pipeline (None: any that is enabled) binds; raises `NeedsConfig`."""
    written, mistakes = survey_config(config)
    if wrong := [one for one in mistakes if one.is_of_rules]:
        raise ConfigMistakes(wrong)
    if pipeline is not None and pipeline not in written.pipelines:
        raise NeedsConfig(f"the config has no pipeline '{pipeline}'; it has {', '.join(written.pipelines) or 'none'}")
    bound = {name for one in _chosen(written, pipeline) for name in connections_of(written, one)}
    if not bound:
        raise NeedsConfig(f"no enabled pipeline of {config} binds a connection: there is nothing to play")
    return {name: one.connector for name, one in written.connections.items() if name in bound}


def connections_of(config: Config, pipeline: str) -> Sequence[str]:
    """Every connection that a pipeline binds."""
    one = config.pipelines[pipeline]
    return [*dict.fromkeys([*one.roles.values(), *one.more_targets])]


def rewire(
    config: Path, pipeline: str | None, simulators: Mapping[str, Simulator], registry: Registry, folder: Path
) -> Path:
    """Write the config of a campaign into a folder; its connections lead to the simulators and nowhere else."""
    tables = _read(config)
    written = survey_config(config)[0]
    chosen = _chosen(written, pipeline)
    rewired: Tables = {"store": {"url": f"sqlite:///{DATABASE}"}}
    if "plugins" in tables:
        rewired["plugins"] = tables["plugins"]
    rewired["connections"] = {
        name: _connection(tables["connections"][name], one, registry, folder / "secrets" / name)
        for name, one in simulators.items()
    }
    rewired["pipelines"] = {name: _pipeline(tables["pipelines"][name], config.parent.absolute()) for name in chosen}
    (file := folder / CONFIG).write_text(as_toml(rewired), encoding="utf-8")
    for one in validate_connections(load_config(file), registry).values():
        _require_local(one, registry, simulators[one.name])
    return file


def _chosen(config: Config, pipeline: str | None) -> Sequence[str]:
    return [name for name, one in config.pipelines.items() if name == pipeline or (pipeline is None and one.enabled)]


def _read(config: Path) -> Tables:
    """Main file and the files beside it as one tree."""
    tables: Tables = tomllib.loads(config.read_text(encoding="utf-8"))
    for part in ("connections", "pipelines"):
        for file in sorted((config.parent / part).glob("*.toml")):
            more = tomllib.loads(file.read_text(encoding="utf-8"))
            tables[part] = {**tables.get(part, {}), **more.get(part, {})}
    return tables


def _connection(raw: Tables, simulator: Simulator, registry: Registry, secrets: Path) -> Tables:
    """The operator's own settings but addresses and secrets, and those by which the simulator lets us in."""
    model = registry.connectors[simulator.connector].settings
    kept = {name: value for name, value in raw.items() if not _leads_away(value)}
    outside = {key[0] for key in literal_secrets(model, kept)}
    kept = {name: value for name, value in kept.items() if name not in outside}
    access = _with_secrets_apart(model, simulator.rehearsal.settings, secrets)
    return {**simulator.settings, **kept, "connector": simulator.connector, **access}


def _leads_away(value: Any) -> bool:
    """Whether a setting is a reference or an address, or holds one."""
    if isinstance(value, Mapping):
        return as_reference(value) is not None or any(map(_leads_away, value.values()))
    if isinstance(value, list):
        return any(map(_leads_away, value))
    return isinstance(value, str) and "://" in value


def _with_secrets_apart(model: type[BaseModel], settings: Mapping[str, Any], folder: Path) -> Tables:
    """The settings, with each secret in a file: in a config it would be a mistake."""
    apart: Tables = json.loads(json.dumps(dict(settings)))
    for place, key in enumerate(literal_secrets(model, settings)):
        folder.mkdir(parents=True, exist_ok=True)
        home: Any = apart
        for part in key[:-1]:
            home = home[part]
        (folder / f"{place}").write_text(str(home[key[-1]]), encoding="utf-8")
        home[key[-1]] = {"file": f"secrets/{folder.name}/{place}"}
    return apart


def _pipeline(raw: Tables, folder: Path) -> Tables:
    """The pipeline as it is, its files found from anywhere, and nothing printed."""
    wired: Tables = {**raw, "enabled": True}
    for table, *rest in FILES:
        if not rest and table in wired:
            wired[table] = str(folder / wired[table])
        elif rest and rest[0] in wired.get(table, {}):
            wired[table] = {**wired[table], rest[0]: str(folder / wired[table][rest[0]])}
    if "labels" in wired:
        wired["labels"] = {name: value for name, value in wired["labels"].items() if name != "folder"}
    return wired


def _require_local(connection: Connection, registry: Registry, simulator: Simulator) -> None:
    endpoint = registry.endpoint(connection.connector, connection.settings)
    files = registry.files(connection.connector, connection.settings)
    hosts = [urlsplit(endpoint.base_url).hostname or ""]
    if files and files.protocol != "folder":
        hosts.append(files.host)
    away = [host for host in hosts if not _is_local(host)]
    if files and files.protocol == "folder" and not any(files.root.startswith(text) for text in _texts(simulator)):
        away.append(files.root)
    if away:
        raise NeedsConfig(
            f"connection {connection.name} would lead to {', '.join(away)} and not to its simulator: the settings that "
            f"GET /_rehearsal of {connection.connector} gives must replace every address"
        )


def _is_local(host: str) -> bool:
    try:
        return host in LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False


def _texts(simulator: Simulator) -> Iterator[str]:
    """The texts among the settings of a rehearsal."""
    return (value for value in simulator.rehearsal.settings.values() if isinstance(value, str) and value)


def as_toml(tables: Mapping[str, Any]) -> str:
    """A tree as TOML: a table for each that lies one or two deep, a line a key, what is deeper inline."""
    lines = []
    for table, parts in tables.items():
        deep = {name: part for name, part in parts.items() if isinstance(part, Mapping)}
        lines += _table(_key(table), {name: part for name, part in parts.items() if name not in deep})
        for name, part in deep.items():
            lines += _table(f"{_key(table)}.{_key(name)}", part)
    return "\n".join(lines)


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    return [f"[{name}]", *(f"{_key(key)} = {_inline(value)}" for key, value in values.items()), ""]


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, datetime | date | time) else _text(value)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
