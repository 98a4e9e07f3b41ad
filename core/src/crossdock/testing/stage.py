"""A plugin's simulator with a state of its own, and connections of the plugin to it over a real socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from crossdock.config import secrets_in
from crossdock.hooks.context import ConnectionContext
from crossdock.hooks.http import Endpoint
from crossdock.registry import Registry
from crossdock.registry.contract import ROLES
from crossdock.sandbox import Effect, EffectKind, FaultName, FaultPlan, Rehearsal
from crossdock.testing.hurry import HurriedTimer, StoppedClock
from crossdock.testing.theatre import Arrived, Theatre
from crossdock.transport import open_client, open_files

R = TypeVar("R")
READS, WRITES = ("GET",), ("POST", "PUT", "PATCH", "DELETE")
"""Which requests a fault is for, where it is only for some (`only_methods`)."""
AT_WRITES = (
    *(FaultName.LOST_REPLY, FaultName.ERROR_502_AFTER, FaultName.DROPPED, FaultName.ERROR_500, FaultName.ERROR_503),
    *(FaultName.THROTTLED, FaultName.HTML, FaultName.TOKEN_EXPIRED),
)
"""What may go wrong at a request that changes something, the worst first."""
QUICK_SECONDS = 5.0
"""How long a call to a simulator may take before it counts as lost."""


class Lines:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def info(self, event: str, **details: Any) -> None:
        """Keep it."""
        self.events.append((event, details))

    warning = info


@dataclass
class Connected:
    """One connection of the plugin to the simulator: its context, what it logged and how it waited."""

    connector: str
    registry: Registry
    context: ConnectionContext[Any]
    endpoint: Endpoint
    log: Lines
    timer: HurriedTimer
    _roles: dict[type, Any] = field(default_factory=dict)

    def role(self, protocol: type[R]) -> R:
        """The role object that follows this protocol, always the same one of a connection."""
        if protocol not in self._roles:
            [name] = [role for role, one in ROLES.items() if one is protocol]
            self._roles[protocol] = self.registry.open_role(self.connector, name, self.context)
        found: R = self._roles[protocol]
        return found


@dataclass(frozen=True)
class Stage:
    """A simulator that plays for one law: what people do there, what took effect, what arrived, what goes wrong."""

    connector: str
    registry: Registry
    theatre: Theatre
    rehearsal: Rehearsal
    control: httpx.AsyncClient

    @property
    def arrived(self) -> list[Arrived]:
        """Every request so far, in the order of their arrival; not those to control paths."""
        return self.theatre.arrived

    async def effects(self, kind: EffectKind | None = None) -> list[Effect]:
        """What holds in the remote system now, of this kind or of all."""
        told = await self.control.get("/_effects", params={"kind": kind} if kind else {})
        return [Effect.model_validate(one) for one in _answered(told, "`effects`")]

    async def work(self, seed: int = 1) -> Mapping[str, int]:
        """People work there for a while; gives what they did, counted."""
        done: Mapping[str, int] = _answered(await self.control.post("/_work", json={"seed": seed}), "`work`")
        return done

    async def faults(self, *faults: FaultName, times: int | None = 1, **plan: Any) -> None:
        """From now on the next requests (so many; None: all) go wrong in one of these ways; none: all goes well again.

        `plan` are further fields of a `FaultPlan`.
        """
        rates = {fault: 1.0 / len(faults) for fault in faults}
        made = FaultPlan(rates=rates, max_faults=times, **{"slow_seconds": QUICK_SECONDS, **plan})
        (await self.control.post("/_faults", content=made.model_dump_json())).raise_for_status()

    @asynccontextmanager
    async def connect(
        self, *, paced: bool = False, later: timedelta = timedelta(), **settings: Any
    ) -> AsyncIterator[Connected]:
        """A connection as after a start of the program, so much `later`; it knows nothing that an earlier one knew.

        It waits in no real time. Without `paced` the rates of its endpoint are not kept, so that laws are quick.
        """
        info = self.registry.connectors[self.connector]
        chosen = info.settings.model_validate({**self.rehearsal.settings, **settings})
        endpoint = self.registry.endpoint(self.connector, chosen)
        endpoint = replace(endpoint, rates=endpoint.rates if paced else (), timeout=QUICK_SECONDS)
        timer, log, secrets = HurriedTimer(), Lines(), [*secrets_in(chosen)]
        clock = StoppedClock((self.rehearsal.now or datetime.now(UTC)) + later)
        server = self.registry.files(self.connector, chosen)
        files = open_files("rehearsal", server, clock=clock, secrets=secrets) if server else None
        async with open_client("rehearsal", endpoint, clock=clock, secrets=secrets, timer=timer) as client:
            context = ConnectionContext("rehearsal", chosen, client, log, clock, files)
            yield Connected(self.connector, self.registry, context, endpoint, log, timer)


def _answered(answer: httpx.Response, by: str) -> Any:
    """What a control path says; an error of it is one of the simulator, whatever the plugin does."""
    assert answer.is_success, (
        f"{answer.request.method} {answer.request.url.path} of the simulator is answered with {answer.status_code}: "
        f"{by} of your simulator is broken; its traceback stands below, in what was logged or written meanwhile"
    )
    return answer.json()
