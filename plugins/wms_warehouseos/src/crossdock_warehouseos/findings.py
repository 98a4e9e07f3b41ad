"""What harmless reads tell about the names that were assumed of a tenant; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock_warehouseos.profile import Profile, marked_names

COMPARE = "compare it in the settings with Admin > API Docs of the tenant"
UNSEEN = "only writes, orders, host messages and fuller lists would show them"
Reply = tuple[int, bytes]
"""Status and body of an answer."""


@dataclass(frozen=True)
class Read:
    """One read of the check: an entry of `paths`, the section of the profile that its records are in, and where.

    `many`: it gives a list of records. `inside` are names within the entries of a list that is itself one of `fields`.
    `query` is the entry by which one thing is asked for, whose record has that number as `number`.
    """

    path: str
    section: str
    fields: tuple[str, ...] = ()
    inside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    many: bool = True
    query: str = ""


@dataclass(frozen=True)
class Findings:
    """Entries of the profile that were answered to, those that a record lacked, and what went wrong, in sentences."""

    answered: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    faults: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: "Findings") -> "Findings":
        """Both together; what one record lacks another may have."""
        answered = self.answered | other.answered
        lacking = (self.lacking | other.lacking) - answered
        return Findings(answered, lacking, {**self.faults, **other.faults})

    def lines(self) -> list[str]:
        """For the operator: each assumed entry stands in exactly one of these lines, or is counted in the last."""
        assumed = assumed_entries()
        groups = {
            "answered": (self.answered & assumed, ""),
            "not shown": (self.lacking & assumed, " (nothing has such a value, or its name is another)"),
        }
        lines = [f"{what}: {listed(entries)}{why}" for what, (entries, why) in groups.items() if entries]
        lines += [f"no answer: {entry} {fault}" for entry, fault in self.faults.items()]
        unseen = len(assumed - self.answered - self.lacking - self.faults.keys())
        return [*lines, f"not tried: {unseen} assumed names; {UNSEEN}"]


def assumed_entries() -> frozenset[str]:
    """Every entry of the shipped profile that stands on no public page, as `section.key`."""
    return frozenset(
        f"{section}.{key}"
        for section, names in marked_names().items()
        for key, (_, mark) in names.items()
        if mark == "assumed"
    )


def listed(entries: Iterable[str]) -> str:
    """Entries by section: `item: list, number; paths: list_items`."""
    by_section: dict[str, list[str]] = {}
    for entry in sorted(entries):
        section, _, key = entry.partition(".")
        by_section.setdefault(section, []).append(key)
    return "; ".join(f"{section}: {', '.join(keys)}" for section, keys in by_section.items())


def rows_of(told: Any, list_name: str) -> list[dict[str, Any]] | None:
    """The records of a list, bare or under its name; None when there is no list of objects."""
    found = told.get(list_name) if isinstance(told, dict) else told
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        return found
    return None


def names_in(read: Read, profile: Profile, told: Any) -> Findings:
    """The names that an answer shows, looked for in its first record."""
    names: dict[str, str] = getattr(profile, read.section).model_dump()
    row: Mapping[str, Any] = told if isinstance(told, dict) else {}
    found = Findings()
    if read.many:
        found = _looked_for(read.section, names, ("list",), row)
        row = (rows_of(told, names["list"]) or [{}])[0]
    found |= _looked_for(read.section, names, read.fields, row)
    for key, inner in read.inside.items():
        found |= _looked_for(read.section, names, inner, _first(row.get(names[key])))
    return found


def _looked_for(section: str, names: Mapping[str, str], keys: Iterable[str], record: Mapping[str, Any]) -> Findings:
    """Which names stand in a record; of no record nothing can be said."""
    asked = frozenset(keys) if record else frozenset()
    shown = {key for key in asked if names[key] in record}
    return Findings(_entries(section, shown), _entries(section, asked - shown))


def _first(listed: Any) -> dict[str, Any]:
    return listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}


def _entries(section: str, keys: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{section}.{key}" for key in keys)


def heeded(read: Read, profile: Profile, asked: str, told: Any) -> Findings:
    """Whether an answer is about the number that was asked for."""
    names: dict[str, str] = getattr(profile, read.section).model_dump()
    given = told.get(names["number"]) if isinstance(told, dict) else None
    if not given:
        return Findings()
    entry = f"query.{read.query}"
    if str(given) == asked:
        return Findings(frozenset({entry}))
    return _fault(entry, f"{asked} was asked for, {given} came")


def _fault(entry: str, seen: str) -> Findings:
    return Findings(faults={entry: f"is not heeded: {seen}; {COMPARE}"})


def like_a_wrong_path(answer: Reply, path: str, wrong: Reply, wrong_path: str) -> bool:
    """Whether a path is answered as one that surely does not exist, but for the path itself."""
    return answer[0] == wrong[0] and _unplaced(answer[1], path) == _unplaced(wrong[1], wrong_path)


def _unplaced(body: bytes, path: str) -> str:
    text = body.decode("utf-8", "replace")
    return text.replace(path, "").replace(path.rpartition("/")[2], "")


def paging(first: Sequence[Any], second: Sequence[Any]) -> Findings:
    """What pages 1 and 2 of one record each say about the names of paging."""
    if len(first) > 1:
        return _fault("query.page_size", f"1 item was asked for, {len(first)} came")
    if not second:
        return Findings()
    if first == second:
        return _fault("query.page", "pages 1 and 2 of the items are the same")
    return Findings(answered=frozenset({"query.page", "query.page_size"}))
