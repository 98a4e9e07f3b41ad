"""The story of one order on the screen."""

from collections.abc import Iterator, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from crossdock.cli.parcels import cost_of, used_for, weight_of
from crossdock.cli.preview import pretty
from crossdock.cli.screen import colored, day_and_minute, open_table
from crossdock.domain import BundleComponent, FulfillmentRequest, Order, OrderAdjustment
from crossdock.engine.edits import shown
from crossdock.engine.holds import HELD_THERE
from crossdock.engine.ledger import SILENT, UNFINISHED, Kind
from crossdock.engine.ports import OrderState
from crossdock.hooks.records import AnswerState
from crossdock.store.adjusting import WAIVED
from crossdock.store.stories import ExchangeView, Happening, OrderStory, PromiseView

ANSWERS = {
    AnswerState.ACCEPTED: "the marketplace's answer is accepted",
    AnswerState.REFUSED: "the marketplace's answer is refused",
    WAIVED: "the marketplace refused it, and a person had the order shipped",
    SILENT: "the marketplace has not answered, and is asked no more",
}
FOLDED = 12
"""So many lines of a body are shown unless all are asked for."""
WHAT_COLORS = {"problem": "yellow", "rejected": "red", "done": "green", "shipped": "green", "acknowledged": "green"}


def tell(console: Console, story: OrderStory, *, full: bool) -> None:
    """Print who and what the order is, then everything that happened."""
    parts = (_head, _corrected, _asked, _shown, _parcels, _answered, _short, _waiting)
    console.print("\n".join(line for part in parts for line in part(story)))
    if story.document:
        console.print(_lines(story.document, story.requests))
    else:
        _body(console, "as the cart gave it", story.raw, full=full)
    day: date | None = None
    for happening in story.time_line():
        if happening.at.date() != day:
            day = happening.at.date()
            console.print(f"[dim]{day:%A, %d %B %Y} (UTC)[/]")
        _tell_one(console, happening, full=full)
    console.print()


def _head(story: OrderStory) -> Iterator[str]:
    order, document = story.order, story.document
    why = f": {escape(order.reason)}" if order.reason else ""
    yield f"[bold]Order {escape(order.number or order.external_id)}[/]  {colored(order.state)}{why}"
    yield from _holding(story)
    yield f"  from      {order.connection}, id {escape(order.external_id)}, pipeline {order.pipeline}"
    if document:
        asked = " ".join(part for part in (document.requested_carrier, document.requested_service) if part)
        to = document.ship_to
        place = " ".join(part for part in (to.postal_code, to.city, to.region, to.country) if part)
        sold = filter(None, (document.site, f"{day_and_minute(order.placed_at)} UTC"))
        yield f"  sold      {escape(', '.join(sold))}"
        yield f"  ship to   {escape(to.name or 'no name')}, {escape(place)}"
        yield f"  asked for {escape(asked or 'nothing in particular')}"
    yield from _released(story)


def _released(story: OrderStory) -> Iterator[str]:
    """What each warehouse was asked for, and whether it has it."""
    kept = (one for one in story.promises if one.kind == Kind.RELEASE and one.document)
    for request, promise in zip(story.requests, kept, strict=True):
        center = f", distribution centre {request.distribution_center}" if request.distribution_center else ""
        way = f"{request.carrier} {request.service_level}{center}"
        state = "" if promise.state == "done" else f" ({_spaced(promise.state)})"
        yield f"  released  {escape(f'as {request.number} to {promise.connection}: {way}{state}')}"


def _holding(story: OrderStory) -> Iterator[str]:
    """Since when it is held, by whom and until when; and what is not sent by the operator's rules."""
    order = story.order
    if order.held_at and (order.state == OrderState.HELD or order.reason == HELD_THERE):
        until = f", until {day_and_minute(order.held_until)} UTC" if order.held_until else ""
        yield f"  held      since {day_and_minute(order.held_at)} UTC by {escape(order.held_by)}{until}"
    if order.left_out:
        yield f"  not sent  {escape(order.left_out)}"


def _corrected(story: OrderStory) -> Iterator[str]:
    """What people corrected, and what the cart says."""
    for one in story.edits:
        who = f"by {one.by}, {day_and_minute(one.at)} UTC"
        yield f"  corrected {escape(f'{one.path}: {shown(one.value)} ({who}; the cart says: {shown(one.said)})')}"


def _asked(story: OrderStory) -> Iterator[str]:
    """What a person wanted cancelled or refunded, and how far that has come."""
    for kept in story.promises:
        if kept.kind == Kind.ADJUST:
            asked = OrderAdjustment.model_validate_json(kept.document)
            what = f"{asked.kind.value} of {_part(asked.line_id, asked.quantity)}, {_spaced(asked.reason)}"
            why = f": {kept.error}" if kept.state == "rejected" else _answer(kept)
            yield f"  asked for {escape(f'{what} ({kept.key}): {_spaced(kept.state)}{why}')}"


def _shown(story: OrderStory) -> Iterator[str]:
    for one in story.adjustments:
        words = ", ".join(f"{name} {word}" for name, word in one.source_status.items())
        by = ", begun by the buyer or the marketplace" if one.by_buyer else ""
        what = f"{one.kind.value} of {_part(one.line_id, one.quantity)}{by}{f' ({words})' if words else ''}"
        yield f"  cart has  {escape(what)}"


