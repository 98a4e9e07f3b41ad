"""What an operator does with commands while the floor is busy: his word is kept in `FloorTrade.word`."""

import random
import re
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from crossdock.hooks.context import SystemClock
from world.audit import by_order
from world.floor_overruled import PAUSED, created, taken_back
from world.floor_trade import Corrected, FloorTrade, Kept, Sold, sold
from world.operator import Ahead, Finished
from world.reading import data
from world.script import Steps

COMMAND = re.compile(r"`crossdock (orders cancel [^`]+)`")
RULES: dict[str, Any] = {
    "holds": ({}, {"window": "1h"}, {"review": "all"}, {"review_when": ["length(lines) > `2`"]}),
    "order_filters": ([], [{"field": "lines[].sku", "match": ["SKU-0002"], "rule": "restrict"}]),
    "status_events": ({}, {"notify_cart": False}),
}
"""Rules that the operator writes into the config."""
OF_RULES = ("hold_window", "held_by_rule", "order_review", "missing_field", "held_by_person")
"""What holds orders by a word of the operator."""


def _says(trade: FloorTrade, *command: str) -> Finished:
    """A command that may be refused, and then says why; by the clock of the runners."""
    with patch.object(SystemClock, "now", Ahead(trade.later).now):
        finished = trade.world.says(*command)
    assert finished.code in (0, 1, 2), f"{command}: {finished}"
    assert finished.code == 0 or (finished.out + finished.err).strip(), f"{command} ends with {finished.code} silently"
    return finished


def _words(finished: Finished) -> str:
    return f"[{finished.code}] {' '.join((finished.out + finished.err).split())}"


def _chosen(trade: FloorTrade, dice: random.Random) -> Sold:
    """Any order; rather one that the warehouse has not got."""
    there = by_order(trade.ours())
    here = [order for order in trade.orders if str(order.id) not in there]
    return sold(trade, dice, here if here and dice.random() < 0.7 else trade.orders)


def operator_holds(trade: FloorTrade, dice: random.Random) -> str:
    """Keep an order here, or have the warehouse not begin with it."""
    if not trade.orders:
        return "nothing"
    order, end = _chosen(trade, dice), None
    if dice.random() < 0.3:
        end = datetime.now(UTC).replace(microsecond=0) + trade.later + timedelta(minutes=dice.choice((10, 60)))
    until = ("--until", f"{end:%Y-%m-%dT%H:%M:%S}") if end else ()
    trade.asked.add(order.id)
    done = _says(trade, "orders", "hold", str(order.id), "--reason", "the buyer calls back", *until)
    if done.code == 0 and "held here" in done.out:
        trade.word.kept[order.id] = Kept(end, created(trade, order.id))
    return f"{order.number}: {_words(done)}"


def operator_resumes(trade: FloorTrade, dice: random.Random) -> str:
    if not trade.orders:
        return "nothing"
    order = _chosen(trade, dice)
    if trade.word.kept and dice.random() < 0.7:
        order = next(one for one in trade.orders if one.id == dice.choice(list(trade.word.kept)))
    trade.asked.add(order.id)
    done = _says(trade, "orders", "resume", str(order.id))
    if done.code == 0:
        trade.word.kept.pop(order.id, None)
    return f"{order.number}: {_words(done)}"


def operator_corrects(trade: FloorTrade, dice: random.Random) -> str:
    """Another address; of an order that the warehouse has, perhaps also there."""
    if not trade.orders:
        return "nothing"
    order, address = _chosen(trade, dice), f"{dice.randint(1, 999)} Mill Lane"
    trade.asked.add(order.id)
    before = created(trade, order.id), taken_back(trade, order.number)
    done = _says(trade, "orders", "edit", str(order.id), f"--set=ship_to.line1={address}")
    words = _words(done)
    if done.code == 2:
        return f"{order.number}: {words}"
    told = "The warehouse has order" in words
    trade.word.corrected[order.id] = Corrected(address, told, *before)
    if told and dice.random() < 0.7:
        words += _words(_says(trade, "orders", "replace", str(order.id), "--yes"))
    return f"{order.number} to {address}: {words}"


def operator_types_cancellations(trade: FloorTrade, dice: random.Random) -> str:
    """Just what a problem about pieces that were given up says."""
    found = data(trade.world, "problems", "list", "--each", "--code", "short_pick")
    if not found:
        return "nothing"
    one = dice.choice(found)
    commands = COMMAND.findall(one["action"])
    assert commands, f"no command to type: {one}"
    return "; ".join(f"{command}: {_words(_says(trade, *shlex.split(command)))}" for command in commands)


def operator_resends(trade: FloorTrade, dice: random.Random) -> str:
    if not trade.orders or trade.word.paused:
        return "nothing"
    order = _chosen(trade, dice)
    return f"{order.number}: {_words(_says(trade, 'orders', 'resend', str(order.id)))}"


def operator_pauses(trade: FloorTrade, dice: random.Random) -> str:
    service = dice.choice(list(PAUSED))
    done = _says(trade, "services", "pause", service, "--reason", "stock count")
    assert done.code == 0, done
    trade.word.paused.setdefault(service, PAUSED[service](trade.world))
    return _words(done)


def operator_unpauses(trade: FloorTrade, dice: random.Random) -> str:
    service = dice.choice(list(trade.word.paused)) if trade.word.paused else "--all"
    done = _says(trade, "services", "resume", service)
    assert done.code == 0, done
    trade.word.paused.pop(service, None)
    return _words(done)


def rules_change(trade: FloorTrade, dice: random.Random) -> str:
    """The config is written anew; what runs next follows it."""
    name = dice.choice(list(RULES))
    trade.world.pipeline[name] = dice.choice(RULES[name])
    return f"{name} = {trade.world.pipeline[name]}"


def everything_goes_on(trade: FloorTrade) -> None:
    """The operator takes back all that he has ruled."""
    for name in RULES:
        trade.world.pipeline.pop(name, None)
    trade.word.paused.clear()
    _says(trade, "services", "resume", "--all")
    for row in data(trade.world, "orders", "list", "--state", "held", "--limit", "1000"):
        if row["reason"].startswith("held_by_person:"):
            done = _says(trade, "orders", "resume", row["external_id"])
            assert done.code == 0, done
    trade.word.kept.clear()


def minds_what_is_given_up(trade: FloorTrade) -> None:
    """A person does what the problems about short picks say."""
    for row in data(trade.world, "problems", "list", "--each", "--code", "short_pick"):
        for command in COMMAND.findall(row["action"]):
            _says(trade, *shlex.split(command))


def still_ruled_out(trade: FloorTrade) -> list[str]:
    """Orders that are held or left out by a rule that there is not any more."""
    rows = [
        row
        for state in ("held", "skipped")
        for row in data(trade.world, "orders", "list", "--state", state, "--limit", "1000")
    ]
    ruled = ("order filter", "item filter", *(f"{code}:" for code in OF_RULES))
    return [
        f"{row['number']} is still {row['state']}: {row['reason']}" for row in rows if row["reason"].startswith(ruled)
    ]


OPERATOR: Steps = {
    "operator holds": (4, operator_holds),
    "operator resumes": (2, operator_resumes),
    "operator corrects": (3, operator_corrects),
    "operator types cancellations": (2, operator_types_cancellations),
    "operator resends": (1, operator_resends),
    "operator pauses": (2, operator_pauses),
    "operator unpauses": (2, operator_unpauses),
    "rules change": (3, rules_change),
}
"""What the operator does, and how often beside what else happens."""
