"""What lines are known by in WarehouseOS, of an order and of goods that are expected; pure."""

from collections import Counter
from collections.abc import Sequence

from crossdock.domain import ExpectedLine, RequestLine

Line = RequestLine | ExpectedLine


def without_sku(lines: Sequence[Line]) -> list[str]:
    """Which lines have no SKU, a sentence for each."""
    return [f"line {line.id or place} has no SKU" for place, line in enumerate(lines, 1) if not line.sku.strip()]


def without_own_id(lines: Sequence[Line]) -> list[str]:
    """Which lines have no id, and which share one, a sentence for each."""
    counts = Counter(line.id for line in lines if line.id.strip())
    shared = [f"{times} lines have the id '{id_}'" for id_, times in counts.items() if times > 1]
    return shared + [
        f"line {place} ({line.sku}) has no id" for place, line in enumerate(lines, 1) if not line.id.strip()
    ]
