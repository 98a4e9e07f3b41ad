"""Laws about reading orders: pure, word by word, and with nothing guessed."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crossdock.domain import Money, Order
from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Record
from crossdock.hooks.roles import OrderSource
from crossdock.testing.documents import may_leave
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.raw import Case, Change, Path, dumped, scalars, spelled, texts
from crossdock.testing.subject import Subject
from crossdock.testing.walking import walk

ODD_SPELLINGS = ("sku-a.b/c", "MiXeD-Case", "  two blanks before", "behind ", "0012", "1E5", "Ünïcode 號 1")
"""Texts that come out different when somebody trims, folds case, or takes them for a number."""
NEW_WORD = "Hovercraft Noon Express"
USUAL_WORDS = ("shipped", "Shipped", "cancelled", "Cancelled", "canceled", "Canceled")
"""What carts say of orders that are not to be shipped."""
A_DAY = timedelta(days=1)
DIGITS_MOST = 28
"""A price with more digits was a binary fraction on its way."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_EPOCH = re.compile(r"(?<![\d.])(1\d{9}|1\d{12})(?![\d.])")
_SECOND = timedelta(seconds=1)


async def all_orders(source: OrderSource) -> list[Record]:
    """Every record of every page, from the beginning."""
    return (await walk(source.fetch_orders)).records


async def readable(source: OrderSource) -> list[tuple[Record, Order]]:
    """Every listed order that can be read; raises `AssertionError` if there is none."""
    records = await all_orders(source)
    assert records, "the list of orders is empty although the simulator was asked for orders"
    found = [(record, order) for record in records if (order := read(source, record)) is not None]
    if not found:
        try:
            source.read_order(records[0])
        except Unreadable as why:
            raise AssertionError(f"none of {len(records)} listed orders can be read: {why}") from why
    return found


def read(source: OrderSource, record: Record) -> Order | None:
    """The order, or None if it cannot be read."""
    try:
        return source.read_order(record)
    except Unreadable:
        return None


@law("orders.read_again", Grade.BRONZE, of=OrderSource)
async def reading_is_pure(plugin: Subject) -> None:
    """Reading the same order twice gives the same document, and asks nobody.

    Orders are read again from the store, long after they came in: what they say must not depend on the day.
    """
    async with plugin.stage() as stage, stage.connect() as connection, stage.connect(later=A_DAY) as another:
        source, fresh = connection.role(OrderSource), another.role(OrderSource)
        found = await readable(source)
        before = len(stage.arrived)
        for record, order in found:
            again = fresh.read_order(Record(record.id, bytes(record.data), record.marked))
            assert source.read_order(record) == order == again, f"order {record.id} was read in two ways"
        assert len(stage.arrived) == before, "read_order made a request"


@law("orders.document", Grade.BRONZE, of=OrderSource)
async def documents_are_whole(plugin: Subject) -> None:
    """Every order that is read is a valid `Order` under its record's id, with a number, lines told apart by their ids,
    allocations of lines that it has, and at most as much as was ordered.

    The store, the plan of what leaves from where and what the cart is told later go by these ids.
    """
    async for record, order in _orders(plugin):
        which = f"order {record.id}"
        Order.model_validate(order.model_dump())
        assert order.external_id == record.id, f"{which} is read as {order.external_id!r}: both are the cart's key"
        assert order.number, f"{which} has no number: people would have no name for it"
        ids = [line.external_id for line in order.lines]
        assert ids, f"{which} has no lines; raise Unreadable instead"
        assert all(ids), f"a line of {which} has no id"
        assert len({*ids}) == len(ids), f"the lines of {which} are not told apart by their ids: {ids}"
        for line in order.lines:
            allocated = sum(part.quantity for part in order.allocations if part.line_id == line.external_id)
            assert allocated <= line.quantity, (
                f"{which} allocates {allocated} of the {line.quantity} of line {line.external_id}"
            )
        strays = {part.line_id for part in order.allocations} - {*ids}
        assert not strays, f"{which} allocates units of lines {sorted(strays)}, which it does not have"


