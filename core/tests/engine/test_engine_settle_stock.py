"""Two readings say whether a change happened, or that nobody can tell."""

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine import settle_stock
from crossdock.engine.settle_stock import TELLS_FOR, Happened, both_numbers

from .builders import NOON

CENTERS = ("0", "-2", "7")
quantities = st.dictionaries(st.sampled_from(CENTERS), st.integers(-50, 50), min_size=1)


def reading(levels: dict[str, int], reserved: int = 0, product: str = "P1", refusal: str = "") -> StockReading:
    return StockReading(
        item=StockItem(sku="A", product_id=product), available=listed(levels), reserved=reserved, refusal=refusal
    )


def listed(levels: dict[str, int]) -> tuple[CenterQuantity, ...]:
    return tuple(CenterQuantity(distribution_center=at, quantity=number) for at, number in levels.items())


def change(wanted: dict[str, int], before: StockReading | None) -> StockChange:
    item = StockItem(sku="A", product_id="P1")
    numbers = listed(wanted)
    read = {"before": before, "read_at": NOON if before else None}
    return StockChange(key="k", item=item, meaning=StockMeaning.DIFFERENCE, centers=numbers, **read)


def happened(change: StockChange, after: StockReading, later: timedelta = timedelta(seconds=5)) -> Happened:
    return settle_stock.happened(change, after, NOON + later)


def moved(levels: dict[str, int], by: dict[str, int]) -> dict[str, int]:
    return {at: levels.get(at, 0) + by.get(at, 0) for at in {*levels, *by}}


@given(levels=quantities, wanted=quantities, reserved=st.integers(0, 9))
def test_on_a_quiet_cart_the_readings_tell(levels: dict[str, int], wanted: dict[str, int], reserved: int) -> None:
    assume(any(wanted.values()))
    asked = change(wanted, reading(levels, reserved))
    assert happened(asked, reading(moved(levels, wanted), reserved)) is Happened.YES
    assert happened(asked, reading(levels, reserved)) is Happened.NO


@given(
    levels=quantities, wanted=quantities, sold=st.integers(1, 60), center=st.sampled_from(CENTERS), done=st.booleans()
)
def test_a_sale_in_between_is_never_taken_for_the_change_or_its_absence(
    levels: dict[str, int], wanted: dict[str, int], sold: int, center: str, done: bool
) -> None:
    asked = change(wanted, reading(levels))
    after = moved(moved(levels, wanted if done else {}), {center: -sold})
    assert happened(asked, reading(after, reserved=sold)) is Happened.UNKNOWN


sales = st.lists(st.tuples(st.sampled_from(CENTERS), st.integers(1, 9)), max_size=4)
corrections = st.lists(st.tuples(st.sampled_from(CENTERS), st.integers(-9, 9)), max_size=2)


@given(levels=quantities, wanted=quantities, sales=sales, corrections=corrections, done=st.booleans())
def test_what_it_says_is_true_unless_somebody_makes_or_undoes_the_very_same_change(
    levels: dict[str, int],
    wanted: dict[str, int],
    sales: list[tuple[str, int]],
    corrections: list[tuple[str, int]],
    done: bool,
) -> None:
    after = moved(levels, wanted if done else {})
    for center, sold in sales:
        after = moved(after, {center: -sold})
    corrected: dict[str, int] = {}
    for center, number in corrections:
        corrected = moved(corrected, {center: number})
    made = {center: number for center, number in wanted.items() if number}
    others = {center: number for center, number in corrected.items() if number}
    assume(made)
    assume(others not in (made, {center: -number for center, number in made.items()}))
    told = happened(change(wanted, reading(levels)), reading(moved(after, others), sum(sold for _, sold in sales)))
    assert told in (Happened.UNKNOWN, Happened.YES if done else Happened.NO)


@given(levels=quantities, wanted=quantities, done=st.booleans(), late=st.timedeltas(timedelta(seconds=1)))
def test_readings_that_are_far_apart_tell_nothing(
    levels: dict[str, int], wanted: dict[str, int], done: bool, late: timedelta
) -> None:
    assume(late < timedelta(days=10_000))
    after = reading(moved(levels, wanted if done else {}))
    assert happened(change(wanted, reading(levels)), after, TELLS_FOR + late) is Happened.UNKNOWN


@given(levels=quantities, wanted=quantities, other=quantities)
def test_a_centre_that_moved_otherwise_leaves_it_open(
    levels: dict[str, int], wanted: dict[str, int], other: dict[str, int]
) -> None:
    by = moved(wanted, other)
    assume(any(other.values()) and any(by.values()))
    assert happened(change(wanted, reading(levels)), reading(moved(levels, by))) is Happened.UNKNOWN


def test_without_a_reading_before_with_a_refusal_or_with_another_product_nobody_can_tell() -> None:
    before = reading({"0": 10})
    assert happened(change({"0": 1}, None), reading({"0": 11})) is Happened.UNKNOWN
    assert happened(change({"0": 1}, before), reading({"0": 11}, refusal="not unique")) is Happened.UNKNOWN
    assert happened(change({"0": 1}, before), reading({"0": 11}, product="P2")) is Happened.UNKNOWN


def test_two_entries_of_one_centre_are_one_difference() -> None:
    twice = change({"0": 1}, reading({"0": 10})).model_copy(update={"centers": (*listed({"0": 1}), *listed({"0": 2}))})
    assert happened(twice, reading({"0": 13})) is Happened.YES


def test_a_person_reads_both_numbers() -> None:
    told = both_numbers(change({"0": -1, "-2": 1}, reading({"0": 10}, 2)), reading({"0": 8}, 3))
    assert told == (
        "A: -1 at centre 0, +1 at centre -2. Before it was sent at 2024-03-01 12:00 UTC, the cart held 0 at -2, 10 at "
        "0, now 0 at -2, 8 at 0; promised to buyers 2 before, 3 now"
    )
