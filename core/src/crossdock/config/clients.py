"""Many merchants in one config: what one of them must not share with another."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

from crossdock.config.mistakes import Mistake, dotted
from crossdock.config.models import Pipeline
from crossdock.mapping import Areas
from crossdock.mapping.overlap import common_text

CARTS = ("order_source", "inventory_sink")
"""Roles that only a cart has."""
CATALOGS = ("catalog_source", "catalog_sink")
WAREHOUSES = ("fulfillment_target", "inventory_source")
Named = tuple[str, Pipeline]


def crossed_clients(pipelines: Mapping[str, Pipeline], files: Mapping[tuple[str, str], Path]) -> Iterator[Mistake]:
    """Carts that pipelines of several clients use, and stock of a shared warehouse that would be told to several."""
    enabled = [(name, one) for name, one in pipelines.items() if one.enabled]
    warehouses = {bound for _, one in enabled for bound in _warehouses(one)}
    for first, other in combinations(enabled, 2):
        if first[1].client != other[1].client:
            yield from _shared_carts(first, other, warehouses, files["pipelines", other[0]])
            yield from _shared_stock(first, other, files["pipelines", other[0]])


def _warehouses(pipeline: Pipeline) -> Iterator[str]:
    yield from (pipeline.roles[role] for role in WAREHOUSES if role in pipeline.roles)
    yield from (one.fulfillment_target for one in pipeline.distribution_centers.values() if one.fulfillment_target)


def _carts(pipeline: Pipeline, warehouses: set[str]) -> dict[str, str]:
    """By connection, a role for which a pipeline uses it as its cart."""
    roles = {role: name for role, name in pipeline.roles.items() if role in CARTS}
    catalogs = {role: name for role, name in pipeline.roles.items() if role in CATALOGS and name not in warehouses}
    return {name: role for role, name in {**catalogs, **roles}.items()}


def _shared_carts(first: Named, other: Named, warehouses: set[str], file: Path) -> Iterator[Mistake]:
    ours, theirs = _carts(first[1], warehouses), _carts(other[1], warehouses)
    for connection in ours.keys() & theirs.keys():
        key = dotted(("pipelines", other[0], theirs[connection]))
        found = f"'{connection}' is the cart of {_whose(first)}, and this pipeline is of {_client(other[1])}"
        advice = "Name the same client in both, or give each its own connection; only a warehouse may be shared."
        yield Mistake(file, key, found, advice=advice)


def _shared_stock(first: Named, other: Named, file: Path) -> Iterator[Mistake]:
    """What moves in a warehouse is told to every cart whose centres count the area: clients are told apart by areas."""
    source = other[1].inventory_source
    if (
        source is None
        or first[1].inventory_source != source
        or not (first[1].inventory_sink and other[1].inventory_sink)
    ):
        return
    if (area := _counted_by_both(first[1], other[1])) is not None:
        where = f"the stock of area '{area}'" if area else "stock without an area"
        key = dotted(("pipelines", other[0], "distribution_centers"))
        found = f"{where} of '{source}' counts here and for {_whose(first)}"
        allowed = "areas that count for one client only"
        advice = "Name each client's areas in stock_areas; what belongs to whom cannot be told by SKUs."
        yield Mistake(file, key, found, allowed, advice=advice)


def _counted_by_both(first: Pipeline, other: Pipeline) -> str | None:
    ours, theirs = first.areas, other.areas
    for one in _counted(ours):
        for another in _counted(theirs):
            area = common_text(one, another)
            if area is not None and _counts(ours, area) and _counts(theirs, area):
                return area
    return None


def _counted(areas: Areas) -> list[str]:
    return [rule.area for rule in areas.rules if rule.center is not None] + ["*"] * (areas.everywhere is not None)


def _counts(areas: Areas, area: str) -> bool:
    counted = areas.count(area)
    return counted is not None and counted.center is not None


def _whose(named: Named) -> str:
    return f"pipeline '{named[0]}' of {_client(named[1])}"


def _client(pipeline: Pipeline) -> str:
    return f"client '{pipeline.client}'" if pipeline.client else "no client"
