"""Rules of status events that their cart cannot follow: found without a network."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from crossdock.config.load import Config
from crossdock.config.mistakes import Mistake, dotted
from crossdock.config.order_options import StatusRule
from crossdock.domain import OrderEvent
from crossdock.hooks.context import ConnectorInfo

MAY_LACK_TRACKING = (OrderEvent.PICKED, OrderEvent.PACKED, OrderEvent.SHIPPED)
"""Events that can happen to a package which has no tracking number."""
MERE_EVENTS = (OrderEvent.RELEASED,)
"""Events of which a cart can be told only if it hears of them as such."""
WITH_TRACKING = f'event = "{OrderEvent.TRACKING_ADDED}"'


def unheard_rules(config: Config, connectors: Mapping[str, ConnectorInfo]) -> Iterator[Mistake]:
    """Every rule that would tell a cart what it does not take; a cart whose plugin is not ready is passed over."""
    for pipeline in config.pipelines:
        yield from unheard_rules_of(pipeline, config, connectors)


def unheard_rules_of(pipeline: str, config: Config, connectors: Mapping[str, ConnectorInfo]) -> Iterator[Mistake]:
    """The same of one pipeline."""
    one = config.pipelines[pipeline]
    connection = config.connections.get(one.order_source or "")
    info = connectors.get(connection.connector) if connection else None
    for place, rule in enumerate(one.status_events.rules) if info else ():
        if mistake := _mistake(rule, info, config.files["pipelines", pipeline], _key(pipeline, place)):
            yield mistake


def _key(pipeline: str, place: int) -> str:
    return dotted(("pipelines", pipeline, "status_events", "rules", place))


def _mistake(rule: StatusRule, info: ConnectorInfo | None, file: Path, key: str) -> Mistake | None:
    if info is None or not rule.notify_cart:
        return None
    said = f"'{rule.event}' is to be told to {info.title}"
    if info.needs_tracking and rule.event in MAY_LACK_TRACKING:
        found = f"{said}, which takes no shipment without a tracking number; a package may be {rule.event} without one"
        return Mistake(file, key, found, WITH_TRACKING, advice=f"Write {WITH_TRACKING}: it always has a number.")
    if rule.event in MERE_EVENTS and rule.event not in info.hears:
        heard = ", ".join(sorted(info.hears)) or "none"
        found = f"{said}, which cannot hear of it"
        return Mistake(file, key, found, advice=f"Take the rule out; mere events that it hears of: {heard}.")
    return None
