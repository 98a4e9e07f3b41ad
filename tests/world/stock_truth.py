"""What a cart should have for sale, by the truth of both simulators alone: no word of crossdock's is believed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from world.floor_trade import GOODS
from world.operator import World
from world.sales import BUNDLES
from world.stock_ways import CENTER_OF, StockWay

Pieces = Counter[tuple[str, int]]
"""By SKU and centre."""
Levels = Mapping[tuple[str, int], int]


CLOSED = ("Complete", "Canceled")


class Truth:
    """What there is at both ends at one moment, and which buyers wait for it; `is_heard`: the warehouse has nothing to
    tell that was not taken from it."""

    def __init__(self, world: World, way: StockWay) -> None:
        self._way, self._cart, warehouse = way, world.cart.truth()["orders"], world.warehouse.truth()
        self._lying, self._picked = _lying(warehouse), _picked(warehouse)
        self.is_heard = not warehouse["queue"]

    def wanted(self) -> Levels:
        """What the cart should have for sale of every product at every centre that it is told of."""
        return self._levels(self._less_wanted(self._lying))

    def put_back_since(self, before: "Truth") -> Pieces:
        """What had been picked for an order then, and is not any more."""
        pieces = Pieces()
        for id, then in before._picked.items():
            pieces += then - self._picked.get(id, Pieces())
        return pieces

    def shelves(self, unheard: Pieces) -> Levels:
        """What the cart could be told at most: all that lies there, and what is in work and counts as lying there.

        What was put back and is `unheard` of yet counts as both.
        """
        lying = self._lying + unheard
        for id, told in self._cart.items():
            lying += +self._in_work(id, told)
        return self._levels(lying)

    def free(self, unheard: Pieces) -> Levels:
        """What may be sold at most: what no buyer waits for, and what is `unheard` of or was ever cancelled.

        Of what it keeps for buyers, the cart tells the sum over all centres: an order that was cancelled unheard may
        hide a new one of another centre.
        """
        return self._levels(self._less_wanted(self._lying + unheard + self._cancelled()))

    def written_off(self) -> set[str]:
        """What the cart took off its stock because it was cancelled: nobody has said that it still lies there."""
        return {sku for (sku, _), pieces in self._cancelled(restocked=False).items() if pieces}

    def _cancelled(self, *, restocked: bool = True) -> Pieces:
        """All pieces that were ever cancelled, at each centre; without those that are for sale again, if wanted."""
        found = Pieces()
        for told in self._cart.values():
            for one in told["adjustments"]:
                if one["kind"] == "Cancellation" and (restocked or not one["restock"]):
                    for sku, each in _parts(told["lines"][str(one["line"])]["sku"]):
                        found.update({(sku, center): one["units"] * each for center in self._way.centers})
        return found

    def _less_wanted(self, lying: Pieces) -> Pieces:
        left = lying.copy()
        for id, told in self._cart.items():
            for place, pieces in self._still_wanted(id, told):
                left[place] -= pieces
        return left

    def _still_wanted(self, id: str, told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int], int]]:
        """Pieces that have to be picked for an order; less than none where the cart believes too many to be gone."""
        waiting, done = _waiting(told), self._in_work(id, told)
        yield from (
            (place, waiting[place] - min(done[place], waiting[place])) for place in waiting.keys() | done.keys()
        )

    def _in_work(self, id: str, told: Mapping[str, Any]) -> Pieces:
        """What was picked for an order, less what the cart knows to have left."""
        done, left = Pieces(self._picked.get(id)), _pieces(told, _has_left)
        done.subtract(left)
        return done

    def _levels(self, pieces: Pieces) -> Levels:
        way, told = self._way, self._way.told
        buffer, least = told.get("buffer", 0), max(told.get("minimum", 0), 1)

        def level(sku: str, center: int) -> int:
            number = pieces[sku, center] - buffer
            return number if number >= least else 0

        goods = {(sku, center): level(sku, center) for sku in GOODS for center in way.centers}
        return goods | {
            (name, center): min(level(part.sku, center) // part.quantity for part in BUNDLES[name])
            for name in way.names
            for center in way.centers
        }


def for_sale(world: World, way: StockWay) -> Levels:
    """What the cart has for sale."""
    stock = {name: world.cart.available(name) for name in (*GOODS, *way.names)}
    return {(name, center): stock[name].get(center, 0) for name in stock for center in way.centers}


def gap(wanted: int, has: int) -> int:
    """What the cart would have to be told; where nothing may be sold, it may be as short as it likes."""
    return 0 if wanted <= 0 and has <= 0 else wanted - has


def _lying(warehouse: Mapping[str, Any]) -> Pieces:
    """What lies in the warehouse by centre."""
    found = Pieces()
    for sku, areas in warehouse["stock"]["levels"].items():
        for area, pieces in areas.items():
            if area in CENTER_OF:
                found[sku, CENTER_OF[area]] += pieces
    return found


def _picked(warehouse: Mapping[str, Any]) -> Mapping[str, Pieces]:
    """Pieces by order of the cart that left their places for it, and no more than was asked for."""
    found: dict[str, Pieces] = {}
    for order in warehouse["orders"]:
        if order["key"]:
            _, id, _ = order["key"].split(":")
            for line in order["lines"]:
                place = line["item"], CENTER_OF[order["area"]]
                found.setdefault(id, Pieces())[place] += min(line["picked"], line["requested"])
    return found


def _waiting(told: Mapping[str, Any]) -> Pieces:
    return _pieces(told, lambda part: part["delivery"] not in CLOSED and told["checkout"] != "Disabled")


def _has_left(part: Mapping[str, Any]) -> bool:
    return bool(part["delivery"] == "Complete")


def _pieces(told: Mapping[str, Any], counts: Callable[[Mapping[str, Any]], bool]) -> Pieces:
    found = Pieces()
    for part in told["fulfillments"].values():
        for line, units in part["items"].items() if counts(part) else ():
            for sku, each in _parts(told["lines"][line]["sku"]):
                found[sku, part["distribution_center"]] += units * each
    return found


def _parts(sku: str) -> Iterator[tuple[str, int]]:
    if sku not in BUNDLES:
        yield sku, 1
    for part in BUNDLES.get(sku, ()):
        yield part.sku, part.quantity
