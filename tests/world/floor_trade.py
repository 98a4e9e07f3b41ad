"""A trade over a warehouse that keeps stock: buyers, the cart's own people, pickers, a network, a runner, an operator.

What is sold are four goods and a kit of two of them. Numbers of the cart's orders begin with O, those of wholesale
orders, which another host sends to the warehouse, with W.
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

from crossdock.hooks.errors import CrossdockError
from world.floor_ways import Way
from world.mortal import run_until_death
from world.operator import SOON, World
from world.relentless import Death
from world.sales import EAST, WEST, Line, line_id, sale
from world.script import Step, Steps
from world.stock_books import decide_on_stock
from world.trade import LONGEST_LIFE, LOSSY, MOST_TRANSACTIONS, UNSTEADY

GOODS = ("SKU-0001", "SKU-0002", "SKU-0003", "SKU-0006")
KIT = "KIT-001"
"""One of the first goods and two of the last."""
CITIES = ("Leeds", "York", "Hull")
RETRIED = ("release_refused", "withdraw_refused", "confirm_refused", "unknown_shipment", "unmapped_area")

Leaves = Mapping[int, list[int]] | int
"""From where an order leaves: one centre, or how many units of each line from which."""


@dataclass(frozen=True)
class Sold:
    """An order of the cart as it stands there; once edited, it stands there otherwise."""

    id: int
    number: str
    lines: list[Line]


@dataclass
class FloorTrade:
    """The world and what was done in it.

    `reported`: pieces of each line of each order that were ever packed (or picked, where picks report), however many
    were taken back; `over`: numbers of which more was picked than asked for. `most`: units of a line that the cart ever
    wanted. `asked`: orders of which a person or a newer version wanted something of the warehouse. `arrived`: changes
    of stock that a person found at the cart. `last`: the order with which something happened last.
    """

    world: World
    way: Way
    orders: list[Sold] = field(default_factory=list)
    wholesale: list[str] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    reported: Counter[tuple[str, str]] = field(default_factory=Counter)
    over: set[str] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)
    later: timedelta = timedelta(0)
    last: str = ""
    happened: list[str] = field(default_factory=list)
    deaths: int = 0

    def take(self, step: Step) -> str:
        """Do one step and say what happened."""
        words = STEPS[step.name][1](self, random.Random(step.seed))
        self.happened.append(f"{step.name}: {words}")
        return words

    def chosen(self, dice: random.Random, numbers: Sequence[str]) -> str:
        """One of these numbers: rather of the order with which something happened last, so that much happens to it."""
        same = [number for number in numbers if is_of(number, (self.last,))]
        number = dice.choice(same if same and dice.random() < 0.6 else numbers)
        self.last = next((order.number for order in self.orders if is_of(number, (order.number,))), number)
        return number

    def run(self) -> None:
        """Everything once."""
        self.world.run_all(later=self.later)

    def floor(self, **act: Any) -> str:
        """One person does one thing, if the rules of the floor allow it; says what came of it."""
        return self._on_the_floor("/_floor", [act])

    def shift(self, **habits: Any) -> str:
        """People pick and pack what they can."""
        return self._on_the_floor("/_shift", habits)

    def _on_the_floor(self, path: str, wish: Any) -> str:
        before = self._done()
        try:
            words = str(self.world.warehouse.ask(path, wish))
        except HTTPError as refusal:
            words = refusal.read().decode()
        self.reported.update(+Counter({line: n - before[line] for line, n in self._done().items()}))
        orders = self.world.warehouse.orders().values()
        self.over |= {one["number"] for one in orders for row in one["lines"] if row["picked"] > row["requested"]}
        if self.way.pushes:
            assert not self.world.warehouse.ask("/_pushes", {}).get("push failed"), "a pushed message was lost"
        return f"{wish}: {words}"

    def _done(self) -> Counter[tuple[str, str]]:
        what, done = self.way.reports, Counter[tuple[str, str]]()
        for number, order in self.world.warehouse.orders().items():
            for line in order["lines"]:
                done[number, line["host_id"]] += line[what]
        return done


def is_of(number: str, orders: Collection[str]) -> bool:
    """Whether a number in the warehouse, or a box of it, belongs to one of these orders of the cart."""
    return any(number == order or number.startswith((f"{order}-", f"{order}/")) for order in orders)


def _some(trade: FloorTrade, dice: random.Random, *statuses: str, locked: bool | None = None) -> str:
    """The number of an order in the warehouse that stands so; empty if none does."""
    found = [
        number
        for number, order in trade.world.warehouse.orders().items()
        if order["status"] in statuses and locked in (None, order["batched"])
    ]
    return trade.chosen(dice, found) if found else ""


def _sold(trade: FloorTrade, dice: random.Random, orders: Sequence[Sold]) -> Sold:
    """One of these orders."""
    number = trade.chosen(dice, [order.number for order in orders])
    return next(order for order in orders if order.number == number)


# The cart


def cart_sells(trade: FloorTrade, dice: random.Random) -> str:
    lines = _lines(dice)
    number, leaves, now = f"O-{len(trade.orders) + 1}", _leaves(dice, lines), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    dates = {"CreatedDateUtc": now, "ImportDateUtc": now, "UpdatedDateUtc": now}
    order = Sold(trade.world.cart.sells(number, *lines, leaves_from=leaves, **dates), number, lines)
    trade.orders.append(order)
    _wanted(trade, order)
    return f"{order} from {leaves}"


def _lines(dice: random.Random) -> list[Line]:
    skus = dice.sample([*GOODS, KIT], k=dice.randint(1, 3))
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
    order, what = _sold(trade, dice, open_now), dice.choice(("address", "quantity", "place"))
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
    order = _sold(trade, dice, trade.orders)
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


# People in the warehouse


def people_batch(trade: FloorTrade, dice: random.Random) -> str:
    number = _some(trade, dice, "Available", locked=False)
    return trade.floor(act="batch", orders=[number]) if number else "nothing"


def people_unbatch(trade: FloorTrade, dice: random.Random) -> str:
    """Somebody puts back what was picked of an order, and takes it out of its batch."""
    number = _some(trade, dice, "Available", "In Process", "Complete", locked=True)
    if not number:
        return "nothing"
    return trade.floor(act="reset", order=number) + trade.floor(act="unbatch", order=number)


def people_pick(trade: FloorTrade, dice: random.Random) -> str:
    """All that is left, or some pieces of a line; then perhaps the round ends, perhaps for good."""
    number = _some(trade, dice, "Available", "In Process", locked=True)
    if not number:
        return "nothing"
    left = [line for line in trade.world.warehouse.orders()[number]["lines"] if line["picked"] < line["requested"]]
    wish: dict[str, Any] = {"act": "pick", "order": number}
    if left and dice.random() < 0.6:
        line = dice.choice(left)
        quantity = dice.randint(1, line["requested"] - line["picked"])
        wish |= {"line": line["host_id"], "item": line["item"], "quantity": quantity}
    words = trade.floor(**wish)
    if dice.random() < 0.5:
        words += trade.floor(act="complete", order=number, short=dice.random() < 0.3)
    return words


def people_pack(trade: FloorTrade, dice: random.Random) -> str:
    number = _some(trade, dice, "In Process", "Complete")
    return trade.floor(act="pack", order=number, close=dice.random() < 0.7) if number else "nothing"


def people_close_boxes(trade: FloorTrade, dice: random.Random) -> str:
    orders = trade.world.warehouse.orders().values()
    boxes = [(order["number"], box) for order in orders for box in order["open_boxes"]]
    return "; ".join(trade.floor(act="close", order=number, box=box) for number, box in boxes)


def people_reset(trade: FloorTrade, dice: random.Random) -> str:
    """All picks of an order; only some where the tenant tells of each box that is opened for it."""
    number = _some(trade, dice, "In Process", "Complete")
    if not number:
        return "nothing"
    picks = list(trade.world.warehouse.orders()[number]["picks"])
    some = {"picks": dice.sample(picks, k=1)} if picks and trade.way.resets_some and dice.random() < 0.5 else {}
    return trade.floor(act="reset", order=number, **some)


def people_reopen(trade: FloorTrade, dice: random.Random) -> str:
    orders = trade.world.warehouse.orders().values()
    boxes = {order["number"]: [box["number"] for box in order["boxes"]] for order in orders if order["boxes"]}
    if not boxes:
        return "nothing"
    number = trade.chosen(dice, list(boxes))
    return trade.floor(act="reopen", order=number, box=dice.choice(boxes[number]))


def people_verify(trade: FloorTrade, dice: random.Random) -> str:
    number = _some(trade, dice, "Complete")
    return trade.floor(act="verify", order=number) if number else "nothing"


def people_hold(trade: FloorTrade, dice: random.Random) -> str:
    number = _some(trade, dice, "Available", "In Process")
    return trade.floor(act="hold", order=number) if number else "nothing"


def people_release(trade: FloorTrade, dice: random.Random) -> str:
    number = _some(trade, dice, "Hold")
    return trade.floor(act="release", order=number) if number else "nothing"


def people_delete(trade: FloorTrade, dice: random.Random) -> str:
    """Of an order that may just have arrived, we cannot know that it was ever there: it is sent again."""
    number = _some(trade, dice, "Available", "Hold", "In Process")
    if not number:
        return "nothing"
    if ("release", number) in {(kind, key) for kind, key, _ in trade.world.books.unfinished()}:
        trade.asked |= {order.id for order in trade.orders if is_of(number, (order.number,))}
    return trade.floor(act="delete", order=number)


def shift_works(trade: FloorTrade, dice: random.Random) -> str:
    habits = {"short_picks": 0.3, "over_picks": 0.05, "split_boxes": 0.5}
    return trade.shift(**habits, limit=dice.randint(1, 5), seed=dice.randrange(1000))


def goods_come_and_go(trade: FloorTrade, dice: random.Random) -> str:
    sku, place = dice.choice(GOODS), dice.choice(trade.way.places)
    quantity = dice.randint(1, 9)
    if dice.random() < 0.5:
        return trade.floor(act="put", item=sku, quantity=quantity, place=place)
    return trade.floor(act="pull", item=sku, quantity=quantity, place=place)


def goods_are_counted(trade: FloorTrade, dice: random.Random) -> str:
    place = dice.choice(trade.way.places)
    return trade.floor(act="count", item=dice.choice(GOODS), found=dice.randint(0, 60), place=place)


def goods_are_moved(trade: FloorTrade, dice: random.Random) -> str:
    origin, destination = dice.sample(trade.way.places, k=2)
    wish = {"origin": origin, "destination": destination, "quantity": dice.randint(1, 9)}
    return trade.floor(act="move", item=dice.choice(GOODS), **wish)


# The operator


def operator_takes_back(trade: FloorTrade, dice: random.Random) -> str:
    """Withdraw an order, or replace it by its newest version."""
    states = trade.world.books.states()
    known = [order for order in trade.orders if str(order.id) in states]
    if not known:
        return "nothing"
    order, newer = _sold(trade, dice, known), dice.random() < 0.6
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
    order = _sold(trade, dice, held)
    trade.asked.add(order.id)
    try:
        trade.world.desk.releases(order.id)
    except CrossdockError as refusal:
        return f"{order.number}: {refusal}"
    return order.number


def operator_holds(trade: FloorTrade, dice: random.Random) -> str:
    """Have the warehouse not begin with an order, or let it go on."""
    if not trade.orders:
        return "nothing"
    order, wish = _sold(trade, dice, trade.orders), dice.choice(("hold", "resume"))
    trade.asked.add(order.id)
    told = trade.world.says("orders", wish, order.number)
    return f"{wish} {order.number}: {told.out or told.err}".strip()


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
    "operator holds": (2, operator_holds),
    "operator retries": (2, operator_retries),
    "order moves away": (2, order_moves_away),
    "network turns bad": (3, network_turns_bad),
    "network calms": (1, network_calms),
    "time passes": (3, time_passes),
    "runner runs": (9, runner_runs),
    "runner dies": (9, runner_dies),
}
"""What can happen, and how often beside the others."""
