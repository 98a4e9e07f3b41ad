"""`python -m bench [--rounds N] [--quick] [CASE ...]`: measure, print a table, say which goals were met.

Every figure of CPU is marginal: the slope between a small and a large run, so that start-up cancels. Ours and the floor
take turns within a round, against fresh simulators in processes of their own, and the ratio is taken in that round.
"""

import argparse
import itertools
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench import accounts, history, peers
from bench.goods import floor_products, floor_stock, our_products, our_stock
from bench.levels import differences, floor_levels, long_ledger, our_levels, shelves_of
from bench.measure import NO_LIMITS, Result, World, marginal, world, world_of_goods

Job = Callable[[World], Result]
Make = Callable[[int], AbstractContextManager[World]]


@dataclass(frozen=True)
class Size:
    """How much a case does: a small and a large run, and how often."""

    small: int
    large: int
    rounds: int


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    case: str
    what: str
    reached: str
    goal: str = ""
    met: bool | None = None


def floor_ingest(there: World) -> Result:
    """The floor's ingest."""
    return there.floor("ingest")


def floor_road(there: World) -> Result:
    """The floor's download, release and acknowledge."""
    return there.floor("road")


def our_ingest(there: World) -> Result:
    """Our download."""
    return there.ours("download")


def our_road(there: World) -> Result:
    """Our download, release and acknowledge, with ledger, request log and checks on."""
    return there.ours(*accounts.ROAD)


def our_reread(there: World) -> Result:
    """Our download of what is known already."""
    there.ours("download")
    return there.ours("download")


def slope(job: Job, size: Size, make: Make = world) -> float:
    """CPU seconds per 1,000 orders (or what `make` makes)."""
    with make(size.small) as there:
        small = job(there)
    with make(size.large) as there:
        large = job(there)
    return marginal(small, large)


def compare(
    name: str,
    ours: Job,
    floor: Job,
    size: Size,
    goal: float | None,
    beside: str = "floor",
    *,
    make: Make = world,
    things: str = "orders",
) -> list[Figure]:
    """Ours beside something else, round by round."""
    pairs = [(slope(ours, size, make), slope(floor, size, make)) for _ in range(size.rounds)]
    ratios = [mine / its for mine, its in pairs]
    ratio = statistics.median(ratios)
    figures = f"{_seconds(mine for mine, _ in pairs)} / {_seconds(its for _, its in pairs)}"
    spread = f"{ratio:.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
    return [
        Figure(name, f"CPU s per 1,000 {things}, ours / {beside}", figures),
        Figure(name, f"ratio to the {beside}", spread, f"<= {goal}" if goal else "", ratio <= goal if goal else None),
    ]


def _seconds(values: object) -> str:
    return f"{statistics.median(values):.3f}"  # type: ignore[call-overload]


def ingest(size: Size) -> list[Figure]:
    """Download into the store."""
    return compare("ingest", our_ingest, floor_ingest, size, 1.5)


