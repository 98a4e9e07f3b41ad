"""Orders are judged again when the operator's rules are not those any more by which they were judged."""

from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, func, or_, select, update

from crossdock.engine.holds import GIVEN_BACK, RULE_HOLDS
from crossdock.store.intake import ORDER
from crossdock.store.moments import micros
from crossdock.store.tables import orders, record, rules_in_force
from crossdock.store.upsert import insert_into

WHEN_LISTED = b"?"
"""A digest that no record has: it is read when the cart shows it again, and not before."""

_OF_PIPELINE = orders.c.pipeline == bindparam("of_pipeline")
_BY_RULE = or_(*(orders.c.reason.startswith(f"{code}:", autoescape=True) for code in RULE_HOLDS))
_BEFORE_RELEASE = or_(orders.c.state.in_(["waiting", "ready"]), (orders.c.state == "held") & _BY_RULE)
_SKIPPED = (orders.c.state == "skipped") & ~orders.c.reason.startswith(GIVEN_BACK, autoescape=True)
_READ_AGAIN = (
    update(record)
    .where(record.c.pipeline == bindparam("of_pipeline"), record.c.kind == ORDER)
    .where(func.length(record.c.data) > 0, func.length(record.c.digest) > 0)
    .values(digest=bindparam("new_digest"))
)
_READ_STANDING = _READ_AGAIN.where(
    record.c.external_id.in_(select(orders.c.external_id).where(_OF_PIPELINE, _BEFORE_RELEASE))
)
_READ_SKIPPED = _READ_AGAIN.where(record.c.external_id.in_(select(orders.c.external_id).where(_OF_PIPELINE, _SKIPPED)))
_IN_FORCE = select(rules_in_force.c.digest).where(rules_in_force.c.pipeline == bindparam("of_pipeline"))


@cache
def _note(dialect: str) -> Executable:
    noting = insert_into(dialect, rules_in_force)
    new = noting.excluded
    return noting.on_conflict_do_update(index_elements=["pipeline"], set_={"digest": new.digest, "since": new.since})


def judge_again(conn: Connection, pipeline: str, digest: str, *, fetches: bool, now: datetime) -> int:
    """Have orders judged again if these are new rules; says how many.

    What was skipped was not followed since: it is read again from the store where the cart can give single orders
    (`fetches`), because then it is fetched before its release, and otherwise when the cart lists it again. At the very
    first start nothing that was skipped is read again.
    """
    before = conn.scalar(_IN_FORCE, {"of_pipeline": pipeline})
    if before == digest:
        return 0
    conn.execute(_note(conn.dialect.name), {"pipeline": pipeline, "digest": digest, "since": micros(now)})
    found = conn.execute(_READ_STANDING, {"of_pipeline": pipeline, "new_digest": b""}).rowcount
    if before is not None:
        again = b"" if fetches else WHEN_LISTED
        found += conn.execute(_READ_SKIPPED, {"of_pipeline": pipeline, "new_digest": again}).rowcount
    return found
