"""The ship methods that people save: kept with who saved them; what a change of them answers is put to work at once.

Use as `await store.write(change_methods, rules, change, by="ada", now=…)`, `await store.read(saved_rules, ["main"])`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, or_, select, text, update

from crossdock.domain import FulfillmentRequest, Shipment
from crossdock.engine.confirm_plan import asked_of
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import Asked, Direction, Saved, ShipMethod, ShipMethodRule
from crossdock.mapping.method_table import Entry, Table, TableChange, by_direction, compare
from crossdock.store.audit import Deed, note_deed
from crossdock.store.intake import RECORD_OF_ORDER
from crossdock.store.leases import schedule
from crossdock.store.moments import micros, moment
from crossdock.store.problems import close_answered, close_mapped
from crossdock.store.tables import flow, orders, promise, record, ship_method_rule, shipment

AT_ONCE = 500
"""How many rows one statement changes."""
FLOWS = ("release", "confirm")
"""The flows that ask for ship methods."""
HELD_FOR = (Code.UNMAPPED_SHIP_METHOD, Code.RULES_DISAGREE)
"""What an order is held for that no rule for ship methods answers."""

Change = Callable[[Table], tuple[Entry, ...]]
"""Makes the next version of a table from the one that is there."""


@dataclass(frozen=True, slots=True)
class SavedRule:
    """One rule that a person saved."""

    pipeline: str
    entry: Entry
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order (inbound) or a shipment (outbound) that is held until a rule answers what it asks for."""

    id: int
    pipeline: str
    direction: Direction
    asked: Asked
    since: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of the table is, and how many orders and shipments it puts to work."""

    table: TableChange
    orders: int
    shipments: int


class _Wanted(msgspec.Struct):
    """The part of an order's document that says how it is to be shipped."""

    requested_carrier: str = ""
    requested_service: str = ""


_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_PIPELINES: BindParameter[str] = bindparam("pipelines", expanding=True)
_RULES = select(ship_method_rule).where(ship_method_rule.c.pipeline.in_(_PIPELINES)).order_by(ship_method_rule.c.id)
_DELETE = delete(ship_method_rule).where(ship_method_rule.c.pipeline == bindparam("of_pipeline"))
_LOCK = (  # what is planned at this moment is written before the change, or after it and with it
    select(flow.c.flow)
    .where(flow.c.pipeline == bindparam("of_pipeline"))
    .where(or_(*(or_(flow.c.flow == name, flow.c.flow.startswith(f"{name}@")) for name in FLOWS)))
    .order_by(flow.c.id)
    .with_for_update()
)
_WAITS = text("orders.state = 'held'")  # literally the conditions of the indexes
_UNMAPPED = or_(*(func.substr(orders.c.reason, 1, len(code) + 1) == f"{code.value}:" for code in HELD_FOR))
_ORDERS = select(
    orders.c.id, orders.c.pipeline, orders.c.site, record.c.document, orders.c.held_at, orders.c.updated_at
).join(record, RECORD_OF_ORDER)
_SHIPMENTS = (
    select(shipment.c.id, orders.c.pipeline, orders.c.site, shipment.c.created_at)
    .add_columns(shipment.c.document, promise.c.document.label("request"))
    .join(orders, orders.c.id == shipment.c.order_id)
    .join(promise, promise.c.order_id == shipment.c.order_id)
    .where(promise.c.kind == Kind.RELEASE.value, promise.c.key == shipment.c.request_number)
    .where(promise.c.state != PromiseState.WITHDRAWN.value)
)
_HELD_ORDERS = _ORDERS.where(orders.c.pipeline == bindparam("of_pipeline"), _WAITS, _UNMAPPED).order_by(orders.c.id)
_HELD_SHIPMENTS = _SHIPMENTS.where(shipment.c.pipeline == bindparam("of_pipeline"), text("shipment.state = 'held'"))
_READY = (
    update(orders)
    .where(orders.c.id.in_(_IDS), orders.c.state == "held", _UNMAPPED)
    .values(state="ready", reason="", updated_at=bindparam("now"))
)
_LOOK_AGAIN = (
    update(shipment)
    .where(shipment.c.id.in_(_IDS), shipment.c.state == "held")
    .values(state="new", look_again_at=bindparam("now"))
)


def saved_rules(conn: Connection, pipelines: Collection[str]) -> list[SavedRule]:
    """The rules that people saved, in the order in which patterns are tried."""
    return [
        SavedRule(
            row.pipeline,
            Entry(
                Direction(row.direction),
                ShipMethodRule(ShipMethod(row.to_carrier, row.to_service), row.site, row.carrier, row.service),
            ),
            moment(row.saved_at),
            row.saved_by,
        )
        for row in conn.execute(_RULES, {"pipelines": list(pipelines)})
    ]


def saved_methods(conn: Connection, pipeline: str) -> Saved:
    """The same for the engine."""
    return by_direction([saved.entry for saved in saved_rules(conn, [pipeline])])


def waiting(conn: Connection, pipeline: str, *, recognises: bool = False) -> Iterator[Waiting]:
    """What is held for want of a rule, or because two disagree; `recognises` as in `asked_of`."""
    these = {"of_pipeline": pipeline}
    for row in conn.execute(_HELD_ORDERS, these):
        yield Waiting(
            row.id, row.pipeline, Direction.INBOUND, _asked_by_order(row), moment(row.held_at or row.updated_at)
        )
    for row in conn.execute(_HELD_SHIPMENTS, these):
        asked = _asked_by_shipment(row, recognises)
        yield Waiting(row.id, row.pipeline, Direction.OUTBOUND, asked, moment(row.created_at))


