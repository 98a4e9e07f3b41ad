"""Runs of flows: their leases, what they did, and what must rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code, Problem


@dataclass(slots=True)
class RunReport:
    """What a run did, in counts, and how it ended; `error` is empty when it ended well.

    `paused`: it did nothing because a person wants it to rest; `error` then says who and why. `partly`: in spite of the
    error, a run of the flow for another warehouse ended well.
    """

    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""
    paused: bool = False
    partly: bool = False

    def add(self, what: str, number: int = 1) -> None:
        """Count something."""
        if number:
            self.counts[what] = self.counts.get(what, 0) + number


class Runs(Protocol):
    """Leases, checkpoints and reports of flows; paused connections."""

    async def begin_run(
        self, pipeline: str, flow: str, *, connection: str | None = None, now: datetime, seconds: float
    ) -> Lease | None:
        """Take the lease of a flow with a new fence; None while another run holds it. Raises `Paused`.

        Promises that a dead run of this flow left as `sent` become `in_doubt`: those to the connection that the run
        talks to, where it says which.
        """

    async def end_dead_runs(self) -> int:
        """Take every lease away and say how many: who calls this is the only runner, so those who hold one are dead."""

    async def end_run(self, lease: Lease, report: RunReport, *, next_due: datetime | None, now: datetime) -> None:
        """Give the lease back, keep the report if there is anything in it, and say when the flow is due again.

        A wake-up that came during the run wins over a later `next_due`.
        """

    async def prolong(self, lease: Lease, *, now: datetime) -> None:
        """Keep the lease of a run that has nothing to write for a while."""

    async def schedule(self, pipeline: str, flow: str, due_at: datetime | None) -> None:
        """Make the flow known and due at this moment at the latest (None: known, but never due by itself)."""

    async def due_flows(self, *, now: datetime) -> Sequence[tuple[str, str]]:
        """(pipeline, flow) of everything that is due, not running and not paused, longest due first."""

    async def pause_connection(self, connection: str, reason: str, *, now: datetime) -> None:
        """Nothing is sent through this connection until it is resumed."""

    async def resume_connection(self, connection: str) -> None:
        """The connection may be used again; its problem closes."""

    async def paused_connections(self) -> Mapping[str, str]:
        """The paused connections and why."""

    async def report_problems(self, pipeline: str, problems: Sequence[Problem], *, now: datetime) -> None:
        """Open problems, or count them once more where they are open already."""

    async def close_problems(self, pipeline: str, code: Code, subjects: Collection[str], *, now: datetime) -> None:
        """Close problems whose cause is gone."""
