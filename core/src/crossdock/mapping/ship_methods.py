"""Ship methods: from what a cart asked for to what the warehouse knows, and back.

A rule matches by site, carrier and service; each is a text or a pattern (`*`, `?`), upper and lower case alike.
An exact rule wins over a pattern, patterns are tried in the order they were written, then comes the default, which is
the rule that takes anything; what nothing answers is the caller's to hold.

Rules stand in the config, and people save more of them; together they are one table, the config's first. Where both
have a rule for the same thing with two targets, neither answers: what is theirs to answer is the caller's to hold.

Behind them stand the pairs by which a cart's carriers usually go: a suggestion, or the last rule if the operator wants.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import translate
from functools import cached_property, lru_cache

from crossdock.mapping.carriers import carrier_table

WILD = re.compile(r"[*?]")

KINDS = ("exact", "pattern", "default")
"""The kinds of rules, in the order in which they are asked."""
MOST_ANSWERS = 10_000
"""A cart that invents service names must not fill the memory."""

Key = tuple[str, str, str]
"""What a rule fits, or what was asked for, with letters folded: there is one rule for each."""


class Direction(StrEnum):
    """Inbound: what a cart asks for -> what the warehouse is told; outbound: what it used -> what the cart is told."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class ShipMethod:
    """A carrier and a service in the words of one system."""

    carrier: str
    service: str

    def __str__(self) -> str:
        return f"{self.carrier} / {self.service}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for; what was left unsaid is empty text."""

    carrier: str
    service: str
    site: str = ""

    def __str__(self) -> str:
        return " / ".join(f"{name} '{value}'" for name, value in self._named() if value) or "nothing in particular"

    @property
    def key(self) -> Key:
        """What was asked for, with letters folded."""
        return self.site.casefold(), self.carrier.casefold(), self.service.casefold()

    def _named(self) -> tuple[tuple[str, str], ...]:
        return (("site", self.site), ("carrier", self.carrier), ("service", self.service))


@dataclass(frozen=True, slots=True)
class ShipMethodRule:
    """When this is asked for, take that."""

    to: ShipMethod
    site: str = "*"
    carrier: str = "*"
    service: str = "*"

    @property
    def kind(self) -> str:
        """Whether it names one single thing (exact), takes anything (default), or something between (pattern)."""
        parts = (self.site, self.carrier, self.service)
        if not any(WILD.search(part) for part in parts):
            return "exact"
        return "default" if set(parts) == {"*"} else "pattern"

    @property
    def key(self) -> Key:
        """What it fits, with letters folded."""
        return self.site.casefold(), self.carrier.casefold(), self.service.casefold()

    def __str__(self) -> str:
        return f"site '{self.site}', carrier '{self.carrier}', service '{self.service}'"


