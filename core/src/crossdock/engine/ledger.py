"""The ledger: what was promised to which system, and what became of it.

    due -> sent -> done
             |---> in_doubt -> (look-up) -> done | due
             |---> due         (nothing was done; again later)
             |---> rejected    (a person must act)
    done -> withdrawn          (the warehouse forgot it; planned anew, it is looked up and sent)
    held -> due                (a person or a rule releases it)
    due -> replaced            (a stock level that was never tried: a newer one takes its place)

A promise is written down before its first attempt. A crash leaves `sent` rows: nobody knows what became of them, so the
next run calls them in doubt and looks them up before it sends anything again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is promised."""

    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    ADJUST = "adjust"
    STOCK = "stock"
    WITHDRAW = "withdraw"
    NOTIFY = "notify"
    LABEL = "label"
    VOID = "void"


KIND_OF_FLOW = {kind.value: kind for kind in Kind if kind is not Kind.WITHDRAW} | {"amend": Kind.WITHDRAW}
"""The promises that a flow keeps; the other flows make none."""


class PromiseState(StrEnum):
    """What became of a promise."""

    DUE = "due"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


UNFINISHED = (PromiseState.DUE, PromiseState.SENT, PromiseState.IN_DOUBT)
GONE = (PromiseState.REJECTED.value, PromiseState.WITHDRAWN.value)
"""What became of a release that is not with the warehouse, as far as is known."""


@dataclass(frozen=True, slots=True)
class NewPromise:
    """A promise to be written; `key` is unique per connection and kind, `document` the JSON of what is to be sent.

    `closes`: with it, nothing of the order is left open.
    """

    kind: Kind
    connection: str
    order_id: int
    key: str
    document: bytes
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise in the hands of a run; its state is `sent`, or `in_doubt` when it must be looked up first."""

    id: int
    kind: Kind
    order_id: int
    order_external_id: str
    key: str
    document: bytes
    attempts: int
    state: PromiseState


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one attempt; `due_at` is when a promise that is not finished is looked at again."""

    promise: Promise
    state: PromiseState
    ref: str = ""
    error: str = ""
    due_at: datetime | None = None
    counts: bool = True
    """Whether it counts as an attempt: a promise handed back unsent does not."""
    follow_at: datetime | None = None
    """When to ask what the marketplace made of it."""
    found: bool = False
    """Whether a look-up found it there, so that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Notices:
    """Who is promised to hear of orders that the warehouse has: a connection, of orders of some sites."""

    connection: str
    tells: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Followed:
    """A promise that was kept, and that a marketplace has not answered yet."""

    id: int
    kind: Kind
    order_id: int
    key: str
    document: bytes
    kept_at: datetime


SILENT = "silent"
"""The answer of a marketplace that never gave one."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a marketplace made of a kept promise; `follow_at` is when to ask again (None: that was its last word)."""

    promise: Followed
    answer: str
    words: str
    follow_at: datetime | None
