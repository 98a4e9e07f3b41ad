"""The story of one product's stock, read as a whole. Use as `await store.read(stock_story, sku)`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, literal_column, select

from crossdock.store.audit import DeedView
from crossdock.store.goods import STOCK_CHANGES, MovementView, StockView, stock_view
from crossdock.store.level_reads import LevelReadView
from crossdock.store.moments import micros
from crossdock.store.queries import columns_of, with_moments
from crossdock.store.stock import AT_ONCE, spellings, subject_of
from crossdock.store.tables import (
    audit,
    discrepancy,
    flow,
    level_read,
    movement,
    product,
    product_code,
    promise,
    reconciliation,
    told_level,
)

V = TypeVar("V")

PROMISING = ("change stock", "import stock", "correct stock")
"""The deeds by which people promise changes."""
BY_ITSELF = ("moved/", "level/")
"""How the keys of changes begin that nobody promised by hand."""

_NAMES: BindParameter[str] = bindparam("names", expanding=True)
_SUBJECTS: BindParameter[str] = bindparam("subjects", expanding=True)
_PIPELINES: BindParameter[str] = bindparam("pipelines", expanding=True)
_KNOWN_PIPELINES = select(flow.c.pipeline).distinct()
_OF_SUBJECT = promise.c.subject.in_(_SUBJECTS) & literal_column("promise.subject <> ''")  # as the index says it
_SPELLED = select(product.c.sku, product.c.pipeline, product.c.external_id).where(
    product.c.pipeline.in_(_PIPELINES), product.c.subject.in_(_SUBJECTS)
)
_CODED = (
    select(product.c.sku)
    .join(
        product_code,
        (product_code.c.pipeline == product.c.pipeline) & (product_code.c.external_id == product.c.external_id),
    )
    .where(product_code.c.pipeline == bindparam("of_pipeline"), product_code.c.type == bindparam("of_type"))
    .where(product_code.c.code.in_(_NAMES))
)
_CODES = select(product_code.c.code).where(
    product_code.c.pipeline == bindparam("of_pipeline"),
    product_code.c.type == bindparam("of_type"),
    product_code.c.external_id.in_(bindparam("ids", expanding=True)),
)
_IN_ANY_CASE = select(movement.c.sku).distinct().where(func.lower(movement.c.sku) == bindparam("small"))
_READ_AS = select(level_read.c.sku).distinct().where(level_read.c.subject.in_(_SUBJECTS))
_NETTED = (
    select(movement.c.promise_key, func.count().label("movements"))
    .where(movement.c.sku.in_(_NAMES), movement.c.promise_key != "")
    .group_by(movement.c.promise_key)
)
_DEEDS = select(*(audit.c[name] for name in DeedView.__slots__))
_TO_SUBJECT = _DEEDS.where(audit.c.subject.in_(_SUBJECTS))
_PROMISED_AT = _DEEDS.where(audit.c.at.in_(bindparam("moments", expanding=True)), audit.c.action.in_(PROMISING))


@dataclass(frozen=True, slots=True)
class LevelView:
    """The last level of a product at one centre that its cart was told, and what it was made of."""

    pipeline: str
    sku: str
    center: str
    stock_unit: str
    quantity: int
    on_hand: int
    allocated: int
    in_flight: int
    counted_at: datetime
    told_at: datetime
    promise_key: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """One difference of a report at one centre; `repair_key` names the stock change that corrected it."""

    report: int
    pipeline: str
    began_at: datetime
    sku: str
    center: str
    expected: int | None
    at_cart: int | None
    on_the_way: int
    difference: int
    cause: str
    because: str
    repair_key: str


@dataclass(frozen=True, slots=True)
class StockStory:
    """All that is known of one product's stock, each part with the newest first.

    `names` are all by which it goes, here and there. `netted` says by key how many movements a change was made of.
    """

    sku: str
    names: Sequence[str]
    movements: Sequence[MovementView] = ()
    changes: Sequence[StockView] = ()
    levels: Sequence[LevelView] = ()
    readings: Sequence[LevelReadView] = ()
    differences: Sequence[DifferenceView] = ()
    deeds: Sequence[DeedView] = ()
    netted: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of it."""
        return not (self.movements or self.changes or self.levels or self.readings or self.differences)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a story: of these pipelines (None: all), at most so many of each kind, since a moment.

    `codes`: by pipeline, the type of codes by which its cart knows products.
    """

    pipelines: Collection[str] | None = None
    limit: int | None = None
    since: datetime | None = None
    codes: Mapping[str, str] = field(default_factory=dict)


ALL = Wanted()


def stock_story(conn: Connection, sku: str, wanted: Wanted = ALL, *, also: Collection[str] = ()) -> StockStory:
    """What is known of a product under this SKU, in capitals or not; `also` are other names by which it goes."""
    story = _told(conn, sku, _names(conn, {sku, *also}, wanted), wanted)
    if story.is_empty and (others := _moved_as(conn, {sku, *also})):
        story = _told(conn, sku, sorted(others), wanted)
    return story


def _names(conn: Connection, written: Collection[str], wanted: Wanted) -> Sequence[str]:
    """Every spelling under which a product may stand in a row: as it is written, sold, and read."""
    pipelines = list(wanted.pipelines if wanted.pipelines is not None else conn.scalars(_KNOWN_PIPELINES))
    names = spellings(written)
    for pipeline, kind in wanted.codes.items():
        asked = {"of_pipeline": pipeline, "of_type": kind, "names": sorted(names)}
        names.update(conn.scalars(_CODED, asked))
    spelled = conn.execute(_SPELLED, {"pipelines": pipelines, "subjects": _subjects(names)}).all()
    names.update(row.sku for row in spelled)
    for pipeline, kind in wanted.codes.items():
        ids = [row.external_id for row in spelled if row.pipeline == pipeline]
        names.update(conn.scalars(_CODES, {"of_pipeline": pipeline, "of_type": kind, "ids": ids}))
    names.update(conn.scalars(_READ_AS, {"subjects": _subjects(names)}))
    return sorted(names)


def _moved_as(conn: Connection, written: Collection[str]) -> set[str]:
    """Under which spellings a product has moved of which nothing else is known."""
    return {name for one in written for name in conn.scalars(_IN_ANY_CASE, {"small": one.lower()})}


def _told(conn: Connection, sku: str, names: Sequence[str], wanted: Wanted) -> StockStory:
    changes = _changes(conn, names, wanted)
    movements = _movements(conn, names, wanted)
    levels = _levels(conn, names, wanted)
    readings = _readings(conn, names, wanted)
    differences = _differences(conn, names, wanted)
    used = {one.sku for part in (movements, levels, readings, differences) for one in part}
    used |= {one.change.item.sku for one in changes} | {one.stock_unit for one in levels}
    return StockStory(
        sku=sku,
        names=sorted(used - {sku}),
        movements=movements,
        changes=changes,
        levels=levels,
        readings=readings,
        differences=differences,
        deeds=_deeds(conn, names, changes, wanted),
        netted=_netted(conn, names),
    )


def _netted(conn: Connection, names: Sequence[str]) -> dict[str, int]:
    return {row.promise_key: row.movements for row in conn.execute(_NETTED, {"names": names})}


def _changes(conn: Connection, names: Sequence[str], wanted: Wanted) -> list[StockView]:
    query = _part(STOCK_CHANGES.where(_OF_SUBJECT), promise.c.id, promise.c.pipeline, promise.c.created_at, wanted)
    return [stock_view(row) for row in conn.execute(query, {"subjects": _subjects(names)}).mappings()]


def _movements(conn: Connection, names: Sequence[str], wanted: Wanted) -> list[MovementView]:
    columns = movement.c
    query = select(*columns_of(movement, MovementView)).where(columns.sku.in_(_NAMES))
    query = _part(query, columns.id, columns.pipeline, columns.moved_at, wanted)
    found = _views(conn, query, {"names": names}, MovementView)
    return sorted(found, key=lambda one: one.moved_at, reverse=True)


def _levels(conn: Connection, names: Sequence[str], wanted: Wanted) -> list[LevelView]:
    query = select(*columns_of(told_level, LevelView)).where(
        told_level.c.pipeline.in_(_KNOWN_PIPELINES), told_level.c.sku.in_(_NAMES)
    )
    if wanted.pipelines is not None:
        query = query.where(told_level.c.pipeline.in_(wanted.pipelines))
    query = query.order_by(told_level.c.pipeline, told_level.c.sku, told_level.c.center)
    return _views(conn, query, {"names": names}, LevelView)


def _readings(conn: Connection, names: Sequence[str], wanted: Wanted) -> list[LevelReadView]:
    columns = level_read.c
    query = select(*columns_of(level_read, LevelReadView)).where(columns.subject.in_(_SUBJECTS))
    query = _part(query, columns.id, columns.pipeline, columns.read_at, wanted)
    return _views(conn, query, {"subjects": _subjects(names)}, LevelReadView)


def _differences(conn: Connection, names: Sequence[str], wanted: Wanted) -> list[DifferenceView]:
    of_report = {"pipeline", "began_at"}
    columns = [(reconciliation if name in of_report else discrepancy).c[name] for name in DifferenceView.__slots__]
    query = select(*columns).join(reconciliation, reconciliation.c.id == discrepancy.c.report)
    query = query.where(discrepancy.c.sku.in_(_NAMES))
    query = _part(query, discrepancy.c.report, reconciliation.c.pipeline, reconciliation.c.began_at, wanted)
    return _views(conn, query.order_by(discrepancy.c.center), {"names": names}, DifferenceView)


def _deeds(conn: Connection, names: Sequence[str], changes: Sequence[StockView], wanted: Wanted) -> list[DeedView]:
    """What people did to the product and to its changes, and how they promised some of these."""
    found = _some_deeds(conn, _TO_SUBJECT, {"subjects": names}, wanted)
    for start in range(0, len(changes), AT_ONCE):
        some = changes[start : start + AT_ONCE]
        found |= _some_deeds(conn, _TO_SUBJECT, {"subjects": [one.change.key for one in some]}, wanted)
        found |= _some_deeds(conn, _PROMISED_AT, {"moments": [micros(one.created_at) for one in some]}, wanted)
    return sorted(found.values(), key=lambda deed: -deed.id)[: wanted.limit]


def _some_deeds(conn: Connection, query: Select[Any], asked: Mapping[str, Any], wanted: Wanted) -> dict[int, DeedView]:
    query = _part(query, audit.c.id, audit.c.pipeline, audit.c.at, wanted)
    return {deed.id: deed for deed in _views(conn, query, asked, DeedView)}


def _part(query: Select[Any], id_: Any, pipeline: Any, at: Any, wanted: Wanted) -> Select[Any]:
    """The newest rows of those that are wanted."""
    if wanted.pipelines is not None:
        query = query.where(pipeline.in_(wanted.pipelines))
    if wanted.since is not None:
        query = query.where(at >= micros(wanted.since))
    return query.order_by(id_.desc()).limit(wanted.limit)


def _views(conn: Connection, query: Select[Any], asked: Mapping[str, Any], kind: type[V]) -> list[V]:
    return [kind(**with_moments(row)) for row in conn.execute(query, asked).mappings()]


def _subjects(names: Iterable[str]) -> list[str]:
    return sorted({subject_of(name) for name in names})


def done_by(story: StockStory) -> Mapping[str, DeedView]:
    """By key, the deed with which a person promised a change of this product: both were written at one moment."""
    deeds = {(deed.pipeline, deed.at): deed for deed in story.deeds if deed.action in PROMISING}
    promised = ((one.change.key, deeds.get((one.pipeline, one.created_at))) for one in story.changes)
    return {key: deed for key, deed in promised if deed and not key.startswith(BY_ITSELF)}
