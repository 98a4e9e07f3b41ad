"""What an operator does with commands while everything goes on; what he decided is remembered in `Decided`."""

import csv
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from world.decided import EFFECTS, REQUIRED, REVIEWED, STANDARD, Operated, now, pieces
from world.operator import Finished
from world.reading import data

ODD = ("Zeppelin", "Pigeon")
"""Services that buyers ask for and the config does not know."""
SITES = ("Walmart Marketplace", REVIEWED)
PAUSABLE = (*EFFECTS, "download")
COLUMNS = ("direction", "site", "carrier", "service", "to_carrier", "to_service")
HOLD_RULES: Sequence[dict[str, Any]] = (
    {},
    {},
    {"window": "2h"},
    {"review": "all"},
    {"review_when": [f"site == '{REVIEWED}'"]},
    {"required_fields": [REQUIRED]},
)
TOLD_BY_HAND = ("order_review", "missing_field", "unmapped_ship_method", "hold_window", "held_by_person")
_TO = ("--to-carrier", "UPS", "--to-service", "GROUND")


def _says(trade: Operated, *command: str) -> Finished:
    """A command that may be refused, and then says why."""
    finished = trade.world.says(*command)
    assert finished.code in (0, 1, 2), f"{command}: {finished}"
    assert finished.code == 0 or (finished.out + finished.err).strip(), f"{command} ends with {finished.code} silently"
    return finished


def _words(finished: Finished) -> str:
    return f"[{finished.code}] {' '.join((finished.out + finished.err).split())}"


def _some_order(trade: Operated, dice: random.Random) -> int | None:
    """Mostly a late one, which still waits."""
    late = trade.orders[-5:] if dice.random() < 0.7 else trade.orders
    return dice.choice(late) if late else None


def person_maps(trade: Operated, dice: random.Random) -> str:
    return _maps(trade, dice.choice(ODD))


def _maps(trade: Operated, service: str) -> str:
    done = _says(trade, "ship-methods", "set", "--direction", "inbound", "--service", service, *_TO)
    assert done.code == 0, done
    trade.decided.mapped.add(service)
    return _words(done)


def person_unmaps(trade: Operated, dice: random.Random) -> str:
    service = dice.choice(ODD)
    done = _says(trade, "ship-methods", "remove", "--direction", "inbound", "--service", service)
    assert (done.code == 0) == (service in trade.decided.mapped), done
    trade.decided.mapped.discard(service)
    return _words(done)


def person_imports_rules(trade: Operated, dice: random.Random) -> str:
    """A file that is all of the table; sometimes with a row that is wrong, and then nothing of it counts."""
    services = [one for one in ODD if dice.random() < 0.5]
    rows = [("inbound", "*", "*", one, "UPS", "GROUND") for one in services]
    if wrong := dice.random() < 0.3:
        rows.append(("inwards", "*", "*", "Mule", "UPS", "GROUND"))
    file = trade.world.folder / "rules.csv"
    _write(file, rows)
    done = _says(trade, "ship-methods", "import", str(file), "--replace")
    assert (done.code == 0) != wrong, done
    if not wrong:
        trade.decided.mapped = {STANDARD, *services}
    return f"{services}: {_words(done)}"


