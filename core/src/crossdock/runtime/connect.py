"""Tries every connection once, for `crossdock check --connect`; nothing is written anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossdock.config import ROLES, Config
from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.features import ChecksConnection
from crossdock.runtime.host import Host, connection_of, open_connections, open_role
from crossdock.runtime.labels import require_seller


@dataclass(frozen=True)
class Answer:
    """What came of one connection: what was reached, or why it was not."""

    connection: str
    lines: tuple[str, ...]
    failed: bool = False


async def try_connections(config: Config) -> Sequence[Answer]:
    """Open every connection and let it say what it reaches."""
    async with open_connections(config, capture=lambda call: None, quiet=True) as host:
        return [await _try(host, name) for name in config.connections]


async def _try(host: Host, name: str) -> Answer:
    try:
        role = _role(host, name)
        if name in _sellers(host.config):
            require_seller(name, role)
        if isinstance(role, ChecksConnection):
            return Answer(name, tuple(await role.check()))
        return Answer(name, ("opened; its plugin has no way to try it",))
    except CrossdockError as error:
        return Answer(name, (str(error),), failed=True)


def _sellers(config: Config) -> set[str | None]:
    """The connections that labels are to be bought through."""
    return {one.shipping_provider for one in config.pipelines.values() if one.enabled and one.labels.buy}


def _role(host: Host, name: str) -> object:
    """Any role of the connection: all of them use the same account."""
    roles = host.registry.roles(connection_of(host, name).configured.connector)
    return open_role(host, next(role for role in ROLES if role in roles), name).role
