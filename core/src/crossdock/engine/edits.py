"""A person's corrections, laid over the cart's order field by field: pure.

A correction counts as long as the cart says of its field what it said when the correction was made. When the cart says
something else, it has spoken later, and its word wins.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crossdock.domain import Address, Document, Order, OrderLine, UtcDatetime
from crossdock.engine.problems import Code, Problem
from crossdock.hooks.errors import CrossdockError

Value = str | tuple[str, ...] | None
"""What stands in a field; None where it is not there."""

ADDRESS, CUSTOM, LINE, SKU = "ship_to.", "custom_fields.", "lines.", ".sku"
PLAIN = ("requested_carrier", "requested_service", "notes", "deliver_by", "tags")
SHOWN = ("ship_to.city", "ship_to.region", "ship_to.country", "requested_carrier", "requested_service", "deliver_by")
"""Fields whose values a problem tells; of the others, which may be personal, it says that they changed."""
_LATER = TypeAdapter(UtcDatetime)


class Edit(Document):
    """One correction: what the field is to be, and what the cart `said` of it then."""

    path: str
    value: Value
    said: Value
    by: str
    at: UtcDatetime

    @property
    def changes(self) -> bool:
        """Whether it makes a difference; one that does not was taken back after the warehouse had got it."""
        return self.value != self.said


Edits = tuple[Edit, ...]
edits_json = TypeAdapter(Edits)
"""How corrections are kept."""


class NotEditable(CrossdockError):
    """This field cannot be corrected, or not so; says why."""


@dataclass(frozen=True, slots=True)
class LaidOver:
    """The corrected order, the corrections that still count, and those that the cart has overtaken."""

    order: Order
    kept: Edits = ()
    overtaken: Edits = ()


def lay_over(order: Order, edits: Edits) -> LaidOver:
    """The cart's order with the corrections that still count."""
    kept = tuple(edit for edit in edits if _said(order, edit.path) == edit.said)
    lapsed = (edit for edit in edits if edit not in kept and edit.changes)
    overtaken = tuple(edit for edit in lapsed if _said(order, edit.path) != edit.value)
    return LaidOver(corrected(order, kept), kept, overtaken)


def corrected(order: Order, edits: Iterable[Edit]) -> Order:
    """The order with these values, whatever the cart says of them."""
    for edit in edits:
        order = _with_value(order, edit.path, edit.value)
    return order


def fields_of(order: Order) -> Mapping[str, Value]:
    """Every field of an order that can be corrected, and what it says."""
    names = (*(ADDRESS + part for part in Address.model_fields), *PLAIN)
    custom = (CUSTOM + name for name in order.custom_fields)
    lines = (f"{LINE}{line.external_id}{SKU}" for line in order.lines)
    return {path: value_at(order, path) for path in (*names, *custom, *lines)}


def value_at(order: Order, path: str) -> Value:
    """What an order says in this field; raises `NotEditable` where it cannot be corrected."""
    if path.startswith(ADDRESS) and (part := path.removeprefix(ADDRESS)) in Address.model_fields:
        return str(getattr(order.ship_to, part))
    if path.startswith(CUSTOM) and (name := path.removeprefix(CUSTOM)):
        return order.custom_fields.get(name)
    if path == "deliver_by":
        return order.deliver_by.isoformat() if order.deliver_by else None
    if path in PLAIN:
        value: Value = getattr(order, path)
        return value
    if line := _line(order, path):
        return line.sku
    raise NotEditable(_why_not(order, path))


def plan_edits(
    order: Order,
    edits: Edits,
    wanted: Mapping[str, str],
    unwanted: Sequence[str],
    *,
    by: str,
    now: datetime,
    told: bool,
) -> Edits:
    """The corrections of the cart's order after a person set some fields and gave others back to the cart.

    `told`: the warehouse has the order, with what was corrected until now; then what is given back is a correction,
    too, so that nobody takes the difference for a change at the cart.
    """
    planned = {edit.path: edit for edit in lay_over(order, edits).kept}
    for path in unwanted:
        if path not in planned or not planned[path].changes:
            there = ", ".join(edit.path for edit in planned.values() if edit.changes)
            raise NotEditable(f"nobody has corrected {path}; corrected: {there or 'no field'}")
        planned[path] = planned[path].model_copy(update={"value": planned[path].said, "by": by, "at": now})
    for path, text in wanted.items():
        said = value_at(order, path)
        planned[path] = Edit(path=path, value=_read(order, path, text), said=said, by=by, at=now)
    return tuple(edit for edit in planned.values() if edit.changes or told)


