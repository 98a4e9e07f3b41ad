"""Laws of what the warehouse is asked: pieces, keys, money and the way are those of the order."""

from collections import Counter
from collections.abc import Iterator

from crossdock.domain import AdjustmentKind, FulfillmentRequest, Order, OrderLine
from crossdock.engine.bundles import by_table
from crossdock.engine.ports import StoredOrder
from crossdock.engine.release_plan import plan_release
from crossdock.mapping import Asked, Direction, document_of, search, take_lines
from crossdock.testing.mapping.kinds import ORDER, SKU
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.laws.ship_methods import answering, called
from crossdock.testing.mapping.oracle import taken_lines
from crossdock.testing.mapping.subject import MappingSubject

Pieces = Counter[tuple[str, str]]


def requests_of(subject: MappingSubject, order: Order) -> tuple[FulfillmentRequest, ...]:
    """What the warehouses are asked for an order that a person let go; nothing if it is held."""
    return plan_release(StoredOrder(1, order.external_id, order, approved=True), subject.rules).plan.requests


@mapping_law("mapping.release.quantities", ORDER)
def no_piece_is_lost_or_invented(subject: MappingSubject, order: Order) -> None:
    """The centres that are ours are asked for just the pieces that are to leave from them: what was ordered less what
    was cancelled, what has left and what filters leave out; of a bundle, each part so many times.

    One piece too few is a complaint, one too many is a gift.
    """
    requests = requests_of(subject, order)
    if not requests:
        return
    asked: Pieces = Counter()
    for request in requests:
        for line in request.lines:
            asked[request.distribution_center, line.sku] += line.quantity
    expected = _expected(subject, order)
    for center, sku in sorted({*asked, *expected}):
        same(f"pieces of '{sku}' from centre '{center}'", expected[center, sku], asked[center, sku])


def _expected(subject: MappingSubject, order: Order) -> Pieces:
    pieces: Pieces = Counter()
    for line in taken_lines(order, subject.rules.item_filters):
        for center, units in _units(subject, order, line):
            for sku, number in _made_of(subject, line):
                pieces[center, sku] += units * number
    return +pieces


def _units(subject: MappingSubject, order: Order, line: OrderLine) -> Iterator[tuple[str, int]]:
    rules = subject.rules
    if not order.allocations:
        own = [one for one in order.adjustments if one.line_id == line.external_id and not one.refused]
        gone = [one.quantity for one in own if one.kind is AdjustmentKind.CANCELLATION]
        left = line.quantity - sum(line.quantity if one is None else one for one in gone)
        only = [*rules.distribution_centers, ""][0] if len(rules.distribution_centers) < 2 else ""
        yield rules.default_distribution_center or only, max(left, 0)
    for part in order.allocations:
        ours = not rules.distribution_centers or part.distribution_center in rules.distribution_centers
        if part.line_id == line.external_id and ours and not part.shipped:
            yield part.distribution_center, part.quantity


def _made_of(subject: MappingSubject, line: OrderLine) -> list[tuple[str, int]]:
    parts = line.components or subject.rules.bundles.get(line.sku, ())
    return [(part.sku, part.quantity) for part in parts] or [(line.sku, 1)]


@mapping_law("mapping.release.keys", ORDER)
def keys_stay_what_they_are(subject: MappingSubject, order: Order) -> None:
    """The key of each request is made of pipeline, order and centre alone, is nobody else's, and stays when everything
    else about the order changes; so do the keys of its lines.

    A request that gets another key after a crash is shipped a second time.
    """
    requests = requests_of(subject, order)
    keys = {request.distribution_center: request.key for request in requests}
    same("requests with a key of their own", len(requests), len({*keys.values()}))
    same("requests with a number of their own", len(requests), len({request.number for request in requests}))
    for center, key in keys.items():
        same("the key", f"{subject.name}:{order.external_id}:{center}", key)
    for request in requests:
        ids = [line.id for line in request.lines]
        same("lines with a key of their own", len(ids), len({*ids}))
        same("the order's number", order.number, request.order_number)
    other = order.model_copy(update={"notes": "~", "placed_at": order.updated_at or order.placed_at})
    again = requests_of(subject, other.model_copy(update={"allocations": tuple(reversed(order.allocations))}))
    for request in again:
        if request.distribution_center in keys:
            same("the key after a change", keys[request.distribution_center], request.key)
            before = next(one for one in requests if one.distribution_center == request.distribution_center)
            same("the keys of its lines", [line.id for line in before.lines], [line.id for line in request.lines])


@mapping_law("mapping.release.money", ORDER)
def money_stays_exact(subject: MappingSubject, order: Order) -> None:
    """Amounts are those of the cart to the last digit, in an order without some lines, in one whose bundles were taken
    apart, and as expressions see them.

    A cent that is rounded off is found by the accountant at the end of the year.
    """
    taken = by_table(take_lines(order, subject.rules.item_filters).order, subject.rules.bundles)
    same("the total", order.total, taken.total)
    prices = {line.external_id: line.unit_price for line in order.lines}
    same(
        "prices",
        {line.external_id: prices[line.external_id] for line in taken.lines},
        {line.external_id: line.unit_price for line in taken.lines},
    )
    if order.total is not None:
        seen = search("total.amount", document_of(order)).value
        same("the total as expressions see it", str(order.total.amount), seen)


@mapping_law("mapping.release.way", ORDER)
def orders_go_the_way_that_was_chosen(subject: MappingSubject, order: Order) -> None:
    """Every request travels by the method that the rule for its order gives, from the area that picks for its centre,
    to the address of the order; what no field rule makes goes as the cart gave it.

    What was mapped right and sent wrong is the hardest to find.
    """
    asked = Asked(order.requested_carrier, order.requested_service, order.site)
    methods = subject.rules.inbound
    rule = answering(methods, asked)
    ruled = {one.target for one in subject.rules.fields.rules}
    for request in requests_of(subject, order):
        if rule is not None:
            sent = f"{request.carrier} / {request.service_level}"
            same(called(methods, rule, Direction.INBOUND), str(rule.to), sent)
        same("the address", order.ship_to, request.ship_to)
        same("the site", order.site, request.site)
        center = subject.rules.distribution_centers.get(request.distribution_center)
        if "area" not in ruled:
            same(f"the area of centre '{request.distribution_center}'", center.area if center else "", request.area)
        for name in ("notes", "tags"):
            if name not in ruled:
                same(name, getattr(order, name), getattr(request, name))
        plain = {name: text for name, text in order.custom_fields.items() if f"custom_fields.{name}" not in ruled}
        same("custom fields without a rule", plain, {name: request.custom_fields.get(name) for name in plain})


def _bundles(subject: MappingSubject) -> Iterator[str]:
    return (sku for sku in subject.words.skus if sku in subject.words.bundled)


@mapping_law("mapping.bundles.whole", SKU, judges=True, cases=_bundles)
def bundles_can_be_taken_apart(subject: MappingSubject, sku: str) -> None:
    """Every bundle that the table names is asked for part by part, and no part is a bundle itself.

    A warehouse that is asked for a bundle that it does not know holds the order, or ships an empty box.
    """
    parts = subject.rules.bundles.get(sku, ())
    assert parts, f"bundle '{sku}' has no parts: the warehouse would be asked for '{sku}' itself"
    inner = [part.sku for part in parts if part.sku in subject.rules.bundles]
    assert not inner, f"bundle '{sku}' holds the bundle '{inner[0]}': such orders are held"
