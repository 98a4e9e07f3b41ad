"""The work of people by seeded dice: a whole shift at once, or one stage of one order after the other."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import Shift
from crossdock_warehouseos.sandbox.orders.book import Order, Pieces
from crossdock_warehouseos.sandbox.warehouse import Warehouse


def work(warehouse: Warehouse, shift: Shift) -> dict[str, int]:
    """Pick and pack the orders that wait; what was picked short stays open for a later shift. Gives counts."""
    counts = Counter({"orders": 0, "boxes": 0, "pieces": 0})
    for order in islice(warehouse.book.workable(), shift.limit):
        # Dice of its own for each order: what becomes of it does not depend on which others there are.
        habits = Random(f"{shift.seed}:{order.number}:{order.rounds}:habits")
        if _falls(habits, shift.holds) and order.status != warehouse.profile.statuses.complete:
            warehouse.book.hold(order)
            counts["holds"] += 1
        else:
            counts.update(_work_order(warehouse, order, shift, habits))
    counts.update(_tend_stock(warehouse, shift))
    return dict(counts)


def _work_order(warehouse: Warehouse, order: Order, shift: Shift, habits: Random) -> Counter[str]:
    dice = Random(f"{shift.seed}:{order.number}:{order.rounds}")
    pieces = _pick(warehouse, order, shift, dice)
    counts = Counter({"orders": 1, "pieces": sum(pieces.values())})
    reset, before_packing = _falls(habits, shift.resets), _falls(habits, 0.5)
    if reset and before_packing and _reset(warehouse, order):
        return counts + Counter(resets=1)
    counts["boxes"] = _pack(warehouse, order, shift, dice)
    if reset and not before_packing and _reset(warehouse, order):
        counts["resets"] = 1
    elif order.packed and _falls(habits, shift.verifies):
        warehouse.packing.verify(order)
        counts["verified"] = 1
    return counts


def _pick(warehouse: Warehouse, order: Order, shift: Shift, dice: Random) -> Pieces:
    """One round of picking, unless nothing is left to pick."""
    if order.status == warehouse.profile.statuses.complete:
        return {}
    if not order.batched:
        warehouse.floor.batch([order])
    warehouse.floor.download(order)
    wanted = {place: _taken(line.left, shift, dice) for place, line in enumerate(order.lines) if line.left}
    picked = warehouse.floor.obtainable(order, wanted)
    warehouse.floor.pick(order, picked, over=True)
    warehouse.floor.complete(order)
    return picked


def _taken(left: int, shift: Shift, dice: Random) -> int:
    roll = dice.random()
    if roll < shift.short_picks:
        return dice.randrange(left)
    return left + 1 if roll < shift.short_picks + shift.over_picks else left


def _pack(warehouse: Warehouse, order: Order, shift: Shift, dice: Random) -> int:
    """Put all that is loose into boxes, and close every box; gives how many."""
    packed = len(order.boxes)
    if order.loose:
        count = dice.choice((2, 3)) if dice.random() < shift.split_boxes else 1
        for pieces in _spread(order.loose, count, dice):
            box = warehouse.packing.pack(order, pieces)
            warehouse.packing.close(order, box, None if dice.random() >= shift.without_tracking else "")
    for box in list(order.open_boxes):
        warehouse.packing.close(order, box)
    return len(order.boxes) - packed


def _spread(picked: Pieces, count: int, dice: Random) -> Iterator[Pieces]:
    """The pieces in at most `count` boxes, none of them empty."""
    left = dict(picked)
    for boxes_after in range(count - 1, -1, -1):
        box = {line: dice.randint(0, pieces) if boxes_after else pieces for line, pieces in left.items()}
        left = {line: pieces - box[line] for line, pieces in left.items()}
        if full := {line: pieces for line, pieces in box.items() if pieces}:
            yield full


def _reset(warehouse: Warehouse, order: Order) -> bool:
    """Reset the picks of an order, if there are any and the tenant allows it."""
    try:
        return bool(warehouse.floor.reset(order))
    except Refused:
        return False


def _tend_stock(warehouse: Warehouse, shift: Shift) -> Counter[str]:
    """Count a share of what lies there, one piece more or less than booked, and carry a share elsewhere."""
    dice = Random(f"{shift.seed}:stock:{len(warehouse.stock.transactions)}")
    counts: Counter[str] = Counter()
    places, reasons = sorted(warehouse.places.bins), warehouse.options.reasons.move
    for item, place, pieces in sorted(warehouse.stock.rows()) if shift.counts or shift.moves else ():
        others = [other for other in places if other != place]
        if _falls(dice, shift.moves) and others and reasons:
            warehouse.stock.move(item, dice.randint(1, pieces), place, dice.choice(others), dice.choice(reasons))
            counts["moves"] += 1
        if _falls(dice, shift.counts):
            found = max(warehouse.stock.level(item, place) + dice.choice((-1, 0, 1)), 0)
            counts["counts"] += 1
            warehouse.stock.count(item, found, place)
    return counts


def _falls(dice: Random, share: float) -> bool:
    return dice.random() < share


def work_what_is_due(warehouse: Warehouse) -> None:
    """By the clock, every order comes one stage further each time it is due, and is entered again until it is done."""
    agenda = warehouse.book.agenda
    for at, (number, id_) in agenda.due():
        order = warehouse.orders.get(number)
        if order is None or order.id != id_ or _is_done(warehouse, order):
            continue
        moved = warehouse.book.is_workable(order) and _advance(warehouse, order)
        # The next stage begins when this one ended; an order that had to wait is looked at again from now on.
        agenda.enter((number, id_), at if moved else None)


def _is_done(warehouse: Warehouse, order: Order) -> bool:
    if order.number in warehouse.book.unfinished:
        return False
    habits = warehouse.options.habits
    looks = _falls(Random(f"{habits.seed}:{order.number}:{order.rounds}:verify"), habits.verifies)
    return order.verified or not (order.packed and looks)


def _advance(warehouse: Warehouse, order: Order) -> bool:
    """One stage: into a batch, picked, packed, or verified; False if nothing could be done."""
    habits = warehouse.options.habits
    dice = Random(f"{habits.seed}:{order.number}:{order.rounds}:{order.status}")
    if order.packed:
        warehouse.packing.verify(order)
        return True
    if order.status == warehouse.profile.statuses.available and not order.batched:
        warehouse.floor.batch([order])
        return True
    left = {place: line.left for place, line in enumerate(order.lines)}
    if order.status != warehouse.profile.statuses.complete and warehouse.floor.obtainable(order, left):
        return bool(_pick(warehouse, order, habits, dice))
    return _pack(warehouse, order, habits, dice) > 0
