"""Claims: ordered less cancelled less picked, never below nothing, wherever the pieces leave from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.domain import (
    AdjustmentKind,
    BundleComponent,
    FulfillmentRequest,
    InventoryLevel,
    ManagedBy,
    Order,
    RecordedAdjustment,
)
from crossdock.engine.claim_ports import AskedPart, ClaimingOrder, Picked
from crossdock.engine.claims import Claim, Sharer, claims_of, units_waiting, untold
from crossdock.engine.confirm_plan import asked_units, units
from crossdock.engine.positions import Position
from crossdock.engine.stock_taking import Claimed, Shelves
from crossdock.mapping import AreaRule, Areas, Filter

from .builders import NOON, a_line, an_allocation, an_order, planned
from .counting import AREAS, a_level, own_rules, own_sharer
from .shelf import EAST, WEST

ROUNDS = settings(deadline=None, print_blob=True)
RULES = own_rules()
SHARER = own_sharer(RULES)
CENTER = {"MAIN": EAST, "BULK-1": EAST, "W": WEST}

quantities = st.integers(1, 9)
parts = st.lists(st.tuples(st.sampled_from("CDE"), st.integers(1, 3)), max_size=2, unique_by=lambda part: part[0])


@dataclass(frozen=True)
class Sale:
    """An order with all that happened to it; `cancelled` and what was picked are units and pieces by line."""

    order: Order
    requests: tuple[FulfillmentRequest, ...]
    before: Picked
    since: Picked
    cancelled: dict[str, int]

    @property
    def found(self) -> ClaimingOrder:
        asked = tuple(AskedPart(request, "warehouse", there=True) for request in self.requests)
        return ClaimingOrder(
            1,
            "cart",
            self.order,
            released=True,
            parts=asked,
            picked=self.before,
            picked_since=self.since,
            cancelled=self.cancelled,
        )


@st.composite
def sales(draw: st.DrawFn, *, bundles: bool = True) -> Sale:
    """Orders of a few lines at two centres, of which something was picked, cancelled, or both."""
    lines, places = [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        east, west = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        components = draw(parts) if bundles else []
        if east + west:
            lines.append(a_line(str(number), east + west, sku=draw(st.sampled_from("ABC")), components=components))
            placed = {EAST: east, WEST: west}
            places += [an_allocation(str(number), center, pieces) for center, pieces in placed.items() if pieces]
    order = an_order("1", *(lines or [a_line("1")]), allocations=places or [an_allocation("1", EAST)])
    requests = planned(order, RULES).requests
    before, since, cancelled = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[str]()
    for request in requests:
        for line in request.lines:
            before[request.number, line.id] = draw(st.integers(0, line.quantity))
            since[request.number, line.id] = draw(st.integers(0, line.quantity - before[request.number, line.id]))
            if not line.bundle:
                left = line.quantity - before[request.number, line.id] - since[request.number, line.id]
                cancelled[line.order_line_id] += draw(st.integers(0, left))
    return Sale(order, requests, before, since, dict(cancelled))


def claimed(found: ClaimingOrder, sharer: Sharer = SHARER) -> Counter[tuple[str, str]]:
    """Pieces by SKU and centre."""
    sums: Counter[tuple[str, str]] = Counter()
    for claim in claims_of(found, sharer):
        assert claim.pieces > 0
        for center in claim.centers:
            sums[claim.sku, center] += claim.pieces
    return sums


def by_sku(sums: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (sku, _), pieces in sums.items():
        total[sku] += pieces
    return {sku: pieces for sku, pieces in total.items() if pieces}


@ROUNDS
@given(sales(bundles=False))
def test_claims_are_what_was_ordered_less_what_was_cancelled_less_what_was_picked(sale: Sale) -> None:
    true: Counter[str] = Counter()
    for request in sale.requests:
        for line in request.lines:
            true[line.sku] += line.quantity - sale.before[request.number, line.id]
    for line in sale.order.lines:
        true[line.sku] -= sale.cancelled.get(line.external_id, 0)
    assert by_sku(claimed(sale.found)) == {sku: pieces for sku, pieces in true.items() if pieces}


@ROUNDS
@given(sales())
def test_no_centre_is_claimed_more_of_than_it_was_asked_for_and_none_less_than_nothing(sale: Sale) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    for request in sale.requests:
        for line in request.lines:
            asked[line.sku, request.distribution_center] += line.quantity
    assert claimed(sale.found) <= asked


@ROUNDS
@given(sales())
def test_an_order_that_is_done_claims_what_was_picked_of_it_since_the_count(sale: Sale) -> None:
    done = replace(sale.found, waits=False)
    picked: Counter[str] = Counter()
    for request in sale.requests:
        for line in request.lines:
            picked[line.sku] += sale.since[request.number, line.id]
    assert Counter(by_sku(claimed(done))) == +picked
    assert not list(units_waiting(done))


@ROUNDS
@given(sales())
def test_an_order_claims_the_same_before_and_after_a_warehouse_has_it(sale: Sale) -> None:
    asked = ClaimingOrder(1, "cart", sale.order)
    there = replace(sale.found, picked=Counter(), picked_since=Counter(), cancelled={})
    assert claimed(asked) == claimed(there)
    partly = replace(there, released=False, parts=there.parts[:1])
    assert claimed(partly) == claimed(there)


@ROUNDS
@given(st.lists(sales(), max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_orders_changes_nothing(some: Sequence[Sale], random: object) -> None:
    sums = sum((claimed(sale.found) for sale in some), Counter[tuple[str, str]]())
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sums == sum((claimed(sale.found) for sale in shuffled), Counter[tuple[str, str]]())


def test_what_is_cancelled_comes_off_what_no_warehouse_has_first() -> None:
    order = an_order(
        "1", a_line("1", 5, sku="A"), allocations=[an_allocation("1", EAST, 3), an_allocation("1", WEST, 2)]
    )
    west, east = planned(order, RULES).requests
    parts = (AskedPart(west, "warehouse", there=True), AskedPart(east, "warehouse"))
    found = ClaimingOrder(1, "cart", order, released=True, parts=parts, cancelled={"1": 2})
    assert claimed(found) == {("A", WEST): 2, ("A", EAST): 1}


def test_a_bundle_of_which_one_part_was_picked_waits_for_the_others() -> None:
    order = an_order("1", a_line("1", 2, components=[("A", 2), ("B", 1)]), allocations=[an_allocation("1", EAST, 2)])
    (request,) = planned(order, RULES).requests
    picked = Counter({(request.number, "1.1"): 4, (request.number, "1.2"): 1})
    found = ClaimingOrder(1, "cart", order, released=True, parts=(AskedPart(request, "warehouse"),), picked=picked)
    assert claimed(found) == {("B", EAST): 1}
    assert claimed(replace(found, cancelled={"1": 1})) == {}


def test_a_line_that_no_centre_is_to_ship_is_missing_wherever_it_may_leave_from() -> None:
    order = an_order("1", a_line("1", 1, sku="A"), a_line("2", 2, sku="B"), allocations=[an_allocation("1", EAST)])
    found = ClaimingOrder(1, "cart", order)
    assert claimed(found) == {("A", EAST): 1, ("B", EAST): 2, ("B", WEST): 2}
    mixed = order.model_copy(update={"managed_by": ManagedBy.MIXED})
    assert claimed(replace(found, order=mixed)) == {("A", EAST): 1}


def test_lines_that_a_filter_leaves_out_claim_nothing_and_wait_at_the_cart_all_the_same() -> None:
    rules = own_rules(item_filters=(Filter("sku", ("GIFT*",), "restrict"),))
    places = [an_allocation("1", EAST), an_allocation("2", EAST)]
    order = an_order("1", a_line("1", sku="A"), a_line("2", sku="GIFT-1"), allocations=places)
    found = ClaimingOrder(1, "cart", order)
    assert claimed(found, replace(SHARER, rules=rules)) == {("A", EAST): 1}
    assert dict(units_waiting(found)) == {"A": 1, "GIFT-1": 1}


def test_units_wait_at_the_cart_until_it_is_told_of_them_or_cancels_them() -> None:
    cancelled = RecordedAdjustment(external_id="c", kind=AdjustmentKind.CANCELLATION, line_id="1", quantity=1)
    order = an_order("1", a_line("1", 9, sku="A"), allocations=[an_allocation("1", EAST, 2, shipped=True)])
    order = order.model_copy(update={"adjustments": (cancelled,)})
    found = ClaimingOrder(1, "cart", order, told={(EAST, "1"): 3}, cancelled={"1": 1})
    assert dict(units_waiting(found)) == {"A": 2}


def test_a_cancellation_of_no_units_leaves_them_all_waiting() -> None:
    none = RecordedAdjustment(external_id="c", kind=AdjustmentKind.CANCELLATION, line_id="1", quantity=0)
    order = an_order("1", a_line("1", 9, sku="A"))
    waiting = ClaimingOrder(1, "cart", order.model_copy(update={"adjustments": (none,)}))
    assert dict(units_waiting(waiting)) == {"A": 9}
    every = none.model_copy(update={"quantity": None})
    over = ClaimingOrder(1, "cart", order.model_copy(update={"adjustments": (every,)}))
    assert dict(units_waiting(over)) == {}


@ROUNDS
@given(sales(), st.data())
def test_the_cart_counts_what_lies_there_and_what_it_was_not_told_of(sale: Sale, data: st.DataObject) -> None:
    """The cart's own count, less what it keeps for its buyer, is what lies there less all that is claimed."""
    told, keeps, cancelled = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter(sale.cancelled)
    for request in sale.requests:
        whole = units(request, sale.before + sale.since)
        for line_id, asked in asked_units(request).items():
            key = request.distribution_center, line_id
            told[key] = data.draw(st.integers(0, whole[line_id]))
            gone = min(cancelled[line_id], asked - whole[line_id])
            cancelled[line_id] -= gone
            for line in request.lines:
                if line.order_line_id == line_id:
                    per_unit = line.bundle.per_bundle if line.bundle else 1
                    keeps[line.sku, key[0]] += line.quantity - (told[key] + gone) * per_unit
    found = replace(sale.found, told=told)
    sums: Counter[tuple[str, str]] = Counter()
    for sku, centers, pieces in untold(found, SHARER):
        for center in centers:
            sums[sku, center] += pieces
    claims = claimed(found)
    for key in keeps:
        assert sums[key] - keeps[key] == -claims[key]


