"""Which examples are worth keeping: every kind of record, and every twist that makes a difference of its own."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from crossdock.hooks.records import Record
from crossdock.testing.examples import (
    REFUSED,
    Example,
    Twist,
    differences,
    file_of,
    kept_examples,
    leaves_of,
    outcome,
    write_examples,
)
from crossdock.testing.raw import OTHERS, paths
from crossdock.testing.reads import Reading, readings_of
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject, subject

MOST_RECORDS = 8
"""How many records of one kind are kept, at most."""
MOST_WORDS = 12
"""A place that holds no more different values than this holds words, each of which may mean something of its own."""
Words = Mapping[str, Sequence[Any]]
"""By the kind of a place, the words that stand there; none where anything may."""


def save_all(plugins: Sequence[str]) -> Iterator[str]:
    """Write the examples of these plugins anew; gives a line a file."""
    for name in plugins:
        yield from (f"{name}: {line}" for line in asyncio.run(save_examples(subject(name))))


async def save_examples(plugin: Subject) -> list[str]:
    """Write the examples of a plugin anew; gives a line a file.

    Records that are kept already stay, with what comes of them now. Whoever commits the difference has looked at it.
    """
    lines = []
    async with plugin.stage(orders=0) as stage:
        for reading in {reading.reader: reading for reading in await readings_of(plugin)}.values():
            file = file_of(plugin.name, reading)
            examples = await _examples(reading, stage, kept_examples(file))
            write_examples(file, examples)
            twists = sum(len(example.twists) for example in examples)
            lines.append(f"{file.name}: {len(examples)} records, {twists} twists")
    return lines


async def _examples(reading: Reading, stage: Stage, kept: Sequence[Example]) -> list[Example]:
    async with stage.connect() as connection:
        bare = kept or [_bare(record) for record in _chosen(reading, connection)]
        words = _words(json.loads(record.data) for record in reading.records)
    known: set[Any] = set()
    return [await _looked_at(reading, stage, example, words, known) for example in bare]


def _bare(record: Record) -> Example:
    return Example(id=record.id, record=json.loads(record.data), marked=record.marked)


async def _looked_at(reading: Reading, stage: Stage, example: Example, words: Words, known: set[Any]) -> Example:
    """The example with what comes of it now, and of each twist of which nothing alike is known yet."""
    async with stage.connect(**example.settings) as connection:
        gives = outcome(reading, connection, example.raw())
        twists = [
            twist.model_copy(update={"gives": differences(gives, outcome(reading, connection, example.raw(twist)))})
            for twist in _record_twists(example, words)
        ]
    for settings in other_settings(stage.registry.connectors[stage.connector].settings, stage.rehearsal.settings):
        twist = Twist(settings=settings)
        try:
            async with stage.connect(**example.settings_with(twist)) as connection:
                given = differences(gives, outcome(reading, connection, example.raw(twist)))
        except ValidationError:  # settings that go together
            continue
        twists.append(twist.model_copy(update={"gives": given}))
    new = [twist for twist in twists if twist.gives and not _is_known(twist, example, known)]
    return example.model_copy(update={"gives": gives, "twists": new})


def _is_known(twist: Twist, example: Example, known: set[Any]) -> bool:
    """Whether a twist of the same kind of place made the same difference; remembers it."""
    made = str(twist.gives.get(REFUSED, "")) or json.dumps(
        {kind_of(where): value for where, value in twist.gives.items()}
    )
    if REFUSED in twist.gives:
        name = twist.at.rpartition("/")[2]
        made = re.sub(r"'[^']*'|\d+", "#", made.replace(example.id, "#").replace(name, "#"))
    mark = made if REFUSED in twist.gives else (str(sorted(twist.settings)), kind_of(twist.at), made)
    was_known = mark in known
    known.add(mark)
    return was_known


def _record_twists(example: Example, words: Words) -> Iterator[Twist]:
    """Everything in a record, once for each kind of place: gone, of another type, or another word that stands there."""
    seen: set[str] = set()
    for path in paths(example.record):
        at = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
        if kind_of(at) not in seen:
            seen.add(kind_of(at))
            there = example.record
            for step in path:
                there = there[step]
            yield Twist(at=at, gone=True)
            for to in _others(there, words.get(kind_of(at), ())):
                yield Twist(at=at, to=to)


def _others(there: Any, words: Sequence[Any]) -> Iterator[Any]:
    yield from (json.loads(other) for other in OTHERS[type(there)] if other)
    yield from (word for word in words if word != there)
    if isinstance(there, bool):
        yield not there
    if isinstance(there, str) and re.match(r"\d{4}-\d\d-\d\dT", there):
        yield there[:19]


def other_settings(model: Any, there: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Settings with one word or switch in another way, as their schema says; `there` is what is written now."""
    schema = model.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        for value in _values(field, schema.get("$defs", {}), there.get(name)):
            yield {name: value}


def _values(schema: Mapping[str, Any], kinds: Mapping[str, Any], there: Any) -> Iterator[Any]:
    there = schema.get("default") if there is None else there
    if "$ref" in schema:
        yield from _values(kinds[schema["$ref"].rpartition("/")[2]], kinds, there)
    for one in schema.get("anyOf", ()):
        yield from _values(one, kinds, there)
    yield from (value for value in schema.get("enum", ()) if value != there)
    if schema.get("type") == "boolean":
        yield not there
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        yield from ([value] for value in _values(schema["items"], kinds, None) if [value] != there)
    for name, field in schema.get("properties", {}).items():
        known = there if isinstance(there, dict) else {}
        yield from ({**known, name: value} for value in _values(field, kinds, known.get(name)))


def _chosen(reading: Reading, connection: Connected) -> list[Record]:
    """Few records that show together as much as possible of what all of them show."""
    documents = {record: _both(reading, connection, record) for record in reading.records}
    words = _words(documents.values())
    shows = {record: set(_shown(document, words)) for record, document in documents.items()}
    chosen: list[Record] = []
    seen: set[Any] = set()
    while len(chosen) < MOST_RECORDS:
        best = max(shows, key=lambda record: len(shows[record] - seen))
        if not shows[best] - seen:
            break
        seen |= shows[best]
        chosen.append(best)
    return chosen


def _both(reading: Reading, connection: Connected, record: Record) -> Any:
    return {"record": json.loads(record.data), "gives": outcome(reading, connection, record), "marked": record.marked}


def _words(documents: Iterable[Any]) -> Words:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for document in documents:
        for where, value in leaves_of(document):
            found[kind_of(where)][json.dumps(value)] = value
    return {kind: [*values.values()] for kind, values in found.items() if len(values) <= MOST_WORDS}


def _shown(document: Any, words: Words) -> Iterator[tuple[str, str]]:
    for where, value in leaves_of(document):
        kind = kind_of(where)
        yield kind, json.dumps(value) if kind in words else f"{type(value).__name__} {bool(value)}"


def kind_of(pointer: str) -> str:
    """The kind of a place: `/Items/0/Sku` is of a kind with `/Items/1/Sku`."""
    return re.sub(r"/\d+(?=/|$)", "/*", pointer)
