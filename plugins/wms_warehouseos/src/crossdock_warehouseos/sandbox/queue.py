"""The host queue of a simulated tenant: messages stay until they are acknowledged, and some come back once."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

import msgspec

from crossdock_warehouseos.sandbox.options import SandboxOptions, TriggerName

SHUFFLE_WINDOW = 4
"""Out of how many pages the messages of one page are drawn when the queue is shuffled."""


class HostQueue:
    """Tells every message at least once."""

    def __init__(self, options: SandboxOptions, seed: int) -> None:
        self._names = options.profile.message
        self._triggers = options.profile.triggers
        self._enabled = options.triggers
        self._shuffle = options.shuffle
        self._redeliver = options.redeliver
        self._dice = Random(seed)
        self._messages: OrderedDict[str, bytes] = OrderedDict()
        self._came_back: set[str] = set()
        self._written = 0

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, trigger: TriggerName, body: dict[str, Any]) -> None:
        """Add a message, if its trigger is switched on."""
        if trigger not in self._enabled:
            return
        self._written += 1
        key = f"M{self._written}"
        self._messages[key] = msgspec.json.encode(
            {
                self._names.id: key,
                self._names.trigger: getattr(self._triggers, trigger),
                "Created": datetime.now(UTC),
                self._names.body: body,
            }
        )

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        return self._messages, self._came_back, self._written

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another queue was."""
        self._messages, self._came_back, self._written = state

    def pull(self, count: int) -> bytes:
        """Up to `count` messages; reading removes none."""
        keys = list(islice(self._messages, count * (SHUFFLE_WINDOW if self._shuffle else 1)))
        if self._shuffle:
            self._dice.shuffle(keys)
        told = [msgspec.Raw(self._messages[key]) for key in keys[:count]]
        return msgspec.json.encode({self._names.list: told})

    def acknowledge(self, keys: Iterable[str]) -> None:
        """Remove messages; a share of them comes back once, as if the acknowledgement had been lost."""
        for key in keys:
            if key not in self._came_back and self._dice.random() < self._redeliver:
                self._came_back.add(key)
            else:
                self._messages.pop(key, None)
