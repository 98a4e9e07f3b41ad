"""Netting: what movements in a warehouse change at the distribution centres of a cart; pure.

What left an area is taken from the centre where its stock counts, what came to one is added there. So a move inside a
centre changes nothing, one across two centres changes both in one step, and areas that are not for sale lie outside.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning
from crossdock.engine.movement_ports import MovementPlan, PlannedChange, WaitingMovement
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Areas

MOST_REASONS = 5
LEFT_OUT = "left out by `stock.leave_out`"


def plan_movements(
    pipeline: str, waiting: Sequence[WaitingMovement], areas: Areas, stock: StockRules | None = None
) -> MovementPlan:
    """Decide what becomes of each movement; of one SKU comes one change at most.

    Where the cart is told levels, it hears of movements by those.
    """
    rules = stock or StockRules()
    left_out = {moved.id: LEFT_OUT for moved in waiting if rules.leaves_out(moved.sku)}
    names = [moved for moved in waiting if moved.id not in left_out]
    without_alias = {moved.id: why for moved in names if (why := rules.aliases.why_unnamed(moved.sku))}
    told = [_as_told(moved, rules) for moved in names if moved.id not in without_alias]
    unmapped = {moved.id for moved in told if not _is_mapped(moved, areas)}
    effective = [moved for moved in told if moved.id not in unmapped and effect(moved, areas, rules.combined_at)]
    changes = () if rules.sets else _changes(pipeline, effective, areas, rules)
    by_level = tuple(moved.id for moved in effective) if rules.sets else ()
    planned = {id for change in changes for id in change.movements} | unmapped | {*by_level}
    touched = dict.fromkeys(area for moved in told if not moved.of_its_order for area in moved.areas)
    return MovementPlan(
        changes,
        by_level=by_level,
        nothing=tuple(moved.id for moved in told if moved.id not in planned),
        left_out=left_out,
        without_alias=without_alias,
        unmapped=tuple(sorted(unmapped)),
        known_areas=tuple(area for area in touched if areas.count(area)),
        unknown_areas=tuple(area for area in touched if not areas.count(area)),
    )


def effect(moved: WaitingMovement, areas: Areas, combined_at: str | None = None) -> Mapping[str, int]:
    """By how much a movement changes what each centre has for sale, or the one at which all stock is told together.

    What the cart's own buyers ordered is not for sale since the sale: to pick it, or to put it back, changes nothing.
    """
    if moved.of_its_order:
        return {}
    sums: Counter[str] = Counter()
    for area, quantity in ((moved.origin, -moved.quantity), (moved.destination, moved.quantity)):
        counted = areas.count(area) if area is not None else None
        if counted and counted.center is not None:
            sums[combined_at if combined_at is not None else counted.center] += quantity
    return {center: quantity for center, quantity in sums.items() if quantity}


def _as_told(moved: WaitingMovement, rules: StockRules) -> WaitingMovement:
    """A level of what lies there falls with every pick, whoever ordered it."""
    return replace(moved, of_its_order=False) if rules.sets and moved.of_its_order else moved


def _is_mapped(moved: WaitingMovement, areas: Areas) -> bool:
    return moved.of_its_order or all(areas.count(area) for area in moved.areas)


def _changes(
    pipeline: str, effective: Sequence[WaitingMovement], areas: Areas, rules: StockRules
) -> tuple[PlannedChange, ...]:
    of_sku: defaultdict[str, list[WaitingMovement]] = defaultdict(list)
    for moved in effective:
        of_sku[moved.sku].append(moved)
    netted = [_netted(pipeline, moved, areas, rules) for moved in of_sku.values()]
    return tuple(change for change in netted if change)


def _netted(pipeline: str, moved: Sequence[WaitingMovement], areas: Areas, rules: StockRules) -> PlannedChange | None:
    """The one change that these movements of a SKU add up to; None where they cancel out."""
    sums: Counter[str] = Counter()
    for one in moved:
        for center, quantity in effect(one, areas, rules.combined_at).items():
            sums[center] += quantity
    centers = tuple(CenterQuantity(distribution_center=at, quantity=sums[at]) for at in sorted(sums) if sums[at])
    sku, ids = moved[0].sku, tuple(sorted(one.id for one in moved))
    name = rules.aliases.name_of(sku)
    if not centers or name is None:
        return None
    change = StockChange(
        key=f"moved/{pipeline}/{sku}/{ids[-1]}",
        item=StockItem(sku=name),
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
