"""What people ask of labels. Use as `await store.read(list_labels, pipelines=…)`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from crossdock.domain import LabelFormat, Parcel
from crossdock.engine.label_plan import first_key
from crossdock.engine.label_ports import LabelWork
from crossdock.engine.label_rules import name_of
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.hooks.records import LabelFile
from crossdock.mapping.carriers_by_number import followed_at
from crossdock.store.compression import unpack
from crossdock.store.errors import NotFound
from crossdock.store.label_wishes import the_label
from crossdock.store.moments import moment
from crossdock.store.tables import label_file, orders, parcel, promise

_PARCEL = and_(parcel.c.connection == promise.c.connection, parcel.c.external_id == promise.c.ref, promise.c.ref != "")
_HAS_FILE = select(label_file.c.parcel_id).where(label_file.c.parcel_id == parcel.c.id).exists()
_LABELS = (
    select(promise.c.id, promise.c.pipeline, promise.c.connection, promise.c.key, promise.c.state, promise.c.ref)
    .add_columns(promise.c.attempts, promise.c.created_at, promise.c.settled_at, promise.c.due_at, promise.c.error)
    .add_columns(orders.c.number, promise.c.document, parcel.c.voided_at, _HAS_FILE.label("has_file"))
    .add_columns(parcel.c.id.label("parcel_id"), parcel.c.document.label("parcel"))
    .select_from(promise.join(orders, orders.c.id == promise.c.order_id).outerjoin(parcel, _PARCEL))
    .where(promise.c.kind == Kind.LABEL.value)
)
_FILE = (
    select(label_file.c.format, label_file.c.content)
    .where(label_file.c.parcel_id == bindparam("of_parcel"))
    .order_by(label_file.c.saved_at.desc(), label_file.c.format)
    .limit(1)
)
STATES = ("waiting", "buying", "in_doubt", "bought", "by_hand", "voided", "refused", "not_needed")
"""What a label can be; `by_hand`: somebody else bought it, and the box travels with that one."""
_WORDS = {
    PromiseState.SENT.value: "buying",
    PromiseState.REJECTED.value: "refused",
}
_WAITING = (PromiseState.DUE.value, PromiseState.IN_DOUBT.value)
"""So is what will be tried; only a purchase that was begun is in doubt, which a person who has it retried need not
fear."""
_PROMISED_AS = {word: (state,) for state, word in _WORDS.items()} | {"waiting": _WAITING, "in_doubt": _WAITING}


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label in a list: for which box of which order, what became of it, and what it costs.

    `key` is ours; `error` says why it is not bought.
    """

    key: str
    pipeline: str
    connection: str
    order_number: str
    box: str
    state: str
    carrier: str
    service_level: str
    cost: str
    currency: str
    tracking_number: str
    asked_at: datetime
    bought_at: datetime | None
    voided_at: datetime | None
    has_file: bool
    error: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """One way in which a box could be sent, and its price; `chosen` was bought, or waits for a person's word."""

    name: str
    cost: str
    currency: str
    days: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class LabelStory:
    """All that is known of one label; `tried_at` is when a purchase began of which nobody knows what became."""

    label: LabelView
    draft: str
    weight: str
    asked_for: str
    offers: tuple[OfferView, ...]
    words: tuple[str, ...]
    tried_at: datetime | None
    attempts: int
    next_attempt: datetime | None
    tracking_url: str


def list_labels(
    conn: Connection,
    *,
    number: str = "",
    state: str | None = None,
    since: int | None = None,
    pipelines: Collection[str] | None = None,
    limit: int = 50,
) -> list[LabelView]:
    """Labels, the newest first; `number` is an order's, its id at the cart, or a tracking number."""
    query = _LABELS.order_by(promise.c.id.desc())
    if pipelines is not None:
        query = query.where(promise.c.pipeline.in_(pipelines))
    if number:
        mine = or_(orders.c.number == number, orders.c.external_id == number, parcel.c.tracking_number == number)
        query = query.where(mine)
    if since is not None:
        query = query.where(promise.c.created_at >= since)
    if state is not None:
        query = query.where(promise.c.state.in_(_PROMISED_AS.get(state, (PromiseState.DONE.value,))))
    views = (_view(row) for row in conn.execute(query))
    return list(islice((one for one in views if state in (None, one.state)), limit))


