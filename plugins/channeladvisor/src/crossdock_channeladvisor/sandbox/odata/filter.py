"""`$filter`: the part of OData that the service is known to take, compiled to a Python predicate.

Comparisons (`eq ne gt ge lt le`) of a property, or of `year month day hour minute second floor ceiling` of one, with
a literal; `startswith`; `any` over a collection; joined by `and`, `or`, `not` and brackets. Property names are taken
in their exact case only, which is stricter than the service. As in the standard, `not` binds closer than a comparison
(which then needs brackets), and what is asked of null is unknown: `not` leaves it so, and unknown rows are not shown.
"""

import math
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, get_args, get_type_hints

import lark
from msgspec import Struct, UnsetType

from crossdock_channeladvisor.sandbox.documents import CASELESS, JOINED, NAVIGATIONS, NOT_FILTERABLE
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_property

Predicate = Callable[[Any], bool]
Test = Callable[[Any], bool | None]
Kind = Literal["date", "number", "text", "flag"]

_GRAMMAR = r"""
?start: either
?either: both (_OR both)*
?both: single (_AND single)*
?single: _NOT closed -> negation
       | closed
       | begins OPERATOR FLAG -> told
       | operand OPERATOR literal -> comparison
?closed: "(" either ")"
       | begins
       | NAME "/" _ANY "(" NAME ":" either ")" -> any
begins: "startswith"i "(" path "," TEXT ")"
operand: path | NAME "(" path ")"
path: NAME ("/" NAME)?
literal: TEXT | DATE | NUMBER | NULL | FLAG

_OR: /or\b/i
_AND: /and\b/i
_NOT.2: /not\b/i
_ANY.2: /any\b/i
OPERATOR: /(eq|ne|gt|ge|lt|le)\b/
TEXT: /'(''|[^'])*'/
DATE.3: /\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2}))?/
NUMBER.2: /-?\d+(\.\d+)?/
NULL.2: /null\b/
FLAG.2: /(true|false)\b/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
%ignore /\s+/
"""
_PARSER = lark.Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")
}
_KINDS: dict[type, Kind] = {bool: "flag", int: "number", float: "number", str: "text"}
_FUNCTIONS: dict[str, tuple[Kind, Callable[[Any], Any]]] = {
    **{name: ("date", operator.attrgetter(name)) for name in ("year", "month", "day", "hour", "minute", "second")},
    "floor": ("number", math.floor),
    "ceiling": ("number", math.ceil),
}
_EDM = {"date": "Edm.DateTimeOffset", "number": "Edm.Decimal", "text": "Edm.String", "flag": "Edm.Boolean"}


@lru_cache(maxsize=512)
def compile_filter(text: str, document: type[Struct]) -> Predicate:
    """The predicate that a filter text means for this kind of document; raises `BadQuery`."""
    test = _compile(_parsed(text), document, None)
    return lambda row: test(row) is True


def _parsed(text: str) -> Any:
    try:
        return _PARSER.parse(text)
    except lark.exceptions.UnexpectedInput as error:
        raise BadQuery(f"Syntax error at position {getattr(error, 'pos_in_stream', 0)} in '{text}'.") from error


def required_value(text: str, name: str) -> Any:
    """The literal that a filter demands a property to equal, or None if it leaves it open; raises `BadQuery`."""
    tree = _parsed(text)
    parts = tree.children if tree.data == "both" else [tree]
    for part in parts:
        if part.data == "comparison" and _is_plainly(part.children[0], name) and part.children[1] == "eq":
            return _literal(part.children[2].children[0])[1]
    return None


def possible_values(text: str, name: str) -> frozenset[Any] | None:
    """The literals of which a filter demands a property to equal one, or None: it leaves it open; raises `BadQuery`."""
    return _possible(_parsed(text), name)


def _possible(tree: Any, name: str) -> frozenset[Any] | None:
    if tree.data == "comparison" and _is_plainly(tree.children[0], name) and tree.children[1] == "eq":
        return frozenset({_literal(tree.children[2].children[0])[1]})
    if tree.data not in ("both", "either"):
        return None
    parts = [_possible(part, name) for part in tree.children]
    if tree.data == "both":
        return next((part for part in parts if part is not None), None)
    return None if None in parts else frozenset().union(*(part for part in parts if part is not None))


def _is_plainly(operand: Any, name: str) -> bool:
    return len(operand.children) == 1 and [*operand.children[0].children] == [name]


def _compile(tree: Any, document: type[Struct], variable: str | None) -> Test:
    return _FORMS[tree.data](tree.children, document, variable)


