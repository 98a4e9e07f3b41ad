"""Whose orders concern the stock of which a pipeline tells its cart."""

from collections.abc import Collection

from crossdock.config import Config, Pipeline
from crossdock.engine.claims import Sharer
from crossdock.runtime.rules import rules_of


def sharers_of(config: Config, name: str) -> tuple[Sharer, ...]:
    """The pipelines whose orders are shipped from the stock that this one tells of, or come from the cart it tells.

    Of the pipelines of other clients, those count whose warehouse picks in an area whose stock counts for this one.
    """
    own = config.pipelines[name]
    if own.inventory_source is None:
        return ()
    enabled = {other: one for other, one in config.pipelines.items() if one.enabled and one.order_source}
    sharers = {other: _sharer(own, one, other) for other, one in enabled.items()}
    return tuple(found for other, found in sharers.items() if found.claims or _is_of_our_cart(own, enabled[other]))


def _is_of_our_cart(own: Pipeline, one: Pipeline) -> bool:
    """Whether orders come from the cart that is told of the stock."""
    return one.order_source == (own.inventory_sink or own.order_source)


def _sharer(own: Pipeline, one: Pipeline, other: str) -> Sharer:
    warehouses = _warehouses(own, one)
    centers = {center: _places(own, one, center, warehouses) for center in one.distribution_centers}
    anywhere = _anywhere(own, one, warehouses)
    return Sharer(rules_of(other, one), warehouses, centers, anywhere, one.catalog_source or "")


def _warehouses(own: Pipeline, one: Pipeline) -> Collection[str]:
    """The connections that ship orders of one pipeline from the stock of another one.

    As a rule it is the one that tells of the stock. Where it ships nothing for a pipeline that hears of the same stock,
    all that ship for that pipeline are taken to do it from there.
    """
    ships = {name for name in (one.fulfillment_target, *one.more_targets) if name}
    if own.inventory_source in ships:
        return ships & {own.inventory_source}
    return ships if one.inventory_source == own.inventory_source else frozenset()


def _places(own: Pipeline, one: Pipeline, center: str, warehouses: Collection[str]) -> tuple[str, ...]:
    """The centres of our cart at which pieces are missing that leave from a centre of another pipeline."""
    ships = one.distribution_centers[center].fulfillment_target or one.fulfillment_target
    if ships not in warehouses:
        return ()
    if own is one or (_is_of_our_cart(own, one) and center in own.distribution_centers):
        return (center,)
    shared = _shared(own, one, center)
    return _anywhere(own, one, warehouses) if shared is None else shared


def _shared(own: Pipeline, one: Pipeline, center: str) -> tuple[str, ...] | None:
    """Where the areas of their centre count for us, as far as both name them; None where they do not."""
    rule, ours, theirs = one.distribution_centers[center], own.areas, one.areas
    counted = [ours.count(area) for area in ((rule.area,) if rule.area else rule.counted_areas)]
    found = [one.center for one in counted if one]
    if not found:
        found = [area.center for area in own.area_rules if (at := theirs.count(area.area)) and at.center == center]
    return tuple(dict.fromkeys(center for center in found if center is not None)) if found else None


def _anywhere(own: Pipeline, one: Pipeline, warehouses: Collection[str]) -> tuple[str, ...]:
    """Where pieces are missing of which nobody says where they leave from: at all of our centres that may be meant."""
    if not warehouses or own.client != one.client:
        return ()
    counting = {rule.center for rule in own.area_rules} | {own.areas.everywhere}
    return tuple(center for center in own.distribution_centers if center in counting)
