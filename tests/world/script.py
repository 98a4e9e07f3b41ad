"""Scripts of things that happen: a step is a name and a seed, and draws all it needs from them.

What a step refers to it finds by its place in the list of what is there. So a script still makes sense when some of its
steps are taken out, and one that fails can be made short.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

REPLAYS, SECONDS = 40, 90
"""How long a script is made shorter that has failed."""

Steps = Mapping[str, tuple[int, Callable[[Any, random.Random], str]]]
"""What can happen, and how often beside the others; each says what happened."""


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    name: str
    seed: int


def drawn(steps: Steps, seed: int, length: int) -> list[Step]:
    """A script."""
    dice = random.Random(seed)
    weights = [weight for weight, _ in steps.values()]
    return [Step(name, dice.randrange(2**32)) for name in dice.choices(list(steps), weights, k=length)]


def counted(steps: Sequence[Step]) -> Counter[str]:
    """How often each thing happens in a script."""
    return Counter(step.name for step in steps)


def shortened(
    failure_of: Callable[[Sequence[Step]], str], script: Sequence[Step], words: str
) -> tuple[Sequence[Step], str]:
    """The script without the steps that it fails without, as far as time allows (what fails must not fail always)."""
    deadline, size, replays = monotonic() + SECONDS, len(script) // 2, 0
    while size and monotonic() < deadline and replays < REPLAYS:
        for start in range(0, len(script), size):
            rest = [*script[:start], *script[start + size :]]
            replays += 1
            if failure := failure_of(rest):
                script, words = rest, failure
                break
            if monotonic() > deadline or replays >= REPLAYS:
                break
        else:
            size //= 2
    return script, words


def told(happened: Sequence[str], wrong: Sequence[str]) -> str:
    """All that happened, and what was wrong in the end."""
    return "\n".join([*(f"  {number}. {words}" for number, words in enumerate(happened, 1)), *wrong])
