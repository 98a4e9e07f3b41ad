"""Stock changes as lines: for people, for spreadsheets, for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from crossdock.domain import StockChange
    from crossdock.store.goods import StockView


@dataclass(frozen=True, slots=True)
class StockLine:
    """One stock change and what became of it; `change` in words, `quantities` by distribution centre."""

    id: int
    pipeline: str
    connection: str
    sku: str
    meaning: str
    quantities: dict[str, int]
    change: str
    key: str
    reason: str
    state: str
    attempts: int
    created_at: "datetime"
    due_at: "datetime | None"
    sent_at: "datetime | None"
    settled_at: "datetime | None"
    error: str


def line_of(one: "StockView") -> StockLine:
    """A stock change, flat."""
    change = one.change
    return StockLine(
        id=one.id,
        pipeline=one.pipeline,
        connection=one.connection,
        sku=change.item.sku,
        meaning=change.meaning.value,
        quantities={part.distribution_center: part.quantity for part in change.centers},
        change=what(change),
        key=change.key,
        reason=change.reason,
        state=one.state,
        attempts=one.attempts,
        created_at=one.created_at,
        due_at=one.due_at,
        sent_at=one.sent_at,
        settled_at=one.settled_at,
        error=one.error,
    )


def listed(found: "Sequence[StockView]") -> "Table":
    """Stock changes as a table for people."""
    from rich.markup import escape

    from crossdock.cli.screen import colored, day_and_minute, open_table

    table = open_table(
        "promised (UTC)",
        "SKU",
        "change",
        "state",
        "settled (UTC)",
        "key and reason, or why it is not done",
        sentences=True,
    )
    for one in found:
        change = one.change
        reason = change.reason if change.reason and not change.key.startswith(change.reason) else ""
        why = one.error or " ".join(filter(None, (change.key, reason)))
        table.add_row(
            day_and_minute(one.created_at),
            escape(change.item.sku),
            what(change),
            colored(one.state),
            day_and_minute(one.settled_at),
            escape(why),
        )
    return table


def what(change: "StockChange") -> str:
    """A change in a few words: `+3 at 0, -3 at -2` or `on hand 5 at 0`."""
    from crossdock.domain import StockMeaning

    if change.meaning is StockMeaning.DIFFERENCE:
        return ", ".join(f"{one.quantity:+d} at {one.distribution_center}" for one in change.centers)
    levels = ", ".join(f"{one.quantity} at {one.distribution_center}" for one in change.centers)
    return f"{change.meaning.replace('_', ' ')} {levels}"
