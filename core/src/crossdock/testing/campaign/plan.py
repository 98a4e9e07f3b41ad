"""What happens in each round: a pure function of the seed and the number of the round."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crossdock.sandbox import FaultName, FaultPlan

SLOW_SECONDS = 0.1
"""A slow request arrives before doubt about it is looked up: later ones can be told from lost ones by nobody."""
RATES = (0.05, 0.1, 0.2, 0.3)
MOST_FAULTS = 3
RARE = {FaultName.THROTTLED: 0.05}
"""Faults after which one waits in real time are rarer."""
KILLED = 0.6
"""So many rounds end with a kill."""


class Moment(StrEnum):
    """What a runner counts until it dies."""

    REQUEST = "request"
    ANSWER = "answer"
    COMMIT = "commit"


COUNTS = {Moment.REQUEST: 30, Moment.ANSWER: 30, Moment.COMMIT: 30}
"""The latest of each moment at which a runner dies."""
_MOMENTS = {
    Moment.REQUEST: "before its request {count} was sent",
    Moment.ANSWER: "when the answer to its request {count} had come, before it was noted",
    Moment.COMMIT: "before its transaction {count} was stored",
}


@dataclass(frozen=True)
class Death:
    """A runner kills itself with SIGKILL when it has counted so many of these moments."""

    moment: Moment
    count: int

    def __str__(self) -> str:
        return _MOMENTS[self.moment].format(count=self.count)


@dataclass(frozen=True)
class Round:
    """One round: the seeds by which people work at some connections, the faults of each, and when the runner dies.

    `death` None: it is left alone. A runner that has nothing left to do before its death is left alone, too.
    """

    number: int
    people: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, FaultPlan] = field(default_factory=dict)
    death: Death | None = None


def round_of(seed: int, number: int, connections: Sequence[str]) -> Round:
    """The round of this number; the same for the same seed and the same connections, whatever came before."""
    dice = random.Random(f"{seed}/{number}")
    names = sorted(connections)
    people = {name: dice.randrange(1_000_000) for name in names if dice.random() < 0.7}
    faults = {name: _faults(dice) for name in names}
    death = _death(dice) if dice.random() < KILLED else None
    return Round(number, people, faults, death)


def _faults(dice: random.Random) -> FaultPlan:
    """A few kinds of faults, each at its own rate."""
    chosen = dice.sample([*FaultName], dice.randint(0, MOST_FAULTS))
    rates = {fault: min(dice.choice(RATES), RARE.get(fault, 1.0)) for fault in chosen}
    return FaultPlan(seed=dice.randrange(2**32), rates=rates, slow_seconds=SLOW_SECONDS)


def _death(dice: random.Random) -> Death:
    """Soon or late: small counts come as often as large ones."""
    moment = dice.choice([*Moment])
    most = COUNTS[moment]
    return Death(moment, dice.randint(1, dice.choice((most // 5, most))))
