"""Of what happens to an order its cart is told by rules, once, and again when the rules allow it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.domain import OrderEvent, OrderNotice, Shipment, ShipmentStage
from crossdock.engine.cycle import run_cycle
from crossdock.engine.runner import flows_of
from crossdock.hooks.records import Receipt
from crossdock.mapping import StatusEvents, StatusRule
from crossdock.store.queries import the_order
from crossdock.store.resending import ask_resend
from crossdock.store.shipments import reconsider_not_told

from .builders import a_box, a_line, an_order, rules_that_map_all
from .market import ask, cancel, with_market
from .remote import Cart, Fault
from .reversing import ReversingWarehouse
from .world import World, played

OFF = StatusEvents(notify_cart=False)


def with_rules(world: World, *rules: StatusRule, notify_cart: bool = True) -> None:
    world.rules = replace(rules_that_map_all(), status_events=StatusEvents(notify_cart, rules))


async def started_again(world: World) -> None:
    """As at each start: the rules may be others now."""
    await world.store.write(reconsider_not_told, "main", now=world.clock.now())


async def packed(world: World, *boxes: Shipment) -> ReversingWarehouse:
    warehouse = world.warehouse = ReversingWarehouse()
    world.cart.sell(an_order("1", a_line("10", 2)))
    await world.cycle(("download", "release"))
    warehouse.tell(*boxes)
    await world.cycle(("collect", "confirm"))
    return warehouse


async def waiting(world: World) -> list[tuple[str, str]]:
    return [(state, reason) for state, reason in await world.select("SELECT state, reason FROM shipment")]


def shipped(box: Shipment, tracking: str = "") -> Shipment:
    package = box.package.model_copy(update={"tracking_number": tracking or box.package.tracking_number})
    return box.model_copy(update={"stage": ShipmentStage.SHIPPED, "package": package})


def told(world: World) -> list[tuple[str, str]]:
    return [(one.key, one.tracking_number) for one in world.cart.confirmed]


@played
async def test_nothing_is_told_while_the_switch_is_off_and_all_of_it_once_when_it_is_on_again(world: World) -> None:
    with_rules(world, notify_cart=False)
    await packed(world, a_box("b1", "N1", ("10", 1)), a_box("b2", "N1", ("10", 1), tracking="", minute=1))
    assert world.cart.confirmed == []
    assert await waiting(world) == [("not_told", "status_events.notify_cart is false")] * 2
    assert await world.problems() == []

    with_rules(world)
    await started_again(world)
    await world.cycle(("collect", "confirm"))
    assert told(world) == [("N1/b1", "1Z")]
    assert await waiting(world) == [("planned", ""), ("awaiting_tracking", "it has no tracking number yet")]
    await started_again(world)
    await world.cycle(("collect", "confirm"))
    assert len(world.cart.confirmed) == 1


@played
async def test_what_was_promised_before_the_switch_says_why_it_waits(world: World) -> None:
    world.cart.faults["confirm_shipment"].append(Fault.BUSY)
    await packed(world, a_box("b1", "N1", ("10", 2)))
    with_rules(world, notify_cart=False)
    world.clock.advance(timedelta(hours=1))
    await world.cycle(("collect", "confirm"))
    assert await world.select("SELECT state, error FROM promise WHERE kind = 'confirm'") == [
        ("due", "status_events.notify_cart is false")
    ]
    with_rules(world)
    await world.cycle(("collect", "confirm"))
    assert len(world.cart.confirmed) == 1


@played
async def test_a_cancellation_waits_while_the_switch_is_off(world: World) -> None:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    key = await ask(world, "1", cancel())
    with_rules(world, notify_cart=False)
    await world.flow("adjust")
    assert cart.adjusted == []
    with_rules(world)
    await world.flow("adjust")
    assert [one.key for one in cart.adjusted] == [key]


@played
async def test_later_events_of_a_package_that_was_told_change_nothing(world: World) -> None:
    with_rules(world, StatusRule(OrderEvent.PACKED, True))
    box = a_box("b1", "N1", ("10", 2), tracking="")
    warehouse = await packed(world, box)
    assert told(world) == [("N1/b1", "")]
    warehouse.tell(shipped(box, "1Z-LATER"))
    await world.cycle(("collect", "confirm"))
    await started_again(world)
    await world.cycle(("collect", "confirm"))
    assert told(world) == [("N1/b1", "")]
    assert await world.orders() == {"1": "shipped"}


@pytest.mark.parametrize("again", ["", "1Z-LATER"], ids=["shipped", "with tracking"])
def test_a_package_that_waits_goes_out_when_the_warehouse_tells_of_it_again(again: str, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        with_rules(world, StatusRule(OrderEvent.SHIPPED, True))
        box = a_box("b1", "N1", ("10", 2), tracking="")
        warehouse = await packed(world, box, box)
        assert world.cart.confirmed == []
        warehouse.tell(shipped(box, again), box)
        await world.cycle(("collect", "confirm"))
        assert told(world) == [("N1/b1", again)]

    scene(tmp_path)  # type: ignore[arg-type]


class HearingCart(Cart):
    """A small cart that hears of events."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[OrderNotice] = []

    async def note_event(self, notice: OrderNotice) -> Receipt:
        return await self._carry_out("note_event", lambda: self._hear(notice))

    def _hear(self, notice: OrderNotice) -> Receipt:
        self.heard.append(notice)
        return Receipt(notice.key)