@law("orders.verbatim", Grade.BRONZE, of=OrderSource)
async def texts_stand_in_the_record(plugin: Subject) -> None:
    """The order's ids, number, SKUs and wished carrier and service are texts of the record, letter by letter.

    A SKU that was trimmed, folded to capitals or cut is another product, or none that the warehouse has.
    """
    async for record, order in _orders(plugin):
        there = {*scalars(record.data)}
        for what, text in _texts(order):
            assert not text or not there or text in there, (
                f"{what} of order {record.id} is read as {text!r}, which stands nowhere in its record"
            )


@law("orders.sku_verbatim", Grade.BRONZE, of=OrderSource)
async def skus_are_carried_as_they_are(plugin: Subject) -> None:
    """A SKU in another spelling (small letters, blanks around it, leading zeros, other alphabets) is read as it is.

    `0012`, `12` and `0012 ` are three products somewhere. Whoever tidies up here sends the wrong goods there.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        record, order = (await readable(source))[0]
        sku = order.lines[0].sku
        for spelling in ODD_SPELLINGS:
            changed = source.read_order(respelled(record, sku, spelling)).lines[0].sku
            assert changed == spelling, f"the SKU {spelling!r} of order {record.id} is read as {changed!r}"


@law("orders.unknown_wish", Grade.BRONZE, of=OrderSource)
async def unknown_ship_methods_are_carried(plugin: Subject) -> None:
    """A wished carrier or service that nobody has heard of is carried as it is, never turned into a usual one.

    Which service it means is the operator's to map: an order that waits is noticed, one that left by the wrong service
    is paid for.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        found = await readable(source)
        wishes = {name: _wished(found, name) for name in ("requested_carrier", "requested_service")}
        if not any(wishes.values()):
            raise NothingToJudge("no order that the simulator lists wishes a carrier or a service")
        for name, wished in wishes.items():
            for record, word in wished[:3]:
                order = source.read_order(respelled(record, word, NEW_WORD))
                told = getattr(order, name)
                assert told == NEW_WORD, f"order {record.id} wishes {NEW_WORD!r}, and {name} is read as {told!r}"


