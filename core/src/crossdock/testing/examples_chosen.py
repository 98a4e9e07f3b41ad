"""Which examples are worth keeping: every kind of record, and every twist that makes a difference of its own."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

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
from crossdock.testing.telling import Telling, tellings_of

MOST_RECORDS = 8
"""How many records of one kind are kept, at most."""
MOST_WORDS = 12
"""A place that holds no more different values than this holds words, each of which may mean something of its own."""
Ask = Callable[[Record, Mapping[str, Any]], Awaitable[Any]]
"""What comes of a record under some settings, as JSON; raises `ValueError` where there can be no such thing."""
Words = Mapping[str, Sequence[Any]]
"""By the kind of a place, the words that stand there; none where anything may."""


class NoExample(Exception):
    """A method raised something that is no outcome where it was asked about a record; says which and what."""


def save_all(plugins: Sequence[str]) -> Iterator[str]:
    """Write the examples of these plugins anew; gives a line a file. Raises `NoExample`."""
    for name in plugins:
        yield from (f"{name}: {line}" for line in asyncio.run(save_examples(subject(name))))


async def save_examples(plugin: Subject) -> list[str]:
    """Write the examples of a plugin anew; gives a line a file.

    Records that are kept already stay, with what comes of them now. Whoever commits the difference has looked at it.
    """
    tellings = [(telling, _telling(plugin, telling)) for telling in await tellings_of(plugin)]
    files = [await _saved(plugin, telling, ask) for telling, ask in tellings]
    for reading in {reading.reader: reading for reading in await readings_of(plugin)}.values():
        async with AsyncExitStack() as opened:
            stage = await opened.enter_async_context(plugin.stage(orders=0))
            files.append(await _saved(plugin, reading, _reading(reading, stage, opened)))
    return files


def _reading(reading: Reading, stage: Stage, opened: AsyncExitStack) -> Ask:
    connections: dict[str, Connected] = {}

    async def ask(record: Record, settings: Mapping[str, Any]) -> Any:
        key = json.dumps(settings)
        if key not in connections:
            connections[key] = await opened.enter_async_context(stage.connect(**settings))
        return outcome(reading, connections[key], record)

    return ask


def _telling(plugin: Subject, telling: Telling) -> Ask:
    async def ask(record: Record, settings: Mapping[str, Any]) -> Any:
        return await telling.outcome(plugin, record, **settings)

    return ask


async def _saved(plugin: Subject, method: Reading | Telling, ask: Ask) -> str:
    file = file_of(plugin.name, method)
    records = [json.loads(record.data) for record in method.records]
    sure = _sure(method, ask)
    bare = kept_examples(file) or [_bare(record) for record in await _chosen(method.records, sure)]
    known: set[Any] = set()
    examples = [await _looked_at(plugin, example, ask, sure, _words(records), known) for example in bare]
    write_examples(file, examples)
    return f"{file.name}: {len(examples)} examples, {sum(len(example.twists) for example in examples)} twists"


def _sure(method: Reading | Telling, ask: Ask) -> Ask:
    """The same for records that are to be kept: of these something must come."""

    async def ask_surely(record: Record, settings: Mapping[str, Any]) -> Any:
        try:
            return await ask(record, settings)
        except Exception as error:
            raise NoExample(f"{method} of record {record.id}: it raised {error!r:.300}") from error

    return ask_surely


def _bare(record: Record) -> Example:
    return Example(id=record.id, record=json.loads(record.data), marked=record.marked)


async def _looked_at(plugin: Subject, example: Example, ask: Ask, sure: Ask, words: Words, known: set[Any]) -> Example:
    """The example with what comes of it now, and of each twist of which nothing alike is known yet."""
    gives = await sure(example.raw(), example.settings)
    twists = [*_record_twists(example, words)]
    async with plugin.stage(orders=0) as stage:
        there = {**stage.rehearsal.settings, **example.settings}
    twists += [Twist(settings=one) for one in other_settings(plugin.info.settings, there)]
    new = []
    for twist in twists:
        try:
            given = await ask(example.raw(twist), example.settings_with(twist))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            # Settings that do not go together, or a document that crossdock never makes.
            continue
        made = twist.model_copy(update={"gives": differences(gives, given)})
        if made.gives and not _is_known(made, example, known):
            new.append(made)
    return example.model_copy(update={"gives": gives, "twists": tuple(new)})


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


async def _chosen(records: Sequence[Record], ask: Ask) -> list[Record]:
    """Few records that show together as much as possible of what all of them show."""
    documents = {record: await _both(record, ask) for record in records}
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


async def _both(record: Record, ask: Ask) -> Any:
    return {"record": json.loads(record.data), "gives": await ask(record, {}), "marked": record.marked}


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