def test_an_order_that_was_told_of_after_the_count_is_counted_by_the_cart_no_more() -> None:
    order = an_order("1", a_line("1", 2, sku="A"), allocations=[an_allocation("1", EAST, 2)])
    (request,) = planned(order, RULES).requests
    picked = Counter({(request.number, "1"): 2})
    parts, told = (AskedPart(request, "warehouse", there=True),), {(EAST, "1"): 2}
    found = ClaimingOrder(1, "cart", order, waits=False, released=True, parts=parts, picked_since=picked, told=told)
    assert (claimed(found), list(untold(found, SHARER))) == ({("A", EAST): 2}, [("A", (EAST,), -2)])
    before = replace(found, picked=picked, picked_since=Counter())
    assert (claimed(before), list(untold(before, SHARER))) == ({}, [])


def test_parts_of_a_bundle_that_the_cart_does_not_know_are_not_kept_by_it() -> None:
    rules = own_rules(bundles={"SET": (BundleComponent(sku="A", quantity=2), BundleComponent(sku="B", quantity=1))})
    places = [an_allocation("1", EAST, 1), an_allocation("2", EAST, 1)]
    order = an_order("1", a_line("1", sku="SET"), a_line("2", components=[("A", 3)]), allocations=places)
    sharer = replace(SHARER, rules=rules)
    (request,) = planned(order, rules).requests
    parts = (AskedPart(request, "warehouse", there=True),)
    for found in (ClaimingOrder(1, "cart", order), ClaimingOrder(1, "cart", order, released=True, parts=parts)):
        kept = [(one.sku, one.pieces, one.kept) for one in claims_of(found, sharer)]
        assert kept == [("A", 2, False), ("B", 1, False), ("A", 3, True)]
    picked = Counter({(request.number, line.id): line.quantity for line in request.lines})
    gone = ClaimingOrder(1, "cart", order, released=True, parts=parts, picked=picked)
    assert list(untold(gone, sharer)) == [("A", (EAST,), 3)]


