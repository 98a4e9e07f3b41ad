"""`$select` and `$expand`: what is shown of a document, how deep, and where a list cuts its collections.

Inside the brackets of an expanded collection `$expand`, `$filter` and `$select` are known, separated by `;`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import UNSET, Struct, structs

from crossdock_channeladvisor.sandbox.documents import ENTITY_SETS, NAVIGATIONS
from crossdock_channeladvisor.sandbox.errors import BadQuery, no_such_property
from crossdock_channeladvisor.sandbox.odata.filter import Predicate, compile_filter

Row = TypeVar("Row", bound=Struct)

_BRANCH = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_PLAIN = "$(),':=;/"
_NESTED = ("$expand", "$filter", "$select")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is shown of a document: not its `hidden` members, and of its collections only the expanded ones."""

    hidden: Mapping[str, Any] = field(default_factory=dict)
    expand: Mapping[str, "Branch"] = field(default_factory=dict)

    def wants(self, *path: str) -> bool:
        """Whether the collection at the end of this path is shown."""
        branch = self.expand.get(path[0])
        return branch is not None and (len(path) == 1 or branch.shape.wants(*path[1:]))


@dataclass(frozen=True, slots=True)
class Branch:
    """What is shown of one collection: the rows that match, each in its shape; `options` as they were asked for."""

    shape: Shape
    matches: Predicate | None
    options: Mapping[str, str]


def read_shape(params: Mapping[str, str], document: type[Struct]) -> Shape:
    """What `$select` and `$expand` ask to see of this kind of document; raises `BadQuery`."""
    return _shape(params.get("$select") or "", params.get("$expand") or "", document)


@lru_cache(maxsize=256)
def _shape(select: str, expand: str, document: type[Struct]) -> Shape:
    branches = dict(_branch(part, document) for part in _split(expand, ",")) if expand else {}
    hidden = {name: UNSET for name in NAVIGATIONS.get(document, ()) if name not in branches}
    if select:
        chosen = _selected(select, document)
        hidden |= {name: UNSET for name in _properties(document) if name not in chosen}
    return Shape(hidden, branches)


def _properties(document: type[Struct]) -> set[str]:
    """The members that are neither collections nor annotations."""
    known = NAVIGATIONS.get(document, {})
    return {name for name in document.__struct_encode_fields__ if name not in known and "@" not in name}


def _selected(text: str, document: type[Struct]) -> set[str]:
    names = {name.strip() for name in text.split(",")}
    properties = _properties(document)
    if "*" in names:
        return properties
    for name in names:
        if name not in properties and name not in NAVIGATIONS.get(document, ()):
            raise no_such_property(name, document)
    return names


def _branch(text: str, document: type[Struct]) -> tuple[str, Branch]:
    match = _BRANCH.fullmatch(text)
    if match is None:
        raise BadQuery(f"The $expand '{text}' cannot be read.")
    name, inside = match.groups()
    if name not in NAVIGATIONS.get(document, {}):
        raise no_such_property(name, document, " to expand")
    rows = NAVIGATIONS[document][name]
    options = dict(_option(option) for option in _split(inside, ";")) if inside else {}
    condition = options.get("$filter")
    return name, Branch(read_shape(options, rows), compile_filter(condition, rows) if condition else None, options)


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.strip().partition("=")
    if name not in _NESTED or not equals:
        raise BadQuery(f"The option '{text}' inside an $expand cannot be read; {', '.join(_NESTED)} are known there.")
    return name, value


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand in no brackets and no quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == separator and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    if depth or quoted:
        raise BadQuery(f"The brackets or quotes of '{text}' do not match.")
    return parts


def shaped(row: Row, shape: Shape, cut: int | None, base: str) -> Row:
    """A copy of a document that shows what was asked for, its collections cut after `cut` rows (None: nowhere).

    A collection that was cut is followed by an absolute link to its other rows.
    """
    changes: dict[str, Any] = dict(shape.hidden)
    for name, branch in shape.expand.items():
        rows = getattr(row, name)
        if branch.matches is not None:
            rows = [each for each in rows if branch.matches(each)]
        if cut is not None and len(rows) > cut:
            changes[f"{name}Next"] = _link_to_rest(row, name, branch, cut, base)
            rows = rows[:cut]
        changes[name] = [shaped(each, branch.shape, cut, base) for each in rows]
    return structs.replace(row, **changes) if changes else row


def _link_to_rest(row: Any, name: str, branch: Branch, cut: int, base: str) -> str:
    link = f"{base}/{ENTITY_SETS[type(row)]}({row.ID})/{name}?$skip={cut}"
    return link + "".join(f"&{option}={quote(value, safe=_PLAIN)}" for option, value in branch.options.items())
