"""How problems of records, of held orders and of refused promises end."""

from collections.abc import AsyncIterator
from dataclasses import replace

from crossdock.domain import Order, OrderEvent, OrderNotice, OrderStatus, Shipment
from crossdock.engine.flows.follow import FIRST_LOOK, PATIENCE
from crossdock.engine.problems import Code
from crossdock.hooks.errors import Rejected, Unreadable
from crossdock.hooks.records import Receipt, Record
from crossdock.mapping import ShipMethods, StatusEvents, StatusRule
from crossdock.store.deciding import give_back
from crossdock.store.intake import reread
from crossdock.store.queries import the_order

from .builders import ANY_METHOD, HOME, a_box, a_line, an_allocation, an_order
from .closing import ends, no_address, retry
from .goods import a_product, with_goods
from .market import ACCEPTED, REFUSED, ask, cancel, with_market
from .parcelling import with_desk
from .remote import Cart, Fault
from .shelf import a_change, promise, with_shelf
from .test_engine_expect import goods, note, with_dock
from .world import World

# Records that cannot be read


@ends(Code.UNREADABLE_ORDER)
async def corrected_at_the_cart(world: World) -> AsyncIterator[None]:
    read = world.cart.read_order

    def broken(record: Record) -> Order:
        raise Unreadable("it has no lines")

    world.cart.read_order = broken  # type: ignore[method-assign]
    world.cart.sell(an_order("1"))
    await world.cycle()
    yield
    world.cart.read_order = read  # type: ignore[method-assign]
    world.cart.change("1", notes="corrected")
    await world.cycle()


@ends(Code.UNREADABLE_SHIPMENT)
async def read_again_with_a_corrected_plugin(world: World) -> AsyncIterator[None]:
    read = world.warehouse.read_shipment

    def broken(record: Record) -> Shipment:
        raise Unreadable("it has no box")

    world.warehouse.read_shipment = broken  # type: ignore[method-assign]
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await world.cycle()
    yield
    world.warehouse.read_shipment = read  # type: ignore[method-assign]
    [(key,)] = await world.select("SELECT subject FROM problem")
    assert await world.store.write(reread, "main", "shipment", key)
    await world.cycle()


@ends(Code.UNREADABLE_PARCEL)
async def the_parcel_is_read_again(world: World) -> AsyncIterator[None]:
    desk = with_desk(world)
    desk.make("T1", "N1")
    desk.unread.add("T1")
    await world.cycle(("parcels",))
    yield
    desk.unread.clear()
    assert await world.store.write(reread, "main", "parcel", "L-T1")
    await world.cycle(("parcels",))


@ends(Code.UNREADABLE_PRODUCT)
async def corrected_at_its_source(world: World) -> AsyncIterator[None]:
    records, _ = with_goods(world, a_product("A", title="unreadable"))
    await world.cycle(("catalog",))
    yield
    records.write(a_product("A"))
    await world.cycle(("catalog",))


# What holds an order before its release


@ends(Code.UNSHIPPABLE_ORDER)
async def the_address_is_corrected(world: World) -> AsyncIterator[None]:
    await no_address(world)
    yield
    world.cart.change("1", ship_to=HOME)
    await world.cycle(("download", "release"))


@ends(Code.UNSHIPPABLE_ORDER)
async def the_order_is_cancelled(world: World) -> AsyncIterator[None]:
    await no_address(world)
    yield
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await world.cycle(("download", "release"))


@ends(Code.UNSHIPPABLE_ORDER)
async def the_order_is_given_back(world: World) -> AsyncIterator[None]:
    await no_address(world)
    yield
    order = await world.store.read(the_order, "1")
    await world.store.write(give_back, order.id, now=world.clock.now())


@ends(Code.UNSHIPPABLE_ORDER)
async def something_else_holds_it_now(world: World) -> AsyncIterator[None]:
    await no_address(world)
    yield
    world.rules = replace(world.rules, inbound=ShipMethods())
    world.cart.change("1", ship_to=HOME)
    await world.cycle(("download", "release"))


@ends(Code.UNMAPPED_SHIP_METHOD)
async def there_is_a_rule_now(world: World) -> AsyncIterator[None]:
    world.rules = replace(world.rules, inbound=ShipMethods())
    world.cart.sell(an_order("1"))
    await world.cycle()
    yield
    world.rules = replace(world.rules, inbound=ANY_METHOD)
    await world.store.reconsider_held("main", Code.UNMAPPED_SHIP_METHOD, now=world.clock.now())
    await world.cycle()


@ends(Code.NUMBER_TAKEN)
async def it_has_another_number_now(world: World) -> AsyncIterator[None]:
    world.cart.sell(an_order("1"), an_order("2").model_copy(update={"number": "N1"}))
    await world.cycle(("download", "release"))
    yield
    world.cart.change("2", number="N2")
    await world.cycle(("download", "release"))


@ends(Code.MARKED_ELSEWHERE)
async def the_mark_is_gone(world: World) -> AsyncIterator[None]:
    cart = with_market(world, an_order("1"))
    cart.marks["1"] = True
    await world.store.want_orders("main", ["1"], "a person", now=world.clock.now())
    await world.flow("fetch")
    yield
    cart.marks["1"] = False
    await world.store.want_orders("main", ["1"], "a person", now=world.clock.now())
    await world.cycle(("fetch", "release"))


# Promises that were refused


@ends(Code.RELEASE_REFUSED)
async def the_warehouse_takes_it_after_all(world: World) -> AsyncIterator[None]:
    world.warehouse.faults["submit_order"].append(Fault.NO)
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    yield
    world.cart.change("1", notes="changed")
    await world.cycle(("download", "release"))


