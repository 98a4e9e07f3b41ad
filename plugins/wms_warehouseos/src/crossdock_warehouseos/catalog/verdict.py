"""What the answer to a write of several items says of each; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from crossdock import error_text
from crossdock_warehouseos.answers import fields
from crossdock_warehouseos.profile import AnswerNames, ItemNames


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a call: the items that were refused, by number and with the reason; `taken`: all others were.

    Without `taken` nothing is known of the others. `words` are those of the whole answer.
    """

    taken: bool
    refused: Mapping[str, str]
    words: str


def verdict_of(
    status: int, body: bytes, numbers: Collection[str], names: ItemNames, answer: AnswerNames
) -> Verdict | None:
    """What an answer says of the items with these numbers; None when it says nothing that can be understood."""
    told = fields(body)
    if told is None:
        return None if status < 300 else Verdict(taken=False, refused={}, words=error_text(body))
    listed = told.get(names.refused) or []
    entries = listed if isinstance(listed, list) else [listed]
    refused = {
        number: words
        for entry in entries
        if (number := _number(entry, numbers, names)) and (words := _words(entry, answer))
    }
    success = status < 300 and told.get(answer.success) is not False
    return Verdict(success and len(refused) == len(entries), refused, error_text(told.get(answer.message) or body))


def _number(entry: Any, numbers: Collection[str], names: ItemNames) -> str:
    """The item that an entry of the list of refusals is about; one item alone is what all entries are about."""
    if len(numbers) == 1:
        return next(iter(numbers))
    number = str(entry.get(names.number, "")) if isinstance(entry, dict) else ""
    return number if number in numbers else ""


def _words(entry: Any, answer: AnswerNames) -> str:
    said = entry.get(answer.message) if isinstance(entry, dict) else None
    return error_text(str(said or entry)) if entry else ""
