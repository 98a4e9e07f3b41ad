"""All that can happen in a trade over a warehouse with stock."""

import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

from crossdock.hooks.errors import CrossdockError
from world.floor_operator import OPERATOR
from world.floor_people import (
    goods_are_counted,
    goods_are_moved,
    goods_come_and_go,
    people_batch,
    people_close_boxes,
    people_delete,
    people_give_up,
    people_hold,
    people_pack,
    people_pick,
    people_release,
    people_reopen,
    people_reset,
    people_unbatch,
    people_verify,
    shift_works,
)
from world.floor_trade import GOODS, FloorTrade, Sold, is_of, sold
from world.mortal import run_until_death
from world.operator import SOON
from world.relentless import Death
from world.sales import EAST, WEST, Line, line_id, sale
from world.script import Steps
from world.stock_books import decide_on_stock
from world.trade import LONGEST_LIFE, LOSSY, MOST_TRANSACTIONS, UNSTEADY

CITIES = ("Leeds", "York", "Hull")
RETRIED = ("release_refused", "withdraw_refused", "confirm_refused", "unknown_shipment", "unmapped_area")
Leaves = Mapping[int, list[int]] | int
"""From where an order leaves: one centre, or how many units of each line from which."""


# The cart


def cart_sells(trade: FloorTrade, dice: random.Random) -> str:
    lines = _lines(trade, dice)
    number, leaves, now = f"O-{len(trade.orders) + 1}", _leaves(dice, lines), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    dates = {"CreatedDateUtc": now, "ImportDateUtc": now, "UpdatedDateUtc": now}
    order = Sold(trade.world.cart.sells(number, *lines, leaves_from=leaves, **dates), number, lines)
    trade.orders.append(order)
    _wanted(trade, order)
    return f"{order} from {leaves}"


def _lines(trade: FloorTrade, dice: random.Random) -> list[Line]:
    skus = dice.sample([*GOODS, trade.way.bundle], k=dice.randint(1, 3))
    return [Line(sku, dice.randint(1, 6)) for sku in skus]


def _leaves(dice: random.Random, lines: list[Line]) -> Leaves:
    east = [dice.randint(0, line.quantity) for line in lines]
    shares = {EAST: east, WEST: [line.quantity - here for line, here in zip(lines, east, strict=True)]}
    split = dice.random() < 0.3 and all(any(part) for part in shares.values())
    return shares if split else dice.choice((EAST, WEST))


def _wanted(trade: FloorTrade, order: Sold) -> None:
    for place, line in enumerate(order.lines, 1):
        name = line_id(order.id, place)
        trade.most[name] = max(trade.most[name], line.quantity)


def cart_edits(trade: FloorTrade, dice: random.Random) -> str:
    """Another address, other quantities, or another place that it leaves from, as long as nothing has left."""
    open_now = [order for order in trade.orders if _is_untouched(trade.world.cart.order(order.id))]
    if not open_now:
        return "nothing to edit"
    order, what = sold(trade, dice, open_now), dice.choice(("address", "quantity", "place"))
    if what != "address":
        return _edit(trade, dice, order, keep=what == "place")
    trade.asked.add(order.id)
    trade.world.cart.changes(order.id, ShippingCity=(city := dice.choice(CITIES)))
    return f"{order.number} goes to {city}"


def _edit(trade: FloorTrade, dice: random.Random, order: Sold, *, keep: bool) -> str:
    """Other quantities unless they are kept, and perhaps another place."""
    trade.asked.add(order.id)
    lines = [Line(sku, number if keep else dice.randint(1, 6)) for sku, number in order.lines]
    newer, leaves = Sold(order.id, order.number, lines), _leaves(dice, lines)
    told = sale(order.number, *lines, order_id=order.id, leaves_from=leaves)
    trade.world.cart.changes(order.id, Items=told["Items"], Fulfillments=told["Fulfillments"])
    trade.orders[trade.orders.index(order)] = newer
    _wanted(trade, newer)
    return f"{newer} from {leaves}"


def _is_untouched(told: dict[str, Any]) -> bool:
    return not told["ships"] and not told["adjustments"] and told["shipping"] == "Unshipped"


def cart_cancels(trade: FloorTrade, dice: random.Random) -> str:
    if not trade.orders:
        return "nobody"
    order = sold(trade, dice, trade.orders)
    trade.asked.add(order.id)
    line = dice.choice((None, line_id(order.id, 1)))
    try:
        trade.world.cart.cancels(order.id, line, dice.choice((None, 1)) if line else None)
    except HTTPError as refusal:
        return f"{order.number}: {refusal}"
    return f"{order.number} line {line}"


def wholesale_order(trade: FloorTrade, dice: random.Random) -> str:
    """Another host sends an order to the warehouse."""
    number, area = f"W-{len(trade.wholesale) + 1}", dice.choice(("EAST", "WEST", "BULK"))
    skus = dice.sample(GOODS, k=dice.randint(1, 2))
    lines = [{"ItemNumber": sku, "Quantity": dice.randint(1, 8), "HostId": str(n)} for n, sku in enumerate(skus, 1)]
    document = {"OrderNumber": number, "pickAreaName": area, "Lines": lines}
    with suppress(OSError):  # that host has no better network than ours
        trade.world.warehouse.is_told("/api/OrderApi/AddOrder", document)
    if number in trade.world.warehouse.orders():
        trade.wholesale.append(number)
    return f"{number} at {area}: {lines}"


# The operator


