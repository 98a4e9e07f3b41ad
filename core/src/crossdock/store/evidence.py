"""What the store knows of products whose stock is compared: changes, movements, and what was told and read before."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
)

from crossdock.domain import FulfillmentRequest, MovementKind, Shipment, StockChange
from crossdock.engine.evidence import AskedChange, BoxTakenBack, Evidence, KnownLevel
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.movement_ports import WaitingMovement
from crossdock.engine.ports import OrderState
from crossdock.engine.positions import Side
from crossdock.engine.problems import Code
from crossdock.engine.reconciliation_ports import AskedProduct
from crossdock.store.moments import micros, moment
from crossdock.store.problems import NOT_RESOLVED
from crossdock.store.stock import subject_of
from crossdock.store.tables import level_read, movement, orders, problem, product, promise, shipment, told_level

TakenBack = Mapping[str, Sequence[BoxTakenBack]]
AT_ONCE = 500
"""Products that are asked for with one statement."""
_OF_CHANGES = [Code.STOCK_REFUSED.value, Code.PLUGIN_FAILED.value]
_SUBJECTS = promise.c.subject.in_(bindparam("subjects", expanding=True))
_HAS_SUBJECT: ColumnElement[bool] = literal_column("promise.subject <> ''")  # literally the condition of the index
_ON_CART = promise.c.connection + "" == bindparam("on")  # not by the index of the keys, which holds all of history
_OF_CART = and_(_SUBJECTS, _HAS_SUBJECT, _ON_CART)  # of stock changes alone, a subject is known
_ASKED = (
    select(
        promise.c.subject, promise.c.state, promise.c.created_at, promise.c.error, promise.c.document, problem.c.code
    )
    .outerjoin(
        problem,
        and_(
            problem.c.pipeline == promise.c.pipeline,
            problem.c.code.in_(_OF_CHANGES),
            problem.c.subject == promise.c.key,
            NOT_RESOLVED,
        ),
    )
    .where(_OF_CART)
    .where(or_(promise.c.due_at.is_not(None), promise.c.state == PromiseState.REJECTED.value))
    .order_by(promise.c.id)
)
_LAST_IDS = (
    select(func.max(promise.c.id))
    .where(_OF_CART, promise.c.state == PromiseState.DONE.value)
    .group_by(promise.c.subject)
)
_LAST = select(promise.c.subject, promise.c.settled_at, promise.c.created_at, promise.c.document).where(
    promise.c.id.in_(_LAST_IDS)
)
_CHANGED_SINCE = (
    select(promise.c.subject, func.count())
    .where(_OF_CART, or_(promise.c.created_at >= bindparam("since"), promise.c.settled_at >= bindparam("since")))
    .group_by(promise.c.subject)
)
_UNITS = movement.c.sku.in_(bindparam("units", expanding=True))
_OF_PIPELINE = movement.c.pipeline == bindparam("of_pipeline")
_OWN = orders.c.connection == bindparam("on")
_ADDED_UP = (
    select(movement.c.sku, movement.c.kind, movement.c.from_area, movement.c.to_area)
    .add_columns(func.coalesce(_OWN, False).label("own"), func.sum(movement.c.quantity).label("pieces"))
    .outerjoin(
        promise,
        and_(
            promise.c.connection == movement.c.connection,
            promise.c.kind == Kind.RELEASE.value,
            promise.c.key == movement.c.order_number,
            movement.c.order_number != "",
            promise.c.state != PromiseState.REJECTED.value,
        ),
    )
    .outerjoin(orders, orders.c.id == promise.c.order_id)
    .where(_OF_PIPELINE, _UNITS)
    .group_by(movement.c.sku, movement.c.kind, movement.c.from_area, movement.c.to_area, "own")
)
_WAITING = _ADDED_UP.where(text("movement.state = 'waiting'"))  # literally the conditions of the indexes
_UNMAPPED = _ADDED_UP.where(text("movement.state = 'unmapped'"))
_IN_WORK = _ADDED_UP.where(
    orders.c.state.in_([OrderState.RELEASING.value, OrderState.RELEASED.value]),
    ~exists().where(shipment.c.order_id == orders.c.id),
)
_TAKEN_BACK = (
    select(problem.c.subject, shipment.c.document, promise.c.document.label("request"))
    .join(
        shipment,
        and_(
            shipment.c.order_id == problem.c.order_id,
            shipment.c.request_number + "/" + shipment.c.external_id == problem.c.subject,
        ),
    )
    .join(
        promise,
        and_(
            promise.c.connection == shipment.c.connection,
            promise.c.kind == Kind.RELEASE.value,
            promise.c.key == shipment.c.request_number,
        ),
    )
    .where(problem.c.pipeline == bindparam("of_pipeline"))
    .where(problem.c.code == Code.REVERSED_AFTER_CONFIRM.value, NOT_RESOLVED)
    .order_by(shipment.c.id)
)
_MOVED_SINCE = (
    select(movement.c.sku, func.count())
    .where(_OF_PIPELINE, _UNITS, movement.c.seen_at >= bindparam("since"))
    .group_by(movement.c.sku)
)
_HEARD_OF = select(movement.c.sku).distinct().where(_OF_PIPELINE, _UNITS)
_TOLD = select(
    told_level.c.sku, told_level.c.center, told_level.c.quantity, told_level.c.told_at, told_level.c.counted_at
).where(told_level.c.pipeline == bindparam("of_pipeline"), told_level.c.sku.in_(bindparam("skus", expanding=True)))
_READ = (
    select(level_read.c.subject, level_read.c.side, level_read.c.place, level_read.c.quantity, level_read.c.read_at)
    .where(level_read.c.subject.in_(bindparam("subjects", expanding=True)))
    .where(level_read.c.pipeline == bindparam("of_pipeline"), level_read.c.read_at < bindparam("since"))
    .where(text("level_read.replaced_at IS NULL"))
    .order_by(level_read.c.id)
)
_DUE_SUBJECTS = (
    select(promise.c.subject)
    .distinct()
    .where(promise.c.pipeline == bindparam("of_pipeline"), promise.c.kind == Kind.STOCK.value)
    .where(promise.c.due_at.is_not(None))
)
_WAITING_UNITS = select(movement.c.sku).distinct().where(_OF_PIPELINE, text("movement.state = 'waiting'"))
_WAITING_OF = _WAITING_UNITS.where(_UNITS)
_TOLD_SKUS = select(told_level.c.sku).distinct().where(told_level.c.pipeline == bindparam("of_pipeline"))
_CATALOGUE_SKUS = (
    select(product.c.sku)
    .distinct()
    .where(
        product.c.pipeline == bindparam("of_pipeline"),
        product.c.connection == bindparam("on"),
        product.c.gone_at.is_(None),
    )
)


def stock_on_the_way(conn: Connection, pipeline: str) -> tuple[Collection[str], Collection[str]]:
    """By SKU at the cart with folded letters, what has changes under way; by the warehouse's SKU, what has moved."""
    this = {"of_pipeline": pipeline}
    return set(conn.scalars(_DUE_SUBJECTS, this)), set(conn.scalars(_WAITING_UNITS, this))


