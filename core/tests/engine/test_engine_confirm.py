"""The cart is told once about every box, with the tracking number, from wherever it comes."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.domain import Order, Parcel, Shipment
from crossdock.engine.pipeline import Bound
from crossdock.hooks.errors import CrossdockError, NeedsAuth, Unavailable
from crossdock.hooks.records import Record

from .builders import a_box, a_line, an_order
from .remote import Fault
from .world import World, played

DAY = timedelta(days=1)


async def packed(world: World, *boxes: Shipment, order: Order | None = None) -> None:
    """An order of 5 pieces is in the warehouse, and these boxes of it are packed and known."""
    world.cart.sell(order or an_order("1", a_line("10", 5)))
    await world.cycle(("download", "release"))
    world.warehouse.pack(*boxes)
    await world.flow("collect")


def told(world: World) -> list[tuple[str, int]]:
    """(tracking number, units) of everything that the cart was told."""
    return [(item.tracking_number, line.quantity) for item in world.cart.confirmed for line in item.lines]


class Shipper:
    """A shipping system that knows these parcels, or fails."""

    def __init__(self, *parcels: Parcel, error: Exception | None = None) -> None:
        self._parcels, self._error = parcels, error
        self.asked: Counter[str] = Counter()

    async def find_parcels(self, request_number: str) -> Sequence[Record]:
        self.asked[request_number] += 1
        if self._error:
            raise self._error
        return [Record(parcel.tracking_number, parcel.model_dump_json().encode()) for parcel in self._parcels]

    def read_parcel(self, record: Record) -> Parcel:
        return Parcel.model_validate_json(record.data)


def with_shipper(world: World, shipper: Shipper) -> Shipper:
    world.changes["shipping_provider"] = Bound("shipper", shipper)
    return shipper


@played
async def test_short_and_split_boxes_are_told_as_they_come_until_the_order_is_shipped(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 2), tracking="1Z1"))
    await world.flow("confirm")
    assert await world.orders() == {"1": "part_shipped"}

    world.warehouse.pack(a_box("b2", "N1", ("10", 1), tracking="1Z2"), a_box("b3", "N1", ("10", 2), tracking="1Z3"))
    await world.cycle(("collect", "confirm"))
    assert sorted(told(world)) == [("1Z1", 2), ("1Z2", 1), ("1Z3", 2)]
    assert await world.orders() == {"1": "shipped"}


@played
async def test_a_lost_reply_never_tells_the_cart_twice(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 5)))
    world.cart.faults["confirm_shipment"].append(Fault.LOST_AFTER)
    await world.flow("confirm")
    world.clock.advance(DAY)
    report = await world.flow("confirm")

    assert report.counts == {"settled by look-up": 1, "done": 1}
    assert told(world) == [("1Z", 5)]
    assert await world.orders() == {"1": "shipped"}


@played
async def test_an_order_is_not_shipped_before_its_last_box_was_accepted(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 4), minute=1), a_box("b2", "N1", ("10", 1), minute=2))
    world.workers = 1
    world.cart.faults["confirm_shipment"].append(Fault.REFUSED_BEFORE)
    await world.flow("confirm")
    assert await world.orders() == {"1": "part_shipped"}

    world.clock.advance(DAY)
    await world.flow("confirm")
    assert await world.orders() == {"1": "shipped"}


@played
async def test_an_over_pick_is_told_as_what_was_asked_and_shown_to_a_person(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 7)))
    await world.flow("confirm")

    assert told(world) == [("1Z", 5)]
    assert await world.problems() == [("over_picked", "N1/b1/SKU-10")]


@played
async def test_a_refused_confirmation_is_a_problem_and_stays_one(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 5)))
    world.cart.faults["confirm_shipment"].append(Fault.NO)
    await world.flow("confirm")
    world.clock.advance(DAY)
    await world.flow("confirm")

    assert world.cart.calls["confirm_shipment"] == 1
    assert await world.problems() == [("confirm_refused", "N1/b1")]


@played
async def test_tracking_comes_from_the_shipping_provider_where_the_warehouse_has_none(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    with_shipper(world, Shipper(Parcel(tracking_number="9400", carrier="USPS")))
    await world.flow("confirm")

    assert told(world) == [("9400", 5)]
    assert "9400" in str(await world.select("SELECT document FROM shipment"))


@played
async def test_every_box_gets_its_own_parcel_and_a_voided_one_is_none(world: World) -> None:
    boxes = [a_box("b1", "N1", ("10", 2), tracking=""), a_box("b2", "N1", ("10", 3), tracking="")]
    await packed(world, *boxes)
    parcels = [
        Parcel(tracking_number="T0", box="b1", voided=True),
        Parcel(tracking_number="T2", box="b2"),
        Parcel(tracking_number="T1", box="b1"),
    ]
    with_shipper(world, Shipper(*parcels))
    await world.flow("confirm")

    assert sorted(told(world)) == [("T1", 2), ("T2", 3)]


@played
async def test_a_box_that_is_numbered_within_its_order_finds_its_parcel(world: World) -> None:
    boxes = [a_box("N1/1", "N1", ("10", 2), tracking=""), a_box("N1/11", "N1", ("10", 3), tracking="")]
    await packed(world, *boxes)
    with_shipper(world, Shipper(Parcel(tracking_number="T11", box="11"), Parcel(tracking_number="T1", box="1")))
    await world.flow("confirm")

    assert sorted(told(world)) == [("T1", 2), ("T11", 3)]


@played
async def test_nameless_parcels_are_not_guessed_to_boxes(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 2), tracking=""))
    with_shipper(world, Shipper(Parcel(tracking_number="T1"), Parcel(tracking_number="T2")))
    await world.flow("confirm")

    assert not world.cart.confirmed


@played
async def test_a_box_without_tracking_is_looked_at_again_and_shown_after_a_day(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    shipper = with_shipper(world, Shipper())
    await world.flow("confirm")
    await world.flow("confirm")
    assert shipper.asked == {"N1": 1}
    assert not await world.problems()

    world.clock.advance(DAY + timedelta(minutes=1))
    await world.flow("confirm")
    assert await world.problems() == [("no_tracking", "N1/b1")]

    with_shipper(world, Shipper(Parcel(tracking_number="LATE")))
    world.clock.advance(DAY)
    await world.flow("confirm")
    assert told(world) == [("LATE", 5)]
    assert not await world.problems()


@pytest.mark.parametrize("error", [Unavailable("down"), CrossdockError("odd"), ZeroDivisionError("a bug")], ids=repr)
def test_a_shipping_provider_that_fails_does_not_hold_up_boxes_with_tracking(tmp_path: Path, error: Exception) -> None:
    @played
    async def scene(world: World) -> None:
        boxes = [a_box("b1", "N1", ("10", 2), tracking=""), a_box("b2", "N1", ("10", 3), tracking="1Z2")]
        await packed(world, *boxes)
        with_shipper(world, Shipper(error=error))
        report = await world.flow("confirm")

        assert not report.error
        assert told(world) == [("1Z2", 3)]
        assert world.log.lines == ["tracking not found"]

    scene(tmp_path)


@played
async def test_a_shipping_provider_that_refuses_our_credentials_is_paused_once(world: World) -> None:
    world.cart.sell(an_order("2", a_line("10", 5)), an_order("3", a_line("10", 5)))
    await packed(world, *(a_box(f"b{key}", f"N{key}", ("10", 5), tracking="") for key in "123"))
    shipper = with_shipper(world, Shipper(error=NeedsAuth("the key has expired")))
    await world.flow("confirm")

    assert world.pauses == [("shipper", "the key has expired")]
    assert shipper.asked.total() == 1
    assert await world.problems() == [("connection_paused", "shipper")]

    world.clock.advance(DAY)
    await world.flow("confirm")
    assert shipper.asked.total() == 1
