"""Expressions over an order: JMESPath with a closed set of functions (`text_functions`), compiled once.

Whatever an expression meets in an order, nothing is raised: what cannot be worked out has a reason. The order is the
document that `crossdock orders show --json` prints: `document_of(order)`.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError, ParseError

from crossdock.domain.document import Document
from crossdock.mapping.reading import names_read
from crossdock.mapping.text_functions import TextFunctions

MOST_EXPRESSIONS = 4096
_FUNCTIONS = TextFunctions()
_OPTIONS = jmespath.Options(custom_functions=_FUNCTIONS)
QUOTED = "between double quotes stands the name of a field; write a text between single quotes: 'text'"
_WORDS = {"string": "text", "array": "a list", "object": "an object", "null": "nothing", "number": "a number"}
_ELEMENTS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "list": "a list",
    "dict": "an object",
    "NoneType": "nothing",
    "bool": "a boolean",
}
"""What the library calls an element of a list that is of the wrong kind."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an expression gave: a value (None: nothing), or the reason why it could not be worked out."""

    value: Any = None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression; `reads` are the fields that it looks at, such as `ship_to.phone`."""

    text: str
    reads: frozenset[str]
    _parsed: Any = field(repr=False, compare=False)

    def search(self, data: Any) -> Found:
        """What it gives for this document; never raises."""
        try:
            return Found(self._parsed.search(data, options=_OPTIONS))
        except Exception as error:  # jmespath raises what Python raises where two values cannot be compared
            return Found(flaw=f"`{self.text}` cannot be worked out: {_reason(error)}")


@lru_cache(maxsize=MOST_EXPRESSIONS)
def compiled(text: str) -> Expression:
    """The expression, compiled; raises `ValueError` with a sentence where it is none."""
    try:
        parsed = _parsed(text)
        _check_functions(parsed.parsed)
        return Expression(text, names_read(parsed.parsed), parsed)
    except JMESPathError as error:
        raise ValueError(f"a JMESPath expression; {_parse_reason(error)}") from error
    except RecursionError:
        raise ValueError("a JMESPath expression that is not nested so deeply") from None


def _parsed(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", PendingDeprecationWarning)
        try:
            return jmespath.compile(text)
        except PendingDeprecationWarning:
            raise ValueError(
                f"a JMESPath expression; in `{text}`, write a text between single quotes: 'text'; between backquotes "
                "stands JSON"
            ) from None


def check_expression(text: str) -> str:
    """The expression as it is written; raises `ValueError` where it is not JMESPath."""
    compiled(text)
    return text


def check_fields(text: str, document: type[Document]) -> str:
    """The expression as it is written; raises `ValueError` where it looks at a field that no such document has."""
    for name in sorted(compiled(text).reads):
        _check_field(name, document, QUOTED if '"' in text else "")
    return text


def search(text: str, data: Any) -> Found:
    """What an expression gives for a document; raises nothing but `ValueError` for what is no expression."""
    return compiled(text).search(data)


def document_of(document: Document) -> Mapping[str, Any]:
    """A document as expressions see it: names and texts, numbers, lists and objects, as in JSON."""
    return document.model_dump(mode="json")


def _check_functions(node: Mapping[str, Any]) -> None:
    if node["type"] == "function_expression":
        _check_call(node["value"], len(node["children"]))
    for child in node["children"]:
        if isinstance(child, dict):
            _check_functions(child)


def _check_call(name: str, given: int) -> None:
    known = _FUNCTIONS.FUNCTION_TABLE
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}()?" if near else f"there are {', '.join(sorted(known))}"
        raise ValueError(f"a JMESPath expression; there is no function {name}(): {hint}")
    wanted = known[name]["signature"]
    more = bool(wanted and wanted[-1].get("variadic"))
    if given < len(wanted) or (given > len(wanted) and not more):
        takes = f"{'at least ' if more else ''}{len(wanted)}"
        raise ValueError(f"a JMESPath expression; {name}() takes {takes} argument(s), and is given {given}")


def _check_field(name: str, document: type[Document], hint: str) -> None:
    kind: Any = document
    for part in name.split("."):
        fields = _fields_of(kind)
        if fields is None:
            return
        if part not in fields:
            near = get_close_matches(part, fields, n=1)
            hint = f"did you mean '{near[0]}'?" if near else hint or f"there are {', '.join(fields)}"
            raise ValueError(f"an expression over fields that there are; {kind.__name__} has no '{part}': {hint}")
        kind = _document_in(fields[part].annotation)


def _fields_of(kind: Any) -> Mapping[str, Any] | None:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, Document) else None


def _document_in(annotation: Any) -> Any:
    """The document in an annotation such as `Money | None` or `tuple[OrderLine, ...]`."""
    if _fields_of(annotation) is not None:
        return annotation
    inner = getattr(annotation, "__args__", ())
    return next((one for part in inner if (one := _document_in(part)) is not None), None)


def _reason(error: Exception) -> str:
    """In words, and without the value: what an order holds may be a buyer's."""
    if isinstance(error, JMESPathTypeError):
        takes = " or ".join(dict.fromkeys(_word(kind) for kind in error.expected_types))
        return f"{error.function_name}() takes {takes}, and was given {_given(error)}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, TypeError):
        return "it compares or adds what cannot be, such as text with a number"
    return " ".join(str(error).split())


def _given(error: JMESPathTypeError) -> str:
    element = _ELEMENTS.get(error.actual_type)
    return f"a list with {element} in it" if element else _word(error.actual_type)


def _word(kind: str) -> str:
    whole, _, part = kind.partition("-")
    return f"a list of {'text' if part == 'string' else f'{part}s'}" if part else _WORDS.get(whole, f"a {whole}")


def _parse_reason(error: JMESPathError) -> str:
    if isinstance(error, ParseError) and error.expression and error.lex_position is not None:
        return f"{error.msg} at column {error.lex_position + 1} of `{error.expression}`"
    return " ".join(str(error).split())
