"""One order, and what happened to it that its document does not tell."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from crossdock_channeladvisor.sandbox.documents import ExportStatus, Order

Kind = Literal["Cancellation", "Refund"]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """So many pieces of one line that were cancelled or refunded; of no line and no pieces, if only money was."""

    line: int | None
    units: int
    kind: Kind
    source: str = "Api"
    seller_id: str | None = None
    restock: bool = False
    prevented: bool = False


@dataclass(slots=True)
class Sale:
    """An order with what happened to it; `raw` are the bytes shown in its place, if it came in as such."""

    order: Order
    raw: bytes | None = None
    exports: tuple[ExportStatus, ...] = ()
    exported_for: frozenset[str] = frozenset()
    export_calls: Counter[str] | None = None
    ships: tuple[dict[str, Any], ...] = ()
    adjusted: tuple[Adjusted, ...] = ()

    def units(self, kind: Kind, *, restocked: bool = False) -> Counter[int]:
        """How many pieces of each line were cancelled, or refunded (only those that went back into stock, if asked)."""
        units: Counter[int] = Counter()
        for entry in self.adjusted:
            if entry.kind == kind and entry.line is not None and (entry.restock or not restocked):
                units[entry.line] += entry.units
        return units
