"""The right to run one flow of one pipeline."""

from dataclasses import dataclass

from crossdock.hooks.records import Cursor


class LeaseLost(Exception):
    """Another run has taken over this flow; what this run still wanted to write is refused."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one flow of one pipeline, and where its list was left."""

    flow_id: int
    pipeline: str
    flow: str
    fence: int
    checkpoint: Cursor | None
