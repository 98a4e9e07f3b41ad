"""Parts to build simulators of remote systems from: a real server on a real port, faults by seed, latency."""

from typing import TYPE_CHECKING, Any

from crossdock.sandbox.faults import FaultName, FaultPlan, Faults
from crossdock.sandbox.gate import KeyGate
from crossdock.sandbox.latency import Latency
from crossdock.sandbox.memory import Memory, about_route
from crossdock.sandbox.process import SandboxFailed, SandboxProcess
from crossdock.sandbox.rehearsal import Effect, EffectKind, OwnCall, Rehearsal, Scene, rehearsal_routes
from crossdock.sandbox.server import PortInUse, SandboxServer, serve_forever

__all__ = [
    "Effect",
    "EffectKind",
    "FaultName",
    "FaultPlan",
    "Faults",
    "KeyGate",
    "Latency",
    "Memory",
    "OwnCall",
    "PortInUse",
    "Rehearsal",
    "SandboxFailed",
    "SandboxProcess",
    "SandboxServer",
    "Scene",
    "about_route",
    "rehearsal_routes",
    "serve_forever",
]


if not TYPE_CHECKING:  # to a type checker, a name that was taken away is none

    def __getattr__(name: str) -> Any:
        """A former name of this door."""
        from crossdock.deprecation import former_name

        return former_name(__name__, name)
