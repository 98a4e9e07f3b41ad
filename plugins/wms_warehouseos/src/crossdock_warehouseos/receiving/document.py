"""A purchase order as the document that WarehouseOS takes, and how it compares with what stands there; pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Annotated, Any, NamedTuple

import msgspec
from pydantic import WrapValidator

from crossdock import Rejected
from crossdock.domain import ExpectedLine, PurchaseOrder
from crossdock_warehouseos.lines import without_own_id, without_sku
from crossdock_warehouseos.models import Filled, Moment, Pieces, Told, if_readable, renamed
from crossdock_warehouseos.profile import Profile
from crossdock_warehouseos.work.facts import moment


class LineKey(NamedTuple):
    """By what WarehouseOS knows a line again: item number and HostId (documented)."""

    item: str
    host_id: str


class LineFound(Told):
    """A line that stands in WarehouseOS."""

    item: Filled
    host_id: str | None = None
    expected: Pieces

    @property
    def key(self) -> LineKey:
        """What the line is known by."""
        return LineKey(self.item, self.host_id or "")


class PurchaseOrderFound(Told):
    """A purchase order that stands in WarehouseOS."""

    number: str
    supplier: str | None = None
    area: str | None = None
    expected_at: Annotated[Moment | None, WrapValidator(if_readable)] = None
    notes: str | None = None
    lines: tuple[LineFound, ...] | None = None


def found_model(profile: Profile) -> type[PurchaseOrderFound]:
    """A purchase order under the tenant's names."""
    line = renamed(LineFound, profile.purchase_order_line.model_dump())
    lines = (tuple[line, ...] | None, None)  # type: ignore[valid-type]
    return renamed(PurchaseOrderFound, profile.purchase_order.model_dump(), lines=lines)


def key_of(line: ExpectedLine) -> LineKey:
    """What a line of ours is known by in WarehouseOS."""
    return LineKey(line.sku, line.id)


def require_clear(order: PurchaseOrder) -> None:
    """Raise `Rejected` where WarehouseOS has nothing to know the order by, or could not tell its lines apart."""
    if not order.number.strip():
        raise Rejected("a purchase order has no number, and WarehouseOS knows it by nothing else")
    if reasons := without_sku(order.lines) + without_own_id(order.lines):
        raise Rejected(f"purchase order {order.number}: {'; '.join(reasons)}")


class PurchaseOrderWriter:
    """Writes purchase orders under a tenant's field names; fields without content are left out."""

    def __init__(self, profile: Profile) -> None:
        self._names = profile.purchase_order
        self._line_names = profile.purchase_order_line

    def document(self, order: PurchaseOrder, standing: PurchaseOrderFound | None) -> bytes | None:
        """The whole order as JSON, or None if there is no line to tell of.

        A line that is expected 0 times is told only where it stands already.
        """
        there = {line.key for line in (standing.lines if standing else None) or ()}
        lines = [self._line(line) for line in order.lines if line.quantity or key_of(line) in there]
        if not lines:
            return None
        names = self._names
        head: dict[str, Any] = {
            names.number: order.number,
            names.supplier: order.supplier,
            names.area: order.area,
            names.expected_at: order.expected_at,
            names.notes: order.notes,
        }
        return msgspec.json.encode({**{name: value for name, value in head.items() if value}, names.lines: lines})

    def _line(self, line: ExpectedLine) -> dict[str, str | int]:
        names = self._line_names
        return {names.host_id: line.id, names.item: line.sku, names.expected: line.quantity}


def differences(order: PurchaseOrder, standing: PurchaseOrderFound | None) -> list[str]:
    """What WarehouseOS expects otherwise than we do, a sentence for each line of ours; its own lines count for nothing.

    A line of ours that stands there twice is expected twice.
    """
    found = _expected((standing.lines if standing else None) or ())
    return [
        f"of {line.sku} (line {line.id}) we expect {line.quantity}, and WarehouseOS {_said(found.get(key_of(line)))}"
        for line in order.lines
        if sum(found.get(key_of(line), ())) != line.quantity
    ]


def head_differences(order: PurchaseOrder, standing: PurchaseOrderFound | None) -> list[str]:
    """What stands there otherwise than we would have it, besides the lines; nothing of ours that is empty counts."""
    if standing is None:
        return []
    texts = {name: getattr(order, name) for name in ("supplier", "area", "notes")}
    differing = [name for name, value in texts.items() if value and getattr(standing, name) != value]
    stands_at = moment(standing.expected_at, UTC) if standing.expected_at else None
    if order.expected_at is not None and stands_at != order.expected_at:
        differing.append("date")
    return [f"its {name} is another one" for name in differing]


def left_alone(order: PurchaseOrder, standing: PurchaseOrderFound) -> list[LineKey]:
    """The lines that stand there and are not ours: added by the warehouse, or by us before a line got another SKU."""
    ours = {key_of(line) for line in order.lines}
    return [line.key for line in standing.lines or () if line.key not in ours]


def _expected(lines: Sequence[LineFound]) -> Mapping[LineKey, list[int]]:
    found: dict[LineKey, list[int]] = {}
    for line in lines:
        found.setdefault(line.key, []).append(line.expected)
    return found


def _said(expected: Sequence[int] | None) -> str:
    return "does not have the line" if not expected else " and ".join(map(str, expected))
