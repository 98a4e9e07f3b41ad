"""Laws about translation: pure, total, and blind to what does not matter."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from crossdock.hooks.errors import NeedsAuth, Unreadable
from crossdock.hooks.features import ReceivesHints, ReceivesRecords
from crossdock.hooks.records import Record
from crossdock.testing.law import Grade, law
from crossdock.testing.raw import WORDS, Case, Change, Path, first_tries, hostile, reordered, search, texts, with_more
from crossdock.testing.reads import Reading, promise_of, readings_of
from crossdock.testing.stage import Connected
from crossdock.testing.subject import Subject

LONG_TEXTS = {1_000: 0.25, 16_000: 0.25, 64_000: 0.25, 1_000_000: 1.0}
"""By the length of one of its texts, for how many seconds a record may keep a busy machine at work."""
LONGEST_SENTENCE = 2000
DAY = timedelta(days=1)


@law("translation.pure", Grade.BRONZE)
async def translation_is_pure(plugin: Subject) -> None:
    """Every record that a plugin lists is translated into what its role promises, the same each time, asking nobody.

    Also by another connection, a day later: records are stored first and translated again whenever a mapping is tried,
    and what came out before is compared with what comes out now.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as one, stage.connect(later=DAY) as other:
        for reading in readings:
            promised = TypeAdapter(promise_of(plugin, reading.role, reading.reader))
            for record in reading.records:
                first = _read(reading, one, Case(record))
                _check_type(promised, first, reading, record)
                for connection in (one, other):
                    again = _read(reading, connection, Case(record))
                    assert first == again, f"{reading} read record {record.id} in two ways: {first!r}, then {again!r}"
            assert not stage.arrived, f"{reading} sent {stage.arrived[0].method} {stage.arrived[0].path}"


@law("translation.order_of_keys", Grade.BRONZE)
async def the_order_of_keys_means_nothing(plugin: Subject) -> None:
    """Records whose keys come in another order, and without blanks between, are the same documents.

    JSON promises no order, and a vendor's next release keeps none.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for reading in readings:
            for record in reading.records:
                turned = Record(record.id, reordered(record.data), record.marked)
                _check_same(reading, connection, record, turned, "its keys are in another order")


@law("translation.unknown_fields", Grade.BRONZE)
async def unknown_fields_mean_nothing(plugin: Subject) -> None:
    """Fields that nobody knows, in a record and in the rows of it, change nothing of the document.

    Vendors add fields without a word. A plugin that refuses them stops every order on the day of the release.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for reading in readings:
            for record in reading.records:
                more = Record(record.id, with_more(record.data, "Unknown", {"Value": [1, None, "x"]}), record.marked)
                _check_same(reading, connection, record, more, "it has fields that nobody knows")


@law("translation.text", Grade.BRONZE)
async def texts_are_carried_as_they_are(plugin: Subject) -> None:
    """A text that stands in the document as it stood in the record does so in every alphabet, letter by letter.

    Names, SKUs and streets hold quotes, other alphabets and letters whose case is not simple; what is changed on the
    way is another SKU. Refusing such a text aloud (`Unreadable`) is allowed, changing it is not.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for reading in readings:
            for case, before, after in _other_words(reading.records):
                _check_carried(reading, connection, case, before, after)


@law("translation.total", Grade.GOLD)
async def translation_is_total(plugin: Subject) -> None:
    """Whatever a record holds, it becomes a document or Unreadable with a text that names the record.

    One record that raises anything else kills its page, and the page comes again in every run: the oldest way to lose
    a day's orders.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for reading in readings:
            for case in first_tries(reading.records):
                _attempt(reading, connection, case)
            share = 10 / len(readings)
            search(hostile(reading.records), partial(_attempt, reading, connection), times=share)
        assert not stage.arrived, "a hostile record made the plugin send a request"


@law("translation.bounded", Grade.GOLD)
async def long_texts_take_no_time(plugin: Subject) -> None:
    """A text of a megabyte in any field is read, or refused, at once.

    A pattern that tries every way to split a text makes one long note stop all orders of an account.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for reading in readings:
            where = [(record, path) for record, path, _ in texts(reading.records)]
            if where:
                cases = st.builds(_Long, st.sampled_from(where), st.sampled_from("<a ,-0./"))
                search(cases, partial(_check_time, reading, connection), times=1 / len(readings))


@law("translation.hints", Grade.GOLD, feature=ReceivesHints)
async def hints_are_read_or_refused(plugin: Subject) -> None:
    """Whatever a call says that something happened, it gives ids of orders, or is Unreadable.

    Anybody can send such a call; one that is answered with an error of the server is sent again and again.
    """
    readings = await readings_of(plugin)
    async with plugin.stage() as stage, stage.connect() as connection:
        for role in plugin.roles_with(ReceivesHints):
            source: Any = connection.role(role)
            records = [one for reading in readings if reading.role is role for one in reading.records]

            def check(case: Case, of: Any = source) -> None:
                _check_call(lambda: of.read_hint(case.changed.data), str, case)

            search(hostile(records), check, times=3)
        assert not stage.arrived, "read_hint sent a request"


@law("translation.calls", Grade.GOLD, feature=ReceivesRecords)
async def calls_are_read_or_refused(plugin: Subject) -> None:
    """Whatever a call brings, it gives records, or is Unreadable, or NeedsAuth where it is not proven.

    The address is open to everybody. A body that raises anything else is a failure of the server, and a remote system
    that sees many of those stops calling.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        call, now = stage.rehearsal.own_call, connection.context.clock.now()
        body = Record("of a call", (call.body if call else "{}").encode())
        headers = {**call.headers} if call else {}
        for role in plugin.roles_with(ReceivesRecords):
            source: Any = connection.role(role)

            def check(drawn: tuple[str, Case], of: Any = source) -> None:
                sent = {name: value for name, value in headers.items() if name != drawn[0]}
                _check_call(lambda: of.read_push(sent, drawn[1].changed.data, now), Record, drawn[1])

            search(st.tuples(st.sampled_from(["", *headers]), hostile([body])), check, times=3)
        assert not stage.arrived, "read_push sent a request"


