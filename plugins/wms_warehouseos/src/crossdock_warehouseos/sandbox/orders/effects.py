"""What holds in a simulated tenant because hosts asked for orders, and what its people made of them."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from crossdock.sandbox import Effect, EffectKind
from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.sandbox.orders.book import Order, OrderBook


def effects_of_orders(book: OrderBook, profile: Profile) -> Iterator[Effect]:
    """Every order that stands, its closed boxes, and the pieces that nobody will look for any more."""
    deleted = Counter(deletion.number for deletion in book.deletions)
    for order in book.orders.values():
        times = book.creates[order.number] - deleted[order.number]
        yield _ordered(order, times, profile)
        yield from _packages(order)
        if order.status == profile.statuses.complete:
            yield from _shortages(order)


def _ordered(order: Order, times: int, profile: Profile) -> Effect:
    units: Counter[str] = Counter()
    for line in order.lines:
        units[line.item] += line.requested
    return Effect(
        kind=EffectKind.ORDER,
        key=order.number,
        of=order.key,
        times=times,
        units=units,
        texts=_texts(msgspec.json.decode(order.document), profile),
    )


def _texts(document: dict[str, str | dict[str, str]], profile: Profile) -> dict[str, str]:
    """What the document says, by the names of a request."""
    names, told = profile.order, document.get(profile.order.ship_to)
    address = told if isinstance(told, dict) else {}
    ship_to = {f"ship_to.{part}": address.get(name) for part, name in profile.address.model_dump().items()}
    said = {part: document.get(getattr(names, name)) for part, name in _SAID.items()}
    return {part: text for part, text in (ship_to | said).items() if isinstance(text, str)}


_SAID = {"carrier": "carrier", "service_level": "service", "notes": "notes", "source": "source", "area": "pick_area"}


def _packages(order: Order) -> Iterator[Effect]:
    for box in order.boxes:
        units: Counter[str] = Counter()
        for place, quantity in box.pieces.items():
            units[order.lines[place].host_id] += quantity
        texts = {"tracking_number": box.tracking_number, "carrier": box.carrier, "service_level": box.service}
        yield Effect(kind=EffectKind.PACKAGE, key=box.number, of=order.key, units=units, texts=texts)


def _shortages(order: Order) -> Iterator[Effect]:
    short: Counter[str] = Counter()
    for line in order.lines:
        short[line.host_id] += line.left
    for line_id, quantity in (+short).items():
        yield Effect(kind=EffectKind.SHORTAGE, key=line_id, of=order.key, units={line_id: quantity})