def operator_takes_back(trade: FloorTrade, dice: random.Random) -> str:
    """Withdraw an order, or replace it by its newest version."""
    states = trade.world.books.states()
    known = [order for order in trade.orders if str(order.id) in states]
    if not known:
        return "nothing"
    order, newer = sold(trade, dice, known), dice.random() < 0.6
    trade.asked.add(order.id)
    try:
        trade.world.desk.takes_back(order.id, "warehouse", replace=newer)
    except CrossdockError as refusal:
        return f"{order.number}: {refusal}"
    return f"{order.number}, {'to send it anew' if newer else 'to keep it'}"


def operator_lets_go(trade: FloorTrade, dice: random.Random) -> str:
    held = [order for order in trade.orders if trade.world.books.states().get(str(order.id)) == "held"]
    if not held:
        return "nothing"
    order = sold(trade, dice, held)
    trade.asked.add(order.id)
    try:
        trade.world.desk.releases(order.id)
    except CrossdockError as refusal:
        return f"{order.number}: {refusal}"
    trade.word.kept.pop(order.id, None)
    return order.number


def operator_retries(trade: FloorTrade, dice: random.Random) -> str:
    problems = [row for code in RETRIED for row in trade.world.books.problems().get(code, ())]
    if not problems:
        return decide_on_stock(trade.world, trade.arrived)
    row = dice.choice(problems)
    trade.asked |= {order.id for order in trade.orders if is_of(row["subject"], (order.number,))}
    try:
        return f"{row['code']} {row['subject']}: {trade.world.desk.retries(row['id'])}"
    except CrossdockError as refusal:
        return f"{row['code']} {row['subject']}: {refusal}"


def order_moves_away(trade: FloorTrade, dice: random.Random) -> str:
    """People pick an order and put it all back, because the cart will have it leave from elsewhere."""
    there = trade.world.warehouse.orders()
    free = [number for number, order in there.items() if order["status"] == "Available" and not order["batched"]]
    ours = {number: order for number in free for order in trade.orders if is_of(number, (order.number,))}
    ours = {number: order for number, order in ours.items() if _is_untouched(trade.world.cart.order(order.id))}
    if not ours:
        return "nothing"
    number = trade.chosen(dice, list(ours))
    words = trade.floor(act="batch", orders=[number]) + trade.floor(act="pick", order=number)
    trade.run()
    words += trade.floor(act="reset", order=number) + trade.floor(act="unbatch", order=number)
    if not _is_untouched(trade.world.cart.order(ours[number].id)):
        return words  # where picks report, it was told already
    words += _edit(trade, dice, ours[number], keep=True)
    with suppress(CrossdockError):
        trade.world.desk.takes_back(ours[number].id, "warehouse", replace=True)
    return words


# The network, the time and the runner


def network_turns_bad(trade: FloorTrade, dice: random.Random) -> str:
    writes = dice.random() < 0.6
    rates = {**LOSSY, "only_methods": ["POST", "PATCH", "DELETE"]} if writes else WORSE
    for end in (trade.world.cart, trade.world.warehouse):
        end.faults(seed=dice.randrange(2**32), slow_seconds=0.05, **rates)
    return "answers get lost" if writes else "unsteady"


def network_calms(trade: FloorTrade, dice: random.Random) -> str:
    trade.world.cart.faults()
    trade.world.warehouse.faults()
    return "calm"


def time_passes(trade: FloorTrade, dice: random.Random) -> str:
    trade.later += timedelta(minutes=dice.choice((1, 20, 90)))
    return str(trade.later)


def runner_runs(trade: FloorTrade, dice: random.Random) -> str:
    trade.run()
    return f"open {trade.world.books.unfinished()}"


def runner_dies(trade: FloorTrade, dice: random.Random) -> str:
    death = Death.drawn(dice, longest=LONGEST_LIFE, most=MOST_TRANSACTIONS)
    died = run_until_death(trade.world.config(), death, later=trade.later, retry=SOON)
    trade.deaths += died
    return f"{death} {'died' if died else 'had done everything before'}"


WORSE = {**UNSTEADY, "throttled": 0.01, "error_500": 0.02}
STEPS: Steps = {
    "cart sells": (8, cart_sells),
    "cart edits": (5, cart_edits),
    "cart cancels": (2, cart_cancels),
    "wholesale order": (3, wholesale_order),
    "people batch": (3, people_batch),
    "people unbatch": (3, people_unbatch),
    "people pick": (6, people_pick),
    "people give up": (4, people_give_up),
    "people pack": (4, people_pack),
    "people close boxes": (2, people_close_boxes),
    "people reset": (4, people_reset),
    "people reopen": (4, people_reopen),
    "people verify": (1, people_verify),
    "people hold": (1, people_hold),
    "people release": (1, people_release),
    "people delete": (1, people_delete),
    "shift works": (4, shift_works),
    "goods come and go": (4, goods_come_and_go),
    "goods are counted": (3, goods_are_counted),
    "goods are moved": (4, goods_are_moved),
    "operator takes back": (4, operator_takes_back),
    "operator lets go": (2, operator_lets_go),
    "operator retries": (2, operator_retries),
    **OPERATOR,
    "order moves away": (2, order_moves_away),
    "network turns bad": (3, network_turns_bad),
    "network calms": (1, network_calms),
    "time passes": (3, time_passes),
    "runner runs": (9, runner_runs),
    "runner dies": (9, runner_dies),
}
"""What can happen, and how often beside the others."""
