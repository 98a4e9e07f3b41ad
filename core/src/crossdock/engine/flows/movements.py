"""Movements: what moved in a warehouse whose work comes to the pipeline by no other flow."""

from crossdock.engine.facts import RecordKind
from crossdock.engine.flows.collect import drain
from crossdock.engine.pipeline import Pipeline, Run
from crossdock.hooks.features import TellsMovements


async def movements(run: Run) -> None:
    """Take in every page of stock that moved."""
    source = run.pipeline.need(run.pipeline.inventory_source, "inventory source")
    await drain(run, source, RecordKind.MOVEMENT, source.role.fetch_movements)


def come_alone(pipeline: Pipeline) -> bool:
    """Whether the inventory source must be asked: the fulfillment target does not tell the same movements."""
    source = pipeline.inventory_source
    target = pipeline.targets.get(source.connection) if source else None
    return target is None or not isinstance(target.role, TellsMovements)
