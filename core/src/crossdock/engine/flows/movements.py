"""Movements: what moved in a warehouse whose work comes to the pipeline by no other flow."""

from crossdock.engine.flows.collect import drain
from crossdock.engine.pipeline import Bound, Pipeline, Run
from crossdock.engine.ports import RecordKind
from crossdock.hooks.errors import NeedsConfig
from crossdock.hooks.features import TellsMovements
from crossdock.hooks.roles import InventorySource


async def movements(run: Run) -> None:
    """Take in every page of stock that moved."""
    source = _source(run.pipeline)
    await drain(run, source, RecordKind.MOVEMENT, source.role.fetch_movements)


def come_alone(pipeline: Pipeline) -> bool:
    """Whether the inventory source must be asked: the fulfillment target does not tell the same movements."""
    source, target = pipeline.inventory_source, pipeline.fulfillment_target
    if source is None or target is None or target.connection != source.connection:
        return True
    return not isinstance(target.role, TellsMovements)


def _source(pipeline: Pipeline) -> Bound[InventorySource]:
    if pipeline.inventory_source is None:
        raise NeedsConfig(f"pipeline {pipeline.name} has no inventory source")
    return pipeline.inventory_source
