"""What happens to stock beside the floor: what is lost or typed in, and what an operator does about it."""

import json
import random
from typing import Any
from unittest.mock import patch

from crossdock.hooks.context import SystemClock
from world.floor_people import (
    goods_are_counted,
    goods_are_moved,
    goods_come_and_go,
    people_batch,
    people_close_boxes,
    people_delete,
    people_give_up,
    people_pack,
    people_pick,
    people_reset,
    people_unbatch,
    shift_works,
)
from world.floor_steps import (
    cart_cancels,
    cart_sells,
    network_calms,
    network_turns_bad,
    operator_retries,
    runner_dies,
    runner_runs,
    wholesale_order,
)
from world.floor_trade import GOODS
from world.operator import Ahead, Finished
from world.reading import data
from world.script import Steps
from world.stock_trade import StockTrade
from world.stock_ways import CENTER_OF

CAUSES = ("unsent", "in_doubt", "sold_meanwhile", "unknown_item", "unmapped_area", "manual_change")


def says(trade: StockTrade, *command: str) -> Finished:
    """A command that may be refused, and then says why; by the clock of the runners."""
    with patch.object(SystemClock, "now", Ahead(trade.later).now):
        finished = trade.world.says(*command)
    assert finished.code in (0, 1, 2), f"{command}: {finished}"
    assert finished.code == 0 or (finished.out + finished.err).strip(), f"{command} ends with {finished.code} silently"
    return finished


def words(finished: Finished) -> str:
    """What it said, in one line."""
    return f"[{finished.code}] {' '.join((finished.out + finished.err).split())}"


# The operator


def operator_compares(trade: StockTrade, dice: random.Random) -> str:
    done = says(trade, "reconcile", "--json")
    return words(done) if done.code == 2 else str(in_short(json.loads(done.out)[0]))


def report_of(trade: StockTrade) -> dict[str, Any]:
    """Both ends compared now."""
    done = says(trade, "reconcile", "--json")
    assert done.code in (0, 1), done
    return dict(json.loads(done.out)[0])


def in_short(report: dict[str, Any]) -> list[str]:
    """The differences of a report."""
    return [
        f"{one['sku']}@{one['center']} {one['difference']:+} {one['cause']}: {one['because']}"
        for one in report["lines"]
    ]


def operator_corrects_stock(trade: StockTrade, dice: random.Random) -> str:
    """All that the newest report has, or what has one cause; perhaps of a report that is a while old."""
    made = operator_compares(trade, dice) if dice.random() < 0.6 else "an older report"
    which = ("--all",) if dice.random() < 0.6 else ("--cause", dice.choice(CAUSES))
    return f"{made} {which}: {words(says(trade, 'reconcile', 'repair', *which, '--yes'))}"


def operator_lets_levels_go(trade: StockTrade, dice: random.Random) -> str:
    shown = says(trade, "stock", "sync") if dice.random() < 0.5 else None
    return f"{words(shown) if shown else ''} {words(says(trade, 'stock', 'sync', '--yes'))}"


def operator_runs_one(trade: StockTrade, dice: random.Random) -> str:
    service = dice.choice(("levels", "stock", "collect", "reconcile", "release", "confirm"))
    return f"{service}: {words(says(trade, 'services', 'run', service))}"


def operator_changes_a_number(trade: StockTrade, dice: random.Random) -> str:
    """What the warehouse never hears of."""
    sku, center = dice.choice(GOODS), dice.choice(trade.told.centers)
    wish = ("adjust", f"{center}={dice.choice((-3, -1, 2, 4)):+}")
    if dice.random() < 0.4:
        wish = ("set", f"{center}={dice.randint(0, 90)}")
    trade.untold.add((sku, center))
    return f"{sku} {wish}: {words(says(trade, 'stock', wish[0], sku, wish[1]))}"


def operator_pauses(trade: StockTrade, dice: random.Random) -> str:
    service = dice.choice(("stock", "collect", "confirm", *(("levels",) if trade.told.sets else ())))
    return words(says(trade, "services", "pause", service, "--reason", "stock count"))


def operator_resumes(trade: StockTrade, dice: random.Random) -> str:
    return words(says(trade, "services", "resume", "--all"))


# What nobody is told


def transaction_is_lost(trade: StockTrade, dice: random.Random) -> str:
    if not trade.told.silent:
        return "nothing"
    sku, area, act = dice.choice(GOODS), dice.choice(list(CENTER_OF)), dice.choice(("put", "pull"))
    if not trade.told.sets:
        trade.untold.add((sku, CENTER_OF[area]))
    return trade.floor(act=act, item=sku, quantity=dice.randint(1, 9), place=area, told=False)


def person_types_a_number(trade: StockTrade, dice: random.Random) -> str:
    if not trade.told.silent:
        return "nothing"
    sku, center = dice.choice(GOODS), dice.choice(trade.told.centers)
    trade.untold.add((sku, center))
    trade.world.cart.ask("/_stock", {"sku": sku, "center": center, "quantity": (number := dice.randint(0, 90))})
    return f"{sku} at {center}: {number}"


def warehouse_shows_an_old_list(trade: StockTrade, dice: random.Random) -> str:
    """From now on, or it keeps the list of this moment for later, or shows the newest again."""
    if not trade.told.ages:
        return "nothing"
    wish: dict[str, Any] = dice.choice(({"keep": True, "show": "kept"}, {"show": "now"}))
    trade.world.warehouse.ask("/_levels", wish)
    trade.old = trade.shelves[-1:] if "keep" in wish else None
    return str(wish)


def everything_is_told(trade: StockTrade) -> None:
    """What waits for a person's word is let go."""
    if data(trade.world, "problems", "list", "--each", "--code", "levels_wait"):
        done = says(trade, "stock", "sync", "--yes")
        assert done.code == 0, done


STEPS: Steps = {
    "cart sells": (8, cart_sells),
    "cart cancels": (2, cart_cancels),
    "wholesale order": (2, wholesale_order),
    "people batch": (3, people_batch),
    "people unbatch": (1, people_unbatch),
    "people pick": (6, people_pick),
    "people give up": (2, people_give_up),
    "people pack": (4, people_pack),
    "people close boxes": (2, people_close_boxes),
    "people reset": (3, people_reset),
    "people delete": (1, people_delete),
    "shift works": (3, shift_works),
    "goods come and go": (6, goods_come_and_go),
    "goods are counted": (3, goods_are_counted),
    "goods are moved": (5, goods_are_moved),
    "transaction is lost": (2, transaction_is_lost),
    "person types a number": (2, person_types_a_number),
    "warehouse shows an old list": (3, warehouse_shows_an_old_list),
    "operator compares": (3, operator_compares),
    "operator corrects stock": (4, operator_corrects_stock),
    "operator runs one": (3, operator_runs_one),
    "operator retries": (3, operator_retries),
    "operator pauses": (1, operator_pauses),
    "operator resumes": (1, operator_resumes),
    "operator changes a number": (1, operator_changes_a_number),
    "network turns bad": (3, network_turns_bad),
    "network calms": (1, network_calms),
    "runner runs": (8, runner_runs),
    "runner dies": (7, runner_dies),
}
"""What can happen, and how often beside the others."""
OF_LEVELS: Steps = {**STEPS, "operator lets levels go": (2, operator_lets_levels_go)}
"""The same, where the cart is told levels."""
