"""The table of ship methods that people saved for one pipeline, and its next version: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock.mapping.ship_methods import Direction, Key, Saved, ShipMethodRule, ShipMethods


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule of the table."""

    direction: Direction
    rule: ShipMethodRule

    @property
    def key(self) -> tuple[Direction, Key]:
        """What there is one rule for."""
        return self.direction, self.rule.key

    def __str__(self) -> str:
        return f"{self.direction}: {self.rule}"


Table = Sequence[Entry]
Written = Mapping[Direction, ShipMethods]
"""What the config says."""


@dataclass(frozen=True, slots=True)
class TableChange:
    """What differs between two versions of a table; of what was changed, the old and the new rule."""

    after: tuple[Entry, ...]
    added: tuple[Entry, ...]
    changed: tuple[tuple[Entry, Entry], ...]
    removed: tuple[Entry, ...]
    reordered: bool

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.reordered)


def put(table: Table, wanted: Table, written: Written) -> tuple[Entry, ...]:
    """The table with these rules: those known stay where they stand, new ones come last.

    A rule that the config has with the same target need not be saved.
    """
    known = {entry.key: entry for entry in table}
    for entry in wanted:
        if entry.key in known or not _says(written, entry):
            known[entry.key] = _kept(known.get(entry.key), entry)
    return tuple(known.values())


def replaced(table: Table, wanted: Table, written: Written) -> tuple[Entry, ...]:
    """Only these rules, in this order."""
    known = {entry.key: entry for entry in table}
    return tuple(
        _kept(known.get(entry.key), entry) for entry in wanted if entry.key in known or not _says(written, entry)
    )


def without(table: Table, unwanted: Entry) -> tuple[Entry, ...]:
    """The table without this rule."""
    return tuple(entry for entry in table if entry.key != unwanted.key)


def compare(before: Table, after: Table) -> TableChange:
    """What differs."""
    then, now = ({entry.key: entry for entry in table} for table in (before, after))
    stayed = [key for key in then if key in now]
    return TableChange(
        tuple(after),
        added=tuple(entry for entry in after if entry.key not in then),
        changed=tuple((then[key], now[key]) for key in stayed if then[key].rule.to != now[key].rule.to),
        removed=tuple(entry for entry in before if entry.key not in now),
        reordered=stayed != [key for key in now if key in then],
    )


def contradicted(entry: Entry, written: Written) -> ShipMethodRule | None:
    """The rule of the config that has another target for the same."""
    rule = written[entry.direction].written(entry.rule.key)
    return rule if rule and rule.to != entry.rule.to else None


def written_table(written: Written) -> tuple[Entry, ...]:
    """The rules of the config; of two for the same, the first."""
    entries = [Entry(direction, rule) for direction, methods in written.items() for rule in methods.rules]
    return tuple({entry.key: entry for entry in reversed(entries)}.values())[::-1]


def by_direction(table: Table) -> Saved:
    """The rules of each direction."""
    return {one: tuple(entry.rule for entry in table if entry.direction is one) for one in Direction}


def _says(written: Written, entry: Entry) -> bool:
    rule = written[entry.direction].written(entry.rule.key)
    return rule is not None and rule.to == entry.rule.to


def _kept(known: Entry | None, entry: Entry) -> Entry:
    """The entry as it stands if it says the same, whatever the letters' case."""
    return known if known and known.rule.to == entry.rule.to else entry
