"""What crosses the border between a plugin and the engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from crossdock.domain import LabelFormat, ShippingRate
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Unavailable, Unreadable

Cursor = str
"""An opaque place in a remote list: made by the plugin, kept by the engine, never read by it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One raw item exactly as the remote system gave it; `id` is its key there, `data` its bytes (JSON).

    `marked` is what the list that it stood in tells beside it: whether the order bears our mark that we have it (None:
    the list does not tell).
    """

    id: str
    data: bytes
    marked: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a list.

    `cursor` leads to the next page while `more` is true. `checkpoint` is where a NEW run must begin so that nothing
    is missed; it is stored in the same transaction as the records. A list that cannot be entered in the middle keeps
    the same checkpoint on every page and moves it on the last one. `wait` is how many seconds the remote system wants
    before the next page is asked for, because it still prepares it.
    """

    records: tuple[Record, ...]
    cursor: Cursor | None = None
    more: bool = False
    checkpoint: Cursor | None = None
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The remote system has it; `ref` is its own id for it, `note` anything worth a line in the order's story."""

    ref: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrderField:
    """One field that a warehouse's orders have for what an operator maps.

    `name` is `notes`, `tags`, `source`, `area` or `custom_fields.NAME`, or a pattern (`*`, `?`, `[1-9]`), before which
    the exact name counts. `max_length` is how many characters it takes, None where that is not known. `refused` says
    why nothing can be put there.
    """

    name: str
    max_length: int | None = None
    required: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What became of the wish that a warehouse forgets an order: it is gone, or it is locked because work has begun.

    `words` say how far the work is, as the warehouse puts it.
    """

    gone: bool
    words: str = ""


class AnswerState(StrEnum):
    """Whether somebody behind the remote system has accepted what that system accepted."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """What a marketplace made of something that the cart passed on; `words` are the cart's own."""

    state: AnswerState
    words: str = ""


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """What became of one product, or of its stock: the sink's own id for it, or the error that it met.

    `left_out`: the sink has no place for such a product (a parent, say), and was told nothing of it.
    """

    external_id: str = ""
    error: CrossdockError | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class LabelDraft:
    """A label that a provider keeps under our key; `ref` is its own id of the draft.

    `rates` are what it may be bought for, `words` what carriers said that made no offer. `bought` is the raw parcel
    as soon as it was bought.
    """

    ref: str
    rates: tuple[ShippingRate, ...] = ()
    words: tuple[str, ...] = ()
    bought: Record | None = None


@dataclass(frozen=True, slots=True)
class LabelFile:
    """What a label is printed from, as the provider gave it."""

    content: bytes
    format: LabelFormat


_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What Python raises over a document that is not of the expected shape."""


@contextmanager
def reading(what: str, record: Record | None = None, *, written: bool = False) -> Iterator[None]:
    """Whatever a document makes Python raise within the block becomes the error that follows: what, which part and why.

    Of a record that is `Unreadable`, of an answer `Unavailable`, of the answer to a write (`written`) `OutcomeUnknown`.
    Nothing is quoted but names of fields.
    """
    try:
        yield
    except _NONSENSE as nonsense:
        if record is not None:
            raise Unreadable(f"{what} {record.id}: {_fault(nonsense)}") from None
        follows = OutcomeUnknown if written else Unavailable
        raise follows(f"{what} is not what was asked for: {_fault(nonsense)}") from None


def _fault(nonsense: Exception) -> str:
    from pydantic import ValidationError  # what only reads the contract need not pay for it

    if isinstance(nonsense, ValidationError):
        fault = nonsense.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}"
    if isinstance(nonsense, KeyError):
        return f"{nonsense!s:.80} is missing, or not known"
    return f"not as expected ({type(nonsense).__name__})"
