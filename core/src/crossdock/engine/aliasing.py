"""By which name the cart of a pipeline knows the warehouse's products: a file says it, or the catalogue."""

from collections.abc import Collection

from crossdock.engine.pipeline import Pipeline
from crossdock.mapping import Aliases


async def aliases_of(pipeline: Pipeline, skus: Collection[str] | None = None) -> Aliases:
    """The names of all products; with `skus`, at least of these, and no more than needed is read from the store."""
    rules = pipeline.rules.stock
    if rules.aliases.type or not rules.alias_type:
        return rules.aliases
    catalogue = pipeline.need(pipeline.catalog_source, "catalog source")
    pairs = await pipeline.store.product_codes(pipeline.name, catalogue.connection, rules.alias_type, skus)
    return Aliases.from_pairs(rules.alias_type, pairs)
