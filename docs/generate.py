"""Writes docs/reference/ from the code: run it with `make docs`; a test says when a page is stale."""

import ast
import inspect
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from itertools import groupby
from pathlib import Path
from textwrap import dedent
from typing import Any

import typer.main
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from crossdock.cli import app
from crossdock.config import DistributionCenter, Pipeline, Services, ShipMethod, ShipMethodRule, ShipMethods
from crossdock.config.alerts import Alerts, EmailReceiver, WebhookReceiver
from crossdock.config.mistakes import models_in
from crossdock.config.models import Plugins, Store, Webhooks
from crossdock.config.order_options import FieldRule, Fields, Filter, Holds, StatusEvents, StatusRule
from crossdock.config.schedule import ALLOWED as SCHEDULES
from crossdock.config.stock_options import Reconcile, Stock
from crossdock.engine.closing import ENDINGS
from crossdock.engine.problems import Code
from crossdock.hooks.specs import API_VERSION
from crossdock.registry import load_plugins
from crossdock.registry.contract import deprecations
from crossdock.testing import Grade, Law, all_laws
from crossdock.testing.mapping import mapping_laws

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference"
PLUGINS = ("channeladvisor", "warehouseos", "karrio", "easypost", "shipstation", "parcel_files", "shipping")
STAMP = "<!-- Made by docs/generate.py from the code; change the code, then run `make docs`. -->"
HELP_WIDTH = 100

Schema = Mapping[str, Any]


def pages() -> dict[str, str]:
    """Every page of the reference by its file name."""
    return {
        "hooks.md": hooks_page(),
        "roles.md": code_page("Roles", "crossdock.hooks.roles"),
        "features.md": code_page("Features", "crossdock.hooks.features"),
        "plugin-api.md": code_page(
            "What a plugin gets and gives",
            "crossdock.hooks.context",
            "crossdock.hooks.http",
            "crossdock.hooks.files",
            "crossdock.hooks.connecting",
            "crossdock.hooks.records",
        ),
        "errors.md": code_page("Errors", "crossdock.hooks.errors"),
        "simulators.md": code_page(
            "Simulators", "crossdock.sandbox.rehearsal", "crossdock.sandbox.gate", "crossdock.sandbox.faults"
        ),
        "documents.md": code_page(
            "Documents",
            "crossdock.domain.document",
            "crossdock.domain.order",
            "crossdock.domain.attachment",
            "crossdock.domain.fulfillment",
            "crossdock.domain.adjustment",
            "crossdock.domain.inventory",
            "crossdock.domain.warehouse",
            "crossdock.domain.receiving",
            "crossdock.domain.product",
            "crossdock.domain.party",
            "crossdock.domain.money",
        ),
        "config.md": config_page(),
        "connectors.md": connectors_page(),
        "cli.md": cli_page(),
        "problems.md": problems_page(),
        "deprecated.md": deprecated_page(),
        "laws.md": laws_page(),
    }


def main() -> None:
    """Write what has changed."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        file = REFERENCE / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {file.relative_to(DOCS.parent)}\n")


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([STAMP, f"# {title}", *(part.strip("\n") for part in parts if part.strip())]) + "\n"


# Code: signatures and docstrings, as they stand in the source.


def hooks_page() -> str:
    """The hooks: factories first, broadcasts after them."""
    module = _parsed("crossdock.hooks.specs")
    factories: list[str] = []
    broadcasts: list[str] = []
    for function in _functions(module):
        if mark := next((each for each in function.decorator_list if "hookspec" in ast.unparse(each)), None):
            (factories if isinstance(mark, ast.Call) else broadcasts).append(_function(function, "###"))
    return _page(
        "Hooks",
        _told(module),
        "A plugin is a module that an entry point of the group `crossdock.plugins` names. Its hooks are plain\n"
        "functions marked with `@crossdock.hookimpl`; what they return is described under [roles](roles.md).\n"
        f"This is version {'.'.join(map(str, API_VERSION))} of the contract (`API_VERSION`).",
        "## Factories",
        *factories,
        "## Broadcasts",
        *broadcasts,
    )


def code_page(title: str, *modules: str) -> str:
    """The public classes and functions of some modules."""
    parts: list[str] = []
    for name in modules:
        module = _parsed(name)
        parts += ["---", _told(module)] if parts else [_told(module)]
        for statement, following in zip(module.body, [*module.body[1:], None], strict=True):
            parts.append(_statement(statement, following))
    return _page(title, *parts)


def _parsed(module: str) -> ast.Module:
    return ast.parse(Path(import_module(module).__file__ or "").read_text(encoding="utf-8"))


def _statement(statement: ast.stmt, following: ast.stmt | None) -> str:
    match statement:
        case ast.ClassDef(name=name) if not name.startswith("_"):
            return _class(statement)
        case ast.FunctionDef(name=name) if not name.startswith("_"):
            return _function(statement, "##")
        case ast.Assign(targets=[ast.Name(id=name)]) if _is_text(following) and not name.startswith("_"):
            return f"## {name}\n\n```python\n{_code(statement)}\n```\n\n{_text(following)}"
    return ""


def _class(node: ast.ClassDef) -> str:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    parts = [f"## {node.name}", f"*{bases}*" if bases else "", _told(node)]
    fields = [line for line in map(_field, node.body) if line]
    if fields:
        parts.append("```python\n" + "\n".join(fields) + "\n```")
    parts += [_function(method, "###") for method in _functions(node)]
    return "\n\n".join(part for part in parts if part)


def _field(statement: ast.stmt) -> str:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if (
            name != "model_config" and not name.startswith("_")
        ):
            return _code(statement)
    return ""


def _code(node: ast.AST) -> str:
    """The source of a node, quoted as the formatter quotes."""
    return ast.unparse(node).replace("'", '"')


def _functions(node: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and not statement.name.startswith("_"):
            yield statement


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, level: str) -> str:
    colour = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    signature = f"{colour} {node.name}({ast.unparse(node.args)}){returns}"
    return f"{level} {node.name}\n\n```python\n{signature}\n```\n\n{_told(node)}"


def _told(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The docstring; what it indents stays as it is."""
    blocks = (ast.get_docstring(node) or "").split("\n\n")
    return "\n\n".join(f"```text\n{dedent(block)}\n```" if block.startswith("    ") else block for block in blocks)


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _text(node: ast.stmt | None) -> str:
    return " ".join(ast.literal_eval(ast.unparse(node)).split()) if node else ""


