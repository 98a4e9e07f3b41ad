"""What a remote system holds of each product, and what a change of it may leave behind; pure but for the asking."""

from collections import Counter
from collections.abc import Mapping

from crossdock.domain import StockChange, StockMeaning
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected
from crossdock.sandbox import EffectKind
from crossdock.testing.stage import Stage

Held = Mapping[str, Mapping[str, int]]
"""Pieces by SKU, and by centre or area."""


async def held_in(stage: Stage) -> Held:
    """What the remote system holds now."""
    held: dict[str, Counter[str]] = {}
    for effect in await stage.effects(EffectKind.STOCK):
        held.setdefault(effect.key, Counter()).update(effect.units)
    return held


def after(held: Held, change: StockChange) -> Held:
    """What is held once a change of levels for sale, or a difference, was carried out once."""
    units = Counter(held.get(change.item.sku, {}))
    for one in change.centers:
        if change.meaning is StockMeaning.DIFFERENCE:
            units[one.distribution_center] += one.quantity
        else:
            units[one.distribution_center] = one.quantity
    return {**held, change.item.sku: units}


def breach(change: StockChange, before: Held, now: Held, error: CrossdockError | None) -> str:
    """What is wrong with how a change ended; empty where its answer fits what it left behind.

    After `OutcomeUnknown` it may have been carried out or not. A level that is set twice is set once, so that any
    passing error leaves the same doubt; a difference, and what was refused, was not carried out.
    """
    done = after(before, change)
    if error is None:
        possible, said = [done], "it was answered with success"
    elif isinstance(error, OutcomeUnknown) or _is_repeatable(change, error):
        possible, said = [done, before], f"its outcome is in doubt ({error})"
    else:
        possible, said = [before], f"{type(error).__name__} says that nothing was done ({error})"
    if any(is_same(now, one) for one in possible):
        return ""
    return f"{shown(change)}: {said}, but {differences(possible[0], now)}"


def is_same(one: Held, other: Held) -> bool:
    """Whether two hold the same; a centre that is not named holds nothing."""
    return not [*_places(one, other)]


def differences(expected: Held, found: Held) -> str:
    """Where two differ, in words."""
    places = [
        f"{sku} at '{center}' is {_at(found, sku, center)} and should be {_at(expected, sku, center)}"
        for sku, center in _places(expected, found)
    ]
    more = f" (and {len(places) - 4} more)" if len(places) > 4 else ""
    return "; ".join(places[:4]) + more


def shown(change: StockChange) -> str:
    """A change in a few words."""
    numbers = ", ".join(f"{one.quantity} at '{one.distribution_center}'" for one in change.centers)
    return f"{change.meaning} of {change.item.sku}, {numbers}"


def _is_repeatable(change: StockChange, error: CrossdockError) -> bool:
    return change.meaning is not StockMeaning.DIFFERENCE and not isinstance(error, Rejected)


def _places(one: Held, other: Held) -> list[tuple[str, str]]:
    """The SKUs and centres at which two differ."""
    known = {(sku, center) for held in (one, other) for sku, units in held.items() for center in units}
    return sorted((sku, center) for sku, center in known if _at(one, sku, center) != _at(other, sku, center))


def _at(held: Held, sku: str, center: str) -> int:
    return held.get(sku, {}).get(center, 0)