@ends(Code.RELEASE_REFUSED)
async def a_refused_order_is_cancelled(world: World) -> AsyncIterator[None]:
    world.warehouse.faults["submit_order"].append(Fault.NO)
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release"))
    yield
    world.cart.change("1", status=OrderStatus.CANCELLED)
    await world.cycle(("download", "release"))


@ends(Code.RELEASE_REFUSED)
async def a_refused_part_leaves_from_elsewhere(world: World) -> AsyncIterator[None]:
    world.warehouse.faults["submit_order"].append(Fault.NO)
    lines = (a_line("10"), a_line("20"))
    world.workers = 1
    world.cart.sell(an_order("1", *lines, allocations=(an_allocation("10", "5"), an_allocation("20", "6"))))
    await world.cycle(("download", "release"))
    yield
    world.cart.change("1", allocations=(an_allocation("10", "7"), an_allocation("20", "6")))
    await world.cycle(("download", "release"))


@ends(Code.ACKNOWLEDGE_REFUSED)
async def the_cart_marks_it_after_all(world: World) -> AsyncIterator[None]:
    world.cart.faults["acknowledge_order"].append(Fault.NO)
    world.cart.sell(an_order("1"))
    await world.cycle()
    yield
    await retry(world)
    await world.cycle()


@ends(Code.CONFIRM_REFUSED)
async def the_cart_takes_the_shipment_after_all(world: World) -> AsyncIterator[None]:
    world.cart.faults["confirm_shipment"].append(Fault.NO)
    world.cart.sell(an_order("1"))
    await world.cycle()
    world.warehouse.pack(a_box("A", "N1", ("10", 1)))
    await world.cycle()
    yield
    await retry(world)
    await world.cycle()


class HearingCart(Cart):
    """Hears of orders that the warehouse has, and refuses it at first."""

    def __init__(self) -> None:
        super().__init__()
        self.faults["note_event"].append(Fault.NO)

    async def note_event(self, notice: OrderNotice) -> Receipt:
        return await self._carry_out("note_event", lambda: Receipt(notice.key))


@ends(Code.NOTICE_REFUSED)
async def the_cart_hears_of_it_after_all(world: World) -> AsyncIterator[None]:
    world.cart = HearingCart()
    world.rules = replace(world.rules, status_events=StatusEvents(rules=(StatusRule(OrderEvent.RELEASED, True),)))
    world.cart.sell(an_order("1"))
    await world.cycle(("download", "release", "notify"))
    yield
    await retry(world)
    await world.flow("notify")


@ends(Code.ADJUST_REFUSED)
async def the_cart_cancels_it_after_all(world: World) -> AsyncIterator[None]:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    cart.faults["adjust_order"].append(Fault.NO)
    await ask(world, "1", cancel())
    await world.flow("adjust")
    yield
    await retry(world)
    await world.flow("adjust")


@ends(Code.MARKETPLACE_REFUSED)
async def the_marketplace_accepts_it_after_all(world: World) -> AsyncIterator[None]:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    key = await ask(world, "1", cancel())
    await world.flow("adjust")
    cart.says = {key: REFUSED}
    world.clock.advance(FIRST_LOOK)
    await world.flow("follow")
    yield
    cart.says = {key: ACCEPTED}
    await retry(world)
    await world.flow("follow")


@ends(Code.MARKETPLACE_SILENT)
async def the_marketplace_says_something(world: World) -> AsyncIterator[None]:
    cart = with_market(world, an_order("1"))
    await world.flow("download")
    key = await ask(world, "1", cancel())
    await world.flow("adjust")
    world.clock.advance(PATIENCE + FIRST_LOOK)
    await world.flow("follow")
    yield
    cart.says = {key: ACCEPTED}
    await retry(world)
    await world.flow("follow")


@ends(Code.STOCK_REFUSED)
async def the_change_of_stock_is_taken(world: World) -> AsyncIterator[None]:
    shelf = with_shelf(world, "A")
    shelf.faults["change_stock"].append(Fault.NO)
    await promise(world, a_change("1", "A", EAST=3))
    await world.flow("stock")
    yield
    await retry(world)
    await world.flow("stock")


@ends(Code.PUBLISH_REFUSED)
async def the_product_is_corrected(world: World) -> AsyncIterator[None]:
    records, shop = with_goods(world, a_product("A"))
    shop.says["A"] = [Rejected("the title is too long")]
    await world.cycle(("catalog", "publish"))
    yield
    records.write(a_product("A", title="short"))
    await world.cycle(("catalog", "publish"))


@ends(Code.EXPECT_REFUSED)
async def the_purchase_order_is_corrected(world: World) -> AsyncIterator[None]:
    dock = with_dock(world)
    dock.faults["expect_goods"].append(Fault.NO)
    await note(world, goods("1", A=5))
    await world.flow("expect")
    yield
    await note(world, goods("1", A=6))
    await world.flow("expect")


@ends(Code.UNFETCHABLE_ORDER)
async def the_order_is_fetched_later(world: World) -> AsyncIterator[None]:
    cart = with_market(world)
    await world.store.want_orders("main", ["1"], "a person", now=world.clock.now())
    await world.flow("fetch")
    yield
    cart.sell(an_order("1"))
    await world.store.want_orders("main", ["1"], "a person", now=world.clock.now())
    await world.flow("fetch")


@ends(Code.UNFETCHABLE_ORDER)
async def the_order_comes_with_a_list(world: World) -> AsyncIterator[None]:
    cart = with_market(world)
    await world.store.want_orders("main", ["1"], "a person", now=world.clock.now())
    await world.flow("fetch")
    yield
    cart.sell(an_order("1"))
    await world.flow("download")
