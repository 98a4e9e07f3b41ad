"""What a person does about a problem. Use as `await store.write(retry_problem, problem_id, now=…)`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Executable, bindparam, case, select, update

from crossdock.domain import StockChange
from crossdock.engine.holds import HELD_BY_PERSON
from crossdock.engine.lease import named
from crossdock.engine.ledger import KIND_OF_FLOW, SILENT, Kind, PromiseState
from crossdock.engine.ports import OrderState
from crossdock.engine.problems import Code
from crossdock.hooks.records import AnswerState
from crossdock.store.audit import Deed, note_deed
from crossdock.store.connections import resume_connection
from crossdock.store.errors import ClosedAlready, NothingToRetry, StillOpen
from crossdock.store.intake import ORDER, PARCEL, reread
from crossdock.store.leases import schedule
from crossdock.store.moments import micros
from crossdock.store.movements import reconsider_unmapped
from crossdock.store.products import PRODUCT
from crossdock.store.queries import ProblemView, problem_of
from crossdock.store.shipments import owners_of
from crossdock.store.stock import overtaken
from crossdock.store.tables import flow, orders, problem, product, promise, purchase_order, shipment
from crossdock.store.told import RECORDS_OF_FLOW
from crossdock.store.told_levels import tell_anew
from crossdock.store.wishes import want_orders
from crossdock.store.withheld import IS_WITHHELD, RENAMED

LEVEL_ANEW = "what lies in the warehouse is counted anew, then that level is sent"
_FLOW_OF_KIND = {kind: flow for flow, kind in KIND_OF_FLOW.items()}
_CLOSE = (
    update(problem)
    .where(problem.c.id == bindparam("its_id"), problem.c.state != "resolved")
    .values(state=bindparam("new_state"), closed_at=bindparam("now"), closed_how=bindparam("how"))
)
_SAME = (
    select(problem.c.id)
    .where(problem.c.pipeline == bindparam("of_pipeline"), problem.c.code == bindparam("of_code"))
    .where(problem.c.subject == bindparam("its_subject"), problem.c.state != "resolved")
    .where(problem.c.id != bindparam("its_id"))
)
_OPEN_AGAIN = (
    update(problem).where(problem.c.id == bindparam("its_id")).values(state="open", closed_at=None, closed_how="")
)
_REJECTED = select(promise.c.id, promise.c.kind).where(
    promise.c.order_id == bindparam("of_order"), promise.c.key == bindparam("the_key"), promise.c.state == "rejected"
)
_IN_DOUBT = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state="in_doubt", attempts=0, due_at=bindparam("now"), answer="", error="")
)
_ASK_AGAIN = (
    update(promise)
    .where(promise.c.order_id == bindparam("of_order"), promise.c.key == bindparam("the_key"))
    .where(promise.c.state == "done", promise.c.answer.in_([AnswerState.REFUSED.value, SILENT]))
    .values(follow_at=bindparam("now"), answer="")
)
_REFUSED_STOCK = select(promise.c.id, promise.c.document, promise.c.state, promise.c.error).where(
    promise.c.pipeline == bindparam("of_pipeline"),
    promise.c.kind == Kind.STOCK.value,
    promise.c.key == bindparam("the_key"),
    promise.c.state.in_(["rejected", "replaced"]),
)
_STOCK_AGAIN = (
    update(promise)
    .where(promise.c.id == bindparam("promise_id"))
    .values(state=bindparam("new_state"), attempts=0, due_at=bindparam("now"))
)
_PUBLISH_AGAIN = (
    update(product)
    .where(product.c.pipeline == bindparam("of_pipeline"), product.c.external_id == bindparam("its_subject"))
    .where(product.c.error != "")
    .values(publish_at=bindparam("now"), attempts=0)
)
_PUT_RENAMED = (
    update(product)
    .where(product.c.pipeline == bindparam("of_pipeline"), product.c.external_id == bindparam("its_subject"), RENAMED)
    .values(publish_at=bindparam("now"), attempts=0, known_as="", sink_id="", published=b"")
)
_COUNT_AGAIN = (
    update(product)
    .where(product.c.pipeline == bindparam("of_pipeline"), product.c.subject == bindparam("its_subject"), IS_WITHHELD)
    .values(publish_at=bindparam("now"), attempts=0)
)
_TELL_AGAIN = (
    update(purchase_order)
    .where(purchase_order.c.pipeline == bindparam("of_pipeline"), purchase_order.c.number == bindparam("its_subject"))
    .where(purchase_order.c.error != "")
    .values(tell_at=bindparam("now"), attempts=0)
)
Retry = Callable[[Connection, ProblemView, datetime], str | None]
"""Makes the work behind a problem due again and says so; None where there is nothing to retry."""
PUT_RENAMED = "the product is put under its new SKU; what is there under the old one stays as it is"
_HAS_CENSUS = select(flow.c.id).where(flow.c.pipeline == bindparam("of_pipeline"), flow.c.flow == "census")
_HELD_ORDER = (
    update(orders)
    .where(orders.c.id == bindparam("its_id"), orders.c.state == "held")
    .where(~orders.c.reason.startswith(HELD_BY_PERSON, autoescape=True))
)
_STATE = select(orders.c.state).where(orders.c.id == bindparam("of_order"))
_READY_AGAIN = _HELD_ORDER.values(state="ready", reason="", updated_at=bindparam("now"))
_BOX = (
    select(shipment.c.id, shipment.c.connection, shipment.c.request_number, shipment.c.state)
    .where(shipment.c.pipeline == bindparam("of_pipeline"))
    .where(shipment.c.request_number + "/" + shipment.c.external_id == bindparam("subject"))
    .where(shipment.c.state.in_(["held", "unknown", "awaiting_tracking"]))
)
_LOOK_AT = (
    update(shipment)
    .where(shipment.c.id == bindparam("its_id"))
    .values(
        state="new",
        order_id=bindparam("owner"),
        pipeline=bindparam("its_pipeline"),
        collected_by=case((shipment.c.collected_by == "", shipment.c.pipeline), else_=shipment.c.collected_by),
        look_again_at=bindparam("now"),
    )
)


def retry_problem(conn: Connection, problem_id: int, *, by: str = "", now: datetime) -> str:
    """Put what the problem stands for back to work and close it; says what was done.

    If the cause is still there, the problem opens again by itself. Raises `NothingToRetry` and `ClosedAlready`.
    """
    found = problem_of(conn, problem_id)
    if found.state == "resolved":
        raise ClosedAlready(f"problem {problem_id} is resolved already: {found.closed_how}")
    retry = _RETRIES.get(Code(found.code))
    done = retry(conn, found, now) if retry else None
    if done is None:
        action = found.action or "act on it"
        raise NothingToRetry(
            f"problem {problem_id} ({found.title}) stands for nothing that could be tried again; "
            f"{action}{' Then' if action.endswith('.') else ' and then'} `crossdock problems resolve {problem_id}`"
        )
    _close(conn, problem_id, "resolved", "retried", now)
    _note(conn, found, Deed(by, "retry problem", found.subject, after=done), now)
    return done


def resolve_problem(
    conn: Connection, problem_id: int, how: str, *, by: str = "", now: datetime, ignore: bool = False
) -> None:
    """Close a problem with a word on how it was settled; an ignored one stays quiet when its cause comes again.

    Raises `ClosedAlready`.
    """
    found, state = problem_of(conn, problem_id), "ignored" if ignore else "resolved"
    if found.state in ("resolved", state):
        raise ClosedAlready(f"problem {problem_id} is {found.state} already: {found.closed_how}")
    _close(conn, problem_id, state, how, now)
    _note(conn, found, Deed(by, f"{'ignore' if ignore else 'resolve'} problem", found.subject, note=how), now)


def reopen_problem(conn: Connection, problem_id: int, *, by: str = "", note: str = "", now: datetime) -> None:
    """Open a problem again that was resolved or ignored; raises `StillOpen`."""
    found = problem_of(conn, problem_id)
    same = {"of_pipeline": found.pipeline, "of_code": found.code, "its_subject": found.subject, "its_id": problem_id}
    other = conn.scalar(_SAME, same)
    if found.state == "open" or other is not None:
        raise StillOpen(f"problem {other or problem_id} is open, or ignored: {found.title}")
    conn.execute(_OPEN_AGAIN, {"its_id": problem_id})
    _note(conn, found, Deed(by, "reopen problem", found.subject, note=note), now)


def _note(conn: Connection, found: ProblemView, deed: Deed, now: datetime) -> None:
    what = f"{found.code} {found.id}"
    note_deed(conn, replace(deed, pipeline=found.pipeline, order_id=found.order_id, before=what), micros(now))


def _close(conn: Connection, problem_id: int, state: str, how: str, now: datetime) -> None:
    conn.execute(_CLOSE, {"its_id": problem_id, "new_state": state, "how": how, "now": micros(now)})


def _retry_promise(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    asked = {"of_order": found.order_id, "the_key": found.subject}
    rejected = conn.execute(_REJECTED, asked).all()
    for promise_id, kind in rejected:
        if kind != Kind.RELEASE or not _is_planned_anew(conn, found, now):
            conn.execute(_IN_DOUBT, {"promise_id": promise_id, "now": micros(now)})
        schedule(conn, found.pipeline, _FLOW_OF_KIND[Kind(kind)], now)
    return "it is looked up first and sent again if it is not there" if rejected else None


def _retry_kind(kind: Kind, said: str) -> Retry:
    """What makes a refused promise of this one kind due once more: a label is called as its box is at the cart."""

    def retry(conn: Connection, found: ProblemView, now: datetime) -> str | None:
        asked = {"of_order": found.order_id, "the_key": found.subject}
        refused = [row.id for row in conn.execute(_REJECTED, asked) if row.kind == kind]
        for promise_id in refused:
            conn.execute(_IN_DOUBT, {"promise_id": promise_id, "now": micros(now)})
            schedule(conn, found.pipeline, _FLOW_OF_KIND[kind], now)
        return said if refused else None

    return retry


_BUY_AGAIN = _retry_kind(Kind.LABEL, "the label is looked up first, and bought by the rules of now if it is not there")


def _is_planned_anew(conn: Connection, found: ProblemView, now: datetime) -> bool:
    """Whether the order will be planned again, so that a correction counts; that has the old number looked up, too."""
    was_held = _retry_order(conn, found, now) is not None
    return was_held or conn.scalar(_STATE, {"of_order": found.order_id}) == OrderState.READY


def _send_stock(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    """A person says that the change did not happen: what the cart holds is read anew, then it is sent."""
    if tell_anew(conn, found.pipeline, found.subject, now):
        return LEVEL_ANEW
    again = _stock_again(conn, found, "due", now)
    return "what the cart holds is read anew, then the change is sent" if again else None


def _retry_failed(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    """A plugin broke off: what it was doing may have been done, and is looked up."""
    if told := _retry_promise(conn, found, now):
        return told
    if tell_anew(conn, found.pipeline, found.subject, now):
        return LEVEL_ANEW
    again = _stock_again(conn, found, "in_doubt", now)
    return "the cart's levels are compared with those before; it is sent if it is not in them" if again else None


def _stock_again(conn: Connection, found: ProblemView, state: str, now: datetime) -> bool:
    refused = conn.execute(_REFUSED_STOCK, {"of_pipeline": found.pipeline, "the_key": found.subject}).all()
    for promise_id, document, its_state, why in refused:
        if its_state == PromiseState.REPLACED:
            raise NothingToRetry(
                f"the stock change {found.subject} was {why}, so that nothing is left to send of it; look at that one, "
                f"then `crossdock problems resolve {found.id}`"
            )
        change = StockChange.model_validate_json(document)
        if overtaken(conn, promise_id, change):
            raise NothingToRetry(
                f"the stock of {change.item.sku} was set or changed again after {change.key}: to send that now would "
                f"undo it. Make a new change, then `crossdock problems resolve {found.id}`"
            )
        conn.execute(_STOCK_AGAIN, {"promise_id": promise_id, "new_state": state, "now": micros(now)})
        schedule(conn, found.pipeline, "stock", now)
    return bool(refused)


def _due_again(again: Executable, flow_name: str, said: str) -> Retry:
    """What makes the product or purchase order that a problem is about due once more."""

    def retry(conn: Connection, found: ProblemView, now: datetime) -> str | None:
        asked = {"of_pipeline": found.pipeline, "its_subject": found.subject, "now": micros(now)}
        if not conn.execute(again, asked).rowcount:
            return None
        schedule(conn, found.pipeline, flow_name, now)
        return said

    return retry


def _count_again(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    again = {"of_pipeline": found.pipeline, "its_subject": found.subject, "now": micros(now)}
    if not conn.execute(_COUNT_AGAIN, again).rowcount:
        return None
    if conn.scalar(_HAS_CENSUS, {"of_pipeline": found.pipeline}):
        schedule(conn, found.pipeline, "census", now)
    schedule(conn, found.pipeline, "publish", now)
    return "it is looked at again which products are there and bear the SKU"


def _retry_order(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    if not conn.execute(_READY_AGAIN, {"its_id": found.order_id, "now": micros(now)}).rowcount:
        return None
    schedule(conn, found.pipeline, "release", now)
    return "the order is planned again"


def _ask_again(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    asked = {"of_order": found.order_id, "the_key": found.subject, "now": micros(now)}
    if not conn.execute(_ASK_AGAIN, asked).rowcount:
        return None
    schedule(conn, found.pipeline, "follow", now)
    return "the cart is asked once more what the marketplace made of it"


def _fetch_again(conn: Connection, found: ProblemView, now: datetime) -> str:
    want_orders(conn, found.pipeline, [found.subject], "a person, again", now=now)
    return "the order is fetched again"


def _read_again(kind: str, flow: str) -> Retry:
    def retry(conn: Connection, found: ProblemView, now: datetime) -> str | None:
        if not reread(conn, found.pipeline, kind, found.subject):
            return None
        schedule(conn, found.pipeline, flow, now)
        return "the record is read again as it was stored"

    return retry


def _read_work_again(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    """A record of the warehouse's work came by one of these flows."""
    place, slash, _ = found.subject.partition("/")  # records of a second warehouse begin with its name
    places = ("", place) if slash else ("",)
    kinds = [(named(kind, one), flow) for one in places for flow, kind in RECORDS_OF_FLOW.items()]
    told = [_read_again(kind, flow)(conn, found, now) for kind, flow in kinds]
    return next(filter(None, told), None)