def road(size: Size) -> list[Figure]:
    """Download, release, acknowledge."""
    return compare("road", our_road, floor_road, Size(size.small // 4, size.large // 4, size.rounds), 1.3)


def reread(size: Size) -> list[Figure]:
    """Download of what is known already, beside our own ingest."""
    return compare("re-read", our_reread, our_ingest, size, 0.4, beside="ingest")


def requests(size: Size) -> list[Figure]:
    """Requests per order and per package, counted by the simulators; an order of two centres needs one create more."""
    with world(size.large // 4) as there:
        there.ours(*accounts.ROAD)
        cart, wms = there.truth(there.cart), there.truth(there.wms)
        there.forget_calls()
        there.pack()
        there.ours("collect", "confirm")
        per_package = there.calls() / sum(len(order["ships"]) for order in there.truth(there.cart)["orders"].values())
    released = sum(1 for order in cart["orders"].values() if order["export_calls"])
    second_centers = len(wms["orders"]) - released
    calls = sum(cart["requests"].values()) + sum(wms["counts"].values())
    per_order = (calls - second_centers) / released
    return [
        Figure("requests", "per order", f"{calls / released:.3f}"),
        Figure("requests", "per order, second centres apart", f"{per_order:.3f}", "<= 2.02", per_order <= 2.02),
        Figure("requests", "to the cart, per package", f"{per_package:.3f}", "<= 1.01", per_package <= 1.01),
    ]


def memory(size: Size) -> list[Figure]:
    """Peak memory at ten times as many orders."""
    few, many = size.large // 2, size.large * 5
    with world(few) as there:
        small = our_road(there)
    with world(many) as there:
        large = our_road(there)
    growth = large.megabytes / small.megabytes
    return [
        Figure("memory", f"MB at {few:,} orders", f"{small.megabytes:.0f}"),
        Figure("memory", f"MB at {many:,} orders", f"{large.megabytes:.0f}", "<= 110", large.megabytes <= 110),
        Figure("memory", "growth", f"{growth:.3f}", "<= 1.05", growth <= 1.05),
    ]


def old_orders(size: Size) -> list[Figure]:
    """The road on top of half a million finished orders, beside an empty store."""
    few = Size(size.small // 4, size.large // 4, size.rounds)
    with history.full_store(size.large * 25) as full:

        def on_top(there: World) -> Result:
            history.copy(full, there.database)
            return our_road(there)

        return compare("history", on_top, our_road, few, 1.05, beside="empty store")


def latency(size: Size) -> list[Figure]:
    """A cart 50 ms away that takes 5 calls at once: the share of the ideal rate, and of it while orders are marked.

    The list must be read to its end, one page after the other, before anything is marked: four of the five places are
    empty meanwhile.
    """
    options = {**NO_LIMITS, "latency": 0.05}
    whole = _share(size, options, lambda there: there.ours(*accounts.ROAD), at_most=5 / 0.05)
    marking = _share(size, options, _mark_alone, at_most=5 / 0.05)
    return [
        Figure("latency", "share of 100 calls/s, whole road", f"{whole:.1%}", ">= 92%", whole >= 0.92),
        Figure("latency", "share of 100 calls/s, release and mark", f"{marking:.1%}", ">= 92%", marking >= 0.92),
    ]


def pace(size: Size) -> list[Figure]:
    """A cart that allows 100 calls a second: the share of it that is used, of the road and of marking, and refusals."""
    options = {**NO_LIMITS, "rate_per_second": 100, "latency": 0.02}
    refused: list[int] = []

    def counted(job: Job) -> Job:
        def run(there: World) -> Result:
            result = job(there)
            refused.append(there.truth(there.cart)["throttled"])
            return result

        return run

    whole = _share(size, options, counted(lambda there: there.ours(*accounts.ROAD, per_second=100)), at_most=100.0)
    marking = _share(size, options, counted(lambda there: _mark_alone(there, per_second=100)), at_most=100.0)
    return [
        Figure("pace", "share of 100 calls/s, whole road", f"{whole:.1%}", ">= 97%", whole >= 0.97),
        Figure("pace", "share of 100 calls/s, release and mark", f"{marking:.1%}", ">= 97%", marking >= 0.97),
        Figure("pace", "answers 429", str(sum(refused)), "0", not any(refused)),
    ]


def _mark_alone(there: World, per_second: int = 100_000) -> Result:
    """Release and acknowledge what was downloaded before."""
    there.ours("download", per_second=per_second)
    there.forget_calls()
    return there.ours("release", "acknowledge", per_second=per_second)


def _share(size: Size, options: dict[str, object], job: Job, *, at_most: float) -> float:
    """Calls to the cart per second on the slope between two sizes, as a share of what is possible."""
    runs = []
    for orders in (size.small // 4, size.large // 5):
        with world(orders, cart=options) as there:
            result = job(there)
            runs.append((there.calls(), result.wall))
    (few, short), (many, long) = runs
    return (many - few) / (long - short) / at_most


def goods(size: Size) -> list[Figure]:
    """Products in, and a stock difference for every tenth of them, with the requests that each costs."""
    products = compare("products", our_products, floor_products, size, 1.5, make=world_of_goods, things="products")
    stock = compare("stock", our_stock, floor_stock, size, 1.5, make=world_of_goods, things="changes")
    with world_of_goods(size.large) as there:
        seen = our_products(there).counts["catalog"]["products seen"]
        per_product = there.calls() / seen
    with world_of_goods(size.large) as there:
        changes = our_stock(there).orders
        per_change = there.calls() / changes
    return [
        *products,
        *stock,
        Figure("products", "requests per product", f"{per_product:.4f}", "<= 0.011", per_product <= 0.011),
        Figure("stock", "requests per difference", f"{per_change:.3f}", "<= 1.06", per_change <= 1.06),
    ]


def levels(size: Size) -> list[Figure]:
    """All levels of a warehouse, of which one in a hundred is set at the cart: CPU, memory and requests."""
    few, many = size.small * 5, size.large * 5
    cpu = compare("levels", our_levels, floor_levels, Size(few, many, size.rounds), 1.5, make=shelves_of, things="SKUs")
    with shelves_of(few) as there:
        small = our_levels(there)
    with shelves_of(many) as there:
        ours, calls = our_levels(there), there.calls()
        pages = sum(there.truth(there.wms)["counts"].values())
    with shelves_of(many) as there:
        by_hand, needed = floor_levels(there), there.calls() + sum(there.truth(there.wms)["counts"].values())
    share, asked = ours.megabytes / by_hand.megabytes, calls + pages
    return [
        *cpu,
        Figure("levels", f"MB at {few:,} and at {many:,} SKUs", f"{small.megabytes:.0f}, {ours.megabytes:.0f}"),
        Figure("levels", "memory, ratio to the floor", f"{share:.2f}", "<= 1.5", share <= 1.5),
        Figure("levels", "requests, ours / floor", f"{asked} / {needed}", "the same", asked == needed),
    ]


def ledger(size: Size) -> list[Figure]:
    """Differences on top of a million transactions and half a million settled changes, beside an empty ledger.

    The two differ by less than the noise of a machine, which only ever adds: the least of all rounds is compared.
    """
    few, many = size.small, size.large * 2
    runs: defaultdict[tuple[str, int], list[Result]] = defaultdict(list)
    with long_ledger(many, size.large * 50) as long, long_ledger(many, 0) as empty:
        turns = [*itertools.product((("long", long), ("empty", empty)), (few, many))]
        for (past, path), products in (turns + turns[::-1]) * size.rounds:
            with shelves_of(products) as there:
                runs[past, products].append(differences(there, path))

    def least(past: str) -> float:
        small, large = (min(runs[past, products], key=lambda one: one.cpu) for products in (few, many))
        return marginal(small, large)

    def megabytes(past: str) -> float:
        return statistics.median(one.megabytes for one in runs[past, many])

    ratio, growth = least("long") / least("empty"), megabytes("long") / megabytes("empty")
    return [
        Figure("ledger", "CPU s per 1,000 SKUs, long / empty ledger", f"{least('long'):.3f} / {least('empty'):.3f}"),
        Figure("ledger", "ratio to the empty ledger", f"{ratio:.2f}", "<= 1.05", ratio <= 1.05),
        Figure("ledger", "memory, ratio to the same", f"{growth:.3f}", "<= 1.05", growth <= 1.05),
    ]


def dlt(size: Size) -> list[Figure]:
    """The peer dlt on the same ingest, where it is installed."""
    if not peers.installed("dlt"):
        return [Figure("dlt", "not installed here", "-")]
    return compare("dlt", peers.dlt_ingest, floor_ingest, Size(size.small, size.large, 1), goal=None)


CASES = {
    case.__name__: case
    for case in (ingest, road, reread, requests, memory, old_orders, latency, pace, goods, levels, ledger, dlt)
}


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("case", "what", "reached", "goal", "met")
    for one in figures:
        met = {True: "yes", False: "NO", None: ""}[one.met]
        table.add_row(one.case, one.what, one.reached, one.goal, met)
    Console().print(table)


def main() -> None:
    """Run the named cases, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one round")
    told = parser.parse_args()
    size = Size(500, 2_000, 1) if told.quick else Size(2_000, 20_000, told.rounds)
    figures: list[Figure] = []
    for name in told.cases or CASES:
        figures += CASES[name](size)
        show(figures[-3:])
    show(figures)


if __name__ == "__main__":
    main()
