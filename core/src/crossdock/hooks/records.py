"""What crosses the border between a plugin and the engine."""

from dataclasses import dataclass

Cursor = str
"""An opaque place in a remote list: made by the plugin, kept by the engine, never read by it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One raw item exactly as the remote system gave it; `id` is its key there, `data` its bytes (JSON)."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a list.

    `cursor` leads to the next page while `more` is true. `checkpoint` is where a NEW run must begin so that nothing
    is missed; it is stored in the same transaction as the records. A list that cannot be entered in the middle keeps
    the same checkpoint on every page and moves it on the last one.
    """

    records: tuple[Record, ...]
    cursor: Cursor | None = None
    more: bool = False
    checkpoint: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The remote system has it; `ref` is its own id for it, `note` anything worth a line in the order's story."""

    ref: str
    note: str = ""
