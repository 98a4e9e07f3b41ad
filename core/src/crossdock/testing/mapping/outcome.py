"""What comes of something by the rules, in words: what an example may expect."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from crossdock.domain import Order
from crossdock.engine.judge import judge
from crossdock.engine.ports import OrderState, StoredOrder
from crossdock.engine.release_plan import plan_now, plan_release
from crossdock.engine.request_fields import values_of
from crossdock.testing.mapping.kinds import AREA, HAPPENING, ORDER, SKU, WAY, Happening, Way
from crossdock.testing.mapping.orders import NOON
from crossdock.testing.mapping.subject import MappingSubject

Outcome = Mapping[str, str]


def outcome(subject: MappingSubject, kind: str, given: Any) -> Outcome:
    """What comes of it, by name; nothing for kinds of which nothing is expected."""
    told = _TOLD.get(kind)
    return told(subject, given) if told else {}


def outcome_of(subject: MappingSubject, order: Order) -> Outcome:
    """What becomes of an order: its state, and what each centre is asked, at once or when it is let go."""
    verdict = judge(order, subject.rules)
    if verdict.state is not OrderState.READY:
        return {"state": verdict.state.value, "reason": verdict.reason}
    stored = StoredOrder(1, order.external_id, order, NOON)
    plan = plan_now(stored, subject.rules, NOON).plan
    told = {"state": "released"} if plan.requests else {"state": plan.state.value, "reason": plan.reason}
    for request in plan_release(replace(stored, approved=True), subject.rules).plan.requests:
        pieces = Counter[str]()
        for line in request.lines:
            pieces[line.sku] += line.quantity
        center = f"centre {request.distribution_center}".strip()
        told[f"{center}: ship method"] = f"{request.carrier} / {request.service_level}"
        told[f"{center}: pieces"] = ", ".join(f"{number} of {sku}" for sku, number in sorted(pieces.items()))
        told |= {f"{center}: {target}": text for target, text in values_of(request).items()}
    return told


def _of_way(subject: MappingSubject, way: Way) -> Outcome:
    chosen = subject.rules.ship_methods[way.direction].choose(way.asked)
    return {"to": str(chosen.method) if chosen else "held"}


def _of_area(subject: MappingSubject, area: str) -> Outcome:
    counted = subject.rules.areas.count(area)
    if counted is None:
        return {"counts": "nowhere: unmapped"}
    return {"counts": "not for sale" if counted.center is None else f"at centre {counted.center}"}


def _of_event(subject: MappingSubject, it: Happening) -> Outcome:
    return {"cart": "is told" if subject.rules.status_events.tells(it.event, it.site) else "is not told"}


def _of_sku(subject: MappingSubject, sku: str) -> Outcome:
    parts = subject.rules.bundles.get(sku, ())
    made = {"made of": ", ".join(f"{part.quantity} of {part.sku}" for part in parts)} if parts else {}
    told = "nothing" if subject.rules.stock.leaves_out(sku) else subject.rules.stock.aliases.name_of(sku) or "no name"
    return {"at the cart": told, **made}


_TOLD: Mapping[str, Callable[[MappingSubject, Any], Outcome]] = MappingProxyType(
    {WAY.name: _of_way, AREA.name: _of_area, HAPPENING.name: _of_event, ORDER.name: outcome_of, SKU.name: _of_sku}
)
