"""The simulators of a campaign, each in a process of its own, and what is asked of them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import ValidationError
from starlette.types import ASGIApp

from crossdock.hooks.context import Logger, Scenario
from crossdock.hooks.errors import NeedsConfig
from crossdock.registry import PluginFault, Registry, load_plugins
from crossdock.sandbox import Effect, FaultPlan, Rehearsal, SandboxProcess, Scene

HERE = f"{__name__}:simulated"
PATIENCE = 60.0
SCENES = ("disorder",)
"""Ways to play that every simulator is asked for, as far as it can: records come again, and in any order."""


class _Silent:
    """A logger for processes whose plugins another one has looked at."""

    def info(self, event: str, **details: Any) -> None:
        """Say nothing."""

    warning = info


SILENT: Logger = _Silent()


def simulated(scenario: Scenario) -> ASGIApp:
    """The simulator of the connector that the options name; `options` inside of them are its own."""
    connector, options = scenario.options["connector"], scenario.options["options"]
    registry = load_plugins([connector], log=SILENT)
    scenes = asyncio.run(_scenes(registry.open_sandbox(connector, Scenario(orders=0, options=options))))
    usual = {name: value for scene in SCENES if scene in scenes for name, value in scenes[scene].options.items()}
    return registry.open_sandbox(connector, Scenario(scenario.seed, scenario.orders, {**usual, **options}))


async def _scenes(app: ASGIApp) -> Mapping[str, Scene]:
    """The scenes of a simulator; none where it does not tell, which is found out later."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        answer = await client.get("/_rehearsal")
    try:
        return Rehearsal.model_validate_json(answer.content).scenes
    except ValidationError:
        return {}


@dataclass(frozen=True)
class Simulator:
    """One remote system: how to connect to it, and ways to ask what holds there and to let things happen."""

    connector: str
    rehearsal: Rehearsal
    control: httpx.Client

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the scenes that are played; an operator's own come before them."""
        known = [self.rehearsal.scenes[scene] for scene in SCENES if scene in self.rehearsal.scenes]
        return {name: value for scene in known for name, value in scene.settings.items()}

    def effects(self) -> Sequence[Effect]:
        """Everything that took effect."""
        return [Effect.model_validate(one) for one in self._get("/_effects")]

    def work(self, seed: int) -> Mapping[str, int]:
        """People work for a while; gives what they did, counted."""
        done = self.control.post("/_work", json={"seed": seed}).raise_for_status().json()
        return {what: number for what, number in done.items() if isinstance(number, int) and number}

    def faults(self, plan: FaultPlan) -> None:
        """From now on requests go wrong by this plan."""
        self.control.post("/_faults", content=plan.model_dump_json()).raise_for_status()

    def injected(self) -> Mapping[str, int]:
        """How many requests went wrong so far, by the name of the fault."""
        return dict(self._get("/_faults")["injected"])

    def _get(self, path: str) -> Any:
        return self.control.get(path).raise_for_status().json()


@contextmanager
def open_simulators(
    connectors: Mapping[str, str], *, seed: int, orders: int, options: Mapping[str, Mapping[str, Any]]
) -> Iterator[Mapping[str, Simulator]]:
    """A simulator for each connection; `connectors` and `options` go by its name. Raises `NeedsConfig`."""
    with ExitStack() as stack, ThreadPoolExecutor(len(connectors) or 1) as pool:
        processes = [
            _process(connector, Scenario(seed, orders, options.get(name, {}))) for name, connector in connectors.items()
        ]
        started = [*pool.map(stack.enter_context, processes)]
        found = {
            name: _met(connector, stack.enter_context(_control(process.url)))
            for (name, connector), process in zip(connectors.items(), started, strict=True)
        }
        yield found


def require_simulators(connections: Mapping[str, str], options: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `NeedsConfig` for connectors that cannot be simulated, or not with these options, with all of them.

    Both go by the name of the connection.
    """
    connectors = {*connections.values()}
    registry = load_plugins(sorted(connectors), log=SILENT)
    wrong = [f"{name}: {why}" for name, why in registry.quarantined.items() if name in connectors]
    lacking = [
        name for name in sorted(connectors) if name not in registry.quarantined and not registry.has_sandbox(name)
    ]
    wrong += [f"{name} brings no simulator of its remote system" for name in lacking]
    if wrong:
        raise NeedsConfig(f"a campaign needs a simulator for every connection: {'; '.join(wrong)}")
    if strange := options.keys() - connections.keys():
        known = ", ".join(connections)
        raise NeedsConfig(f"options are for a connection: {', '.join(sorted(strange))} is none of {known}")
    for name, chosen in options.items():
        _require_options(registry, name, connections[name], chosen)


def _require_options(registry: Registry, connection: str, connector: str, options: Mapping[str, Any]) -> None:
    try:
        registry.open_sandbox(connector, Scenario(orders=0, options=options))
    except PluginFault as fault:
        if not isinstance(cause := fault.__cause__, ValidationError):
            raise
        wrong = [f"{'.'.join((connection, *map(str, one['loc'])))}: {one['msg']}" for one in cause.errors()]
        raise NeedsConfig(f"the simulator of {connector} does not take these options: {'; '.join(wrong)}") from None


def _process(connector: str, scenario: Scenario) -> SandboxProcess:
    nested = {"connector": connector, "options": dict(scenario.options)}
    return SandboxProcess(HERE, Scenario(scenario.seed, scenario.orders, nested))


def _control(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)


def _met(connector: str, control: httpx.Client) -> Simulator:
    answer = control.get("/_rehearsal")
    try:
        return Simulator(connector, Rehearsal.model_validate_json(answer.raise_for_status().content), control)
    except (httpx.HTTPStatusError, ValidationError) as error:
        raise NeedsConfig(
            f"the simulator of {connector} does not say how to rehearse with it (GET /_rehearsal, by "
            f"`rehearsal_routes` of crossdock.sandbox); choose a pipeline without it: {str(error).splitlines()[0]}"
        ) from None
