"""What a shipping system lists completes the boxes that wait, and what it takes back is taken off them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crossdock.domain import Shipment
from crossdock.engine.problems import Code
from crossdock.engine.rules import PipelineRules
from crossdock.mapping import ShipMethods

from .builders import a_box, a_line, an_order
from .closing import retry
from .parcelling import with_desk
from .remote import Fault
from .world import World, played

DAY = timedelta(days=1)


async def packed(world: World, *boxes: Shipment) -> None:
    """An order of 5 pieces is in the warehouse, these boxes of it are packed, and what can be told is told."""
    world.cart.sell(an_order("1", a_line("10", 5)))
    await world.cycle(("download", "release"))
    world.warehouse.pack(*boxes)
    await world.cycle(("collect", "confirm"))


def told(world: World) -> list[tuple[str, int]]:
    """(tracking number, units) of everything that the cart was told."""
    return sorted((item.tracking_number, line.quantity) for item in world.cart.confirmed for line in item.lines)


def that_map_nothing(rules: PipelineRules) -> PipelineRules:
    """With these rules, every box is held."""
    return replace(rules, outbound=ShipMethods())


async def the_box(world: World) -> tuple[str, str, str]:
    """State, tracking number and carrier of the only box."""
    [(state, document)] = await world.select("SELECT state, document FROM shipment")
    package = Shipment.model_validate_json(document).package
    return state, package.tracking_number, package.carrier


def with_tracking(world: World, **rules: Any) -> None:
    """Other rules for boxes without a number."""
    world.rules = replace(world.rules, **rules)


async def uses(world: World) -> list[tuple[str, str]]:
    """(tracking number, box) of parcels that are used."""
    rows = await world.select(
        "SELECT tracking_number, shipment.external_id FROM parcel JOIN shipment ON shipment.id = shipment_id ORDER BY 1"
    )
    return [(number, box) for number, box in rows]


@played
async def test_a_listed_number_is_used_at_once_and_nothing_is_looked_up(world: World) -> None:
    desk = with_desk(world)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    assert told(world) == []

    desk.make("9400", "N1", carrier="USPS", service_level="Priority")
    desk.make("9401", "of somebody else")
    reports = await world.cycle(("parcels", "confirm"))

    assert told(world) == [("9400", 5)]
    assert await uses(world) == [("9400", "b1")]
    assert reports["parcels"].counts["new parcels"] == 2
    assert desk.calls["find_parcels"] == 0
    assert await world.problems() == []
    assert await world.orders() == {"1": "shipped"}


@played
async def test_a_label_that_is_listed_again_is_one_parcel(world: World) -> None:
    desk = with_desk(world)
    desk.make("9400", "N1")
    desk.make("9400", "N1", carrier="USPS")
    desk.make("9401", "N2")
    for _ in range(2):
        await world.flow("parcels")
    assert await world.select("SELECT tracking_number, carrier FROM parcel ORDER BY 1") == [
        ("9400", "USPS"),
        ("9401", ""),
    ]


@played
async def test_each_box_gets_the_parcel_that_names_it(world: World) -> None:
    desk = with_desk(world)
    desk.make("T2", "N1", box="b2")
    desk.make("T1", "N1", box="b1")
    await world.flow("parcels")
    await packed(world, a_box("b1", "N1", ("10", 2), tracking=""), a_box("b2", "N1", ("10", 3), tracking=""))
    assert told(world) == [("T1", 2), ("T2", 3)]


@played
async def test_a_provider_that_lists_is_asked_by_number_only_when_a_box_has_waited_long(world: World) -> None:
    desk = with_desk(world)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    world.clock.advance(timedelta(hours=11))
    await world.flow("confirm")
    assert desk.calls["find_parcels"] == 0

    desk.make("FORGOTTEN", "N1")
    world.clock.advance(timedelta(hours=1))
    await world.flow("confirm")
    assert desk.calls["find_parcels"] == 1
    assert told(world) == [("FORGOTTEN", 5)]
    assert await uses(world) == [("FORGOTTEN", "b1")]


@played
async def test_a_parcel_that_cannot_be_read_stops_no_other_and_is_read_again(world: World) -> None:
    desk = with_desk(world)
    desk.unread.add("T1")
    desk.make("T1", "N1")
    desk.make("T2", "N2")
    report = await world.flow("parcels")
    assert report.counts["unreadable"] == 1
    assert await world.problems() == [("unreadable_parcel", "L-T1")]
    assert await world.select("SELECT tracking_number FROM parcel") == [("T2",)]

    desk.unread.clear()
    await retry(world)
    await world.flow("parcels")
    assert await world.select("SELECT tracking_number FROM parcel ORDER BY 1") == [("T1",), ("T2",)]
    assert await world.problems() == []


@played
async def test_after_the_limit_the_cart_is_told_without_a_number_where_that_is_wanted(world: World) -> None:
    desk = with_desk(world)
    with_tracking(world, tracking_patience=timedelta(hours=2), tells_untracked=True)
    await packed(world, a_box("b1", "N1", ("10", 2), tracking=""))
    world.clock.advance(timedelta(hours=2))
    await world.flow("confirm")
    assert told(world) == []

    world.clock.advance(timedelta(minutes=6))
    await world.flow("confirm")
    assert told(world) == [("", 2)]
    assert await world.problems() == []

    # Its parcel comes late, and must not go to the box that is packed next.
    desk.make("LATE", "N1")
    await world.cycle(("parcels", "confirm"))
    world.warehouse.pack(a_box("b2", "N1", ("10", 3), tracking=""))
    await world.cycle(("collect", "confirm"))
    assert told(world) == [("", 2)]
    assert await uses(world) == [("LATE", "b1")]
    desk.make("NEXT", "N1")
    await world.cycle(("parcels", "confirm"))
    assert told(world) == [("", 2), ("NEXT", 3)]


@played
async def test_how_often_it_is_looked_for_is_a_rule(world: World) -> None:
    with_tracking(world, tracking_look_again=timedelta(hours=1))
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    [(again,)] = await world.select("SELECT look_again_at FROM shipment")
    assert again == (world.clock.now() + timedelta(hours=1)).timestamp() * 1_000_000


@played
async def test_a_label_taken_back_before_the_cart_was_told_is_taken_off(world: World) -> None:
    desk = with_desk(world)
    rules = world.rules
    world.rules = that_map_nothing(rules)
    first = desk.make("T1", "N1", carrier="USPS")
    await world.flow("parcels")
    await packed(world, a_box("b1", "N1", ("10", 5), tracking="", carrier="of the warehouse"))
    assert await the_box(world) == ("held", "T1", "USPS")

    desk.void(first)
    await world.flow("parcels")
    assert await the_box(world) == ("awaiting_tracking", "", "of the warehouse")

    world.rules = rules
    desk.make("T2", "N1")
    await world.cycle(("parcels", "confirm"))
    assert told(world) == [("T2", 5)]
    assert await world.problems() == []
    assert await world.orders() == {"1": "shipped"}


@played
async def test_a_promise_that_was_never_sent_is_taken_back_with_its_label(world: World) -> None:
    desk = with_desk(world)
    first = desk.make("T1", "N1")
    await world.flow("parcels")
    world.cart.faults["confirm_shipment"].append(Fault.REFUSED_BEFORE)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    assert (await world.promises())["confirm due"] == 1

    desk.void(first)
    await world.flow("parcels")
    assert (await world.promises())["confirm due"] == 0
    desk.make("T2", "N1")
    world.clock.advance(DAY)
    await world.cycle(("parcels", "confirm"))
    assert told(world) == [("T2", 5)]
    assert await world.orders() == {"1": "shipped"}
    assert await world.problems() == []


@played
async def test_an_order_is_not_shipped_while_a_box_of_it_waits_for_another_label(world: World) -> None:
    desk = with_desk(world)
    first = desk.make("T1", "N1", box="b1")
    await world.flow("parcels")
    world.workers = 1
    world.cart.faults["confirm_shipment"].append(Fault.REFUSED_BEFORE)
    boxes = a_box("b1", "N1", ("10", 2), tracking="", minute=1), a_box("b2", "N1", ("10", 3), tracking="W", minute=2)
    await packed(world, *boxes)
    assert told(world) == [("W", 3)]

    desk.void(first)
    await world.cycle(("parcels", "confirm"))
    assert await world.orders() == {"1": "part_shipped"}
    desk.make("T2", "N1", box="b1")
    await world.cycle(("parcels", "confirm"))
    assert told(world) == [("T2", 2), ("W", 3)]
    assert await world.orders() == {"1": "shipped"}


@played
async def test_a_label_taken_back_after_the_cart_was_told_is_shown_with_the_number_in_its_place(world: World) -> None:
    desk = with_desk(world)
    first = desk.make("T1", "N1")
    await world.flow("parcels")
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    desk.void(first)
    await world.cycle(("parcels", "confirm"))
    assert await world.problems() == [("label_voided", "N1/b1")]
    [(before,)] = await world.select("SELECT detail FROM problem")
    assert before == "The cart has T1. There is no other label for this box yet."

    desk.make("T2", "N1", carrier="UPS", tracking_url="https://track.example/T2")
    await world.cycle(("parcels", "confirm"))
    [(detail, action)] = await world.select("SELECT detail, action FROM problem")
    assert detail == "The cart has T1. The box has T2 of UPS now (https://track.example/T2)."
    assert action == "At the cart, replace T1 with T2. Then resolve this problem."
    assert told(world) == [("T1", 5)]
    assert await uses(world) == [("T1", "b1"), ("T2", "b1")]


@played
async def test_a_label_taken_back_while_nobody_knows_whether_the_cart_was_told_is_never_told_again(
    world: World,
) -> None:
    desk = with_desk(world)
    first = desk.make("T1", "N1")
    await world.flow("parcels")
    world.cart.faults["confirm_shipment"].append(Fault.LOST_BEFORE)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    assert (await world.promises())["confirm in_doubt"] == 1

    desk.void(first)
    desk.make("T2", "N1")
    await world.flow("parcels")
    assert await world.problems() == [("label_voided", "N1/b1")]
    for _ in range(3):
        world.clock.advance(DAY)
        await world.cycle(("parcels", "confirm"))
    assert told(world) == [("T2", 5)]
    assert await world.problems() == []
    assert await world.orders() == {"1": "shipped"}


@played
async def test_the_warehouses_own_number_is_taken_off_when_its_label_was_taken_back_before(world: World) -> None:
    desk = with_desk(world)
    desk.void(desk.make("W1", "N1"))
    await world.flow("parcels")
    await packed(world, a_box("b1", "N1", ("10", 5), tracking="W1"))
    assert told(world) == []
    desk.make("T2", "N1")
    await world.cycle(("parcels", "confirm"))
    assert told(world) == [("T2", 5)]


@played
async def test_the_warehouses_own_number_is_shown_when_its_label_is_taken_back_after(world: World) -> None:
    desk = with_desk(world)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking="W1"))
    made = desk.make("W1", "N1")
    await world.flow("parcels")
    assert await uses(world) == [("W1", "b1")]
    desk.void(made)
    await world.flow("parcels")
    assert await world.problems() == [("label_voided", "N1/b1")]


@played
async def test_what_a_person_has_resolved_is_not_opened_again_by_the_next_label(world: World) -> None:
    desk = with_desk(world)
    first = desk.make("T1", "N1")
    await world.flow("parcels")
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    desk.void(first)
    await world.flow("parcels")
    await world.store.close_problems("main", Code.LABEL_VOIDED, ["N1/b1"], now=world.clock.now())
    desk.make("T2", "N1")
    await world.cycle(("parcels", "confirm"))
    assert await world.problems() == []


@played
async def test_a_box_whose_label_was_taken_back_waits_its_whole_time_again(world: World) -> None:
    desk = with_desk(world)
    await packed(world, a_box("b1", "N1", ("10", 5), tracking=""))
    world.clock.advance(timedelta(hours=23))
    world.rules, rules = that_map_nothing(world.rules), world.rules
    first = desk.make("T1", "N1")
    await world.cycle(("parcels", "confirm"))
    desk.void(first)
    world.clock.advance(timedelta(hours=2))
    world.rules = rules
    await world.cycle(("parcels", "confirm"))
    assert ("no_tracking", "N1/b1") not in await world.problems()
    world.clock.advance(timedelta(hours=25))
    await world.cycle(("parcels", "confirm"))
    assert ("no_tracking", "N1/b1") in await world.problems()
