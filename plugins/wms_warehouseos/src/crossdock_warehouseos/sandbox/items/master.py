"""The item master of a simulated tenant: stock units with their aliases, bundles, and what an order line means."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from crossdock_warehouseos.sandbox.front.refusal import Refused
from crossdock_warehouseos.sandbox.options import SandboxOptions

Components = dict[str, int]
"""So many pieces of each item in one bundle."""


@dataclass(frozen=True, slots=True)
class Item:
    """A stock unit; `aliases` are other numbers that can be scanned for it, each with its pieces."""

    number: str
    host_id: str = ""
    description: str = ""
    master_item: str = ""
    weight: Decimal | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    aliases: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What a host says of an item: the fields it gives; with `patch`, those that it leaves out stay as they are."""

    number: str
    given: dict[str, Any]
    patch: bool = False


class ItemMaster(Mapping[str, Item]):
    """Every item under its number, which is unique, in the order in which they came."""

    def __init__(self, options: SandboxOptions, counts: Counter[str]) -> None:
        self._create_unknown = options.create_unknown_items
        self._counts = counts
        self._items: dict[str, Item] = {}
        self._bearers: dict[str, dict[str, None]] = {}
        self.bundles: dict[str, Components] = dict(options.bundles)
        for number in options.items:
            self._keep(Item(number))

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: str) -> Item:
        return self._items[number]

    def state(self) -> Any:
        """All that `restore` needs."""
        return self._items

    def restore(self, state: Any) -> None:
        """Go on where another item master was."""
        self._items, self._bearers = {}, {}
        for item in state.values():
            self._keep(item)

    def save(self, change: ItemChange) -> None:
        """Create or update an item: the host owns every field but the aliases, which stay when it leaves them out."""
        before = self._items.get(change.number, Item(change.number))
        after = changed(before, change)
        if before.host_id and after.host_id and before.host_id != after.host_id:
            self._counts["host id flips"] += 1
        self._keep(after)

    def _keep(self, item: Item) -> None:
        if before := self._items.get(item.number):
            for alias in before.aliases:
                del self._bearers[alias][item.number]
        self._items[item.number] = item
        for alias in item.aliases:
            self._bearers.setdefault(alias, {})[item.number] = None

    def under(self, master_item: str) -> list[str]:
        """The numbers of the items under a Master Item."""
        return [item.number for item in self._items.values() if item.master_item == master_item]

    def match(self, number: str) -> list[tuple[str, int]]:
        """The items that an order line means, each with its pieces for one of the line; raises `Refused`.

        An item number, else an alias of exactly one item, else a bundle, else a new item where such are created.
        """
        bearers = self._bearers.get(number, {})
        if number in self._items:
            return [(number, 1)]
        if len(bearers) == 1:
            return [(next(iter(bearers)), 1)]
        if number in self.bundles:
            return [(self._known(item), pieces) for item, pieces in self.bundles[number].items()]
        return [(self._known(number), 1)]

    def _known(self, number: str) -> str:
        """The number of an item that exists, from now on where unknown ones are created; raises `Refused`."""
        if number not in self._items:
            if not self._create_unknown:
                raise Refused(400, f"Item {number} does not exist.")
            self._keep(Item(number))
            self._counts["items created"] += 1
        return number


def changed(item: Item, change: ItemChange) -> Item:
    """The item as it is after the change."""
    if change.patch:
        return replace(item, **change.given)
    return Item(**{"number": item.number, "aliases": item.aliases, **change.given})
