"""The laws of mappings, area by area; importing this declares them."""

from crossdock.testing.mapping.laws import (
    aliases,
    areas,
    carriers,
    events,
    examples,
    expressions,
    fields,
    filters,
    orders,
    release,
    return_way,
    saved,
    ship_methods,
    stock,
)

__all__ = [
    "aliases",
    "areas",
    "carriers",
    "events",
    "examples",
    "expressions",
    "fields",
    "filters",
    "orders",
    "release",
    "return_way",
    "saved",
    "ship_methods",
    "stock",
]
