"""Filters: which orders are taken, and which of their lines; each says why it leaves something out.

A filter compares what an expression finds with texts or patterns (`*`, `?`), upper and lower case alike; of a list, one
fitting element will do, and what is not there is the empty text. What a filter cannot work out is never taken silently.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crossdock.domain import Order, OrderLine
from crossdock.domain.document import Document
from crossdock.mapping.expressions import compiled, document_of
from crossdock.mapping.ship_methods import MOST_ANSWERS, fits

PLAIN = frozenset({"ship_to.city", "ship_to.region", "ship_to.country"})
PERSONAL = ("ship_to", "notes", "custom_fields", "attachments", "gift_message", "gift_notes", "lines.gift")
"""Where the buyer's data stands: a reason outlives it, so that it must not be in it."""
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a filter leaves something out; `doubtful`: it could not be worked out whether it fits."""

    reason: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one field; `rule`: "require" takes only what fits, "restrict" leaves out what fits."""

    field: str
    match: tuple[str, ...]
    rule: str = "require"

    def objection(self, data: Any) -> Objection | None:
        """Why it leaves out what this document shows; None when it takes it."""
        found = compiled(self.field).search(data)
        if found.flaw:
            return Objection(found.flaw, doubtful=True)
        texts = list(_texts(found.value)) or [""]
        fitting = [text for text in texts if any(_fits(pattern, text) for pattern in self.match)]
        if self.rule == "require":
            return None if fitting else Objection(f"{self._seen(texts, 'does not fit')}, required is {self._wanted}")
        return Objection(f"{self._seen(fitting, 'fits')}, left out is {self._wanted}") if fitting else None

    @property
    def _wanted(self) -> str:
        return _quoted(self.match) if len(self.match) == 1 else f"one of {_quoted(self.match)}"

    def _seen(self, texts: Sequence[str], in_short: str) -> str:
        if _is_personal(self.field):
            return f"{self.field} {in_short}"
        return f"{self.field} is {_quoted(texts) if any(texts) else 'empty'}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is not sent to the warehouse, and why."""

    line: OrderLine
    reason: str

    def __str__(self) -> str:
        return f"line {self.line.external_id} ({self.line.sku}, {self.line.quantity}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Taken:
    """An order with the lines that are taken; `doubt` says of which line it cannot be worked out."""

    order: Order
    left_out: tuple[LeftOut, ...] = ()
    doubt: str = ""


def objection_to(document: Document, filters: Sequence[Filter]) -> Objection | None:
    """What the first filter has against an order, or a line, that does not take it."""
    if not filters:
        return None
    data = document_of(document)
    return next((found for one in filters if (found := one.objection(data))), None)


def take_lines(order: Order, filters: Sequence[Filter]) -> Taken:
    """The order with the lines that every filter takes; one that cannot be worked out stays in, with the doubt."""
    if not filters:
        return Taken(order)
    found = [(line, objection) for line in order.lines if (objection := objection_to(line, filters))]
    left_out = tuple(LeftOut(line, objection.reason) for line, objection in found if not objection.doubtful)
    doubts = (f"line {line.external_id}: {objection.reason}" for line, objection in found if objection.doubtful)
    return Taken(_without(order, left_out), left_out, next(doubts, ""))


def _without(order: Order, left_out: Sequence[LeftOut]) -> Order:
    if not left_out:
        return order
    gone = {one.line.external_id for one in left_out}
    lines = tuple(line for line in order.lines if line.external_id not in gone)
    # Their places stay, as places that nothing is to leave from: an order without any is one that leaves whole.
    places = (part.model_copy(update={"shipped": True}) if part.line_id in gone else part for part in order.allocations)
    return order.model_copy(update={"lines": lines, "allocations": tuple(places)})


def _is_personal(field: str) -> bool:
    """Whether an expression can give what is the buyer's; one that looks at all of an order can."""
    reads = compiled(field).reads
    return not reads or any(name == "lines" or (name.startswith(PERSONAL) and name not in PLAIN) for name in reads)


def _texts(value: Any) -> Iterator[str]:
    """What is compared: texts as they are, numbers and yes or no as they are written; an object is none of them."""
    match value:
        case None:
            yield ""
        case bool():
            yield str(value).lower()
        case str():
            yield value
        case float() if value.is_integer():
            yield str(int(value))
        case int() | float():
            yield str(value)
        case list():
            for element in value:
                yield from _texts(element)


@lru_cache(maxsize=MOST_ANSWERS)
def _fits(pattern: str, text: str) -> bool:
    return fits(pattern, text)


def _quoted(texts: Sequence[str]) -> str:
    shown = ", ".join(f"'{text}'" for text in texts[:MOST_SHOWN])
    return f"{shown} and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else shown