def test_an_order_that_could_not_be_read_claims_nothing() -> None:
    found = ClaimingOrder(1, "cart", None)
    assert not list(claims_of(found, SHARER))
    assert not list(units_waiting(found))


def test_a_bundle_of_the_table_is_claimed_part_by_part() -> None:
    rules = own_rules(bundles={"SET": (BundleComponent(sku="A", quantity=2), BundleComponent(sku="B", quantity=1))})
    order = an_order("1", a_line("1", 3, sku="SET"), allocations=[an_allocation("1", WEST, 3)])
    assert claimed(ClaimingOrder(1, "cart", order), replace(SHARER, rules=rules)) == {("A", WEST): 6, ("B", WEST): 3}


levels = st.builds(
    a_level,
    st.sampled_from("AB"),
    st.integers(-5, 50),
    st.sampled_from(("MAIN", "BULK-1", "W", "Q", "DOCK", "THEIRS", "")),
    allocated=st.none() | st.integers(0, 9),
)
marks = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from((EAST, WEST)), quantities, st.booleans(), st.booleans()),
    max_size=8,
)


def shelved(found: Sequence[InventoryLevel]) -> Shelves:
    shelves = Shelves(AREAS, Areas((AreaRule("THEIRS", "9"),)), NOON)
    for level in found:
        shelves.add([level])
    return shelves


