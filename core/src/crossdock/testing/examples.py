"""Examples of what a plugin makes of records, kept beside it: who commits them has looked at them.

`NAME.examples/METHOD.json`, in the folder of the entry point's module, holds those of one method that translates:
records as they may come and the documents that are made of them, or the arguments of a method that tells something and
what is sent for them; and what is different where one thing in that, or in the settings of the connection, is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_jsonable_python

from crossdock.hooks.errors import Unreadable
from crossdock.hooks.records import Record
from crossdock.registry import installed_plugins
from crossdock.testing.evidence import home_of
from crossdock.testing.raw import dumped
from crossdock.testing.reads import Reading
from crossdock.testing.stage import Connected
from crossdock.testing.telling import Telling

REFUSED = "refused"
GONE = "(gone)"
"""Stands for what is not in a document any more."""
Leaves = Mapping[str, Any]
"""By its pointer (RFC 6901), everything in a document that holds nothing else."""


class Twist(BaseModel):
    """One thing that is different, and what is different then in the document: leaves, or `refused` with the reason.

    `at` is the pointer of what is something else in the record: `to`, or nothing at all where it is `gone`; or there
    are other `settings` on top of those of the rehearsal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str = ""
    to: Any = None
    gone: bool = False
    settings: Mapping[str, Any] = Field(default_factory=dict)
    gives: Mapping[str, Any] = Field(default_factory=dict)

    def of(self, record: Any) -> Any:
        """The record with this twist."""
        twisted = json.loads(json.dumps(record))
        if self.at:
            *above, last = self.at.removeprefix("/").split("/")
            holder = twisted
            for step in above:
                holder = holder[_step(holder, step)]
            holder[_step(holder, last)] = self.to
            if self.gone:
                del holder[_step(holder, last)]
        return twisted

    def __str__(self) -> str:
        """What is different, in one line."""
        if self.settings:
            return f"settings {json.dumps(self.settings)}"
        return f"{self.at} gone" if self.gone else f"{self.at} = {json.dumps(self.to, ensure_ascii=False)}"


class Example(BaseModel):
    """One record, what comes of it (a document, or `refused` with the reason), and its twists.

    `settings` are those of the connection on top of the rehearsal's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    record: Any
    marked: bool | None = None
    settings: Mapping[str, Any] = Field(default_factory=dict)
    gives: Any = None
    twists: tuple[Twist, ...] = ()

    def raw(self, twist: Twist | None = None) -> Record:
        """The record as it would come, twisted or not."""
        return Record(self.id, dumped(twist.of(self.record) if twist else self.record), self.marked)

    def settings_with(self, twist: Twist | None = None) -> dict[str, Any]:
        """The settings under which it is read."""
        return {**self.settings, **(twist.settings if twist else {})}


_FILE = TypeAdapter(list[Example])


def folder_of(plugin: str) -> Path:
    """Where the examples of an installed plugin are."""
    home = home_of(installed_plugins()[plugin][0].entry_point)
    assert home is not None, f"the package of {plugin} was not found"
    return home / f"{plugin}.examples"


def file_of(plugin: str, method: Reading | Telling) -> Path:
    """The file with the examples of one method that translates, whichever of the plugin's roles has it."""
    return folder_of(plugin) / f"{method.name}.json"


def kept_examples(file: Path) -> list[Example]:
    """The examples in a file; none where there is no file. Raises `ValueError` where it is no such file."""
    return _FILE.validate_json(file.read_bytes()) if file.is_file() else []


def write_examples(file: Path, examples: Sequence[Example]) -> None:
    """Write them so that a change of one twist is a change of one line."""
    file.parent.mkdir(exist_ok=True)
    file.write_text("[\n" + ",\n".join(map(_written, examples)) + "\n]\n", encoding="utf-8")


def outcome(reading: Reading, connection: Connected, record: Record) -> Any:
    """What a method makes of a record, as JSON; a refusal is `{"refused": reason}`."""
    try:
        return to_jsonable_python(reading.on(connection, record))
    except Unreadable as error:
        return {REFUSED: str(error)}


def differences(before: Any, after: Any) -> dict[str, Any]:
    """What is in `after` where it is not as in `before`, by pointer; a refusal, or nothing at all, as a whole.

    What went because something else stands in its place, or in its holder's, is not listed beside that.
    """
    if after is None:
        return {} if before is None else {"": None}
    if isinstance(after, dict) and REFUSED in after:
        return {} if before == after else after
    old, new = dict(leaves_of(before)), dict(leaves_of(after))
    holders = {holder for where in new for holder in _holders(where)}
    changed = {where: value for where, value in new.items() if where not in old or not _is_same(old[where], value)}
    gone = (where for where in old if where not in new and where not in holders)
    return changed | {where: GONE for where in gone if not any(holder in changed for holder in _holders(where))}


def _holders(pointer: str) -> Iterator[str]:
    """The pointers of everything that holds a place: of `/a/0/b` these are `/a/0`, `/a` and the whole."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def leaves_of(document: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in a document that holds nothing else, by its pointer."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    if not document or not isinstance(document, dict | list):
        yield at, document
    for step, each in inner:
        yield from leaves_of(each, f"{at}/{str(step).replace('~', '~0').replace('/', '~1')}")


def _step(holder: Any, step: str) -> str | int:
    return int(step) if isinstance(holder, list) else step.replace("~1", "/").replace("~0", "~")


def _written(example: Example) -> str:
    whole = example.model_dump(exclude={"twists"}, exclude_defaults=True) | {"gives": example.gives}
    twists = (twist.model_dump(exclude_defaults=True) for twist in example.twists)
    lines = ",\n  ".join(json.dumps(twist, ensure_ascii=False) for twist in twists)
    text = json.dumps(whole, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{text},\n "twists": [\n  {lines}\n ]\n}}' if lines else text + "\n}"
