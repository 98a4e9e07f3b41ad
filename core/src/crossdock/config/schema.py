"""A JSON Schema of the config for editors, with the settings of every connector that is at hand."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from crossdock.config.alerts import Alerts
from crossdock.config.load import NAME
from crossdock.config.models import Pipeline, Plugins, Store, Webhooks
from crossdock.config.references import REFERENCE_SCHEMA
from crossdock.hooks.context import ConnectorInfo

Schema = dict[str, Any]
_REFERENCE = {"$ref": "#/$defs/Reference"}
_DATA = frozenset({"default", "examples", "enum", "const", "required"})


def config_schema(connectors: Mapping[str, ConnectorInfo]) -> Schema:
    """The schema of `crossdock.toml` and of the files beside it."""
    ours, definitions = _definitions([Store, Plugins, Webhooks, Alerts, Pipeline], "")
    settings, theirs = _definitions([info.settings for info in connectors.values()], "settings.")
    theirs = {name: _with_references(schema) for name, schema in theirs.items()}
    choices = [_connection(info, theirs[settings[info.settings]]) for info in connectors.values()]
    tables = {
        "store": {"$ref": f"#/$defs/{ours[Store]}"},
        "plugins": {"$ref": f"#/$defs/{ours[Plugins]}"},
        "webhooks": {"$ref": f"#/$defs/{ours[Webhooks]}"},
        "alerts": {"$ref": f"#/$defs/{ours[Alerts]}"},
        "connections": _named({"anyOf": choices} if choices else {"type": "object", "required": ["connector"]}),
        "pipelines": _named({"$ref": f"#/$defs/{ours[Pipeline]}"}),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crossdock.toml",
        "type": "object",
        "properties": tables,
        "additionalProperties": False,
        "$defs": {"Reference": REFERENCE_SCHEMA, **definitions, **theirs},
    }


def _definitions(models: list[type[BaseModel]], prefix: str) -> tuple[dict[type[BaseModel], str], dict[str, Schema]]:
    """The name of each model's definition, and all definitions, nested ones too; names never clash."""
    wanted = [(model, "validation") for model in dict.fromkeys(models)]
    place = f"#/$defs/{prefix}"
    references, schema = models_json_schema(wanted, ref_template=place + "{model}")  # type: ignore[arg-type]
    names = {model: references[model, "validation"]["$ref"].removeprefix("#/$defs/") for model in models}
    return names, {f"{prefix}{name}": definition for name, definition in schema.get("$defs", {}).items()}


def _named(content: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": f"^{NAME.pattern}$"}, "additionalProperties": content}


def _connection(info: ConnectorInfo, settings: Schema) -> Schema:
    connector = {"const": info.name, "description": info.title}
    return {
        **settings,
        "title": info.title,
        "properties": {"connector": connector, **settings.get("properties", {})},
        "required": ["connector", *settings.get("required", ())],
        "additionalProperties": settings.get("additionalProperties", False),
    }


def _with_references(schema: Any) -> Any:
    """The schema of a plugin's settings, where text may be a reference and a secret must be one."""
    if isinstance(schema, list):
        return [_with_references(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
        return _text(schema)
    return {key: inner if key in _DATA else _with_references(inner) for key, inner in schema.items()}


def _text(schema: Schema) -> Schema:
    about: Schema = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    if schema.get("writeOnly"):
        return {**about, **_REFERENCE}
    return {**about, "anyOf": [{key: value for key, value in schema.items() if key not in about}, _REFERENCE]}