def _write(file: Path, rows: Sequence[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([COLUMNS, *rows])


def person_holds(trade: Operated, dice: random.Random) -> str:
    order = _some_order(trade, dice)
    if order is None:
        return "nothing to hold"
    until = now(trade) + timedelta(minutes=dice.choice((5, 60, 300))) if dice.random() < 0.4 else None
    end = ("--until", f"{until:%Y-%m-%dT%H:%M:%S}") if until else ()
    done = _says(trade, "orders", "hold", str(order), "--reason", "the buyer calls back", *end)
    if done.code == 0 and "held here" in done.out:
        trade.decided.here[order] = until
    elif done.code == 0:
        trade.decided.there[order] = pieces(_requests(trade, order))
    return _words(done)


def _requests(trade: Operated, order: int) -> dict[str, Any]:
    return {number: told for number, told in trade.world.warehouse.orders().items() if f":{order}:" in told["key"]}


def person_resumes(trade: Operated, dice: random.Random) -> str:
    held = [*trade.decided.here, *trade.decided.there]
    order = dice.choice(held) if held and dice.random() < 0.8 else _some_order(trade, dice)
    if order is None:
        return "nothing to resume"
    done = _says(trade, "orders", "resume", str(order))
    trade.decided.there.pop(order, None)  # a part of it may have been resumed before another one was refused
    if done.code == 0:
        trade.decided.goes_on(order)
    return _words(done)


def person_releases(trade: Operated, dice: random.Random) -> str:
    order = _some_order(trade, dice)
    if order is None:
        return "nothing to release"
    done = _says(trade, "orders", "release", str(order))
    if done.code == 0:
        trade.decided.approved.add(order)
        trade.decided.here.pop(order, None)
    return _words(done)


def person_releases_all(trade: Operated, dice: random.Random) -> str:
    reason = dice.choice(TOLD_BY_HAND)
    rows = data(trade.world, "orders", "list", "--state", "held", "--limit", "1000")
    meant = {int(one["external_id"]) for one in rows if one["reason"].startswith(f"{reason}:")}
    done = _says(trade, "orders", "release", "--all-held-for", reason)
    kept = {order for order in meant if str(order) in _held(trade)}
    trade.decided.approved |= meant - kept
    for order in meant - kept:
        trade.decided.here.pop(order, None)
    return f"{reason}: {_words(done)}"


def _held(trade: Operated) -> set[str]:
    return {order for order, state in trade.world.books.states().items() if state == "held"}


def person_corrects(trade: Operated, dice: random.Random) -> str:
    order = _some_order(trade, dice)
    if order is None:
        return "nothing to correct"
    values = {
        "ship_to.line1": f"{dice.randint(1, 999)} Mill Lane",
        "requested_service": dice.choice((STANDARD, *ODD)),
        REQUIRED: "the green one",
    }
    fields = dice.sample(list(values), k=dice.randint(1, 2))
    settings = [f"--set={name}={values[name]}" for name in fields]
    before = trade.decided.corrected.get(order, {})
    done = _says(trade, "orders", "edit", str(order), *settings)
    if done.code in (0, 1) and order not in trade.decided.left:
        trade.decided.corrected[order] = before | {name: values[name] for name in fields}
    return _words(done)


def person_resends(trade: Operated, dice: random.Random) -> str:
    order = dice.choice(trade.orders) if trade.orders else 4711
    return _words(_says(trade, "orders", "resend", str(order)))


def person_decides(trade: Operated, dice: random.Random) -> str:
    """About one problem, or about all of its kind and cause."""
    found = data(trade.world, "problems", "list", "--each")
    if not found:
        return "no problem"
    one = dice.choice(found)
    meant = dice.choice(((str(one["id"]),), ("--like", str(one["id"])), ("--code", one["code"])))
    verb = dice.choice(("retry", "retry", "resolve", "ignore"))
    note = () if verb == "retry" else ("--note", "settled by telephone", *(("--ignore",) if verb == "ignore" else ()))
    done = _says(trade, "problems", "retry" if verb == "retry" else "resolve", *meant, *note, "--yes")
    still = {row["id"] for row in data(trade.world, "problems", "list", "--each")}
    if verb != "retry":
        trade.decided.closed |= {(row["code"], row["subject"]) for row in found if row["id"] not in still}
    return f"{verb} {' '.join(meant)} ({one['title']}): {_words(done)}"


def person_pauses(trade: Operated, dice: random.Random) -> str:
    service = dice.choice(PAUSABLE)
    done = _says(trade, "services", "pause", service, "--pipeline", "main", "--reason", "stock count")
    assert done.code == 0, done
    trade.decided.paused.setdefault(service, EFFECTS[service](trade.world) if service in EFFECTS else 0)
    return _words(done)


def person_unpauses(trade: Operated, dice: random.Random) -> str:
    paused = list(trade.decided.paused)
    service = dice.choice(paused) if paused else "--all"
    done = _says(trade, "services", "resume", service, "--pipeline", "main")
    assert done.code == 0, done
    trade.decided.paused.pop(service, None)
    return _words(done)


def person_runs_service(trade: Operated, dice: random.Random) -> str:
    service = dice.choice(PAUSABLE)
    done = _says(trade, "services", "run", service, "--pipeline", "main")
    if service in trade.decided.paused:
        assert done.code == 1, done
        assert "services resume" in done.out, done
    return _words(done)


def rules_change(trade: Operated, dice: random.Random) -> str:
    """The config is written anew; what runs next follows it."""
    rules, told = trade.world.pipeline, dice.choice(("holds", "order_filters", "status_events"))
    drawn: Any = {
        "holds": dice.choice(HOLD_RULES),
        "order_filters": [{"field": "site", "match": [dice.choice(SITES)], "rule": "restrict"}][: dice.randint(0, 1)],
        "status_events": {"notify_cart": dice.random() < 0.5},
    }[told]
    rules[told] = drawn
    return f"{told} = {drawn}"


def everything_goes_on(trade: Operated) -> list[str]:
    """The operator lets go of all that he has ruled out; what he could not, as sentences."""
    for rules in ("holds", "order_filters", "status_events"):
        trade.world.pipeline.pop(rules, None)
    for service in ODD:
        _maps(trade, service)
    trade.decided.paused.clear()
    commands = [("services", "resume", "--all")]
    commands += [("orders", "resume", order) for order in _by_hand(trade)]
    ended = {command: _says(trade, *command) for command in commands}
    trade.decided.here.clear()
    trade.decided.there.clear()
    return [f"{' '.join(command)}: {_words(done)}" for command, done in ended.items() if done.code]


def _by_hand(trade: Operated) -> list[str]:
    rows = data(trade.world, "orders", "list", "--state", "held", "--limit", "1000")
    here = [one["external_id"] for one in rows if one["reason"].startswith("held_by_person:")]
    there = [told["key"].split(":")[1] for told in trade.world.warehouse.orders().values() if told["status"] == "Hold"]
    return [*here, *dict.fromkeys(there)]


OPERATOR_STEPS: dict[str, tuple[int, Callable[[Any, random.Random], str]]] = {
    "person maps": (2, person_maps),
    "person unmaps": (1, person_unmaps),
    "person imports rules": (1, person_imports_rules),
    "person holds": (4, person_holds),
    "person resumes": (2, person_resumes),
    "person releases": (2, person_releases),
    "person releases all": (1, person_releases_all),
    "person corrects": (4, person_corrects),
    "person resends": (1, person_resends),
    "person decides": (3, person_decides),
    "person pauses": (2, person_pauses),
    "person unpauses": (2, person_unpauses),
    "person runs service": (2, person_runs_service),
    "rules change": (4, rules_change),
}
"""What an operator can do, and how often beside what else happens."""
