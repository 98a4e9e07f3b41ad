"""Aliases: by which name a cart knows the products of a warehouse; pure.

Without a type, products go by SKU. With one, a product goes by its alias of that type, and one that has none is left
out. No alias stands for two products: what it would tell of the one would be told to the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

MOST_NAMED = 3


@dataclass(frozen=True)
class Aliases:
    """The aliases of one type (empty: none, products go by SKU), by the warehouse's SKU.

    `several` are the SKUs that have more than one of that type: they go by none.
    """

    type: str = ""
    of: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_pairs(cls, type: str, pairs: Iterable[tuple[str, str]]) -> "Aliases":
        """The aliases that these pairs of SKU and alias make."""
        of: dict[str, str] = {}
        several: dict[str, tuple[str, ...]] = {}
        for sku, alias in pairs:
            if of.setdefault(sku, alias) != alias:
                several[sku] = tuple(sorted({*several.get(sku, ()), of[sku], alias}))
        return cls(type, {sku: alias for sku, alias in of.items() if sku not in several}, several)

    def name_of(self, sku: str) -> str | None:
        """By which name the cart knows a product; None where it has no alias, or shares it with another one."""
        if not self.type:
            return sku
        alias = self.of.get(sku)
        return alias if alias is not None and self._owners.get(alias) == sku else None

    def sku_of(self, name: str) -> str:
        """Which product of the warehouse the cart means; a name that stands for none is taken as it is."""
        return self._owners.get(name) or name

    def why_unnamed(self, sku: str) -> str:
        """Why a product has no name at the cart, for a person; empty where it has one."""
        if self.name_of(sku) is not None:
            return ""
        if sku in self.several:
            return f"it has several aliases of type {self.type}: {_some(self.several[sku])}"
        if (alias := self.of.get(sku)) is None:
            return f"it has no alias of type {self.type}"
        others = [other for other in self.shared[alias] if other != sku]
        return f"its alias {alias} of type {self.type} stands for {_some(others)} too"

    @cached_property
    def shared(self) -> Mapping[str, tuple[str, ...]]:
        """The aliases that several products have, with their SKUs."""
        holders: dict[str, list[str]] = {}
        for sku, alias in self.of.items():
            holders.setdefault(alias, []).append(sku)
        for sku, aliases in self.several.items():
            for alias in aliases:
                holders.setdefault(alias, []).append(sku)
        return {alias: tuple(skus) for alias, skus in holders.items() if len(skus) > 1}

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        shared = self.shared
        return {alias: sku for sku, alias in self.of.items() if alias not in shared}


def _some(names: Iterable[str]) -> str:
    """A few of them, and how many more there are."""
    listed = list(names)
    more = len(listed) - MOST_NAMED
    return ", ".join([*listed[:MOST_NAMED], f"{more} more"] if more > 0 else listed)