# Settings: every table and key, from the models.


def config_page() -> str:
    """The tables of `crossdock.toml`."""
    tables: dict[str, type[BaseModel]] = {
        "[store]": Store,
        "[plugins]": Plugins,
        "[webhooks]": Webhooks,
        "[alerts]": Alerts,
        "[alerts.email.NAME]": EmailReceiver,
        "[alerts.webhook.NAME]": WebhookReceiver,
        "[pipelines.NAME]": Pipeline,
        "[pipelines.NAME.services]": Services,
        "[pipelines.NAME.stock]": Stock,
        "[pipelines.NAME.reconcile]": Reconcile,
        "[pipelines.NAME.distribution_centers.ID]": DistributionCenter,
        "[pipelines.NAME.holds]": Holds,
        "[pipelines.NAME.fields]": Fields,
        "[pipelines.NAME.status_events]": StatusEvents,
        "[pipelines.NAME.ship_methods]": ShipMethods,
    }
    return _page(
        "Config",
        "`crossdock.toml` is TOML. Connections and pipelines may also stand in files of their own,\n"
        "`connections/*.toml` and `pipelines/*.toml` beside it. `crossdock check` names every mistake at once;\n"
        "`crossdock check --schema` prints the JSON Schema for editors.",
        'A **reference** stands for a value that is kept elsewhere: `{ env = "VARIABLE" }` or\n'
        '`{ file = "PATH" }`, below the folder of the config. A secret must be a reference.',
        f"A **schedule** is {SCHEDULES}.",
        "## `[connections.NAME]`",
        "One account of a remote system. `connector` names the plugin; every other key is the connector's own: see\n"
        "[connectors](connectors.md).",
        *(f"## `{title}`\n\n{_settings(model)}" for title, model in tables.items()),
        f"## A filter\n\n{_settings(Filter)}",
        f"## A rule of `fields`\n\n{_settings(FieldRule)}",
        f"## A rule of `status_events`\n\n{_settings(StatusRule)}",
        f"## A rule of `ship_methods`\n\n{_settings(ShipMethodRule)}",
        f"## A ship method\n\n{_settings(ShipMethod)}",
    )


def connectors_page() -> str:
    """What each connector of this repository can be, and its settings."""
    registry = load_plugins(PLUGINS, log=_Silent())
    parts = []
    for name in PLUGINS:
        plugin, info = registry.plugins[name], registry.connectors[name]
        hooks = ", ".join(f"`{hook}`" for hook in sorted(plugin.hooks))
        parts.append(f"## {name}\n\n{info.title}. Hooks: {hooks}.\n\n{_settings(info.settings)}")
        for key, setting in info.settings.model_fields.items():
            parts += [
                f"### `{key}`\n\n{_settings(inner)}" for inner in models_in(setting.annotation) if _is_told(inner)
            ]
    return _page("Connectors", "The settings of each connector. A secret must be a [reference](config.md).", *parts)


def _is_told(model: type[BaseModel]) -> bool:
    return any(field.description for field in model.model_fields.values())


