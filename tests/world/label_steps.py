"""All that can happen in a trade whose boxes get their labels from a shipping system."""

import random
import re
import shlex
from datetime import timedelta
from unittest.mock import patch

from crossdock.hooks.context import SystemClock
from world.label_ends import ADDRESS
from world.label_money import LATE, lose_purchases, take_back_at
from world.label_trade import LabelTrade
from world.mortal import run_until_death
from world.operator import SOON, Ahead, Finished
from world.reading import data
from world.relentless import Death
from world.sales import EAST, WEST, Line
from world.script import Steps
from world.trade import LONGEST_LIFE, LOSSY, MOST_TRANSACTIONS, UNSTEADY

COMMAND = re.compile(r"`crossdock (labels (?:void|approve) [^`]+)`")
RETRIED = ("label_refused", "void_refused", "confirm_refused")


def says(trade: LabelTrade, *command: str) -> str:
    """What a command says that may be refused, in one line; by the clock of the runners."""
    with patch.object(SystemClock, "now", Ahead(trade.later).now):
        finished: Finished = trade.world.says(*command)
    assert finished.code in (0, 1, 2), f"{command}: {finished}"
    words = " ".join((finished.out + finished.err).split())
    assert finished.code == 0 or words, f"{command} ends with {finished.code} silently"
    return f"{shlex.join(command)} -> [{finished.code}] {words}"


# The cart and the warehouse


def cart_sells(trade: LabelTrade, dice: random.Random) -> str:
    lines = [Line(sku, dice.randint(1, 4)) for sku in dice.sample(("SKU-0001", "SKU-0002", "SKU-0003"), k=2)]
    trade.sold += 1
    trade.world.cart.sells(number := f"O-{trade.sold}", *lines, leaves_from=dice.choice((EAST, WEST)), **ADDRESS)
    return f"{number}: {lines}"


def people_pack(trade: LabelTrade, dice: random.Random) -> str:
    """Into one box or several, most of which the warehouse knows no number for; a person may be quicker than we."""
    trade.run()
    seed = dice.randrange(2**32)
    done = trade.world.warehouse.works(seed=seed, split_boxes=0.5, without_tracking=dice.choice((1.0, 1.0, 0.5)))
    trade.look()
    return f"{done}; {person_prints_a_label(trade, dice) if dice.random() < 0.4 else ''}"


# The shipping system


def person_prints_a_label(trade: LabelTrade, dice: random.Random) -> str:
    """By hand, under the order number, naming the box or not; rather for a box that waits."""
    boxes = trade.waiting() if dice.random() < 0.8 else trade.now.boxes
    if not boxes:
        return "nothing"
    box = dice.choice(boxes)
    name = box.name if dice.random() < 0.6 else ""
    return f"{box.order} {name}: {trade.seller.prints(box.order, name)}"


def person_takes_a_label_back(trade: LabelTrade, dice: random.Random) -> str:
    live = [one for one in trade.now.labels if not one.voided]
    if not live:
        return "nothing"
    take_back_at(trade.seller, (one := dice.choice(live)).tracking)
    return str(one)


def seller_shows_late(trade: LabelTrade, dice: random.Random) -> str:
    return shows_after(trade, dice.choice((0, 1, 2, 4)))


def shows_after(trade: LabelTrade, look_ups: int) -> str:
    """Purchases show only after so many look-ups, where that is not an option of the scenario."""
    if LATE[trade.seller.kind] != "late":
        return "nothing"
    trade.seller.ask("/_late", {"look_ups": look_ups})
    return f"after {look_ups} look-ups"


def seller_is_down(trade: LabelTrade, dice: random.Random) -> str:
    fault = dice.choice(("error_503", "error_500", "dropped"))
    trade.seller.faults(**{fault: 1.0})
    return fault


def purchases_lose_their_answers(trade: LabelTrade, dice: random.Random) -> str:
    """Some of those that come next; then a runner runs, or dies."""
    times = dice.randint(1, 4)
    lose_purchases(trade.seller, times, lost_reply=0.7, dropped=0.3)
    return f"{times} times; {dice.choice((runner_runs, runner_runs, runner_dies))(trade, dice)}"


# The operator


def operator_voids(trade: LabelTrade, dice: random.Random) -> str:
    labels = [one for one in trade.now.labels if not one.voided] or [*trade.now.labels]
    if not labels:
        return "nothing"
    one = dice.choice(labels)
    again = ("--again",) if dice.random() < 0.7 else ()
    return says(trade, "labels", "void", one.key or one.tracking, "--why", "torn", *again)


def operator_follows(trade: LabelTrade, dice: random.Random) -> str:
    """Types just what a problem says."""
    found = [one for one in data(trade.world, "problems", "list", "--each") if COMMAND.search(one["action"])]
    return follow(trade, dice.choice(found)["action"]) if found else "nothing"


def follow(trade: LabelTrade, action: str) -> str:
    """Type the first command that an action names."""
    [command, *_] = COMMAND.findall(action)
    return says(trade, *shlex.split(command.replace("…", "as the problem says")))


def operator_retries(trade: LabelTrade, dice: random.Random) -> str:
    found = [one for code in RETRIED for one in trade.world.books.problems().get(code, ())]
    return says(trade, "problems", "retry", str(dice.choice(found)["id"])) if found else "nothing"


# The network, the time and the runner


def network_turns_bad(trade: LabelTrade, dice: random.Random) -> str:
    writes = dice.random() < 0.6
    rates = {**LOSSY, "only_methods": ["POST", "PATCH", "PUT"]} if writes else WORSE
    for end in (trade.world.cart, trade.world.warehouse, trade.seller):
        end.faults(seed=dice.randrange(2**32), slow_seconds=0.05, **rates)
    return "answers get lost" if writes else "unsteady"


def network_calms(trade: LabelTrade, dice: random.Random) -> str:
    for end in (trade.world.cart, trade.world.warehouse, trade.seller):
        end.faults()
    return "calm"


def time_passes(trade: LabelTrade, dice: random.Random) -> str:
    trade.later += timedelta(minutes=dice.choice((1, 6, 11, 90)))
    return str(trade.later)


def runner_runs(trade: LabelTrade, dice: random.Random) -> str:
    trade.run()
    return f"open {trade.world.books.unfinished()}"


def runner_dies(trade: LabelTrade, dice: random.Random) -> str:
    death = Death.drawn(dice, longest=LONGEST_LIFE, most=MOST_TRANSACTIONS)
    died = run_until_death(trade.world.config(), death, later=trade.later, retry=SOON)
    trade.deaths += died
    return f"{death} {'died' if died else 'had done everything before'}"


WORSE = {name: rate for name, rate in UNSTEADY.items() if name != "throttled"}
STEPS: Steps = {
    "cart sells": (7, cart_sells),
    "people pack": (6, people_pack),
    "person prints a label": (4, person_prints_a_label),
    "person takes a label back": (3, person_takes_a_label_back),
    "seller shows late": (2, seller_shows_late),
    "seller is down": (1, seller_is_down),
    "purchases lose their answers": (4, purchases_lose_their_answers),
    "operator voids": (4, operator_voids),
    "operator follows": (2, operator_follows),
    "operator retries": (2, operator_retries),
    "network turns bad": (2, network_turns_bad),
    "network calms": (2, network_calms),
    "time passes": (4, time_passes),
    "runner runs": (8, runner_runs),
    "runner dies": (7, runner_dies),
}
"""What can happen, and how often beside the others."""