Rules = tuple[ShipMethodRule, ...]
Saved = Mapping[Direction, Rules]
"""The rules that people saved, in the order in which they were saved."""
CarrierNames = Mapping[str, ShipMethod]
"""By the code of a service in the table of carriers, the pair by which it usually goes at a cart."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The method that a rule gave, and which one: `because` is written for the operator."""

    method: ShipMethod
    because: str
    rule: ShipMethodRule | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """The pair by which a service, by its title in the table of carriers, usually goes."""

    service: str
    method: ShipMethod

    def __str__(self) -> str:
        return f"{self.service} usually goes by '{self.method}' there"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A rule of the config and one that a person saved, for the same thing and with two targets: neither answers."""

    rule: ShipMethodRule
    saved: ShipMethod

    def __str__(self) -> str:
        return f"for {self.rule} the config says '{self.rule.to}', and the rule that was saved says '{self.saved}'"


@dataclass(frozen=True)
class ShipMethods:
    """All rules of one direction: those of the config, and those that people `saved`.

    `unmapped`: "hold" leaves what no rule answers without an answer; "pass" sends the words on as they came.
    `known`: what is suggested where no rule answers; with `uses_known`, that answers.
    """

    rules: Rules = ()
    unmapped: str = "hold"
    saved: Rules = ()
    known: CarrierNames = field(default_factory=dict)
    uses_known: bool = False
    _answers: dict[Asked, Chosen | Disagreement | None] = field(default_factory=dict, repr=False, compare=False)

    def choose(self, asked: Asked) -> Chosen | None:
        """The method for what was asked, with the reason; None when it must be held."""
        answer = self._answer(asked)
        return answer if isinstance(answer, Chosen) else None

    def disagreement(self, asked: Asked) -> Disagreement | None:
        """The two rules that would answer what was asked if they agreed."""
        answer = self._answer(asked)
        return answer if isinstance(answer, Disagreement) else None

    def explain(self, asked: Asked) -> str:
        """Which rule answers what was asked, or why none does, in words."""
        answer = self._answer(asked)
        return answer.because if isinstance(answer, Chosen) else str(answer or "no rule fits")

    def suggestion(self, asked: Asked) -> Suggested | None:
        """The pair by which what was asked usually goes; None where that is not known."""
        service = carrier_table().service_of(asked.carrier, asked.service) if self.known else None
        pair = self.known.get(service or "")
        return Suggested(carrier_table().title_of(service), pair) if service and pair else None

    def with_known(self, known: CarrierNames) -> "ShipMethods":
        """The same table with the pairs by which the cart's carriers usually go."""
        return self if known == self.known else replace(self, known=known, _answers={})

    def with_saved(self, saved: Rules) -> "ShipMethods":
        """The same table with what people have saved by now."""
        return self if saved == self.saved else replace(self, saved=saved, _answers={})

    def written(self, key: Key) -> ShipMethodRule | None:
        """The rule of the config for this."""
        return self._written.get(key)

    @cached_property
    def disagreements(self) -> Mapping[Key, Disagreement]:
        """What config and saved rules give two targets for."""
        pairs = ((self._written.get(rule.key), rule) for rule in self.saved)
        return {one.key: Disagreement(one, rule.to) for one, rule in pairs if one and one.to != rule.to}

    @cached_property
    def _written(self) -> Mapping[Key, ShipMethodRule]:
        return _first_of_each(self.rules)

    @cached_property
    def _exact(self) -> Mapping[Key, ShipMethodRule]:
        return _first_of_each([rule for rule in (*self.rules, *self.saved) if rule.kind == "exact"])

    @cached_property
    def _wide(self) -> Sequence[ShipMethodRule]:
        """What is asked when no exact rule answers, in this order."""
        wide = [rule for rule in (*self.rules, *self.saved) if rule.kind != "exact"]
        return sorted(wide, key=lambda rule: KINDS.index(rule.kind))

    def _answer(self, asked: Asked) -> Chosen | Disagreement | None:
        if asked not in self._answers:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[asked] = self._decide(asked)
        return self._answers[asked]

    def _decide(self, asked: Asked) -> Chosen | Disagreement | None:
        rule = self._exact.get(asked.key) or next((rule for rule in self._wide if _matches(rule, asked)), None)
        if rule:
            return self.disagreements.get(rule.key) or Chosen(rule.to, self._because(rule), rule)
        if self.uses_known and (usual := self.suggestion(asked)):
            return Chosen(usual.method, f"known name: {usual}")
        if self.unmapped == "pass":
            return Chosen(ShipMethod(asked.carrier, asked.service), "passed on as the cart gave it")
        return None

    def _because(self, rule: ShipMethodRule) -> str:
        kind = rule.kind if rule.key in self._written else f"saved {rule.kind}"
        return kind if rule.kind == "default" else f"{kind} rule: {rule}"


def _first_of_each(rules: Sequence[ShipMethodRule]) -> dict[Key, ShipMethodRule]:
    """The rules by what they fit; of two for the same, the first."""
    return {rule.key: rule for rule in reversed(rules)}


def _matches(rule: ShipMethodRule, asked: Asked) -> bool:
    pairs = ((rule.site, asked.site), (rule.carrier, asked.carrier), (rule.service, asked.service))
    return all(fits(pattern, text) for pattern, text in pairs)


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says; without `*` and `?`, whether it is the same text."""
    return _expression(pattern).match(text.casefold()) is not None


@lru_cache(maxsize=10_000)
def _expression(pattern: str) -> re.Pattern[str]:
    literal_brackets = pattern.casefold().replace("[", "[[]")  # "[Prime] 2-day" is a name, not a set of letters
    return re.compile(translate(literal_brackets))
