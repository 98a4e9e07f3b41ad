"""What must be true of a trade with labels: at every moment, and once everything has settled."""

from collections import Counter
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from crossdock.engine.label_plan import first_key
from world.audit import units
from world.floor_trade import is_of
from world.label_trade import LabelTrade, Moment
from world.label_truth import Paid
from world.reading import data

NAMED = {"label_refused", "label_too_dear", "label_voided", "no_tracking", "void_refused"}
"""Problems that this trade may lead to; every other one is a fault of ours."""
WITHOUT = ("no_tracking", "label_refused", "label_too_dear")
"""Problems that say why a box was not told."""


def broken(trade: LabelTrade) -> list[str]:
    """Every sentence in which a promise is broken at this very moment, or was since the last look."""
    trade.look()
    found = [*_bought_twice(trade.now.labels), *_told_wrong(trade), *_told_too_much(trade.now)]
    trade.look_into_books()
    return found


def _bought_twice(labels: Collection[Paid]) -> Iterator[str]:
    ours = [one for one in labels if one.key]
    for key, times in Counter(one.key for one in ours).items():
        if times > 1:
            yield f"{times} labels were bought under {key}"
    for box, times in Counter(first_key(one.key) for one in ours if not one.voided).items():
        if times > 1:
            yield f"{times} labels of box {box} are paid for"


def _told_wrong(trade: LabelTrade) -> Iterator[str]:
    """What is told is a label or a number of the warehouse, once, and none that was known to be taken back."""
    there = {one.tracking for one in trade.now.labels} | {box.tracking for box in trade.now.boxes if box.tracking}
    yield from (f"the cart was told {one} {n} times" for one, n in Counter(trade.now.told).items() if n > 1)
    for number in trade.news:
        if number not in there:
            yield f"the cart was told {number!r}, which nobody has printed"
        if number in trade.gone:
            yield f"the cart was told {number} although it was known that it was taken back"


def _told_too_much(now: Moment) -> Iterator[str]:
    """Not more units than were packed, and not more parcels than boxes."""
    for number, told in now.cart.items():
        packed, shipped = units(told, now.requests(number), "packed"), _shipped(told)
        boxes = sum(len(one["boxes"]) for one in now.requests(number).values())
        if shipped - packed or len(told["ships"]) > boxes:
            yield f"{number}: packed {dict(packed)} in {boxes} boxes, told {dict(shipped)} in {len(told['ships'])}"


def _shipped(told: dict[str, Any]) -> Counter[str]:
    return +Counter({line: row["shipped"] for line, row in told["lines"].items()})


def unsettled(trade: LabelTrade) -> list[str]:
    """Every sentence in which something is open or paid for, and nobody is told of it."""
    open_now = trade.world.books.problems()
    problems = {code: {row["subject"] for row in rows} for code, rows in open_now.items()}
    found = [f"{code}: {sorted(subjects)}" for code, subjects in problems.items() if code not in NAMED]
    without = {subject for code in WITHOUT for subject in problems.get(code, ())}
    return [
        *found,
        *_open(trade, without),
        *_not_told(trade.now, without),
        *_wrong_at_the_cart(trade.now, [row["title"] for row in open_now.get("label_voided", ())]),
        *_paid_in_silence(trade),
    ]


def _open(trade: LabelTrade, named: Collection[str]) -> Iterator[str]:
    """What is not done waits for a person, who is told."""
    for kind, key, state in trade.world.books.unfinished():
        order = key.partition("/")[0]
        if state != "rejected" and not _about(named, order):
            yield f"{kind} {key} is still {state}, and nobody is told"


def _about(named: Collection[str], number: str) -> bool:
    return any(is_of(subject, (number,)) for subject in named)


def _not_told(now: Moment, named: Collection[str]) -> Iterator[str]:
    """Every box is told, or a problem names it; what is told has none any more."""
    for number, told in now.cart.items():
        packed, shipped = units(told, now.requests(number), "packed"), _shipped(told)
        if packed != shipped and not _about(named, number):
            yield f"{number}: packed {dict(packed)}, told {dict(shipped)}, and nobody is told why"
        if packed == shipped and _about(named, number):
            yield f"{number}: everything is told, and a problem says otherwise: {sorted(named)}"


def _wrong_at_the_cart(now: Moment, titles: Collection[str]) -> Iterator[str]:
    """Where the cart has the number of a label that was taken back, a problem says so."""
    gone = {one.tracking for one in now.labels} - {one.tracking for one in now.labels if not one.voided}
    for number in gone & {*now.told}:
        if not any(f" {number} " in title for title in titles):
            yield f"the cart has {number}, whose label was taken back, and nobody is told"


def _paid_in_silence(trade: LabelTrade) -> Iterator[str]:
    """What was paid for is known with its price, no box has two parcels, and labels sum up what we paid."""
    rows = [one for one in data(trade.world, "parcels", "list", "--limit", "1000") if not one["voided_at"]]
    live = [one for one in trade.now.labels if not one.voided]
    known = Counter((one["tracking_number"], Decimal(one["cost"])) for one in rows)
    spent = Counter((one.tracking, one.cost) for one in live)
    yield from (f"{number} was paid for, {cost}, and is not known" for number, cost in spent - known)
    yield from (f"{number} is known, and was not paid for" for number, _ in known - spent)
    used = Counter((one["order_number"], one["used_for"]) for one in rows if one["used_for"])
    yield from (f"box {box} has {times} parcels" for box, times in used.items() if times > 1)
    yield from _of_no_use(rows, trade.now)
    labels = [one for one in data(trade.world, "labels", "list", "--limit", "1000") if one["state"] == "bought"]
    said, ours = sum(Decimal(one["cost"]) for one in labels), sum(one.cost for one in live if one.key)
    if said != ours:
        yield f"`labels list` adds up to {said}, and {ours} was spent"


def _of_no_use(rows: Collection[dict[str, Any]], now: Moment) -> Iterator[str]:
    """No box waits for a number beside a label that names it."""
    used = {one["used_for"].rpartition("/")[2] for one in rows if one["used_for"]}
    waiting = {box.name for box in now.boxes if not box.tracking} - used
    for one in rows:
        if not one["used_for"] and one["box"].rpartition("/")[2] in waiting:
            yield f"box {one['box']} waits for a number, and {one['tracking_number']} is its label"