def _plan_again(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    if not reconsider_unmapped(conn, found.pipeline):
        return None
    schedule(conn, found.pipeline, "stock", now)
    return "the movements are planned again"


def _retry_shipment(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    boxes = conn.execute(_BOX, {"of_pipeline": found.pipeline, "subject": found.subject}).all()
    again = 0
    for box in boxes:
        owner = owners_of(conn, box.connection, [box.request_number]).get(box.request_number)
        if owner:
            at = {"owner": owner[0], "its_pipeline": owner[1], "now": micros(now)}
            again += conn.execute(_LOOK_AT, {"its_id": box.id, **at}).rowcount
            schedule(conn, owner[1], "confirm", now)
    return "the shipment is planned again" if again else None


def _retry_disagreed(conn: Connection, found: ProblemView, now: datetime) -> str | None:
    """Two rules for ship methods held a shipment, or the whole order."""
    return _retry_shipment(conn, found, now) or _retry_order(conn, found, now)


def _resume(conn: Connection, found: ProblemView, now: datetime) -> str:
    resume_connection(conn, found.subject, micros(now))
    return f"connection {found.subject} is used again"


_RETRIES: dict[Code, Retry] = {
    Code.RELEASE_REFUSED: _retry_promise,
    Code.ACKNOWLEDGE_REFUSED: _retry_promise,
    Code.CONFIRM_REFUSED: _retry_promise,
    Code.ADJUST_REFUSED: _retry_promise,
    Code.NOTICE_REFUSED: _retry_promise,
    Code.WITHDRAW_REFUSED: _retry_promise,
    Code.LABEL_REFUSED: _BUY_AGAIN,
    Code.LABEL_TOO_DEAR: _BUY_AGAIN,
    Code.ADDRESS_REFUSED: _BUY_AGAIN,
    Code.VOID_REFUSED: _retry_kind(Kind.VOID, "the shipping system is asked again to take the label back"),
    Code.STOCK_REFUSED: _send_stock,
    Code.PUBLISH_REFUSED: _due_again(_PUBLISH_AGAIN, "publish", "the product is put again"),
    Code.SKU_RENAMED: _due_again(_PUT_RENAMED, "publish", PUT_RENAMED),
    Code.DUPLICATE_SKU: _count_again,
    Code.UNMAPPED_AREA: _plan_again,
    Code.EXPECT_REFUSED: _due_again(_TELL_AGAIN, "expect", "the warehouse is told of the purchase order again"),
    Code.MARKED_ELSEWHERE: _retry_order,
    Code.MARKETPLACE_REFUSED: _ask_again,
    Code.MARKETPLACE_SILENT: _ask_again,
    Code.UNFETCHABLE_ORDER: _fetch_again,
    Code.UNREADABLE_PRODUCT: _read_again(PRODUCT, "catalog"),
    Code.PLUGIN_FAILED: _retry_failed,
    Code.UNMAPPED_SHIP_METHOD: _retry_order,
    Code.RULES_DISAGREE: _retry_disagreed,
    Code.UNSHIPPABLE_ORDER: _retry_order,
    Code.MISSING_FIELD: _retry_order,
    Code.NUMBER_TAKEN: _retry_order,
    Code.UNREADABLE_ORDER: _read_again(ORDER, "download"),
    Code.UNREADABLE_SHIPMENT: _read_work_again,
    Code.UNREADABLE_PARCEL: _read_again(PARCEL, "parcels"),
    Code.UNKNOWN_SHIPMENT: _retry_shipment,
    Code.UNMAPPED_CARRIER: _retry_shipment,
    Code.NO_TRACKING: _retry_shipment,
    Code.CONNECTION_PAUSED: _resume,
}

RETRYABLE = frozenset(_RETRIES)
"""Kinds of problems that may stand for work which can be tried again."""
