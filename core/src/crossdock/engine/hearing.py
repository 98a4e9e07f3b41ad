"""By which run a pipeline hears what moves in the warehouse whose stock its cart is told of."""

from crossdock.engine.flows.movements import come_alone
from crossdock.engine.lease import named
from crossdock.engine.pipeline import Pipeline


def heard_by(pipeline: Pipeline) -> str:
    """The name of that run: of the flow that takes in the warehouse's work, else of the one for movements alone."""
    source = pipeline.need(pipeline.inventory_source, "inventory source")
    if come_alone(pipeline):
        return "movements"
    own = pipeline.target.connection == source.connection
    return named("collect", "" if own else source.connection)
