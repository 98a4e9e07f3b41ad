"""The one place where config, plugins, connections, store and pipelines are put together."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from crossdock.config import (
    Config,
    ConfigMistakes,
    Connection,
    secret_values,
    store_url,
    survey_connections,
    unheard_rules_of,
)
from crossdock.config import Pipeline as PipelineConfig
from crossdock.engine.claims import Sharer
from crossdock.engine.movement_ports import Hearer
from crossdock.engine.pipeline import Bound, Pipeline
from crossdock.engine.retry import RetryPolicy
from crossdock.engine.trace import Journal
from crossdock.hooks.context import Clock, ConnectionContext, Logger, SystemClock
from crossdock.hooks.errors import CrossdockError
from crossdock.registry import Registry, load_plugins
from crossdock.runtime.labels import printer_folder, require_seller
from crossdock.runtime.logs import open_log
from crossdock.runtime.rules import areas_of_others, rules_of, with_carrier_names, with_order_fields
from crossdock.runtime.sharers import sharers_of
from crossdock.store import CrossdockStore, open_store
from crossdock.transport import Capture, ConnectionClient, open_client, open_files


@dataclass(frozen=True)
class OpenConnection:
    """A connection with its client; its roles are opened when a pipeline needs them."""

    configured: Connection
    client: ConnectionClient
    context: ConnectionContext[Any]
    workers: int


@dataclass(frozen=True)
class Host:
    """Everything opened: what runs, and why the rest does not."""

    config: Config
    registry: Registry
    log: Logger
    clock: Clock
    connections: Mapping[str, OpenConnection]
    store: CrossdockStore | None = None
    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


@asynccontextmanager
async def open_connections(
    config: Config,
    *,
    journal: Journal | None = None,
    capture: Capture | None = None,
    clock: Clock | None = None,
    quiet: bool = False,
    json_log: bool = False,
) -> AsyncIterator[Host]:
    """Load the plugins that the config names and open its connections; no store, no pipeline.

    With `capture` nothing is written to any remote system: every write is shown to it instead.
    """
    registry = load_plugins(config.plugin_names, log=open_log(json=json_log, quiet=quiet))
    configured, mistakes = survey_connections(config, registry)
    secrets = secret_values(config, [one.settings for one in configured.values()])
    log, clock = open_log(secrets, json=json_log, quiet=quiet), clock or SystemClock()
    async with AsyncExitStack() as stack:
        connections, faults = {}, [str(mistake) for mistake in mistakes]
        for name, one in configured.items():
            try:
                opened = open_connection(registry, one, log, clock, journal=journal, secrets=secrets, capture=capture)
            except CrossdockError as error:
                faults.append(f"connection {name} cannot be opened: {error}")
                continue
            await stack.enter_async_context(opened.client)
            connections[name] = opened
        yield Host(config, registry, log, clock, connections, faults=tuple(faults))


def open_connection(
    registry: Registry,
    configured: Connection,
    log: Logger,
    clock: Clock,
    *,
    journal: Journal | None = None,
    secrets: Collection[str] = (),
    capture: Capture | None = None,
) -> OpenConnection:
    """One connection with its client, which wants to be closed, and its file server if it has one."""
    name, connector, settings = configured.name, configured.connector, configured.settings
    endpoint, server = registry.endpoint(connector, settings), registry.files(connector, settings)
    files = None
    if server:
        files = open_files(name, server, journal=journal, clock=clock, secrets=secrets, capture=capture)
    client = open_client(name, endpoint, journal=journal, clock=clock, secrets=secrets, capture=capture)
    context = ConnectionContext(name, settings, client, log, clock, files)
    return OpenConnection(configured, client, context, endpoint.concurrency)


@asynccontextmanager
async def open_host(
    config: Config,
    *,
    clock: Clock | None = None,
    retry: RetryPolicy | None = None,
    quiet: bool = False,
    json_log: bool = False,
) -> AsyncIterator[Host]:
    """Everything opened and ready to run; a pipeline that cannot be opened is named in `faults`, the rest runs."""
    clock = clock or SystemClock()
    async with (
        open_store(store_url(config)) as store,
        open_connections(config, journal=store.journal, clock=clock, quiet=quiet, json_log=json_log) as host,
    ):
        pipelines, faults = {}, list(host.faults)
        for name, wanted in config.pipelines.items():
            if wanted.enabled:
                try:
                    pipelines[name] = open_pipeline(host, name, wanted, store, clock, retry or RetryPolicy())
                except CrossdockError as error:
                    faults.append(f"pipeline {name} does not run: {error}")
        yield replace(host, store=store, pipelines=pipelines, faults=tuple(faults))


def open_pipeline(
    host: Host, name: str, wanted: PipelineConfig, store: CrossdockStore, clock: Clock, retry: RetryPolicy
) -> Pipeline:
    """One pipeline with its roles bound; raises what its plugins raise, and `ConfigMistakes` for its status events."""
    registry = host.registry
    if wrong := list(unheard_rules_of(name, host.config, registry.connectors)):
        raise ConfigMistakes(wrong)
    roles: dict[str, Any] = {role: open_role(host, role, connection) for role, connection in wanted.roles.items()}
    if wanted.labels.buy and (provider := roles.get("shipping_provider")):
        require_seller(provider.connection, provider.role)
    pipeline = Pipeline(
        rules=rules_of(name, wanted),
        store=store,
        clock=clock,
        log=host.log,
        **roles,
        more_targets=tuple(open_role(host, "fulfillment_target", connection) for connection in wanted.more_targets),
        hearers=hearers_of(host.config),
        sharers=(sharers := sharers_of(host.config, name)),
        shipper=_shipper(host, wanted, sharers, roles),
        order_filter=(lambda order: registry.order_received(name, order)) if registry.wants_orders else None,
        retry=retry,
        connection_paused=registry.connection_paused,
        print_label=printer_folder(host.config.folder / wanted.labels.folder) if wanted.labels.folder else None,
    )
    registry.pipeline_opened(name)
    rules = with_order_fields(pipeline.rules, wanted.fulfillment_target, pipeline.targets)
    source = pipeline.order_source.role if pipeline.order_source else None
    return replace(pipeline, rules=with_carrier_names(rules, source))


def _shipper(
    host: Host, wanted: PipelineConfig, sharers: Sequence[Sharer], roles: Mapping[str, Bound[Any]]
) -> Bound[Any] | None:
    """What ships from the stock that the cart is told of, where it is the warehouse that tells of it."""
    source = wanted.inventory_source
    if source is None or not any(source in sharer.warehouses for sharer in sharers):
        return None
    own = roles.get("fulfillment_target")
    return own if own and own.connection == source else open_role(host, "fulfillment_target", source)


def hearers_of(config: Config) -> Mapping[str, Sequence[Hearer]]:
    """By connection, the pipelines that hear of the stock that moves there: all that it is the inventory source of.

    Of what moves among the areas of other clients, a pipeline hears nothing.
    """
    heard: dict[str, list[Hearer]] = {}
    for name, pipeline in config.pipelines.items():
        if pipeline.enabled and pipeline.inventory_source:
            hearer = Hearer(name, pipeline.inventory_sink is not None, areas_of_others(config, name))
            heard.setdefault(pipeline.inventory_source, []).append(hearer)
    return heard


def open_role(host: Host, role: str, connection: str) -> Bound[Any]:
    """A role (by its name in the config) of a connection."""
    opened = connection_of(host, connection)
    return Bound(connection, host.registry.open_role(opened.configured.connector, role, opened.context), opened.workers)


def connection_of(host: Host, name: str) -> OpenConnection:
    """An open connection; raises a sentence that says why it is not open."""
    if name in host.connections:
        return host.connections[name]
    connector = host.config.connections[name].connector if name in host.config.connections else name
    raise CrossdockError(
        f"connection {name} is not open; `crossdock plugins why {connector}` and `crossdock check` say why"
    )


def store_of(host: Host) -> CrossdockStore:
    """The store of an open host."""
    if host.store is None:
        raise CrossdockError("this command was opened without a store")
    return host.store