def evidence(
    conn: Connection, pipeline: str, cart: str, products: Sequence[AskedProduct], since: datetime
) -> dict[str, Evidence]:
    """What is known of each of these products, by its SKU at the cart."""
    found: dict[str, Evidence] = {}
    back = _taken_back(conn, pipeline)
    for start in range(0, len(products), AT_ONCE):
        found |= _of_some(conn, pipeline, cart, products[start : start + AT_ONCE], micros(since), back)
    return found


def _of_some(
    conn: Connection, pipeline: str, cart: str, products: Sequence[AskedProduct], since: int, back: TakenBack
) -> dict[str, Evidence]:
    asked = {
        "of_pipeline": pipeline,
        "on": cart,
        "since": since,
        "skus": [one.sku for one in products],
        "subjects": sorted({subject_of(name) for one in products for name in (one.sku, one.stock_unit)}),
        "units": [one.stock_unit for one in products],
    }
    changes, last = _changes(conn, asked), _last(conn, asked)
    waiting, unmapped = _movements(conn, _WAITING, asked), _movements(conn, _UNMAPPED, asked)
    in_work = _movements(conn, _IN_WORK, asked)
    told, read = _told(conn, asked), _read(conn, asked)
    changed, moved = _counts(conn, _CHANGED_SINCE, asked), _counts(conn, _MOVED_SINCE, asked)
    heard_of = set(conn.scalars(_HEARD_OF, asked))
    return {
        one.sku: Evidence(
            changes=tuple(changes[subject_of(one.sku)]),
            last=last.get(subject_of(one.sku)),
            waiting=tuple(waiting[one.stock_unit]),
            unmapped=tuple(unmapped[one.stock_unit]),
            in_work=tuple(replace(moved, of_its_order=False) for moved in in_work[one.stock_unit]),
            taken_back=tuple(back.get(one.stock_unit, ())),
            told=told[one.sku],
            at_cart=read[subject_of(one.sku), Side.CART],
            on_hand=read[subject_of(one.stock_unit), Side.WAREHOUSE],
            moved=_in_words(moved.get(one.stock_unit, 0), changed.get(subject_of(one.sku), 0)),
            heard_of=one.stock_unit in heard_of or bool(told[one.sku]),
        )
        for one in products
    }


