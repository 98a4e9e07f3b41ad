"""Claims: which pieces of a warehouse's stock orders wait for; pure.

A claim is what was ordered, less what was cancelled, less what was picked before the stock was counted, never below
nothing. What was picked later lay there when it was counted, so that it stays claimed, whatever became of its order.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from crossdock.domain import AdjustmentKind, FulfillmentRequest, Order, OrderLine, RecordedAdjustment, RequestLine
from crossdock.engine.claim_ports import AskedPart, ClaimingOrder
from crossdock.engine.confirm_plan import asked_units, units
from crossdock.engine.release_plan import NONE_KNOWN, KnownBundles, lines_wanted
from crossdock.engine.rules import PipelineRules


@dataclass(frozen=True)
class Sharer:
    """A pipeline whose orders are shipped from the stock that another pipeline tells its cart of.

    `centers`: at which centres of that cart pieces are missing that leave from one of its own: one, or none because
    they lie elsewhere. `anywhere`: where they are missing when nobody says which centre ships them; with several, at
    each of them, so that nothing is sold twice. `warehouses` are the connections that ship from that stock, `catalogue`
    is the one that its products are read from.
    """

    rules: PipelineRules
    warehouses: Collection[str] = ()
    centers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anywhere: tuple[str, ...] = ()
    catalogue: str = ""

    @property
    def claims(self) -> bool:
        """Whether its orders take anything from that stock at all."""
        return bool(self.anywhere) or any(self.centers.values())

    def places(self, center: str) -> tuple[str, ...]:
        """The centres of the cart at which pieces are missing that leave from a centre of this pipeline."""
        return self.centers.get(center, self.anywhere)


@dataclass(frozen=True, slots=True)
class Claim:
    """So many pieces of one SKU (as the order names it), missing at each of these centres.

    `there`: the warehouse knew of it when it counted; `doubtful`: it may have. `kept`: the cart that sold them keeps
    them for its buyer by itself, as it does with what it names in the order.
    """

    sku: str
    centers: tuple[str, ...]
    pieces: int
    there: bool
    kept: bool = True
    doubtful: bool = False


def claims_of(found: ClaimingOrder, sharer: Sharer, known: KnownBundles = NONE_KNOWN) -> Iterator[Claim]:
    """What one order claims; `known` are the bundles that the warehouses know."""
    left = Counter(found.cancelled)
    for part in sorted(found.parts, key=lambda part: part.there):  # what is cancelled comes off what is not there first
        if part.refused and not found.released:
            continue  # it is planned anew
        gone = _cancelled(found, part.request, left)
        for line in part.request.lines if (places := _places(part, sharer)) else ():
            if pieces := _claimed(found, part.request, line, gone):
                yield Claim(line.sku, places, pieces, part.there, _is_kept(found, line), part.doubtful)
    yield from _not_asked_yet(found, sharer, known)


def untold(found: ClaimingOrder, sharer: Sharer) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """By SKU, the pieces at these centres that had been picked when stock was counted, and that the cart still counts.

    Less than nothing where it was told of more than had been picked then.
    """
    for part in found.parts:
        request = part.request
        for line in request.lines if (places := _places(part, sharer)) else ():
            picked = min(found.picked[request.number, line.id], line.quantity)
            told = found.told.get((request.distribution_center, line.order_line_id), 0) * _per_unit(line)
            pieces = picked - told if found.waits else min(picked - told, 0)  # of an order that is over it counts none
            if pieces and _is_kept(found, line):
                yield line.sku, places, pieces


def _places(part: AskedPart, sharer: Sharer) -> tuple[str, ...]:
    return sharer.places(part.request.distribution_center) if part.connection in sharer.warehouses else ()


def _cancelled(found: ClaimingOrder, request: FulfillmentRequest, left: Counter[str]) -> Mapping[str, int]:
    """Units by order line that are cancelled of a request; they are taken off `left`."""
    made = units(request, found.picked + found.picked_since)
    gone: dict[str, int] = {}
    for line_id, asked in asked_units(request).items():
        gone[line_id] = min(left[line_id], asked - made[line_id])
        left[line_id] -= gone[line_id]
    return gone


def _claimed(found: ClaimingOrder, request: FulfillmentRequest, line: RequestLine, gone: Mapping[str, int]) -> int:
    """The pieces of a request line that were not picked when stock was counted."""
    key = request.number, line.id
    waiting = line.quantity - gone[line.order_line_id] * _per_unit(line) - found.picked[key] if found.waits else 0
    return max(waiting, min(found.picked_since[key], line.quantity), 0)


def _per_unit(line: RequestLine) -> int:
    return line.bundle.per_bundle if line.bundle else 1


def _is_kept(found: ClaimingOrder, line: RequestLine) -> bool:
    """Whether the cart names what a request line asks for: its line, or a part that it takes it apart into."""
    sold = found.order.line(line.order_line_id) if found.order else None
    return sold is None or line.sku == sold.sku or any(part.sku == line.sku for part in sold.components)


def _not_asked_yet(found: ClaimingOrder, sharer: Sharer, known: KnownBundles) -> Iterator[Claim]:
    """What no warehouse was asked for yet, as it would be planned now, whatever keeps it here."""
    if found.released or not found.waits or found.order is None:
        return
    asked = {part.request.distribution_center for part in found.parts if not part.refused}
    for center, lines in lines_wanted(found.order, sharer.rules, known).items():
        places = () if center in asked else sharer.places(center)
        for line in lines if places else ():
            yield Claim(line.sku, places, line.quantity, there=False, kept=_is_kept(found, line))


def units_waiting(found: ClaimingOrder) -> Iterator[tuple[str, int]]:
    """By the cart's own SKUs, the units of one order that the cart keeps for its buyer: all that it was not told of.

    Of a line that the cart itself takes apart, it keeps the parts.
    """
    if found.order is None or not found.waits:
        return
    for line, waiting in _waiting(found.order, found):
        yield line.sku, waiting
        yield from ((part.sku, waiting * part.quantity) for part in line.components)


def _waiting(order: Order, found: ClaimingOrder) -> Iterator[tuple[OrderLine, int]]:
    gone = Counter(found.cancelled)
    for (_, line_id), units_told in found.told.items():
        gone[line_id] += units_told
    gone.update(recorded_cancellations(order))
    for part in order.allocations:
        gone[part.line_id] += part.quantity if part.shipped else 0
    waiting = ((line, line.quantity - gone[line.external_id]) for line in order.lines)
    yield from ((line, units) for line, units in waiting if units > 0)


def recorded_cancellations(order: Order) -> Mapping[str, int]:
    """Units by order line of which the cart shows that they were cancelled, as far as nobody has refused it."""
    shown = [one for one in order.adjustments if one.kind is AdjustmentKind.CANCELLATION and not one.refused]
    if not shown:
        return {}
    return {line.external_id: min(_units_cancelled(line, shown), line.quantity) for line in order.lines}


def _units_cancelled(line: OrderLine, shown: Collection[RecordedAdjustment]) -> int:
    """The units of a line that these cancel: 0 are none, and no quantity means all of them."""
    of_line = (one.quantity for one in shown if one.line_id in ("", line.external_id))
    return sum(line.quantity if quantity is None else quantity for quantity in of_line)
