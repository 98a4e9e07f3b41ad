"""Why a cart is not told of its stock, or a warehouse not heard: what a person paused, what fails, what waits for his
word."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from crossdock.engine.evidence import Standstill
from crossdock.engine.lease import unnamed
from crossdock.store.connections import paused_connections
from crossdock.store.services import ServiceStanding, standing_of, standings
from crossdock.store.tables import level_plan

FAILS = 3
"""So many failures of a service in a row are a standstill; fewer may pass by themselves."""
LEVELS_WITHIN = timedelta(days=1)
"""Where no levels were worked out for so long, nobody can say that they will be told."""
HEARD_WITHIN = timedelta(minutes=15)
"""Where the warehouse was not heard for so long, more may have moved than a person would think of."""

_PLAN = select(level_plan.c.changes).where(
    level_plan.c.pipeline == bindparam("of_pipeline"), level_plan.c.approved_at.is_(None)
)


def standstill(conn: Connection, pipeline: str, cart: str, heard_by: str, now: datetime) -> Standstill:
    """Why changes are not sent, why no new levels are told, and why the warehouse is not heard."""
    services = standings(conn, now=now)
    sending, listing = (services.get((pipeline, name), ServiceStanding()) for name in ("stock", "levels"))
    paused = paused_connections(conn).get(cart, "")
    waiting = conn.scalar(_PLAN, {"of_pipeline": pipeline})
    return Standstill(
        changes=_why("stock", sending) or (f"connection {cart} is paused: {paused}" if paused else ""),
        levels=_plan_waits(waiting) or _why("levels", listing) or _too_long_ago(listing, now),
        unheard=_unheard(unnamed(heard_by)[0], standing_of(conn, pipeline, heard_by, now=now), now),
    )


def _why(name: str, service: ServiceStanding) -> str:
    if service.paused:
        return f"the service `{name}` is {service.paused}"
    if service.fails >= FAILS:
        return f"the service `{name}` failed {service.fails} times in a row: {service.error}"
    return ""


def _unheard(name: str, hearing: ServiceStanding | None, now: datetime) -> str:
    if hearing is None:
        return ""
    late = hearing.last_success is not None and now - hearing.last_success > HEARD_WITHIN
    return _why(name, hearing) or (_did_well(name, hearing) if late else "")


def _plan_waits(changes: int | None) -> str:
    if changes is None:
        return ""
    return f"{changes:,} changed levels wait for a person's word; `crossdock stock sync` shows them"


def _too_long_ago(levels: ServiceStanding, now: datetime) -> str:
    if levels.last_success is None:
        return "no levels were told yet"
    if now - levels.last_success <= LEVELS_WITHIN:
        return ""
    return _did_well("levels", levels)


def _did_well(name: str, service: ServiceStanding) -> str:
    return f"the service `{name}` last did well on {service.last_success:%Y-%m-%d %H:%M} UTC"
