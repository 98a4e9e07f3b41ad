"""A plugin under test: loaded as crossdock loads it, with its roles, its features and its simulator."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp

from crossdock.hooks.context import ConnectorInfo, Scenario
from crossdock.hooks.errors import CrossdockError
from crossdock.registry import Registry, load_plugins
from crossdock.registry.contract import FEATURES, ROLES
from crossdock.sandbox import Rehearsal, Scene
from crossdock.testing.law import Law, all_laws
from crossdock.testing.stage import Lines, Stage
from crossdock.testing.theatre import Theatre

NOWHERE = "http://127.0.0.1:9"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The control paths are plain HTTP: to load certificates for each stage takes longer than to play on it."""


class Unplayable(AssertionError):
    """A law cannot be tried because the plugin does not get so far; says why."""


class Subject:
    """One plugin: its roles, and what the object of each can do beside its role.

    `unplayable` says why nothing can be played with it; then its features are not known.
    """

    def __init__(self, name: str, *extensions: str) -> None:
        self.name = name
        self.registry: Registry = load_plugins([name, *extensions], log=Lines())
        self.roles: frozenset[type] = frozenset(ROLES[role] for role in self.registry.roles(name))
        self.scenes: Mapping[str, Scene] = {}
        self.unplayable = self._unplayable()
        self.features: dict[type, frozenset[type]] = {}
        if not self.unplayable:
            try:
                self.features = asyncio.run(self._features())
            except CrossdockError as error:
                self.unplayable = str(error)

    @property
    def info(self) -> ConnectorInfo:
        """What the plugin says of itself; raises `Unplayable` when it does not load."""
        if self.name not in self.registry.connectors:
            raise Unplayable(self.unplayable)
        return self.registry.connectors[self.name]

    def laws(self) -> list[Law]:
        """Every law that applies to it, by id."""
        return [law for law in all_laws() if self._is_under(law)]

    def roles_with(self, feature: type) -> list[type]:
        """The roles whose object has this feature."""
        return sorted((role for role, found in self.features.items() if feature in found), key=lambda one: one.__name__)

    @asynccontextmanager
    async def stage(self, *, orders: int = 6, seed: int = 1, **options: Any) -> AsyncIterator[Stage]:
        """Its simulator with a fresh state, on a real port."""
        if self.unplayable:
            raise Unplayable(self.unplayable)
        theatre = _theatre(os.getpid())
        theatre.show(self.registry.open_sandbox(self.name, Scenario(seed=seed, orders=orders, options=options)))
        async with httpx.AsyncClient(base_url=theatre.url, timeout=60, trust_env=False, verify=NO_TLS) as control:
            told = await control.get("/_rehearsal")
            yield Stage(self.name, self.registry, theatre, Rehearsal.model_validate_json(told.content), control)

    def _is_under(self, law: Law) -> bool:
        if law.of is not None and law.of not in self.roles:
            return False
        if law.feature is None:
            return True
        return any(law.feature in found for role, found in self.features.items() if law.of in (None, role))

    def _unplayable(self) -> str:
        """Why nothing can be played with this plugin; empty text if it can."""
        if failure := next(iter(self.registry.quarantined.values()), None):  # its own, or that of an extension
            return str(failure)
        if not self.registry.has_sandbox(self.name):
            return f"{self.name} brings no simulator: write the hook `sandbox` (docs/howto/integrators.md)"
        try:
            told = self._rehearsal()
        except CrossdockError as error:
            return str(error)
        except Exception as error:
            return f"the simulator of {self.name} does not answer GET /_rehearsal as `rehearsal_routes` would: {error}"
        try:
            self.info.settings.model_validate(told.settings)
        except ValueError as error:
            return f"the `settings` of the Rehearsal of {self.name} are not those of a connection: {error}"
        self.scenes = told.scenes
        return ""

    def _rehearsal(self) -> Rehearsal:
        return asyncio.run(_told_by(self.registry.open_sandbox(self.name, Scenario(orders=0))))

    async def _features(self) -> dict[type, frozenset[type]]:
        """What each role object can do beside its role."""
        async with self.stage(orders=0) as stage, stage.connect() as connected:
            made: dict[type, Any] = {role: connected.role(role) for role in self.roles}
        return {role: frozenset(one for one in FEATURES if isinstance(it, one)) for role, it in made.items()}


@cache
def subject(name: str, *extensions: str) -> Subject:
    """The plugin of this name, decorated by these extensions; loaded once a process."""
    return Subject(name, *extensions)


@cache
def _theatre(process: int) -> Theatre:
    """The server of this process: a fork has none of the threads of its parent."""
    return Theatre()


async def _told_by(app: ASGIApp) -> Rehearsal:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=NOWHERE) as client:
        return Rehearsal.model_validate_json((await client.get("/_rehearsal")).content)
