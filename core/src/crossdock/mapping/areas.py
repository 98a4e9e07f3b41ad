"""Areas: at which distribution centre of a cart the stock of a part of a warehouse counts.

A rule is a text or a pattern (`*`, `?`), upper and lower case alike. An exact rule wins over a pattern, patterns are
tried in the order of the rules; what nothing answers is the caller's to hold. Stock without an area lies in the area
with the empty name.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from crossdock.mapping.ship_methods import KINDS, MOST_ANSWERS, WILD, fits


@dataclass(frozen=True, slots=True)
class AreaRule:
    """The stock of this area, or of all that fit the pattern, counts at this centre (None: it is not for sale)."""

    area: str
    center: str | None

    @property
    def kind(self) -> str:
        """Whether it names one area (exact) or many (pattern)."""
        return "pattern" if WILD.search(self.area) else "exact"


@dataclass(frozen=True, slots=True)
class Counted:
    """Where the stock of an area counts (`center` None: nowhere), and by which rule, for the operator."""

    center: str | None
    because: str


@dataclass(frozen=True)
class Areas:
    """All rules of one warehouse and one cart; with `everywhere`, all of the warehouse is this one centre."""

    rules: tuple[AreaRule, ...] = ()
    everywhere: str | None = None
    _answers: dict[str, Counted | None] = field(default_factory=dict, repr=False, compare=False)

    def count(self, area: str) -> Counted | None:
        """Where the stock of an area counts, with the reason; None when nobody has said."""
        if area not in self._answers:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[area] = self._decide(area)
        return self._answers[area]

    def explain(self, area: str) -> str:
        """Where the stock of an area counts and why, in words."""
        counted = self.count(area)
        if counted is None:
            return "unmapped: no rule names it"
        where = "not for sale" if counted.center is None else f"distribution centre {counted.center}"
        return f"{where} ({counted.because})"

    def _decide(self, area: str) -> Counted | None:
        for rule in sorted(self.rules, key=lambda rule: KINDS.index(rule.kind)):
            if fits(rule.area, area):
                return Counted(rule.center, f"{rule.kind} rule '{rule.area}'")
        if self.everywhere is not None:
            return Counted(self.everywhere, "it is the only centre, and no areas are named")
        return None


def contradictions(rules: Sequence[AreaRule]) -> Sequence[str]:
    """A sentence for each area or pattern that is named for more than one place."""
    named: defaultdict[str, dict[str | None, str]] = defaultdict(dict)
    for rule in rules:
        named[rule.area.casefold()].setdefault(rule.center, rule.area)
    return [
        f"area '{next(iter(places.values()))}' is named for {' and for '.join(map(_place, places))}; "
        "its stock can count only once"
        for places in named.values()
        if len(places) > 1
    ]


def _place(center: str | None) -> str:
    return "unsold_areas" if center is None else f"distribution centre {center}"
