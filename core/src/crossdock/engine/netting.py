"""Netting: what movements in a warehouse change at the distribution centres of a cart; pure.

What left an area is taken from the centre where its stock counts, what came to one is added there. So a move inside a
centre changes nothing, one across two centres changes both in one step, and areas that are not for sale lie outside.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.movement_ports import MovementPlan, PlannedChange, WaitingMovement
from crossdock.mapping import Areas

MOST_REASONS = 5


def plan_movements(pipeline: str, waiting: Sequence[WaitingMovement], areas: Areas) -> MovementPlan:
    """Decide what becomes of each movement; of one SKU comes one change at most."""
    unmapped = {moved.id for moved in waiting if not _is_mapped(moved, areas)}
    effective: defaultdict[str, list[WaitingMovement]] = defaultdict(list)
    for moved in waiting:
        if moved.id not in unmapped and effect(moved, areas):
            effective[moved.sku].append(moved)
    netted = [_netted(pipeline, moved, areas) for moved in effective.values()]
    changes = tuple(planned for planned in netted if planned)
    told = {id for planned in changes for id in planned.movements}
    touched = dict.fromkeys(area for moved in waiting if not moved.of_its_order for area in moved.areas)
    return MovementPlan(
        changes,
        nothing=tuple(moved.id for moved in waiting if moved.id not in told | unmapped),
        unmapped=tuple(sorted(unmapped)),
        known_areas=tuple(area for area in touched if areas.count(area)),
        unknown_areas=tuple(area for area in touched if not areas.count(area)),
    )


def effect(moved: WaitingMovement, areas: Areas) -> Mapping[str, int]:
    """By how much a movement changes what each centre has for sale.

    What the cart's own buyers ordered is not for sale since the sale: to pick it, or to put it back, changes nothing.
    """
    if moved.of_its_order:
        return {}
    sums: Counter[str] = Counter()
    for area, quantity in ((moved.origin, -moved.quantity), (moved.destination, moved.quantity)):
        counted = areas.count(area) if area is not None else None
        if counted and counted.center is not None:
            sums[counted.center] += quantity
    return {center: quantity for center, quantity in sums.items() if quantity}


def _is_mapped(moved: WaitingMovement, areas: Areas) -> bool:
    return moved.of_its_order or all(areas.count(area) for area in moved.areas)


def _netted(pipeline: str, moved: Sequence[WaitingMovement], areas: Areas) -> PlannedChange | None:
    """The one change that these movements of a SKU add up to; None where they cancel out."""
    sums: Counter[str] = Counter()
    for one in moved:
        for center, quantity in effect(one, areas).items():
            sums[center] += quantity
    centers = tuple(CenterQuantity(distribution_center=at, quantity=sums[at]) for at in sorted(sums) if sums[at])
    if not centers:
        return None
    ids = tuple(sorted(one.id for one in moved))
    change = StockChange(
        key=f"moved/{pipeline}/{moved[0].sku}/{ids[-1]}",
        item=StockItem(sku=moved[0].sku),
        meaning=StockMeaning.DIFFERENCE,
        centers=centers,
        reason=_reason(moved),
    )
    return PlannedChange(change, ids)


def _reason(moved: Sequence[WaitingMovement]) -> str:
    """The reason that all share, else how many had which, the most frequent first."""
    reasons = Counter(one.reason or one.kind.value for one in moved)
    if len(reasons) == 1:
        return next(iter(reasons))
    frequent = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    others = sum(number for _, number in frequent[MOST_REASONS:])
    listed = [f"{number} {reason}" for reason, number in frequent[:MOST_REASONS]]
    return ", ".join([*listed, f"{others} others"] if others else listed)
