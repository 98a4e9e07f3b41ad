"""The request log: every exchange with a remote system, told to the order that it was made for."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

subject: ContextVar[int | None] = ContextVar("subject", default=None)
"""The order (its row in the store) that the current task works for; None when it works for no single order."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, redacted; `status` is None and `error` says why when no answer came."""

    connection: str
    order_id: int | None
    at: datetime
    method: str
    url: str
    status: int | None
    seconds: float
    request: bytes
    answer: bytes
    error: str


class Journal(Protocol):
    """Takes exchanges; cheap, and never waits: the entries are stored with the next transaction."""

    def note(self, exchange: Exchange) -> None:
        """Remember one exchange."""
