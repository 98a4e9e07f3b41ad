"""Parts to build simulators of remote systems from: a real server on a real port, faults by seed, latency."""

from crossdock.sandbox.faults import FaultName, FaultPlan, Faults
from crossdock.sandbox.latency import Latency
from crossdock.sandbox.process import SandboxFailed, SandboxProcess
from crossdock.sandbox.server import PortInUse, SandboxServer, serve_forever

__all__ = [
    "FaultName",
    "FaultPlan",
    "Faults",
    "Latency",
    "PortInUse",
    "SandboxFailed",
    "SandboxProcess",
    "SandboxServer",
    "serve_forever",
]
