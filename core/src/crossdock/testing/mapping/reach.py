"""Which rules of a config the things that are tried reach."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from crossdock.domain import Order
from crossdock.engine.holding import hold_of
from crossdock.engine.ports import StoredOrder
from crossdock.engine.request_fields import fields_of
from crossdock.mapping import Asked, Direction, objection_to
from crossdock.testing.mapping.kinds import AREA, HAPPENING, ORDER, SKU, WAY, Happening, Kind, Way
from crossdock.testing.mapping.laws.areas import counting
from crossdock.testing.mapping.laws.release import requests_of
from crossdock.testing.mapping.laws.ship_methods import answering
from crossdock.testing.mapping.orders import NOON
from crossdock.testing.mapping.patterns import is_wild, matches
from crossdock.testing.mapping.subject import MappingSubject
from crossdock.testing.mapping.trial import Trial

Reached = Iterator[str]
Of = Callable[[MappingSubject, Any], Reached]


def reach(trial: Trial) -> Mapping[str, int]:
    """By rule, how many of the things that are tried reach it."""
    found = Counter[str]()
    for kind, of in _OF.values():
        for one in trial.tried(kind):
            found.update({*of(trial.subject, one)})
    return found


def _of_way(subject: MappingSubject, way: Way) -> Reached:
    methods = subject.rules.ship_methods[way.direction]
    rule = answering(methods, way.asked)
    if rule in methods.rules:
        yield f"ship_methods.{way.direction} {methods.rules.index(rule) + 1}"


def _of_area(subject: MappingSubject, area: str) -> Reached:
    if (rule := counting(subject, area)) is not None:
        yield f"areas {subject.rules.areas.rules.index(rule) + 1}"


def _of_event(subject: MappingSubject, it: Happening) -> Reached:
    rules = subject.rules.status_events.rules
    own = [rule for rule in rules if rule.event is it.event and matches(rule.site, it.site)]
    for rule in sorted(own, key=lambda one: is_wild(one.site))[:1]:
        yield f"status_events {rules.index(rule) + 1}"


def _of_sku(subject: MappingSubject, sku: str) -> Reached:
    rules = subject.rules
    if sku in rules.stock.aliases.of:
        yield f"alias of {sku}"
    for place, pattern in enumerate(rules.stock.leave_out, start=1):
        if matches(pattern, sku):
            yield f"stock.leave_out {place}"


def _of_order(subject: MappingSubject, order: Order) -> Reached:
    rules = subject.rules
    for key, filters in (("order_filters", rules.order_filters), ("item_filters", rules.item_filters)):
        for place, one in enumerate(filters, start=1):
            documents = (order,) if key == "order_filters" else order.lines
            if any(objection_to(document, [one]) for document in documents):
                yield f"{key} {place}"
    yield from (f"bundle {line.sku}" for line in order.lines if line.sku in rules.bundles and not line.components)
    yield from (
        f"fields.{field.target}" for field in fields_of(order, rules.fields).fields if field.texts or field.flaw
    )
    yield from _of_way(subject, Way(Direction.INBOUND, order.requested_carrier, order.requested_service, order.site))
    yield from _of_holds(subject, order)
    for request in requests_of(subject, order):
        asked = Asked(request.carrier, request.service_level, order.site)
        yield from _of_way(subject, Way(Direction.OUTBOUND, asked.carrier, asked.service, asked.site))


def _of_holds(subject: MappingSubject, order: Order) -> Reached:
    """Each rule alone: the first one that holds an order hides the others."""
    from crossdock.engine.holding import HoldRules

    holds, stored = subject.rules.holds, StoredOrder(1, order.external_id, order, NOON)
    for key in ("required_fields", "tags", "flags", "review_when"):
        for place, one in enumerate(getattr(holds, key), start=1):
            alone: dict[str, Any] = {key: (one,)}
            if hold_of(stored, HoldRules(**alone), NOON):
                yield f"holds.{key} {place}"
    yield from (["holds.review"] if holds.review_all else [])
    yield from (["holds.window"] if holds.window else [])


_OF: Mapping[str, tuple[Kind[Any], Of]] = MappingProxyType(
    {
        "way": (WAY, _of_way),
        "area": (AREA, _of_area),
        "event": (HAPPENING, _of_event),
        "sku": (SKU, _of_sku),
        "order": (ORDER, _of_order),
    }
)
