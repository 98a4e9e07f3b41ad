"""What a simulated tenant knows of itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from crossdock_warehouseos.sandbox.orders.book import Order, Pieces
from crossdock_warehouseos.sandbox.stock.ledger import Transaction, summed
from crossdock_warehouseos.sandbox.stock.places import Place
from crossdock_warehouseos.sandbox.warehouse import Warehouse

_SHOWN = (
    *("number", "key", "status", "area", "carrier", "service"),
    *("batched", "batch", "packed", "verified", "lines"),
)


def truth(warehouse: Warehouse) -> dict[str, Any]:
    """Every order with what became of it, the stock, items, purchase orders, counts, and how many messages wait."""
    return {
        "orders": [_story(warehouse, order) for order in warehouse.orders.values()],
        "deletions": warehouse.book.deletions,
        "stock": _stock(warehouse),
        "items": dict(warehouse.items),
        "purchase_orders": warehouse.receiving.orders,
        "counts": warehouse.counts,
        "queue": len(warehouse.queue),
    }


def _story(warehouse: Warehouse, order: Order) -> dict[str, Any]:
    return {
        **{name: getattr(order, name) for name in _SHOWN},
        "boxes": [
            {
                "number": box.number,
                "carrier": box.carrier,
                "service": box.service,
                "tracking_number": box.tracking_number,
                "pieces": _by_line(order, box.pieces),
            }
            for box in order.boxes
        ],
        "open_boxes": {number: _by_line(order, pieces) for number, pieces in order.open_boxes.items()},
        "picking": order.picking.number if order.picking else None,
        "picks": {pick.number: _by_line(order, pick.pieces()) for pick in order.picks},
        "creates": warehouse.book.creates[order.number],
    }


def _by_line(order: Order, pieces: Pieces) -> dict[str, int]:
    """Pieces by the host's id of the line."""
    told: Counter[str] = Counter()
    for place, quantity in pieces.items():
        told[order.lines[place].host_id] += quantity
    return dict(told)


def _stock(warehouse: Warehouse) -> dict[str, Any] | None:
    """What lies where, by item and area and by item and place, and both again by the ledger alone."""
    stock = warehouse.stock
    if not stock.kept:
        return None
    sums = [(item, place, pieces) for (item, place), pieces in summed(stock.transactions).items()]
    return {
        "levels": _by_area(stock.rows()),
        "places": _by_place(stock.rows()),
        "sums": _by_area(sums),
        "place_sums": _by_place(sums),
        "transactions": len(stock.transactions),
    }


def _by_area(rows: Iterable[tuple[str, Place, int]]) -> dict[str, dict[str, int]]:
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, place, pieces in rows:
        told[item][place.area] += pieces
    return {item: dict(areas) for item, areas in told.items()}


def _by_place(rows: Iterable[tuple[str, Place, int]]) -> dict[str, dict[str, int]]:
    told: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for item, place, pieces in rows:
        told[item][str(place)] = pieces
    return dict(told)


def ledger(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Every transaction, oldest first."""
    return [_told(booked) for booked in warehouse.stock.transactions]


def _told(booked: Transaction) -> dict[str, Any]:
    return {
        "id": booked.id,
        "kind": booked.kind,
        "item": booked.item,
        "quantity": booked.quantity,
        "origin": str(booked.origin) if booked.origin else None,
        "destination": str(booked.destination) if booked.destination else None,
        "reason": booked.reason,
        "order_number": booked.order_number,
        "user": booked.user,
        "at": booked.at,
    }
