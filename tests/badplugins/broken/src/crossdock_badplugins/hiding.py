"""An extension that hides what the connector can do."""

from collections.abc import Generator
from typing import Any

from crossdock import hookimpl

ROLE = ("fetch_orders", "read_order", "acknowledge_order", "confirm_shipment", "find_shipment")


class RoleOnly:
    """Has the methods of the role and forgets the features beside it."""

    def __init__(self, source: Any) -> None:
        for name in ROLE:
            setattr(self, name, getattr(source, name))


@hookimpl(wrapper=True)
def order_source(ctx: Any) -> Generator[None, Any, Any]:
    """Decorate, and lose something."""
    return RoleOnly((yield))
