"""What others build upon, as data: the public door, hooks, roles, features, documents, config, settings, laws."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import crossdock
from crossdock import domain, sandbox
from crossdock.config.schema import config_schema
from crossdock.hooks.specs import API_VERSION
from crossdock.registry import load_plugins
from crossdock.registry.contract import FEATURES, ROLES, hook_names, new_host
from crossdock.testing import all_laws

DOORS = ("crossdock", "crossdock.domain", "crossdock.sandbox", "crossdock.testing", "crossdock.hooks.specs")
CONNECTORS = ("channeladvisor", "warehouseos", "karrio", "easypost", "shipstation", "parcel_files", "shipping")
PROSE = frozenset({"title", "description", "examples", "$schema"})

Surface = dict[str, Any]
Members = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Silent:
    """Plugins that fail are seen in what is missing."""

    def info(self, event: str, **details: object) -> None: ...

    def warning(self, event: str, **details: object) -> None: ...


def surface() -> Surface:
    """All of it, as it is now."""
    return {
        "api": list(API_VERSION),
        "door": door(),
        "hooks": hooks(),
        "roles": {name: {"protocol": role.__name__, "methods": methods(role)} for name, role in ROLES.items()},
        "features": {one.__name__: {"methods": methods(one)} for one in FEATURES},
        "documents": {model.__name__: schema(model.model_json_schema()) for model in documents()},
        "config": schema(config_schema({})),
        "connectors": connectors(),
        "laws": [law.id for law in all_laws()],
    }


def hooks() -> dict[str, list[str]]:
    """The arguments of each hook."""
    host = new_host()
    return {name: list(getattr(host.hook, name).spec.argnames) for name in sorted(hook_names(host))}


def methods(protocol: type) -> dict[str, Any]:
    """The shape of each method that a protocol promises."""
    promised = {name: one for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
    return {name: _shape(one) for name, one in promised.items()}


def _shape(method: Any) -> dict[str, Any]:
    signature = inspect.signature(method)
    takes = [_short(str(one)) for one in list(signature.parameters.values())[1:]]
    gives = _short(inspect.formatannotation(signature.return_annotation))
    return {"async": inspect.iscoroutinefunction(method), "takes": takes, "gives": gives}


def _short(annotation: str) -> str:
    """Names without the modules that they live in now."""
    return re.sub(r"(?:\w+\.)+(?=\w)", "", annotation)


def documents() -> Iterator[type[BaseModel]]:
    """The models of the public door."""
    for package in (domain, sandbox):
        for name in package.__all__:
            one = getattr(package, name)
            if inspect.isclass(one) and issubclass(one, BaseModel):
                yield one


def connectors() -> dict[str, Any]:
    """The settings of each connector of this repository."""
    found = load_plugins(CONNECTORS, log=Silent()).connectors
    return {name: schema(found[name].settings.model_json_schema()) for name in CONNECTORS}


def schema(told: Any, *, names: bool = False) -> Any:
    """A JSON Schema without its prose; `names`: the keys are names of properties or definitions."""
    if isinstance(told, list):
        return [schema(one) for one in told]
    if not isinstance(told, dict):
        return told
    inner = {key: schema(one, names=key in ("properties", "$defs") and not names) for key, one in told.items()}
    return inner if names else {key: one for key, one in inner.items() if key not in PROSE}


# The door, as stubs: signatures without bodies and prose.


def door() -> dict[str, list[str]]:
    """The modules of the public door and those that its names live in, by path, as the lines of a stub."""
    modules = dict.fromkeys([*DOORS, *(home for one in DOORS for home in _homes(one))])
    return {_path(name): stub(_source(name)).splitlines() for name in modules}


def stub(source: str) -> str:
    """The signatures of a module."""
    return ast.unparse(ast.Module([*_kept(ast.parse(source).body)], type_ignores=[]))


def _homes(door: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_source(door))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crossdock."):
            yield str(node.module)


def _source(module: str) -> str:
    return Path(import_module(module).__file__ or "").read_text(encoding="utf-8")


def _path(module: str) -> str:
    file = Path(import_module(module).__file__ or "")
    inner = file.relative_to(Path(crossdock.__file__).parents[1])
    return inner.with_suffix(".pyi").as_posix()


def _kept(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        match statement:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _kept(statement.body)
            case ast.Import() | ast.ImportFrom() | ast.AnnAssign():
                yield statement
            case ast.Assign(targets=[ast.Name(id=name)]) if name == "__all__" or not name.startswith("_"):
                yield statement
            case ast.ClassDef(name=name) if not name.startswith("_"):
                statement.body = [*_kept(statement.body)] or [ast.Expr(ast.Constant(...))]
                yield statement
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if _is_open(name):
                statement.body = [ast.Expr(ast.Constant(...))]
                yield statement


def _is_open(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"
