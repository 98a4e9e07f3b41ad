"""Both ends asked for their own account of what happened, and whether the two agree; pure.

Nothing here uses crossdock's store or its rules: a mistake in them must not hide itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Truth = Mapping[str, Any]
"""What `GET /_truth` of a simulator says."""
Lines = Mapping[tuple[str, str], int]
"""Units per (order of the cart, line)."""


@dataclass(frozen=True)
class Finding:
    """One thing that must be so, and the first few places where it is not."""

    sentence: str
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return not self.wrong


def compare(cart: Truth, warehouse: Truth) -> Sequence[Finding]:
    """Everything that both ends must agree on once the pipeline is at rest."""
    orders = [_Released.of(order) for order in warehouse["orders"]]
    return [
        _created_once(warehouse, orders),
        _marked(cart, orders),
        _asked_for(cart, orders),
        _reported_once(cart, orders),
        _same_quantities(cart, orders),
    ]


def unchanged(before: tuple[Truth, Truth], after: tuple[Truth, Truth]) -> Finding:
    """Running it again must do nothing at either end."""
    wrong = [
        f"{where} {what}"
        for where, old, new in zip(("cart: order", "warehouse: order"), before, after, strict=True)
        for what in _changed(_by_number(old["orders"]), _by_number(new["orders"]))
    ]
    return Finding("a second run changes nothing at either end", tuple(wrong[:3]))


@dataclass(frozen=True)
class _Released:
    """One order of the warehouse, and which order of the cart it stands for."""

    number: str
    key: str
    order: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "_Released":
        """As the warehouse tells it; our key there is `pipeline:order:distribution centre`."""
        key = str(document["key"])
        return cls(document["number"], key, key.split(":")[1] if key.count(":") == 2 else "", document)

    def units(self, count: str) -> Lines:
        """Whole units per order line; of a bundle as many as all of its components make.

        The simulated cart sells no bundle without a component of which it holds a single piece.
        """
        parts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for line in self.document["lines"]:
            parts[line["host_id"].partition(".")[0]].append((line["requested"], min(line[count], line["requested"])))
        return {(self.order, line): _whole(pieces) for line, pieces in parts.items()}


def _whole(pieces: Sequence[tuple[int, int]]) -> int:
    asked = min(requested for requested, _ in pieces)
    return min(done // (requested // asked) for requested, done in pieces)


def _sum(lines: Iterable[Lines]) -> Counter[tuple[str, str]]:
    total: Counter[tuple[str, str]] = Counter()
    for one in lines:
        total.update(one)
    return total


def _created_once(warehouse: Truth, orders: Sequence[_Released]) -> Finding:
    twice = [order["number"] for order in warehouse["orders"] if order["creates"] != 1]
    keys = Counter(order.key for order in orders)
    shared = [key for key, number in keys.items() if number > 1 or not key]
    return _finding(f"{len(orders):,} orders are in the warehouse, each exactly once", [*twice, *shared])


def _marked(cart: Truth, orders: Sequence[_Released]) -> Finding:
    released = {order.order for order in orders}
    marked = {id_ for id_, order in cart["orders"].items() if order["exported_for"]}
    sentence = f"{len(marked):,} orders are marked as taken in the cart: those in the warehouse and no other"
    return _finding(sentence, released ^ marked)


def _asked_for(cart: Truth, orders: Sequence[_Released]) -> Finding:
    """What was not with somebody else from the start is what the warehouse was asked for."""
    asked, told = _sum(order.units("requested") for order in orders), _told(cart)
    sold = {
        (id_, line): row["ordered"] - (row["shipped"] - told[id_, line])
        for id_ in {order.order for order in orders} & cart["orders"].keys()
        for line, row in cart["orders"][id_]["lines"].items()
    }
    return _finding(f"{sum(asked.values()):,} units were asked for: what was sold", _differences(asked, sold))


def _reported_once(cart: Truth, orders: Sequence[_Released]) -> Finding:
    boxes = {(order.order, box["tracking_number"]) for order in orders for box in order.document["boxes"]}
    reported = Counter((id_, ship["tracking"]) for id_, order in cart["orders"].items() for ship in order["ships"])
    wrong = [" ".join(box) for box, times in reported.items() if times > 1 or box not in boxes]
    silent = len(boxes) - len(reported)
    rest = f" ({silent:,} more complete no unit)" if silent else ""
    return _finding(f"{len(reported):,} packages are reported to the cart, each exactly once{rest}", wrong)


def _same_quantities(cart: Truth, orders: Sequence[_Released]) -> Finding:
    packed, told = _sum(order.units("packed") for order in orders), _told(cart)
    sentence = f"{sum(told.values()):,} units are shipped in the cart: what was packed, whole bundles, nothing over"
    return _finding(sentence, _differences(packed, told))


def _told(cart: Truth) -> Counter[tuple[str, str]]:
    """What the cart was told was shipped."""
    ships = ((id_, ship) for id_, order in cart["orders"].items() for ship in order["ships"])
    return _sum({(id_, line): number for line, number in ship["items"].items()} for id_, ship in ships)


def _differences(left: Lines, right: Lines) -> list[str]:
    places = sorted(left.keys() | right.keys())
    return [
        f"order {place[0]} line {place[1]}: {left.get(place, 0)} and {right.get(place, 0)}"
        for place in places
        if left.get(place, 0) != right.get(place, 0)
    ]


def _finding(sentence: str, wrong: Iterable[str]) -> Finding:
    return Finding(sentence, tuple(sorted(wrong)[:3]))


def _by_number(orders: Any) -> Mapping[str, Any]:
    return orders if isinstance(orders, Mapping) else {order["number"]: order for order in orders}


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [number for number in old.keys() | new.keys() if old.get(number) != new.get(number)]
