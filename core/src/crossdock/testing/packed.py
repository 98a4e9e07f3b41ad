"""What a warehouse tells of its work, put beside what its people really did."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from crossdock.domain import FulfillmentRequest, Shipment, ShipmentReversal, ShipmentStage, Shortage, is_called
from crossdock.hooks.features import AcknowledgesRecords
from crossdock.hooks.records import Record
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.sandbox import Effect, EffectKind
from crossdock.testing.requests import a_line, a_request
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.walking import Acknowledge, Walk, walk

Box = tuple[frozenset[tuple[str, int]], str]
"""A package as both sides tell it: its pieces by the line's id, and its tracking number."""


def acknowledging(role: object) -> Acknowledge | None:
    """How records of this role are acknowledged, where they are."""
    return role.acknowledge_records if isinstance(role, AcknowledgesRecords) else None


async def told_by(target: FulfillmentTarget, cursor: str | None = None, *, patience: int = 0) -> Walk:
    """All that a warehouse has to tell, taken in as the engine does."""
    return await walk(target.fetch_shipments, cursor, acknowledge=acknowledging(target), patience=patience)


async def submit(stage: Stage, connection: Connected, *numbers: str) -> list[FulfillmentRequest]:
    """Submit an order of three lines for each number, so that people have something to do."""
    target, skus = connection.role(FulfillmentTarget), stage.rehearsal.skus
    lines = [a_line("1", skus[0], 4), a_line("2", skus[1], 3), a_line("3", skus[0], 2)]
    requests = [a_request(stage.rehearsal, number, lines=lines) for number in numbers]
    for request in requests:
        await target.submit_order(request)
    return requests


async def work_a_while(stage: Stage, seeds: Iterable[int] = range(1, 5)) -> list[Effect]:
    """People work for several shifts; gives every package of orders that are ours."""
    for seed in seeds:
        await stage.work(seed)
    return await packages(stage)


async def packages(stage: Stage) -> list[Effect]:
    """Every package that stands, of orders that bear a key."""
    return [box for box in await stage.effects(EffectKind.PACKAGE) if box.of]


def shipments_in(target: FulfillmentTarget, records: Iterable[Record]) -> list[Shipment]:
    """The shipments that these records tell, each fact once, without those that were taken back."""
    facts = [target.read_shipment(record) for record in records]
    shipments = {fact.external_id: fact for fact in facts if isinstance(fact, Shipment)}
    reversals = [fact for fact in facts if isinstance(fact, ShipmentReversal)]
    return [one for one in shipments.values() if not is_taken_back(one, one.shipped_at, reversals)]


def is_taken_back(fact: Shipment | Shortage, at: datetime, reversals: Iterable[ShipmentReversal]) -> bool:
    """Whether one of these reversals is about a fact of that moment."""
    return any(
        back.request_number == fact.request_number
        and at < back.reversed_at
        and (not back.shipments or any(is_called(fact.external_id, name) for name in back.shipments))
        for back in reversals
    )


def require_told(requests: Sequence[FulfillmentRequest], shipments: Sequence[Shipment], truth: list[Effect]) -> None:
    """What is told is what was packed: box by box, or, of work told before it is packed, piece by piece."""
    for request in requests:
        mine = [one for one in shipments if one.request_number == request.number]
        packed = [box for box in truth if box.of == request.key]
        told = _pieces(_by_line(one) for one in mine)
        really = _pieces(box.units for box in packed)
        assert told == really, (
            f"of order {request.number} people packed {really} by line, told was {told} in {len(mine)} packages"
        )
        if all(one.stage is not ShipmentStage.PICKED for one in mine):
            boxes, real = Counter(map(_told_box, mine)), Counter(map(_real_box, packed))
            assert boxes == real, (
                f"order {request.number} left in the boxes {_shown(real)}, told were {_shown(boxes)}: boxes must not "
                f"be merged, divided or given another's tracking number{_untold(packed)}"
            )


def _untold(packed: list[Effect]) -> str:
    if any("tracking_number" in box.texts for box in packed):
        return ""
    return '. Your simulator tells no tracking number of a PACKAGE: give the effect `texts={"tracking_number": …}`'


def _by_line(shipment: Shipment) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in shipment.package.lines:
        pieces[line.line_id] += line.quantity
    return pieces


def _pieces(parts: Iterable[Any]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _told_box(shipment: Shipment) -> Box:
    return frozenset(_by_line(shipment).items()), shipment.package.tracking_number


def _real_box(box: Effect) -> Box:
    return frozenset(box.units.items()), box.texts.get("tracking_number", "")


def _shown(boxes: Counter[Box]) -> list[tuple[dict[str, int], str]]:
    return [(dict(sorted(pieces)), tracking) for pieces, tracking in sorted(boxes.elements(), key=repr)]
