"""Aliases: by which name a cart knows the products of a warehouse; pure.

Without a type, products go by SKU. With one, a product goes by its alias of that type, and one that has none is left
out. No alias stands for two products: what it would tell of the one would be told to the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Aliases:
    """The aliases of one type (empty: none, products go by SKU), by the warehouse's SKU."""

    type: str = ""
    of: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, sku: str) -> str | None:
        """By which name the cart knows a product; None where it has no alias, or shares it with another one."""
        if not self.type:
            return sku
        alias = self.of.get(sku)
        return alias if alias is not None and self._owners.get(alias) == sku else None

    def sku_of(self, name: str) -> str:
        """Which product of the warehouse the cart means; a name that stands for none is taken as it is."""
        return self._owners.get(name) or name

    @cached_property
    def shared(self) -> Mapping[str, tuple[str, ...]]:
        """The aliases that several products have, with their SKUs."""
        holders: dict[str, list[str]] = {}
        for sku, alias in self.of.items():
            holders.setdefault(alias, []).append(sku)
        return {alias: tuple(skus) for alias, skus in holders.items() if len(skus) > 1}

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        return {alias: sku for sku, alias in self.of.items() if alias not in self.shared}
