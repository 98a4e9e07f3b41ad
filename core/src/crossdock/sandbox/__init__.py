"""Parts to build simulators of remote systems from: a real server on a real port, faults by seed, latency."""

from crossdock.sandbox.faults import FaultName, FaultPlan, Faults
from crossdock.sandbox.latency import Latency
from crossdock.sandbox.memory import Memory, about_route
from crossdock.sandbox.process import SandboxFailed, SandboxProcess
from crossdock.sandbox.rehearsal import Effect, EffectKind, Rehearsal, rehearsal_routes
from crossdock.sandbox.server import PortInUse, SandboxServer, serve_forever

__all__ = [
    "Effect",
    "EffectKind",
    "FaultName",
    "FaultPlan",
    "Faults",
    "Latency",
    "Memory",
    "PortInUse",
    "Rehearsal",
    "SandboxFailed",
    "SandboxProcess",
    "SandboxServer",
    "about_route",
    "rehearsal_routes",
    "serve_forever",
]
