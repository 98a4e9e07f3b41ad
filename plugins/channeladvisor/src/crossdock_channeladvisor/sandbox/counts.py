"""What was asked of the service, and what it would not do."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Calls by kind, refusals of the business by kind, refusals at the gate, and the most calls at work at once."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    unauthorized: int = 0
    most_at_once: int = 0
