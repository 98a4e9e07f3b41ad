"""The host messages of a simulated tenant: they stay until they are acknowledged, and some come back once."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice
from random import Random
from typing import Any

import msgspec

from crossdock_warehouseos.sandbox.clock import Clock
from crossdock_warehouseos.sandbox.options import SandboxOptions, TriggerName

SHUFFLE_WINDOW = 4
"""Out of how many pages the messages of one page are drawn when the queue is shuffled."""

Outlet = Callable[[TriggerName, dict[str, Any]], bool]
"""Another way to the host: sees the body of every message; what it answers True to, the queue does not keep."""


class HostQueue:
    """Tells every message at least once, unless reading removes it."""

    def __init__(self, options: SandboxOptions, seed: int, clock: Clock) -> None:
        self.outlets: list[Outlet] = []
        self._names = options.profile.message
        self._triggers = options.profile.triggers
        self._options = options
        self._enabled = options.enabled
        self._clock = clock
        self._dice = Random(seed)
        self._messages: OrderedDict[str, bytes] = OrderedDict()
        self._came_back: set[str] = set()
        self._written = 0

    def __len__(self) -> int:
        return len(self._messages)

    def wants(self, trigger: TriggerName) -> bool:
        """Whether anybody hears of it, so that a body need not be written for nobody."""
        return trigger in self._enabled or bool(self.outlets)

    def put(self, trigger: TriggerName, body: dict[str, Any]) -> None:
        """Tell the host, by the outlets or by the queue, as it is switched on."""
        taken = [outlet(trigger, body) for outlet in self.outlets]
        if trigger in self._enabled and not any(taken):
            key, message = self.write(trigger, body)
            self._messages[key] = message

    def write(self, trigger: TriggerName, body: dict[str, Any]) -> tuple[str, bytes]:
        """A message with its own key, as the queue tells it."""
        self._written += 1
        key = f"M{self._written}"
        head = {self._names.id: key} if self._options.ids == "own" else {}
        told = {self._names.trigger: getattr(self._triggers, trigger), "Created": self._clock.now()}
        return key, msgspec.json.encode({**head, **told, self._names.body: body})

    def state(self) -> tuple[Any, ...]:
        """All that `restore` needs."""
        return self._messages, self._came_back, self._written

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go on where another queue was."""
        self._messages, self._came_back, self._written = state

    def pull(self, count: int) -> bytes:
        """Up to `count` messages; reading removes none, unless the options say so."""
        shuffle = self._options.shuffle
        keys = list(islice(self._messages, count * (SHUFFLE_WINDOW if shuffle else 1)))
        if shuffle:
            self._dice.shuffle(keys)
        told = [msgspec.Raw(self._messages[key]) for key in keys[:count]]
        if self._options.destructive:
            self.acknowledge(keys[:count])
        return msgspec.json.encode({self._names.list: told})

    def acknowledge(self, keys: Iterable[str]) -> None:
        """Remove messages; a share of them comes back once, as if the acknowledgement had been lost."""
        for key in keys:
            if key not in self._came_back and self._dice.random() < self._options.redeliver:
                self._came_back.add(key)
            else:
                self._messages.pop(key, None)
