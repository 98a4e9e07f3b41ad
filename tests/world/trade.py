"""A trade that goes on: buyers, a seller, marketplaces, a warehouse, a network and a runner."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

from crossdock.domain import StockChange
from crossdock.hooks.errors import CrossdockError
from world.decided import Decided, Sold, now
from world.desk import change
from world.mortal import run_until_death
from world.operator import SOON, World
from world.operator_steps import ODD, OPERATOR_STEPS, SITES, STANDARD
from world.relentless import Death
from world.sales import EAST, FBA, WEST, Line, line_id
from world.script import Step, Steps

OURS, THEIRS = 12345678, 87654321
SKUS = ("SKU-0001", "SKU-0002", "SKU-0003", "SKU-0004", "SKU-0005")
KITS = ("KIT-001", "KIT-003")
LONGEST_LIFE, MOST_TRANSACTIONS = 0.3, 40


@dataclass
class Trade:
    """The world and what was done in it; `record` is the account that products are edited in, `decided` what the
    operator wants.
    """

    world: World
    record: World
    orders: list[int] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)
    changes: list[StockChange] = field(default_factory=list)
    asked: dict[str, int | None] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)
    later: timedelta = timedelta(0)
    happened: list[str] = field(default_factory=list)
    deaths: int = 0
    decided: Decided = field(default_factory=Decided)

    def take(self, step: Step) -> str:
        """Do one step and say what happened."""
        told = STEPS[step.name][1](self, random.Random(step.seed))
        self.happened.append(f"{step.name}: {told}")
        return told

    def run(self) -> None:
        """Everything once that is not paused."""
        reports = self.world.run_all(later=self.later)["main"]
        ran = [name for name in self.decided.paused if name in reports and not reports[name].paused]
        self.decided.ran += [f"{name} is paused and ran: {reports[name]}" for name in ran]


def _lines(dice: random.Random) -> list[Line]:
    skus = dice.sample([*SKUS, *KITS], k=dice.randint(1, 3))
    return [Line(sku, dice.randint(1, 12)) for sku in skus]


def _sells(trade: Trade, number: str, *lines: Line, **fields: Any) -> int:
    """An order that comes in now."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"ProfileID": OURS, "CreatedDateUtc": now, "ImportDateUtc": now, "UpdatedDateUtc": now}
    return trade.world.cart.sells(number, *lines, **{**told, **fields})


def buyer_orders(trade: Trade, dice: random.Random) -> str:
    lines = _lines(dice)
    east = [dice.randint(0, line.quantity) for line in lines]
    shares = {EAST: east, WEST: [line.quantity - here for line, here in zip(lines, east, strict=True)]}
    leaves_from: Mapping[int, list[int]] | int = shares if dice.random() < 0.3 else dice.choice((EAST, WEST))
    if isinstance(leaves_from, Mapping) and not all(any(part) for part in leaves_from.values()):
        leaves_from = EAST
    paid = {} if dice.random() < 0.8 else {"PaymentStatus": "Submitted"}
    number = _is_ours(trade, lines, dice, leaves_from=leaves_from, **paid)
    return f"{number} of {lines} from {leaves_from} {paid or 'paid'}"


def _is_ours(trade: Trade, lines: Sequence[Line], dice: random.Random, **fields: Any) -> str:
    """An order of a site, by a service that may be new; gives its number."""
    number = f"O-{len(trade.orders) + 1}"
    asked = Sold(dice.choice(SITES), dice.choice((STANDARD, STANDARD, STANDARD, *ODD)), now(trade))
    words = {"SiteName": asked.site, "RequestedShippingClass": asked.service}
    order = _sells(trade, number, *lines, **{**words, **fields})
    trade.orders.append(order)
    trade.decided.sold[order] = asked
    return f"{number} ({order}, {asked.site}, {asked.service})"


def stranger_orders(trade: Trade, dice: random.Random) -> str:
    number, lines = f"S-{len(trade.strangers) + 1}", _lines(dice)
    if dice.random() < 0.5:
        order = _sells(trade, number, *lines, ProfileID=THEIRS)
    else:
        rollup = {"DistributionCenterTypeRollup": "ExternallyManaged"}
        order = _sells(trade, number, *lines, leaves_from=FBA, **rollup)
    trade.strangers.append(order)
    return number


def mixed_order(trade: Trade, dice: random.Random) -> str:
    theirs, ours = dice.randint(1, 3), dice.randint(1, 3)
    shares = {FBA: (theirs, 0), EAST: (0, ours)}
    lines = Line(SKUS[0], theirs), Line(SKUS[1], ours)
    return _is_ours(trade, lines, dice, leaves_from=shares, DistributionCenterTypeRollup="Mixed")


def buyers_pay(trade: Trade, dice: random.Random) -> str:
    return str(trade.world.cart.ask("/_pay", {}))


def buyer_cancels(trade: Trade, dice: random.Random) -> str:
    if not trade.orders:
        return "nobody"
    order = dice.choice(trade.orders)
    line = dice.choice((None, line_id(order, 1)))
    try:
        trade.world.cart.cancels(order, line, dice.choice((None, 1)) if line else None)
    except HTTPError as refusal:
        return f"{order}: {refusal}"
    return f"{order} line {line}"


