"""The story of one product's stock on the screen: what is so now, then everything that happened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from crossdock.cli.movements import way
from crossdock.cli.screen import colored, day_and_minute, open_console
from crossdock.cli.stock_lines import what
from crossdock.cli.stock_story import Known
from crossdock.domain import CenterQuantity, StockMeaning, StockReading
from crossdock.engine.ledger import PromiseState
from crossdock.engine.positions import Side
from crossdock.runtime.waiting_orders import WaitingOrder
from crossdock.store.audit import DeedView
from crossdock.store.goods import MovementView, StockView
from crossdock.store.level_reads import LevelReadView
from crossdock.store.stock_story import DifferenceView, LevelView, StockStory, done_by

MOST_ORDERS = 10
"""Orders that are named; of the others it is said how many there are."""
NAMING = ("moved", "promised", "compared", "by hand")
"""What people are told the stock change of; what else belongs to one stands near it."""
ENDS = {
    PromiseState.DONE: "told",
    PromiseState.REJECTED: "refused",
    PromiseState.REPLACED: "replaced",
    PromiseState.IN_DOUBT: "in doubt",
    PromiseState.SENT: "sent",
}


@dataclass(frozen=True, slots=True)
class StockEvent:
    """One thing that happened to a product's stock, in words.

    `what` is moved, promised, sent, told, refused, replaced, in doubt, read, compared or by hand; `key` is the stock
    change that it is about.
    """

    at: datetime
    what: str
    pipeline: str
    sku: str
    happened: str
    state: str = ""
    by: str = ""
    order: str = ""
    key: str = ""


def time_line(story: StockStory) -> list[StockEvent]:
    """Everything that happened, the oldest first."""
    hands = done_by(story)
    ends = [_end(one) for one in story.changes]
    before = [_before(one) for one in story.changes]
    shown = {deed.id for deed in hands.values()}
    events = [
        *map(_moved, story.movements),
        *(_promised(one, hands.get(one.change.key), story.netted.get(one.change.key, 0)) for one in story.changes),
        *(event for event in (*before, *ends) if event),
        *map(_read, story.readings),
        *map(_compared, story.differences),
        *(_done(deed, story.sku) for deed in story.deeds if deed.id not in shown),
    ]
    return sorted(events, key=attrgetter("at"))


def _moved(one: MovementView) -> StockEvent:
    why = f", {one.reason}" if one.reason else ""
    said = f"{one.kind} {one.quantity:,}{way(one)}{why}{f' ({one.outcome})' if one.outcome else ''}"
    return StockEvent(
        one.moved_at, "moved", one.pipeline, one.sku, said, one.state, one.moved_by, one.order_number, one.promise_key
    )


def _promised(one: StockView, deed: DeedView | None, netted: int) -> StockEvent:
    change = one.change
    made_of = f", of {netted:,} {'movement' if netted == 1 else 'movements'}" if netted else ""
    why = f" ({change.reason})" if change.reason else ""
    waits = f": {one.error}" if one.error and one.state == PromiseState.DUE else ""
    by = deed.by if deed else ""
    return _event(one, one.created_at, "promised", f"{what(change)}{made_of}{why}{waits}", one.state, by)


def _before(one: StockView) -> StockEvent | None:
    """What the cart held just before a difference was sent."""
    change = one.change
    if change.before is None or change.read_at is None:
        return None
    return _event(one, change.read_at, "read", f"the cart had {_held(change.before)}")


def _end(one: StockView) -> StockEvent | None:
    """How it ended, or how far it has come."""
    at = one.settled_at or one.sent_at
    if at is None or one.state not in ENDS:
        return None
    why = f": {one.error}" if one.error else ""
    return _event(one, at, ENDS[PromiseState(one.state)], f"{what(one.change)}{why}")


def _event(one: StockView, at: datetime, word: str, said: str, state: str = "", by: str = "") -> StockEvent:
    return StockEvent(at, word, one.pipeline, one.change.item.sku, said, state, by, key=one.change.key)


def _read(one: LevelReadView) -> StockEvent:
    counted = f", counted {day_and_minute(one.counted_at)}" if one.counted_at else ""
    said = f"the {one.side} had {one.quantity:,} at {one.place}{counted} (read for {one.read_for})"
    return StockEvent(one.read_at, "read", one.pipeline, one.sku, said)


def _compared(one: DifferenceView) -> StockEvent:
    has = "does not know it" if one.at_cart is None else f"had {one.at_cart:,}"
    wanted = "the warehouse does not know it" if one.expected is None else f"it should be {one.expected:,}"
    said = f"report {one.report}: the cart {has} at {one.center}, {wanted} ({one.difference:+,d}); {one.because}"
    cause = one.cause.replace("_", " ")
    return StockEvent(one.began_at, "compared", one.pipeline, one.sku, said, cause, key=one.repair_key)


def _done(deed: DeedView, sku: str) -> StockEvent:
    said = " ".join(filter(None, (deed.action, deed.before, deed.after, f"({deed.note})" if deed.note else "")))
    key = deed.subject if deed.subject != sku else ""
    return StockEvent(deed.at, "by hand", deed.pipeline, sku, said, by=deed.by, key=key)


def tell(known: Known, *, most: int | None) -> None:
    """Print what the product is and how it stands, then the newest of what happened, in the order of time."""
    console, story = open_console(), known.story
    if story.is_empty and not known.orders:
        console.print(f"Nothing is known here of the stock of {escape(story.sku)}.")
    else:
        console.print("\n".join(_head(story)))
        for name, said in (*_now(story), *_orders(known.orders)):
            _say(console, f"  {name:<9} ", said)
        _tell_events(console, story.sku, time_line(story), most)
    if known.reading:
        console.print("\n".join(_cart(known.reading)))


def _head(story: StockStory) -> Iterator[str]:
    also = f"  also {', '.join(story.names)}" if story.names else ""
    yield f"[bold]{escape(story.sku)}[/]{escape(also)}"


def _now(story: StockStory) -> Iterator[tuple[str, str]]:
    """The last numbers that are known of both sides."""
    for level in story.levels:
        yield "told", escape(_level(level))
    for (side, place, pipeline), (read_at, quantity) in sorted(_last_read(story).items()):
        since = _told_since(story, place, pipeline, read_at) if side == Side.CART else ""
        yield side, escape(f"{quantity:,} at {place}, read {day_and_minute(read_at)} UTC{since}")


def _told_since(story: StockStory, place: str, pipeline: str, read_at: datetime) -> str:
    """What the cart took for a centre after it was read there last, so that nobody takes the old number for the new."""
    said: list[str] = []
    for one in sorted(story.changes, key=attrgetter("created_at")):
        took = one.state == PromiseState.DONE and one.settled_at is not None and one.settled_at >= read_at
        there = tuple(center for center in one.change.centers if center.distribution_center == place)
        if one.pipeline == pipeline and took and there:
            earlier = said if one.change.meaning is StockMeaning.DIFFERENCE else []
            said = [*earlier, what(one.change.model_copy(update={"centers": there}))]
    return f"; told since: {', '.join(said)}" if said else ""


def _last_read(story: StockStory) -> Mapping[tuple[str, str, str], tuple[datetime, int]]:
    """The number that each side said last, by side, place and pipeline: when, and how many."""
    found = {(one.side, one.place, one.pipeline): (one.read_at, one.quantity) for one in _standing(story)}
    for one in story.changes:
        if (before := one.change.before) is not None and (read_at := one.change.read_at) is not None:
            for held in before.available:
                key = (Side.CART.value, held.distribution_center, one.pipeline)
                found[key] = max(found.get(key, (read_at, held.quantity)), (read_at, held.quantity))
    return found


def _standing(story: StockStory) -> Iterator[LevelReadView]:
    return (one for one in story.readings if one.replaced_at is None)


def _level(level: LevelView) -> str:
    made_of = f"on hand {level.on_hand:,}, allocated {level.allocated:,}, in flight {level.in_flight:,}"
    moments = f"counted {day_and_minute(level.counted_at)}, told {day_and_minute(level.told_at)} UTC"
    return f"{level.quantity:,} at {level.center}: {made_of}; {moments}"


def _orders(orders: Sequence[WaitingOrder]) -> Iterator[tuple[str, str]]:
    """Who waits for how many pieces."""
    for one in orders[:MOST_ORDERS]:
        where = f" at {' or '.join(one.centers)}" if one.centers else ""
        standing = "the warehouse was asked for them" if one.there else "the warehouse was not asked for them yet"
        yield "waits", escape(f"order {one.number or one.id}: {one.pieces:,}{where}; {standing}")
    if more := orders[MOST_ORDERS:]:
        pieces = sum(one.pieces for one in more)
        yield "waits", f"{len(more):,} more orders: {pieces:,} pieces; --json names them"


def _tell_events(console: Console, sku: str, events: Sequence[StockEvent], most: int | None) -> None:
    shown = events[-most:] if most else events
    if len(events) > len(shown) or len(events) == most:
        console.print(f"[dim]The newest {len(shown)}; --limit shows more.[/]")
    day: date | None = None
    for event in shown:
        if event.at.date() != day:
            day = event.at.date()
            console.print(f"[dim]{day:%A, %d %B %Y} (UTC)[/]")
        _tell_one(console, event, "" if event.sku.casefold() == sku.casefold() else f"{event.sku}: ")


def _tell_one(console: Console, event: StockEvent, name: str) -> None:
    state = f"  {colored(event.state)}" if event.state else ""
    _say(console, f"{event.at:%H:%M:%S}  {event.what:<9} ", f"{escape(name + event.happened)}{state}")
    key = event.key if event.what in NAMING else ""
    more = [f"by {event.by}" if event.by else "", f"order {event.order}" if event.order else "", key]
    if detail := ", ".join(filter(None, more)):
        console.print(Padding(f"[dim]{escape(detail)}[/]", (0, 0, 0, 20), expand=False))


def _say(console: Console, name: str, said: str) -> None:
    """One line, or several that all begin where the first one does after its name."""
    grid = Table.grid()
    grid.add_column(width=len(name), no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(name, said)
    console.print(grid)


def _cart(reading: StockReading) -> Iterator[str]:
    if reading.refusal:
        yield f"[yellow]The cart: {escape(reading.refusal)}[/]"
    if reading.available or not reading.refusal:
        yield f"The cart now (product {escape(reading.item.product_id)}): for sale {_held(reading)}."


def _held(reading: StockReading) -> str:
    """What a cart holds, in a few words."""
    return f"{_quantities(reading.available)}; promised to buyers {reading.reserved}"


def _quantities(held: Sequence[CenterQuantity]) -> str:
    return ", ".join(f"{one.quantity} at {one.distribution_center}" for one in held) or "nothing"
