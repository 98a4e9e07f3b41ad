"""Where everything stands, in numbers, for summaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from crossdock.engine.ledger import UNFINISHED, Kind, PromiseState
from crossdock.engine.ports import OrderState
from crossdock.store.tables import orders, problem, promise, shipment


@dataclass(frozen=True)
class OpenProblems:
    """How many problems of one kind are open, and one of them."""

    code: str
    count: int
    example: str


@dataclass(frozen=True)
class Standing:
    """How many there are: orders per (state, reason), promises per (kind, state), shipments, open problems."""

    orders: Mapping[tuple[str, str], int]
    promises: Mapping[tuple[str, str], int]
    shipments: int
    problems: tuple[OpenProblems, ...]

    @property
    def unfinished(self) -> int:
        """Promises that are still to be kept."""
        return sum(number for (_, state), number in self.promises.items() if state in UNFINISHED)

    def in_state(self, *states: OrderState) -> int:
        """Orders in one of these states."""
        return sum(number for (state, _), number in self.orders.items() if state in states)

    def done(self, kind: Kind) -> int:
        """Promises of this kind that are kept."""
        return self.promises.get((kind.value, PromiseState.DONE.value), 0)

    def promised(self, kind: Kind) -> int:
        """Promises of this kind, kept or not."""
        return sum(number for (of, _), number in self.promises.items() if of == kind)


@dataclass(frozen=True)
class PipelineStanding:
    """How many orders of one pipeline are in which state, and how many of its problems are open.

    Problems of whole connections belong to no pipeline (the empty name): `paused` are those connections.
    """

    orders: Mapping[str, int]
    open_problems: int
    paused: Sequence[str] = ()


_ORDERS = select(orders.c.state, orders.c.reason, func.count()).group_by(orders.c.state, orders.c.reason)
_PROMISES = select(promise.c.kind, promise.c.state, func.count()).group_by(promise.c.kind, promise.c.state)
_SHIPMENTS = select(func.count()).select_from(shipment)
_PROBLEMS = (
    select(problem.c.code, func.count(), func.min(problem.c.title))
    .where(problem.c.state == "open")
    .group_by(problem.c.code)
    .order_by(func.count().desc(), problem.c.code)
)

_STATES = select(orders.c.pipeline, orders.c.state, func.count()).group_by(orders.c.pipeline, orders.c.state)
_OPEN = select(problem.c.pipeline, func.count()).where(problem.c.state == "open").group_by(problem.c.pipeline)
_PAUSED = select(problem.c.subject).where(problem.c.state == "open", problem.c.pipeline == "")


def standing(conn: Connection) -> Standing:
    """Count everything; meant for a person's eyes, not for the hot path."""
    return Standing(
        orders={(state, reason): number for state, reason, number in conn.execute(_ORDERS)},
        promises={(kind, state): number for kind, state, number in conn.execute(_PROMISES)},
        shipments=conn.scalar(_SHIPMENTS) or 0,
        problems=tuple(OpenProblems(*row) for row in conn.execute(_PROBLEMS)),
    )


def standing_of_pipelines(conn: Connection) -> Mapping[str, PipelineStanding]:
    """Count orders and open problems by pipeline."""
    states: dict[str, dict[str, int]] = {}
    for pipeline, state, number in conn.execute(_STATES):
        states.setdefault(pipeline, {})[state] = number
    problems: dict[str, int] = dict(conn.execute(_OPEN).all())
    paused = tuple(conn.scalars(_PAUSED))
    return {
        name: PipelineStanding(states.get(name, {}), problems.get(name, 0), paused if not name else ())
        for name in {*states, *problems}
    }


def open_problem_count(conn: Connection) -> int:
    """How many problems wait for a person."""
    return conn.scalar(select(func.count()).where(problem.c.state == "open")) or 0