def with_claims(some: Sequence[tuple[str, str, int, bool, bool]]) -> Claimed:
    made = Claimed()
    for sku, center, pieces, there, own in some:
        made.add(Claim(sku, (center,), pieces, there), (sku, center), kept=own)
    return made


@ROUNDS
@given(st.lists(levels, max_size=12), marks, st.randoms(use_true_random=False))
def test_every_piece_is_counted_once_whatever_the_order_of_the_pages(
    found: list[InventoryLevel], some: list[tuple[str, str, int, bool, bool]], random: object
) -> None:
    shelves, made = shelved(found), with_claims(some)
    positions = shelves.positions(made)
    left_out = sum(level.quantity for level in found if level.place.area in ("Q", "THEIRS"))
    counted = sum(one.on_hand for one in positions.values()) + sum(shelves.unmapped.values()) + left_out
    assert counted == sum(level.quantity for level in found)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = shelved(shuffled)
    assert (again.positions(made), +again.unmapped) == (positions, +shelves.unmapped)


@ROUNDS
@given(st.lists(levels, max_size=12), marks)
def test_a_position_holds_every_claim_and_no_less_than_the_warehouse_says(
    found: list[InventoryLevel], some: list[tuple[str, str, int, bool, bool]]
) -> None:
    made, positions = with_claims(some), shelved(found).positions(with_claims(some))
    told: Counter[tuple[str, str]] = Counter()
    for level in found:
        if level.place.area in CENTER:
            told[level.sku, CENTER[level.place.area]] += level.allocated or 0
    for key, one in positions.items():
        assert one.allocated == max(made.there[key], told[key])
        assert one.in_flight == made.in_flight[key]
        assert one.of_others == made.of_others[key] + one.allocated - made.there[key]
        assert one.free <= one.before_the_cart - one.untold
    assert positions.keys() >= made.keys
    assert Position().free == 0
