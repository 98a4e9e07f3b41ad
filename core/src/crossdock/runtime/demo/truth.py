"""Every system asked for its own account of what happened, and whether they agree; pure.

Nothing here uses crossdock's store or its rules: a mistake in them must not hide itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Truth = Mapping[str, Any]
"""What `GET /_truth` of a simulator says."""
Lines = Mapping[tuple[str, str], int]
"""Units per (order of the cart, line)."""


@dataclass(frozen=True)
class Truths:
    """What all three know of themselves."""

    cart: Truth
    warehouse: Truth
    shipping: Truth


@dataclass(frozen=True)
class Finding:
    """One thing that must be so, and the first few places where it is not."""

    sentence: str
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return not self.wrong


def compare(told: Truths) -> Sequence[Finding]:
    """Everything that all of them must agree on once the pipeline is at rest."""
    cart, orders = told.cart, [_Released.of(order) for order in told.warehouse["orders"]]
    boxes, labels = boxes_of(told.warehouse), labels_of(told.shipping)
    return [
        _created_once(told.warehouse, orders),
        _marked(cart, orders),
        _asked_for(cart, orders),
        _tracked(boxes, labels),
        _sold_once(labels),
        _reported_once(cart, boxes, labels),
        _same_quantities(cart, orders),
    ]


def unchanged(before: Truths, after: Truths) -> Finding:
    """Running it again must do nothing anywhere."""
    wrong = [
        *(f"cart: order {number}" for number in _changed(before.cart["orders"], after.cart["orders"])),
        *(f"warehouse: order {number}" for number in _changed(_by_number(before), _by_number(after))),
        *(f"shipping system: label {id}" for id in _changed(before.shipping["shipments"], after.shipping["shipments"])),
    ]
    return Finding("a second run changes nothing in any of the three", tuple(wrong[:3]))


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


@dataclass(frozen=True)
class Box:
    """One closed box of the warehouse: of which of its orders, for which order of the cart, and how it travels."""

    number: str
    order: str
    name: str
    carrier: str
    service: str
    tracking_number: str

    @property
    def key(self) -> str:
        """What the shipping system can know it by."""
        return f"{self.number}/{self.name}"


@dataclass(frozen=True)
class Label:
    """One label that a carrier sold: to us, or to a person."""

    tracking_number: str
    ours: bool


def boxes_of(warehouse: Truth) -> Sequence[Box]:
    """Every closed box, as the warehouse tells it."""
    return [
        Box(
            order.number, order.order, *(str(box[part]) for part in ("number", "carrier", "service", "tracking_number"))
        )
        for order in map(_Released.of, warehouse["orders"])
        for box in order.document["boxes"]
    ]


def labels_of(shipping: Truth) -> Mapping[str, Sequence[Label]]:
    """Every label that was sold, as the shipping system tells it, by the key of its box."""
    labels: dict[str, list[Label]] = defaultdict(list)
    for sold in shipping["labels"]:
        box = sold["box"].rpartition("/")[2]  # we call a box by all its numbers, people by what stands on it
        labels[f"{sold['reference']}/{box}"].append(Label(sold["tracking_number"], bool(sold["key"])))
    return labels


def boxes_without_label(warehouse: Truth, shipping: Truth) -> Sequence[Box]:
    """The boxes that have no tracking number, neither of the warehouse nor of the shipping system."""
    labels = labels_of(shipping)
    return [box for box in boxes_of(warehouse) if not box.tracking_number and box.key not in labels]


def spent(shipping: Truth) -> Mapping[str, Decimal]:
    """What the carriers took for the labels that we bought, by currency."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for sold in shipping["labels"]:
        if sold["key"]:
            total[sold["currency"]] += Decimal(sold["price"])
    return total


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


def _tracked(boxes: Sequence[Box], labels: Mapping[str, Sequence[Label]]) -> Finding:
    """Either the warehouse or the shipping system has the number of a box, and never both."""
    without = {box.key for box in boxes if not box.tracking_number}
    theirs = len(boxes) - len(without)
    sentence = f"{theirs:,} boxes have the warehouse's tracking number, {len(labels):,} the shipping system's"
    return _finding(sentence, [f"box {key}" for key in without ^ labels.keys()])


def _sold_once(labels: Mapping[str, Sequence[Label]]) -> Finding:
    """The shipping system's own word."""
    sold = [label for of_box in labels.values() for label in of_box]
    ours = sum(label.ours for label in sold)
    sentence = f"{len(sold):,} labels were sold: {len(sold) - ours:,} to people, {ours:,} to crossdock, none twice"
    return _finding(sentence, [f"box {key}: {len(of_box)}" for key, of_box in labels.items() if len(of_box) > 1])


def _reported_once(cart: Truth, boxes: Sequence[Box], labels: Mapping[str, Sequence[Label]]) -> Finding:
    numbers = {(box.order, number) for box in boxes for number in _numbers(box, labels)}
    reported = Counter((id_, ship["tracking"]) for id_, order in cart["orders"].items() for ship in order["ships"])
    wrong = [" ".join(box) for box, times in reported.items() if times > 1 or box not in numbers]
    silent = len(boxes) - len(reported)
    rest = f" ({silent:,} more complete no unit)" if silent else ""
    return _finding(f"{len(reported):,} packages are reported to the cart, each exactly once{rest}", wrong)


def _numbers(box: Box, labels: Mapping[str, Sequence[Label]]) -> Sequence[str]:
    if box.tracking_number:
        return [box.tracking_number]
    return [label.tracking_number for label in labels.get(box.key, ())]


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


def _by_number(told: Truths) -> Mapping[str, Any]:
    return {order["number"]: order for order in told.warehouse["orders"]}


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [number for number in old.keys() | new.keys() if old.get(number) != new.get(number)]