def _parcels(story: OrderStory) -> Iterator[str]:
    """The labels of its boxes, and those that no box has."""
    for one in story.parcels:
        way = " ".join(filter(None, (one.tracking_number, one.carrier, one.service_level)))
        whose = used_for(one) if one.used_for else f"of no box {used_for(one)}".strip()
        words = (way, whose, cost_of(one), weight_of(one), one.tracking_url)
        yield f"  parcel    {escape(', '.join(filter(None, words)))}"


def _answered(story: OrderStory) -> Iterator[str]:
    for kept in story.promises:
        if kept.kind == Kind.CONFIRM and (kept.answer or kept.follow_at):
            yield f"  shipment  {escape(f'{kept.key}{_answer(kept)}')}"


def _short(story: OrderStory) -> Iterator[str]:
    """What the warehouse will not ship, and what becomes of that."""
    for one in story.shortages:
        fact = one.shortage
        why = f" ({fact.reason})" if fact.reason else ""
        what = f"{_part(fact.line_id, fact.quantity)} of {fact.request_number}{why}: {_spaced(one.state)}"
        yield f"  short     {escape(', '.join(filter(None, (what, one.outcome))))}"


def _waiting(story: OrderStory) -> Iterator[str]:
    """What the cart is not told yet, and why."""
    for box in story.shipments:
        if box.reason:
            yield f"  waits     box {escape(f'{box.shipment.external_id}: {box.reason}')}"
    for kept in story.promises:
        if kept.state in UNFINISHED and kept.error:
            yield f"  waits     {escape(f'{kept.kind} {kept.key}: {kept.error}')}"


def _answer(kept: PromiseView) -> str:
    """What the marketplace has said, or when it is asked next."""
    if kept.answer in ("", AnswerState.PENDING):
        next_look = f", asked at {day_and_minute(kept.follow_at)} UTC" if kept.follow_at else ""
        return f": no word of the marketplace yet{next_look}" if kept.state == "done" else ""
    words = f" ({kept.answer_words})" if kept.answer_words else ""
    return f": {ANSWERS[kept.answer]}{words}"


def _part(line_id: str, quantity: int | None) -> str:
    units = "all units" if quantity is None else "1 unit" if quantity == 1 else f"{quantity} units"
    return f"{units} of line {line_id}" if line_id else "the whole order"


def _spaced(word: str) -> str:
    return word.replace("_", " ")


def _lines(order: Order, requests: Sequence[FulfillmentRequest]) -> Table:
    table = open_table("line", "SKU", "quantity", "title", right=("quantity",))
    for line in order.lines:
        table.add_row(line.external_id, escape(line.sku), str(line.quantity), escape(line.title))
        for part in line.components or _parts_asked(line.external_id, requests):
            table.add_row("", f"  {escape(part.sku)}", f"{part.quantity} each", escape(part.title))
    return table


def _parts_asked(line_id: str, requests: Sequence[FulfillmentRequest]) -> Sequence[BundleComponent]:
    """The parts for which a warehouse was asked of a bundle that the cart does not take apart."""
    asked = [[line for line in request.lines if line.order_line_id == line_id] for request in requests]
    return [
        BundleComponent(sku=line.sku, quantity=line.bundle.per_bundle, title=line.title)
        for line in next(filter(None, asked), ())
        if line.bundle
    ]


def _tell_one(console: Console, happening: Happening, *, full: bool) -> None:
    time = f"{happening.at:%H:%M:%S}.{happening.at.microsecond // 1000:03}"
    if happening.exchange:
        _tell_exchange(console, time, happening.exchange, full=full)
        return
    color = WHAT_COLORS.get(happening.what)
    what = f"[{color}]{happening.what:<14}[/]" if color else f"{happening.what:<14}"
    console.print(f"{time}  {what} {escape(happening.title)}")
    if happening.detail:
        console.print(Padding(f"[dim]{escape(happening.detail)}[/]", (0, 0, 0, 29), expand=False))


def _tell_exchange(console: Console, time: str, call: ExchangeView, *, full: bool) -> None:
    failed = call.status is None or call.status >= 400
    result = f"[{'red' if failed else 'green'}]{call.status or escape(call.error)}[/]"
    where = f"{call.connection}: {call.method} {call.url}"
    console.print(f"{time}  {'request':<14} {escape(where)}  {result}  [dim]{call.seconds * 1000:,.0f} ms[/]")
    _body(console, "sent", call.request, full=full)
    _body(console, "answer", call.answer, full=full)


def _body(console: Console, title: str, body: bytes, *, full: bool) -> None:
    """A body under its title, folded when it is long."""
    if not body:
        return
    lines = pretty(body).splitlines()
    if len(lines) > FOLDED and not full:
        lines = [*lines[: FOLDED - 2], f"… {len(lines) - FOLDED + 2:,} more lines; --full shows them"]
    text = "\n".join(f"{title if not number else '':<20} {line}" for number, line in enumerate(lines))
    console.print(Padding(f"[dim]{escape(text)}[/]", (0, 0, 0, 14), expand=False))
