"""Who did what, for whoever asks later. Use as `await store.read(list_deeds, pipelines=…)`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from crossdock.store.moments import moment
from crossdock.store.tables import audit


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a person did: `action` in words, `subject` what it was done to, `before` and `after` it."""

    by: str
    action: str
    subject: str
    pipeline: str = ""
    order_id: int | None = None
    before: str = ""
    after: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeedView:
    """A deed as it was noted."""

    id: int
    at: datetime
    by: str
    pipeline: str
    action: str
    subject: str
    before: str
    after: str
    note: str


def note_deed(conn: Connection, deed: Deed, now: int) -> None:
    """Note what a person did, in the transaction in which it is done."""
    columns = {name: getattr(deed, name) for name in Deed.__slots__}
    conn.execute(insert(audit).values(at=now, **columns))


def list_deeds(
    conn: Connection,
    *,
    pipelines: Collection[str] | None = None,
    text: str = "",
    order_id: int | None = None,
    limit: int = 50,
) -> list[DeedView]:
    """What people did, the newest first; `text` is who did it, or stands in what it was done to."""
    shown = [audit.c[name] for name in DeedView.__slots__]
    query = select(*shown).order_by(audit.c.id.desc()).limit(limit)
    if pipelines is not None:
        query = query.where(audit.c.pipeline.in_(pipelines))
    if text:
        query = query.where(audit.c.subject.icontains(text, autoescape=True) | (audit.c.by == text))
    if order_id is not None:
        query = query.where(audit.c.order_id == order_id)
    return [DeedView(**dict(row) | {"at": moment(row["at"])}) for row in conn.execute(query).mappings()]
