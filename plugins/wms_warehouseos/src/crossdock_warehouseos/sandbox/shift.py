"""The work of one shift: picks, packs, closes boxes, and tells the host."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

from crossdock_warehouseos.sandbox.options import Shift
from crossdock_warehouseos.sandbox.tracking import tracking_number
from crossdock_warehouseos.sandbox.warehouse import IN_PROCESS, Box, Order, Warehouse

Pieces = dict[str, int]
"""So many pieces of each line, by its host id."""


def work(warehouse: Warehouse, shift: Shift) -> dict[str, int]:
    """Pick and pack the orders that wait; what was picked short stays open for a later shift. Gives counts."""
    orders = boxes = pieces = 0
    for order in islice(warehouse.workable(), shift.limit):
        # Dice of its own for each order: what becomes of it does not depend on which others there are.
        dice = Random(f"{shift.seed}:{order.number}:{order.picks}")
        picked = _pick(order, shift, dice)
        packed = _pack(order, picked, shift, dice) if picked else []
        _tell(warehouse, order, picked, packed)
        if not any(line.left for line in order.lines):
            warehouse.finish(order)
        orders, boxes, pieces = orders + 1, boxes + len(packed), pieces + sum(picked.values())
    return {"orders": orders, "boxes": boxes, "pieces": pieces}


def _pick(order: Order, shift: Shift, dice: Random) -> Pieces:
    order.status, order.batched = IN_PROCESS, True
    order.picks += 1
    picked: Pieces = {}
    for line in order.lines:
        if line.left and (taken := _taken(line.left, shift, dice)):
            line.picked += taken
            picked[line.host_id] = picked.get(line.host_id, 0) + taken
    return picked


def _taken(left: int, shift: Shift, dice: Random) -> int:
    roll = dice.random()
    if roll < shift.short_picks:
        return dice.randrange(left)
    return left + 1 if roll < shift.short_picks + shift.over_picks else left


def _pack(order: Order, picked: Pieces, shift: Shift, dice: Random) -> list[Box]:
    count = dice.choice((2, 3)) if dice.random() < shift.split_boxes else 1
    boxes = []
    for pieces in _spread(picked, count, dice):
        number = f"{order.number}-{len(order.boxes) + 1}"
        tracked = dice.random() >= shift.without_tracking
        tracking = tracking_number(order.carrier, number) if tracked else ""
        boxes.append(Box(number, order.carrier, order.service, tracking, pieces))
        order.boxes.append(boxes[-1])
    for line in order.lines:
        line.packed = line.picked
    return boxes


def _spread(picked: Pieces, count: int, dice: Random) -> Iterator[Pieces]:
    """The pieces in at most `count` boxes, none of them empty."""
    left = dict(picked)
    for boxes_after in range(count - 1, -1, -1):
        box = {line: dice.randint(0, pieces) if boxes_after else pieces for line, pieces in left.items()}
        left = {line: pieces - box[line] for line, pieces in left.items()}
        if full := {line: pieces for line, pieces in box.items() if pieces}:
            yield full


def _tell(warehouse: Warehouse, order: Order, picked: Pieces, boxes: list[Box]) -> None:
    names = warehouse.profile.work
    at = datetime.now(UTC)
    head = {names.order_number: order.number, names.at: at}
    pick = {**head, names.pick: f"{order.number}-P{order.picks}", names.lines: _told_lines(warehouse, order, picked)}
    warehouse.queue.put("pick_complete", pick)
    for box in boxes:
        travel = {names.carrier: box.carrier, names.service: box.service, names.tracking_number: box.tracking_number}
        lines = _told_lines(warehouse, order, box.pieces)
        warehouse.queue.put("box_closed", {**head, names.box: box.number, **travel, names.lines: lines})


def _told_lines(warehouse: Warehouse, order: Order, pieces: Pieces) -> list[dict[str, Any]]:
    names = warehouse.profile.work_line
    items = {line.host_id: line.item for line in order.lines}
    return [
        {names.host_id: host_id, names.item: items[host_id], names.quantity: quantity}
        for host_id, quantity in pieces.items()
    ]
