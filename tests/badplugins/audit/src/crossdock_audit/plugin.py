"""The hooks of the extension: no connector of its own, only a wrapper."""

from collections.abc import Generator
from typing import Any, cast

from crossdock import ConnectionContext, OrderSource, hookimpl
from crossdock_audit.counted import Counted


@hookimpl(wrapper=True)
def order_source(ctx: ConnectionContext[Any]) -> Generator[None, OrderSource, OrderSource]:
    """Decorate the order source of whatever connector the connection has."""
    source = yield
    ctx.log.info("order source audited", connection=ctx.name)
    return cast(OrderSource, Counted(source))
