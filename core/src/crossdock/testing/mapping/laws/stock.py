"""Laws of stock: what moves in the warehouse is what the cart is told, no piece more or less."""

from collections import Counter
from collections.abc import Mapping, Sequence

from crossdock.domain import MovementKind, StockMeaning
from crossdock.engine.listings import level_of
from crossdock.engine.movement_ports import MovementPlan, WaitingMovement
from crossdock.engine.netting import plan_movements
from crossdock.engine.positions import Position
from crossdock.testing.mapping.kinds import MOVES, SKU, Move
from crossdock.testing.mapping.law import mapping_law, same
from crossdock.testing.mapping.laws.areas import counting
from crossdock.testing.mapping.patterns import matches
from crossdock.testing.mapping.subject import MappingSubject


def _waiting(moves: Sequence[Move]) -> list[WaitingMovement]:
    return [
        WaitingMovement(
            id,
            one.sku,
            next(iter(MovementKind)),
            one.quantity,
            one.origin,
            one.destination,
            of_its_order=one.of_its_order,
        )
        for id, one in enumerate(moves, start=1)
    ]


@mapping_law("mapping.stock.conserved", MOVES)
def what_moves_is_what_is_told(subject: MappingSubject, moves: tuple[Move, ...]) -> None:
    """What the cart is told of movements adds up to what left and what came to the areas of each centre; a move within
    one centre is no news, one between two is told of both; under which name is what the aliases say.

    A difference that is told twice, or not at all, stays wrong until somebody counts the shelf.
    """
    plan = plan_movements(subject.name, _waiting(moves), subject.rules.areas, subject.rules.stock)
    told: Counter[tuple[str, str]] = Counter()
    for planned in plan.changes:
        for center in planned.change.centers:
            assert center.quantity, f"the cart is told of no change at centre {center.distribution_center}"
            told[planned.change.item.sku, center.distribution_center] += center.quantity
        same("the meaning", StockMeaning.DIFFERENCE, planned.change.meaning)
    expected = {} if subject.rules.stock.sets else _expected(subject, moves)
    for name, at in sorted({*told, *expected}):
        same(f"by how much '{name}' changes at centre '{at}'", expected.get((name, at), 0), told[name, at])


def _expected(subject: MappingSubject, moves: tuple[Move, ...]) -> Mapping[tuple[str, str], int]:
    rules, sums = subject.rules.stock, Counter[tuple[str, str]]()
    for one in moves:
        name = rules.aliases.name_of(one.sku)
        if one.of_its_order or name is None or _is_left_out(subject, one.sku) or not _is_mapped(subject, one):
            continue
        for area, sign in ((one.origin, -1), (one.destination, 1)):
            center = _center(subject, area)
            if center is not None:
                at = center if rules.combined_at is None else rules.combined_at
                sums[name, at] += sign * one.quantity
    return {place: number for place, number in sums.items() if number}


def _is_left_out(subject: MappingSubject, sku: str) -> bool:
    return any(matches(pattern, sku) for pattern in subject.rules.stock.leave_out)


def _is_mapped(subject: MappingSubject, one: Move) -> bool:
    ends = [area for area in (one.origin, one.destination) if area is not None]
    return all(counting(subject, area) or subject.rules.areas.everywhere is not None for area in ends)


def _center(subject: MappingSubject, area: str | None) -> str | None:
    if area is None:
        return None
    rule = counting(subject, area)
    return rule.center if rule else subject.rules.areas.everywhere


@mapping_law("mapping.stock.each_once", MOVES)
def every_movement_ends_once(subject: MappingSubject, moves: tuple[Move, ...]) -> None:
    """Every movement is told, told by the next level, of no effect, left out, nameless or waiting for its area, and
    only one of that; one that waits names an area that no rule knows.

    What ends twice is told twice.
    """
    waiting = _waiting(moves)
    plan = plan_movements(subject.name, waiting, subject.rules.areas, subject.rules.stock)
    ends = Counter(id for ids in _ends(plan).values() for id in ids)
    same("how often each movement ends", {moved.id: 1 for moved in waiting}, dict(sorted(ends.items())))
    for moved, one in zip(waiting, moves, strict=True):
        same(f"{one}: whether it is left out", _is_left_out(subject, one.sku), moved.id in plan.left_out)
        if moved.id in plan.unmapped:
            assert not _is_mapped(subject, one), f"{one} waits for its area, and every one has a rule"
    strange = {
        area for area in plan.unknown_areas if counting(subject, area) or subject.rules.areas.everywhere is not None
    }
    assert not strange, f"area '{min(strange, default='')}' is called unknown, and a rule names it"


def _ends(plan: MovementPlan) -> Mapping[str, Sequence[int]]:
    return {
        "told": [id for change in plan.changes for id in change.movements],
        "level": plan.by_level,
        "nothing": plan.nothing,
        "left out": [*plan.left_out],
        "nameless": [*plan.without_alias],
        "unmapped": plan.unmapped,
    }


@mapping_law("mapping.stock.levels", SKU)
def levels_keep_back_what_they_should(subject: MappingSubject, sku: str) -> None:
    """No level offers more than is free less the buffer, none is below zero where the cart sells what it is told, and
    none below the minimum is told as anything but zero.

    What is offered is sold; what is kept back by mistake is not.
    """
    rules = subject.rules.stock
    for on_hand, claimed in ((0, 0), (1, 0), (5, 2), (5, 5), (40, 1), (500, 3), (rules.buffer + rules.minimum, 0)):
        there = Position(on_hand=on_hand, allocated=claimed)
        level = level_of(there, rules)
        free = on_hand - claimed - rules.buffer
        if free <= 0 or free < rules.minimum:
            same(f"the level of {on_hand} pieces of which {claimed} are promised", 0, level)
        else:
            own = free if rules.meaning is StockMeaning.SELLABLE else on_hand - rules.buffer
            same(f"the level of {on_hand} pieces of which {claimed} are promised", own, level)
    same(f"whether '{sku}' is left out", _is_left_out(subject, sku), rules.leaves_out(sku))
