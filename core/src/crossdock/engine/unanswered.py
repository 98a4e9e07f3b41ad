"""What no rule for ship methods answers: why it is held, and what a person can do. Pure."""

from dataclasses import dataclass
from shlex import quote

from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, Disagreement, ShipMethodRule

_CODES = {Direction.INBOUND: Code.UNMAPPED_SHIP_METHOD, Direction.OUTBOUND: Code.UNMAPPED_CARRIER}
_UNMAPPED = {
    Direction.INBOUND: "no ship method is mapped for {}",
    Direction.OUTBOUND: "the cart has no name for {}",
}


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why something is held that no rule answers; `cause` is the same for all that one rule would settle."""

    code: Code
    reason: str
    action: str
    cause: str


def unanswered(rules: PipelineRules, direction: Direction, asked: Asked) -> Unanswered:
    """Why the rules of one direction give no answer."""
    if disagreement := rules.ship_methods[direction].disagreement(asked):
        return _disagreeing(rules, direction, disagreement)
    command = command_for("set", rules.name, direction, asked)
    action = (
        f"`{command} --to-carrier … --to-service …` says what it is, and puts to work all that waits for it; so does a "
        f"rule under ship_methods.{direction} of the config, at the next start."
    )
    return Unanswered(_CODES[direction], _UNMAPPED[direction].format(asked), action, str(asked))


def _disagreeing(rules: PipelineRules, direction: Direction, found: Disagreement) -> Unanswered:
    command = command_for("remove", rules.name, direction, found.rule)
    action = f"Change the rule under ship_methods.{direction} of the config and restart, or `{command}`."
    return Unanswered(Code.RULES_DISAGREE, str(found), action, f"{direction}: {found.rule}")


def command_for(deed: str, pipeline: str, direction: Direction, what: Asked | ShipMethodRule) -> str:
    """The command that does something about a rule."""
    these = f"--site {quote(what.site)} --carrier {quote(what.carrier)} --service {quote(what.service)}"
    return f"crossdock ship-methods {deed} --pipeline {pipeline} --direction {direction} {these}"
