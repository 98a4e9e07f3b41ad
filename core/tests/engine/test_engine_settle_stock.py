"""Two readings say whether a change happened, or that nobody can tell."""

from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.domain import CenterQuantity, StockChange, StockItem, StockMeaning, StockReading
from crossdock.engine.settle_stock import Happened, both_numbers, happened

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
    return StockChange(key="k", item=item, meaning=StockMeaning.DIFFERENCE, centers=listed(wanted), before=before)


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
        "A: -1 at centre 0, +1 at centre -2. Before it was sent the cart held 0 at -2, 10 at 0, now 0 at -2, 8 at 0; "
        "promised to buyers 2 before, 3 now"
    )
