"""Which fields of a document an expression looks at, found in the expression itself."""

from collections.abc import Callable, Mapping
from typing import Any

Path = tuple[str, ...] | None
"""Where a value comes from: the names that lead to it; None where they are not known."""
Node = Mapping[str, Any]

PASSING = frozenset({"sort", "sort_by", "reverse", "max_by", "min_by", "to_array"})
"""The functions that give (elements of) their first argument as it is."""


def names_read(parsed: Node) -> frozenset[str]:
    """The fields that a parsed expression looks at, such as `ship_to.phone`; elements of a list have no name."""
    reading = _Reading()
    reading.note(reading.follow(parsed, ()))
    return frozenset(".".join(path) for path in reading.found if path)


class _Reading:
    """Walks through an expression as if it were worked out, with paths in the place of values."""

    def __init__(self) -> None:
        self.found: set[tuple[str, ...]] = set()

    def note(self, path: Path) -> None:
        if path:
            self.found.add(path)

    def follow(self, node: Node, at: Path) -> Path:
        """Where the value of a node comes from, when what it is applied to comes from `at`."""
        kinds: dict[str, Callable[[Node, Path], Path]] = {
            "field": self._field,
            "current": self._same,
            "identity": self._same,
            "index": self._same,
            "slice": self._same,
            "subexpression": self._chain,
            "pipe": self._chain,
            "index_expression": self._chain,
            "projection": self._chain,
            "flatten": self._chain,
            "expref": self._chain,
            "filter_projection": self._filter,
            "value_projection": self._values,
            "function_expression": self._call,
        }
        return kinds.get(node["type"], self._parts)(node, at)

    def _field(self, node: Node, at: Path) -> Path:
        return None if at is None else (*at, node["value"])

    def _same(self, node: Node, at: Path) -> Path:
        return at

    def _chain(self, node: Node, at: Path) -> Path:
        for child in node["children"]:
            at = self.follow(child, at)
        return at

    def _filter(self, node: Node, at: Path) -> Path:
        base, right, condition = node["children"]
        elements = self.follow(base, at)
        self.note(self.follow(condition, elements))
        return self.follow(right, elements)

    def _values(self, node: Node, at: Path) -> Path:
        """What stands behind the star is looked up below names that nobody knows beforehand."""
        base, _ = node["children"]
        self.note(self.follow(base, at))
        return None

    def _call(self, node: Node, at: Path) -> Path:
        """`sort_by(lines, &sku)`: what follows the & is looked up in the elements of the other argument."""
        plain = [child for child in node["children"] if child["type"] != "expref"]
        paths = [self.follow(child, at) for child in plain]
        elements = paths[0] if paths else None
        given = [self.follow(child, elements) for child in node["children"] if child["type"] == "expref"]
        for path in (*paths, *given):
            self.note(path)
        if node["value"] == "map" and given:
            return given[0]
        return elements if node["value"] in PASSING else None

    def _parts(self, node: Node, at: Path) -> Path:
        """Several values, or a new one made of them: each part is looked at, and what comes of it has no name."""
        for child in node["children"]:
            if isinstance(child, dict):
                self.note(self.follow(child, at))
        return None
