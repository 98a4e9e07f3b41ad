"""Sweep: a second, slower look at everything that came in or changed lately."""

from crossdock.engine.flows.download import take_in_list
from crossdock.engine.pipeline import Run
from crossdock.hooks.errors import Unsupported
from crossdock.hooks.features import SweepsOrders


async def sweep(run: Run) -> None:
    """Take in the sweeping list, which also shows orders that bear a mark and orders that the first list left out."""
    source, connection = run.pipeline.source.role, run.pipeline.source.connection
    if not isinstance(source, SweepsOrders):
        raise Unsupported(f"connection {connection} has no second list of orders")
    await take_in_list(run, source.sweep_orders, run.lease.checkpoint)
