"""What each likely cause of a difference means, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.engine.report import Cause


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A likely cause for people: what it means, what to do, and the commands that show more.

    A command may name the `{pipeline}` and the `{report}`.
    """

    title: str
    means: str
    do: str
    commands: tuple[str, ...] = ()


REPAIR = "crossdock reconcile repair {report} --pipeline {pipeline} --cause "
LIST = "crossdock stock list --pipeline {pipeline} --state "

WORDS: Mapping[Cause, CauseWords] = {
    Cause.UNSENT: CauseWords(
        "not sent",
        "The cart was to be told of these changes, and was not: it refused them, or nobody sent them yet.",
        "Settle what keeps them from being sent, and try them again. What stays different after that can be corrected.",
        (f"{LIST}rejected", "crossdock services list --pipeline {pipeline}", f"{REPAIR}unsent"),
    ),
    Cause.IN_DOUBT: CauseWords(
        "in doubt",
        "The cart was sent a change and no answer came, so nobody knows whether it has it. Until that is settled a "
        "correction could count twice, so none is made.",
        "Look at the item in the cart, and close the problem of that change with what you saw.",
        (f"{LIST}in_doubt", "crossdock problems list --each --code stock_refused --pipeline {pipeline}"),
    ),
    Cause.SOLD_MEANWHILE: CauseWords(
        "sold meanwhile",
        "Buyers ordered, or people moved in the warehouse, what is not known here yet.",
        "Nothing, at first: orders and transactions come in, and the next report agrees. Where it does not, look "
        "whether the services run that take them in.",
        ("crossdock services list --pipeline {pipeline}", "crossdock reconcile --pipeline {pipeline}"),
    ),
    Cause.UNKNOWN_ITEM: CauseWords(
        "unknown item",
        "Only one side knows the SKU, so the other cannot have a number for it.",
        "Create it on the side that lacks it, give it the alias by which the cart knows it, or leave it out with "
        "`leave_out` in the config. What the warehouse has no more of, and the cart still offers, set to zero by hand.",
        (
            "crossdock catalog list --pipeline {pipeline}",
            "crossdock stock levels --pipeline {pipeline}",
            "crossdock stock set SKU CENTRE=0 --pipeline {pipeline}",
        ),
    ),
    Cause.UNMAPPED_AREA: CauseWords(
        "unmapped area",
        "Pieces lie in areas of the warehouse of which no rule says where they count.",
        "Name each area in the config: at a distribution centre, or as one whose stock is not sold.",
        ("crossdock areas list --pipeline {pipeline}",),
    ),
    Cause.MANUAL_CHANGE: CauseWords(
        "manual change",
        "Nothing that is known here explains it: probably somebody changed a number by hand, in the cart or in the "
        "warehouse; or both sides were never made equal.",
        "Find out who changed what. Where the warehouse is right, tell the cart its number; where it is wrong, count "
        "there.",
        ("crossdock audit list --pipeline {pipeline}", f"{REPAIR}manual_change"),
    ),
}


def title_of(cause: Cause) -> str:
    """The cause in two words."""
    return WORDS[cause].title


def commands_of(cause: Cause, pipeline: str, report: int) -> list[str]:
    """What to type to see more, or to correct it."""
    from shlex import quote

    return [one.format(pipeline=quote(pipeline), report=report) for one in WORDS[cause].commands]
