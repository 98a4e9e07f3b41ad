"""Which stock unit WarehouseOS takes a SKU for, by its own rule; pure."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice

from crossdock_warehouseos.models import Item

TYPED_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_./ "
SUGGESTIONS = 3


class MatchKind(StrEnum):
    """What a SKU is in WarehouseOS."""

    ITEM = "item"
    ALIAS = "alias"
    BUNDLE = "bundle"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """What one SKU is.

    `items` is the item that is meant, of an ambiguous SKU all that it could mean; of a bundle or an unknown SKU none.
    """

    kind: MatchKind
    items: tuple[str, ...] = ()


@dataclass(slots=True)
class Numbers:
    """The numbers of items, and the aliases that stand for them."""

    items: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    shared: dict[str, set[str]] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Learn an item with its aliases."""
        self.items.add(item.number)
        for alias in item.aliases or ():
            self._add_alias(alias.alias, item.number)

    def _add_alias(self, alias: str, item: str) -> None:
        first = self.aliases.setdefault(alias, item)
        if first != item:
            self.shared.setdefault(alias, {first}).add(item)


def match_of(sku: str, numbers: Numbers, bundles: Container[str]) -> Match:
    """An item's number, then an alias of exactly one item, then a bundle: as WarehouseOS matches order lines."""
    if sku in numbers.items:
        return Match(MatchKind.ITEM, (sku,))
    if sku in numbers.aliases and sku not in numbers.shared:
        return Match(MatchKind.ALIAS, (numbers.aliases[sku],))
    if sku in bundles:
        return Match(MatchKind.BUNDLE)
    if sku in numbers.shared:
        return Match(MatchKind.AMBIGUOUS, tuple(sorted(numbers.shared[sku])))
    return Match(MatchKind.UNKNOWN)


def near_numbers(sku: str, known: Container[str]) -> tuple[str, ...]:
    """The known numbers that are one slip of a hand away; as quick for a million of them as for ten."""
    return tuple(islice(dict.fromkeys(slip for slip in _slips(sku) if slip in known), SUGGESTIONS))


def _slips(sku: str) -> Iterator[str]:
    """What was meant if case, spaces around, or one sign is wrong, missing, too many or changed places."""
    cuts = [(sku[:place], sku[place:]) for place in range(len(sku) + 1)]
    return chain(
        (sku.strip(), sku.upper(), sku.lower(), sku.strip().upper()),
        (head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1),
        (head + tail[1:] for head, tail in cuts if tail),
        (head + sign + tail for head, tail in cuts for sign in TYPED_SIGNS),
        (head + sign + tail[1:] for head, tail in cuts if tail for sign in TYPED_SIGNS),
    )


def refusal(sku: str, match: Match, known: Container[str]) -> str:
    """Why an order for this SKU must not be sent; empty if it may."""
    if match.kind is MatchKind.AMBIGUOUS:
        return (
            f"SKU {sku} is an alias of several items in WarehouseOS ({', '.join(match.items)}); sell it as one of them"
        )
    if match.kind is MatchKind.UNKNOWN:
        near = near_numbers(sku, known)
        meant = f"; did you mean {' or '.join(near)}?" if near else "; add it there, then retry"
        return f"SKU {sku} is not an item in WarehouseOS, nor an alias or a bundle{meant}"
    return ""
