"""Products that are not put to the sink although they changed: another bears their SKU, or they bore another one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, case, func, not_, or_, select, text, update

from crossdock.engine.goods_ports import Withheld
from crossdock.engine.lease import Lease
from crossdock.engine.problems import Code
from crossdock.store.leases import renew
from crossdock.store.moments import micros
from crossdock.store.problems import close_subjects, open_problems
from crossdock.store.products import HAS_NAMESAKE, packed
from crossdock.store.stock import AT_ONCE, subject_of
from crossdock.store.tables import problem, product
from crossdock.store.upsert import write_rows

IS_WITHHELD = text("product.withheld <> ''")  # literally the condition of the index
_OF_PIPELINE = product.c.pipeline == bindparam("of_pipeline")
RENAMED = and_(product.c.known_as != "", product.c.known_as != product.c.sku)
_AT_SOURCE = product.c.gone_at.is_(None)
_SETTLED = or_(
    and_(product.c.withheld == Code.DUPLICATE_SKU.value, ~HAS_NAMESAKE),
    and_(product.c.withheld == Code.SKU_RENAMED.value, not_(RENAMED)),
)
_FREE = (
    update(product)
    .where(_OF_PIPELINE, IS_WITHHELD, _AT_SOURCE, _SETTLED)
    .values(publish_at=bindparam("now"), attempts=0)
)
_SAME_VERSION = product.c.version == bindparam("its_version")
_KEEP_BACK = (
    update(product)
    .where(product.c.id == bindparam("product_id"))
    .values(
        withheld=bindparam("why"),
        known_as=bindparam("its_name"),
        published=func.coalesce(bindparam("what_it_has"), product.c.published),
        publish_at=case((_SAME_VERSION, None), else_=product.c.publish_at),
    )
)
_LOOK_AT_NAMESAKES = (
    update(product)
    .where(_OF_PIPELINE, product.c.subject.in_(bindparam("subjects", expanding=True)), _AT_SOURCE)
    .where(product.c.withheld == "")
    .values(publish_at=bindparam("now"))
)
_OPEN = select(problem.c.subject).where(
    problem.c.pipeline == bindparam("of_pipeline"),
    problem.c.code == bindparam("of_code"),
    text("problem.state <> 'resolved'"),
)
_SOME: BindParameter[str] = bindparam("some", expanding=True)
_STILL = {
    Code.DUPLICATE_SKU: (
        select(product.c.subject)
        .where(_OF_PIPELINE, product.c.subject.in_(_SOME), _AT_SOURCE)
        .group_by(product.c.subject)
        .having(func.count() > 1)
    ),
    Code.SKU_RENAMED: (
        select(product.c.external_id).where(_OF_PIPELINE, product.c.external_id.in_(_SOME), _AT_SOURCE, RENAMED)
    ),
}
"""By problem, its subjects whose cause is still there."""


def reconsider_withheld(conn: Connection, lease: Lease, *, now: datetime) -> None:
    """Make due what may go by now, or is withheld for another reason; close what is settled."""
    at = micros(now)
    renew(conn, lease, at)
    conn.execute(_FREE, {"of_pipeline": lease.pipeline, "now": at})
    for code, still in _STILL.items():
        subjects = list(conn.scalars(_OPEN, {"of_pipeline": lease.pipeline, "of_code": code.value}))
        close_subjects(conn, lease.pipeline, code, _settled(conn, lease.pipeline, still, subjects), at)


def save_withheld(conn: Connection, lease: Lease, withheld: Sequence[Withheld], *, now: datetime) -> None:
    """Keep them back as they were before they were claimed; their namesakes are looked at in the same run."""
    at = micros(now)
    renew(conn, lease, at)
    write_rows(conn, _KEEP_BACK, [_row(item) for item in withheld])
    shared = sorted({subject_of(item.stored.product.sku) for item in withheld if item.stored.namesakes})
    for start in range(0, len(shared), AT_ONCE):
        some = shared[start : start + AT_ONCE]
        conn.execute(_LOOK_AT_NAMESAKES, {"of_pipeline": lease.pipeline, "subjects": some, "now": at})
    problems = {(item.problem.code, item.problem.subject): item.problem for item in withheld}
    open_problems(conn, lease.pipeline, list(problems.values()), at)


def _settled(conn: Connection, pipeline: str, still: Select[tuple[str]], subjects: Sequence[str]) -> Collection[str]:
    """Those of these subjects whose cause is gone."""
    found: set[str] = set()
    for start in range(0, len(subjects), AT_ONCE):
        found |= set(conn.scalars(still, {"of_pipeline": pipeline, "some": subjects[start : start + AT_ONCE]}))
    return set(subjects) - found


def _row(item: Withheld) -> dict[str, object]:
    stored = item.stored
    return {
        "product_id": stored.id,
        "its_version": stored.version,
        "its_name": stored.known_as,
        "why": item.problem.code.value,
        "what_it_has": packed(stored.published) if stored.published else None,
    }
