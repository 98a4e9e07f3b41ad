"""The right to run one flow of one pipeline."""

from dataclasses import dataclass

from crossdock.hooks.errors import CrossdockError
from crossdock.hooks.records import Cursor


class LeaseLost(Exception):
    """Another run has taken over this flow; what this run still wanted to write is refused."""


class Paused(CrossdockError):
    """A person has paused this flow; says who, since when and why."""


def named(what: str, place: str) -> str:
    """What a flow, or what it keeps, is called in its run for another warehouse than the pipeline's own."""
    return f"{what}@{place}" if place else what


def unnamed(name: str) -> tuple[str, str]:
    """The flow (or what it keeps) of such a name, and the place; no place is the pipeline's own warehouse."""
    what, _, place = name.partition("@")
    return what, place


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one flow of one pipeline, and where its list was left."""

    flow_id: int
    pipeline: str
    flow: str
    fence: int
    checkpoint: Cursor | None
