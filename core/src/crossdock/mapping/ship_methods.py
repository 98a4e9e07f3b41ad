"""Ship methods: from what a cart asked for to what the warehouse knows, and back.

A rule matches by site, carrier and service; each is a text or a pattern (`*`, `?`), upper and lower case alike.
An exact rule wins over a pattern, patterns are tried in the order they were written, then comes the default, which is
the rule that takes anything; what nothing answers is the caller's to hold.
"""

import re
from dataclasses import dataclass, field
from fnmatch import translate

WILD = re.compile(r"[*?]")

KINDS = ("exact", "pattern", "default")
"""The kinds of rules, in the order in which they are asked."""
MOST_ANSWERS = 10_000
"""A cart that invents service names must not fill the memory."""


@dataclass(frozen=True, slots=True)
class ShipMethod:
    """A carrier and a service in the words of one system."""

    carrier: str
    service: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for; what was left unsaid is empty text."""

    carrier: str
    service: str
    site: str = ""

    def __str__(self) -> str:
        return " / ".join(f"{name} '{value}'" for name, value in self._named() if value) or "nothing in particular"

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

    def __str__(self) -> str:
        return f"site '{self.site}', carrier '{self.carrier}', service '{self.service}'"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The method that a rule gave, and which one: `because` is written for the operator."""

    method: ShipMethod
    because: str


@dataclass(frozen=True)
class ShipMethods:
    """All rules of one direction.

    `unmapped`: "hold" leaves what no rule answers without an answer; "pass" sends the words on as they came.
    """

    rules: tuple[ShipMethodRule, ...] = ()
    unmapped: str = "hold"
    _answers: dict[Asked, Chosen | None] = field(default_factory=dict, repr=False, compare=False)

    def choose(self, asked: Asked) -> Chosen | None:
        """The method for what was asked, with the reason; None when it must be held."""
        if asked not in self._answers:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[asked] = self._decide(asked)
        return self._answers[asked]

    def _decide(self, asked: Asked) -> Chosen | None:
        for rule in sorted(self.rules, key=lambda rule: KINDS.index(rule.kind)):
            if _matches(rule, asked):
                return Chosen(rule.to, rule.kind if rule.kind == "default" else f"{rule.kind} rule: {rule}")
        if self.unmapped == "pass":
            return Chosen(ShipMethod(asked.carrier, asked.service), "passed on as the cart gave it")
        return None


def _matches(rule: ShipMethodRule, asked: Asked) -> bool:
    pairs = ((rule.site, asked.site), (rule.carrier, asked.carrier), (rule.service, asked.service))
    return all(fits(pattern, text) for pattern, text in pairs)


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says; without `*` and `?`, whether it is the same text."""
    literal_brackets = pattern.casefold().replace("[", "[[]")  # "[Prime] 2-day" is a name, not a set of letters
    return re.match(translate(literal_brackets), text.casefold()) is not None
