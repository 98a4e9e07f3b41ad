"""The methods of a role as its protocol promises them, none of them written."""

import ast
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent, indent

import crossdock
from crossdock import domain


@dataclass(frozen=True)
class Skeleton:
    """The source of the methods, their names, the docstring of the class, and the names to import, by module."""

    methods: str
    names: tuple[str, ...]
    told: str
    imports: dict[str, frozenset[str]]


def skeleton(protocol: type) -> Skeleton:
    """A class that follows a protocol and does nothing: each method raises `not_written`."""
    source = dedent(inspect.getsource(protocol))
    [node] = [one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)]
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    written = "\n\n".join(_method(source, method) for method in methods)
    names = tuple(method.name for method in methods)
    return Skeleton(written, names, ast.get_docstring(node) or "", _imports(protocol, methods))


def _method(source: str, method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """A method as it stands in the protocol, signature and promise, with a body that says what is missing."""
    promised = "\n".join(source.splitlines()[method.lineno - 1 : method.end_lineno])
    return indent(f'{dedent(promised)}\n    raise not_written("{method.name}")', "    ")


def _imports(protocol: type, methods: Iterable[ast.AST]) -> dict[str, frozenset[str]]:
    """The names that the signatures use, by the module of the public door that has them."""
    used = {one.id for method in methods for one in ast.walk(method) if isinstance(one, ast.Name)}
    known = vars(sys.modules[protocol.__module__])
    found: dict[str, set[str]] = {}
    for name in used & known.keys():
        found.setdefault(_home(name, known[name]), set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


def _home(name: str, value: object) -> str:
    if name in crossdock.__all__:
        return "crossdock"
    return "crossdock.domain" if name in domain.__all__ else str(getattr(value, "__module__", ""))