def skus_at_cart(conn: Connection, pipeline: str, cart: str) -> set[str]:
    """The SKUs that the cart was told levels of, or that its catalogue has."""
    this = {"of_pipeline": pipeline, "on": cart}
    return {*conn.scalars(_TOLD_SKUS, this), *conn.scalars(_CATALOGUE_SKUS, this)}


def changes_asked(conn: Connection, cart: str, subjects: Collection[str]) -> Mapping[str, Sequence[AskedChange]]:
    """The changes of these products that are not settled, and those that were given up while their problem is open."""
    return _changes(conn, {"on": cart, "subjects": list(subjects)})


def changed_since(conn: Connection, cart: str, subjects: Collection[str], since: datetime) -> Collection[str]:
    """Those of these products of which a change was promised or settled since then."""
    return {*_counts(conn, _CHANGED_SINCE, {"on": cart, "subjects": list(subjects), "since": micros(since)})}


def moved_since(conn: Connection, pipeline: str, units: Collection[str], since: datetime) -> Collection[str]:
    """Those of these SKUs of the warehouse of which a movement was heard since then."""
    asked = {"of_pipeline": pipeline, "units": list(units), "since": micros(since)}
    return {*_counts(conn, _MOVED_SINCE, asked)}


def waiting_to_be_told(conn: Connection, pipeline: str, units: Collection[str]) -> Collection[str]:
    """Those of these SKUs of the warehouse of which a movement waits to be told."""
    return set(conn.scalars(_WAITING_OF, {"of_pipeline": pipeline, "units": list(units)}))


def _changes(conn: Connection, asked: Mapping[str, object]) -> defaultdict[str, list[AskedChange]]:
    found: defaultdict[str, list[AskedChange]] = defaultdict(list)
    for row in conn.execute(_ASKED, asked):
        if row.state == PromiseState.REJECTED and row.code is None:
            continue  # a person has said what became of it
        change, state = StockChange.model_validate_json(row.document), PromiseState(row.state)
        failed = row.code == Code.PLUGIN_FAILED
        found[row.subject].append(AskedChange(change, state, moment(row.created_at), row.error, failed))
    return found


def _last(conn: Connection, asked: Mapping[str, object]) -> dict[str, AskedChange]:
    return {
        row.subject: AskedChange(
            StockChange.model_validate_json(row.document),
            PromiseState.DONE,
            moment(row.settled_at if row.settled_at is not None else row.created_at),
        )
        for row in conn.execute(_LAST, asked)
    }


def _movements(
    conn: Connection, added_up: Select[*tuple[Any, ...]], asked: Mapping[str, object]
) -> defaultdict[str, list[WaitingMovement]]:
    found: defaultdict[str, list[WaitingMovement]] = defaultdict(list)
    for row in conn.execute(added_up, asked):
        found[row.sku].append(
            WaitingMovement(
                0, row.sku, MovementKind(row.kind), int(row.pieces), row.from_area, row.to_area, "", bool(row.own)
            )
        )
    return found


def _taken_back(conn: Connection, pipeline: str) -> TakenBack:
    """By the warehouse's SKU, what it took back of which the cart was told, and nobody has settled."""
    found: defaultdict[str, list[BoxTakenBack]] = defaultdict(list)
    for row in conn.execute(_TAKEN_BACK, {"of_pipeline": pipeline}):
        center = FulfillmentRequest.model_validate_json(row.request).distribution_center
        for line in Shipment.model_validate_json(row.document).package.lines:
            found[line.sku].append(BoxTakenBack(row.subject, center, line.quantity))
    return found


def _told(conn: Connection, asked: Mapping[str, object]) -> defaultdict[str, dict[str, KnownLevel]]:
    found: defaultdict[str, dict[str, KnownLevel]] = defaultdict(dict)
    for row in conn.execute(_TOLD, asked):
        found[row.sku][row.center] = KnownLevel(row.quantity, moment(row.told_at), moment(row.counted_at))
    return found


def _read(conn: Connection, asked: Mapping[str, object]) -> defaultdict[tuple[str, str], dict[str, KnownLevel]]:
    """What was read last, by product and side; a later row takes the place of an earlier one."""
    found: defaultdict[tuple[str, str], dict[str, KnownLevel]] = defaultdict(dict)
    for row in conn.execute(_READ, asked):
        found[row.subject, Side(row.side)][row.place] = KnownLevel(row.quantity, moment(row.read_at))
    return found


def _counts(conn: Connection, counting: Select[*tuple[Any, ...]], asked: Mapping[str, object]) -> Mapping[str, int]:
    return {row[0]: row[1] for row in conn.execute(counting, asked)}


def _in_words(moved: int, changed: int) -> str:
    """What happened while both sides were read."""
    counted = ((moved, "transaction", "of the warehouse"), (changed, "stock change", "for the cart"))
    return " and ".join(
        f"{number:,} {what}{'' if number == 1 else 's'} {whose}" for number, what, whose in counted if number
    )
