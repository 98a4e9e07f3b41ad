"""Whether no unit was lost or invented between a warehouse's ledger and a cart's stock."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossdock.domain import StockChange
from crossdock.store import NothingToRetry
from world.operator import World

Pieces = Counter[tuple[str, int]]
"""By SKU and centre."""
ENDED = ("rejected", "replaced")
"""States of stock changes that nobody sends any more, unless a person asks for it."""


def moved_by_others(world: World, centers: Mapping[str, str]) -> Pieces:
    """What the ledger of the warehouse says by centre, without the stock at the start and the cart's own orders."""
    sums = Pieces()
    for line in world.warehouse.ask("/_truth?ledger=1")["ledger"]:
        if line["reason"] == "INITIAL" or line["order_number"].startswith("O-"):
            continue
        for side, sign in (("origin", -1), ("destination", 1)):
            center = centers.get((line[side] or "").partition("/")[0])
            if center:
                sums[line["item"], int(center)] += sign * line["quantity"]
    return sums


def told_to_cart(world: World, skus: Sequence[str]) -> Pieces:
    """What the cart was told of, by SKU and centre."""
    sums = Pieces()
    for sku in skus:
        for center, kind, number in world.cart.updates(sku):
            assert kind == "Relative", f"{sku} was set at {center}: {kind} {number}"
            sums[sku, center] += number
    return sums


def lost_or_invented(world: World, skus: Sequence[str], centers: Mapping[str, str]) -> Iterator[str]:
    """Every SKU and centre at which the cart was not told of what happened in the warehouse."""
    moved, told = moved_by_others(world, centers), told_to_cart(world, skus)
    for sku, center in sorted(moved.keys() | told.keys()):
        if moved[sku, center] != told[sku, center]:
            there, here = moved[sku, center], told[sku, center]
            yield f"{sku} at {center}: {there:+d} in the warehouse's ledger, the cart was told of {here:+d}"


def not_the_sum(world: World) -> Iterator[str]:
    """The levels of the warehouse that its ledger does not add up to."""
    stock: dict[str, Any] = world.warehouse.truth()["stock"]
    for what, sums in (("levels", "sums"), ("places", "place_sums")):
        if (there := _filled(stock[what])) != (by_ledger := _filled(stock[sums])):
            yield f"the {what} are {there}, by the ledger {by_ledger}"


def _filled(levels: Mapping[str, Mapping[str, int]]) -> dict[tuple[str, str], int]:
    return {(item, place): n for item, here in levels.items() for place, n in here.items() if n}


def decide_on_stock(world: World, arrived: set[str]) -> str:
    """What a person does with changes of which nobody can tell whether they happened: look at the cart, have those
    sent that are not there, and settle the others, whose keys come to `arrived`.
    """
    changes = {row["key"]: StockChange.model_validate_json(row["document"]) for row in world.books.promises("stock")}
    open_now = [key for kind, key, state in world.books.unfinished() if kind == "stock" and state not in ENDED]
    under_way = {changes[key].item.sku for key in open_now}
    words = []
    for row in world.books.problems().get("stock_refused", ()):
        change = changes[row["subject"]]
        if change.item.sku in under_way:
            continue
        if came := _is_there(world, change, changes, arrived):
            arrived.add(change.key)
            world.desk.resolves(row["id"], "it is in the cart's levels")
        else:
            _send_again(world, row["id"])
        words.append(f"{change.key} {'arrived' if came else 'did not arrive'}")
        under_way.add(change.item.sku)
    return ", ".join(words) or "nothing to decide"


def _send_again(world: World, problem_id: int) -> None:
    """What was set since is right without it: to send it then would undo that, and is refused."""
    try:
        world.desk.retries(problem_id)
    except NothingToRetry as overtaken:
        world.desk.resolves(problem_id, str(overtaken))


def _is_there(world: World, change: StockChange, changes: Mapping[str, StockChange], arrived: set[str]) -> bool:
    """Whether the cart has more such updates than are accounted for."""
    states = {row["key"]: row["state"] for row in world.books.promises("stock")}
    known = [one for key, one in changes.items() if states[key] == "done" or key in arrived]
    accounted = Counter(pair for one in known if one.item.sku == change.item.sku for pair in _numbers(one))
    there = Counter((center, number) for center, _, number in world.cart.updates(change.item.sku))
    return all(there[pair] > accounted[pair] for pair in _numbers(change))


def _numbers(change: StockChange) -> list[tuple[int, int]]:
    return [(int(one.distribution_center), one.quantity) for one in change.centers]