def _either(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    return _decided_by(True, [_compile(part, document, variable) for part in parts])


def _both(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    return _decided_by(False, [_compile(part, document, variable) for part in parts])


def _decided_by(decisive: bool, tests: list[Test]) -> Test:
    """One decisive answer decides; without it, an unknown one leaves everything unknown."""

    def test(row: Any) -> bool | None:
        answer: bool | None = not decisive
        for each in tests:
            if (told := each(row)) is decisive:
                return decisive
            answer = None if told is None else answer
        return answer

    return test


def _negation(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    test = _compile(parts[0], document, variable)
    return lambda row: None if (answer := test(row)) is None else not answer


def _comparison(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    own, value_of = _operand(parts[0].children, document, variable)
    compare = _OPERATORS[parts[1]]
    kind, wanted = _literal(parts[2].children[0])
    if wanted is None:
        # Nothing comes before or after null.
        return lambda row: parts[1] in ("eq", "ne") and compare(value_of(row) is None, True)
    if kind != own:
        raise _incompatible(own, kind, parts[1])
    if str(parts[0].children[-1].children[-1]) in CASELESS.get(document, ()):
        value_of, wanted = _applied(str.casefold, value_of), wanted.casefold()
    missing = parts[1] == "ne"

    def test(row: Any) -> bool:
        value = value_of(row)
        return missing if value is None else compare(value, wanted)

    return test


def _incompatible(own: Kind, kind: Kind, name: str) -> BadQuery:
    return BadQuery(
        "A binary operator with incompatible types was detected. "
        f"Found operand types '{_EDM[own]}' and '{_EDM[kind]}' for operator kind '{name}'."
    )


def _operand(parts: list[Any], document: type[Struct], variable: str | None) -> tuple[Kind, Callable[[Any], Any]]:
    """What kind of value the left side of a comparison has, and how it is read from a row."""
    *functions, path = parts
    name = _property(path, document, variable)
    own = kinds(document)[name]
    value_of = _moment_of(name) if own == "date" else operator.attrgetter(name)
    if not functions:
        return own, value_of
    function = str(functions[0])
    if _FUNCTIONS.get(function, (None,))[0] != own:
        raise BadQuery(f"The function '{function}' is not known for '{name}' of type '{_EDM[own]}'.")
    return "number", _applied(_FUNCTIONS[function][1], value_of)


def _applied(function: Callable[[Any], Any], value_of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(row: Any) -> Any:
        value = value_of(row)
        return None if value is None else function(value)

    return read


def _begins(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    name = _property(parts[0], document, variable)
    fold = str.casefold if name in CASELESS.get(document, ()) else str
    beginning = fold(_literal(parts[1])[1])
    return lambda row: None if (text := getattr(row, name)) is None else fold(text).startswith(beginning)


def _told(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    """What `startswith` says, compared with true or false."""
    begins, name, flag = parts
    if name not in ("eq", "ne"):
        raise BadQuery(f"startswith can be equal to '{flag}' or not, but not '{name}'.")
    test, compare, wanted = _compile(begins, document, variable), _OPERATORS[name], flag == "true"
    return lambda row: compare(test(row), wanted)


def _any(parts: list[Any], document: type[Struct], variable: str | None) -> Test:
    collection, inner_variable, inner = parts
    row_type = NAVIGATIONS.get(document, {}).get(collection)
    if row_type is None or collection in JOINED or variable is not None:
        raise BadQuery(f"'{collection}' is not a collection of '{document.__name__}' that any() can search.")
    test = _compile(inner, row_type, inner_variable)
    return lambda row: any(test(each) for each in getattr(row, collection))


_FORMS: dict[str, Callable[[list[Any], type[Struct], str | None], Test]] = {
    "either": _either,
    "both": _both,
    "negation": _negation,
    "comparison": _comparison,
    "begins": _begins,
    "told": _told,
    "any": _any,
}


def _property(path: Any, document: type[Struct], variable: str | None) -> str:
    *scope, name = (str(part) for part in path.children)
    if scope != ([] if variable is None else [variable]) or name not in kinds(document):
        raise no_such_property("/".join([*scope, name]), document)
    if name in NOT_FILTERABLE.get(document, ()):
        raise BadQuery(f"The property '{name}' cannot be used in the $filter query option.")
    return name


@lru_cache
def kinds(document: type[Struct]) -> dict[str, Kind]:
    """The properties that a filter or an order of rows can name, and what kind of value they have."""
    hints = get_type_hints(document)
    return {name: kind for name in document.__struct_fields__ if (kind := _kind(name, hints[name])) is not None}


def _kind(name: str, hint: Any) -> Kind | None:
    types = {hint, *get_args(hint)}
    if UnsetType in types:
        return None
    if name.endswith(("Utc", "UTC")):
        return "date"
    return next((kind for type_, kind in _KINDS.items() if type_ in types), None)


def _literal(token: lark.Token) -> tuple[Kind, Any]:
    text = str(token)
    match token.type:
        case "TEXT":
            return "text", text[1:-1].replace("''", "'")
        case "NUMBER":
            return "number", float(text) if "." in text else int(text)
        case "FLAG":
            return "flag", text == "true"
        case "NULL":
            return "text", None
    return "date", _moment(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"'{text}' is not a date.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment_of(name: str) -> Callable[[Any], datetime | None]:
    def read(row: Any) -> datetime | None:
        text = getattr(row, name)
        return None if text is None else datetime.fromisoformat(text)

    return read