def overtaken_problems(order: Order, edits: Iterable[Edit]) -> Iterator[Problem]:
    """The cart has changed what a person had corrected; one problem for each field."""
    for edit in edits:
        is_line = edit.path.startswith(LINE)
        yield Problem(
            Code.EDIT_OVERTAKEN,
            f"{order.number}/{edit.path}",
            f"Order {order.number}: the cart changed {edit.path} after {edit.by or 'a person'} had corrected it",
            detail=_both(edit, _said(order, edit.path)) if is_line or edit.path in SHOWN else "",
            action=f"The cart's word counts now. If it is wrong, `crossdock orders edit {order.number}` corrects it "
            "again; else resolve this.",
            order_external_id=order.external_id,
            cause="a line's SKU" if is_line else edit.path,
        )


def _both(edit: Edit, now: Value) -> str:
    return f"corrected to {shown(edit.value)}, now {shown(now)}"


def shown(value: Value) -> str:
    """A value as people read and write it."""
    return ", ".join(value) if isinstance(value, tuple) else value or "(none)"


def _said(order: Order, path: str) -> Value:
    """What the cart says of a field; None of a line that is gone."""
    try:
        return value_at(order, path)
    except NotEditable:
        return None


def _read(order: Order, path: str, text: str) -> Value:
    """What a person wrote, as the value of a field."""
    if path == "tags":
        return tuple(tag for part in text.split(",") if (tag := part.strip()))
    if path == "deliver_by":
        return _moment(text).isoformat()
    if path.startswith(LINE) and not text.strip():
        raise NotEditable(f"{path} needs a SKU: a line without one cannot be shipped")
    return text


def _moment(text: str) -> datetime:
    try:
        return _LATER.validate_python(text)
    except ValidationError:
        raise NotEditable(f"deliver_by is a moment such as 2024-03-05T17:00+01:00, and not '{text}'") from None


def _line(order: Order, path: str) -> OrderLine | None:
    """The line that a path such as `lines.10.sku` names."""
    is_one = path.startswith(LINE) and path.endswith(SKU)
    return order.line(_line_id(path)) if is_one else None


def _line_id(path: str) -> str:
    return path.removeprefix(LINE).removesuffix(SKU)


def _with_value(order: Order, path: str, value: Value) -> Order:
    if path.startswith(ADDRESS):
        address = order.ship_to.model_copy(update={path.removeprefix(ADDRESS): value or ""})
        return order.model_copy(update={"ship_to": address})
    if path.startswith(CUSTOM):
        name = path.removeprefix(CUSTOM)
        others = {key: text for key, text in order.custom_fields.items() if key != name}
        return order.model_copy(update={"custom_fields": others if value is None else {**others, name: value}})
    if path.startswith(LINE):
        changed: dict[str, Any] = {"sku": value}
        key = _line_id(path)
        lines = (one.model_copy(update=changed) if one.external_id == key else one for one in order.lines)
        return order.model_copy(update={"lines": tuple(lines)})
    if path == "deliver_by":
        return order.model_copy(update={path: datetime.fromisoformat(value) if isinstance(value, str) else None})
    return order.model_copy(update={path: value})


def _why_not(order: Order, path: str) -> str:
    if path.startswith(LINE) and path.endswith(SKU):
        lines = ", ".join(line.external_id for line in order.lines) or "none"
        return f"order {order.number} has no line '{_line_id(path)}'; its lines are: {lines}"
    if path.startswith(LINE) or path == "total":
        return (
            f"{path} is the cart's word: it would wait for units that never ship. `crossdock orders cancel` cancels "
            "units there; of a line, only its sku can be corrected"
        )
    can = ", ".join((*(ADDRESS + part for part in Address.model_fields), *PLAIN, f"{CUSTOM}NAME", f"{LINE}ID{SKU}"))
    return f"'{path}' cannot be corrected; what can be: {can}"