def hearing(world: World, *sites: str) -> HearingCart:
    cart = world.cart = HearingCart()
    cart.sell(*(an_order(str(key)).model_copy(update={"site": site}) for key, site in enumerate(sites)))
    return cart


@played
async def test_a_cart_that_hears_of_releases_is_told_once_by_the_rule_of_the_site(world: World) -> None:
    cart = hearing(world, "Shop", "Amazon")
    with_rules(world, StatusRule(OrderEvent.RELEASED, True, "Sh*"))
    await world.cycle()
    await world.cycle()
    [notice] = cart.heard
    assert (notice.order_number, notice.event, notice.key) == ("N0", OrderEvent.RELEASED, "0/released")


@played
async def test_without_a_rule_nobody_hears_of_releases_and_other_carts_have_no_such_flow(world: World) -> None:
    assert "notify" not in flows_of(world.pipeline())
    cart = hearing(world, "Shop")
    assert "notify" in flows_of(world.pipeline())
    await world.cycle()
    assert cart.heard == []
    assert await world.promises() == {"release done": 1, "acknowledge done": 1}


@played
async def test_a_release_while_the_switch_is_off_is_told_when_it_is_on_again(world: World) -> None:
    cart = hearing(world, "Shop")
    with_rules(world, StatusRule(OrderEvent.RELEASED, True), notify_cart=False)
    await world.cycle()
    assert cart.heard == []
    with_rules(world, StatusRule(OrderEvent.RELEASED, True))
    await world.cycle()
    assert len(cart.heard) == 1


@played
async def test_a_refusal_to_hear_is_a_problem_that_holds_nothing_up(world: World) -> None:
    cart = hearing(world, "Shop")
    with_rules(world, StatusRule(OrderEvent.RELEASED, True))
    cart.faults["note_event"].append(Fault.NO)
    await world.cycle()
    assert await world.problems() == [("notice_refused", "0/released")]
    assert await world.orders() == {"0": "released"}


@pytest.mark.parametrize("steps", range(20, 60, 16))
def test_a_process_that_dies_anywhere_tells_of_every_release(steps: int, tmp_path: object) -> None:
    @played
    async def scene(world: World) -> None:
        cart = hearing(world, "Shop", "Shop", "Shop")
        with_rules(world, StatusRule(OrderEvent.RELEASED, True))
        await world.live(steps)
        for _ in range(2):
            await run_cycle(world.pipeline(), flows_of(world.pipeline()), stop=world.stop)
            world.clock.advance(timedelta(minutes=5))
        assert {notice.order_number for notice in cart.heard} == {"N0", "N1", "N2"}
        assert await world.promises() == {"release done": 3, "acknowledge done": 3, "notify done": 3}

    scene(tmp_path)  # type: ignore[arg-type]


@played
async def test_what_the_cart_does_not_have_is_sent_again_and_what_it_has_is_not(world: World) -> None:
    await packed(world, a_box("b1", "N1", ("10", 1)), a_box("b2", "N1", ("10", 1), minute=1))
    world.cart.confirmed = [one for one in world.cart.confirmed if one.key == "N1/b1"]
    order = await world.store.read(the_order, "1")
    await world.store.write(ask_resend, order.id, "", "ada", now=world.clock.now())
    await world.flow("confirm")
    assert told(world) == [("N1/b1", "1Z"), ("N1/b2", "1Z")]
    assert await world.select("SELECT key, found_at IS NOT NULL FROM promise WHERE kind = 'confirm' ORDER BY key") == [
        ("N1/b1", 1),
        ("N1/b2", 0),
    ]
    assert await world.orders() == {"1": "shipped"}