def asked_by(conn: Connection, order_id: int, *, recognises: bool = False) -> list[tuple[Direction, Asked]]:
    """What one order asks for, and each of its shipments; `recognises` as in `asked_of`."""
    told = [(Direction.INBOUND, _asked_by_order(row)) for row in conn.execute(_ORDERS.where(orders.c.id == order_id))]
    boxes = conn.execute(_SHIPMENTS.where(shipment.c.order_id == order_id).order_by(shipment.c.id))
    return [*told, *((Direction.OUTBOUND, _asked_by_shipment(row, recognises)) for row in boxes)]


def weigh_change(conn: Connection, rules: PipelineRules, change: Change) -> Changed:
    """What a change would be and do; nothing is written. `rules` are those of the config."""
    before = [saved.entry for saved in saved_rules(conn, [rules.name])]
    table = compare(before, change(before))
    answered = list(_answered(conn, rules.with_saved(by_direction(table.after))))
    return Changed(table, *(sum(waits.direction is one for waits in answered) for one in Direction))


def change_methods(
    conn: Connection, rules: PipelineRules, change: Change, *, by: str, note: str = "", now: datetime
) -> Changed:
    """Save the next version of a pipeline's table, and put to work what it answers. `rules` are those of the config."""
    pipeline, at = rules.name, micros(now)
    conn.execute(_LOCK, {"of_pipeline": pipeline})
    before = saved_rules(conn, [pipeline])
    table = compare([saved.entry for saved in before], change([saved.entry for saved in before]))
    if table:
        _write(conn, pipeline, table, before, by, at)
        _note(conn, pipeline, table, by, note, at)
    answered = list(_answered(conn, rules.with_saved(by_direction(table.after))))
    at_work = [_put_to_work(conn, pipeline, answered, one, at) for one in Direction]
    for name in FLOWS:
        schedule(conn, pipeline, name, now)
    return Changed(table, *at_work)


def _asked_by_order(row: Any) -> Asked:
    wanted = msgspec.json.decode(row.document or b"{}", type=_Wanted)
    return Asked(wanted.requested_carrier, wanted.requested_service, row.site)


def _asked_by_shipment(row: Any, recognises: bool) -> Asked:
    package = Shipment.model_validate_json(row.document).package
    return asked_of(package, FulfillmentRequest.model_validate_json(row.request), row.site, recognises=recognises)


def _answered(conn: Connection, rules: PipelineRules) -> Iterator[Waiting]:
    """What waits and has an answer."""
    for waits in waiting(conn, rules.name, recognises=rules.recognises):
        if rules.ship_methods[waits.direction].choose(waits.asked):
            yield waits


def _put_to_work(conn: Connection, pipeline: str, answered: Sequence[Waiting], direction: Direction, now: int) -> int:
    """Orders become ready, shipments are looked at again, and their problems close; says how many."""
    ids = [waits.id for waits in answered if waits.direction is direction]
    done = 0
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        if direction is Direction.INBOUND:
            done += conn.execute(_READY, {"ids": some, "now": now}).rowcount
            close_mapped(conn, pipeline, some, now)
        else:
            done += conn.execute(_LOOK_AGAIN, {"ids": some, "now": now}).rowcount
            close_answered(conn, pipeline, some, now)
    return done


def _write(conn: Connection, pipeline: str, table: TableChange, before: Sequence[SavedRule], by: str, now: int) -> None:
    """The whole table anew, in its order; a rule that stays as it was keeps who saved it and when."""
    saved = {one.entry: (micros(one.saved_at), one.saved_by) for one in before}
    conn.execute(_DELETE, {"of_pipeline": pipeline})
    rows = [_row(pipeline, entry, *saved.get(entry, (now, by))) for entry in table.after]
    if rows:
        conn.execute(insert(ship_method_rule), rows)


def _row(pipeline: str, entry: Entry, saved_at: int, saved_by: str) -> dict[str, object]:
    rule = entry.rule
    site_key, carrier_key, service_key = rule.key
    return {
        "pipeline": pipeline,
        "direction": entry.direction.value,
        "site": rule.site,
        "carrier": rule.carrier,
        "service": rule.service,
        "site_key": site_key,
        "carrier_key": carrier_key,
        "service_key": service_key,
        "to_carrier": rule.to.carrier,
        "to_service": rule.to.service,
        "saved_at": saved_at,
        "saved_by": saved_by,
    }


def _note(conn: Connection, pipeline: str, table: TableChange, by: str, note: str, now: int) -> None:
    """A line in the audit for each rule that is another one now."""
    told = [("save ship method", entry, "", str(entry.rule.to)) for entry in table.added]
    told += [("change ship method", new, str(old.rule.to), str(new.rule.to)) for old, new in table.changed]
    told += [("remove ship method", entry, str(entry.rule.to), "") for entry in table.removed]
    deeds = [
        Deed(by, action, str(entry), pipeline, before=before, after=after, note=note)
        for action, entry, before, after in told
    ]
    if table.reordered:
        deeds.append(Deed(by, "reorder ship methods", f"pipeline {pipeline}", pipeline, note=note))
    for deed in deeds:
        note_deed(conn, deed, now)
