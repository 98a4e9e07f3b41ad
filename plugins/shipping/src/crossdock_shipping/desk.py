"""The desk at which people make labels by hand, as every simulator here plays it: the same for the same seed."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from crossdock.sandbox import Effect, EffectKind

T = TypeVar("T")

NUMBERS = ("1001", "10011", "1001-A", "2002")
"""Order numbers for which labels are made: some begin like others, so that a careless look-up mixes them up."""


@dataclass(frozen=True)
class Wish:
    """A label that a person makes: for which order number, and for which of its boxes."""

    reference: str
    box: str


def wishes_of(seed: int) -> Sequence[Wish]:
    """The labels of one shift."""
    dice = random.Random(f"made {seed}")
    numbers = [*dice.sample(NUMBERS, 3), dice.choice(NUMBERS)]
    return [Wish(number, f"{number}-{seed}-{place}") for place, number in enumerate(numbers, 1)]


def regrets_of(seed: int, live: Sequence[T]) -> Sequence[T]:
    """Those of the labels in force, the oldest first, that are taken back: one of the older half, and some others."""
    dice = random.Random(f"back {seed}")
    if not live:
        return []
    first = dice.choice(live[: max(1, len(live) // 2)])
    others = [label for label in live if label is not first]
    return [first, *dice.sample(others, len(others) // 8)]


def labels_in_force(labels: Iterable[tuple[str, str]]) -> list[Effect]:
    """Labels by our key and their order number, as effects: those of one key counted, those of people one by one."""
    told = [*labels]
    bought = Counter((key, number) for key, number in told if key)
    ours = [Effect(kind=EffectKind.LABEL, key=key, of=number, times=many) for (key, number), many in bought.items()]
    return ours + [Effect(kind=EffectKind.LABEL, key="", of=number) for key, number in told if not key]
