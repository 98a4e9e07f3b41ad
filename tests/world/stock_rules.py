"""What must be true of stock that a cart is told of: at every moment, and once everything has settled."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from crossdock.domain import StockChange
from world.conservation import stock_as_asked
from world.floor_trade import GOODS
from world.sales import BUNDLES
from world.stock_steps import CAUSES, in_short, report_of
from world.stock_trade import StockTrade
from world.stock_truth import Pieces, Truth, for_sale, gap
from world.stock_ways import CENTER_OF

NAMED = {
    "adjust_refused",
    "changed_after_release",
    "confirm_refused",
    "over_picked",
    "oversold",
    "release_refused",
    "reversed_after_confirm",
    "short_pick",
    "stock_differs",
    "unknown_shipment",
    "unshippable_order",
    "withdraw_refused",
}
"""Problems that this trade may lead to; every other one is a fault of ours."""
UNCERTAIN = ("changed_after_release", "confirm_refused", "over_picked", "reversed_after_confirm", "unknown_shipment")
"""Problems of orders of which the warehouse and the cart do not say the same: nobody can tell what is to be sold."""
WAITING = ("waiting", "unmapped")
COUNTED = re.compile(r"counted (.{16})")


def broken(trade: StockTrade) -> list[str]:
    """Every sentence in which a promise is broken at this very moment."""
    return [
        *stock_as_asked(trade.world, [*GOODS, *trade.told.names]),
        *_more_than_there_is(trade),
        *_older_than_before(trade),
        *_lost_on_the_way(trade),
        *_unmapped_in_silence(trade),
    ]


def _more_than_there_is(trade: StockTrade) -> Iterator[str]:
    """No level above what there was when it was counted; what may be sold, not above what was free either."""
    if not trade.told.sets:
        return
    rows = [row for row in trade.world.books.promises("stock") if row["id"] > trade.judged]
    certain = {*GOODS} - _uncertain(trade).keys() if trade.told.is_sellable else ()
    for row in rows:
        trade.judged = row["id"]
        change = StockChange.model_validate_json(row["document"])
        counted = trade.free if change.item.sku in certain else trade.counted
        for one in change.centers if row["key"].startswith("level/") else ():
            place = change.item.sku, int(one.distribution_center)
            most = max(there[place] for there in counted)
            if one.quantity > most:
                yield f"{row['key']}: {one.quantity} are told at {place[1]}, and there were {most}"


def _older_than_before(trade: StockTrade) -> Iterator[str]:
    """No level of an older count than the one that was told before."""
    for row in trade.world.books.told_levels():
        place, counted_at = (row["sku"], row["center"]), row["counted_at"]
        if counted_at < trade.counted_at.get(place, 0):
            yield f"{place}: {row['quantity']} are told, of a count that is older than the one told before"
        trade.counted_at[place] = counted_at


def _lost_on_the_way(trade: StockTrade) -> Iterator[str]:
    """Every transaction that was heard is told, waits, or counts for nothing; what is told is the sum of them."""
    ledger = {line["id"]: line for line in trade.world.warehouse.ask("/_truth?ledger=1")["ledger"]}
    heard, told = Pieces(), Pieces()
    for row in trade.world.books.movements():
        line = ledger[row["external_id"].rpartition("/")[2]]
        of_order = line["order_number"].startswith("O-")
        if row["state"] in WAITING or of_order or trade.told.sets:
            continue
        heard.update(_effect(line))
    for row in trade.world.books.promises("stock"):
        if row["key"].startswith("moved/"):
            change = StockChange.model_validate_json(row["document"])
            told.update({(change.item.sku, int(one.distribution_center)): one.quantity for one in change.centers})
    for place in sorted(heard.keys() | told.keys()):
        if heard[place] != told[place]:
            yield f"{place}: {heard[place]:+} were heard of and do not wait, {told[place]:+} are told or to be told"


def _effect(line: Mapping[str, Any]) -> Pieces:
    sums = Pieces()
    for side, sign in (("origin", -1), ("destination", 1)):
        area = (line[side] or "").partition("/")[0]
        if area in CENTER_OF:
            sums[line["item"], CENTER_OF[area]] += sign * line["quantity"]
    return sums


def _unmapped_in_silence(trade: StockTrade) -> Iterator[str]:
    named = {row["subject"] for row in trade.world.books.problems().get("unmapped_area", ())}
    for row in trade.world.books.movements():
        if row["state"] == "unmapped" and not named & {row["from_area"], row["to_area"]}:
            yield f"movement {row['external_id']} waits for an area, and nobody is told"


def unsettled(trade: StockTrade) -> list[str]:
    """Every sentence in which something is open, or both ends differ and nobody is told of it."""
    open_now = [(kind, key, state) for kind, key, state in trade.world.books.unfinished() if state not in ENDED]
    found = [f"{kind} {key} is still {state}" for kind, key, state in open_now]
    found += [
        f"{code}: {sorted(row['subject'] for row in rows)}"
        for code, rows in trade.world.books.problems().items()
        if code not in NAMED
    ]
    states = Counter(row["state"] for row in trade.world.books.movements())
    found += [f"{n} movements are {state}" for state, n in states.items() if state in WAITING]
    return [*found, *_never_heard(trade), *agreement(trade)]


ENDED = ("rejected", "withdrawn", "replaced")


def _never_heard(trade: StockTrade) -> Iterator[str]:
    """Every transaction that the warehouse told of is in the books, once."""
    times = Counter(row["external_id"] for row in trade.world.books.movements())
    yield from (f"transaction {id} is in the books {n} times" for id, n in times.items() if n > 1)


def agreement(trade: StockTrade, *, corrected: bool = False) -> Iterator[str]:
    """Both ends agree unit by unit, or a report says of each difference how much it is.

    `corrected`: a person has had every difference corrected, so that nothing may differ at all.
    """
    report = report_of(trade)
    truth = Truth(trade.world, trade.told)
    wanted, has = truth.wanted(), for_sale(trade.world, trade.told)
    written_off = set[str]() if trade.told.sets else truth.written_off()  # a level that is told anew sets that right
    said = {(one["sku"], int(one["center"])): one["difference"] for one in report["lines"]}
    uncertain = _uncertain(trade)
    for place in wanted:
        sku, _ = place
        differs = gap(wanted[place], has[place])
        if sku in uncertain and (trade.told.sets or abs(said.get(place, 0) - differs) <= uncertain[sku]):
            continue
        both = f"{place}: {wanted[place]} should be for sale, {has[place]} are"
        if said.get(place, 0) != differs:
            yield f"{both}; reported: {_about(report, sku)}; problems: {_problems(trade)}"
        elif differs and (corrected or not (place in trade.untold or sku in written_off)):
            yield f"{both}, and no reason is known: {_about(report, sku)}"
    if said.keys() - wanted.keys():
        yield f"a report speaks of {sorted(said.keys() - wanted.keys())}"
    if not all(one["cause"] in CAUSES and one["because"] for one in report["lines"]):
        yield f"a difference without a cause: {in_short(report)}"
    if [*said] and not trade.world.books.problems().get("stock_differs"):
        yield "both ends differ, and no problem says so"


def _uncertain(trade: StockTrade) -> Counter[str]:
    """How many pieces are in orders that a person has to look at."""
    problems = trade.world.books.problems()
    subjects = [*trade.over, *(row["subject"] for code in UNCERTAIN for row in problems.get(code, ()))]
    orders = [one for one in trade.orders if any(_is_about(subject, one.number) for subject in subjects)]
    pieces = Counter[str]()
    for order in orders:
        for line in order.lines:
            pieces.update({part: line.quantity * each for part, each in _parts(line.sku)})
        pieces.update(_picked_too_much(trade, order.number))
    return pieces


def _picked_too_much(trade: StockTrade, number: str) -> Iterator[str]:
    """Each piece more that was picked for an order than the warehouse was asked for."""
    for there, order in trade.world.warehouse.orders().items():
        for line in order["lines"] if _is_about(there, number) else ():
            yield from [line["item"]] * max(line["picked"] - line["requested"], 0)


def _is_about(subject: str, number: str) -> bool:
    return subject == number or subject.startswith((f"{number}-", f"{number}/"))


def _parts(sku: str) -> Iterator[tuple[str, int]]:
    """What a unit is made of, and the unit itself."""
    yield sku, 1
    yield from ((part.sku, part.quantity) for part in BUNDLES.get(sku, ()))


def _about(report: dict[str, Any], sku: str) -> list[str]:
    return in_short({"lines": [one for one in report["lines"] if one["sku"] == sku]})


def _problems(trade: StockTrade) -> list[str]:
    return [f"{row['code']}: {row['subject']}" for rows in trade.world.books.problems().values() for row in rows]