def label_story(conn: Connection, key: str, *, pipelines: Collection[str] | None = None) -> LabelStory:
    """All that is known of the label with this key of ours; raises `NotFound`."""
    found = the_label(conn, key, pipelines)
    row = conn.execute(_LABELS.where(promise.c.id == found.id)).one()
    work, told = LabelWork.model_validate_json(row.document), _parcel(row)
    wanted = work.wanted
    return LabelStory(
        _view(row),
        work.draft,
        f"{wanted.weight.value} {wanted.weight.unit}" if wanted else "",
        f"{wanted.carrier} {wanted.service_level}".strip() if wanted else "",
        tuple(_offers(work)),
        work.words,
        work.tried_at if row.state != PromiseState.DONE else None,
        row.attempts,
        moment(row.due_at) if row.due_at is not None else None,
        followed_at(told) if told else "",
    )


def label_content(conn: Connection, key: str, *, pipelines: Collection[str] | None = None) -> LabelFile:
    """The file that was kept of a label; raises `NotFound` with the reason where there is none."""
    found = the_label(conn, key, pipelines)
    row = conn.execute(_LABELS.where(promise.c.id == found.id)).one()
    kept = conn.execute(_FILE, {"of_parcel": row.parcel_id}).one_or_none() if row.parcel_id else None
    if kept is None:
        raise NotFound(f"no file is kept of label {key}: {_why_none(row)}")
    if not kept.content:
        raise NotFound(f"{row.connection} gives no file of label {key}: print it there")
    return LabelFile(unpack(kept.content), LabelFormat(kept.format))


def _why_none(row: Row[*tuple[Any, ...]]) -> str:
    state = _state(row, _parcel(row), LabelWork.model_validate_json(row.document))
    if state == "bought":
        return "it was not fetched yet, or was removed since (`labels.keep` says after how long)"
    return f"it is {state.replace('_', ' ')}{f' ({row.error})' if row.error else ''}"


def _parcel(row: Row[*tuple[Any, ...]]) -> Parcel | None:
    return Parcel.model_validate_json(row.parcel) if row.parcel else None


def _state(row: Row[*tuple[Any, ...]], told: Parcel | None, work: LabelWork) -> str:
    if row.state in _WAITING:
        return "in_doubt" if work.tried_at else "waiting"
    if row.state in _WORDS:
        return _WORDS[row.state]
    if told is None:
        return "not_needed"
    return "voided" if row.voided_at is not None else "bought" if told.key == row.key else "by_hand"


def _view(row: Row[*tuple[Any, ...]]) -> LabelView:
    told, work = _parcel(row), LabelWork.model_validate_json(row.document)
    state = _state(row, told, work)
    way = told or work.chosen
    cost = told.cost if told else work.chosen.cost if work.chosen else None
    return LabelView(
        key=row.key,
        pipeline=row.pipeline,
        connection=row.connection,
        order_number=row.number,
        box=work.wanted.box if work.wanted else first_key(row.key).partition("/")[2],
        state=state,
        carrier=way.carrier if way else "",
        service_level=way.service_level if way else "",
        cost=cost.in_digits if cost else "",
        currency=cost.currency if cost else "",
        tracking_number=told.tracking_number if told else "",
        asked_at=moment(row.created_at),
        bought_at=moment(row.settled_at) if told and row.settled_at is not None else None,
        voided_at=moment(row.voided_at) if row.voided_at is not None else None,
        has_file=bool(row.has_file),
        error="" if row.state == PromiseState.DONE else row.error,
    )


def _offers(work: LabelWork) -> Sequence[OfferView]:
    dearest_last = sorted(work.offers, key=lambda rate: (rate.cost.currency, rate.cost.amount, name_of(rate)))
    return [
        OfferView(name_of(rate), rate.cost.in_digits, rate.cost.currency, rate.days, rate == work.chosen)
        for rate in dearest_last
    ]


def void_state(conn: Connection, connection: str, parcel_id: str) -> tuple[str, str]:
    """How far the wish is that a label is taken back, in the words of the ledger, and why it is not done."""
    query = select(promise.c.state, promise.c.error).where(
        promise.c.connection == connection, promise.c.kind == Kind.VOID.value, promise.c.key == parcel_id
    )
    row = conn.execute(query).one()
    return row.state, row.error