def _settings(model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    fields = ((field.alias or name, field) for name, field in model.model_fields.items())
    rows = (_row(name, field, schema["properties"][name], schema) for name, field in fields)
    head = "| key | value | default | meaning |\n|---|---|---|---|\n"
    return f"{inspect.getdoc(model)}\n\n{head}" + "\n".join(rows)


def _row(name: str, field: FieldInfo, about: Schema, schema: Schema) -> str:
    default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
    meaning = " ".join((field.description or "").split())
    cells = (f"`{name}`", _kind(about, schema.get("$defs", {})), default, meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(value: Any) -> str:
    match value:
        case None | "" | () | [] | {}:
            return "none"
        case BaseModel():
            return "see there"
        case True | False:
            return f"`{str(value).lower()}`"
        case list() | tuple():
            return ", ".join(f"`{word}`" for word in value)
        case timedelta():
            return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
    return f"`{value}`"


def _kind(about: Schema, definitions: Schema) -> str:
    match about:
        case {"$ref": reference}:
            inner = definitions[reference.rpartition("/")[2]]
            return _kind(inner, definitions) if "enum" in inner else "table"
        case {"title": "Reference"}:
            return "reference"
        case {"examples": _}:
            return "schedule"
        case {"anyOf": choices}:
            kinds = (_kind(choice, definitions) for choice in choices if choice.get("type") != "null")
            return " or ".join(dict.fromkeys(kinds))
        case {"enum": words}:
            return " or ".join(f"`{word}`" for word in words)
        case {"type": "array"}:
            return f"list: {_kind(about['items'], definitions)}"
        case {"type": "object", "additionalProperties": dict() as inner}:
            return f"table: {_kind(inner, definitions)}"
    return _KINDS[about.get("format") or about["type"]]


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "date": "date",
    "path": "path of a file",
    "date-time": "date and time with zone",
    "duration": "duration such as `PT15M`",
    "password": "reference (secret)",
    "object": "table",
}


class _Silent:
    """Plugins that fail are seen in the page's own failure."""

    def info(self, event: str, **details: object) -> None:
        pass

    def warning(self, event: str, **details: object) -> None:
        pass


# The command line and the problems.


def cli_page() -> str:
    """The help of each command, as a terminal of 100 columns shows it."""
    return _page("Command line", *_helps("crossdock", typer.main.get_command(app), None))


def _helps(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = command.make_context(
        name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True, terminal_width=HELP_WIDTH
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines()).strip()
    yield f"## {name}\n\n```text\n{text}\n```"
    for inner, each in getattr(command, "commands", {}).items():
        yield from _helps(f"{name} {inner}", each, context)


def problems_page() -> str:
    """What every kind of problem means and what to do about it."""
    told = tomllib.loads((DOCS / "problems.toml").read_text(encoding="utf-8"))
    parts = [
        f"## {code.value}\n\n{told[code.value]['means']}\n\n**What to do.** {told[code.value]['do']}\n\n"
        f"**How it ends.** It closes {ENDINGS[code].when}."
        for code in Code
    ]
    return _page(
        "Problems",
        "A problem is something that a person must look at. `crossdock problems list` shows those that are open, "
        "`crossdock problems show ID` one of them with what was seen. One open problem stands for one subject: what "
        "happens again is counted. Problems whose cause is gone close by themselves.",
        *parts,
    )


# The laws of the conformance kit.


def laws_page() -> str:
    """Every law with its sentence, its grade and what it is about."""
    areas = groupby(all_laws(), key=lambda law: law.id.partition(".")[0])
    parts = [f"## {area}\n\n" + "\n\n".join(map(_law, laws)) for area, laws in areas]
    mapping = "\n\n".join(f"### {law.id}\n\n{law.sentence}\n\n{law.why}" for law in mapping_laws())
    how = "[Test your mapping](../howto/test-your-mapping.md)"
    parts += [f"## mapping\n\nOf every pipeline's rules, and without a grade: {how}.\n\n{mapping}"]
    return _page(
        "Laws",
        "What the conformance kit asks of every plugin: `pytest --crossdock-plugin NAME`, or "
        '`test_conformance = conformance("NAME")` in a test file. A law without a role is about the plugin as a whole.',
        str(inspect.getdoc(Grade)),
        "The grade is worked out from the laws that were held, each time it is shown (`crossdock plugins list`), and "
        "only as long as the plugin's files are those that were put to the test. A law that is expected to fail, with "
        "a reason, counts as not held. One that finds nothing to judge is skipped, with what the simulator does not "
        "show, and neither gives a grade nor takes one.",
        *parts,
    )


def _law(law: Law) -> str:
    about = [one.__name__ for one in (law.of, law.feature) if one]
    return "\n\n".join(
        part for part in (f"### {law.id}", law.sentence, law.why, f"*{', '.join([str(law.grade), *about])}*") if part
    )


def deprecated_page() -> str:
    """What still works and will be gone."""
    rows = [f"| {one.what} | {one.since} | {one.until} | {one.instead} |" for one in deprecations()]
    table = "\n".join(["| what | since | gone in | instead |", "|---|---|---|---|", *rows])
    return _page(
        "Deprecated",
        "What of the contract with plugins still works and will be gone, by version of the contract (`API_VERSION`).\n"
        "`crossdock plugins why NAME` tells whether an installed plugin uses any of it.",
        table if rows else "Nothing is deprecated.",
    )


if __name__ == "__main__":
    main()