def seller_adjusts(trade: Trade, dice: random.Random) -> str:
    """Cancel what has not left, refund what has."""
    states = {order: state for order, state in trade.world.books.states().items() if int(order) in trade.orders}
    if not states:
        return "nothing to adjust"
    order = int(dice.choice(list(states)))
    line, quantity = (line_id(order, 1), dice.choice((1, 2))) if dice.random() < 0.7 else ("", None)
    try:
        if states[str(order)] in ("shipped", "part_shipped"):
            key = trade.world.desk.refunds(order, line, quantity, restock=dice.random() < 0.5, again=True)
        else:
            anyway = dice.random() < 0.3
            key = trade.world.desk.cancels(order, line, quantity, restock=dice.random() < 0.5, anyway=anyway)
    except CrossdockError as refusal:
        return f"{order}: {refusal}"
    trade.asked[key] = quantity
    return f"{key}: {quantity} of {line or order}, which was {states[str(order)]}"


def marketplaces_answer(trade: Trade, dice: random.Random) -> str:
    answer = "accept" if dice.random() < 0.8 else "refuse"
    return f"{answer} {trade.world.cart.answers(answer)}"


def stock_changes(trade: Trade, dice: random.Random) -> str:
    sku, number = dice.choice(SKUS), dice.choice((-3, -2, -1, 1, 2, 3, 7))
    centers = dice.choice(({EAST: number}, {WEST: number}, {EAST: -number, WEST: number}))
    meaning = "sellable" if dice.random() < 0.15 else "difference"
    if meaning == "sellable":
        centers = {center: abs(value) * 10 for center, value in centers.items()}
    news = change(sku, centers, meaning)
    trade.changes.append(news)
    trade.world.desk.changes(news)
    return f"{news.key}: {sku} {meaning} {centers}"


def product_is_edited(trade: Trade, dice: random.Random) -> str:
    sku, title = dice.choice(SKUS), f"Title {dice.randrange(1000)}"
    trade.record.cart.edits(sku, Title=title)
    trade.edited.add(sku)
    return f"{sku} is now {title}"


def warehouse_works(trade: Trade, dice: random.Random) -> str:
    habits = {"short_picks": 0.3, "split_boxes": 0.7, "limit": dice.randint(1, 6), "seed": dice.randrange(1000)}
    return str(trade.world.warehouse.ask("/_shift", habits))


def person_wants(trade: Trade, dice: random.Random) -> str:
    order = dice.choice([*trade.orders, *trade.strangers, 4711])
    trade.world.desk.wants(order)
    return str(order)


def network_turns_bad(trade: Trade, dice: random.Random) -> str:
    writes = dice.random() < 0.6
    rates = {**LOSSY, "only_methods": ["POST", "PATCH"]} if writes else UNSTEADY
    for end in (trade.world.cart, trade.world.warehouse):
        end.faults(seed=dice.randrange(2**32), slow_seconds=0.05, **rates)
    return "answers get lost" if writes else "unsteady"


def network_calms(trade: Trade, dice: random.Random) -> str:
    trade.world.cart.faults()
    trade.world.warehouse.faults()
    return "calm"


def time_passes(trade: Trade, dice: random.Random) -> str:
    trade.later += timedelta(minutes=dice.choice((1, 20, 90, 500)))
    return str(trade.later)


def runner_runs(trade: Trade, dice: random.Random) -> str:
    trade.run()
    return f"open {trade.world.books.unfinished()}"


def runner_dies(trade: Trade, dice: random.Random) -> str:
    death = Death.drawn(dice, longest=LONGEST_LIFE, most=MOST_TRANSACTIONS)
    died = run_until_death(trade.world.config(), death, later=trade.later, retry=SOON)
    trade.deaths += died
    return f"{death} {'died' if died else 'had done everything before'}"


UNSTEADY = {
    "lost_reply": 0.08,
    "error_502_after": 0.05,
    "dropped": 0.05,
    "error_503": 0.03,
    "slow": 0.05,
    "token_expired": 0.03,
    "throttled": 0.003,
}
LOSSY = {"lost_reply": 0.25, "error_502_after": 0.1, "dropped": 0.1}
STEPS: Steps = {
    "buyer orders": (8, buyer_orders),
    "stranger orders": (1, stranger_orders),
    "mixed order": (1, mixed_order),
    "buyers pay": (1, buyers_pay),
    "buyer cancels": (2, buyer_cancels),
    "seller adjusts": (7, seller_adjusts),
    "marketplaces answer": (3, marketplaces_answer),
    "stock changes": (6, stock_changes),
    "product is edited": (1, product_is_edited),
    "warehouse works": (4, warehouse_works),
    "person wants": (1, person_wants),
    "network turns bad": (3, network_turns_bad),
    "network calms": (1, network_calms),
    "time passes": (3, time_passes),
    "runner runs": (7, runner_runs),
    "runner dies": (7, runner_dies),
    **OPERATOR_STEPS,
}
"""What can happen, and how often beside the others."""