@law("orders.unknown_status", Grade.BRONZE, of=OrderSource)
async def unknown_words_are_not_guessed(plugin: Subject) -> None:
    """An order whose status words nobody knows can be read, keeps the words in `source_status`, and may not leave.

    Marketplaces invent words. Taken for "paid" they cost goods; taken for an error they stop an order in silence.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        source = connection.role(OrderSource)
        leaving = [one for one in await readable(source) if may_leave(one[1])]
        assert leaving, "no order that the simulator lists is paid and open: nothing could be tried"
        for record, order in leaving[:3]:
            words = {word for word in order.source_status.values() if word}
            changed = record
            for word in words:
                changed = respelled(changed, word, NEW_WORD)
            told = source.read_order(changed)
            assert not words or not may_leave(told), (
                f"order {record.id} may leave although {', '.join(sorted(words))} became {NEW_WORD!r} in its record"
            )
            kept = NEW_WORD in told.source_status.values()
            assert not words or kept, f"order {record.id}: `source_status` lost the cart's own word {NEW_WORD!r}"
        for case in _new_statuses(source, leaving[0][0], await all_orders(source)):
            unknown = read(source, case.changed)
            assert unknown, f"{case} cannot be read: a status word that nobody knows is UNKNOWN, never an error"
            assert not may_leave(unknown), f"{case} may leave, although nobody knows that status word"
            assert NEW_WORD in unknown.source_status.values(), f"{case}: keep the cart's own word in `source_status`"


def _new_statuses(source: OrderSource, record: Record, listed: Sequence[Record]) -> Iterator[Case]:
    """The order with a new word in each field of its own that decides on its status: another word there changes it.

    The status of a part of it, such as one of its fulfillments, has a meaning of its own.
    """
    elsewhere: dict[str, set[str]] = {}
    for one in listed:
        for _, path, word in texts([one]):
            elsewhere.setdefault(spelled(path), {word}).add(word)
    status = _status(source, record)
    for _, path, word in texts([record]):
        if any(isinstance(step, int) for step in path):
            continue
        others = {*elsewhere.get(spelled(path), ()), *USUAL_WORDS, NEW_WORD} - {word}
        if any(_status(source, _with(record, path, other).changed) not in (status, None) for other in others):
            yield _with(record, path, NEW_WORD)


def _wished(found: Sequence[tuple[Record, Order]], name: str) -> list[tuple[Record, str]]:
    """The records of the orders that wish something, and the word for it."""
    return [(record, word) for record, order in found if (word := getattr(order, name))]


def _with(record: Record, path: Path, word: str) -> Case:
    return Case(record, (Change(path, json.dumps(word)),))


def _status(source: OrderSource, record: Record) -> tuple[str, str] | None:
    with suppress(Exception):  # what else it raises is the matter of another law
        order = source.read_order(record)
        return order.status, order.payment
    return None


@law("orders.moments", Grade.BRONZE, of=OrderSource)
async def moments_stand_in_the_record(plugin: Subject) -> None:
    """The moments of an order are those of its record: what is written with a time zone is the same instant.

    An hour lost to a time zone is an order that every second run misses, and a promise to the buyer that is broken.
    """
    async for record, order in _orders(plugin):
        there = moments_in(record.data)
        for name in ("placed_at", "updated_at", "deliver_by"):
            moment = getattr(order, name)
            stands = moment is None or not there or any(abs(moment - one) < _SECOND for one in there)
            assert stands, f"{name} of order {record.id} is read as {moment}, a moment that its record does not hold"


@law("orders.money", Grade.BRONZE, of=OrderSource)
async def money_is_exact(plugin: Subject) -> None:
    """Amounts are finite and exact, and an order has one currency.

    A price that went through a binary fraction is off by a cent in the sum, and the sum is what is refunded.
    """
    async for record, order in _orders(plugin):
        prices = [line.unit_price for line in order.lines]
        amounts: list[Money] = [money for money in (*prices, order.total) if money is not None]
        for money in amounts:
            exact = money.amount.is_finite() and len(money.amount.as_tuple().digits) <= DIGITS_MOST
            assert exact, f"order {record.id} has the amount {money.amount}: read numbers of money as Decimal"
        currencies = {money.currency for money in amounts}
        assert len(currencies) <= 1, f"order {record.id} has several currencies: {', '.join(sorted(currencies))}"


def respelled(record: Record, word: str, other: str) -> Record:
    """The record with another text wherever exactly this text stands."""
    try:
        document = json.loads(record.data)
    except ValueError:
        return replace(record, data=record.data.replace(word.encode(), other.encode()))
    changed = _mapped(document, lambda text: other if text == word else text)
    return replace(record, data=dumped(changed))


def moments_in(data: bytes) -> Sequence[datetime]:
    """Every moment that a record writes as ISO 8601 or as seconds or milliseconds; without a zone, as if in UTC."""
    text = data.decode("utf-8", "replace")
    written = [datetime.fromisoformat(re.sub(r"(?<=[.,]\d{6})\d+", "", one)) for one in _MOMENT.findall(text)]
    counted = [int(digits) / (1000 if len(digits) > 10 else 1) for digits in _EPOCH.findall(text)]
    zoned = [one if one.tzinfo else one.replace(tzinfo=UTC) for one in written]
    return [*zoned, *(datetime.fromtimestamp(seconds, UTC) for seconds in counted)]


async def _orders(plugin: Subject) -> AsyncIterator[tuple[Record, Order]]:
    """Every readable order of a stage, with its record."""
    async with plugin.stage(orders=40) as stage, stage.connect() as connection:
        for one in await readable(connection.role(OrderSource)):
            yield one


def _texts(order: Order) -> Iterator[tuple[str, str]]:
    yield "the id", order.external_id
    yield "the number", order.number
    yield "the wished carrier", order.requested_carrier
    yield "the wished service", order.requested_service
    for line in order.lines:
        yield f"the SKU of line {line.external_id}", line.sku
        yield f"the product id of line {line.external_id}", line.product_id
        for part in line.components:
            yield f"a component's SKU of line {line.external_id}", part.sku


def _mapped(document: Any, change: Callable[[str], str]) -> Any:
    if isinstance(document, dict):
        return {name: _mapped(value, change) for name, value in document.items()}
    if isinstance(document, list):
        return [_mapped(value, change) for value in document]
    return change(document) if isinstance(document, str) else document
