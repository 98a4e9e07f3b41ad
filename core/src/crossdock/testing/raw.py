"""Raw records to put translations to the test with: the simulator's own, and what a hostile day makes of them.

A case is one record with a few changes, each of which reads as one line: `Items[0].Quantity: 3 -> null`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crossdock.hooks.records import Record

T = TypeVar("T")
Path = tuple[str | int, ...]

GONE = ""
DEEP = "[" * 2000 + "]" * 2000
WORDS = ("Łódź 測試 Ελλάδα", "O'Brien \"& <b>", "0012E5", "ǅ ﬁ ß İ", "🚚📦 1")
"""Texts without blanks around them: other alphabets, signs of other languages, letters whose case is not simple."""

_NULL, _NUMBERS = "null", ("0", "-1", "3.5", "1e400", "-1e400", "NaN", "Infinity", "9" * 40, "1" + "0" * 400)
_TEXTS = (
    '""', '" "', '"x"', '"-1"', '"1e5"', '"NaN"', '"\\u0000"', '"\\ud800"', '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59.9999999-12:00"', '"2024-02-30"', f'"{"9" * 5000}"',
)  # fmt: skip
_SHAPES = ("true", "[]", "{}", "[null]", "[{}]", '{"value": null}', DEEP)
HOSTILE = (GONE, _NULL, *_NUMBERS, *_TEXTS, *_SHAPES)
"""What may stand in place of anything; the first is nothing at all."""
OTHERS: dict[type, tuple[str, ...]] = {
    str: (GONE, _NULL, '""', "3", "{}"),
    int: (GONE, _NULL, '"x"', "-1", "[]"),
    float: (GONE, _NULL, '"x"', "-1", "[]"),
    bool: (GONE, _NULL, '"x"', "{}"),
    list: (GONE, _NULL, "{}", "[null]", "[{}]", "[]"),
    dict: (GONE, _NULL, "[]", '"x"', "{}"),
    type(None): (GONE, '"x"', "3", "{}", "[]"),
}
"""By what stands there, what to try in its place first."""


@dataclass(frozen=True)
class Change:
    """What stands at a path becomes another JSON text; the empty text takes it away."""

    path: Path
    to: str

    def of(self, data: bytes) -> bytes:
        """The record with this change, as JSON without blanks."""
        document = json.loads(data)
        if not self.path:
            return self.to.encode()
        holder = _at(document, self.path[:-1])
        if self.to == GONE:
            del holder[self.path[-1]]
            return dumped(document)
        holder[self.path[-1]] = _PLACE
        return dumped(document).replace(f'"{_PLACE}"'.encode(), self.to.encode())

    def told(self, data: bytes) -> str:
        """The change as one line."""
        before = json.dumps(_at(_document(data), self.path), ensure_ascii=False)
        return f"{spelled(self.path)}: {_short(before)} -> {_short(self.to) or 'gone'}"


@dataclass(frozen=True)
class Cut:
    """The bytes end too early, or one of them is not UTF-8."""

    percent: int
    byte: bytes = b""

    def of(self, data: bytes) -> bytes:
        """The record with this change."""
        at = len(data) * self.percent // 100
        return data[:at] + self.byte + data[at:] if self.byte else data[:at]

    def told(self, data: bytes) -> str:
        """The change as one line."""
        at = len(data) * self.percent // 100
        return f"a byte that is not UTF-8 at {at}" if self.byte else f"cut after {at} of {len(data)} bytes"


@dataclass(frozen=True)
class Case:
    """A record of the simulator with a few changes."""

    record: Record
    changes: tuple[Change | Cut, ...] = ()

    @property
    def changed(self) -> Record:
        """The record as it would arrive."""
        data = self.record.data
        for change in self.changes:
            data = change.of(data)
        return replace(self.record, data=data)

    def __str__(self) -> str:
        """Which record, and what is different: one line."""
        told = ", ".join(change.told(self.record.data) for change in self.changes)
        return f"record {self.record.id}" + (f" with {told}" if told else "")

    __repr__ = __str__


def search(cases: st.SearchStrategy[T], check: Callable[[T], None], *, times: float = 1.0) -> None:
    """Try what a strategy makes, so many times what the hypothesis profile says; fails with the smallest case."""

    @settings(
        max_examples=max(5, round(settings().max_examples * times)),
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        phases=[phase for phase in Phase if phase is not Phase.explain],
        suppress_health_check=[*HealthCheck],
    )
    @given(cases)
    def attempt(case: T) -> None:
        check(case)

    attempt()


def hostile(records: Sequence[Record]) -> st.SearchStrategy[Case]:
    """Records with something gone, null, of another type, huge, not a number, deep, cut or from another record."""
    ids = [json.dumps(record.id) for record in records[:5]]
    changed = st.sampled_from(records).flatmap(lambda record: st.builds(Case, st.just(record), _hostile(record, ids)))
    return st.one_of(changed, st.builds(Case, st.sampled_from(records), st.tuples(_CUTS)))


def first_tries(records: Iterable[Record]) -> Iterator[Case]:
    """Everything that stands in any record, once: gone, null, empty, and of another type."""
    for record, path in places(records):
        there = _at(json.loads(record.data), path)
        yield from (Case(record, (Change(path, to),)) for to in OTHERS[type(there)])


def places(records: Iterable[Record]) -> Iterator[tuple[Record, Path]]:
    """Every kind of place that there is in records, with one that has it: `Items[0].Sku` is of a kind with [1]."""
    seen: set[tuple[Path, type]] = set()
    for record in records:
        document = json.loads(record.data)
        for path in paths(document):
            kind = tuple("*" if isinstance(step, int) else step for step in path), type(_at(document, path))
            if kind not in seen:
                seen.add(kind)
                yield record, path


def paths(document: Any, above: Path = ()) -> Iterator[Path]:
    """The place of everything in a document, but of itself."""
    steps = document.items() if isinstance(document, dict) else enumerate(document)
    for step, inner in steps if isinstance(document, dict | list) else ():
        yield (*above, step)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*above, step))


def texts(records: Iterable[Record]) -> Iterator[tuple[Record, Path, str]]:
    """Every kind of place where a text stands, and the text."""
    for record, path in places(records):
        there = _at(json.loads(record.data), path)
        if isinstance(there, str):
            yield record, path, there


def reordered(data: bytes) -> bytes:
    """The same document, the keys of each object in the opposite order."""
    return dumped(_reversed(json.loads(data)))


def with_more(data: bytes, key: str, value: Any) -> bytes:
    """The same document with one more key, first and last in what it is and in each row of its lists."""
    document = json.loads(data)
    for grown in [*_rows(document)]:
        known = dict(grown)
        grown.clear()
        grown.update({f"{key}First": value, **known, f"{key}Last": value})
    return dumped(document)


def scalars(data: bytes) -> Iterator[str]:
    """Every text and number of a record as text; nothing of a record that is no JSON."""
    try:
        waiting = [json.loads(data, parse_float=str, parse_int=str)]
    except ValueError:
        return
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
        elif isinstance(one, str):
            yield one


def dumped(document: Any) -> bytes:
    """A document as JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def spelled(path: Path) -> str:
    """A path as people write it: `Items[0].Quantity`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or "the record"


_PLACE = "<<here 8251>>"
_CUTS = st.builds(Cut, st.integers(0, 99), st.sampled_from([b"", b"\xff"]))


def _hostile(record: Record, others: Sequence[str]) -> st.SearchStrategy[tuple[Change]]:
    where = [(), *paths(_document(record.data))]
    return st.tuples(st.builds(Change, st.sampled_from(where), st.sampled_from([*HOSTILE, *others])))


def _rows(document: Any) -> Iterator[dict[str, Any]]:
    """What a document is, if it has names, and the rows of its lists."""
    if isinstance(document, dict):
        yield document
    for inner in (document, *document.values()) if isinstance(document, dict) else (document,):
        if isinstance(inner, list):
            yield from (row for row in inner if isinstance(row, dict))


def _document(data: bytes) -> Any:
    """The document in some bytes; none in those that are no JSON."""
    try:
        return json.loads(data)
    except ValueError:
        return None


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _reversed(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _reversed(document[key]) for key in reversed(document)}
    return [_reversed(inner) for inner in document] if isinstance(document, list) else document


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"
