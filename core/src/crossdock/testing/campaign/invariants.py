"""What must hold of a campaign once everything is at rest: pure sentences over what all sides say."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crossdock.domain import FulfillmentRequest, Shipment, ShipmentConfirmation
from crossdock.engine.confirm_plan import units
from crossdock.engine.label_plan import first_key
from crossdock.engine.ledger import Kind, PromiseState
from crossdock.engine.ports import OrderState, ShipmentState
from crossdock.sandbox import EffectKind
from crossdock.testing.campaign.evidence import Evidence

STATES = (EffectKind.SALE, EffectKind.STOCK, EffectKind.PRODUCT)
"""Kinds of effects that are how things stand: to write them again changes nothing."""
MARKS = (*STATES, EffectKind.ACKNOWLEDGEMENT)
"""Kinds that may be written twice without harm: a mark is there or it is not."""
ENDED = (OrderState.SHIPPED, OrderState.CANCELLED)
REASONED = (OrderState.WAITING, OrderState.HELD, OrderState.SKIPPED, OrderState.UNREADABLE)
"""States in which an order says why it is not with a warehouse."""

Pieces = Counter[tuple[str, str]]
"""Pieces per (number of the request, line)."""


Check = Callable[[Evidence], Iterable[str]]


@dataclass(frozen=True)
class Invariant:
    """One thing that must hold: a stable id, a sentence, and the check that gives every place where it does not."""

    id: str
    sentence: str
    check: Check


@dataclass(frozen=True)
class Verdict:
    """What came of one invariant: how many places break it, and the first of them in words."""

    id: str
    sentence: str
    broken: int = 0
    findings: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken


INVARIANTS: dict[str, Invariant] = {}
MOST_FINDINGS = 20


def judge(evidence: Evidence) -> list[Verdict]:
    """Every invariant, in their order."""
    verdicts = []
    for one in INVARIANTS.values():
        found = [*one.check(evidence)]
        verdicts.append(Verdict(one.id, one.sentence, len(found), tuple(found[:MOST_FINDINGS])))
    return verdicts


def _invariant(id: str) -> Callable[[Check], Check]:
    """The docstring of a check is the sentence."""

    def keep(check: Check) -> Check:
        INVARIANTS[id] = Invariant(id, " ".join((check.__doc__ or "").split()), check)
        return check

    return keep


@_invariant("effects.once")
def _once(evidence: Evidence) -> Iterator[str]:
    """Nothing took effect twice in any system."""
    for connection, effects in evidence.effects.items():
        for one in effects:
            if one.kind not in MARKS and one.times > 1:
                yield f"{connection}: {one.kind} {one.key}{_of(one.of)} took effect {one.times} times"


@_invariant("orders.asked_once")
def _asked_once(evidence: Evidence) -> Iterator[str]:
    """A warehouse has at most one order for each thing that it was asked for."""
    for connection in evidence.warehouses:
        keys = Counter(one.of for one in evidence.of_kind(connection, EffectKind.ORDER) if one.of)
        yield from (f"{connection}: {key} is there {number} times" for key, number in keys.items() if number > 1)


@_invariant("orders.ours")
def _ours(evidence: Evidence) -> Iterator[str]:
    """Every order in a warehouse is one that was planned for it, of an order of the cart, with the units of that plan:
    bundles, aliases and lines left out count as the plan has them."""
    for connection in evidence.warehouses:
        planned = {one.key: one for one in evidence.promises(Kind.RELEASE, connection)}
        for effect in evidence.of_kind(connection, EffectKind.ORDER):
            promise = planned.get(effect.key)
            if promise is None or evidence.order(promise.order_id) is None:
                yield f"{connection}: order {effect.key} is there, and nothing here knows of it"
                continue
            request = FulfillmentRequest.model_validate_json(promise.document)
            if effect.of and effect.of != request.key:
                yield f"{connection}: order {effect.key} bears the key {effect.of}, the plan has {request.key}"
            if effect.units and dict(effect.units) != (asked := _asked_by_sku(request)):
                yield f"{connection}: order {effect.key} has {dict(effect.units)}, the plan asks for {asked}"


@_invariant("orders.there")
def _there(evidence: Evidence) -> Iterator[str]:
    """Every order that is called released is in its warehouse; none that is called refused is."""
    for connection in evidence.warehouses:
        there = {one.key for one in evidence.of_kind(connection, EffectKind.ORDER)}
        for promise in evidence.promises(Kind.RELEASE, connection):
            if promise.state == PromiseState.DONE and promise.key not in there:
                yield f"{connection}: order {promise.key} is called released, and is not there"
            if promise.state == PromiseState.REJECTED and promise.key in there:
                yield f"{connection}: order {promise.key} is there, and is called refused: {promise.error}"


@_invariant("orders.named")
def _named(evidence: Evidence) -> Iterator[str]:
    """Every order that is not with a warehouse says why: it waits, is held or was skipped for a reason, or a problem
    names it."""
    released = {
        one.order_id
        for one in evidence.books.promises
        if one.kind == Kind.RELEASE and one.state in (PromiseState.DONE, PromiseState.WITHDRAWN)
    }
    for order in evidence.books.orders.values():
        says = order.state in REASONED and (order.reason or order.state == OrderState.UNREADABLE)
        if order.id not in released and order.state not in ENDED and not says and not evidence.has_problem(order):
            yield f"order {order.number or order.external_id} is {order.state}, and nothing says why"


@_invariant("orders.taken")
def _taken(evidence: Evidence) -> Iterator[str]:
    """Every order that waits at a cart to be shipped is in the store, where no setting chooses among its orders."""
    for cart in evidence.carts:
        known = evidence.orders_at(cart)
        for effect in evidence.of_kind(cart, EffectKind.SALE):
            if cart not in evidence.choosy and effect.key not in known:
                yield f"{cart}: order {effect.key} waits to be shipped, and the store has never seen it"


@_invariant("orders.seen")
def _seen(evidence: Evidence) -> Iterator[str]:
    """Every order that a cart counts as taken by us is in the store."""
    for cart in evidence.carts:
        known = evidence.orders_at(cart)
        for effect in evidence.of_kind(cart, EffectKind.ACKNOWLEDGEMENT):
            if effect.key not in known:
                yield f"{cart}: order {effect.key} bears our mark, and the store has never seen it: it is lost"


@_invariant("orders.acknowledged")
def _acknowledged(evidence: Evidence) -> Iterator[str]:
    """Every order that is called acknowledged bears our mark at the cart."""
    for cart in evidence.carts:
        marked = {one.key for one in evidence.of_kind(cart, EffectKind.ACKNOWLEDGEMENT)}
        for promise in evidence.promises(Kind.ACKNOWLEDGE, cart):
            order = evidence.order(promise.order_id)
            if promise.state == PromiseState.DONE and order and order.external_id not in marked:
                yield f"{cart}: order {order.number} is called acknowledged, and bears no mark"


@_invariant("packages.heard")
def _heard(evidence: Evidence) -> Iterator[str]:
    """Every piece that a warehouse packed has reached the store, and none that it did not pack."""
    for connection in evidence.warehouses:
        there = _pieces_there(evidence, connection)
        if there is None:
            continue
        here = _pieces_here(evidence, connection)
        for number, line in sorted(here.keys() | there.keys()):
            if (known := here[number, line]) != (packed := there[number, line]):
                yield f"{connection}: order {number}, line {line}: {packed} packed, the store knows of {known}"


@_invariant("shipments.packed")
def _packed(evidence: Evidence) -> Iterator[str]:
    """The cart was told of no unit that was not packed for that order and line: whole units, whole bundles."""
    packed = _packed_units(evidence)
    for cart in evidence.carts:
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for effect in evidence.of_kind(cart, EffectKind.SHIPMENT):
            told[effect.of].update(effect.units)
        for order, lines in told.items():
            for line, number in lines.items():
                if number > (there := packed.get((cart, order), Counter())[line]):
                    where = f"{_called(evidence, cart, order)}, line {line}"
                    yield f"{where}: {there} packed, the cart was told of {number}"


@_invariant("shipments.told")
def _told(evidence: Evidence) -> Iterator[str]:
    """Every package that is called reported is known to the cart, with the same units; and the other way round."""
    for cart in evidence.carts:
        here = _told_by_us(evidence, cart)
        there: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for effect in evidence.of_kind(cart, EffectKind.SHIPMENT):
            there[effect.of, effect.key].update(effect.units)
        for order, tracking in sorted(here.keys() | there.keys()):
            ours, theirs = here.get((order, tracking)), there.get((order, tracking))
            if ours != theirs:
                package = f"{_called(evidence, cart, order)}, package {tracking or 'without a number'}"
                yield f"{package}: reported {_shown(ours)}, the cart has {_shown(theirs)}"


@_invariant("shipments.named")
def _packages_named(evidence: Evidence) -> Iterator[str]:
    """Every package that a warehouse told of is reported to the cart, adds nothing to it, or says why it waits."""
    for one in evidence.books.shipments:
        order = evidence.order(one.order_id)
        done = one.state in (ShipmentState.PLANNED, ShipmentState.VOIDED)
        named = one.reason or (order and evidence.has_problem(order, one.request_number, one.external_id))
        named = named or any(one.external_id in problem.subject for problem in evidence.books.problems)
        if not done and not named:
            package = f"{one.connection}: package {one.external_id} of {one.request_number}"
            yield f"{package} is {one.state}, and nothing says why"


@_invariant("labels.one")
def _one_label(evidence: Evidence) -> Iterator[str]:
    """At most one label is paid for a box, and each of them is one that is known here."""
    for provider in evidence.providers:
        known = {one.key for one in evidence.promises(Kind.LABEL, provider)}
        bought = [one for one in evidence.of_kind(provider, EffectKind.LABEL) if one.key]
        boxes = Counter(first_key(one.key) for one in bought)
        yield from (f"{provider}: box {box} has {number} labels" for box, number in boxes.items() if number > 1)
        yield from (
            f"{provider}: label {one.key} was bought, and nothing here knows it"
            for one in bought
            if one.key not in known
        )


@_invariant("doubt.settled")
def _settled(evidence: Evidence) -> Iterator[str]:
    """Nothing is in doubt once everything is at rest."""
    for one in evidence.books.promises:
        if one.state in (PromiseState.SENT, PromiseState.IN_DOUBT):
            yield f"{one.connection}: {one.kind} {one.key} is {one.state}: {one.error or 'no answer'}"


@_invariant("refusals.named")
def _refusals_named(evidence: Evidence) -> Iterator[str]:
    """Everything that was refused is a problem that somebody can find."""
    subjects = {one.subject for one in evidence.books.problems}
    for one in evidence.books.promises:
        order = evidence.order(one.order_id)
        named = one.key in subjects or (order and evidence.has_problem(order, one.key))
        if one.state == PromiseState.REJECTED and not named:
            yield f"{one.connection}: {one.kind} {one.key} was refused ({one.error}), and no problem says so"


@_invariant("work.at_rest")
def _at_rest(evidence: Evidence) -> Iterator[str]:
    """When the faults end, everything comes to rest."""
    yield from evidence.owed


@_invariant("runner.steady")
def _steady(evidence: Evidence) -> Iterator[str]:
    """crossdock ended by nothing but a kill."""
    yield from evidence.troubles


@_invariant("store.sound")
def _sound(evidence: Evidence) -> Iterator[str]:
    """The database is sound."""
    if evidence.books.unsound:
        yield evidence.books.unsound


def _packed_units(evidence: Evidence) -> Mapping[tuple[str, str], Counter[str]]:
    """Whole units by order line that the warehouses packed, by cart and its id of the order."""
    whole: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for connection in evidence.warehouses:
        there = _pieces_there(evidence, connection)
        picked = _pieces_here(evidence, connection) if there is None else there
        for promise in evidence.promises(Kind.RELEASE, connection):
            if order := evidence.order(promise.order_id):
                request = FulfillmentRequest.model_validate_json(promise.document)
                whole[order.connection, order.external_id].update(units(request, picked))
    return whole


def _pieces_there(evidence: Evidence, connection: str) -> Pieces | None:
    """What a warehouse packed by its own word; None if it tells of no package at all."""
    told = evidence.of_kind(connection, EffectKind.PACKAGE)
    numbers = {
        request.key: request.number
        for promise in evidence.promises(Kind.RELEASE, connection)
        if (request := FulfillmentRequest.model_validate_json(promise.document))
    }
    picked: Pieces = Counter()
    for one in told:
        for line, pieces in one.units.items():
            picked[numbers.get(one.of, one.of), line] += pieces
    return picked if told else None


def _pieces_here(evidence: Evidence, connection: str) -> Pieces:
    """What a warehouse packed as the store has it, without what it took back."""
    picked: Pieces = Counter()
    for one in evidence.books.shipments:
        if one.connection == connection and one.state != ShipmentState.VOIDED:
            for line in Shipment.model_validate_json(one.document).package.lines:
                picked[one.request_number, line.line_id] += line.quantity
    return picked


def _told_by_us(evidence: Evidence, cart: str) -> Mapping[tuple[str, str], Counter[str]]:
    """What is called reported, by the cart's id of the order and the tracking number."""
    told: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for promise in evidence.promises(Kind.CONFIRM, cart):
        if promise.state == PromiseState.DONE:
            one = ShipmentConfirmation.model_validate_json(promise.document)
            lines = {line.order_line_id: line.quantity for line in one.lines}
            told[one.order_external_id, one.tracking_number].update(lines)
    return told


def _asked_by_sku(request: FulfillmentRequest) -> dict[str, int]:
    asked: Counter[str] = Counter()
    for line in request.lines:
        asked[line.sku] += line.quantity
    return dict(asked)


def _called(evidence: Evidence, cart: str, external_id: str) -> str:
    order = evidence.orders_at(cart).get(external_id)
    return f"{cart}: order {order.number if order else external_id}"


def _shown(units: Counter[str] | None) -> str:
    return ", ".join(f"{number} of line {line}" for line, number in sorted(units.items())) if units else "nothing"


def _of(of: str) -> str:
    return f" of {of}" if of else ""
