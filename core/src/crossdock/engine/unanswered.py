"""What no rule for ship methods answers: why it is held, and what a person can do. Pure."""

from dataclasses import dataclass
from shlex import quote

from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, Disagreement, ShipMethodRule, Suggested
from crossdock.mapping.carriers import carrier_of, carrier_table
from crossdock.mapping.carriers_by_number import the_carrier

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


def unanswered(rules: PipelineRules, direction: Direction, asked: Asked, number: str = "") -> Unanswered:
    """Why the rules of one direction give no answer; `number` is what a box of an unnamed carrier bears."""
    if disagreement := rules.ship_methods[direction].disagreement(asked):
        return _disagreeing(rules, direction, disagreement)
    usual = rules.ship_methods[direction].suggestion(asked)
    action = (
        f"`{command_for('set', rules.name, direction, asked)} {_target(usual)}` says what it is, and puts to work all "
        f"that waits for it; so does a rule under ship_methods.{direction} of the config, at the next start."
    )
    hints = (_by_number(asked, number), f"{usual}, if the account has it." if usual else "")
    action = " ".join(filter(None, (action, *hints)))
    return Unanswered(_CODES[direction], _UNMAPPED[direction].format(asked), action, str(asked))


def _target(usual: Suggested | None) -> str:
    if usual is None:
        return "--to-carrier … --to-service …"
    return f"--to-carrier {quote(usual.method.carrier)} --to-service {quote(usual.method.service)}"


def _by_number(asked: Asked, number: str) -> str:
    """Whose number a box bears, where that is not the carrier that was asked for."""
    code = the_carrier(number) if number else None
    if code is None or code == carrier_of(asked.carrier):
        return ""
    title = carrier_table().carriers[code].title
    return f'By its check digit, {number} is a number of {title}; `recognise = "use"` under ship_methods goes by that.'


def _disagreeing(rules: PipelineRules, direction: Direction, found: Disagreement) -> Unanswered:
    command = command_for("remove", rules.name, direction, found.rule)
    action = f"Change the rule under ship_methods.{direction} of the config and restart, or `{command}`."
    return Unanswered(Code.RULES_DISAGREE, str(found), action, f"{direction}: {found.rule}")


def command_for(deed: str, pipeline: str, direction: Direction, what: Asked | ShipMethodRule) -> str:
    """The command that does something about a rule."""
    these = f"--site {quote(what.site)} --carrier {quote(what.carrier)} --service {quote(what.service)}"
    return f"crossdock ship-methods {deed} --pipeline {pipeline} --direction {direction} {these}"