def _check_call(call: Callable[[], Sequence[Any]], kind: type, case: Case) -> None:
    try:
        given = call()
    except (Unreadable, NeedsAuth):
        return
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} was raised for {case}: {error!s:.200}") from error
    strange = [one for one in given if not isinstance(one, kind)]
    assert not strange, f"a call gave {strange[0]!r} for {case}, which is no {kind.__name__}"


@dataclass(frozen=True)
class _Long:
    """One sign many times in place of a text."""

    at: tuple[Record, Path]
    sign: str

    def case(self, length: int) -> Case:
        return Case(self.at[0], (Change(self.at[1], json.dumps(self.sign * length)),))


def _check_time(reading: Reading, connection: Connected, long: _Long) -> None:
    # The short ones first: what takes the square of the time would need hours for the longest.
    for length, allowed in LONG_TEXTS.items():
        case, began = long.case(length), time.process_time()
        _attempt(reading, connection, case)
        took = time.process_time() - began
        assert took < allowed, f"{reading} took {took:.2f} s of work for {case}"


def _read(reading: Reading, connection: Connected, case: Case) -> Any:
    try:
        return reading.on(connection, case.changed)
    except Exception as error:
        raise AssertionError(f"{reading} raised {type(error).__name__} for {case}: {error}") from error


def _attempt(reading: Reading, connection: Connected, case: Case) -> Any:
    """The document, or None where it is refused as it should be."""
    try:
        return reading.on(connection, case.changed)
    except Unreadable as error:
        if fault := _unhelpful(str(error), case.record):
            raise AssertionError(f"{reading} refused {case} in a text that {fault}: {error!s:.200}") from error
        return None
    except Exception as error:
        raise AssertionError(
            f"{reading} raised {type(error).__name__} for {case}: {error!s:.200}. Raise Unreadable with the record, "
            "the part and what is wrong with it"
        ) from error


def _unhelpful(sentence: str, record: Record) -> str:
    """What an operator misses in the text of a refusal; empty where nothing is missing."""
    if record.id not in sentence:
        return f"does not name it: say {record.id!r}, the record's id"
    if len(sentence) > LONGEST_SENTENCE + len(record.id):
        return f"has {len(sentence)} characters: quote less of the record"
    return ""


def _check_type(promised: TypeAdapter[Any], given: Any, reading: Reading, record: Record) -> None:
    try:
        promised.validate_python(given)
    except ValidationError as error:
        raise AssertionError(f"{reading} made {type(given).__name__} of record {record.id}: {error}") from error


def _check_same(reading: Reading, connection: Connected, record: Record, other: Record, how: str) -> None:
    before, after = (_read(reading, connection, Case(one)) for one in (record, other))
    assert before == after, f"{reading} reads record {record.id} in another way when {how}: {difference(before, after)}"


def _other_words(records: tuple[Record, ...]) -> Iterator[tuple[Case, str, str]]:
    for record, path, before in texts(records):
        for word in WORDS:
            yield Case(record, (Change(path, json.dumps(word)),)), before, word


def _check_carried(reading: Reading, connection: Connected, case: Case, before: str, after: str) -> None:
    document = _read(reading, connection, Case(case.record))
    if not before.strip() or not _stands_in(document, before):
        return
    changed = _attempt(reading, connection, case)
    if changed is not None and changed != document:
        assert _stands_in(changed, after), (
            f"{reading} does not carry a text as it is: {case} gave {difference(document, changed)}"
        )


def _stands_in(document: Any, text: str) -> bool:
    """Whether a field holds the text; a word of ours, such as `OrderStatus.OPEN`, holds no text of the record."""
    return any(isinstance(leaf, str) and not isinstance(leaf, Enum) and text in leaf for leaf in leaves(document))


def leaves(document: Any) -> Iterator[Any]:
    """Everything that stands in a document and holds nothing else."""
    match document:
        case BaseModel():
            for _, inner in document:
                yield from leaves(inner)
        case dict():
            yield from document
            yield from leaves([*document.values()])
        case list() | tuple():
            for inner in document:
                yield from leaves(inner)
        case _:
            yield document


def difference(before: Any, after: Any) -> str:
    """The first fields in which two documents differ."""
    if not isinstance(before, BaseModel) or type(before) is not type(after):
        return f"{before!r:.200} -> {after!r:.200}"
    fields = [name for name, value in before if getattr(after, name) != value]
    return "; ".join(f"{name}: {getattr(before, name)!r:.200} -> {getattr(after, name)!r:.200}" for name in fields[:2])
