"""By which pairs carriers usually go at the carts of pipelines, asked of the plugins alone: no network, no store."""

from collections.abc import Collection, Mapping

from crossdock.config import Config
from crossdock.hooks.errors import CrossdockError
from crossdock.mapping import CarrierNames
from crossdock.runtime.host import Host, open_connections, open_role
from crossdock.runtime.rules import carrier_names_of


async def carrier_names(config: Config, pipelines: Collection[str]) -> Mapping[str, CarrierNames]:
    """By pipeline, what its order source knows; nothing for one that cannot be opened, which is told elsewhere."""
    async with open_connections(config, capture=lambda call: None, quiet=True) as host:
        return {name: _names_at(host, config.pipelines[name].order_source) for name in pipelines}


def _names_at(host: Host, connection: str | None) -> CarrierNames:
    if connection is None:
        return {}
    try:
        return carrier_names_of(open_role(host, "order_source", connection).role)
    except CrossdockError:
        return {}
