"""Netting: what the cart is told is the sum of what moved, in whatever order and in how many steps it was told."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import MovementKind, StockMeaning
from crossdock.engine.movement_ports import MovementPlan, WaitingMovement
from crossdock.engine.netting import effect, plan_movements
from crossdock.engine.stock_rules import StockRules
from crossdock.mapping import Aliases, AreaRule, Areas

ROUNDS = settings(deadline=None, print_blob=True)
AREAS = Areas((AreaRule("Q", None), AreaRule("MAIN", "0"), AreaRule("BULK*", "0"), AreaRule("W", "-2")))
CENTER = {"MAIN": "0", "BULK-1": "0", "W": "-2"}
NAMES = (None, "MAIN", "BULK-1", "W", "Q", "DOCK", "")

drafts = st.builds(
    WaitingMovement,
    id=st.just(0),
    sku=st.sampled_from("AB"),
    kind=st.sampled_from(MovementKind),
    quantity=st.integers(1, 9),
    origin=st.sampled_from(NAMES),
    destination=st.sampled_from(NAMES),
    reason=st.sampled_from(("", "DMG", "CYCLE", "FOUND")),
    of_its_order=st.booleans(),
)


@st.composite
def histories(draw: st.DrawFn) -> list[WaitingMovement]:
    """Movements in rows of their own."""
    return [_in_row(number, one) for number, one in enumerate(draw(st.lists(drafts, max_size=12)), start=1)]


def _in_row(number: int, one: WaitingMovement) -> WaitingMovement:
    return WaitingMovement(
        number, one.sku, one.kind, one.quantity, one.origin, one.destination, one.reason, one.of_its_order
    )


Sums = Counter[tuple[str, str]]


def told(*plans: MovementPlan) -> Sums:
    """What the cart is told in all, by SKU and centre."""
    sums: Sums = Counter()
    for planned in (planned for plan in plans for planned in plan.changes):
        for one in planned.change.centers:
            sums[planned.change.item.sku, one.distribution_center] += one.quantity
    return without_zeros(sums)


def true_sum(moved: Sequence[WaitingMovement]) -> Sums:
    """The same from the movements themselves, as a person would add them up."""
    sums: Sums = Counter()
    for one in moved:
        if not one.of_its_order and "DOCK" not in one.areas and "" not in one.areas:
            for area, sign in ((one.origin, -1), (one.destination, +1)):
                if area in CENTER:
                    sums[one.sku, CENTER[area]] += sign * one.quantity
    return without_zeros(sums)


def without_zeros(sums: Sums) -> Sums:
    return Counter({key: number for key, number in sums.items() if number})


@ROUNDS
@given(histories())
def test_the_changes_add_up_to_what_moved(moved: list[WaitingMovement]) -> None:
    assert told(plan_movements("main", moved, AREAS)) == true_sum(moved)


@ROUNDS
@given(histories())
def test_every_movement_has_one_fate(moved: list[WaitingMovement]) -> None:
    plan = plan_movements("main", moved, AREAS)
    fates = [id for planned in plan.changes for id in planned.movements] + [*plan.nothing, *plan.unmapped]
    assert sorted(fates) == [one.id for one in moved]


rules = st.builds(
    StockRules,
    sets=st.booleans(),
    combined_at=st.sampled_from((None, "-2")),
    leave_out=st.sampled_from(((), ("A*",))),
    aliases=st.sampled_from((Aliases(), Aliases("UPC", {"A": "1"}), Aliases("UPC", {"A": "1", "B": "1"}))),
)


@ROUNDS
@given(histories(), rules)
def test_by_any_rules_every_movement_has_one_fate(moved: list[WaitingMovement], stock: StockRules) -> None:
    plan = plan_movements("main", moved, AREAS, stock)
    fates = [id for planned in plan.changes for id in planned.movements]
    fates += [*plan.by_level, *plan.nothing, *plan.left_out, *plan.without_alias, *plan.unmapped]
    assert sorted(fates) == [one.id for one in moved]
    assert not (plan.changes if stock.sets else plan.by_level)
    names = {planned.change.item.sku for planned in plan.changes}
    assert names <= {stock.aliases.name_of(sku) for sku in "AB" if not stock.leaves_out(sku)}
    centers = {one.distribution_center for planned in plan.changes for one in planned.change.centers}
    assert centers <= ({stock.combined_at} if stock.combined_at else {"0", "-2"})


@ROUNDS
@given(histories())
def test_together_the_stock_of_all_centres_is_told_at_one(moved: list[WaitingMovement]) -> None:
    apart, together = (plan_movements("main", moved, AREAS, StockRules(combined_at=at)) for at in (None, "-2"))
    sums = Counter({sku: sum(n for (of, _), n in told(apart).items() if of == sku) for sku in "AB"})
    assert told(together) == {(sku, "-2"): number for sku, number in sums.items() if number}


@ROUNDS
@given(histories().flatmap(lambda moved: st.tuples(st.just(moved), st.permutations(moved))))
def test_the_order_in_which_it_was_told_does_not_matter(
    both: tuple[list[WaitingMovement], list[WaitingMovement]],
) -> None:
    def by_key(plan: MovementPlan) -> dict[str, object]:
        return {planned.change.key: planned for planned in plan.changes}

    first, second = (plan_movements("main", moved, AREAS) for moved in both)
    assert by_key(first) == by_key(second)
    assert (sorted(first.nothing), first.unmapped) == (sorted(second.nothing), second.unmapped)


@ROUNDS
@given(histories())
def test_netted_or_one_by_one_the_sum_is_the_same(moved: list[WaitingMovement]) -> None:
    one_by_one = [plan_movements("main", [one], AREAS) for one in moved]
    assert told(*one_by_one) == told(plan_movements("main", moved, AREAS))


@ROUNDS
@given(histories(), st.integers(0, 12))
def test_no_two_passes_make_one_key(moved: list[WaitingMovement], cut: int) -> None:
    plans = [plan_movements("main", part, AREAS) for part in (moved[:cut], moved[cut:])]
    keys = [planned.change.key for plan in plans for planned in plan.changes]
    assert len(keys) == len(set(keys))
    assert told(*plans) == true_sum(moved)


@ROUNDS
@given(histories())
def test_a_product_is_told_once_a_pass_and_never_of_nothing(moved: list[WaitingMovement]) -> None:
    changes = [planned.change for planned in plan_movements("main", moved, AREAS).changes]
    assert len({change.item.sku for change in changes}) == len(changes)
    assert all(change.meaning is StockMeaning.DIFFERENCE and change.reason for change in changes)
    assert all(one.quantity for change in changes for one in change.centers)


@ROUNDS
@given(histories())
def test_an_area_that_nobody_maps_keeps_its_movements_and_is_named(moved: list[WaitingMovement]) -> None:
    plan = plan_movements("main", moved, AREAS)
    strange = {one.id: {"DOCK", ""} & set(one.areas) for one in moved if not one.of_its_order}
    assert set(plan.unmapped) == {id for id, areas in strange.items() if areas}
    assert set(plan.unknown_areas) == {area for areas in strange.values() for area in areas}
    assert not set(plan.unknown_areas) & set(plan.known_areas)


def moved(
    number: int, quantity: int, origin: str | None, destination: str | None, *, reason: str = "", ours: bool = False
) -> WaitingMovement:
    kind = MovementKind.MOVE if origin and destination else MovementKind.PULL if origin else MovementKind.PUT
    return WaitingMovement(number, "A", kind, quantity, origin, destination, reason, ours)


def test_a_move_inside_a_centre_sends_nothing() -> None:
    plan = plan_movements("main", [moved(1, 5, "MAIN", "BULK-7")], AREAS)
    assert (plan.changes, plan.nothing) == ((), (1,))


def test_a_move_across_two_centres_is_one_change_of_both() -> None:
    (planned,) = plan_movements("main", [moved(1, 5, "MAIN", "W")], AREAS).changes
    assert {one.distribution_center: one.quantity for one in planned.change.centers} == {"0": -5, "-2": 5}


def test_what_is_put_aside_leaves_the_sale_and_comes_back() -> None:
    assert effect(moved(1, 5, "MAIN", "Q"), AREAS) == {"0": -5}
    assert effect(moved(1, 5, "Q", "W"), AREAS) == {"-2": 5}
    assert effect(moved(1, 5, None, "Q"), AREAS) == {}


def test_a_pick_of_the_carts_own_order_and_its_reset_change_nothing_wherever_they_are() -> None:
    plan = plan_movements("main", [moved(1, 5, "MAIN", None, ours=True), moved(2, 5, None, "DOCK", ours=True)], AREAS)
    assert plan == MovementPlan(nothing=(1, 2))


def test_what_cancels_out_is_not_told() -> None:
    plan = plan_movements("main", [moved(1, 5, "MAIN", None), moved(2, 5, None, "BULK-1")], AREAS)
    assert (plan.changes, plan.nothing) == ((), (1, 2))


def test_the_reason_is_shared_or_counted() -> None:
    def reason(*reasons: str) -> str:
        history = [moved(number, 1, None, "MAIN", reason=one) for number, one in enumerate(reasons, start=1)]
        (planned,) = plan_movements("main", history, AREAS).changes
        return planned.change.reason

    assert reason("DMG", "DMG") == "DMG"
    assert reason("") == "put"
    assert reason("DMG", "FOUND", "DMG") == "2 DMG, 1 FOUND"
    assert reason(*"abcdefg") == "1 a, 1 b, 1 c, 1 d, 1 e, 2 others"


def test_the_key_is_made_of_pipeline_sku_and_the_last_movement() -> None:
    (planned,) = plan_movements("main", [moved(7, 1, None, "MAIN"), moved(3, 1, None, "MAIN")], AREAS).changes
    assert (planned.change.key, planned.movements) == ("moved/main/A/7", (3, 7))
